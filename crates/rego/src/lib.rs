//! Rego as OPA defines it: compiled once, evaluated from many threads, within a budget.
//!
//! The way of a policy: text, [`syntax`] (tokens, tree), [`analyze`] (names, rewriting, safety,
//! recursion, conflicts, types: the [`hir`]), `plan` (a compact `program`), `vm` (one loop
//! with an explicit stack). Values of an evaluation are [`Term`]s in an arena; input and base
//! data are borrowed [`sekisho_value::Value`]s.
//!
//! **Invariant:** policies and inputs are untrusted: nesting is limited, recursion is refused at
//! compile time, and every step and byte is taken from a budget; there is no clock, network,
//! environment or file here.

pub mod analyze;
pub mod ast;
pub mod builtins;
mod cases;
mod diagnostic;
pub mod hir;
mod join;
mod known;
mod numbers;
mod plan;
mod policies;
mod program;
mod query;
mod shared;
mod source;
pub mod syntax;
pub mod term;
pub mod types;
mod vm;

pub use analyze::{Options, Schemas};
pub use diagnostic::{Code, Diagnostic};
pub use known::Known;
pub use policies::{
    Coverable, DEFAULT_DEPTH, OnCover, OnPrint, OnRead, Policies, Prepared, PreparedQuery,
    Question, Scratch, Shape,
};
pub use shared::Shared;
pub use source::{Location, Source, SourceId, Span};
pub use term::Term;
pub use vm::{EvalCode, EvalError, Limit};
