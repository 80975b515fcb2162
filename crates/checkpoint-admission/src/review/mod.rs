//! `AdmissionReview` and `ImageReview`: what an API server asks, and how it is answered.
//!
//! Source: `admission.k8s.io/v1` and `v1beta1` of k8s.io/api, and what
//! `plugin/webhook/request` of k8s.io/apiserver demands of an answer.

mod answer;
mod image;
mod read;

pub use answer::{Answer, Refusal, RefusedFor, RefusedObject};
pub use image::ImageReview;
pub use read::{Review, ReviewError, ReviewVersion};
