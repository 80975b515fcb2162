//! What finds the violations of a constraint: its template's code with its parameters.
//!
//! An engine is a variant here, a file beside this one, and a way to it from
//! [`crate::template`].

mod cel;
mod rego;

pub(crate) use cel::CelCode;
pub(crate) use rego::RegoCode;

use crate::review::Review;
use sekisho_policy::{EvalContext, EvalError};
use sekisho_value::Value;

/// The code of one engine.
pub(crate) enum Code {
    /// CEL
    Cel(CelCode),
    /// Rego
    Rego(Box<RegoCode>),
}

/// A violation as code tells it.
pub(crate) struct Found {
    /// what is wrong
    pub(crate) message: String,
    /// what else there is to tell; null where nothing
    pub(crate) details: Value,
}

impl Code {
    /// The violations of a request that the constraint is about.
    pub(crate) fn violations(
        &self,
        context: &EvalContext<'_>,
        review: &Review,
    ) -> Result<Vec<Found>, EvalError> {
        match self {
            Self::Cel(cel) => cel.violations(context, review),
            Self::Rego(rego) => rego.violations(context, review),
        }
    }

    /// Whether violations that say the same are told apart.
    pub(crate) fn counts_each(&self) -> bool {
        matches!(self, Self::Cel(_))
    }

    /// Whether it looks at more of the request's namespace than its name.
    pub(crate) fn reads_namespace(&self) -> bool {
        match self {
            Self::Cel(cel) => cel.reads_namespace(),
            Self::Rego(rego) => rego.reads_namespace(),
        }
    }
}
