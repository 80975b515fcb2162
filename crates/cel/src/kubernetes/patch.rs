//! What mutations are made of: `Object{…}`, `Object.spec{…}`, `JSONPatch{…}`.
//!
//! Source of the rules: `pkg/cel/mutation` of `k8s.io/apiserver`, and
//! `pkg/admission/plugin/policy/mutating/patch`.

use crate::library::{Library, Overload, StructTypes};
use crate::term::{Object, Term, equal, to_json};
use crate::types::Type;
use crate::{EvalError, Evaluation};
use sekisho_value::{Key, Map, Value};
use std::sync::Arc;

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// The name of the type of what is applied to an object.
pub const OBJECT: &str = "Object";
/// The name of the type of an operation of a JSON patch.
pub const JSON_PATCH: &str = "JSONPatch";

/// `Object`, `Object.spec` and the like, `JSONPatch`, `jsonpatch.escapeKey`
pub(super) fn patches() -> Library {
    Library::new("kubernetes.jsonpatch", 0).with_structs(Arc::new(Types)).with(&[Overload::new(
        "string_jsonpatch_escapeKey_string",
        "jsonpatch.escapeKey(string) -> string",
        |evaluation, args| {
            let [Term::String(key)] = args else { return Err(EvalError::no_such_overload()) };
            evaluation.reserve(key.len())?;
            evaluation.string(&key.replace('~', "~0").replace('/', "~1"))
        },
    )])
}

/// A `Object{…}` or `JSONPatch{…}`.
#[derive(Clone, Copy, Debug)]
struct Made<'a> {
    type_name: &'a str,
    /// a map of the fields that were given
    fields: Term<'a>,
}

impl Object for Made<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn field<'a>(&'a self, _: Evaluation<'a>, name: &str) -> Result<Option<Term<'a>>, EvalError> {
        let given = self.given(name);
        let text = self.type_name == JSON_PATCH && name != "value";
        Ok(given.or(text.then_some(Term::String(""))))
    }

    fn has<'a>(&'a self, _: Evaluation<'a>, name: &str) -> Result<bool, EvalError> {
        Ok(match self.given(name) {
            Some(Term::String("")) => self.type_name != JSON_PATCH || name == "value",
            given => given.is_some(),
        })
    }

    fn equals<'a>(
        &'a self,
        evaluation: Evaluation<'a>,
        other: &'a (dyn Object + 'a),
    ) -> Result<bool, EvalError> {
        Ok(self.type_name == other.type_name()
            && equal(evaluation, self.fields, other.fields().unwrap_or(Term::Null))?)
    }

    fn fields(&self) -> Option<Term<'_>> {
        Some(self.fields)
    }
}

impl<'a> Made<'a> {
    fn given(&self, name: &str) -> Option<Term<'a>> {
        let is = |entry: &(Term<'_>, Term<'_>)| entry.0.as_str() == Some(name);
        self.fields.entries().find(is).map(|(_, value)| value)
    }
}

/// Any field goes in an object, and what it holds is dynamic.
#[derive(Debug)]
struct Types;

impl StructTypes for Types {
    fn find(&self, name: &str) -> Option<Type> {
        let known = name == JSON_PATCH || name == OBJECT || name.starts_with("Object.");
        known.then(|| Type::Struct(name.into()))
    }

    fn are_names(&self) -> bool {
        false
    }

    fn field(&self, type_name: &str, field: &str) -> Option<Type> {
        if type_name != JSON_PATCH {
            return Some(Type::Dyn);
        }
        match field {
            "op" | "path" | "from" => Some(Type::String),
            "value" => Some(Type::Dyn),
            _ => None,
        }
    }

    fn fields(&self, type_name: &str) -> Vec<String> {
        let fields =
            if type_name == JSON_PATCH { &["op", "path", "from", "value"][..] } else { &[] };
        fields.iter().map(|field| (*field).to_owned()).collect()
    }

