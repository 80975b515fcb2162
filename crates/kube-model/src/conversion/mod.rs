//! Objects in other versions of their kinds.

mod autoscaling;
mod go_json;

pub use autoscaling::convert_scaler;
pub(crate) use autoscaling::{drop_scaler_annotations, scaler_round_trip, stored_scaler};
