//! `cel.bind`, and the `cel.block` of the conformance cases.

use super::expansion::exactly;
use super::{Expanded, Expansion, Macro, MacroError};
use crate::ast::{Expr, ExprKind, Form, Literal, Name};

/// `cel.bind(name, value, expression)`
pub const BIND: &[Macro] =
    &[Macro { name: "bind", receiver: true, arguments: Some(3), expander: bind }];

/// `cel.block([value, …], expression)`, whose values are read by `cel.index(n)`.
pub const BLOCK: &[Macro] = &[
    Macro { name: "block", receiver: true, arguments: Some(2), expander: block },
    Macro { name: "index", receiver: true, arguments: Some(1), expander: index },
    Macro { name: "iterVar", receiver: true, arguments: Some(2), expander: iteration_variable },
    Macro { name: "accuVar", receiver: true, arguments: Some(2), expander: accumulator_variable },
];

/// Whether a macro is called on the name `cel`.
fn of_cel(target: Option<&Expr>) -> bool {
    target.and_then(Expr::as_ident).is_some_and(|name| name == "cel")
}

fn bind(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    if !of_cel(target.as_ref()) {
        return Ok(Expanded::Not(target, args));
    }
    match exactly(args) {
        Ok([variable, value, result]) => {
            let message = "cel.bind() variable names must be simple identifiers";
            let variable = expansion.simple_name(&variable, message)?;
            Ok(Expanded::Into(expansion.bind(variable, value, result, Form::Bind)))
        }
        Err(args) => Ok(Expanded::Not(target, args)),
    }
}

fn block(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    if !of_cel(target.as_ref()) {
        return Ok(Expanded::Not(target, args));
    }
    match exactly(args) {
        Ok([Expr { kind: ExprKind::List(values), .. }, result]) => {
            let values = values.into_iter().enumerate().rev();
            Ok(Expanded::Into(values.fold(result, |result, (index, value)| {
                let name = Name::from(format!("@index{index}"));
                expansion.bind(name, value.value, result, Form::Bind)
            })))
        }
        Ok([list, _]) => {
            Err(Expansion::error(&list, "cel.block requires the first arg to be a list literal"))
        }
        Err(args) => Ok(Expanded::Not(target, args)),
    }
}

/// The numbers that all arguments are.
fn numbers(args: &[Expr]) -> Option<Vec<String>> {
    let number = |arg: &Expr| match arg.kind {
        ExprKind::Literal(Literal::Int(int)) if int >= 0 => Some(int.to_string()),
        _ => None,
    };
    args.iter().map(number).collect()
}

fn named(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
    prefix: &str,
) -> Result<Expanded, MacroError> {
    if !of_cel(target.as_ref()) {
        return Ok(Expanded::Not(target, args));
    }
    match (numbers(&args), args.first()) {
        (None, Some(arg)) => {
            Err(Expansion::error(arg, "argument must be a non-negative int literal"))
        }
        (numbers, _) => {
            let name = format!("{prefix}{}", numbers.unwrap_or_default().join(":"));
            Ok(Expanded::Into(expansion.ident(&name)))
        }
    }
}

fn index(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    named(expansion, target, args, "@index")
}

fn iteration_variable(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    named(expansion, target, args, "@it:")
}

fn accumulator_variable(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    named(expansion, target, args, "@ac:")
}
