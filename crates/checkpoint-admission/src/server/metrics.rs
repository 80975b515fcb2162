//! What the server counts, in Prometheus' text format.

use super::work::Asked;
use crate::live::Live;
use crate::review::Answer;
use crate::tally::Tally;
use sekisho_engine::Verdict;
use std::fmt::{Display, Write as _};
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

/// The upper bounds of the histogram of durations, in microseconds. They are close where most
/// requests are.
const BOUNDS: [u64; 27] = [
    50, 75, 100, 125, 150, 200, 250, 300, 400, 500, 600, 700, 800, 900, 1_000, 1_100, 1_250, 1_500,
    2_000, 2_500, 3_500, 5_000, 10_000, 50_000, 250_000, 1_000_000, 5_000_000,
];

/// Counters of one server. Counting takes no lock.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    outcomes: [[AtomicU64; Outcome::ALL.len()]; Asked::ALL.len()],
    warnings: AtomicU64,
    errors: AtomicU64,
    tolerated: AtomicU64,
    unforeseen: AtomicU64,
    durations: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
}

/// What is measured at the moment of asking.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gauges {
    pub(super) connections: usize,
    pub(super) judging: usize,
    pub(super) waiting: usize,
    pub(super) untold: usize,
    pub(super) held: usize,
}

