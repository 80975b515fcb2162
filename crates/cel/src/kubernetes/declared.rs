//! The types that schemas declare.
//!
//! Source of the rules: `pkg/cel/common/schemas.go`, `pkg/cel/types.go` and `pkg/cel/escaping.go`
//! of `k8s.io/apiserver`.

use crate::ast::Name;
use crate::library::StructTypes;
use crate::term::Term;
use crate::types::Type;
use crate::{EvalError, Evaluation};
use sekisho_kube_model::{Schemas, Shape, TypeRef};
use std::collections::{BTreeMap, HashMap};

/// The types of an object and of all that is in it, each named by where it stands:
/// `Deployment.spec.template`.
#[derive(Clone, Debug, Default)]
pub(super) struct Declared {
    types: HashMap<Name, BTreeMap<Name, Type>>,
}

/// So many types one object may be made of.
const MOST_TYPES: usize = 20_000;

impl Declared {
    /// Declares the type of an object under a name. `None` where it holds itself, which the API
    /// server cannot declare, or where its schema is out of proportion.
    pub(super) fn object(
        &mut self,
        schemas: &Schemas,
        name: &str,
        of: TypeRef<'_>,
        is_custom: bool,
    ) -> Option<Type> {
        let mut reader = Reader { schemas, declared: self, within: Vec::new() };
        reader.of(name, of, is_custom).ok().flatten()
    }

    /// Declares a type with these fields.
    pub(super) fn declare(
        &mut self,
        name: &str,
        fields: impl Iterator<Item = (Name, Type)>,
    ) -> Type {
        let name = Name::from(name);
        self.types.insert(name.clone(), fields.collect());
        Type::Struct(name)
    }
}

/// A schema that cannot be declared.
struct Endless;

struct Reader<'s, 'd> {
    schemas: &'s Schemas,
    declared: &'d mut Declared,
    /// the built-in types on the way
    within: Vec<&'static str>,
}

impl Reader<'_, '_> {
    /// The type, where CEL has one for it. A whole resource has the metadata of all.
    fn of(&mut self, name: &str, of: TypeRef<'_>, whole: bool) -> Result<Option<Type>, Endless> {
        let whole = whole || of.is_embedded_resource();
        Ok(match of.shape() {
            Shape::Bool => Some(Type::Bool),
            Shape::Int32 | Shape::Int64 => Some(Type::Int),
            Shape::Double => Some(Type::Double),
            Shape::Bytes => Some(Type::Bytes),
            Shape::Time | Shape::MicroTime => Some(Type::Timestamp),
            Shape::IntOrString => Some(Type::Dyn),
            Shape::String => Some(match of.format() {
                Some("byte") => Type::Bytes,
                Some("duration") => Type::Duration,
                Some("date" | "date-time") => Type::Timestamp,
                _ => Type::String,
            }),
            Shape::Object => Some(self.structure(name, of, whole)?),
            Shape::Any if of.name().is_none() && of.format().is_none() => {
                Some(self.structure(name, of, whole)?)
            }
            Shape::List => match of.item() {
                Some(item) => self.of(&format!("{name}.@idx"), item, false)?.map(Type::list),
                None => None,
            },
            Shape::Map => match of.item() {
                Some(item) if item.shape() != Shape::Any => self
                    .of(&format!("{name}.@elem"), item, false)?
                    .map(|item| Type::map(Type::String, item)),
                _ => Some(self.structure(name, of, whole)?),
            },
            // They are written as several types, so that none is declared.
            Shape::Any
            | Shape::Quantity
            | Shape::SchemaOrBool
            | Shape::SchemaOrList
            | Shape::SchemaOrStrings => None,
        })
    }

    fn structure(&mut self, name: &str, of: TypeRef<'_>, whole: bool) -> Result<Type, Endless> {
        if let Some(own) = of.name() {
            if self.within.contains(&own) {
                return Err(Endless);
            }
            self.within.push(own);
        }
        let mut fields = BTreeMap::new();
        for field in of.fields() {
            let replaced = whole && matches!(field.name(), "apiVersion" | "kind" | "metadata");
            let Some(escaped) = escape(field.name()).filter(|_| !replaced) else { continue };
            if let Some(of) = self.of(&format!("{name}.{escaped}"), field.value_type(), false)? {
                fields.insert(Name::from(escaped), of);
            }
        }
        if whole {
            fields.insert(Name::new_static("apiVersion"), Type::String);
            fields.insert(Name::new_static("kind"), Type::String);
            // The metadata of all objects is that of any.
            let any = self.schemas.kind("", "v1", "ConfigMap").and_then(|kind| kind.object_type());
            if let Some(metadata) = any.and_then(|any| any.field("metadata")) {
                let at = format!("{name}.metadata");
                if let Some(of) = self.of(&at, metadata.value_type(), false)? {
                    fields.insert(Name::new_static("metadata"), of);
                }
            }
        }
        if of.name().is_some() {
            self.within.pop();
        }
        let name = Name::from(name);
        self.declared.types.insert(name.clone(), fields);
        if self.declared.types.len() > MOST_TYPES {
            return Err(Endless);
        }
        Ok(Type::Struct(name))
    }
}

impl StructTypes for Declared {
    fn find(&self, name: &str) -> Option<Type> {
        self.types.get_key_value(name).map(|(name, _)| Type::Struct(name.clone()))
    }

    fn are_names(&self) -> bool {
        false
    }

    fn field(&self, type_name: &str, field: &str) -> Option<Type> {
        let fields = self.types.get(type_name)?;
        let keyword = || RESERVED.contains(&field).then(|| format!("__{field}__"));
        fields.get(field).or_else(|| fields.get(keyword()?.as_str())).cloned()
    }

    fn fields(&self, type_name: &str) -> Vec<String> {
        let fields = self.types.get(type_name);
        fields.into_iter().flat_map(BTreeMap::keys).map(ToString::to_string).collect()
    }

    fn construct<'a>(
        &self,
        _: Evaluation<'a>,
        type_name: &'a str,
        _: &[(&'a str, Term<'a>)],
    ) -> Result<Term<'a>, EvalError> {
        Err(EvalError::new(format!("unknown type '{type_name}'")))
    }
}

/// Words of the language that are no names: `celReservedSymbols` in `pkg/cel/escaping.go`.
pub const RESERVED: &[&str] = &[
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// The name of a field in expressions whose types are declared, where it has one; the values of
/// admission policies keep the names that they have.
#[must_use]
pub fn escape(name: &str) -> Option<String> {
    if name.is_empty() || name.starts_with(|char: char| char.is_ascii_digit()) {
        return None;
    }
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__"));
    }
    let known = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '-' | '/');
    name.chars().all(known).then(|| {
        name.replace("__", "__underscores__")
            .replace('.', "__dot__")
            .replace('-', "__dash__")
            .replace('/', "__slash__")
    })
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn names_are_escaped() {
        for (name, escaped) in [
            ("replicas", Some("replicas")),
            ("namespace", Some("__namespace__")),
            ("a.b-c/d", Some("a__dot__b__dash__c__slash__d")),
            ("a__b", Some("a__underscores__b")),
            ("a_b", Some("a_b")),
            ("___", Some("__underscores___")),
            ("1a", None),
            ("a b", None),
            ("", None),
        ] {
            assert_eq!(escape(name).as_deref(), escaped, "{name}");
        }
    }
}
