//! Libraries: macros, functions and types that an environment is made of.
//!
//! A library is a list of overloads, each with its signature in a short notation and its code:
//!
//! ```
//! use sekisho_cel::library::{Library, Overload};
//! use sekisho_cel::{EvalError, Evaluation, Term};
//!
//! fn twice<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Result<Term<'a>, EvalError> {
//!     match args {
//!         [Term::Int(int)] => Ok(Term::Int(int.saturating_mul(2))),
//!         _ => Err(EvalError::no_such_overload()),
//!     }
//! }
//!
//! let library = Library::new("twice", 0)
//!     .with(&[Overload::new("int_twice", "int::twice() -> int", twice)]);
//! # let environment = sekisho_cel::Environment::standard().library(library).build().unwrap();
//! # assert!(environment.compile("21.twice() == 42").is_ok());
//! ```
//!
//! Code is called only with arguments that the parameters of its signature take.

mod base64;
mod declared;
mod format;
mod lists;
mod math;
mod network;
pub(crate) mod numbers;
mod optional;
mod regex;
mod sets;
mod standard;
mod strings;

pub use base64::encoders;
pub(crate) use base64::{decode as decode_base64, encode as encode_base64};
pub use lists::lists;
pub use math::math;
pub use network::{Cidr, Ip, MappedAddresses, network};
pub use optional::{bindings, blocks, optionals, two_variable_comprehensions};
pub use regex::regex;
pub use sets::sets;
pub(crate) use standard::{parse_duration, parse_timestamp, to_text};
pub use standard::{standard, wrappers};
pub use strings::strings;

pub use declared::{
    CallCost, CallEstimator, Closure, Function, FunctionName, Implementation, Library, Overload,
    StructTypes,
};
