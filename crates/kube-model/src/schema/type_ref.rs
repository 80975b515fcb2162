use super::atomic::{is_atomic_field, is_atomic_type};
use super::structural::Structural;
use super::{BlobField, BlobShape};
use sekisho_value::{Value, from_json};

/// A type of the schemas: of an object, a list, a field's value.
#[derive(Clone, Copy, Debug)]
pub struct TypeRef<'s>(Inner<'s>);

#[derive(Clone, Copy, Debug)]
enum Inner<'s> {
    Builtin(BlobShape),
    Custom(&'s Structural),
}

/// What sort of value a type has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// a boolean
    Bool,
    /// a string
    String,
    /// an integer of 32 bits
    Int32,
    /// an integer of 64 bits
    Int64,
    /// a double
    Double,
    /// bytes, in base64
    Bytes,
    /// anything at all
    Any,
    /// a quantity: a string or a number
    Quantity,
    /// an integer of 32 bits or a string
    IntOrString,
    /// a time as of RFC 3339, stored to the second
    Time,
    /// a time as of RFC 3339 with microseconds
    MicroTime,
    /// an object with named fields
    Object,
    /// an object with any keys, its values of one type
    Map,
    /// a list
    List,
    /// a JSON schema, or a boolean (`additionalProperties`)
    SchemaOrBool,
    /// a JSON schema, or a list of them (`items`)
    SchemaOrList,
    /// a JSON schema, or a list of strings (`dependencies`)
    SchemaOrStrings,
}

/// How the items of a list are told apart (`x-kubernetes-list-type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ListType {
    /// not said; the list is replaced as a whole
    #[default]
    Unsaid,
    /// replaced as a whole
    Atomic,
    /// scalars, each at most once
    Set,
    /// objects, told apart by [`FieldRef::keys`]
    Map,
    /// merged by [`FieldRef::keys`] in a strategic merge patch only
    Merge,
}

/// A field of a type.
#[derive(Clone, Copy, Debug)]
pub struct FieldRef<'s>(Of<'s>);

#[derive(Clone, Copy, Debug)]
enum Of<'s> {
    Builtin(BlobField),
    Custom { name: &'s str, of: &'s Structural, required: bool },
}

impl<'s> TypeRef<'s> {
    pub(crate) fn builtin(shape: BlobShape) -> Self {
        Self(Inner::Builtin(shape))
    }

    pub(crate) fn custom(schema: &'s Structural) -> Self {
        Self(Inner::Custom(schema))
    }

    pub(crate) fn as_builtin(self) -> Option<BlobShape> {
        match self.0 {
            Inner::Builtin(shape) => Some(shape),
            Inner::Custom(_) => None,
        }
    }

    pub(crate) fn as_custom(self) -> Option<&'s Structural> {
        match self.0 {
            Inner::Builtin(_) => None,
            Inner::Custom(schema) => Some(schema),
        }
    }

    /// What sort of value it has.
    #[must_use]
    pub fn shape(self) -> Shape {
        match self.0 {
            Inner::Custom(schema) => schema.shape,
            Inner::Builtin(shape) => match shape {
                BlobShape::Bool => Shape::Bool,
                BlobShape::String => Shape::String,
                BlobShape::Int32 => Shape::Int32,
                BlobShape::Int64 => Shape::Int64,
                BlobShape::Double => Shape::Double,
                BlobShape::Bytes => Shape::Bytes,
                BlobShape::Any => Shape::Any,
                BlobShape::Quantity => Shape::Quantity,
                BlobShape::IntOrString => Shape::IntOrString,
                BlobShape::Time => Shape::Time,
                BlobShape::MicroTime => Shape::MicroTime,
                BlobShape::Struct(_) => Shape::Object,
                BlobShape::List(_) => Shape::List,
                BlobShape::Map(_) => Shape::Map,
                BlobShape::SchemaOrBool(_) => Shape::SchemaOrBool,
                BlobShape::SchemaOrList(_) => Shape::SchemaOrList,
                BlobShape::SchemaOrStrings(_) => Shape::SchemaOrStrings,
            },
        }
    }

    /// What a CustomResourceDefinition says of a string beside that it is one: `date-time`.
    #[must_use]
    pub fn format(self) -> Option<&'s str> {
        match self.0 {
            Inner::Builtin(_) => None,
            Inner::Custom(schema) => schema.format.as_deref(),
        }
    }

    /// Whether it is a whole object with `apiVersion`, `kind` and `metadata` of its own
    /// (`x-kubernetes-embedded-resource`).
    #[must_use]
    pub fn is_embedded_resource(self) -> bool {
        matches!(self.0, Inner::Custom(schema) if schema.embedded)
    }

    /// The name of a built-in type with fields: the last two steps of its Go package and its
    /// name, for example `core/v1.PodSpec`.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self.0 {
            Inner::Builtin(BlobShape::Struct(of)) => Some(of.name()),
            _ => None,
        }
    }

    /// A field of an object.
    #[must_use]
    pub fn field(self, name: &str) -> Option<FieldRef<'s>> {
        match self.0 {
            Inner::Builtin(
                BlobShape::Struct(of)
                | BlobShape::SchemaOrBool(of)
                | BlobShape::SchemaOrList(of)
                | BlobShape::SchemaOrStrings(of),
            ) => of.fields().find(name).map(|field| FieldRef(Of::Builtin(field))),
            Inner::Builtin(_) => None,
            Inner::Custom(schema) => {
                let (name, of) = schema.property(name)?;
                let required = schema.requires(name);
                Some(FieldRef(Of::Custom { name, of, required }))
            }
        }
    }

    /// The fields of an object, sorted by name.
    pub fn fields(self) -> impl Iterator<Item = FieldRef<'s>> {
        let (builtin, custom) = match self.0 {
            Inner::Builtin(BlobShape::Struct(of)) => (Some(of.fields().iter()), None),
            Inner::Builtin(_) => (None, None),
            Inner::Custom(schema) => (None, Some(schema)),
        };
        let builtin = builtin.into_iter().flatten().map(|field| FieldRef(Of::Builtin(field)));
        builtin.chain(custom.into_iter().flat_map(|schema| {
            schema.properties.iter().map(|(name, of)| {
                FieldRef(Of::Custom { name, of, required: schema.requires(name) })
            })
        }))
    }

    /// Whether the map in one of its fields is replaced as a whole.
    #[must_use]
    pub fn is_atomic_in(self, field: &str) -> bool {
        self.name().is_some_and(|name| is_atomic_field(name, field))
            || self.field(field).is_some_and(|field| field.value_type().is_atomic())
    }

    /// The type of a list's items or of a map's values.
    #[must_use]
    pub fn item(self) -> Option<Self> {
        match self.0 {
            Inner::Builtin(BlobShape::List(item) | BlobShape::Map(item)) => {
                Some(Self::builtin(item.shape()))
            }
            Inner::Builtin(BlobShape::SchemaOrList(of)) => {
                Some(Self::builtin(BlobShape::Struct(of)))
            }
            Inner::Builtin(BlobShape::SchemaOrStrings(_)) => Some(Self::builtin(BlobShape::String)),
            Inner::Builtin(_) => None,
            Inner::Custom(schema) => schema.item.as_deref().map(Self::custom),
        }
    }

    /// Whether an object, or a map, is replaced as a whole (`x-kubernetes-map-type`); of a map of
    /// a built-in type its field says so.
    #[must_use]
    pub fn is_atomic(self) -> bool {
        match self.0 {
            Inner::Builtin(_) => self.name().is_some_and(is_atomic_type),
            Inner::Custom(schema) => schema.atomic,
        }
    }

    /// Whether fields that the schema does not name are kept.
    #[must_use]
    pub fn preserves_unknown(self) -> bool {
        match self.0 {
            Inner::Builtin(shape) => shape == BlobShape::Any,
            Inner::Custom(schema) => schema.preserves_unknown,
        }
    }
}