    fn construct<'a>(
        &self,
        evaluation: Evaluation<'a>,
        type_name: &'a str,
        fields: &[(&'a str, Term<'a>)],
    ) -> Outcome<'a> {
        let mut entries = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            let text = type_name == JSON_PATCH && *name != "value";
            if text && !matches!(value, Term::String(_)) {
                let message =
                    format!("unexpected type {} for JSONPatchType '{name}' field", go_type(*value));
                return Err(EvalError::new(message));
            }
            entries.push((Term::String(name), *value));
        }
        let fields = evaluation.map(entries)?;
        Ok(Term::Object(evaluation.keep(Made { type_name, fields })?))
    }
}

/// What Go calls the type that holds a value.
fn go_type(value: Term<'_>) -> &str {
    match value {
        Term::Bool(_) => "bool",
        Term::Int(_) => "int64",
        Term::Uint(_) => "uint64",
        Term::Double(_) => "float64",
        Term::Null => "structpb.NullValue",
        Term::Bytes(_) => "[]uint8",
        Term::Duration(_) => "time.Duration",
        Term::Timestamp(_) => "time.Time",
        other => other.type_name(),
    }
}

/// What an ApplyConfiguration gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// the fields; where there is something that JSON has no form for, a text that stands for it
    pub fields: Value,
    foreign: Vec<Foreign>,
}

/// A value that the API server keeps as Go has it, and cannot put into an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// as `%v` prints it
    pub plain: String,
    /// as `%#v` prints it
    pub syntax: String,
}

/// Begins what stands for a foreign value, which its position follows.
const STANDS_FOR: char = '\0';

impl Configuration {
    /// The value that a text in the fields stands for.
    #[must_use]
    pub fn foreign(&self, text: &str) -> Option<&Foreign> {
        self.foreign.get(text.strip_prefix(STANDS_FOR)?.parse::<usize>().ok()?)
    }

    /// A value of an object, a list or a map, whose own values are kept as they are.
    fn read(&mut self, evaluation: Evaluation<'_>, value: Term<'_>) -> Result<Value, EvalError> {
        evaluation.step(1)?;
        Ok(match value {
            Term::List(items) => {
                let items = items.iter().map(|item| self.kept(evaluation, *item));
                Value::from(items.collect::<Result<Vec<_>, _>>()?)
            }
            Term::Map(entries) => {
                let mut fields = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let Term::String(name) = key else {
                        let of = key.type_name();
                        let message = format!("map key \"{key}\" is of type {of}, not string");
                        return Err(EvalError::new(message));
                    };
                    fields.push((Key::from(*name), self.kept(evaluation, *value)?));
                }
                Value::Object(Map::from_iter(fields))
            }
            other => self.kept(evaluation, other)?,
        })
    }

    fn kept(&mut self, evaluation: Evaluation<'_>, value: Term<'_>) -> Result<Value, EvalError> {
        if let Term::Object(object) = value
            && let Some(fields) = object.fields()
        {
            let mut entries = Vec::new();
            for (name, value) in fields.entries() {
                let name = Key::from(name.as_str().unwrap_or_default());
                entries.push((name, self.read(evaluation, value)?));
            }
            return Ok(Value::Object(Map::from_iter(entries)));
        }
        let (plain, syntax) = match value {
            Term::Null => ("NULL_VALUE".to_owned(), "0".to_owned()),
            Term::Bytes(bytes) => {
                evaluation.reserve(bytes.len().saturating_mul(12))?;
                let plain: Vec<String> = bytes.iter().map(ToString::to_string).collect();
                let syntax: Vec<String> = bytes.iter().map(|byte| format!("{byte:#x}")).collect();
                let syntax = format!("[]uint8{{{}}}", syntax.join(", "));
                (format!("[{}]", plain.join(" ")), syntax)
            }
            Term::Duration(span) => (value.to_string(), span.nanoseconds.to_string()),
            Term::List(_) | Term::Map(_) => {
                let plain = go_plain(evaluation, value)?;
                (plain.clone(), plain)
            }
            Term::Timestamp(_) | Term::Optional(_) | Term::Type(_) | Term::Opaque(_) => {
                let name = value.type_name().to_owned();
                (name.clone(), name)
            }
            plain => return to_json(evaluation, plain),
        };
        let stands = format!("{STANDS_FOR}{}", self.foreign.len());
        self.foreign.push(Foreign { plain, syntax });
        Ok(Value::from(stands))
    }
}

