//! cel-go's library of lists, versions 0 to 3.

use super::{Library, Overload};
use crate::ast::{Expr, ExprKind, Form, Name};
use crate::cost::{self, CallEstimate, CostEstimate, EstimatedCall, SizeEstimate};
use crate::macros::{Expanded, Expansion, Macro, MacroError};
use crate::term::{Term, compare, equal};
use crate::{EvalError, Evaluation};

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// cel-go's library of lists as of a version: `slice` came with 0, `flatten` with 1, the rest with
/// 2, and costs of their own with 3.
#[must_use]
pub fn lists(version: u32) -> Library {
    let with_cost = |overloads: &[Overload]| -> Vec<Overload> {
        let mut overloads = overloads.to_vec();
        if version < 3 {
            for overload in &mut overloads {
                (overload.cost, overload.estimate) = (None, None);
            }
        }
        overloads
    };
    let library = Library::new("lists", version)
        .with(&with_cost(SLICE))
        .since(1, &with_cost(FLATTEN))
        .since(2, &with_cost(ORDER))
        .since(2, &with_cost(SORT));
    if version >= 2 { library.with_macros(SORT_BY) } else { library }
}

const SLICE: &[Overload] =
    &[Overload::new("list_slice", "list(T)::slice(int, int) -> list(T)", slice)
        .cost(output_cost)
        .estimate(estimate_slice)];

const FLATTEN: &[Overload] = &[
    Overload::new("list_flatten", "list(list(T))::flatten() -> list(T)", flatten)
        .cost(flatten_cost)
        .estimate(estimate_flatten),
    Overload::new("list_flatten_int", "list(dyn)::flatten(int) -> list(dyn)", flatten)
        .cost(flatten_cost)
        .estimate(estimate_flatten),
];

const ORDER: &[Overload] = &[
    Overload::new("lists_range", "lists.range(int) -> list(int)", range)
        .cost(output_cost)
        .estimate(estimate_range),
    Overload::new("list_reverse", "list(T)::reverse() -> list(T)", reverse)
        .cost(output_cost)
        .estimate(estimate_reverse),
    Overload::new("list_distinct", "list(T)::distinct() -> list(T)", distinct)
        .cost(self_cost)
        .estimate(estimate_self),
];

macro_rules! sorts {
    ($($name:literal $of:literal),* $(,)?) => {
        &[$(
            Overload::new(
                concat!("list_", $name, "_sort"),
                concat!("list(", $of, ")::sort() -> list(", $of, ")"),
                sort,
            ).cost(self_cost).estimate(estimate_self),
            Overload::new(
                concat!("list_", $name, "_sortByAssociatedKeys"),
                concat!("list(T)::@sortByAssociatedKeys(list(", $of, ")) -> list(T)"),
                sort_by,
            ).cost(keys_cost).estimate(estimate_keys),
        )*]
    };
}

const SORT: &[Overload] = sorts![
    "int" "int",
    "uint" "uint",
    "double" "double",
    "bool" "bool",
    "google.protobuf.Duration" "duration",
    "google.protobuf.Timestamp" "timestamp",
    "string" "string",
    "bytes" "bytes",
];

const SORT_BY: &[Macro] =
    &[Macro { name: "sortBy", receiver: true, arguments: Some(2), expander: expand_sort_by }];

/// `list.sortBy(x, key)` is `list.@sortByAssociatedKeys(list.map(x, key))`.
fn expand_sort_by(
    expansion: &mut Expansion<'_>,
    target: Option<Expr>,
    args: Vec<Expr>,
) -> Result<Expanded, MacroError> {
    let Some(target) = target else { return Ok(Expanded::Not(None, args)) };
    let sortable = matches!(
        target.kind,
        ExprKind::List(_)
            | ExprKind::Select { .. }
            | ExprKind::Ident(_)
            | ExprKind::Comprehension(_)
            | ExprKind::Call { .. }
    );
    if !sortable {
        return Err(Expansion::error(
            &target,
            "sortBy can only be applied to a list, identifier, comprehension, call or select \
             expression",
        ));
    }
    let name = Name::new_static("@__sortBy_input__");
    let range = expansion.ident(&name);
    let keys = match crate::macros::map(expansion, Some(range), args)? {
        Expanded::Into(keys) => keys,
        Expanded::Not(_, args) => return Ok(Expanded::Not(Some(target), args)),
    };
    let input = expansion.ident(&name);
    let sorted = expansion.method(input, "@sortByAssociatedKeys", vec![keys]);
    Ok(Expanded::Into(expansion.bind(name, target, sorted, Form::Bind)))
}

