//! What calls may cost in kube-apiserver, before they are made, where it departs from cel-go.
//!
//! Source of the rules: `pkg/cel/library/cost.go` of `k8s.io/apiserver`.

use super::costs::{ACCESSORS, CHECK};
use crate::cost::{
    CallEstimate, CostEstimate, EstimatedCall, LIST, REGEX, STRUCT, SizeEstimate, TRAVERSAL,
};
use crate::library::CallEstimator;
use crate::types::Type;

/// The estimator of an overload, where Kubernetes has one of its own; before 1.32 it had none for
/// comparing its own types (`own_equality`), nor did it say how large a URL may be.
pub(super) fn of(function: &str, overload: &str, own_equality: bool) -> Option<CallEstimator> {
    Some(match (function, overload) {
        ("check", _) => |_| fixed(CHECK),
        ("fieldSelector" | "labelSelector", _) => selector,
        ("isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" | "includes", _) => whole,
        ("url", _) if !own_equality => |call| traversed(call.size(0), false),
        ("url" | "jsonpatch.escapeKey", _) => |call| traversed(call.size(0), true),
        ("lowerAscii" | "upperAscii" | "substring" | "trim", _) => {
            |call| traversed(call.target_size()?, true)
        }
        ("cidr" | "isIP" | "isCIDR" | "quantity" | "isQuantity" | "semver" | "isSemver", _) => {
            |call| traversed(call.size(0), false)
        }
        ("ip", overload) if overload != "cidr_ip" => |call| traversed(call.size(0), false),
        ("ip.isCanonical", _) => |call| cost(call.size(0).scaled(2.0 * TRAVERSAL)),
        ("replace", _) => replace,
        ("split", _) => split,
        ("join", _) => join,
        ("find" | "findAll", _) => search,
        ("containsIP", _) => contains_ip,
        ("containsCIDR", _) => contains_cidr,
        ("validate", _) => validate,
        ("_==_", _) if own_equality => equality,
        (name, _) if ACCESSORS.contains(&name) => |_| fixed(1),
        _ => return None,
    })
}

type Estimate = Option<CallEstimate>;

#[expect(clippy::unnecessary_wraps, reason = "the form of all estimates")]
fn cost(cost: CostEstimate) -> Estimate {
    Some(CallEstimate { cost, size: None })
}

fn fixed(of: u64) -> Estimate {
    cost(CostEstimate::fixed(of))
}

/// Going through a text; the result may be as long where it is a text as well.
#[expect(clippy::unnecessary_wraps, reason = "the form of all estimates")]
fn traversed(size: SizeEstimate, kept: bool) -> Estimate {
    Some(CallEstimate { cost: size.scaled(TRAVERSAL), size: kept.then_some(size) })
}

fn selector(call: &EstimatedCall<'_>) -> Estimate {
    let length = call.size(0);
    #[expect(clippy::cast_precision_loss, reason = "two small constants")]
    let requirements = length.scaled(0.5).scaled((LIST + STRUCT) as f64);
    cost(CostEstimate::fixed(LIST).plus(length.scaled(TRAVERSAL)).plus(requirements))
}

/// Comparing each item of a list; of a text, going through it.
fn whole(call: &EstimatedCall<'_>) -> Estimate {
    let size = call.target_size()?;
    match call.items() {
        Some((Type::String | Type::Bytes, item)) => {
            cost(size.times(CostEstimate::fixed(1).plus(item.scaled(TRAVERSAL))))
        }
        Some(_) => cost(size.times(CostEstimate::fixed(1))),
        None if call.function == "includes" => cost(size.times(CostEstimate::fixed(1))),
        None => cost(size.scaled(TRAVERSAL)),
    }
}

fn replace(call: &EstimatedCall<'_>) -> Estimate {
    let text = call.target_size().filter(|_| call.args.len() >= 2)?;
    let (from, to) = (call.size(0), call.size(1));
    // The longest result: an empty text is found around each character; a short one is found as
    // often as it fits; and where the result grows no longer, the text stays as long as it is.
    let (most, kept_most) = if from.min == 0 {
        (text.max.saturating_add(1), text.max)
    } else if to.max <= from.min {
        (0, text.max)
    } else {
        (parts(text.max, from.min), 0)
    };
    let (least, kept_least) = if from.max == 0 {
        (text.min.saturating_add(1), text.min)
    } else if from.max <= to.min {
        (0, text.min)
    } else {
        (parts(text.min, from.max), 0)
    };
    let count = SizeEstimate { min: least, max: most };
    let size = count.product(to).plus(SizeEstimate { min: kept_least, max: kept_most });
    Some(CallEstimate { cost: text.scaled(2.0 * TRAVERSAL), size: Some(size) })
}

