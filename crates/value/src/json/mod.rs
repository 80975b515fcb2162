//! JSON text in and out (RFC 8259), linear, without host recursion.

mod notes;
mod object;
mod read;
mod scalar;
mod write;

pub use notes::{Notes, Span};
pub use object::ObjectWriter;
pub use read::{JsonError, MAX_DEPTH, from_json, from_json_of, from_json_prefix};
pub use write::JsonStyle;
