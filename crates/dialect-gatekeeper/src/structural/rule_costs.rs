//! What the rules of a template's schema may cost at most, before any is asked: what could cost too
//! much is refused with the template.
//!
//! Source of the rules: `pkg/apis/apiextensions/validation` of `k8s.io/apiextensions-apiserver`.

use super::rules::BOUND;
use sekisho_cel::kubernetes::Structural;
use sekisho_policy::Fault;
use sekisho_value::{Pointer, Value};

/// What one expression may cost.
const EXPRESSION_LIMIT: u64 = 10_000_000;
/// What the expressions of a schema may cost together.
const SCHEMA_LIMIT: u64 = 100_000_000;
/// So many of the most expensive are named where all cost too much.
const NAMED: usize = 4;

/// How often a value may stand in an object, as far as the schemas around it say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times(Option<u64>);

impl Times {
    pub(super) const ONCE: Self = Self(Some(1));

    /// Of what is in a value.
    pub(super) fn within(self, schema: &Value) -> Self {
        let count = |key: &str| {
            let count = schema.get(key).and_then(Value::as_number)?.as_i64()?;
            Some(u64::try_from(count).unwrap_or(0))
        };
        let has_more = || schema.get("additionalProperties").is_some_and(|more| !more.is_null());
        let more = match schema.path_str(&["type"]) {
            Some("object") if has_more() => count("maxProperties"),
            Some("array") => count("maxItems"),
            _ => Some(1),
        };
        Self(self.0.zip(more).map(|(times, more)| times.saturating_mul(more)))
    }

    /// Of a value: where nothing is said, as often as fits into a request.
    pub(super) fn of(self, seen: &Structural) -> u64 {
        self.0.unwrap_or_else(|| seen.cardinality())
    }
}

/// What the expressions of a schema cost together.
#[derive(Debug, Default)]
pub(super) struct Costs {
    total: u64,
    /// those that count, the most expensive first
    most: Vec<(u64, Pointer)>,
}

impl Costs {
    /// Adds what an expression costs; what to say where that is too much for one.
    pub(super) fn add(&mut self, at: &Pointer, key: &str, cost: u64) -> Option<String> {
        self.total = self.total.saturating_add(cost);
        if cost >= SCHEMA_LIMIT / 100 {
            self.most.push((cost, at.key(key)));
            self.most.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
            self.most.truncate(NAMED);
        }
        let what = || format!("estimated {key} cost");
        (cost > EXPRESSION_LIMIT).then(|| exceeds(&what(), cost, EXPRESSION_LIMIT))
    }

    /// Tells where all of them cost too much.
    pub(super) fn tell(self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.total <= SCHEMA_LIMIT {
            return;
        }
        let mut fault = |at: Pointer, message: String| {
            faults.push(Fault::new(at, message).with_help(BOUND));
        };
        let message = "contributed to estimated rule cost total exceeding cost limit for entire \
                       OpenAPIv3 schema";
        self.most.into_iter().for_each(|(_, at)| fault(at, message.to_owned()));
        let what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
        fault(at.clone(), exceeds(what, self.total, SCHEMA_LIMIT));
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is shown with a few digits")]
fn exceeds(what: &str, cost: u64, limit: u64) -> String {
    let factor = cost as f64 / limit as f64;
    let factor = match factor {
        _ if factor > 100.0 => "more than 100x".to_owned(),
        _ if factor < 1.5 => format!("{factor:.6}x"),
        _ => format!("{factor:.1}x"),
    };
    format!("{what} exceeds budget by factor of {factor}")
}