/// How many parts of a length something has, the last shorter; as a double has it.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as the API server computes it; the cast saturates"
)]
fn parts(whole: u64, part: u64) -> u64 {
    (whole as f64 / part as f64).ceil() as u64
}

fn split(call: &EstimatedCall<'_>) -> Estimate {
    let text = call.target_size()?;
    let most = call.args.get(1).map_or(text.max, |limit| limit.int_or(text.max));
    let size = SizeEstimate { min: 0, max: most };
    Some(CallEstimate { cost: text.scaled(2.0 * TRAVERSAL), size: Some(size) })
}

fn join(call: &EstimatedCall<'_>) -> Estimate {
    let list = call.target_size()?;
    let none = SizeEstimate { min: 0, max: 0 };
    let mut size = call.items().map_or(none, |(_, item)| list.product(item));
    if !call.args.is_empty() {
        let between =
            SizeEstimate { min: list.min.saturating_sub(1), max: list.max.saturating_sub(1) };
        size = size.plus(call.size(0).product(between));
    }
    Some(CallEstimate { cost: size.scaled(TRAVERSAL), size: Some(size) })
}

fn search(call: &EstimatedCall<'_>) -> Estimate {
    let text = call.target_size().filter(|_| !call.args.is_empty())?;
    let searched = text.plus(SizeEstimate::fixed(1)).scaled(TRAVERSAL);
    let cost = searched.times(call.size(0).scaled(REGEX));
    Some(CallEstimate { cost, size: Some(SizeEstimate { min: 0, max: text.max }) })
}

/// The bytes of an address.
const ADDRESS: SizeEstimate = SizeEstimate { min: 4, max: 16 };

fn contains_ip(call: &EstimatedCall<'_>) -> Estimate {
    let compared = ADDRESS.plus(ADDRESS).scaled(TRAVERSAL);
    cost(compared.plus(parsing(call, "cidr_contains_ip_string")))
}

fn contains_cidr(call: &EstimatedCall<'_>) -> Estimate {
    let compared = ADDRESS.plus(ADDRESS).scaled(TRAVERSAL).plus(ADDRESS.scaled(TRAVERSAL));
    let compared = compared.plus(CostEstimate::fixed(1));
    cost(compared.plus(parsing(call, "cidr_contains_cidr_string")))
}

/// Reading the argument, where an overload takes a text.
fn parsing(call: &EstimatedCall<'_>, of_text: &str) -> CostEstimate {
    if call.overload == of_text { call.size(0).scaled(TRAVERSAL) } else { CostEstimate::default() }
}

/// How long the expressions of formats are taken to be.
const LONGEST_FORMAT: f64 = 128.0;

fn validate(call: &EstimatedCall<'_>) -> Estimate {
    cost(call.size(0).scaled(TRAVERSAL).scaled(LONGEST_FORMAT * REGEX))
}

/// How long the name of a format may be.
const LONGEST_NAME: u64 = 64;

fn equality(call: &EstimatedCall<'_>) -> Estimate {
    let [one, other] = call.args.as_slice() else { return None };
    let (Type::Struct(name) | Type::Opaque(name, _)) = one.of else { return None };
    if one.of != other.of {
        return None;
    }
    match name.as_str() {
        "kubernetes.NamedFormat" => {
            cost(CostEstimate { min: 1, max: LONGEST_NAME }.scaled(TRAVERSAL))
        }
        // By the size of the right side alone, as the API server does it.
        "kubernetes.URL" => {
            let most = other.size.map_or(1, |size| size.max);
            cost(CostEstimate { min: 1, max: most }.scaled(TRAVERSAL))
        }
        "net.IP" | "net.CIDR" | "kubernetes.Quantity" | "kubernetes.Semver" => fixed(1),
        name if name.starts_with("kubernetes.authorization.") => fixed(1),
        _ => None,
    }
}
