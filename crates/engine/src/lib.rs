//! The engine: builds a policy set from a bundle, and judges requests by it.
//!
//! [`PolicySet::build`] compiles a bundle once. [`evaluate()`] is the only place where a verdict is
//! made: index lookup, matching, evaluation, implied pods, exceptions and actions have one
//! implementation each, and every checkpoint calls it.
//!
//! **Invariant:** only [`evaluate()`] decides, and it knows no dialect: Pod Security, or any other
//! format, reaches it as `sekisho_policy::CompiledPolicy` alone.

mod about;
mod actions;
mod beside;
mod checkpoint;
mod evaluate;
mod exceptions;
mod expand;
mod external;
mod implied;
mod index;
mod inventory;
mod key;
mod mutate;
mod owner;
mod patch;
mod policy_set;
mod split;
mod unread;
mod verdict;
mod violations;

pub use checkpoint::{CaseError, CaseFinding, Checkpoint, PolicyCase};
pub use evaluate::{Judge, evaluate, evaluate_with, judge_implied, take_part};
pub use exceptions::{Exception, ExceptionUse, Period, is_exception};

pub use expand::{ExpandedRequest, Expansions};
pub use external::ExternalAnswers;
pub use implied::implies_pods;
pub use inventory::MemoryInventory;
pub use mutate::{Mutated, admitted, mutate, mutate_only};

pub use key::{Subject, finding_key};
pub use owner::subject;
pub use patch::json_patch;
pub use policy_set::{BuildOptions, PolicySet};
pub use split::{Partner, Split};
pub use unread::unread;
pub use verdict::{Cause, Denial, ErrorKind, ExpandedPod, Judgement, Verdict, VerdictError};
pub use violations::as_violation;
