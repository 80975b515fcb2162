use super::accepts::accepts;
use super::node::{Call, Constant, Node, Struct};
use super::{Frame, access, operators};
use crate::evaluation::Slot;
use crate::library::Implementation;
use crate::term::{Term, equal};
use crate::{Cause, EvalError, cost};

type Outcome<'a> = Result<Term<'a>, EvalError>;

impl Node {
    pub(super) fn value<'a>(&'a self, frame: &Frame<'a>) -> Outcome<'a> {
        match self {
            Self::Constant(constant) => Ok(constant.term()),
            Self::Charged(constant, cost) => {
                frame.charge(*cost)?;
                Ok(constant.term())
            }
            Self::Fail(message) => Err(EvalError::new(message.to_string())),
            Self::Local { slot, cost } => {
                frame.charge(*cost)?;
                match frame.slot(*slot) {
                    Slot::Value(value) => Ok(value),
                    _ => Err(access::unset(None)),
                }
            }
            Self::Variable { slot, name, cost } => {
                frame.charge(*cost)?;
                match frame.slot(*slot) {
                    Slot::Value(value) => Ok(value),
                    _ => Err(access::unset(Some(name))),
                }
            }
            Self::Lazy { slot, init, cost } => lazy(frame, *slot, init, *cost),
            Self::Path(path) => access::path(frame, path),
            Self::Select(select) => access::select(frame, select),
            Self::Has(select) => access::has(frame, select),
            Self::OptSelect(select) => access::opt_select(frame, select),
            Self::Index(index) => access::index(frame, index),
            Self::And(operands) => logical(frame, operands, false),
            Self::Or(operands) => logical(frame, operands, true),
            Self::Conditional(parts) => conditional(frame, parts),
            Self::Not(operand) => not(frame, operand),
            Self::Negate(operand) => negate(frame, operand),
            Self::Equal(operands, wanted) => equality(frame, operands, *wanted),
            Self::Binary(binary) => operators::binary(frame, binary),
            Self::Call(call) => call.value(frame),
            Self::OptionalOr(operands) => optional_or(frame, operands, false),
            Self::OptionalOrValue(operands) => optional_or(frame, operands, true),
            Self::List(items, cost) => list(frame, items, *cost),
            Self::Map(entries, cost, lenient) => map(frame, entries, *cost, *lenient),
            Self::Struct(made) => made.value(frame),
            Self::Bind { slot, result, cost } => {
                frame.charge(*cost)?;
                frame.set(*slot, Slot::Empty);
                result.value(frame)
            }
            Self::OptionalTarget { slot, target, result, cost } => {
                optional_target(frame, *slot, target, result, *cost)
            }
            Self::Fold(fold) => fold.value(frame),
        }
    }
}

impl Constant {
    pub(super) fn term(&self) -> Term<'_> {
        match self {
            Self::Null => Term::Null,
            Self::Bool(bool) => Term::Bool(*bool),
            Self::Int(int) => Term::Int(*int),
            Self::Uint(uint) => Term::Uint(*uint),
            Self::Double(double) => Term::Double(*double),
            Self::String(text) => Term::String(text),
            Self::Bytes(bytes) => Term::Bytes(bytes),
            Self::Type(name) => Term::Type(name),
            Self::Timestamp(time) => Term::Timestamp(*time),
            Self::Duration(duration) => Term::Duration(*duration),
            Self::Json(value) => Term::borrowed(value),
            Self::Opaque(opaque) => Term::Opaque(&**opaque),
        }
    }
}

#[inline(never)]
fn lazy<'a>(frame: &Frame<'a>, slot: usize, init: &'a Node, cost: u64) -> Outcome<'a> {
    let value = match frame.slot(slot) {
        Slot::Value(value) => Ok(value),
        Slot::Failed(message) => Err(EvalError::new(message.to_owned())),
        Slot::Unknown(message) => Err(EvalError::unknown(message.to_owned())),
        Slot::Empty => {
            let value = init.value(frame);
            match &value {
                Ok(value) => frame.set(slot, Slot::Value(*value)),
                Err(error) if error.is_fatal() => {}
                Err(error) => {
                    let message = frame.evaluation.text(error.message())?;
                    let is_unknown = error.cause() == Cause::Unknown;
                    let failed = if is_unknown { Slot::Unknown } else { Slot::Failed };
                    frame.set(slot, failed(message));
                }
            }
            value
        }
    };
    frame.charge(cost)?;
    value
}

