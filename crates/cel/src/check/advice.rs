//! How to mend what is wrong.

use crate::ast::{Name, operator};
use crate::environment::{Declared, Inner};
use crate::types::Type;
use std::sync::Arc;

/// The name that is most like another, where one is much like it.
pub(super) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    let most = (name.chars().count() / 3).clamp(1, 3);
    names
        .filter(|other| {
            !other.starts_with(['@', '#', '_']) && other.len().abs_diff(name.len()) <= most
        })
        .map(|other| (distance(name, other), other))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, other)| format!("did you mean `{other}`?"))
}

/// How many characters differ (Levenshtein), letter case counting half.
fn distance(one: &str, other: &str) -> usize {
    if one.eq_ignore_ascii_case(other) {
        return 1;
    }
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, char) in one.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (slot, own) in row.iter_mut().skip(1).zip(&other) {
            let cost = diagonal + usize::from(char != *own);
            diagonal = *slot;
            left = cost.min(diagonal + 1).min(left + 1);
            *slot = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

pub(super) fn undeclared(
    environment: &Inner,
    scopes: &[(Name, Type)],
    name: &str,
    function: bool,
) -> Option<String> {
    if function {
        return nearest(name, environment.libraries.functions.keys().map(Name::as_str));
    }
    let locals = scopes.iter().map(|(name, _)| name.as_str());
    let names = environment.variables.keys().map(Name::as_str).chain(locals);
    nearest(name, names).or_else(|| {
        let mut names: Vec<&str> = environment.variables.keys().map(Name::as_str).collect();
        names.truncate(12);
        (!names.is_empty()).then(|| format!("the variables are `{}`", names.join("`, `")))
    })
}

pub(super) fn no_fields(of: &Type, field: &str) -> Option<String> {
    match of {
        Type::List(_) => Some(format!(
            "a list has no field `{field}`; read an item by `list[0].{field}`, or all by \
             `list.map(item, item.{field})`"
        )),
        _ => None,
    }
}

pub(super) fn mismatch(expected: &Type, found: &Type) -> Option<String> {
    match (expected, found) {
        (Type::Bool, _) => Some("compare it with something, or test it by `has(...)`".to_owned()),
        (Type::Dyn, _) | (_, Type::Error) => None,
        (expected, found) if convertible(expected, found) => {
            Some(format!("convert it: `{}(...)`", expected.runtime_name()))
        }
        _ => None,
    }
}

fn convertible(expected: &Type, found: &Type) -> bool {
    let simple = |of: &Type| matches!(of, Type::Int | Type::Uint | Type::Double | Type::String);
    simple(expected) && simple(found)
}

pub(super) fn no_overload(
    name: &str,
    overloads: &[Arc<Declared>],
    types: &[Type],
) -> Option<String> {
    if name == operator::NOT {
        return Some("`!` takes a boolean".to_owned());
    }
    if let [one, other] = types
        && name.starts_with('_')
        && convertible(one, other)
        && one != other
    {
        return Some(format!(
            "both sides must be of one type: convert one of them, as in `{}(...)`",
            one.runtime_name()
        ));
    }
    if name.starts_with(['_', '@', '!', '-']) {
        return None;
    }
    let mut ways: Vec<&str> =
        overloads.iter().map(|overload| overload.overload.signature).collect();
    ways.dedup();
    ways.truncate(4);
    let ways: Vec<String> = ways.iter().map(|way| way.replace("::", ".")).collect();
    Some(format!("it is called as `{}`", ways.join("`, `")))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn names_much_alike() {
        let names = ["startsWith", "endsWith", "object", "params", "size"];
        for (name, found) in [
            ("startswith", Some("startsWith")),
            ("objet", Some("object")),
            ("parmas", Some("params")),
            ("size", Some("size")),
            ("request", None),
            ("x", None),
        ] {
            let expected = found.map(|found| format!("did you mean `{found}`?"));
            assert_eq!(nearest(name, names.into_iter()), expected, "{name}");
        }
    }
}
