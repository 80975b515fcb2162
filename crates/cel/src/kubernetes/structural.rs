//! What the schema of a CustomResourceDefinition declares to the rules that it holds: their types,
//! how large values may be, and its values.
//!
//! Source of the rules: `pkg/cel/common/schemas.go`, `pkg/cel/common/valuesunstructured.go` and
//! `pkg/cel/limits.go` of `k8s.io/apiserver`, `pkg/apiserver/schema/cel/compilation.go` of
//! `k8s.io/apiextensions-apiserver`.

use super::declared::{Declared, escape};
use crate::ast::Name;
use crate::cost::{EstimatedNode, SizeEstimate, Sizes};
use crate::environment::Environment;
use crate::library::{decode_base64, parse_duration, parse_timestamp};
use crate::term::Term;
use crate::types::Type;
use crate::{EvalError, Evaluation};
use sekisho_value::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The bytes of the largest request that an API server takes.
const LARGEST_REQUEST: u64 = 3 << 20;
/// The name of the type of `self`.
const SELF: &str = "self";

/// A schema as its rules see it.
#[derive(Debug)]
pub struct Structural {
    own: Declaration,
    types: Arc<Declared>,
}

/// The type of a value, and how large it may be.
#[derive(Debug)]
struct Declaration {
    of: Type,
    /// items, entries, or bytes, at most
    most: u64,
    /// bytes of its JSON, at least
    least: u64,
    holds: Holds,
}

/// What is in a value.
#[derive(Debug)]
enum Holds {
    Nothing,
    /// a text that stands for a day
    Day,
    Items(Box<Declaration>),
    Entries(Box<Declaration>),
    /// by their names in expressions
    Fields(BTreeMap<Name, Declaration>),
}

impl Structural {
    /// Reads a schema that is structural; `None` where rules cannot see its values, for they have no
    /// type.
    #[must_use]
    pub fn read(schema: &Value) -> Option<Self> {
        let mut types = Declared::default();
        let own = read(schema, SELF, &mut types)?;
        Some(Self { own, types: Arc::new(types) })
    }

    /// The environment of its rules: `self` and `oldSelf`, which is an optional value where rules are
    /// asked of what is created, too.
    #[must_use]
    pub fn environment(&self, base: &Environment, optional_old: bool) -> Environment {
        let own = &self.own.of;
        let old = if optional_old { Type::optional(own.clone()) } else { own.clone() };
        let types = Arc::clone(&self.types);
        base.with_structs(types).with_variables([("self", own.clone()), ("oldSelf", old)])
    }

    /// How often a value of it may stand in an object, where nothing else limits it.
    #[must_use]
    pub fn cardinality(&self) -> u64 {
        LARGEST_REQUEST / (self.own.least + 1)
    }

    /// A value as rules see it.
    ///
    /// # Errors
    /// Where a text is not of its format, or the budget is used up.
    pub fn value<'a>(
        &self,
        evaluation: Evaluation<'a>,
        value: &'a Value,
    ) -> Result<Term<'a>, EvalError> {
        self.own.value(evaluation, value)
    }
}

impl Sizes for Structural {
    fn size(&self, node: &EstimatedNode<'_>) -> Option<SizeEstimate> {
        let (_, path) = node.path.split_first()?;
        let mut at = &self.own;
        for step in path {
            at = match (step.as_str(), &at.holds) {
                ("@items" | "@values", Holds::Items(item) | Holds::Entries(item)) => item,
                // Nothing is said of keys, which then have no length.
                ("@keys", Holds::Entries(_)) => return Some(SizeEstimate::fixed(0)),
                (name, Holds::Fields(fields)) => fields.get(name)?,
                _ => return None,
            };
        }
        Some(SizeEstimate { min: 0, max: at.most })
    }
}

fn read(schema: &Value, name: &str, types: &mut Declared) -> Option<Declaration> {
    let text = |key: &str| schema.path_str(&[key]);
    let flag = |key: &str| schema.get(key).and_then(Value::as_bool) == Some(true);
    let count = |key: &str| {
        let count = schema.get(key).and_then(Value::as_number)?.as_i64()?;
        Some(u64::try_from(count).unwrap_or(0))
    };
    let simple = |of, most, least| Some(Declaration { of, most, least, holds: Holds::Nothing });
    let longest = || count("maxLength").map(|most| most.saturating_mul(4));
    if flag("x-kubernetes-int-or-string") {
        return simple(Type::Dyn, longest().unwrap_or(LARGEST_REQUEST - 2), 1);
    }
    match text("type")? {
        "boolean" => simple(Type::Bool, 0, 4),
        "number" => simple(Type::Double, 0, 1),
        "integer" => simple(Type::Int, 0, 1),
        "string" => match text("format") {
            Some("byte") => {
                simple(Type::Bytes, count("maxLength").unwrap_or(LARGEST_REQUEST - 2), 2)
            }
            Some("duration") => simple(Type::Duration, 32, 3),
            Some("date") => {
                Some(Declaration { of: Type::Timestamp, most: 12, least: 12, holds: Holds::Day })
            }
            Some("date-time") => simple(Type::Timestamp, 32, 21),
            _ => {
                let choice = schema.get("enum").and_then(Value::as_array).unwrap_or_default();
                let choice = choice.iter().map(|one| one.as_str().map_or(0, str::len) as u64);
                let most = longest().or_else(|| choice.max());
                simple(Type::String, most.unwrap_or(LARGEST_REQUEST - 2), 2)
            }
        },
        "array" => {
            let item = read(schema.get("items")?, &format!("{name}.@idx"), types)?;
            let most = || (LARGEST_REQUEST - 2) / (item.least + 1);
            Some(Declaration {
                of: Type::list(item.of.clone()),
                most: count("maxItems").unwrap_or_else(most),
                least: 2,
                holds: Holds::Items(Box::new(item)),
            })
        }
        "object" => {
            match schema.get("additionalProperties").filter(|more| more.as_object().is_some()) {
                Some(more) if !flag("x-kubernetes-embedded-resource") => {
                    let item = read(more, &format!("{name}.@elem"), types)?;
                    let most = || (LARGEST_REQUEST - 2) / (item.least + 6);
                    Some(Declaration {
                        of: Type::map(Type::String, item.of.clone()),
                        most: count("maxProperties").unwrap_or_else(most),
                        least: 2,
                        holds: Holds::Entries(Box::new(item)),
                    })
                }
                _ => Some(structure(schema, name, types)),
            }
        }
        _ => None,
    }
}