/// As Go's `%v` prints it.
fn go_plain(evaluation: Evaluation<'_>, value: Term<'_>) -> Result<String, EvalError> {
    evaluation.step(1)?;
    Ok(match value {
        list if list.is_list() => {
            let items = list.items().map(|item| go_plain(evaluation, item));
            format!("[{}]", items.collect::<Result<Vec<_>, _>>()?.join(" "))
        }
        map if map.is_map() => {
            let entries = map
                .entries()
                .map(|(key, value)| Ok(format!("{key}:{}", go_plain(evaluation, value)?)));
            format!("map[{}]", entries.collect::<Result<Vec<_>, EvalError>>()?.join(" "))
        }
        scalar => scalar.to_string(),
    })
}

/// What the value of an expression of type `Object` applies.
///
/// # Errors
/// Where a part of it is of a type of another place (`Object{spec: Object.status{}}`), a key is no
/// text, or a value has no form in JSON: in the API server's words.
pub fn apply_configuration(
    evaluation: Evaluation<'_>,
    value: Term<'_>,
) -> Result<Configuration, EvalError> {
    let Term::Object(object) = value else {
        let message = format!(
            "unsupported return type from ApplyConfiguration expression: {}",
            value.type_name()
        );
        return Err(EvalError::new(message));
    };
    check_type_names(evaluation, value, object.type_name())?;
    let mut configuration = Configuration::default();
    configuration.fields = configuration.kept(evaluation, value)?;
    Ok(configuration)
}

/// An operation of a JSON patch (RFC 6902).
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// `add`, `remove`, `replace`, `move`, `copy`, `test`, or whatever was written
    pub op: String,
    /// where
    pub path: String,
    /// from where; empty for nowhere
    pub from: String,
    /// what, where it was given
    pub value: Option<Value>,
}

/// What the value of an expression of type `list(JSONPatch)` does.
///
/// # Errors
/// Where a value is of types of other places or has no form in JSON: in the API server's words.
pub fn json_patch(
    evaluation: Evaluation<'_>,
    value: Term<'_>,
) -> Result<Vec<Operation>, EvalError> {
    if !value.is_list() {
        let message = "type mismatch: JSONPatchType.expression should evaluate to array";
        return Err(EvalError::new(message));
    }
    value.items().map(|item| operation(evaluation, item)).collect()
}

fn operation(evaluation: Evaluation<'_>, item: Term<'_>) -> Result<Operation, EvalError> {
    let fields = match item {
        Term::Object(object) if object.type_name() == JSON_PATCH => object.fields(),
        _ => None,
    };
    let fields = fields.ok_or_else(|| {
        EvalError::new(
            "type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch",
        )
    })?;
    let text = |name| {
        let text = fields.get(Term::String(name)).and_then(Term::as_str).unwrap_or_default();
        text.to_owned()
    };
    let value = fields.get(Term::String("value"));
    if let Some(value @ Term::Object(object)) = value {
        check_type_names(evaluation, value, object.type_name())?;
    }
    let value = value.map(|value| patch_value(evaluation, value)).transpose()?;
    evaluation.step(1)?;
    Ok(Operation { op: text("op"), path: text("path"), from: text("from"), value })
}

/// The greatest integer that a double holds exactly, and every one below it.
const EXACT: u64 = (1 << 53) - 1;

