//! Macros of two variables: index and item of a list, key and value of a map.

use super::standard::{Variables, all_of, any_of, collect, fold, one_of};
use super::{Expanded, Expansion, Macro, MacroError};
use crate::ast::{Expr, ExprKind, Form, Literal};

/// The macros of cel-go's library of two-variable comprehensions.
pub const TWO_VARIABLES: &[Macro] = &[
    Macro { name: "all", receiver: true, arguments: Some(3), expander: all },
    Macro { name: "exists", receiver: true, arguments: Some(3), expander: exists },
    Macro { name: "existsOne", receiver: true, arguments: Some(3), expander: exists_one },
    Macro { name: "exists_one", receiver: true, arguments: Some(3), expander: exists_one },
    Macro { name: "transformList", receiver: true, arguments: Some(3), expander: list },
    Macro { name: "transformList", receiver: true, arguments: Some(4), expander: list },
    Macro { name: "transformMap", receiver: true, arguments: Some(3), expander: map },
    Macro { name: "transformMap", receiver: true, arguments: Some(4), expander: map },
    Macro { name: "transformMapEntry", receiver: true, arguments: Some(3), expander: entry },
    Macro { name: "transformMapEntry", receiver: true, arguments: Some(4), expander: entry },
];

/// The function that puts entries into what `transformMap` accumulates.
pub(crate) const MAP_INSERT: &str = "cel.@mapInsert";

/// Range, variables, filter, transformation.
type Parts = (Expr, Variables, Option<Expr>, Expr);

/// The parts of a call: range, variables, filter where there are four arguments, transformation.
fn parts(
    expansion: &Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Result<Parts, Expanded>, MacroError> {
    let mut args = args.into_iter();
    let taken = (target, args.next(), args.next(), args.next(), args.next());
    Ok(match taken {
        (Some(range), Some(first), Some(second), Some(transform), None) => {
            let variables = Variables::two(expansion, &first, &second)?;
            Ok((range, variables, None, transform))
        }
        (Some(range), Some(first), Some(second), filter, Some(transform)) => {
            let variables = Variables::two(expansion, &first, &second)?;
            Ok((range, variables, filter, transform))
        }
        (target, a, b, c, d) => {
            Err(Expanded::Not(target, [a, b, c, d].into_iter().flatten().collect()))
        }
    })
}

fn all(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    Ok(match parts(expansion, target, args)? {
        Ok((range, variables, _, predicate)) => all_of(expansion, range, variables, predicate),
        Err(not) => not,
    })
}

fn exists(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    Ok(match parts(expansion, target, args)? {
        Ok((range, variables, _, predicate)) => any_of(expansion, range, variables, predicate),
        Err(not) => not,
    })
}

fn exists_one(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    Ok(match parts(expansion, target, args)? {
        Ok((range, variables, _, predicate)) => one_of(expansion, range, variables, predicate),
        Err(not) => not,
    })
}

fn list(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    Ok(match parts(expansion, target, args)? {
        Ok((range, variables, filter, item)) => collect(expansion, range, variables, filter, item),
        Err(not) => not,
    })
}

fn map(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    Ok(match parts(expansion, target, args)? {
        Ok((range, variables, filter, value)) => {
            let key = expansion.ident(&variables.first);
            insert(expansion, range, variables, filter, vec![key, value])
        }
        Err(not) => not,
    })
}

fn entry(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    Ok(match parts(expansion, target, args)? {
        Ok((range, variables, filter, map)) => {
            insert(expansion, range, variables, filter, vec![map])
        }
        Err(not) => not,
    })
}

fn insert(
    expansion: &mut Expansion<'_>,
    range: Expr,
    variables: Variables,
    filter: Option<Expr>,
    inserted: Vec<Expr>,
) -> Expanded {
    let init = expansion.node(ExprKind::Map(Vec::new()));
    let condition = expansion.literal(Literal::Bool(true));
    let mut args = vec![expansion.accumulator()];
    args.extend(inserted);
    let next = expansion.call(MAP_INSERT, args);
    let step = expansion.filtered(filter, next);
    let result = expansion.accumulator();
    fold(expansion, range, variables, [init, condition, step, result], Form::Insert)
}
