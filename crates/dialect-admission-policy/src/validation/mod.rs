//! ValidatingAdmissionPolicy.

mod decision;
mod evaluate;
mod policy;
mod published;

pub(crate) use evaluate::{Judgement, asking, resource};
pub(crate) use policy::ValidatingPolicy;
