//! The environments of kube-apiserver: its libraries, costs and types, by its release.
//!
//! Source of the rules: `pkg/cel/environment`, `pkg/cel/library` and `pkg/admission/plugin/cel` of
//! `k8s.io/apiserver`.

mod admission;
mod amount;
mod authorizer;
mod costs;
mod declared;
mod durations;
mod estimates;
mod format;
mod lists;
mod patch;
mod quantity;
mod regex;
mod release;
mod semver;
mod structural;
mod typing;
mod url;

pub use admission::{Admission, VARIABLES, Variables, variables};
pub use amount::Amount;
pub use authorizer::{
    AUTHORIZER, Asking, Attributes, Authorizer, Decision, RESOURCE_CHECK, Resource, ResourceCheck,
    User, What,
};
pub use declared::{RESERVED, escape};
pub use patch::{
    Configuration, Foreign, JSON_PATCH, OBJECT, Operation, apply_configuration, json_patch,
};
pub use release::{Expressions, Release, base, came_with, usable_from};
pub use semver::Version;
pub use structural::Structural;
pub use typing::{KindTypes, Rule, TypeChecker, TypeWarning, type_warning_text};

/// What an evaluation of one expression may cost.
pub const PER_CALL_LIMIT: u64 = 1_000_000;
/// What all expressions of a policy may cost for one request, one binding and one parameter.
pub const POLICY_LIMIT: u64 = 10_000_000;
/// What all match conditions of a policy may cost for one request.
pub const MATCH_CONDITIONS_LIMIT: u64 = 2_500_000;
/// How long a message that an expression gives may be, in bytes; a longer one is dropped.
pub const LONGEST_MESSAGE: usize = 5 * 1024;
