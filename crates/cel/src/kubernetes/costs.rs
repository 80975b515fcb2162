//! What calls cost in kube-apiserver, where it departs from cel-go.
//!
//! Source of the rules: `pkg/cel/library/cost.go` of `k8s.io/apiserver`.

use crate::EvalError;
use crate::cost::{CallCosts, REGEX, TRAVERSAL, scaled, scaled_down};
use crate::library::CallCost;
use crate::term::Term;

type Made<'r, 'a> = &'r Result<Term<'a>, EvalError>;

/// The costs of calls.
#[derive(Debug)]
pub(super) struct Costs;

impl CallCosts for Costs {
    fn cost(&self, function: &str, overload: &str) -> Option<CallCost> {
        Some(match (function, overload) {
            ("isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf", _) => whole,
            ("ip", "cidr_ip") => one,
            (
                "url" | "lowerAscii" | "upperAscii" | "substring" | "trim" | "cidr" | "isIP"
                | "isCIDR" | "ip" | "quantity" | "isQuantity" | "semver" | "isSemver",
                _,
            ) => traversal,
            ("replace" | "split" | "ip.isCanonical", _) => twice,
            ("join", _) => made,
            ("find" | "findAll", _) => search,
            ("containsIP", _) => contains_ip,
            ("containsCIDR", _) => contains_cidr,
            (
                "masked"
                | "prefixLength"
                | "family"
                | "isUnspecified"
                | "isLoopback"
                | "isLinkLocalMulticast"
                | "isLinkLocalUnicast"
                | "isGlobalUnicast"
                | "sign"
                | "asInteger"
                | "isInteger"
                | "asApproximateFloat"
                | "isGreaterThan"
                | "isLessThan"
                | "compareTo"
                | "add"
                | "sub"
                | "major"
                | "minor"
                | "patch",
                _,
            ) => one,
            _ => return None,
        })
    }
}

fn size(args: &[Term<'_>], position: usize) -> Option<u64> {
    Some(args.get(position)?.cost_size())
}

#[expect(clippy::unnecessary_wraps, reason = "the form of all costs")]
fn one(_: &[Term<'_>], _: Made<'_, '_>) -> Option<u64> {
    Some(1)
}

/// Going through everything that the first argument holds.
fn whole(args: &[Term<'_>], _: Made<'_, '_>) -> Option<u64> {
    args.first().map(|term| all_of(*term))
}

fn all_of(term: Term<'_>) -> u64 {
    match term {
        Term::String(text) => scaled_down(text.len() as u64, TRAVERSAL),
        Term::Bytes(bytes) => scaled_down(bytes.len() as u64, TRAVERSAL),
        list if list.is_list() => {
            list.items().fold(0, |sum, item| sum.saturating_add(all_of(item)))
        }
        map if map.is_map() => map.entries().fold(0, |sum, (key, value)| {
            sum.saturating_add(all_of(key)).saturating_add(all_of(value))
        }),
        _ => 1,
    }
}

fn traversal(args: &[Term<'_>], _: Made<'_, '_>) -> Option<u64> {
    Some(scaled(size(args, 0)?, TRAVERSAL))
}

fn twice(args: &[Term<'_>], _: Made<'_, '_>) -> Option<u64> {
    Some(scaled(size(args, 0)?, 2.0 * TRAVERSAL))
}

fn made(_: &[Term<'_>], result: Made<'_, '_>) -> Option<u64> {
    Some(scaled(result.as_ref().map_or(1, |made| made.cost_size()), 2.0 * TRAVERSAL))
}

fn search(args: &[Term<'_>], _: Made<'_, '_>) -> Option<u64> {
    let text = scaled(size(args, 0)?.saturating_add(1), TRAVERSAL);
    Some(text.saturating_mul(scaled(size(args, 1)?, REGEX)))
}

/// Parsing the other where it is a text.
fn parsing(args: &[Term<'_>]) -> u64 {
    match args.get(1) {
        Some(text @ Term::String(_)) => scaled(text.cost_size(), TRAVERSAL),
        _ => 0,
    }
}

fn contains_ip(args: &[Term<'_>], _: Made<'_, '_>) -> Option<u64> {
    Some(scaled(2 * size(args, 0)?, TRAVERSAL) + parsing(args))
}

fn contains_cidr(args: &[Term<'_>], _: Made<'_, '_>) -> Option<u64> {
    let own = size(args, 0)?;
    Some(scaled(2 * own, TRAVERSAL) + scaled(own, TRAVERSAL) + 1 + parsing(args))
}