/// `&&` and `||`: `decisive` decides whatever the other side is, an error included.
#[inline(never)]
fn logical<'a>(frame: &Frame<'a>, operands: &'a [Node; 2], decisive: bool) -> Outcome<'a> {
    let [left, right] = operands;
    let problem = match left.value(frame) {
        Ok(Term::Bool(left)) if left == decisive => return Ok(Term::Bool(left)),
        Ok(Term::Bool(_)) => None,
        Ok(_) => Some(EvalError::no_such_overload()),
        Err(error) if error.is_fatal() => return Err(error),
        Err(error) => Some(error),
    };
    match right.value(frame) {
        Ok(Term::Bool(right)) if right == decisive => Ok(Term::Bool(right)),
        Err(error) if error.is_fatal() => Err(error),
        right => match (problem, right) {
            (Some(problem), _) => Err(problem),
            (None, Ok(Term::Bool(right))) => Ok(Term::Bool(right)),
            (None, Ok(_)) => Err(EvalError::no_such_overload()),
            (None, Err(error)) => Err(error),
        },
    }
}

#[inline(never)]
fn conditional<'a>(frame: &Frame<'a>, parts: &'a [Node; 3]) -> Outcome<'a> {
    let [condition, truthy, falsy] = parts;
    match condition.value(frame)? {
        Term::Bool(true) => truthy.value(frame),
        Term::Bool(false) => falsy.value(frame),
        _ => Err(EvalError::no_such_overload()),
    }
}

#[inline(never)]
fn not<'a>(frame: &Frame<'a>, operand: &'a Node) -> Outcome<'a> {
    let operand = operand.value(frame);
    frame.charge(1)?;
    match operand? {
        Term::Bool(bool) => Ok(Term::Bool(!bool)),
        _ => Err(EvalError::no_such_overload()),
    }
}

#[inline(never)]
fn negate<'a>(frame: &Frame<'a>, operand: &'a Node) -> Outcome<'a> {
    let operand = operand.value(frame);
    frame.charge(1)?;
    operators::negate(operand?)
}

#[inline(never)]
fn equality<'a>(frame: &Frame<'a>, operands: &'a [Node; 2], wanted: bool) -> Outcome<'a> {
    let [left, right] = operands;
    let (left, right) = match pair(frame, left, right)? {
        (Ok(left), Ok(right)) => (left, right),
        (left, right) => return unequal(frame, left, right),
    };
    // Kubernetes asks one for its own values, and forgot `!=`.
    let own = wanted && matches!(left, Term::Opaque(_));
    let size = if own { 1 } else { left.cost_size().min(right.cost_size()) };
    frame.charge(cost::scaled(size, cost::TRAVERSAL))?;
    Ok(Term::Bool(equal(frame.evaluation, left, right)? == wanted))
}

/// An operand of `==` failed.
#[cold]
fn unequal<'a>(frame: &Frame<'a>, left: Outcome<'a>, right: Outcome<'a>) -> Outcome<'a> {
    let size = |operand: &Outcome<'_>| operand.as_ref().map_or(1, |operand| operand.cost_size());
    frame.charge(cost::scaled(size(&left).min(size(&right)), cost::TRAVERSAL))?;
    left.and(right)
}

#[inline(never)]
fn optional_or<'a>(frame: &Frame<'a>, operands: &'a [Node; 2], unwrap: bool) -> Outcome<'a> {
    let [left, right] = operands;
    match left.value(frame)? {
        Term::Optional(None) => right.value(frame),
        Term::Optional(Some(value)) if unwrap => Ok(*value),
        Term::Optional(value) => Ok(Term::Optional(value)),
        // As cel-go: what is no optional is passed on.
        other => Ok(other),
    }
}

/// A part of what is made. Where it fails, the whole costs as if it were made.
#[inline]
fn made<'a>(frame: &Frame<'a>, part: &'a Node, cost: u64) -> Outcome<'a> {
    let part = part.value(frame);
    if let Err(error) = &part
        && !error.is_fatal()
    {
        frame.charge(cost)?;
    }
    part
}

#[inline(never)]
fn list<'a>(frame: &Frame<'a>, items: &'a [(Node, bool)], cost: u64) -> Outcome<'a> {
    let mut values = Vec::with_capacity(items.len());
    for (item, optional) in items {
        match (made(frame, item, cost)?, optional) {
            (value, false) => values.push(value),
            (Term::Optional(value), true) => values.extend(value.copied()),
            (value, true) => {
                return Err(EvalError::new(format!(
                    "cannot initialize optional list element from non-optional value {value}"
                )));
            }
        }
    }
    frame.charge(cost)?;
    frame.evaluation.list(&values)
}

#[inline(never)]
fn map<'a>(
    frame: &Frame<'a>,
    entries: &'a [(Node, Node, bool)],
    cost: u64,
    lenient: bool,
) -> Outcome<'a> {
    let mut values = Vec::with_capacity(entries.len());
    for (key, value, optional) in entries {
        let key = made(frame, key, cost)?;
        match (made(frame, value, cost)?, optional) {
            (value, false) => values.push((key, value)),
            (Term::Optional(value), true) => {
                if let Some(value) = value {
                    values.push((key, *value));
                }
            }
            (value, true) => return Err(no_optional_entry(key, value)),
        }
    }
    frame.charge(cost)?;
    if lenient { frame.evaluation.constant_map(values) } else { frame.evaluation.map(values) }
}

