//! Kubernetes' functions on lists.
//!
//! Source of the rules: `pkg/cel/library/lists.go` of `k8s.io/apiserver`.

use crate::library::{Library, Overload};
use crate::term::{Duration, Term, compare, equal};
use crate::{EvalError, Evaluation};
use std::cmp::Ordering;

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// `isSorted`, `sum`, `min`, `max`, `indexOf`, `lastIndexOf`; `includes` came with version 1
pub(super) fn lists(version: u32) -> Library {
    Library::new("kubernetes.lists", version).since(1, INCLUDES).with(COMPARABLE).with(&[
        Overload::new("list_int_sum_int", "list(int)::sum() -> int", |evaluation, args| {
            sum(evaluation, args, Term::Int(0))
        }),
        Overload::new("list_uint_sum_uint", "list(uint)::sum() -> uint", |evaluation, args| {
            sum(evaluation, args, Term::Uint(0))
        }),
        Overload::new("list_double_sum_double", "list(double)::sum() -> double", |e, args| {
            sum(e, args, Term::Double(0.0))
        }),
        Overload::new(
            "list_duration_sum_duration",
            "list(duration)::sum() -> duration",
            |e, args| sum(e, args, Term::Duration(Duration { nanoseconds: 0 })),
        ),
        Overload::new("list_a_index_of_int", "list(A)::indexOf(A) -> int", |evaluation, args| {
            position(evaluation, args, false)
        }),
        Overload::new("list_a_last_index_of_int", "list(A)::lastIndexOf(A) -> int", |e, args| {
            position(e, args, true)
        }),
    ])
}

const INCLUDES: &[Overload] =
    &[Overload::new("list_includes_dyn_dyn", "dyn::includes(dyn) -> bool", includes)];

/// Whether a list holds a value, or is it; what cannot be compared is another.
fn includes<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [target, wanted] = args else { return Err(EvalError::no_such_overload()) };
    let same = |item| match equal(evaluation, item, *wanted) {
        Err(error) if error.is_fatal() => Err(error),
        same => Ok(same.unwrap_or(false)),
    };
    if !target.is_list() {
        return same(*target).map(Term::Bool);
    }
    for item in target.items() {
        evaluation.step(1)?;
        if same(item)? {
            return Ok(Term::Bool(true));
        }
    }
    Ok(Term::Bool(false))
}

macro_rules! comparable {
    ($($of:literal),* $(,)?) => {
        &[$(
            Overload::new(
                concat!("list_", $of, "_is_sorted_bool"),
                concat!("list(", $of, ")::isSorted() -> bool"),
                is_sorted,
            ),
            Overload::new(
                concat!("list_", $of, "_max_", $of),
                concat!("list(", $of, ")::max() -> ", $of),
                |evaluation, args| extreme(evaluation, args, "max", Ordering::Less),
            ),
            Overload::new(
                concat!("list_", $of, "_min_", $of),
                concat!("list(", $of, ")::min() -> ", $of),
                |evaluation, args| extreme(evaluation, args, "min", Ordering::Greater),
            ),
        )*]
    };
}

const COMPARABLE: &[Overload] =
    comparable!["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes",];

fn only<'a>(args: &[Term<'a>]) -> Result<Term<'a>, EvalError> {
    match args {
        [list] => Ok(*list),
        _ => Err(EvalError::no_such_overload()),
    }
}

/// An item that has an order.
fn ordered(item: Term<'_>) -> Result<(), EvalError> {
    match item {
        Term::Int(_)
        | Term::Uint(_)
        | Term::Double(_)
        | Term::Bool(_)
        | Term::Duration(_)
        | Term::Timestamp(_)
        | Term::String(_)
        | Term::Bytes(_) => Ok(()),
        _ => Err(EvalError::no_such_overload()),
    }
}

/// Whether no item is greater than the one after it. What cannot be compared is not greater.
fn is_sorted<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let mut before: Option<Term<'a>> = None;
    for item in only(args)?.items() {
        evaluation.step(1)?;
        ordered(item)?;
        if before.is_some_and(|before| compare(before, item) == Ok(Ordering::Greater)) {
            return Ok(Term::Bool(false));
        }
        before = Some(item);
    }
    Ok(Term::Bool(true))
}

/// The first item that none after it passes: `passed` is how it compares to one that does.
fn extreme<'a>(
    evaluation: Evaluation<'a>,
    args: &[Term<'a>],
    name: &str,
    passed: Ordering,
) -> Outcome<'a> {
    let mut found: Option<Term<'a>> = None;
    for item in only(args)?.items() {
        evaluation.step(1)?;
        ordered(item)?;
        match found {
            Some(found) if compare(found, item) != Ok(passed) => {}
            _ => found = Some(item),
        }
    }
    found.ok_or_else(|| EvalError::new(format!("{name} called on empty list")))
}

fn sum<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>], zero: Term<'a>) -> Outcome<'a> {
    let mut sum = zero;
    for item in only(args)?.items() {
        evaluation.step(1)?;
        let overflow = |what: &'static str| move || EvalError::new(format!("{what} overflow"));
        sum = match (sum, item) {
            (Term::Int(a), Term::Int(b)) => {
                Term::Int(a.checked_add(b).ok_or_else(overflow("integer"))?)
            }
            (Term::Uint(a), Term::Uint(b)) => {
                Term::Uint(a.checked_add(b).ok_or_else(overflow("unsigned integer"))?)
            }
            (Term::Double(a), Term::Double(b)) => Term::Double(a + b),
            (Term::Duration(a), Term::Duration(b)) => {
                let sum = a.nanoseconds.checked_add(b.nanoseconds);
                Term::Duration(Duration { nanoseconds: sum.ok_or_else(overflow("duration"))? })
            }
            _ => return Err(EvalError::no_such_overload()),
        };
    }
    Ok(sum)
}

fn position<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>], last: bool) -> Outcome<'a> {
    let [list, wanted] = args else { return Err(EvalError::no_such_overload()) };
    let mut found = -1;
    for (position, item) in (0_i64..).zip(list.items()) {
        evaluation.step(1)?;
        if equal(evaluation, item, *wanted)? {
            found = position;
            if !last {
                break;
            }
        }
    }
    Ok(Term::Int(found))
}
