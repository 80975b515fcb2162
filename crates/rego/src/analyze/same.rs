//! Whether two terms are the same as written: places aside.

use super::draft::{Term, Value};

/// The same constants, variables and references in the same order.
pub(super) fn terms(a: &Term, b: &Term) -> bool {
    match (&a.value, &b.value) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) | (Value::String(a), Value::String(b)) => a == b,
        (Value::Var(a), Value::Var(b)) => a == b,
        (Value::Ref(a), Value::Ref(b))
        | (Value::Call(a), Value::Call(b))
        | (Value::Array(a), Value::Array(b))
        | (Value::Set(a), Value::Set(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| terms(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|((ak, av), (bk, bv))| terms(ak, bk) && terms(av, bv))
        }
        _ => false,
    }
}
