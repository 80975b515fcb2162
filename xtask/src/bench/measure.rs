//! How long something takes.

#[cfg(feature = "bench")]
mod turns;

#[cfg(feature = "bench")]
pub(super) use turns::{Contender, compare};

/// The middle of some figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
