use sekisho_budget::BudgetExceeded;
use std::borrow::Cow;
use std::fmt;

/// Why an expression has no value, in cel-go's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError(Box<Problem>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Problem {
    cause: Cause,
    message: Cow<'static, str>,
}

/// What sort of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// an error of the language, which `||`, `&&` and the like may absorb
    Value,
    /// what was asked for cannot be told here; whatever does not hang on it has its value
    Unknown,
    /// the evaluation cost more than its limit
    CostLimit,
    /// the budget is used up, or the evaluation was cancelled
    Budget(BudgetExceeded),
}

impl EvalError {
    /// An error of the language.
    #[must_use]
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Problem { cause: Cause::Value, message: message.into() }))
    }

    /// A function is called with values that it does not take.
    #[must_use]
    pub fn no_such_overload() -> Self {
        Self::new("no such overload")
    }

    /// A map has no such key.
    #[must_use]
    pub fn no_such_key(key: impl fmt::Display) -> Self {
        Self::new(format!("no such key: {key}"))
    }

    /// What the expression asks for cannot be told here, as it could be elsewhere.
    #[must_use]
    pub fn unknown(message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Problem { cause: Cause::Unknown, message: message.into() }))
    }

    /// The evaluation cost more than its limit.
    #[must_use]
    pub fn cost_limit() -> Self {
        let message = Cow::Borrowed("operation cancelled: actual cost limit exceeded");
        Self(Box::new(Problem { cause: Cause::CostLimit, message }))
    }

    /// What sort of error it is.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.0.cause
    }

    /// Whether nothing may absorb it.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        !matches!(self.0.cause, Cause::Value | Cause::Unknown)
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl From<BudgetExceeded> for EvalError {
    fn from(exceeded: BudgetExceeded) -> Self {
        let message = exceeded.to_string().into();
        Self(Box::new(Problem { cause: Cause::Budget(exceeded), message }))
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for EvalError {}
