//! What a checkpoint found, as plain data, and how it is shown.
//!
//! The model ([`Report`], [`Finding`], [`Diagnostic`]) is what every checkpoint fills; the
//! renderers turn one report into text, JSON, SARIF, JUnit, GitHub annotations or a GitLab
//! report.
//!
//! **Invariant:** this crate decides nothing. It knows neither policies nor Kubernetes, does no
//! IO of its own, and every renderer shows the same findings that count.

mod baseline;
mod model;
mod render;
mod summary;

pub use baseline::{BaselineError, apply_baseline, baseline_keys};
pub use model::{
    Action, Basis, Diagnostic, Finding, InventoryBasis, Location, Marked, PolicyState,
    PolicyStatus, Report, Resource, Severity, Skipped, Status, Summary, TargetBasis,
};
pub use render::{Format, Level, RenderOptions, RuleInfo, render, render_diagnostic};