fn no_optional_entry(key: impl std::fmt::Display, value: Term<'_>) -> EvalError {
    EvalError::new(format!(
        "cannot initialize optional entry '{key}' from non-optional value {value}"
    ))
}

#[inline(never)]
fn optional_target<'a>(
    frame: &Frame<'a>,
    slot: usize,
    target: &'a Node,
    result: &'a Node,
    cost: u64,
) -> Outcome<'a> {
    let before = frame.evaluation.cost().spent();
    let value = target.value(frame)?;
    let spent = frame.evaluation.cost().spent().saturating_sub(before);
    if matches!(value, Term::Optional(Some(_))) {
        // cel-go evaluates it once more for its value.
        frame.charge(spent + cost)?;
    }
    frame.set(slot, Slot::Value(value));
    result.value(frame)
}

impl Struct {
    #[inline(never)]
    fn value<'a>(&'a self, frame: &Frame<'a>) -> Outcome<'a> {
        let mut values = Vec::with_capacity(self.fields.len());
        for (name, value, optional) in &self.fields {
            match (made(frame, value, cost::STRUCT)?, optional) {
                (value, false) => values.push((name.as_str(), value)),
                (Term::Optional(value), true) => {
                    if let Some(value) = value {
                        values.push((name.as_str(), *value));
                    }
                }
                (value, true) => return Err(no_optional_entry(name, value)),
            }
        }
        frame.charge(cost::STRUCT)?;
        self.types.construct(frame.evaluation, &self.name, &values)
    }
}

/// Two operands, each evaluated whether the other fails or not.
#[inline]
pub(super) fn pair<'a>(
    frame: &Frame<'a>,
    one: &'a Node,
    two: &'a Node,
) -> Result<(Outcome<'a>, Outcome<'a>), EvalError> {
    let one = one.value(frame);
    match one {
        Err(error) if error.is_fatal() => Err(error),
        one => match two.value(frame) {
            Err(error) if error.is_fatal() => Err(error),
            two => Ok((one, two)),
        },
    }
}

impl Call {
    #[inline(never)]
    fn value<'a>(&'a self, frame: &Frame<'a>) -> Outcome<'a> {
        match &*self.args {
            [one] => match one.value(frame) {
                Ok(one) => self.apply(frame, &[one]),
                Err(error) => self.failed(frame, &[Term::Null], error),
            },
            [one, two] => match pair(frame, one, two)? {
                (Ok(one), Ok(two)) => self.apply(frame, &[one, two]),
                (Err(error), two) => {
                    self.failed(frame, &[Term::Null, two.unwrap_or(Term::Null)], error)
                }
                (Ok(one), Err(error)) => self.failed(frame, &[one, Term::Null], error),
            },
            all => {
                let args: Result<Vec<_>, _> = all.iter().map(|arg| arg.value(frame)).collect();
                self.apply(frame, &args?)
            }
        }
    }

    pub(super) fn apply<'a>(&'a self, frame: &Frame<'a>, args: &[Term<'a>]) -> Outcome<'a> {
        frame.evaluation.step(1)?;
        let fits = self.overloads.iter().find(|overload| {
            overload.params.len() == args.len()
                && overload.params.iter().zip(args).all(|(param, arg)| accepts(param, *arg))
        });
        let result = match fits.map(|overload| &overload.overload.implementation) {
            Some(Implementation::Function(function)) => function(frame.evaluation, args),
            Some(Implementation::Closure(closure)) => closure(frame.evaluation, args),
            Some(Implementation::Evaluator) | None => Err(self.no_overload(args)),
        };
        frame.charge(self.rule.cost(args, &result))?;
        result
    }

    /// An argument failed: the call costs as if it were made, as cel-go counts.
    #[cold]
    fn failed<'a>(&'a self, frame: &Frame<'a>, args: &[Term<'a>], error: EvalError) -> Outcome<'a> {
        if error.is_fatal() {
            return Err(error);
        }
        let result = Err(error);
        frame.charge(self.rule.cost(args, &result))?;
        result
    }

    fn no_overload(&self, args: &[Term<'_>]) -> EvalError {
        // cel-go has code for these whatever their arguments, which says less.
        match self.function.as_str() {
            "startsWith" | "endsWith" | "contains" | "matches" | "find" | "findAll" => {
                return EvalError::no_such_overload();
            }
            name @ ("size" | "sort") => return EvalError::new(format!("no such overload: {name}")),
            _ => {}
        }
        let types: Vec<&str> = args.iter().map(|arg| arg.type_name()).collect();
        EvalError::new(format!("no such overload: {}({})", self.function, types.join(", ")))
    }
}
