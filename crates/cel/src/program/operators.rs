//! Operators of two values.

use super::Frame;
use super::evaluate::pair;
use super::node::{Binary, Operator};
use crate::term::{Duration, Term, compare, equal};
use crate::{EvalError, Evaluation};
use std::cmp::Ordering;

type Outcome<'a> = Result<Term<'a>, EvalError>;

#[inline(never)]
pub(super) fn binary<'a>(frame: &Frame<'a>, binary: &'a Binary) -> Outcome<'a> {
    let [left, right] = &binary.operands;
    let (left, right, result) = match pair(frame, left, right)? {
        (Ok(left), Ok(right)) => {
            (left, right, apply(frame.evaluation, binary.operator, left, right))
        }
        (Err(error), right) => (Term::Null, right.unwrap_or(Term::Null), Err(error)),
        (Ok(left), Err(error)) => (left, Term::Null, Err(error)),
    };
    frame.charge(binary.rule.cost(&[left, right], &result))?;
    result
}

fn apply<'a>(
    evaluation: Evaluation<'a>,
    operator: Operator,
    left: Term<'a>,
    right: Term<'a>,
) -> Outcome<'a> {
    let ordered = |holds: fn(Ordering) -> bool| Ok(Term::Bool(holds(compare(left, right)?)));
    match operator {
        Operator::Less => ordered(Ordering::is_lt),
        Operator::LessEquals => ordered(Ordering::is_le),
        Operator::Greater => ordered(Ordering::is_gt),
        Operator::GreaterEquals => ordered(Ordering::is_ge),
        Operator::In => contains(evaluation, left, right),
        Operator::Add => add(evaluation, left, right),
        Operator::Subtract => subtract(left, right),
        Operator::Multiply | Operator::Divide | Operator::Modulo => product(operator, left, right),
    }
}

fn contains<'a>(evaluation: Evaluation<'a>, item: Term<'a>, container: Term<'a>) -> Outcome<'a> {
    if container.is_map() {
        return Ok(Term::Bool(container.get(item).is_some()));
    }
    if !container.is_list() {
        return Err(EvalError::no_such_overload());
    }
    evaluation.step(container.len().unwrap_or(0))?;
    for member in container.items() {
        match equal(evaluation, item, member) {
            Ok(true) => return Ok(Term::Bool(true)),
            Err(error) if error.is_fatal() => return Err(error),
            // What cannot be compared is another.
            Ok(false) | Err(_) => {}
        }
    }
    Ok(Term::Bool(false))
}

fn int<'a>(value: Option<i64>) -> Outcome<'a> {
    value.map(Term::Int).ok_or_else(|| EvalError::new("integer overflow"))
}

fn uint<'a>(value: Option<u64>) -> Outcome<'a> {
    value.map(Term::Uint).ok_or_else(|| EvalError::new("unsigned integer overflow"))
}

fn duration<'a>(value: Option<i64>) -> Outcome<'a> {
    value
        .map(|nanoseconds| Term::Duration(Duration { nanoseconds }))
        .ok_or_else(|| EvalError::new("integer overflow"))
}

fn add<'a>(evaluation: Evaluation<'a>, left: Term<'a>, right: Term<'a>) -> Outcome<'a> {
    match (left, right) {
        (Term::Int(a), Term::Int(b)) => int(a.checked_add(b)),
        (Term::Uint(a), Term::Uint(b)) => uint(a.checked_add(b)),
        (Term::Double(a), Term::Double(b)) => Ok(Term::Double(a + b)),
        (Term::String(a), Term::String(b)) => {
            evaluation.reserve(a.len() + b.len())?;
            evaluation.string(&[a, b].concat())
        }
        (Term::Bytes(a), Term::Bytes(b)) => {
            evaluation.reserve(a.len() + b.len())?;
            evaluation.bytes(&[a, b].concat())
        }
        (Term::Duration(a), Term::Duration(b)) => {
            duration(a.nanoseconds.checked_add(b.nanoseconds))
        }
        (Term::Timestamp(time), Term::Duration(span))
        | (Term::Duration(span), Term::Timestamp(time)) => time.plus(span).map(Term::Timestamp),
        (left, right) if left.is_list() && right.is_list() => {
            let count = left.len().unwrap_or(0) + right.len().unwrap_or(0);
            evaluation.reserve(count.saturating_mul(size_of::<Term<'_>>()))?;
            let items: Vec<_> = left.items().chain(right.items()).collect();
            evaluation.list(&items)
        }
        _ => Err(EvalError::no_such_overload()),
    }
}

fn subtract<'a>(left: Term<'a>, right: Term<'a>) -> Outcome<'a> {
    match (left, right) {
        (Term::Int(a), Term::Int(b)) => int(a.checked_sub(b)),
        (Term::Uint(a), Term::Uint(b)) => uint(a.checked_sub(b)),
        (Term::Double(a), Term::Double(b)) => Ok(Term::Double(a - b)),
        (Term::Duration(a), Term::Duration(b)) => {
            duration(a.nanoseconds.checked_sub(b.nanoseconds))
        }
        (Term::Timestamp(a), Term::Timestamp(b)) => a.since(b).map(Term::Duration),
        (Term::Timestamp(time), Term::Duration(span)) => {
            let nanoseconds = span
                .nanoseconds
                .checked_neg()
                .ok_or_else(|| EvalError::new("timestamp overflow"))?;
            time.plus(Duration { nanoseconds }).map(Term::Timestamp)
        }
        _ => Err(EvalError::no_such_overload()),
    }
}

fn product<'a>(operator: Operator, left: Term<'a>, right: Term<'a>) -> Outcome<'a> {
    let zero = |name: &'static str| Err(EvalError::new(name));
    match (operator, left, right) {
        (Operator::Multiply, Term::Int(a), Term::Int(b)) => int(a.checked_mul(b)),
        (Operator::Multiply, Term::Uint(a), Term::Uint(b)) => uint(a.checked_mul(b)),
        (Operator::Multiply, Term::Double(a), Term::Double(b)) => Ok(Term::Double(a * b)),
        (Operator::Divide, Term::Int(_), Term::Int(0))
        | (Operator::Divide, Term::Uint(_), Term::Uint(0)) => zero("division by zero"),
        (Operator::Divide, Term::Int(a), Term::Int(b)) => int(a.checked_div(b)),
        (Operator::Divide, Term::Uint(a), Term::Uint(b)) => uint(a.checked_div(b)),
        (Operator::Divide, Term::Double(a), Term::Double(b)) => Ok(Term::Double(a / b)),
        (Operator::Modulo, Term::Int(_), Term::Int(0))
        | (Operator::Modulo, Term::Uint(_), Term::Uint(0)) => zero("modulus by zero"),
        (Operator::Modulo, Term::Int(a), Term::Int(b)) => int(a.checked_rem(b)),
        (Operator::Modulo, Term::Uint(a), Term::Uint(b)) => uint(a.checked_rem(b)),
        _ => Err(EvalError::no_such_overload()),
    }
}

pub(super) fn negate<'a>(operand: Term<'a>) -> Outcome<'a> {
    match operand {
        Term::Int(a) => int(a.checked_neg()),
        Term::Double(a) => Ok(Term::Double(-a)),
        Term::Duration(a) => duration(a.nanoseconds.checked_neg()),
        _ => Err(EvalError::no_such_overload()),
    }
}
