//! MutatingAdmissionPolicy.

mod completed;
mod configuration;
mod decoding;
mod go_text;
mod invocation;
mod json_patch;
mod mutators;
mod policy;
mod structure;
#[cfg(test)]
mod tests;

pub(crate) use invocation::Bound;
pub(crate) use mutators::Mutators;
pub(crate) use policy::MutatingPolicy;
