//! The list of checkpoints: one line each.
//!
//! **Invariant:** a checkpoint is added by its crate and one line here; a policy test runs at
//! every checkpoint of this list.

use sekisho_checkpoint_admission::Admission;
use sekisho_checkpoint_audit::AuditCluster;
use sekisho_checkpoint_check::CheckFiles;
use sekisho_engine::Checkpoint;

/// Every checkpoint that is built in.
pub static CHECKPOINTS: &[&dyn Checkpoint] = &[&CheckFiles, &Admission, &AuditCluster];
