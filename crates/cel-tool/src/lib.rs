//! What `sekisho cel` does: reads objects, evaluates expressions as an admission policy would.
//!
//! **Invariant:** files are read here; what an expression means is the engine's alone.

mod eval;
mod given;
mod render;

pub use eval::{EvalOptions, Evaluated, Fault, eval};
pub use given::{Given, ReadFault};
pub use render::{render_json, render_text};

/// Exit code where the expression has a value.
pub const OK: u8 = 0;
/// Exit code where something could not be read, compiled or evaluated.
pub const ERROR: u8 = 2;
