//! The figures beside those of an earlier run.

use super::columns::Columns;
use super::figures::{Figures, short_duration};

/// What counts as slower.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tolerance {
    /// in percent
    pub(super) threshold: f64,
    /// a smaller difference of latencies does not count, in nanoseconds; 0 for any
    pub(super) least: u64,
}

struct Metric {
    name: &'static str,
    before: Figure,
    now: Figure,
    passed: bool,
}

#[derive(Clone, Copy)]
enum Figure {
    /// in nanoseconds
    Latency(u64),
    /// reviews in a second
    Rate(f64),
}

impl Figure {
    fn number(self) -> f64 {
        match self {
            Self::Latency(time) => time as f64,
            Self::Rate(rate) => rate,
        }
    }

    fn shown(self) -> String {
        match self {
            Self::Latency(time) => short_duration(time),
            Self::Rate(rate) => format!("{rate:.2}/sec"),
        }
    }
}

/// The comparison as it is shown, and whether nothing got slower; none where the earlier run has
/// no figures of any of these engines.
pub(super) fn compare(
    before: &[Figures],
    now: &[Figures],
    tolerance: Tolerance,
) -> Option<(String, bool)> {
    let mut texts = Vec::new();
    let mut all_passed = true;
    for now in now {
        let Some(before) = before.iter().rfind(|before| before.engine == now.engine) else {
            continue;
        };
        let metrics = metrics(before, now, tolerance);
        all_passed &= metrics.iter().all(|metric| metric.passed);
        texts.push(shown(now, &metrics, tolerance));
    }
    (!texts.is_empty()).then(|| (texts.join("\n"), all_passed))
}

fn metrics(before: &Figures, now: &Figures, tolerance: Tolerance) -> Vec<Metric> {
    let Tolerance { threshold, least } = tolerance;
    let latency = |name, before: u64, now: u64| {
        let passed = delta(before as f64, now as f64) <= threshold
            || (least > 0 && now.saturating_sub(before) < least);
        Metric { name, before: Figure::Latency(before), now: Figure::Latency(now), passed }
    };
    let mut metrics = vec![
        latency("P50 Latency", before.latencies.p50, now.latencies.p50),
        latency("P95 Latency", before.latencies.p95, now.latencies.p95),
        latency("P99 Latency", before.latencies.p99, now.latencies.p99),
        latency("Mean Latency", before.latencies.mean, now.latencies.mean),
    ];
    let (rate_before, rate_now) = (before.reviews_per_second, now.reviews_per_second);
    let mut passed = -delta(rate_before, rate_now) <= threshold;
    if !passed && least > 0 && before.latencies.mean > 0 {
        // As much of the rate as the difference is of the mean latency.
        let tolerated = rate_before * (least as f64 / before.latencies.mean as f64);
        passed = rate_before - rate_now < tolerated;
    }
    let (before, now) = (Figure::Rate(rate_before), Figure::Rate(rate_now));
    metrics.push(Metric { name: "Throughput", before, now, passed });
    metrics
}

/// By how many percent something grew.
fn delta(before: f64, now: f64) -> f64 {
    match (before, now) {
        (0.0, 0.0) => 0.0,
        (0.0, _) => 100.0,
        _ => (now - before) / before * 100.0,
    }
}

fn shown(now: &Figures, metrics: &[Metric], tolerance: Tolerance) -> String {
    let mut columns = Columns::default();
    columns.line("Metric\tBaseline\tCurrent\tDelta\tStatus");
    columns.line("------\t--------\t-------\t-----\t------");
    for Metric { name, before, now, passed } in metrics {
        let status = if *passed { "✓" } else { "✗ REGRESSION" };
        let delta = delta(before.number(), now.number());
        columns.line(&format!(
            "{name}\t{}\t{}\t{delta:+.1}%\t{status}",
            before.shown(),
            now.shown()
        ));
    }
    let slower: Vec<&str> =
        metrics.iter().filter(|metric| !metric.passed).map(|metric| metric.name).collect();
    let Tolerance { threshold, .. } = tolerance;
    let verdict = match slower.as_slice() {
        [] => format!("✓ No significant regressions (threshold: {threshold:.1}%)"),
        names => {
            format!("✗ Regressions detected in: {} (threshold: {threshold:.1}%)", names.join(", "))
        }
    };
    let engine = now.engine.as_str().to_uppercase();
    format!("=== Baseline Comparison: {engine} Engine ===\n\n{}\n{verdict}\n", columns.to_text())
}

#[cfg(test)]
mod tests {
    use super::super::figures::{Figures, Latencies};
    use super::{Tolerance, compare};

    fn figures(latency: u64, rate: f64) -> Figures {
        let latencies = Latencies {
            p50: latency,
            p95: latency,
            p99: latency,
            mean: latency,
            ..Latencies::default()
        };
        Figures { latencies, reviews_per_second: rate, ..Figures::default() }
    }

    #[test]
    fn slower_beyond_the_tolerance() {
        let before = [figures(1_000_000, 1_000.0)];
        // latency, rate, percent, least difference, whether it passes
        let cases = [
            (1_050_000, 960.0, 10.0, 0, true),
            (1_500_000, 1_000.0, 10.0, 0, false),
            (1_000_000, 800.0, 10.0, 0, false),
            (1_500_000, 800.0, 10.0, 600_000, true),
            (1_500_000, 800.0, 60.0, 0, true),
            (1_500_000, 300.0, 60.0, 600_000, false),
        ];
        for (latency, rate, threshold, least, passes) in cases {
            let now = [figures(latency, rate)];
            let compared = compare(&before, &now, Tolerance { threshold, least });
            let (text, passed) = compared.unwrap();
            assert_eq!(passed, passes, "{text}");
            assert_eq!(text.contains("✗ REGRESSION"), !passes, "{text}");
        }
        assert!(compare(&[], &before, Tolerance { threshold: 1.0, least: 0 }).is_none());
    }
}
