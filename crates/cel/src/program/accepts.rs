use crate::term::Term;
use crate::types::Type;

/// Whether a value may stand for a parameter of a type, as far as the value tells. Of what a list or a
/// map holds the first is looked at, as by cel-go. Types are of bounded depth, and so is the recursion.
pub(super) fn accepts(param: &Type, term: Term<'_>) -> bool {
    match (param, term) {
        (Type::Dyn | Type::Any | Type::Param(_) | Type::Var(_), _)
        | (Type::Null, Term::Null)
        | (Type::Bool, Term::Bool(_))
        | (Type::Int, Term::Int(_))
        | (Type::Uint, Term::Uint(_))
        | (Type::Double, Term::Double(_))
        | (Type::String, Term::String(_))
        | (Type::Bytes, Term::Bytes(_))
        | (Type::Timestamp, Term::Timestamp(_))
        | (Type::Duration, Term::Duration(_))
        | (Type::Type(_), Term::Type(_))
        | (Type::Nullable(_), Term::Null) => true,
        (Type::List(_), Term::List(_) | Term::JsonList(_)) => held(param, 0, term.items().next()),
        (Type::Map(_), Term::Map(_) | Term::JsonMap(_)) => {
            let (key, value) = term.entries().next().unzip();
            held(param, 0, key) && held(param, 1, value)
        }
        (Type::Map(_), Term::Object(_)) => true,
        // What Kubernetes has functions for is made by functions alone.
        (Type::Struct(name), Term::JsonMap(_) | Term::Map(_)) => !name.starts_with("kubernetes."),
        (Type::Nullable(_), term) => accepts(&param.param(0), term),
        (Type::Struct(name) | Type::Opaque(name, _), term) => term.type_name() == name,
        // A compiled pattern stands for its text.
        (Type::String, Term::Opaque(opaque)) => opaque.type_name() == crate::pattern::TYPE_NAME,
        _ => false,
    }
}

/// Whether what is held may be of the parameter of a type at a position.
fn held(param: &Type, position: usize, term: Option<Term<'_>>) -> bool {
    match (param.params().get(position), term) {
        (Some(param), Some(term)) => accepts(param, term),
        _ => true,
    }
}
