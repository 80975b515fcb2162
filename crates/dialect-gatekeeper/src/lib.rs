//! Gatekeeper: constraint templates, constraints, mutators and expansion templates.
//!
//! **Invariant:** Gatekeeper's webhook is the arbiter: what it answers to a request is the answer
//! here, at every checkpoint.

mod code;
mod config;
mod constraint;
mod dialect;
mod double;
mod enforcement;
mod evaluate;
mod expansion;
mod lint;
mod locus;
pub mod matching;
pub mod mutation;
mod review;
mod severity;
mod structural;
mod sync;
mod template;

pub use constraint::{Numbers, with_defaults};
pub use dialect::{Gatekeeper, GatekeeperCli, NAME};
pub use double::{are_small_integers, from_doubles, to_doubles};
pub use template::FailurePolicy;
