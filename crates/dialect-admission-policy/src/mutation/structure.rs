//! Where a value stands in a schema, and how values of that place merge.
//!
//! Source of the rules: `pkg/schemaconv` of `k8s.io/kube-openapi`, which makes of OpenAPI what
//! `sigs.k8s.io/structured-merge-diff` merges by.

use sekisho_kube_model::{FieldRef, Gvk, ListType, Schemas, Shape, TypeRef};
use sekisho_value::{Map, Value};

/// A place in a schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'s> {
    /// `None` where anything may stand
    of: Option<TypeRef<'s>>,
    /// how the items of a list are told apart
    field: Option<FieldRef<'s>>,
    atomic: bool,
    /// fields that are not named are kept, here and below
    free: bool,
    root: Root<'s>,
}

/// What the whole of an object has that its own schema need not say.
#[derive(Clone, Copy, Debug)]
enum Root<'s> {
    /// this is no whole object
    Not,
    /// the type of `metadata`
    Metadata(TypeRef<'s>),
}

/// What may stand at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Bool,
    Number,
    String,
    List,
    Map,
    /// any of them
    Any,
}

impl<'s> Place<'s> {
    /// The whole of an object; `None` where its kind is not known.
    pub(super) fn of(schemas: &'s Schemas, gvk: &Gvk) -> Option<Self> {
        let known = schemas.type_of(&Gvk::new("", "v1", "ConfigMap"))?;
        let root = Root::Metadata(known.field("metadata")?.value_type());
        let of = schemas.type_of(gvk)?;
        Some(Self { of: Some(of), field: None, atomic: false, free: false, root })
    }

    const fn anything() -> Self {
        Self { of: None, field: None, atomic: false, free: true, root: Root::Not }
    }

    pub(super) fn sort(self) -> Sort {
        let Some(of) = self.of else { return Sort::Any };
        match of.shape() {
            Shape::Bool => Sort::Bool,
            Shape::String | Shape::Bytes | Shape::Time | Shape::MicroTime => Sort::String,
            Shape::Int32 | Shape::Int64 | Shape::Double => Sort::Number,
            Shape::List => Sort::List,
            Shape::Object | Shape::Map => Sort::Map,
            Shape::Any
            | Shape::Quantity
            | Shape::IntOrString
            | Shape::SchemaOrBool
            | Shape::SchemaOrList
            | Shape::SchemaOrStrings => Sort::Any,
        }
    }

    /// The place below a key; `None` where the schema does not declare it.
    pub(super) fn key(self, key: &str) -> Option<Self> {
        let Some(of) = self.of else { return Some(Self::anything()) };
        let free = self.free || of.preserves_unknown();
        if let Root::Metadata(metadata) = self.root {
            match key {
                // Of every type, these are texts.
                "apiVersion" | "kind" => return Some(Self::anything()),
                "metadata" => {
                    return Some(Self { of: Some(metadata), root: Root::Not, ..self });
                }
                _ => {}
            }
        }
        if let Some(field) = of.field(key) {
            return Some(Self {
                of: Some(field.value_type()),
                field: Some(field),
                atomic: of.is_atomic_in(key),
                free,
                root: Root::Not,
            });
        }
        match of.shape() {
            Shape::Map => Some(of.item().map_or(Self::anything(), |item| Self {
                of: Some(item),
                field: None,
                atomic: item.is_atomic(),
                free,
                root: Root::Not,
            })),
            // An object of no fields is one of any.
            Shape::Object if !free && of.fields().next().is_some() => None,
            _ => Some(Self::anything()),
        }
    }

    /// Whether the schema names the key.
    pub(super) fn names(self, key: &str) -> bool {
        let whole = matches!(self.root, Root::Metadata(_));
        whole && key == "metadata" || self.of.is_some_and(|of| of.field(key).is_some())
    }

    /// The place of a list's items.
    pub(super) fn item(self) -> Self {
        match self.of.and_then(TypeRef::item) {
            Some(item) => Self {
                of: Some(item),
                field: None,
                atomic: item.is_atomic(),
                free: self.free,
                root: Root::Not,
            },
            None => Self::anything(),
        }
    }

    /// Whether an object or a map is replaced as a whole.
    pub(super) fn is_atomic_map(self) -> bool {
        self.atomic
    }

    /// Whether a list is replaced as a whole.
    pub(super) fn is_atomic_list(self) -> bool {
        let said = self.field.map_or(ListType::Unsaid, FieldRef::list_type);
        !matches!(said, ListType::Set | ListType::Map | ListType::Merge)
    }

    /// What tells an item of a list from the others: an object of its keys, or itself.
    ///
    /// # Errors
    /// Where it has nothing that does.
    pub(super) fn identity(self, item: &Value) -> Result<Value, String> {
        let keys: Vec<&str> = self.field.into_iter().flat_map(FieldRef::keys).collect();
        if keys.is_empty() {
            return match item {
                Value::Object(_) => {
                    Err("associative list without keys has an element that's a map type".to_owned())
                }
                Value::Array(_) => {
                    Err("not supported: associative list with lists as elements".to_owned())
                }
                Value::Null => {
                    Err("associative list without keys has an element that's an explicit null"
                        .to_owned())
                }
                scalar => Ok(scalar.clone()),
            };
        }
        let fields = match item {
            Value::Object(fields) => fields,
            Value::Null => {
                return Err("associative list with keys may not have a null element".to_owned());
            }
            _ => return Err("associative list with keys may not have non-map elements".to_owned()),
        };
        let mut identity = Map::new();
        let of = self.of.and_then(TypeRef::item);
        for key in &keys {
            let default = || of.and_then(|of| of.field(key)).and_then(FieldRef::default);
            if let Some(value) = fields.get(key).cloned().or_else(default) {
                identity.insert(*key, value);
            }
        }
        if identity.is_empty() {
            let keys: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
            return Err(format!(
                "associative list with keys has an element that omits all key fields [{}] (and \
                 doesn't have default values for any key fields)",
                keys.join(" ")
            ));
        }
        Ok(Value::Object(identity))
    }
}
