//! What `sekisho rego` does: reads policy and data files, evaluates queries, runs tests.
//!
//! **Invariant:** files and the clock are read here; what a policy means is the engine's alone.

mod bench;
mod check;
mod eval;
mod limits;
mod load;
mod render;
mod test;

pub use bench::{BenchOptions, bench};
pub use check::{CheckOptions, check};
pub use eval::{EvalFormat, EvalOptions, eval};
pub use limits::{Limits, Watch};
pub use load::{Loaded, load};
pub use test::{Case, Outcome, TestFormat, TestOptions, TestResult, test};

/// Exit code where everything went well.
pub const OK: u8 = 0;
/// Exit code of `rego test` where a test failed.
pub const FAILED: u8 = 1;
/// Exit code where something could not be read, compiled or evaluated.
pub const ERROR: u8 = 2;
