//! The audit checkpoint: what a cluster holds, judged as if it were created now.
//!
//! **Invariant:** this crate changes nothing in a cluster and decides nothing: every verdict comes
//! from `sekisho_engine::evaluate`; what could not be listed or judged is an error, never a pass.

mod audit;
mod case;
mod findings;
mod known;
mod stored;

pub use audit::{AuditOptions, audit};
pub use case::AuditCluster;

/// Told of the progress of a run; called from several threads.
pub trait Progress: Sync {
    /// So many kinds are to be listed.
    fn kinds(&self, count: usize);
    /// One kind was listed, and its objects judged.
    fn judged_kind(&self);
}
