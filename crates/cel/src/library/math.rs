//! cel-go's library of mathematics, versions 0 to 2.

use super::{Library, Overload};
use crate::ast::{Expr, ExprKind, Literal};
use crate::macros::{Expanded, Expansion, Macro, MacroError};
use crate::term::{Term, compare, is_number};
use crate::{EvalError, Evaluation};
use std::cmp::Ordering;

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// cel-go's library of mathematics as of a version: `greatest` and `least` came with 0, `sqrt`
/// with 2, the rest with 1.
#[must_use]
pub fn math(version: u32) -> Library {
    Library::new("math", version)
        .with_macros(MACROS)
        .with(EXTREMES)
        .since(1, DOUBLES)
        .since(1, SIGNS)
        .since(1, BITS)
        .since(2, ROOTS)
}

const MACROS: &[Macro] = &[
    Macro { name: "least", receiver: true, arguments: None, expander: least },
    Macro { name: "greatest", receiver: true, arguments: None, expander: greatest },
];

macro_rules! extremes {
    ($($name:literal $code:ident),*) => {
        &[$(
            Overload::new(concat!("math_@", $name, "_double"), concat!("math.@", $name, "(double) -> double"), $code),
            Overload::new(concat!("math_@", $name, "_int"), concat!("math.@", $name, "(int) -> int"), $code),
            Overload::new(concat!("math_@", $name, "_uint"), concat!("math.@", $name, "(uint) -> uint"), $code),
            Overload::new(concat!("math_@", $name, "_double_double"), concat!("math.@", $name, "(double, double) -> double"), $code),
            Overload::new(concat!("math_@", $name, "_int_int"), concat!("math.@", $name, "(int, int) -> int"), $code),
            Overload::new(concat!("math_@", $name, "_uint_uint"), concat!("math.@", $name, "(uint, uint) -> uint"), $code),
            Overload::new(concat!("math_@", $name, "_int_uint"), concat!("math.@", $name, "(int, uint) -> dyn"), $code),
            Overload::new(concat!("math_@", $name, "_int_double"), concat!("math.@", $name, "(int, double) -> dyn"), $code),
            Overload::new(concat!("math_@", $name, "_double_int"), concat!("math.@", $name, "(double, int) -> dyn"), $code),
            Overload::new(concat!("math_@", $name, "_double_uint"), concat!("math.@", $name, "(double, uint) -> dyn"), $code),
            Overload::new(concat!("math_@", $name, "_uint_int"), concat!("math.@", $name, "(uint, int) -> dyn"), $code),
            Overload::new(concat!("math_@", $name, "_uint_double"), concat!("math.@", $name, "(uint, double) -> dyn"), $code),
            Overload::new(concat!("math_@", $name, "_list_double"), concat!("math.@", $name, "(list(double)) -> double"), $code),
            Overload::new(concat!("math_@", $name, "_list_int"), concat!("math.@", $name, "(list(int)) -> int"), $code),
            Overload::new(concat!("math_@", $name, "_list_uint"), concat!("math.@", $name, "(list(uint)) -> uint"), $code),
        )*]
    };
}

const EXTREMES: &[Overload] = extremes!["min" min, "max" max];

const DOUBLES: &[Overload] = &[
    Overload::new("math_ceil_double", "math.ceil(double) -> double", |_, args| {
        double(args, f64::ceil)
    }),
    Overload::new("math_floor_double", "math.floor(double) -> double", |_, args| {
        double(args, f64::floor)
    }),
    Overload::new("math_round_double", "math.round(double) -> double", |_, args| {
        double(args, f64::round)
    }),
    Overload::new("math_trunc_double", "math.trunc(double) -> double", |_, args| {
        double(args, f64::trunc)
    }),
    Overload::new("math_isInf_double", "math.isInf(double) -> bool", |_, args| {
        test(args, f64::is_infinite)
    }),
    Overload::new("math_isNaN_double", "math.isNaN(double) -> bool", |_, args| {
        test(args, f64::is_nan)
    }),
    Overload::new("math_isFinite_double", "math.isFinite(double) -> bool", |_, args| {
        test(args, f64::is_finite)
    }),
];

