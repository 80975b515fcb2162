//! CEL as Kubernetes evaluates it: checked, compiled once, evaluated within a cost limit.
//!
//! The way of an expression: text, [`syntax`] (tokens, tree, [`macros`] expanded), a type checker,
//! a [`Program`]. Values of an evaluation are [`Term`]s; inputs are borrowed
//! [`sekisho_value::Value`]s. What an expression may use is an [`Environment`], made of
//! [`library`]s and variables.
//!
//! ```
//! use sekisho_budget::Budget;
//! use sekisho_cel::types::Type;
//! use sekisho_cel::{Activation, Cost, Environment, Evaluation, Scratch, Term};
//!
//! let environment = Environment::standard().variable("object", Type::Dyn).build().unwrap();
//! let program = environment.compile("object.spec.replicas <= 5").unwrap();
//!
//! let object = sekisho_value::from_json(r#"{"spec": {"replicas": 3}}"#).unwrap();
//! let (scratch, budget, cost) = (Scratch::new(), Budget::standard(), Cost::limited(1_000));
//! let mut activation = Activation::new();
//! activation.set("object", Term::borrowed(&object));
//! let value = program.evaluate(Evaluation::new(&scratch, &budget, &cost), &activation).unwrap();
//! assert_eq!(value.as_bool(), Some(true));
//! assert_eq!(cost.spent(), 4);
//! ```
//!
//! **Invariant:** expressions and objects are untrusted: nesting is limited, every step is taken
//! from a budget, and there is no clock, network, environment or file here.

pub mod ast;
mod check;
pub mod cost;
mod diagnostic;
mod environment;
mod error;
mod evaluation;
pub mod kubernetes;
mod lazy;
pub mod library;
pub mod macros;
mod pattern;
mod program;
mod source;
pub mod syntax;
pub mod term;
pub mod types;

pub use check::Checked;
pub use diagnostic::Diagnostic;
pub use environment::{Environment, EnvironmentBuilder, EnvironmentError, Options};
pub use error::{Cause, EvalError};
pub use evaluation::{Activation, Cost, Evaluation};
pub use lazy::LazyFields;
pub use program::Program;
pub use source::Span;
pub use term::{Scratch, Term};
