//! Policies as people write them, well and badly, and what is judged by them.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod access;
mod hostile;
mod places;
mod refusals;
mod scene;
mod unknown;
