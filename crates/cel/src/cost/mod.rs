//! What evaluating costs, in cel-go's units: while it runs, and estimated before.

mod estimate;
mod ranges;
mod rule;

pub use estimate::{EstimatedCall, EstimatedNode, Sizes, estimate};
pub use ranges::{CallEstimate, CostEstimate, SizeEstimate};
pub(crate) use rule::Rule;

use crate::library::{CallCost, CallEstimator};
use std::fmt;

/// Reading a name or a field.
pub const SELECT: u64 = 1;
/// Making a list.
pub const LIST: u64 = 10;
/// Making a map.
pub const MAP: u64 = 30;
/// Making a message.
pub const STRUCT: u64 = 40;
/// Going through a text, for each scalar.
pub const TRAVERSAL: f64 = 0.1;
/// Applying a regular expression, for each scalar of it.
pub const REGEX: f64 = 0.25;

/// What calls cost of which their overloads say nothing: Kubernetes' own estimator is one.
pub trait CallCosts: fmt::Debug + Send + Sync {
    /// What a call of an overload has cost.
    fn cost(&self, function: &str, overload: &str) -> Option<CallCost>;

    /// What a call of an overload may cost.
    fn estimator(&self, function: &str, overload: &str) -> Option<CallEstimator> {
        let _ = (function, overload);
        None
    }
}

/// A size times a factor, rounded up.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes are far below 2^53 or unbounded, and the cast saturates"
)]
pub fn scaled(size: u64, factor: f64) -> u64 {
    (size as f64 * factor).ceil() as u64
}

/// A size times a factor, rounded down.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes are far below 2^53 or unbounded, and the cast saturates"
)]
pub fn scaled_down(size: u64, factor: f64) -> u64 {
    (size as f64 * factor) as u64
}
