//! Kubernetes kinds as data: schemas, decoding, quantities, selectors, pod templates.
//!
//! **Invariant:** this crate reads no file, asks no clock and knows no client; all that it knows
//! of a cluster's kinds is built in or was given to it.

mod conversion;
mod decode;
mod defaults;
mod gvk;
mod locus;
mod namespace;
mod pod_template;
mod quantity;
mod schema;
mod selector;

pub use conversion::convert_scaler;
pub use decode::{Created, Decoded, Known, is_near};
pub use defaults::{
    PriorityClass, PriorityClasses, SystemPriorityClasses, apply_admission, apply_defaults,
};
pub use gvk::{Gvk, GvkError, Gvr, split_api_version};
pub use locus::Loci;
pub use namespace::shown_namespace;
pub use pod_template::{PodTemplate, pod_template, pod_template_pointer};
pub use quantity::{Quantity, QuantityError, QuantityFormat};
pub use schema::{FieldRef, KindRef, ListType, Problem, ProblemKind, Schemas, Shape, TypeRef};
pub use selector::{LabelSelector, SelectorError};