fn no_overload<T>() -> Result<T, EvalError> {
    Err(EvalError::no_such_overload())
}

fn slice<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [list, Term::Int(start), Term::Int(end)] = args else { return no_overload() };
    let len = list.len().unwrap_or(0);
    let wrong = |what: &str| Err(EvalError::new(format!("cannot slice({start}, {end}), {what}")));
    let (Ok(from), Ok(to)) = (usize::try_from(*start), usize::try_from(*end)) else {
        return wrong("negative indexes not supported");
    };
    if from > to {
        return wrong("start index must be less than or equal to end index");
    }
    if to > len {
        return wrong(&format!("list is length {len}"));
    }
    match list {
        Term::List(items) => Ok(Term::List(items.get(from..to).unwrap_or_default())),
        Term::JsonList(items) => Ok(Term::JsonList(items.get(from..to).unwrap_or_default())),
        _ => {
            let items: Vec<_> = list.items().skip(from).take(to - from).collect();
            evaluation.list(&items)
        }
    }
}

fn flatten<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let (list, depth) = match args {
        [list] => (*list, 1),
        [list, Term::Int(depth)] => (*list, *depth),
        _ => return no_overload(),
    };
    if depth < 0 {
        return Err(EvalError::new("level must be non-negative"));
    }
    let mut items = Vec::new();
    flatten_into(evaluation, list, depth, &mut items)?;
    evaluation.list(&items)
}

fn flatten_into<'a>(
    evaluation: Evaluation<'a>,
    list: Term<'a>,
    depth: i64,
    items: &mut Vec<Term<'a>>,
) -> Result<(), EvalError> {
    for item in list.items() {
        evaluation.reserve(size_of::<Term<'_>>())?;
        if item.is_list() && depth > 0 {
            flatten_into(evaluation, item, depth - 1, items)?;
        } else {
            items.push(item);
        }
    }
    Ok(())
}

fn range<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [Term::Int(count)] = args else { return no_overload() };
    let size = usize::try_from(*count).unwrap_or(0).saturating_mul(size_of::<Term<'_>>());
    evaluation.reserve(size)?;
    let items: Vec<_> = (0..*count).map(Term::Int).collect();
    evaluation.list(&items)
}

fn reverse<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [list] = args else { return no_overload() };
    let len = list.len().unwrap_or(0);
    evaluation.reserve(len.saturating_mul(size_of::<Term<'_>>()))?;
    let items: Vec<_> = (0..len).rev().filter_map(|position| list.item(position)).collect();
    evaluation.list(&items)
}

fn distinct<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [list] = args else { return no_overload() };
    let mut kept: Vec<Term<'a>> = Vec::new();
    'items: for item in list.items() {
        for other in &kept {
            evaluation.step(1)?;
            if equal(evaluation, item, *other)? {
                continue 'items;
            }
        }
        kept.push(item);
    }
    evaluation.list(&kept)
}

fn sort<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [list] => sorted(evaluation, *list, *list),
        _ => no_overload(),
    }
}

fn sort_by<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [list, keys] => sorted(evaluation, *list, *keys),
        _ => no_overload(),
    }
}

