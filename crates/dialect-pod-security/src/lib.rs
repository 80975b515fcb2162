//! The Pod Security Standards as a policy dialect: what the admission plugin `PodSecurity` of
//! the API server does, check by check and word by word.
//!
//! **Invariant:** verdicts and messages are those of k8s.io/pod-security-admission for every
//! version from v1.0 to v1.37.

mod check;
mod checks;
mod level;
mod pod;
mod references;
mod registry;
mod wording;

pub use level::{Level, LevelVersion, Version};
