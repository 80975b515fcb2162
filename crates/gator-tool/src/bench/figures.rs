//! What is measured, and how it is written.

use super::BenchEngine;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The figures of one engine. As they are saved for later comparisons, durations are nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Figures {
    pub(super) engine: BenchEngine,
    pub(super) template_count: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) skipped_templates: Vec<String>,
    pub(super) constraint_count: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) skipped_constraints: Vec<String>,
    pub(super) referential_data_supported: bool,
    pub(super) object_count: usize,
    pub(super) iterations: usize,
    pub(super) concurrency: usize,
    pub(super) setup_duration: u64,
    pub(super) setup_breakdown: Setup,
    pub(super) total_duration: u64,
    pub(super) latencies: Latencies,
    pub(super) violation_count: usize,
    pub(super) reviews_per_second: f64,
}

/// How long each step of the setup takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Setup {
    pub(super) client_creation: u64,
    pub(super) template_compilation: u64,
    pub(super) constraint_loading: u64,
    pub(super) data_loading: u64,
}

/// How long reviews take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Latencies {
    pub(super) min: u64,
    pub(super) max: u64,
    pub(super) mean: u64,
    pub(super) p50: u64,
    pub(super) p95: u64,
    pub(super) p99: u64,
}

impl Latencies {
    pub(super) fn of(mut durations: Vec<u64>) -> Self {
        durations.sort_unstable();
        let (Some(min), Some(max)) = (durations.first(), durations.last()) else {
            return Self::default();
        };
        let total: u128 = durations.iter().copied().map(u128::from).sum();
        Self {
            min: *min,
            max: *max,
            mean: u64::try_from(total / durations.len() as u128).unwrap_or(u64::MAX),
            p50: percentile(&durations, 50),
            p95: percentile(&durations, 95),
            p99: percentile(&durations, 99),
        }
    }
}

/// Between the two nearest of sorted durations.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = percent * sorted.len().saturating_sub(1);
    let at = |index: usize| sorted.get(index).or(sorted.last()).copied().unwrap_or_default();
    let (low, high) = (at(rank / 100), at(rank / 100 + 1));
    let part = (rank % 100) as u64;
    let above = u128::from(high - low) * u128::from(part) / 100;
    low.saturating_add(u64::try_from(above).unwrap_or_default())
}

/// As Go writes a duration: `1m2.5s`, `3.28ms`, `850ns`.
pub(super) fn go_duration(nanoseconds: u64) -> String {
    let fraction = |whole: u64, rest: u64, digits: usize, unit: &str| {
        let rest = format!("{rest:0digits$}");
        match rest.trim_end_matches('0') {
            "" => format!("{whole}{unit}"),
            rest => format!("{whole}.{rest}{unit}"),
        }
    };
    match nanoseconds {
        0 => "0s".to_owned(),
        1..1_000 => format!("{nanoseconds}ns"),
        1_000..1_000_000 => fraction(nanoseconds / 1_000, nanoseconds % 1_000, 3, "µs"),
        1_000_000..1_000_000_000 => {
            fraction(nanoseconds / 1_000_000, nanoseconds % 1_000_000, 6, "ms")
        }
        _ => {
            let seconds = nanoseconds / 1_000_000_000;
            let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
            let rest = fraction(seconds % 60, nanoseconds % 1_000_000_000, 9, "s");
            match (hours, minutes) {
                (0, 0) => rest,
                (0, minutes) => format!("{minutes}m{rest}"),
                (hours, minutes) => format!("{hours}h{minutes}m{rest}"),
            }
        }
    }
}

/// As tables show a duration.
pub(super) fn short_duration(nanoseconds: u64) -> String {
    let duration = Duration::from_nanos(nanoseconds);
    match nanoseconds {
        0..1_000 => format!("{nanoseconds}ns"),
        1_000..1_000_000 => format!("{:.2}µs", nanoseconds as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2}ms", nanoseconds as f64 / 1e6),
        _ => format!("{:.3}s", duration.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Latencies, go_duration, short_duration};

    #[test]
    fn durations() {
        let cases = [
            (0, "0s", "0ns"),
            (850, "850ns", "850ns"),
            (29_684, "29.684µs", "29.68µs"),
            (1_500, "1.5µs", "1.50µs"),
            (3_284_628, "3.284628ms", "3.28ms"),
            (20_000_000, "20ms", "20.00ms"),
            (1_000_000_000, "1s", "1.000s"),
            (62_500_000_000, "1m2.5s", "62.500s"),
            (3_600_000_000_000, "1h0m0s", "3600.000s"),
        ];
        for (nanoseconds, go, short) in cases {
            assert_eq!(go_duration(nanoseconds), go);
            assert_eq!(short_duration(nanoseconds), short);
        }
    }

    #[test]
    fn latencies_lie_between_the_nearest() {
        let wanted = Latencies { min: 10, max: 40, mean: 25, p50: 25, p95: 38, p99: 39 };
        assert_eq!(Latencies::of(vec![40, 10, 30, 20]), wanted);
        assert_eq!(Latencies::of(vec![7]).p99, 7);
        assert_eq!(Latencies::of(Vec::new()), Latencies::default());
    }
}
