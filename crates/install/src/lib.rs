//! The manifests that put the admission webhook into a cluster: the Helm chart of `charts/sekisho`,
//! rendered here without Helm.
//!
//! The chart is the one source. It is written in a small part of Helm's language, which this crate
//! reads, and refuses the rest of: what is printed here and what Helm renders are the same.
//!
//! **Invariant:** no IO: what is made is text; who prints or applies it is another.

mod asked;
mod chart;
mod conditions;
mod render;
mod schema;
mod template;
mod values;

pub use asked::asks;
pub use chart::{Release, is_webhook, manifests, path, stays};
pub use schema::problems;
pub use template::TemplateError;
pub use values::{ValuesError, defaults, merge, set};
