//! The parameters of constraints: checked against the schema that their template has, and
//! completed with its defaults, as the API server does with objects of the kind that Gatekeeper
//! makes of a template.
//!
//! Source of the rules: `pkg/client/crds` and `pkg/schema` of the constraint framework, and
//! <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/>.

mod formats;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod validate;

pub(crate) use schema::Schema;
