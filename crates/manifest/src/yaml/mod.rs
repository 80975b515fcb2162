//! One YAML document, read as kubectl's YAML 1.1 reader reads it.
//!
//! kubectl reads with goyaml v2 (`go.yaml.in/yaml/v2`, a port of libyaml) through
//! `sigs.k8s.io/yaml`. This reader accepts what that one accepts, with the same meaning, in one
//! pass from text to value: no tokens, no events, no tree between. Where it refuses what kubectl
//! takes, it is because kubectl would drop something silently (duplicate keys, text after the end
//! of a document) or because a bound is passed (depth, aliases).

mod anchor;
mod block;
mod build;
mod chars;
mod cursor;
mod flow;
mod key;
mod merge;
mod node;
mod pair;
mod parse;
mod property;
mod quoted;
mod resolve;
mod scalar;
mod state;

pub(crate) use parse::{Parsed, parse};
pub(crate) use resolve::{Reading, Resolved, Scheme, resolve_plain};
