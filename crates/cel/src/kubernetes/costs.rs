//! What calls cost in kube-apiserver, where it departs from cel-go.
//!
//! Source of the rules: `pkg/cel/library/cost.go` of `k8s.io/apiserver`.

use super::estimates;
use super::format::Format;
use crate::EvalError;
use crate::cost::{CallCosts, LIST, REGEX, STRUCT, TRAVERSAL, scaled, scaled_down};
use crate::library::{CallCost, CallEstimator};
use crate::term::Term;

type Made<'r, 'a> = &'r Result<Term<'a>, EvalError>;

/// What asking an authorizer costs: two questions and no more fit in an expression.
pub(super) const CHECK: u64 = 350_000;

/// The costs of calls.
#[derive(Debug)]
pub(super) struct Costs {
    /// as of cel-go 0.29, which 1.37 is built with: a prefix costs by its own length, and
    /// `matches(text, pattern)` what the method costs
    pub(super) newer: bool,
    /// what comparing Kubernetes' own types may cost is known, as since 1.32
    pub(super) own_equality: bool,
}

impl CallCosts for Costs {
    fn cost(&self, function: &str, overload: &str) -> Option<CallCost> {
        Some(match (function, overload) {
            ("startsWith" | "endsWith", _) if self.newer => second,
            ("matches", "matches") if self.newer => search,
            ("check", _) => |_, _| Some(CHECK),
            ("fieldSelector" | "labelSelector", _) => selector,
            ("isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" | "includes", _) => {
                whole
            }
            (
                "url"
                | "lowerAscii"
                | "upperAscii"
                | "substring"
                | "trim"
                | "jsonpatch.escapeKey"
                | "cidr"
                | "isIP"
                | "isCIDR"
                | "quantity"
                | "isQuantity"
                | "semver"
                | "isSemver",
                _,
            ) => traversal,
            ("ip", overload) if overload != "cidr_ip" => traversal,
            ("replace" | "split" | "ip.isCanonical", _) => twice,
            ("join", _) => made,
            ("find" | "findAll", _) => search,
            ("containsIP", _) => contains_ip,
            ("containsCIDR", _) => contains_cidr,
            ("validate", _) => validate,
            (name, _) if ACCESSORS.contains(&name) => one,
            _ => return None,
        })
    }

    fn estimator(&self, function: &str, overload: &str) -> Option<CallEstimator> {
        estimates::of(function, overload, self.own_equality)
    }
}

/// What costs one.
pub(super) const ACCESSORS: &[&str] = &[
    "serviceAccount",
    "path",
    "group",
    "resource",
    "subresource",
    "namespace",
    "name",
    "allowed",
    "reason",
    "error",
    "errored",
    "ip",
    "masked",
    "prefixLength",
    "family",
    "isUnspecified",
    "isLoopback",
    "isLinkLocalMulticast",
    "isLinkLocalUnicast",
    "isGlobalUnicast",
    "format.named",
    "sign",
    "asInteger",
    "isInteger",
    "asApproximateFloat",
    "isGreaterThan",
    "isLessThan",
    "compareTo",
    "add",
    "sub",
    "major",
    "minor",
    "patch",
    "getScheme",
    "getHostname",
    "getHost",
    "getPort",
    "getEscapedPath",
    "getQuery",
];

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

/// A list of requirements, one for every two characters at most.
fn selector(args: &[Term<'_>], _: Made<'_, '_>) -> Option<u64> {
    let length = size(args, 1)?;
    Some(LIST + scaled(length, TRAVERSAL) + scaled(length, 0.5).saturating_mul(LIST + STRUCT))
}

fn validate(args: &[Term<'_>], _: Made<'_, '_>) -> Option<u64> {
    let format = args.first()?.downcast::<Format>()?;
    let text = scaled(size(args, 1)?.saturating_add(1), TRAVERSAL);
    Some(text.saturating_mul(scaled(format.pattern_size, REGEX)))
}

fn traversal(args: &[Term<'_>], _: Made<'_, '_>) -> Option<u64> {
    Some(scaled(size(args, 0)?, TRAVERSAL))
}

fn second(args: &[Term<'_>], _: Made<'_, '_>) -> Option<u64> {
    Some(scaled(size(args, 1)?, TRAVERSAL))
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