impl Metrics {
    pub(super) fn count(&self, asked: Asked, outcome: Outcome) {
        let counters = self.outcomes.get(asked as usize);
        if let Some(counter) = counters.and_then(|counters| counters.get(outcome as usize)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn judged(&self, asked: Asked, answer: &Answer, verdict: &Verdict, took: Duration) {
        self.count(
            asked,
            match &answer.refusal {
                _ if !verdict.errors.is_empty() => Outcome::Failed,
                Some(_) => Outcome::Denied,
                None => Outcome::Allowed,
            },
        );
        add(&self.warnings, answer.warnings.len());
        self.unevaluated(verdict.errors.len(), verdict.tolerated.len());
        self.took(took);
    }

    /// Counts what could not be evaluated.
    pub(super) fn unevaluated(&self, errors: usize, tolerated: usize) {
        add(&self.errors, errors);
        add(&self.tolerated, tolerated);
    }

    /// Counts a request of which nobody finds out what its pods would be told.
    pub(super) fn unforeseen(&self) {
        add(&self.unforeseen, 1);
    }

    /// Counts how long it took until an answer was there.
    pub(super) fn took(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(took, Ordering::Relaxed);
        let bucket = BOUNDS.iter().position(|bound| took <= *bound).unwrap_or(BOUNDS.len());
        if let Some(bucket) = self.durations.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// All of it, as Prometheus reads it.
    pub(super) fn text(&self, live: &Live, gauges: Gauges) -> String {
        let mut out = Text::default();
        self.requests(&mut out);
        out.family("connections", "gauge", "Connections that are open.");
        out.line("connections", "", gauges.connections);
        out.family("requests_in_flight", "gauge", "Requests that are being judged.");
        out.line("requests_in_flight", "", gauges.judging);
        out.family("requests_waiting", "gauge", "Requests that wait for their turn.");
        out.line("requests_waiting", "", gauges.waiting);
        let help = "Requests that are answered, and whose findings are not told yet.";
        out.family("requests_untold", "gauge", help);
        out.line("requests_untold", "", gauges.untold);
        out.family("held_bytes", "gauge", "Bodies that are being read or judged, in bytes.");
        out.line("held_bytes", "", gauges.held);
        policies(&mut out, live);
        tallies(&mut out, &live.tallies());
        out.0
    }

    fn requests(&self, out: &mut Text) {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let help = "Reviews, by what was asked and how they ended.";
        out.family("requests_total", "counter", help);
        for (asked, counters) in Asked::ALL.into_iter().zip(&self.outcomes) {
            for (outcome, counter) in Outcome::ALL.into_iter().zip(counters) {
                let labels =
                    format!("{{endpoint=\"{}\",outcome=\"{}\"}}", asked.name(), outcome.name());
                out.line("requests_total", &labels, get(counter));
            }
        }
        out.family("warnings_total", "counter", "Warnings sent.");
        out.line("warnings_total", "", get(&self.warnings));
        out.family("errors_total", "counter", "What could not be evaluated.");
        out.line("errors_total", "", get(&self.errors));
        let help = "What could not be evaluated, and its policy lets through.";
        out.family("tolerated_errors_total", "counter", help);
        out.line("tolerated_errors_total", "", get(&self.tolerated));
        let help = "Workloads, answered as all are, whose pods nobody judged before they come.";
        out.family("requests_unforeseen_total", "counter", help);
        out.line("requests_unforeseen_total", "", get(&self.unforeseen));
        out.family("request_duration_seconds", "histogram", "From the body to the answer.");
        let mut total = 0;
        let bounds = BOUNDS.iter().map(|bound| seconds(*bound)).chain(["+Inf".to_owned()]);
        for (bucket, bound) in self.durations.iter().zip(bounds) {
            total += get(bucket);
            let labels = format!("{{le=\"{bound}\"}}");
            out.line("request_duration_seconds_bucket", &labels, total);
        }
        out.line("request_duration_seconds_sum", "", seconds(get(&self.microseconds)));
        out.line("request_duration_seconds_count", "", total);
    }
}

fn add(counter: &AtomicU64, count: usize) {
    if count > 0 {
        counter.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// The policy set in force, and how it came there.
fn policies(out: &mut Text, live: &Live) {
    out.family("policy_reloads_total", "counter", "Policy sets that came into force.");
    out.line("policy_reloads_total", "", live.renewals());
    out.family("policy_reload_failures_total", "counter", "Policy sets that were refused.");
    out.line("policy_reload_failures_total", "", live.refusals());
    let help = "1 where the newest policies are faulty, and older ones in force.";
    out.family("policy_reload_failed", "gauge", help);
    out.line("policy_reload_failed", "", u8::from(live.refused().is_some()));
    if let Some(age) = live.since_renewed() {
        out.family("policy_set_age_seconds", "gauge", "How long the policy set is in force.");
        out.line("policy_set_age_seconds", "", age.as_secs());
    }
    if let Some(age) = live.cache_age() {
        let help = "How long ago what policies look up in the cluster was complete.";
        out.family("cache_age_seconds", "gauge", help);
        out.line("cache_age_seconds", "", age.as_secs_f64());
    }
    let Some(basis) = live.basis() else { return };
    out.family("policy_set_info", "gauge", "The policy set in force.");
    out.line("policy_set_info", &label("digest", basis.set.digest()), 1);
    out.family("policies", "gauge", "Policies, by what becomes of them.");
    let mut by_status: Vec<(&str, usize)> = Vec::new();
    for state in basis.set.states() {
        let status = state.status.as_str();
        match by_status.iter_mut().find(|(of, _)| *of == status) {
            Some((_, count)) => *count += 1,
            None => by_status.push((status, 1)),
        }
    }
    for (status, count) in by_status {
        out.line("policies", &label("status", status), count);
    }
}

/// What each policy said and took.
fn tallies(out: &mut Text, tallies: &[std::sync::Arc<Tally>]) {
    type Count = fn(&Tally) -> &AtomicU64;
    let counters: [(&str, &str, Count); 3] = [
        ("policy_evaluations_total", "Evaluations of a policy.", |tally| &tally.evaluations),
        ("policy_violations_total", "Violations that a policy found.", |tally| &tally.violations),
        ("policy_errors_total", "Evaluations that failed.", |tally| &tally.errors),
    ];
    for (name, help, count) in counters {
        out.family(name, "counter", help);
        for tally in tallies {
            out.line(name, &label("policy", &tally.policy), count(tally).load(Ordering::Relaxed));
        }
    }
    let name = "policy_evaluation_seconds_total";
    out.family(name, "counter", "The time that a policy's evaluations took.");
    for tally in tallies {
        let took = Duration::from_nanos(tally.nanoseconds.load(Ordering::Relaxed));
        out.line(name, &label("policy", &tally.policy), format_args!("{:.9}", took.as_secs_f64()));
    }
}

/// Metrics as text.
#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.0, "# HELP sekisho_{name} {help}\n# TYPE sekisho_{name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = writeln!(self.0, "sekisho_{name}{labels} {value}");
    }
}

/// One label. Names of policies may hold anything.
fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{{{name}=\"{value}\"}}")
}

fn seconds(microseconds: u64) -> String {
    format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::{Asked, Gauges, Metrics, Outcome, label};
    use crate::live::Live;
    use crate::review::Answer;
    use sekisho_engine::Verdict;
    use std::time::Duration;

    #[test]
    fn counted_and_shown() {
        let metrics = Metrics::default();
        metrics.count(Asked::Mutate, Outcome::Shed);
        let took = Duration::from_micros(70);
        metrics.judged(Asked::Validate, &Answer::default(), &Verdict::default(), took);
        let live = Live::default();
        metrics.unforeseen();
        live.refuse("faulty");
        let gauges = Gauges { connections: 3, judging: 2, waiting: 1, untold: 4, held: 7 };
        let text = metrics.text(&live, gauges);
        for wanted in [
            "sekisho_requests_total{endpoint=\"validate\",outcome=\"allowed\"} 1\n",
            "sekisho_requests_total{endpoint=\"mutate\",outcome=\"shed\"} 1\n",
            "sekisho_requests_total{endpoint=\"imagepolicy\",outcome=\"denied\"} 0\n",
            "sekisho_request_duration_seconds_bucket{le=\"0.000050\"} 0\n",
            "sekisho_request_duration_seconds_bucket{le=\"0.000100\"} 1\n",
            "sekisho_request_duration_seconds_bucket{le=\"+Inf\"} 1\n",
            "sekisho_request_duration_seconds_sum 0.000070\n",
            "sekisho_connections 3\n",
            "sekisho_requests_in_flight 2\n",
            "sekisho_requests_waiting 1\n",
            "sekisho_requests_untold 4\n",
            "sekisho_requests_unforeseen_total 1\n",
            "sekisho_held_bytes 7\n",
            "sekisho_policy_reload_failed 1\n",
            "sekisho_policy_reload_failures_total 1\n",
        ] {
            assert!(text.contains(wanted), "{wanted} in\n{text}");
        }
        assert!(!text.contains("cache_age"), "nothing is cached");
        live.synced();
        assert!(metrics.text(&live, gauges).contains("sekisho_cache_age_seconds 0."));
    }

    #[test]
    fn labels_hold_anything() {
        assert_eq!(label("policy", "a\"b\\c\nd"), "{policy=\"a\\\"b\\\\c\\nd\"}");
    }
}
