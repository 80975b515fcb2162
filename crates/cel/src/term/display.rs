//! Values in messages, as Go's `%v` writes cel-go's.

use super::Term;
use std::fmt;

impl fmt::Display for Term<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Term::Null => f.write_str("null"),
            Term::Bool(bool) => write!(f, "{bool}"),
            Term::Int(int) => write!(f, "{int}"),
            Term::Uint(uint) => write!(f, "{uint}"),
            Term::Double(double) => write!(f, "{double}"),
            Term::String(text) => f.write_str(text),
            Term::Bytes(bytes) => write!(f, "{bytes:?}"),
            Term::Timestamp(_) | Term::Duration(_) => {
                f.write_str(&crate::library::to_text(*self).unwrap_or_default())
            }
            Term::Type(name) => f.write_str(name),
            Term::Optional(None) => f.write_str("optional.none()"),
            Term::Optional(Some(value)) => write!(f, "optional({value})"),
            Term::Object(object) => f.write_str(object.type_name()),
            Term::Opaque(opaque) => write!(f, "{opaque:?}"),
            // A message shows no large value in full.
            other if other.is_list() => write!(f, "a list of {} items", other.len().unwrap_or(0)),
            other => write!(f, "a map of {} entries", other.len().unwrap_or(0)),
        }
    }
}