impl<'s> FieldRef<'s> {
    /// The name.
    #[must_use]
    pub fn name(self) -> &'s str {
        match self.0 {
            Of::Builtin(field) => field.name(),
            Of::Custom { name, .. } => name,
        }
    }

    /// The type.
    #[must_use]
    pub fn value_type(self) -> TypeRef<'s> {
        match self.0 {
            Of::Builtin(field) => TypeRef::builtin(field.shape()),
            Of::Custom { of, .. } => TypeRef::custom(of),
        }
    }

    /// Whether the schema requires it. (For built-in types that says what OpenAPI says; the API
    /// server itself lets some of them be absent.)
    #[must_use]
    pub fn required(self) -> bool {
        match self.0 {
            Of::Builtin(field) => field.required(),
            Of::Custom { required, .. } => required,
        }
    }

    /// Whether it is stored, with its zero value, where it is absent.
    #[must_use]
    pub fn always_stored(self) -> bool {
        matches!(self.0, Of::Builtin(field) if field.always())
    }

    /// Whether it is not stored where it has its zero value.
    #[must_use]
    pub fn drops_zero(self) -> bool {
        matches!(self.0, Of::Builtin(field) if field.drops_zero())
    }

    /// Whether an explicit zero value differs from an absent one (a pointer in Go).
    #[must_use]
    pub fn is_pointer(self) -> bool {
        matches!(self.0, Of::Builtin(field) if field.pointer())
    }

    /// The default that the schema declares.
    #[must_use]
    pub fn default(self) -> Option<Value> {
        match self.0 {
            Of::Builtin(field) => from_json(field.default_json()?).ok(),
            Of::Custom { of, .. } => of.default.clone(),
        }
    }

    /// How the items of a list are told apart.
    #[must_use]
    pub fn list_type(self) -> ListType {
        match self.0 {
            Of::Builtin(field) => match field.list_type() {
                1 => ListType::Atomic,
                2 => ListType::Set,
                3 => ListType::Map,
                4 => ListType::Merge,
                _ => ListType::Unsaid,
            },
            Of::Custom { of, .. } => of.list_type,
        }
    }

    /// The fields that tell the items of a list apart.
    pub fn keys(self) -> impl Iterator<Item = &'s str> {
        let (builtin, custom) = match self.0 {
            Of::Builtin(field) => (Some(field.keys()), None),
            Of::Custom { of, .. } => (None, Some(of.keys.iter().map(|key| key.as_str()))),
        };
        builtin
            .into_iter()
            .flatten()
            .map(|text| -> &'s str { text })
            .chain(custom.into_iter().flatten())
    }

    /// The values that the schema permits, where it lists them (of strings only).
    pub fn permitted(self) -> impl Iterator<Item = &'s str> {
        let (builtin, custom) = match self.0 {
            Of::Builtin(field) => (Some(field.permitted()), None),
            Of::Custom { of, .. } => (None, Some(of.permitted.iter().map(|value| value.as_str()))),
        };
        builtin
            .into_iter()
            .flatten()
            .map(|text| -> &'s str { text })
            .chain(custom.into_iter().flatten())
    }
}