fn structure(schema: &Value, name: &str, types: &mut Declared) -> Declaration {
    let list = |key: &str| schema.get(key).and_then(Value::as_array).unwrap_or_default();
    let required = list("required");
    let mut least = 2;
    let mut fields = BTreeMap::new();
    let properties = schema.get("properties").and_then(Value::as_object);
    for (field, schema) in properties.into_iter().flat_map(Map::iter) {
        let escaped = escape(field);
        let at = format!("{name}.{}", escaped.as_deref().unwrap_or(field));
        let Some(of) = read(schema, &at, types) else { continue };
        let given = required.iter().any(|one| one.as_str() == Some(field));
        if given && schema.get("default").is_none() {
            least += field.len() as u64 + of.least + 4;
        }
        if let Some(escaped) = escaped {
            fields.insert(Name::from(escaped), of);
        }
    }
    if schema.get("x-kubernetes-embedded-resource").and_then(Value::as_bool) == Some(true) {
        for (field, of) in of_resource(&format!("{name}.metadata"), types) {
            fields.entry(Name::new_static(field)).or_insert(of);
        }
    }
    let of = types.declare(name, fields.iter().map(|(name, own)| (name.clone(), own.of.clone())));
    Declaration { of, most: 0, least, holds: Holds::Fields(fields) }
}

/// What every resource has.
fn of_resource(metadata: &str, types: &mut Declared) -> [(&'static str, Declaration); 3] {
    let text = || Declaration {
        of: Type::String,
        most: LARGEST_REQUEST - 2,
        least: 2,
        holds: Holds::Nothing,
    };
    let names = ["name", "generateName"].map(|name| (Name::new_static(name), text()));
    let of =
        types.declare(metadata, names.iter().map(|(name, own)| (name.clone(), own.of.clone())));
    let holds = Holds::Fields(BTreeMap::from(names));
    let metadata = Declaration { of, most: 0, least: 2, holds };
    [("apiVersion", text()), ("kind", text()), ("metadata", metadata)]
}

impl Declaration {
    fn value<'a>(
        &self,
        evaluation: Evaluation<'a>,
        value: &'a Value,
    ) -> Result<Term<'a>, EvalError> {
        evaluation.step(1)?;
        match (&self.holds, value) {
            (Holds::Items(item), Value::Array(items)) => {
                let items: Result<Vec<_>, _> =
                    items.iter().map(|value| item.value(evaluation, value)).collect();
                evaluation.list(&items?)
            }
            (Holds::Entries(item), Value::Object(map)) => {
                let entries = map
                    .iter()
                    .map(|(key, value)| Ok((Term::String(key), item.value(evaluation, value)?)));
                evaluation.map(entries.collect::<Result<_, EvalError>>()?)
            }
            (Holds::Fields(fields), Value::Object(map)) => {
                let mut entries = Vec::with_capacity(map.len());
                for (key, value) in map.iter() {
                    // What has no type or no name cannot be read.
                    let Some(name) = escape(key) else { continue };
                    if let Some(field) = fields.get(name.as_str()) {
                        let value = field.value(evaluation, value)?;
                        entries.push((evaluation.string(&name)?, value));
                    }
                }
                evaluation.map(entries)
            }
            (Holds::Day, Value::String(text)) => {
                Ok(Term::Timestamp(parse_timestamp(&format!("{text}T00:00:00Z"))?))
            }
            (_, Value::String(text)) => self.text(evaluation, text, value),
            (_, Value::Number(number)) if self.of == Type::Double => {
                Ok(Term::Double(number.as_f64()))
            }
            _ => Ok(Term::borrowed(value)),
        }
    }

    fn text<'a>(
        &self,
        evaluation: Evaluation<'a>,
        text: &str,
        value: &'a Value,
    ) -> Result<Term<'a>, EvalError> {
        let invalid = |what: &str| EvalError::new(format!("Invalid {what} {text}"));
        match &self.of {
            Type::Duration => {
                parse_duration(text).map(Term::Duration).ok_or_else(|| invalid("duration"))
            }
            Type::Timestamp => Ok(Term::Timestamp(parse_timestamp(text)?)),
            Type::Bytes => {
                evaluation.reserve(text.len())?;
                let bytes = decode_base64(text).ok_or_else(|| invalid("byte formatted string"))?;
                evaluation.bytes(&bytes)
            }
            _ => Ok(Term::borrowed(value)),
        }
    }
}
