//! What is known of inputs before they are given.

use sekisho_value::{Str, Value};

/// The value that every input of some evaluations holds at one path.
///
/// Programs are made for it: what depends on nothing else is computed when they are made. The
/// inputs that they are then given need not hold it; what they hold at the path instead counts
/// for nothing. `with input as …` replaces what is known, too.
#[derive(Clone, Debug)]
pub struct Known {
    pub(crate) path: Vec<Str>,
    pub(crate) value: Value,
}

impl Known {
    /// The value at a path below `input`: `["parameters"]`.
    #[must_use]
    pub fn at(path: &[&str], value: Value) -> Self {
        Self { path: path.iter().map(|key| Str::from(*key)).collect(), value }
    }
}
