//! What the server counts, in Prometheus' text format.

use crate::review::Answer;
use sekisho_engine::Verdict;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Allowed,
    Denied,
    /// a policy could not be evaluated, or nothing was judged
    Failed,
    /// it was not judged, since too many others were
    Shed,
    /// it was no review
    NoReview,
}

impl Outcome {
    const ALL: [Self; 5] = [Self::Allowed, Self::Denied, Self::Failed, Self::Shed, Self::NoReview];

    fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Failed => "error",
            Self::Shed => "shed",
            Self::NoReview => "malformed",
        }
    }
}

/// The upper bounds of the histogram of durations, in microseconds.
const BOUNDS: [u64; 12] =
    [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000, 5_000_000];

/// Counters of one server.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    outcomes: [AtomicU64; Outcome::ALL.len()],
    warnings: AtomicU64,
    errors: AtomicU64,
    durations: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
}

/// What is measured at the moment of asking.
pub(super) struct Gauges<'a> {
    pub(super) connections: usize,
    pub(super) renewals: u64,
    pub(super) refused: bool,
    pub(super) policy_set: Option<&'a str>,
}

impl Metrics {
    pub(super) fn count(&self, outcome: Outcome) {
        let counters = self.outcomes.iter().zip(Outcome::ALL);
        for (counter, _) in counters.filter(|(_, of)| *of == outcome) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn judged(&self, answer: &Answer, verdict: &Verdict, took: Duration) {
        self.count(match &answer.refusal {
            _ if !verdict.errors.is_empty() => Outcome::Failed,
            Some(_) => Outcome::Denied,
            None => Outcome::Allowed,
        });
        let add = |counter: &AtomicU64, n: usize| {
            counter.fetch_add(u64::try_from(n).unwrap_or(u64::MAX), Ordering::Relaxed);
        };
        add(&self.warnings, answer.warnings.len());
        add(&self.errors, verdict.errors.len());
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(took, Ordering::Relaxed);
        let bucket = BOUNDS.iter().position(|bound| took <= *bound).unwrap_or(BOUNDS.len());
        if let Some(bucket) = self.durations.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// All of it, as Prometheus reads it.
    pub(super) fn text(&self, gauges: &Gauges<'_>) -> String {
        let mut out = String::new();
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        header(&mut out, "requests_total", "counter", "Reviews, by how they ended.");
        for (counter, outcome) in self.outcomes.iter().zip(Outcome::ALL) {
            let labels = format!("{{outcome=\"{}\"}}", outcome.name());
            line(&mut out, "requests_total", &labels, get(counter));
        }
        header(&mut out, "warnings_total", "counter", "Warnings sent.");
        line(&mut out, "warnings_total", "", get(&self.warnings));
        header(&mut out, "policy_errors_total", "counter", "Policies that could not be evaluated.");
        line(&mut out, "policy_errors_total", "", get(&self.errors));
        header(&mut out, "request_duration_seconds", "histogram", "From the body to the answer.");
        let mut total = 0;
        let bounds = BOUNDS.iter().map(|bound| seconds(*bound)).chain(["+Inf".to_owned()]);
        for (bucket, bound) in self.durations.iter().zip(bounds) {
            total += get(bucket);
            let labels = format!("{{le=\"{bound}\"}}");
            line(&mut out, "request_duration_seconds_bucket", &labels, total);
        }
        line(&mut out, "request_duration_seconds_sum", "", seconds(get(&self.microseconds)));
        line(&mut out, "request_duration_seconds_count", "", total);
        header(&mut out, "connections", "gauge", "Connections that are open.");
        line(&mut out, "connections", "", gauges.connections);
        header(&mut out, "policy_reloads_total", "counter", "Policy sets that came into force.");
        line(&mut out, "policy_reloads_total", "", gauges.renewals);
        let help = "1 where the newest policies are faulty, and older ones in force.";
        header(&mut out, "policy_reload_failed", "gauge", help);
        line(&mut out, "policy_reload_failed", "", u8::from(gauges.refused));
        header(&mut out, "policy_set_info", "gauge", "The policy set in force.");
        let digest = gauges.policy_set.unwrap_or_default();
        line(&mut out, "policy_set_info", &format!("{{digest=\"{digest}\"}}"), 1);
        out
    }
}

fn header(out: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(out, "# HELP sekisho_{name} {help}\n# TYPE sekisho_{name} {kind}");
}

fn line(out: &mut String, name: &str, labels: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "sekisho_{name}{labels} {value}");
}

fn seconds(microseconds: u64) -> String {
    format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::{Gauges, Metrics, Outcome};
    use crate::review::Answer;
    use sekisho_engine::Verdict;
    use std::time::Duration;

    #[test]
    fn counted_and_shown() {
        let metrics = Metrics::default();
        metrics.count(Outcome::Shed);
        metrics.judged(&Answer::default(), &Verdict::default(), Duration::from_micros(70));
        let gauges =
            Gauges { connections: 3, renewals: 2, refused: true, policy_set: Some("sha256:0") };
        let text = metrics.text(&gauges);
        for wanted in [
            "sekisho_requests_total{outcome=\"allowed\"} 1\n",
            "sekisho_requests_total{outcome=\"shed\"} 1\n",
            "sekisho_requests_total{outcome=\"denied\"} 0\n",
            "sekisho_request_duration_seconds_bucket{le=\"0.000050\"} 0\n",
            "sekisho_request_duration_seconds_bucket{le=\"0.000100\"} 1\n",
            "sekisho_request_duration_seconds_bucket{le=\"+Inf\"} 1\n",
            "sekisho_request_duration_seconds_sum 0.000070\n",
            "sekisho_connections 3\n",
            "sekisho_policy_reload_failed 1\n",
            "sekisho_policy_set_info{digest=\"sha256:0\"} 1\n",
        ] {
            assert!(text.contains(wanted), "{wanted} in\n{text}");
        }
    }
}
