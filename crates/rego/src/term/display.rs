use super::Term;
use super::quote::{Quoting, write_quoted};
use std::fmt;

/// As OPA prints values (`ast.Value.String`): `{"a": [1, "x"]}`, `{1, 2}`, `set()`.
impl fmt::Display for Term<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(*self, f)
    }
}

impl fmt::Debug for Term<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(*self, f)
    }
}

/// Writes what `Display` does, to anything.
pub(crate) fn write<W: fmt::Write>(term: Term<'_>, out: &mut W) -> fmt::Result {
    match term {
        Term::Null => out.write_str("null"),
        Term::Bool(bool) => out.write_str(if bool { "true" } else { "false" }),
        Term::Int(int) => write!(out, "{int}"),
        Term::Number(literal) => out.write_str(literal),
        Term::String(text) => write_quoted(out, text, Quoting { mark: '"', ascii: false }),
        Term::Array(..) | Term::JsonArray(_) => {
            out.write_char('[')?;
            write_items(term, out)?;
            out.write_char(']')
        }
        Term::Set([], _) => out.write_str("set()"),
        Term::Set(..) => {
            out.write_char('{')?;
            write_items(term, out)?;
            out.write_char('}')
        }
        Term::Object(..) | Term::JsonObject(_) => {
            out.write_char('{')?;
            for (position, (key, value)) in term.entries().enumerate() {
                if position > 0 {
                    out.write_str(", ")?;
                }
                write(key, out)?;
                out.write_str(": ")?;
                write(value, out)?;
            }
            out.write_char('}')
        }
    }
}

fn write_items<W: fmt::Write>(term: Term<'_>, out: &mut W) -> fmt::Result {
    for (position, item) in term.items().enumerate() {
        if position > 0 {
            out.write_str(", ")?;
        }
        write(item, out)?;
    }
    Ok(())
}
