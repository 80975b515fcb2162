//! The JSON-like value that manifests, policies and language engines share.
//!
//! A [`Value`] is 24 bytes, cheap to clone (strings up to 23 bytes are inline, longer ones and
//! containers are reference counted), ordered ([`Map`] keeps its entries sorted by key, as
//! Kubernetes' own JSON output does), and keeps the literal of every number that is not a plain
//! 64-bit integer ([`Number`]). Language engines borrow it without conversion.
//!
//! **Invariant:** this crate knows nothing of Kubernetes, files or policies.

mod json;
mod map;
mod number;
mod pointer;
mod value;

pub use json::{
    JsonError, JsonStyle, MAX_DEPTH, Notes, ObjectWriter, Span, from_json, from_json_of,
    from_json_prefix,
};
pub use map::Map;
pub use number::Number;
pub use pointer::{ParsePointerError, Pointer, Token};
pub use value::{Kind, List, Value};

/// An object key: inline up to 23 bytes, which covers nearly every Kubernetes field name.
pub type Key = smol_str::SmolStr;
/// A string value.
pub type Str = smol_str::SmolStr;
