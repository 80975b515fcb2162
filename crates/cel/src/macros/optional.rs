//! `optMap` and `optFlatMap`.

use super::expansion::exactly;
use super::{Expanded, Expansion, Macro, MacroError};
use crate::ast::{Expr, Form, Name, operator};

/// `optional.optMap(x, f(x))`: an optional of `f(x)`.
pub const OPT_MAP: Macro =
    Macro { name: "optMap", receiver: true, arguments: Some(2), expander: opt_map };

/// `optional.optFlatMap(x, f(x))`: where `f(x)` is an optional itself.
pub const OPT_FLAT_MAP: Macro =
    Macro { name: "optFlatMap", receiver: true, arguments: Some(2), expander: opt_flat_map };

/// The name of what the macros are applied to. cel-go writes it down twice instead, so that a
/// chain of these macros doubles with every link.
const TARGET: &str = "@optional";

fn opt_map(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    let message = "optMap() variable name must be a simple identifier";
    expand(expansion, target, args, message, |expansion, value| {
        expansion.call("optional.of", vec![value])
    })
}

fn opt_flat_map(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    let message = "optFlatMap() variable name must be a simple identifier";
    expand(expansion, target, args, message, |_, value| value)
}

fn expand(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
    message: &str,
    wrap: impl FnOnce(&mut Expansion<'_>, Expr) -> Expr,
) -> Result<Expanded, MacroError> {
    let (target, variable, mapped) = match (target, exactly(args)) {
        (Some(target), Ok([variable, mapped])) => (target, variable, mapped),
        (target, Ok(args)) => return Ok(Expanded::Not(target, args.into())),
        (target, Err(args)) => return Ok(Expanded::Not(target, args)),
    };
    let variable = expansion.simple_name(&variable, message)?;
    let optional = expansion.ident(TARGET);
    let has_value = expansion.method(optional, "hasValue", Vec::new());
    let optional = expansion.ident(TARGET);
    let value = expansion.method(optional, "value", Vec::new());
    let mapped = expansion.bind(variable, value, mapped, Form::Bind);
    let mapped = wrap(expansion, mapped);
    let none = expansion.call("optional.none", Vec::new());
    let chosen = expansion.call(operator::CONDITIONAL, vec![has_value, mapped, none]);
    let target = expansion.bind(Name::new_static(TARGET), target, chosen, Form::OptionalTarget);
    Ok(Expanded::Into(target))
}
