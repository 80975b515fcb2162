//! The admission webhook: reviews in, verdicts out.
//!
//! **Invariant:** the verdict is the engine's alone; what cannot be read, judged or answered in
//! time goes the failure direction that was configured, and is never let through in silence.

mod basis;
mod case;
mod certificates;
mod cluster;
mod current;
mod direction;
mod events;
mod judge;
mod live;
mod log;
mod readable;
mod refusal;
mod review;
mod server;
mod spans;
mod tally;
mod timed;

pub use basis::Basis;
pub use case::Admission;
pub use certificates::{
    CERTIFICATE_LABEL, CertificateEvent, Certificates, CertificatesError, Periods,
    RENEW_ANNOTATION, trusted,
};
pub use cluster::{Cluster, Followed, Given};
pub use current::{Event, Keeper, Origin, Read};
pub use direction::{FailureDirection, FailureDirections};
pub use events::{EventWriter, Events};
pub use judge::{Conduct, foresee, judge, judge_images, mutate};
pub use live::Live;
pub use log::line;
pub use review::{
    Answer, ImageReview, Refusal, RefusedFor, RefusedObject, Review, ReviewError, ReviewVersion,
};
pub use server::{Certificate, CertificateError, Issued, Limits, OnVerdict, SelfSigned, Server};
pub use spans::SpanLines;
pub use timed::OnWait;
