use crate::Location;
use sekisho_budget::BudgetExceeded;
use std::fmt;

/// The class of an error of an evaluation, spelt as OPA spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EvalCode {
    /// `eval_conflict_error`: several values where one must be
    Conflict,
    /// `eval_type_error`: a built-in was given a type that it does not take
    Type,
    /// `eval_builtin_error`: a built-in failed
    Builtin,
    /// `eval_budget_error`: a budget is used up
    Budget,
}

impl EvalCode {
    /// The code's text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conflict => "eval_conflict_error",
            Self::Type => "eval_type_error",
            Self::Builtin => "eval_builtin_error",
            Self::Budget => "eval_budget_error",
        }
    }
}

impl fmt::Display for EvalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A budget that an evaluation has used up, and that its caller may raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// operations
    Steps,
    /// bytes
    Memory,
    /// wall time
    Time,
    /// calls that nest
    Calls,
}

impl Limit {
    /// The limit that is used up; how deep values and patterns may nest, and what a
    /// single operation may take, is nobody's to say.
    #[must_use]
    pub fn of(exceeded: BudgetExceeded) -> Option<Self> {
        match exceeded {
            BudgetExceeded::Steps => Some(Self::Steps),
            BudgetExceeded::Memory => Some(Self::Memory),
            BudgetExceeded::Time => Some(Self::Time),
            BudgetExceeded::Operation | BudgetExceeded::Depth => None,
        }
    }
}

/// Why an evaluation has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// its class
    pub code: EvalCode,
    /// what happened, in OPA's words where OPA reports the same
    pub message: String,
    /// the expression that was being evaluated
    pub location: Location,
    /// the budget that is used up
    pub limit: Option<Limit>,
}
