//! Reads Kubernetes manifests as kubectl does, with a source span for every node.
//!
//! [`read()`] takes the bytes of a file or stream and gives its objects ([`Document`]), what is no
//! object and why ([`Skipped`]), and what could not be read and where ([`ReadError`]). Scalars
//! mean what they mean to kubectl's YAML 1.1 reader; `List` kinds are unrolled; one broken
//! document does not hide the others. [`to_yaml`] writes a value so that it reads back the same.
//!
//! The text is parsed by a reader of our own (module `yaml`), not by one of the YAML 1.2 crates:
//! those take a different set of texts and give some a different meaning, and a policy checkpoint
//! must judge what kubectl would send.
//!
//! **Invariant:** this crate does no IO, and knows of Kubernetes only what tells an object from
//! other documents.

mod classify;
mod count;
mod document;
mod fault;
#[cfg(test)]
mod golden;
mod json;
mod read;
mod source;
mod spans;
mod split;
mod stream;
mod text;
mod within;
mod write;
mod yaml;

pub use classify::SkipReason;
pub use document::Document;
pub use fault::ReadError;
pub use read::{
    Read, ReadOptions, Skipped, read, read_document, read_document_as, read_part, read_stream_part,
    read_value,
};
pub use source::{Place, Source};
pub use write::{to_wide_yaml, to_yaml};
