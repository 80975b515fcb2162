//! Kubernetes' quantities.
//!
//! Source of the rules: `pkg/cel/library/quantity.go` of `k8s.io/apiserver`.

use crate::library::{Library, Overload};
use crate::term::{Opaque, Term};
use crate::types::Type;
use crate::{EvalError, Evaluation};
use sekisho_kube_model::{Quantity, QuantityFormat};
use sekisho_value::Value;
use std::any::Any;
use std::cmp::Ordering;

type Outcome<'a> = Result<Term<'a>, EvalError>;

const NAME: &str = "kubernetes.Quantity";

/// A quantity: `100m`, `1.5Gi`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount(pub Quantity);

impl Opaque for Amount {
    fn type_name(&self) -> &str {
        NAME
    }

    fn equals(&self, other: &dyn Opaque) -> Option<bool> {
        Some((other as &dyn Any).downcast_ref::<Self>()? == self)
    }

    fn to_json(&self) -> Option<Value> {
        Some(Value::from(self.0.to_string()))
    }
}

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
    Library::new("kubernetes.quantity", 0).with_type(NAME, Type::opaque(NAME, Vec::new())).with(&[
        Overload::new(
            "string_to_quantity",
            "quantity(string) -> kubernetes.Quantity",
            |evaluation, args| {
                let [Term::String(text)] = args else { return no_overload() };
                evaluation.step(1 + text.len())?;
                let read = Quantity::parse(text);
                let read = read.map_err(|error| EvalError::new(error.to_string()))?;
                evaluation.opaque(Amount(read))
            },
        )
        .constant(),
        Overload::new("is_quantity_string", "isQuantity(string) -> bool", |evaluation, args| {
            let [Term::String(text)] = args else { return no_overload() };
            evaluation.step(1 + text.len())?;
            Ok(Term::Bool(Quantity::parse(text).is_ok()))
        }),
        Overload::new("quantity_sign", "sign(kubernetes.Quantity) -> int", |_, args| {
            Ok(Term::Int(only(args)?.signum().into()))
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
            let amount = only(args)?;
            let int = amount.value().filter(|_| amount.is_integer());
            int.map(Term::Int).ok_or_else(|| EvalError::new("cannot convert value to integer"))
        }),
        Overload::new(
            "quantity_is_integer",
            "kubernetes.Quantity::isInteger() -> bool",
            |_, args| Ok(Term::Bool(only(args)?.is_integer())),
        ),
        Overload::new(
            "quantity_add",
            "kubernetes.Quantity::add(kubernetes.Quantity) -> kubernetes.Quantity",
            |evaluation, args| made(evaluation, args, Quantity::checked_add),
        ),
        Overload::new(
            "quantity_add_int",
            "kubernetes.Quantity::add(int) -> kubernetes.Quantity",
            |evaluation, args| made(evaluation, args, Quantity::checked_add),
        ),
        Overload::new(
            "quantity_sub",
            "kubernetes.Quantity::sub(kubernetes.Quantity) -> kubernetes.Quantity",
            |evaluation, args| made(evaluation, args, Quantity::checked_sub),
        ),
        Overload::new(
            "quantity_sub_int",
            "kubernetes.Quantity::sub(int) -> kubernetes.Quantity",
            |evaluation, args| made(evaluation, args, Quantity::checked_sub),
        ),
    ])
}

fn no_overload<T>() -> Result<T, EvalError> {
    Err(EvalError::no_such_overload())
}

fn of<'a>(term: Term<'a>) -> Result<&'a Quantity, EvalError> {
    term.downcast::<Amount>().map(|amount| &amount.0).ok_or_else(EvalError::no_such_overload)
}

fn only<'a>(args: &[Term<'a>]) -> Result<&'a Quantity, EvalError> {
    match args {
        [amount] => of(*amount),
        _ => no_overload(),
    }
}

fn pair<'a>(args: &[Term<'a>]) -> Result<(&'a Quantity, &'a Quantity), EvalError> {
    match args {
        [one, other] => Ok((of(*one)?, of(*other)?)),
        _ => no_overload(),
    }
}

fn made<'a>(
    evaluation: Evaluation<'a>,
    args: &[Term<'a>],
    with: fn(&Quantity, &Quantity) -> Option<Quantity>,
) -> Outcome<'a> {
    let made = match args {
        [one, Term::Int(int)] => {
            with(of(*one)?, &Quantity::from_i64(*int, QuantityFormat::DecimalExponent))
        }
        _ => {
            let (one, other) = pair(args)?;
            with(one, other)
        }
    };
    let made = made.ok_or_else(|| EvalError::new("the quantities are too far apart"))?;
    evaluation.opaque(Amount(made))
}
