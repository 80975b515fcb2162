//! Kubernetes' quantities.
//!
//! Source of the rules: `pkg/cel/library/quantity.go` of `k8s.io/apiserver`.

use super::amount::Amount;
use crate::library::{Library, Overload};
use crate::term::Term;
use crate::{EvalError, Evaluation};
use sekisho_kube_model::Quantity;
use std::cmp::Ordering;

type Outcome<'a> = Result<Term<'a>, EvalError>;

macro_rules! comparing {
    ($id:literal, $signature:literal, $made:expr) => {
        Overload::new($id, $signature, |_, args| {
            let (one, other) = pair(args)?;
            let made: fn(Ordering) -> Term<'static> = $made;
            Ok(made(one.cmp(other)))
        })
    };
}

/// `quantity`, `isQuantity` and their methods
pub(super) fn quantity() -> Library {
    Library::new("kubernetes.quantity", 0).with(&[
        Overload::new(
            "string_to_quantity",
            "quantity(string) -> kubernetes.Quantity",
            |evaluation, args| {
                let [Term::String(text)] = args else { return no_overload() };
                evaluation.step(1 + text.len())?;
                let read = Amount::parse(text);
                let read = read.map_err(|error| EvalError::new(error.to_string()))?;
                evaluation.opaque(read)
            },
        )
        .constant(),
        Overload::new("is_quantity_string", "isQuantity(string) -> bool", |evaluation, args| {
            let [Term::String(text)] = args else { return no_overload() };
            evaluation.step(1 + text.len())?;
            Ok(Term::Bool(Quantity::parse(text).is_ok()))
        }),
        Overload::new("quantity_sign", "sign(kubernetes.Quantity) -> int", |_, args| {
            Ok(Term::Int(only(args)?.quantity.signum().into()))
        }),
        comparing!(
            "quantity_is_greater_than",
            "kubernetes.Quantity::isGreaterThan(kubernetes.Quantity) -> bool",
            |order| Term::Bool(order.is_gt())
        ),
        comparing!(
            "quantity_is_less_than",
            "kubernetes.Quantity::isLessThan(kubernetes.Quantity) -> bool",
            |order| Term::Bool(order.is_lt())
        ),
        comparing!(
            "quantity_compare_to",
            "kubernetes.Quantity::compareTo(kubernetes.Quantity) -> int",
            |order| Term::Int(order as i64)
        ),
        Overload::new(
            "quantity_get_float",
            "kubernetes.Quantity::asApproximateFloat() -> double",
            |_, args| Ok(Term::Double(only(args)?.approximate())),
        ),
        Overload::new("quantity_get_int", "kubernetes.Quantity::asInteger() -> int", |_, args| {
            let int = only(args)?.as_integer();
            int.map(Term::Int).ok_or_else(|| EvalError::new("cannot convert value to integer"))
        }),
        Overload::new(
            "quantity_is_integer",
            "kubernetes.Quantity::isInteger() -> bool",
            |_, args| Ok(Term::Bool(only(args)?.as_integer().is_some())),
        ),
        Overload::new(
            "quantity_add",
            "kubernetes.Quantity::add(kubernetes.Quantity) -> kubernetes.Quantity",
            |evaluation, args| made(evaluation, args, false),
        ),
        Overload::new(
            "quantity_add_int",
            "kubernetes.Quantity::add(int) -> kubernetes.Quantity",
            |evaluation, args| made(evaluation, args, false),
        ),
        Overload::new(
            "quantity_sub",
            "kubernetes.Quantity::sub(kubernetes.Quantity) -> kubernetes.Quantity",
            |evaluation, args| made(evaluation, args, true),
        ),
        Overload::new(
            "quantity_sub_int",
            "kubernetes.Quantity::sub(int) -> kubernetes.Quantity",
            |evaluation, args| made(evaluation, args, true),
        ),
    ])
}

fn no_overload<T>() -> Result<T, EvalError> {
    Err(EvalError::no_such_overload())
}

fn of<'a>(term: Term<'a>) -> Result<&'a Amount, EvalError> {
    term.downcast::<Amount>().ok_or_else(EvalError::no_such_overload)
}

fn only<'a>(args: &[Term<'a>]) -> Result<&'a Amount, EvalError> {
    match args {
        [amount] => of(*amount),
        _ => no_overload(),
    }
}

fn pair<'a>(args: &[Term<'a>]) -> Result<(&'a Quantity, &'a Quantity), EvalError> {
    match args {
        [one, other] => Ok((&of(*one)?.quantity, &of(*other)?.quantity)),
        _ => no_overload(),
    }
}

fn made<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>], subtract: bool) -> Outcome<'a> {
    let [one, other] = args else { return no_overload() };
    let one = of(*one)?;
    let integer;
    let other = match *other {
        Term::Int(int) => {
            integer = Amount::from_i64(int);
            &integer
        }
        other => of(other)?,
    };
    let compute = if subtract { Quantity::checked_sub } else { Quantity::checked_add };
    let made = one.computed(other, compute(&one.quantity, &other.quantity), subtract);
    evaluation.opaque(made.ok_or_else(|| EvalError::new("the quantities are too far apart"))?)
}
