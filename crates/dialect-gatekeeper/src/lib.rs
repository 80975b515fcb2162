//! Gatekeeper: constraint templates, constraints, mutators and expansion templates.
//!
//! **Invariant:** Gatekeeper's webhook is the arbiter: what it answers to a request is the answer
//! here, at every checkpoint.

mod fault;
pub mod matching;

pub use fault::Fault;
