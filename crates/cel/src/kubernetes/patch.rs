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

/// What the value of an expression of type `Object` applies.
///
/// # Errors
/// Where a part of it is of a type of another place (`Object{spec: Object.status{}}`), a key is no
/// text, or a value has no form in JSON: in the API server's words.
pub fn apply_configuration(
    evaluation: Evaluation<'_>,
    value: Term<'_>,
) -> Result<Value, EvalError> {
    let Term::Object(object) = value else {
        let message = format!(
            "unsupported return type from ApplyConfiguration expression: {}",
            value.type_name()
        );
        return Err(EvalError::new(message));
    };
    check_type_names(evaluation, value, object.type_name())?;
    to_json(evaluation, value)
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
                entries.push((Key::from(key.to_string()), patch_value(evaluation, value)?));
            }
            Value::Object(Map::from_iter(entries))
        }
        other => to_json(evaluation, other).map_err(|error| {
            EvalError::new(format!(
                "JSONPath valueExpression evaluated to a type that could not marshal to JSON: \
                 {error}"
            ))
        })?,
    })
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