const SIGNS: &[Overload] = &[
    Overload::new("math_abs_double", "math.abs(double) -> double", abs),
    Overload::new("math_abs_int", "math.abs(int) -> int", abs),
    Overload::new("math_abs_uint", "math.abs(uint) -> uint", abs),
    Overload::new("math_sign_double", "math.sign(double) -> double", sign),
    Overload::new("math_sign_int", "math.sign(int) -> int", sign),
    Overload::new("math_sign_uint", "math.sign(uint) -> uint", sign),
];

const BITS: &[Overload] = &[
    Overload::new("math_bitAnd_int_int", "math.bitAnd(int, int) -> int", and),
    Overload::new("math_bitAnd_uint_uint", "math.bitAnd(uint, uint) -> uint", and),
    Overload::new("math_bitOr_int_int", "math.bitOr(int, int) -> int", or),
    Overload::new("math_bitOr_uint_uint", "math.bitOr(uint, uint) -> uint", or),
    Overload::new("math_bitXor_int_int", "math.bitXor(int, int) -> int", xor),
    Overload::new("math_bitXor_uint_uint", "math.bitXor(uint, uint) -> uint", xor),
    Overload::new("math_bitNot_int_int", "math.bitNot(int) -> int", not),
    Overload::new("math_bitNot_uint_uint", "math.bitNot(uint) -> uint", not),
    Overload::new("math_bitShiftLeft_int_int", "math.bitShiftLeft(int, int) -> int", left),
    Overload::new("math_bitShiftLeft_uint_int", "math.bitShiftLeft(uint, int) -> uint", left),
    Overload::new("math_bitShiftRight_int_int", "math.bitShiftRight(int, int) -> int", right),
    Overload::new("math_bitShiftRight_uint_int", "math.bitShiftRight(uint, int) -> uint", right),
];

const ROOTS: &[Overload] = &[
    Overload::new("math_sqrt_double", "math.sqrt(double) -> double", sqrt),
    Overload::new("math_sqrt_int", "math.sqrt(int) -> double", sqrt),
    Overload::new("math_sqrt_uint", "math.sqrt(uint) -> double", sqrt),
];

fn least(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    extreme(expansion, target, args, "math.least()", "math.@min")
}

fn greatest(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    extreme(expansion, target, args, "math.greatest()", "math.@max")
}

fn extreme(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
    name: &str,
    function: &str,
) -> Result<Expanded, MacroError> {
    let Some(of) = target.as_ref().filter(|of| of.as_ident().is_some_and(|name| name == "math"))
    else {
        return Ok(Expanded::Not(target, args));
    };
    match args.as_slice() {
        [] => Err(Expansion::error(of, &format!("{name} requires at least one argument"))),
        [one] if may_be_number(one) || is_list_of_numbers(one) => {
            Ok(Expanded::Into(expansion.call(function, args)))
        }
        [one] => Err(Expansion::error(one, &format!("{name} invalid single argument value"))),
        many => {
            if let Some(wrong) = many.iter().find(|arg| !may_be_number(arg)) {
                let message = format!("{name} simple literal arguments must be numeric");
                return Err(Expansion::error(wrong, &message));
            }
            if args.len() == 2 {
                return Ok(Expanded::Into(expansion.call(function, args)));
            }
            let list = expansion.list(args);
            Ok(Expanded::Into(expansion.call(function, vec![list])))
        }
    }
}

fn may_be_number(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(literal) => {
            matches!(literal, Literal::Int(_) | Literal::Uint(_) | Literal::Double(_))
        }
        ExprKind::List(_) | ExprKind::Map(_) | ExprKind::Struct { .. } => false,
        _ => true,
    }
}

fn is_list_of_numbers(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::List(items) => {
            !items.is_empty() && items.iter().all(|item| may_be_number(&item.value))
        }
        _ => false,
    }
}

fn min<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    chosen(evaluation, args, "math.@min", Ordering::Greater)
}

fn max<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    chosen(evaluation, args, "math.@max", Ordering::Less)
}

