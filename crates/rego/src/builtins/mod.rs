//! The built-in functions.
//!
//! A group of functions is a file with a `FUNCTIONS` list; what each takes and gives stands in
//! `declarations.txt`.

use crate::term::{Arena, Term};
use sekisho_budget::BudgetExceeded;

/// A built-in function.
pub struct Builtin {
    /// its name, dots included
    pub name: &'static str,
    /// what it does
    pub function: Function,
}

impl std::fmt::Debug for Builtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The code of a built-in. It is given as many arguments as it declares.
pub type Function = for<'a> fn(&mut Context<'a>, &[Term<'a>]) -> Result<Term<'a>, Failure>;

/// What a built-in may use beside its arguments.
pub struct Context<'a> {
    /// where its result stands; every byte is taken from the budget
    pub arena: Arena<'a>,
    /// what the caller of the evaluation says of the world
    pub facts: &'a Facts,
}

/// What the caller of an evaluation says of the world; the engine asks nobody else.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// nanoseconds since 1970 (UTC), constant during an evaluation
    pub now: i64,
    /// where `rand.intn` and `uuid.rfc4122` start
    pub seed: u64,
    /// what `opa.runtime` gives
    pub runtime: sekisho_value::Value,
}

/// Why a built-in gives no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// it has no value for these arguments
    Undefined,
    /// it failed: undefined, or with strict errors an error of the evaluation
    Error {
        /// `eval_type_error` rather than `eval_builtin_error`
        wrong_type: bool,
        /// in OPA's words, without the function's name before it
        message: String,
    },
    /// the budget is used up: always an error of the evaluation
    Budget(BudgetExceeded),
}

impl From<BudgetExceeded> for Failure {
    fn from(exceeded: BudgetExceeded) -> Self {
        Self::Budget(exceeded)
    }
}
