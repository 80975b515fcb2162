//! What cel-go says of durations otherwise than the conformance cases.
//!
//! Source of the rules: `common/types/duration.go` of cel-go.

use crate::EvalError;
use crate::library::{Library, Overload};
use crate::term::Term;

/// `getMilliseconds`: of the whole duration, and not of its last second.
pub(super) fn durations() -> Library {
    Library::new("kubernetes.durations", 0).with(&[Overload::new(
        "duration_to_milliseconds",
        "duration::getMilliseconds() -> int",
        |_, args| match args {
            [Term::Duration(duration)] => Ok(Term::Int(duration.nanoseconds / 1_000_000)),
            _ => Err(EvalError::no_such_overload()),
        },
    )])
}