/// The number that no other replaces.
fn chosen<'a>(
    evaluation: Evaluation<'a>,
    args: &[Term<'a>],
    name: &str,
    replaced: Ordering,
) -> Outcome<'a> {
    let pick = |best: Term<'a>, next: Term<'a>| {
        if !is_number(best) || !is_number(next) {
            return Err(EvalError::new(format!("no such overload: {name}")));
        }
        let order =
            compare(best, next).map_err(|error| EvalError::new(format!("{error}: {name}")))?;
        Ok(if order == replaced { next } else { best })
    };
    match args {
        [list] if list.is_list() => {
            evaluation.step(list.len().unwrap_or(0))?;
            let Some(first) = list.item(0) else {
                return Err(EvalError::new(format!("{name}(list) argument must not be empty")));
            };
            list.items().try_fold(first, pick)
        }
        [one] => Ok(*one),
        [one, other] => pick(*one, *other),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn double<'a>(args: &[Term<'a>], apply: fn(f64) -> f64) -> Outcome<'a> {
    match args {
        [Term::Double(double)] => Ok(Term::Double(apply(*double))),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn test<'a>(args: &[Term<'a>], holds: fn(f64) -> bool) -> Outcome<'a> {
    match args {
        [Term::Double(double)] => Ok(Term::Bool(holds(*double))),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn abs<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::Double(double)] => Ok(Term::Double(double.abs())),
        [Term::Int(int)] => {
            int.checked_abs().map(Term::Int).ok_or_else(|| EvalError::new("integer overflow"))
        }
        [Term::Uint(uint)] => Ok(Term::Uint(*uint)),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn sign<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::Double(double)] => Ok(Term::Double(if *double > 0.0 {
            1.0
        } else if *double < 0.0 {
            -1.0
        } else if double.is_nan() {
            *double
        } else {
            0.0
        })),
        [Term::Int(int)] => Ok(Term::Int(int.signum())),
        [Term::Uint(uint)] => Ok(Term::Uint((*uint).min(1))),
        _ => Err(EvalError::no_such_overload()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "as cel-go computes it")]
fn sqrt<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::Double(double)] => Ok(Term::Double(double.sqrt())),
        [Term::Int(int)] => Ok(Term::Double((*int as f64).sqrt())),
        [Term::Uint(uint)] => Ok(Term::Double((*uint as f64).sqrt())),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn bits<'a>(
    args: &[Term<'a>],
    ints: fn(i64, i64) -> i64,
    uints: fn(u64, u64) -> u64,
) -> Outcome<'a> {
    match args {
        [Term::Int(a), Term::Int(b)] => Ok(Term::Int(ints(*a, *b))),
        [Term::Uint(a), Term::Uint(b)] => Ok(Term::Uint(uints(*a, *b))),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn and<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    bits(args, |a, b| a & b, |a, b| a & b)
}

fn or<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    bits(args, |a, b| a | b, |a, b| a | b)
}

fn xor<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    bits(args, |a, b| a ^ b, |a, b| a ^ b)
}

fn not<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::Int(int)] => Ok(Term::Int(!int)),
        [Term::Uint(uint)] => Ok(Term::Uint(!uint)),
        _ => Err(EvalError::no_such_overload()),
    }
}

/// How far to shift; 64 and more gives zero.
fn offset(by: i64, name: &str) -> Result<u32, EvalError> {
    if by < 0 {
        return Err(EvalError::new(format!("math.{name}() negative offset: {by}")));
    }
    Ok(u32::try_from(by).unwrap_or(u32::MAX))
}

fn left<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::Int(int), Term::Int(by)] => {
            let by = offset(*by, "bitShiftLeft")?;
            let shifted = int.cast_unsigned().checked_shl(by).unwrap_or(0);
            Ok(Term::Int(shifted.cast_signed()))
        }
        [Term::Uint(uint), Term::Int(by)] => {
            Ok(Term::Uint(uint.checked_shl(offset(*by, "bitShiftLeft")?).unwrap_or(0)))
        }
        _ => Err(EvalError::no_such_overload()),
    }
}

fn right<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        // The sign is a bit like the others.
        [Term::Int(int), Term::Int(by)] => {
            let by = offset(*by, "bitShiftRight")?;
            let shifted = int.cast_unsigned().checked_shr(by).unwrap_or(0);
            Ok(Term::Int(shifted.cast_signed()))
        }
        [Term::Uint(uint), Term::Int(by)] => {
            Ok(Term::Uint(uint.checked_shr(offset(*by, "bitShiftRight")?).unwrap_or(0)))
        }
        _ => Err(EvalError::no_such_overload()),
    }
}
