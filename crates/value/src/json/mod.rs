//! JSON text in and out (RFC 8259), linear, without host recursion.

mod read;
mod write;

pub use read::{
    Annotation, JsonError, MAX_DEPTH, Span, from_json, from_json_annotated, from_json_prefix,
};
