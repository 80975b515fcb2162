use super::Term;
use crate::{EvalError, Evaluation};
use sekisho_value::Value;
use std::any::Any;
use std::fmt;

/// A value that only functions can handle: a quantity, an address.
pub trait Opaque: Any + fmt::Debug + Send + Sync {
    /// The name of its type.
    fn type_name(&self) -> &str;

    /// Whether it equals another value of an extension; `None` where they cannot be compared, which
    /// is an error, as it is with a value of no extension.
    fn equals(&self, other: &dyn Opaque) -> Option<bool>;

    /// How large it is for the purpose of cost, where it has a size.
    fn size(&self) -> Option<u64> {
        None
    }

    /// Whether it is the zero value of its type.
    fn is_zero(&self) -> bool {
        false
    }

    /// What it is in JSON, where it is something.
    fn to_json(&self) -> Option<Value> {
        None
    }
}

/// A value with fields that are found when they are read: lazy variables, requests, messages.
pub trait Object: fmt::Debug {
    /// The name of its type.
    fn type_name(&self) -> &str;

    /// A field's value; `None` where there is no such field.
    ///
    /// # Errors
    /// Where finding the value fails.
    fn field<'a>(
        &'a self,
        evaluation: Evaluation<'a>,
        name: &str,
    ) -> Result<Option<Term<'a>>, EvalError>;

    /// Whether `has(object.name)` holds.
    ///
    /// # Errors
    /// Where finding out fails.
    fn has<'a>(&'a self, evaluation: Evaluation<'a>, name: &str) -> Result<bool, EvalError> {
        Ok(self.field(evaluation, name)?.is_some())
    }

    /// Whether it equals another object.
    ///
    /// # Errors
    /// Where finding out fails.
    fn equals<'a>(
        &'a self,
        evaluation: Evaluation<'a>,
        other: &'a (dyn Object + 'a),
    ) -> Result<bool, EvalError> {
        let _ = (evaluation, other);
        Ok(false)
    }

    /// All its fields as a map, where they are known.
    fn fields(&self) -> Option<Term<'_>> {
        None
    }

    /// What it is in JSON, where it is something.
    fn to_json(&self) -> Option<Value> {
        None
    }
}
