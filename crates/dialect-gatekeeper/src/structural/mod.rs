//! Structural schemas: what a CustomResourceDefinition says of its objects. Gatekeeper makes one of
//! every template, the schema of the parameters within, and constraints are checked against it and
//! completed with its defaults as the API server does.
//!
//! Source of the rules: `pkg/client/crds` and `pkg/schema` of the constraint framework,
//! `pkg/apis/apiextensions/validation` and `pkg/apiserver/schema` of `k8s.io/apiextensions-apiserver`.

mod defaults;
mod extensions;
mod fields;
mod formats;
mod invariants;
mod nested;
mod read;
mod rule_costs;
#[cfg(test)]
mod rule_tests;
mod rules;
mod schema;
#[cfg(test)]
mod tests;
mod validate;

pub(crate) use schema::Schema;
