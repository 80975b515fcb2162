//! Generated policies: what OPA 1.22 gives for them is recorded (`golden/policies/*.jsonl`) and
//! replayed; `regorus` is asked beside us.
//!
//! ```text
//! cargo test -p sekisho-rego --test generated -- --ignored ask_opa    # many, with Go
//! cargo test -p sekisho-rego --test generated -- --ignored record     # a sample, written
//! ```

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail, and says why")]

mod answers;
mod documents;
mod expressions;
mod opa;
mod policies;
mod random;
mod regorus;
