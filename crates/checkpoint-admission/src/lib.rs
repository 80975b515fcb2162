//! The admission webhook: reviews in, verdicts out.
//!
//! **Invariant:** the verdict is the engine's alone; what cannot be read, judged or answered in
//! time goes the failure direction that was configured, and is never let through in silence.

mod basis;
mod case;
mod current;
mod judge;
mod live;
mod log;
mod review;
mod server;

pub use basis::Basis;
pub use case::Admission;
pub use current::{Event, Keeper, Origin, Read};
pub use judge::{Conduct, FailureDirection, judge, mutate};
pub use live::Live;
pub use log::line;
pub use review::{Answer, Refusal, Review, ReviewError, ReviewVersion};
pub use server::{Certificate, CertificateError, Limits, OnVerdict, SelfSigned, Server};
