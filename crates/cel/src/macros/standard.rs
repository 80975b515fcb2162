//! The macros of the language: `has`, `all`, `exists`, `exists_one`, `map`, `filter`.

use super::expansion::exactly;
use super::{ACCUMULATOR, Expanded, Expansion, Macro, MacroError};
use crate::ast::{Comprehension, Expr, ExprKind, Form, Literal, Name, operator};

/// The macros of the language.
pub const STANDARD: &[Macro] = &[
    Macro { name: "has", receiver: false, arguments: Some(1), expander: has },
    Macro { name: "all", receiver: true, arguments: Some(2), expander: all },
    Macro { name: "exists", receiver: true, arguments: Some(2), expander: exists },
    Macro { name: "exists_one", receiver: true, arguments: Some(2), expander: exists_one },
    Macro { name: "existsOne", receiver: true, arguments: Some(2), expander: exists_one },
    Macro { name: "map", receiver: true, arguments: Some(2), expander: map },
    Macro { name: "map", receiver: true, arguments: Some(3), expander: map_filter },
    Macro { name: "filter", receiver: true, arguments: Some(2), expander: filter },
];

const NO_NAME: &str = "argument must be a simple name";
const NO_IDENTIFIER: &str = "argument is not an identifier";

fn has(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    match exactly(args) {
        Ok([Expr { kind: ExprKind::Select { operand, field, test: false }, .. }]) => {
            let kind = ExprKind::Select { operand, field, test: true };
            Ok(Expanded::Into(expansion.node(kind)))
        }
        Ok([arg]) => Err(Expansion::error(&arg, "invalid argument to has() macro")),
        Err(args) => Ok(Expanded::Not(target, args)),
    }
}

/// The variables of a loop: one, or two.
pub(super) struct Variables {
    pub(super) first: Name,
    pub(super) second: Option<Name>,
}

impl Variables {
    fn one(expansion: &Expansion<'_>, arg: &Expr, otherwise: &str) -> Result<Self, MacroError> {
        Ok(Self { first: expansion.variable(arg, otherwise)?, second: None })
    }

    pub(super) fn two(
        expansion: &Expansion<'_>,
        first: &Expr,
        second: &Expr,
    ) -> Result<Self, MacroError> {
        let (name, other) =
            (expansion.variable(first, NO_NAME)?, expansion.variable(second, NO_NAME)?);
        if name == other {
            let message = format!("duplicate variable name: {name}");
            return Err(Expansion::error(second, &message));
        }
        Ok(Self { first: name, second: Some(other) })
    }
}

pub(super) fn fold(
    expansion: &mut Expansion<'_>,
    range: Expr,
    variables: Variables,
    parts: [Expr; 4],
    form: Form,
) -> Expanded {
    let [init, condition, step, result] = parts;
    Expanded::Into(expansion.comprehension(Comprehension {
        range,
        variable: variables.first,
        variable2: variables.second,
        accumulator: Name::new_static(ACCUMULATOR),
        init,
        condition,
        step,
        result,
        form,
    }))
}

pub(super) fn all_of(
    expansion: &mut Expansion<'_>,
    range: Expr,
    variables: Variables,
    predicate: Expr,
) -> Expanded {
    let init = expansion.literal(Literal::Bool(true));
    let so_far = expansion.accumulator();
    let condition = expansion.call(operator::NOT_STRICTLY_FALSE, vec![so_far]);
    let so_far = expansion.accumulator();
    let step = expansion.call(operator::AND, vec![so_far, predicate]);
    let result = expansion.accumulator();
    fold(expansion, range, variables, [init, condition, step, result], Form::All)
}

pub(super) fn any_of(
    expansion: &mut Expansion<'_>,
    range: Expr,
    variables: Variables,
    predicate: Expr,
) -> Expanded {
    let init = expansion.literal(Literal::Bool(false));
    let so_far = expansion.accumulator();
    let not = expansion.call(operator::NOT, vec![so_far]);
    let condition = expansion.call(operator::NOT_STRICTLY_FALSE, vec![not]);
    let so_far = expansion.accumulator();
    let step = expansion.call(operator::OR, vec![so_far, predicate]);
    let result = expansion.accumulator();
    fold(expansion, range, variables, [init, condition, step, result], Form::Exists)
}

pub(super) fn one_of(
    expansion: &mut Expansion<'_>,
    range: Expr,
    variables: Variables,
    predicate: Expr,
) -> Expanded {
    let init = expansion.literal(Literal::Int(0));
    let condition = expansion.literal(Literal::Bool(true));
    let (so_far, one) = (expansion.accumulator(), expansion.literal(Literal::Int(1)));
    let next = expansion.call(operator::ADD, vec![so_far, one]);
    let step = expansion.filtered(Some(predicate), next);
    let (count, one) = (expansion.accumulator(), expansion.literal(Literal::Int(1)));
    let result = expansion.call(operator::EQUALS, vec![count, one]);
    fold(expansion, range, variables, [init, condition, step, result], Form::ExistsOne)
}

pub(super) fn collect(
    expansion: &mut Expansion<'_>,
    range: Expr,
    variables: Variables,
    filter: Option<Expr>,
    item: Expr,
) -> Expanded {
    let init = expansion.list(Vec::new());
    let condition = expansion.literal(Literal::Bool(true));
    let (so_far, item) = (expansion.accumulator(), expansion.list(vec![item]));
    let next = expansion.call(operator::ADD, vec![so_far, item]);
    let step = expansion.filtered(filter, next);
    let result = expansion.accumulator();
    fold(expansion, range, variables, [init, condition, step, result], Form::Collect)
}

type Quantifier = fn(&mut Expansion<'_>, Expr, Variables, Expr) -> Expanded;

fn quantified(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
    make: Quantifier,
) -> Result<Expanded, MacroError> {
    match (target, exactly(args)) {
        (Some(range), Ok([variable, predicate])) => {
            let variables = Variables::one(expansion, &variable, NO_NAME)?;
            Ok(make(expansion, range, variables, predicate))
        }
        (target, Ok(args)) => Ok(Expanded::Not(target, args.into())),
        (target, Err(args)) => Ok(Expanded::Not(target, args)),
    }
}

fn all(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    quantified(expansion, target, args, all_of)
}

fn exists(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    quantified(expansion, target, args, any_of)
}

fn exists_one(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    quantified(expansion, target, args, one_of)
}

pub(crate) fn map(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    match (target, exactly(args)) {
        (Some(range), Ok([variable, item])) => {
            let variables = Variables::one(expansion, &variable, NO_IDENTIFIER)?;
            Ok(collect(expansion, range, variables, None, item))
        }
        (target, Ok(args)) => Ok(Expanded::Not(target, args.into())),
        (target, Err(args)) => Ok(Expanded::Not(target, args)),
    }
}

fn map_filter(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    match (target, exactly(args)) {
        (Some(range), Ok([variable, filter, item])) => {
            let variables = Variables::one(expansion, &variable, NO_IDENTIFIER)?;
            Ok(collect(expansion, range, variables, Some(filter), item))
        }
        (target, Ok(args)) => Ok(Expanded::Not(target, args.into())),
        (target, Err(args)) => Ok(Expanded::Not(target, args)),
    }
}

fn filter(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    match (target, exactly(args)) {
        (Some(range), Ok([item, filter])) => {
            let variables = Variables::one(expansion, &item, NO_IDENTIFIER)?;
            Ok(collect(expansion, range, variables, Some(filter), item))
        }
        (target, Ok(args)) => Ok(Expanded::Not(target, args.into())),
        (target, Err(args)) => Ok(Expanded::Not(target, args)),
    }
}
