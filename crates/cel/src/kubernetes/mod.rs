//! The environment of kube-apiserver 1.36: its libraries, costs and types.
//!
//! Source of the rules: `pkg/cel/environment/base.go` and `pkg/cel/library` of `k8s.io/apiserver`.

mod admission;
mod costs;
mod lists;
mod quantity;
mod regex;
mod semver;

pub use admission::{VARIABLES, admission, variables};
pub use quantity::Amount;
pub use semver::Version;

use crate::environment::{Environment, EnvironmentBuilder, Options};
use crate::library::{
    self, MappedAddresses, network, optionals, sets, strings, two_variable_comprehensions, wrappers,
};
use std::sync::Arc;

/// What an evaluation of one expression may cost.
pub const PER_CALL_LIMIT: u64 = 1_000_000;
/// What all match conditions of a policy may cost for one request.
pub const MATCH_CONDITIONS_LIMIT: u64 = 2_500_000;
/// How long a message that an expression gives may be, in bytes; a longer one is dropped.
pub const LONGEST_MESSAGE: usize = 5 * 1024;

/// A builder of the environment that all expressions of kube-apiserver have, without variables.
#[must_use]
pub fn base() -> EnvironmentBuilder {
    let options = Options { homogeneous_literals: true, ..Options::default() };
    Environment::standard()
        .options(options)
        .call_costs(Arc::new(costs::Costs))
        .library(wrappers())
        .library(optionals(2))
        .library(strings(2))
        .library(sets())
        .library(library::lists(3))
        .library(two_variable_comprehensions())
        .library(network(MappedAddresses::Refused))
        .library(lists::lists())
        .library(regex::regex())
        .library(quantity::quantity())
        .library(semver::semver())
}
