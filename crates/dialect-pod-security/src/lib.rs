//! The Pod Security Standards as a policy dialect: what the admission plugin `PodSecurity` of
//! the API server does, check by check and word by word.
//!
//! [`PodSecurity`] compiles a `PodSecurityConfiguration` (defaults, exemptions, and the labels of
//! namespaces on top) or a `PodSecurityLevel` (one level everywhere). `registry` lists the checks,
//! one file each under `checks`; `pod` is the view of a pod that they share; `admission` and
//! `fixed_level` decide what is judged and what is done about it.
//!
//! **Invariant:** verdicts and messages are those of k8s.io/pod-security-admission for every
//! version from v1.0 to v1.37.

mod admission;
mod channels;
mod check;
mod checks;
mod configuration;
mod dialect;
mod exemptions;
mod fields;
mod fixed_level;
mod judgement;
mod level;
mod pod;
mod references;
mod registry;
mod update;
mod wording;

pub use configuration::not_a_configuration;
pub use dialect::{PodSecurity, default_configuration, level_document};
pub use level::{Level, LevelVersion, Version};
