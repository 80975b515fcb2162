//! Types and signatures in declarations.

use super::Type;
use crate::ast::Name;

/// A declaration cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no signature")]
pub struct SignatureError {
    text: String,
}

/// A signature as read.
struct Signature {
    /// the function's name
    name: Name,
    /// whether it is a method, of its first parameter
    member: bool,
    /// its parameters
    params: Vec<Type>,
    /// its result
    result: Type,
}

/// Reads `name(T, …) -> T`, or the method `T::name(T, …) -> T`.
///
/// # Errors
/// Where it is no such text.
pub fn read_signature(text: &str) -> Result<(Name, bool, Vec<Type>, Type), SignatureError> {
    signature(text)
        .map(|read| (read.name, read.member, read.params, read.result))
        .ok_or_else(|| SignatureError { text: text.to_owned() })
}

/// Reads a type: `int`, `list(T)`, `map(string, dyn)`, `optional(T)`, `net.IP`. One capital letter
/// is a parameter, a name of Kubernetes a type with fields, any other that is not known an opaque
/// type.
///
/// # Errors
/// Where it is no such text.
pub fn read_type(text: &str) -> Result<Type, SignatureError> {
    let mut reader = Reader { rest: text };
    reader
        .type_of()
        .filter(|_| reader.rest.is_empty())
        .ok_or_else(|| SignatureError { text: text.to_owned() })
}

fn signature(text: &str) -> Option<Signature> {
    let mut reader = Reader { rest: text };
    let mut params = Vec::new();
    let member = text.contains("::");
    if member {
        params.push(reader.type_of()?);
        reader.take("::")?;
    }
    // An operator's name may hold anything but a parenthesis: `_?_:_`.
    let (name, rest) = reader.rest.split_once('(').filter(|(name, _)| !name.is_empty())?;
    reader.rest = rest;
    if reader.take(")").is_none() {
        loop {
            params.push(reader.type_of()?);
            if reader.take(", ").is_none() {
                break;
            }
        }
        reader.take(")")?;
    }
    reader.take(" -> ")?;
    let result = reader.type_of()?;
    reader.rest.is_empty().then_some(Signature { name: name.into(), member, params, result })
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn take(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    fn name(&mut self) -> Option<&'t str> {
        let end = self.rest.find(['(', ')', ',', ':', ' ']).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    fn type_of(&mut self) -> Option<Type> {
        let name = self.name()?;
        let mut params = Vec::new();
        if self.take("(").is_some() {
            loop {
                params.push(self.type_of()?);
                if self.take(", ").is_none() {
                    break;
                }
            }
            self.take(")")?;
        }
        let mut params = params.into_iter();
        Some(match (name, params.next(), params.next()) {
            ("dyn", None, _) => Type::Dyn,
            ("null", None, _) => Type::Null,
            ("bool", None, _) => Type::Bool,
            ("int", None, _) => Type::Int,
            ("uint", None, _) => Type::Uint,
            ("double", None, _) => Type::Double,
            ("string", None, _) => Type::String,
            ("bytes", None, _) => Type::Bytes,
            ("timestamp", None, _) => Type::Timestamp,
            ("duration", None, _) => Type::Duration,
            ("type", None, _) => Type::Type(None),
            ("type", Some(of), None) => Type::type_of(of),
            ("list", Some(item), None) => Type::list(item),
            ("map", Some(key), Some(value)) => Type::map(key, value),
            ("optional", Some(value), None) => Type::optional(value),
            ("wrapper", Some(value), None) => Type::nullable(value),
            (_, None, _)
                if name.len() == 1 && name.starts_with(|c: char| c.is_ascii_uppercase()) =>
            {
                Type::Param(name.into())
            }
            // Kubernetes declares its own types as types of objects.
            (_, None, _) if name.starts_with("kubernetes.") => Type::Struct(name.into()),
            (_, first, second) => {
                let all = first.into_iter().chain(second).chain(params).collect();
                Type::opaque(name, all)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{read_signature, read_type};
    use crate::types::Type;

    #[test]
    fn types_are_read_as_they_are_written() {
        for text in
            ["int", "list(map(string, dyn))", "net.IP", "T", "tuple(A, B, C)", "wrapper(int)"]
        {
            assert_eq!(read_type(text).unwrap().to_string(), text);
        }
        for text in ["", "list(", "list(int", "list(int))"] {
            assert!(read_type(text).is_err(), "{text}");
        }
    }

    #[test]
    fn signatures() {
        let (name, member, params, result) =
            read_signature("list(T)::slice(int, int) -> list(T)").unwrap();
        assert_eq!((name.as_str(), member, params.len()), ("slice", true, 3));
        assert_eq!(result, Type::list(Type::Param("T".into())));
        let (name, member, params, _) = read_signature("math.abs(int) -> int").unwrap();
        assert_eq!((name.as_str(), member, params.len()), ("math.abs", false, 1));
        assert!(read_signature("optional.none() -> optional(T)").unwrap().2.is_empty());
        assert!(read_signature("f(int)").is_err());
    }
}