fn sorted<'a>(evaluation: Evaluation<'a>, list: Term<'a>, keys: Term<'a>) -> Outcome<'a> {
    let (len, count) = (list.len().unwrap_or(0), keys.len().unwrap_or(0));
    if len != count {
        return Err(EvalError::new(format!(
            "@sortByAssociatedKeys() expected a list of the same size as the associated keys \
             list, but got {len} and {count} elements respectively"
        )));
    }
    let Some(first) = keys.item(0) else { return Ok(list) };
    if compare(first, first).is_err() && !matches!(first, Term::Double(_)) {
        return Err(EvalError::new("list elements must be comparable"));
    }
    if keys.items().any(|key| key.type_name() != first.type_name()) {
        return Err(EvalError::new("list elements must have the same type"));
    }
    evaluation.reserve(len.saturating_mul(2 * size_of::<Term<'_>>()))?;
    evaluation.step(len.saturating_mul(usize::BITS as usize - len.leading_zeros() as usize))?;
    let mut pairs: Vec<(Term<'a>, Term<'a>)> = keys.items().zip(list.items()).collect();
    pairs.sort_by(|(a, _), (b, _)| compare(*a, *b).unwrap_or(std::cmp::Ordering::Equal));
    let items: Vec<_> = pairs.into_iter().map(|(_, item)| item).collect();
    evaluation.list(&items)
}

/// A call that makes a list.
fn making(factor: f64, size: u64) -> u64 {
    cost::scaled_down(size, factor).saturating_add(1 + cost::LIST)
}

fn output_cost(_: &[Term<'_>], result: &Result<Term<'_>, EvalError>) -> Option<u64> {
    Some(making(1.0, result.as_ref().map_or(1, |list| list.cost_size())))
}

#[expect(clippy::cast_precision_loss, reason = "as cel-go computes it")]
fn flatten_cost(args: &[Term<'_>], _: &Result<Term<'_>, EvalError>) -> Option<u64> {
    let depth = match args {
        [_, Term::Int(depth)] => *depth as f64,
        _ => 1.0,
    };
    Some(making(depth, args.first()?.cost_size()))
}

/// Comparing each item of a list with each.
fn comparing(list: Term<'_>) -> u64 {
    let size = list.cost_size();
    let factor = match list.item(0) {
        Some(Term::String(_) | Term::Bytes(_)) => 2.0 + cost::TRAVERSAL,
        _ => 2.0,
    };
    making(factor, size.saturating_mul(size))
}

fn self_cost(args: &[Term<'_>], _: &Result<Term<'_>, EvalError>) -> Option<u64> {
    Some(comparing(*args.first()?))
}

fn keys_cost(args: &[Term<'_>], _: &Result<Term<'_>, EvalError>) -> Option<u64> {
    Some(comparing(*args.get(1)?))
}

fn estimated(factor: f64, size: SizeEstimate) -> Option<CallEstimate> {
    let cost = size.scaled(factor).plus(CostEstimate::fixed(1 + cost::LIST));
    Some(CallEstimate { cost, size: Some(size) })
}

fn estimate_slice(call: &EstimatedCall<'_>) -> Option<CallEstimate> {
    let target = call.target.as_ref()?;
    let [start, end] = call.args.as_slice() else { return None };
    let start = start.int_or(0);
    let end = end.int_or(target.size_or_unknown().max);
    estimated(1.0, SizeEstimate::fixed(end.wrapping_sub(start)))
}

fn estimate_range(call: &EstimatedCall<'_>) -> Option<CallEstimate> {
    let [count] = call.args.as_slice() else { return None };
    estimated(1.0, SizeEstimate::fixed(count.int_or(u64::MAX)))
}

fn estimate_reverse(call: &EstimatedCall<'_>) -> Option<CallEstimate> {
    estimated(1.0, call.target.as_ref()?.size_or_unknown())
}

#[expect(clippy::cast_precision_loss, reason = "as cel-go computes it")]
fn estimate_flatten(call: &EstimatedCall<'_>) -> Option<CallEstimate> {
    let depth = call.args.first().map_or(1, |depth| depth.int_or(u64::MAX));
    estimated(depth as f64, call.target.as_ref()?.size_or_unknown())
}

fn estimate_self(call: &EstimatedCall<'_>) -> Option<CallEstimate> {
    estimate_comparing(call, call.target.as_ref()?.size_or_unknown())
}

fn estimate_keys(call: &EstimatedCall<'_>) -> Option<CallEstimate> {
    estimate_comparing(call, call.args.first()?.size_or_unknown())
}

fn estimate_comparing(call: &EstimatedCall<'_>, size: SizeEstimate) -> Option<CallEstimate> {
    let texts = call.overload.contains("_string_") || call.overload.contains("_bytes_");
    let factor = if texts { 2.0 + cost::TRAVERSAL } else { 2.0 };
    let pairs = SizeEstimate {
        min: size.min.saturating_mul(size.min),
        max: size.max.saturating_mul(size.max),
    };
    estimated(factor, pairs)
}
