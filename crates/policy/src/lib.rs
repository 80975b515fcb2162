//! The traits and plain types that dialects, engine and checkpoints share.
//!
//! A [`Dialect`] compiles documents of one policy format into [`CompiledPolicy`]s. The engine
//! indexes them by their [`Matcher`], evaluates them on a [`Request`], and turns their
//! [`Violation`]s into findings.
//!
//! **Invariant:** no dialect, no checkpoint, no IO, no clock and no environment is known here.
//! Whatever an evaluation may read beside the request passes [`Inventory`] and is recorded; what it
//! asks by [`AccessReviews`] holds for the moment alone, and is not.

mod access;
mod bundle;
mod dialect;
mod evaluate;
mod expand;
mod identity;
mod inventory;
mod matcher;
mod mutate;
mod pattern;
mod request;
mod rule;
mod shared;
mod target;
mod told;
mod watch;
mod workers;

pub use access::AccessReviews;
pub use bundle::{Bundle, BundleFile, BundleManifest};
pub use dialect::{Advice, CompileContext, Compiled, CompiledPolicy, Dialect, PolicyDocument};
pub use evaluate::{
    EvalContext, EvalError, Evaluate, Manner, Outcome, StatusReason, Unevaluated, Violation,
};
pub use expand::{CompiledExpansion, Expand, Expanded};
pub use identity::{Digest, PolicyId};
pub use inventory::{Inventory, InventoryKey, KindNeeded, ReadSet, Reads, Shown};
pub use matcher::{Matcher, ResourceRule};
pub use mutate::{CompiledMutators, Mutate, MutateContext, MutateError, Mutation};
pub use pattern::Pattern;
pub use request::{
    Form, NamespaceObject, Operation, OperationSet, Point, Request, Requested, UserInfo,
};
pub use rule::{Reference, Rule};
pub use sekisho_budget::{Budget, BudgetExceeded, Stop};
pub use shared::Shared;
pub use target::{KubernetesVersion, ParseVersionError, Target};
pub use told::{Fault, Told};
pub use watch::Watch;
pub use workers::{InTurn, Workers};

pub use sekisho_report::{Action, PolicyState, PolicyStatus, Severity};
