//! Optional values.

use super::{Library, Overload};
use crate::macros::{BIND, BLOCK, OPT_FLAT_MAP, OPT_MAP, TWO_VARIABLES};
use crate::term::Term;
use crate::types::Type;
use crate::{EvalError, Evaluation};

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// Optional values as of a version: `optFlatMap` came with 1; `first`, `last` and unwrapping
/// with 2.
#[must_use]
pub fn optionals(version: u32) -> Library {
    let mut library = Library::new("optional", version)
        .with_macros(&[OPT_MAP])
        .with_type("optional_type", Type::optional(Type::Dyn))
        .with(FUNCTIONS)
        .since(2, LATER);
    if version >= 1 {
        library = library.with_macros(&[OPT_FLAT_MAP]);
    }
    library.optional_syntax = true;
    library
}

/// `cel.bind(name, value, expression)`
#[must_use]
pub fn bindings() -> Library {
    Library::new("bindings", 0).with_macros(BIND)
}

/// `cel.block([value, …], expression)`, of the conformance cases.
#[must_use]
pub fn blocks() -> Library {
    Library::new("blocks", 0).with_macros(BLOCK)
}

/// Macros of two variables: `all`, `exists`, `existsOne`, `transformList`, `transformMap`,
/// `transformMapEntry`.
#[must_use]
pub fn two_variable_comprehensions() -> Library {
    Library::new("two-variable-comprehensions", 0).with_macros(TWO_VARIABLES).with(INSERT)
}

const FUNCTIONS: &[Overload] = &[
    Overload::new("optional_of", "optional.of(V) -> optional(V)", of),
    Overload::new(
        "optional_ofNonZeroValue",
        "optional.ofNonZeroValue(V) -> optional(V)",
        of_non_zero,
    ),
    Overload::new("optional_none", "optional.none() -> optional(V)", |_, _| {
        Ok(Term::Optional(None))
    }),
    Overload::new("optional_value", "optional(V)::value() -> V", value),
    Overload::new("optional_hasValue", "optional(V)::hasValue() -> bool", has_value),
    Overload::evaluator("optional_or_optional", "optional(V)::or(optional(V)) -> optional(V)"),
    Overload::evaluator("optional_orValue_value", "optional(V)::orValue(V) -> V"),
    Overload::evaluator("select_optional_field", "_?._(dyn, string) -> optional(V)"),
    Overload::evaluator("list_optindex_optional_int", "_[?_](list(V), int) -> optional(V)"),
    Overload::evaluator(
        "optional_list_optindex_optional_int",
        "_[?_](optional(list(V)), int) -> optional(V)",
    ),
    Overload::evaluator("map_optindex_optional_value", "_[?_](map(K, V), K) -> optional(V)"),
    Overload::evaluator(
        "optional_map_optindex_optional_value",
        "_[?_](optional(map(K, V)), K) -> optional(V)",
    ),
    Overload::evaluator("optional_list_index_int", "_[_](optional(list(V)), int) -> optional(V)"),
    Overload::evaluator("optional_map_index_value", "_[_](optional(map(K, V)), K) -> optional(V)"),
];

const LATER: &[Overload] = &[
    Overload::new("list_last", "list(V)::last() -> optional(V)", last),
    Overload::new("list_first", "list(V)::first() -> optional(V)", first),
    Overload::new("optional_unwrap", "optional.unwrap(list(optional(V))) -> list(V)", unwrap),
    Overload::new("optional_unwrapOpt", "list(optional(V))::unwrapOpt() -> list(V)", unwrap),
];

/// What the macros insert with; the evaluator knows them in place.
const INSERT: &[Overload] = &[
    Overload::evaluator("@mapInsert_map_key_value", "cel.@mapInsert(map(K, V), K, V) -> map(K, V)"),
    Overload::evaluator("@mapInsert_map_map", "cel.@mapInsert(map(K, V), map(K, V)) -> map(K, V)"),
];

fn of<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [value] => evaluation.optional(*value),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn of_non_zero<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [value] if value.is_zero() => Ok(Term::Optional(None)),
        [value] => evaluation.optional(*value),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn value<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::Optional(Some(value))] => Ok(**value),
        [Term::Optional(None)] => Err(EvalError::new("optional.none() dereference")),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn has_value<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::Optional(value)] => Ok(Term::Bool(value.is_some())),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn present<'a>(evaluation: Evaluation<'a>, item: Option<Term<'a>>) -> Outcome<'a> {
    item.map_or(Ok(Term::Optional(None)), |item| evaluation.optional(item))
}

fn first<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [list] => present(evaluation, list.item(0)),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn last<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [list] => {
            let last = list.len().and_then(|len| list.item(len.checked_sub(1)?));
            present(evaluation, last)
        }
        _ => Err(EvalError::no_such_overload()),
    }
}

fn unwrap<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [list] = args else { return Err(EvalError::no_such_overload()) };
    evaluation.step(list.len().unwrap_or(0))?;
    let mut items = Vec::new();
    for item in list.items() {
        match item {
            Term::Optional(value) => items.extend(value.copied()),
            other => return Err(EvalError::new(format!("value {other} is not optional"))),
        }
    }
    evaluation.list(&items)
}
