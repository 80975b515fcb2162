use super::{ListType, Shape};
use sekisho_value::{Key, Map, Number, Str, Value};

/// A structural schema: what of a CustomResourceDefinition's `openAPIV3Schema` decides how its
/// objects are read and pruned
/// (<https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>).
#[derive(Clone, Debug)]
pub(crate) struct Structural {
    pub(crate) shape: Shape,
    /// what is said of a string beside that it is one: `date-time`
    pub(crate) format: Option<Str>,
    pub(crate) nullable: bool,
    pub(crate) preserves_unknown: bool,
    /// a whole object with `apiVersion`, `kind` and `metadata`
    pub(crate) embedded: bool,
    /// sorted by name
    pub(crate) properties: Vec<(Key, Self)>,
    /// of a list's items or a map's values
    pub(crate) item: Option<Box<Self>>,
    pub(crate) required: Vec<Key>,
    pub(crate) default: Option<Value>,
    pub(crate) list_type: ListType,
    /// an object that is replaced as a whole
    pub(crate) atomic: bool,
    pub(crate) keys: Vec<Key>,
    pub(crate) permitted: Vec<Str>,
}

impl Structural {
    /// Reads a schema; where `prunes` is false, all of it keeps unknown fields.
    pub(super) fn read(schema: &Map, prunes: bool) -> Self {
        let flag = |key: &str| schema.get(key).and_then(Value::as_bool) == Some(true);
        let text = |key: &str| schema.get(key).and_then(Value::as_str);
        let list = |key: &str| schema.get(key).and_then(Value::as_array).unwrap_or_default();
        let below = |value: &Value| value.as_object().map(|map| Self::read(map, prunes));
        let strings = |key: &str| -> Vec<Str> {
            list(key).iter().filter_map(Value::as_str).map(Str::new).collect()
        };

        let properties: Vec<(Key, Self)> = schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::iter)
            .filter_map(|(name, value)| Some((name.clone(), below(value)?)))
            .collect();
        let values = match schema.get("additionalProperties") {
            Some(Value::Bool(true)) => Some(Self::anything()),
            Some(value) => below(value),
            None => None,
        };
        let shape = match text("type") {
            _ if flag("x-kubernetes-int-or-string") => Shape::IntOrString,
            Some("boolean") => Shape::Bool,
            Some("string") => Shape::String,
            Some("integer") if text("format") == Some("int32") => Shape::Int32,
            Some("integer") => Shape::Int64,
            Some("number") => Shape::Double,
            Some("array") => Shape::List,
            Some("object") if values.is_some() && properties.is_empty() => Shape::Map,
            Some("object") => Shape::Object,
            _ => Shape::Any,
        };
        let item = if shape == Shape::List { schema.get("items").and_then(below) } else { values };
        Self {
            shape,
            format: text("format").map(Str::new),
            nullable: flag("nullable"),
            preserves_unknown: !prunes
                || flag("x-kubernetes-preserve-unknown-fields")
                || shape == Shape::Any && properties.is_empty(),
            embedded: flag("x-kubernetes-embedded-resource"),
            properties,
            item: item.map(Box::new),
            required: strings("required"),
            default: schema.get("default").filter(|value| !value.is_null()).cloned(),
            list_type: match text("x-kubernetes-list-type") {
                Some("atomic") => ListType::Atomic,
                Some("set") => ListType::Set,
                Some("map") => ListType::Map,
                _ => ListType::Unsaid,
            },
            atomic: text("x-kubernetes-map-type") == Some("atomic"),
            keys: strings("x-kubernetes-list-map-keys"),
            permitted: strings("enum"),
        }
    }

    fn anything() -> Self {
        Self {
            shape: Shape::Any,
            format: None,
            nullable: true,
            preserves_unknown: true,
            embedded: false,
            properties: Vec::new(),
            item: None,
            required: Vec::new(),
            default: None,
            list_type: ListType::Unsaid,
            atomic: false,
            keys: Vec::new(),
            permitted: Vec::new(),
        }
    }

    pub(crate) fn property(&self, name: &str) -> Option<(&str, &Self)> {
        let index = self.properties.binary_search_by(|(other, _)| other.as_str().cmp(name)).ok()?;
        self.properties.get(index).map(|(name, schema)| (name.as_str(), schema))
    }

    pub(crate) fn requires(&self, name: &str) -> bool {
        self.required.iter().any(|required| required == name)
    }

    /// Whether a value that is not null is of the schema's type.
    pub(crate) fn accepts(&self, value: &Value) -> bool {
        match (self.shape, value) {
            (Shape::Any, _)
            | (Shape::Bool, Value::Bool(_))
            | (Shape::String | Shape::IntOrString, Value::String(_))
            | (Shape::Double, Value::Number(_))
            | (Shape::List, Value::Array(_))
            | (Shape::Object | Shape::Map, Value::Object(_)) => true,
            // A double without a fraction counts as an integer.
            (Shape::Int64 | Shape::IntOrString, Value::Number(number)) => is_integral(number),
            (Shape::Int32, Value::Number(number)) => {
                is_integral(number)
                    && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number.as_f64())
            }
            _ => false,
        }
    }
}

fn is_integral(number: &Number) -> bool {
    number.is_integer_literal() || number.as_f64().fract() == 0.0
}