/// A value as cel-go writes it to JSON: an integer that no double holds is a text.
fn patch_value(evaluation: Evaluation<'_>, value: Term<'_>) -> Result<Value, EvalError> {
    evaluation.step(1)?;
    Ok(match value {
        Term::Int(int) if int.unsigned_abs() > EXACT => Value::from(int.to_string()),
        Term::Uint(uint) if uint > EXACT => Value::from(uint.to_string()),
        Term::Object(object) => match object.fields() {
            // Within an object values are what they are.
            Some(fields) => to_json(evaluation, fields)?,
            None => to_json(evaluation, value)?,
        },
        list if list.is_list() => {
            let items = list.items().map(|item| patch_value(evaluation, item));
            Value::from(items.collect::<Result<Vec<_>, _>>()?)
        }
        map if map.is_map() => {
            let mut entries = Vec::new();
            for (key, value) in map.entries() {
                let Term::String(name) = key else {
                    let of = key.type_name();
                    return Err(no_json(&format!(
                        "unsupported type conversion from '{of}' to string"
                    )));
                };
                entries.push((Key::from(name), patch_value(evaluation, value)?));
            }
            Value::Object(Map::from_iter(entries))
        }
        Term::Optional(None) => return Err(no_json("optional.none() dereference")),
        Term::Optional(Some(value)) => patch_value(evaluation, *value)?,
        Term::Type(_) => return Err(no_json("type conversion not supported for 'type'")),
        Term::Opaque(opaque) => {
            let name = opaque.type_name();
            // The types of libraries call themselves by their last name, those of decisions do not.
            let last = name.rsplit('.').next().filter(|_| !name.contains(".authorization."));
            let of = last.map_or(name, |last| if last == "NamedFormat" { "Format" } else { last });
            let message = format!("type conversion error from '{of}' to '*structpb.Value'");
            return Err(no_json(&message));
        }
        Term::Double(double) if !double.is_finite() => {
            let number = match double {
                _ if double.is_nan() => "NaN",
                _ if double > 0.0 => "+Inf",
                _ => "-Inf",
            };
            return Err(no_json(&format!(
                "json: error calling MarshalJSON for type *structpb.Value: \
                 proto:\u{a0}google.protobuf.Value.number_value: invalid {number} value"
            )));
        }
        other => to_json(evaluation, other).map_err(|error| no_json(error.message()))?,
    })
}

fn no_json(why: &str) -> EvalError {
    EvalError::new(format!(
        "JSONPath valueExpression evaluated to a type that could not marshal to JSON: {why}"
    ))
}

/// Holds the types of objects within an object against the fields they stand in. Lists and maps
/// between have no names.
fn check_type_names(
    evaluation: Evaluation<'_>,
    value: Term<'_>,
    root: &str,
) -> Result<(), EvalError> {
    let mut wrong = Vec::new();
    collect_type_names(evaluation, value, root, &mut wrong)?;
    if wrong.is_empty() {
        return Ok(());
    }
    Err(EvalError::new(format!("type mismatch: {}", wrong.join("\n"))))
}

fn collect_type_names(
    evaluation: Evaluation<'_>,
    value: Term<'_>,
    path: &str,
    wrong: &mut Vec<String>,
) -> Result<(), EvalError> {
    evaluation.step(1)?;
    match value {
        Term::Object(object) => {
            let name = object.type_name();
            if name != path {
                wrong.push(format!(
                    "unexpected type name \"{name}\", expected \"{path}\", which matches field \
                     name path from root Object type"
                ));
            }
            for (field, value) in object.fields().into_iter().flat_map(Term::entries) {
                evaluation.step(path.len())?;
                let path = format!("{path}.{}", field.as_str().unwrap_or_default());
                collect_type_names(evaluation, value, &path, wrong)?;
            }
        }
        list if matches!(list, Term::List(_)) => {
            for item in list.items() {
                collect_type_names(evaluation, item, path, wrong)?;
            }
        }
        map if matches!(map, Term::Map(_)) => {
            for (_, value) in map.entries() {
                collect_type_names(evaluation, value, path, wrong)?;
            }
        }
        _ => {}
    }
    Ok(())
}
