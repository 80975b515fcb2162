//! What is told of a run.

use super::drive::Outcome;
use super::link::OwnTimes;
use super::process::Taken;
use hdrhistogram::Histogram;
use std::fmt::Write as _;

pub(super) struct Report {
    pub(super) result: Outcome,
    /// what the process took before and after
    pub(super) used: Option<(Taken, Taken)>,
    /// the server's own times before and after
    pub(super) own: Option<(OwnTimes, OwnTimes)>,
}

const QUANTILES: [(&str, f64); 6] =
    [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999), ("max", 1.0)];

impl Report {
    pub(super) fn text(&self) -> String {
        let Outcome { due, sent, allowed, denied, failures, took } = &self.result;
        let answered = allowed + denied;
        let mut out = String::new();
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            out,
            "{answered} answered ({allowed} allowed, {denied} denied), {failures} failed, \
             {:.0} a second",
            answered as f64 / took.as_secs_f64()
        );
        for (name, histogram) in [("from when it was due", due), ("from when it was sent", sent)] {
            let _ = writeln!(out, "{name}: {}", quantiles(histogram));
        }
        if let Some((before, after)) = &self.own {
            let counts = before.iter().zip(after);
            let own: Vec<(f64, u64)> =
                counts.map(|((bound, before), (_, after))| (*bound, after - before)).collect();
            let _ = writeln!(out, "the server's own time: {}", within(&own));
        }
        if let Some((before, after)) = &self.used {
            let cpu = after.cpu - before.cpu;
            let _ = writeln!(
                out,
                "CPU: {cpu:.2} s, {:.0} µs a request; memory: {:.1} MB, at most {:.1} MB",
                cpu * 1e6 / answered.max(1) as f64,
                after.resident as f64 / 1e6,
                after.peak as f64 / 1e6,
            );
        }
        out
    }
}

fn quantiles(histogram: &Histogram<u64>) -> String {
    let told = QUANTILES.map(|(name, quantile)| {
        format!("{name} {:.3} ms", histogram.value_at_quantile(quantile) as f64 / 1e3)
    });
    told.join(", ")
}

/// The bounds of buckets that hold so many of all.
fn within(counts: &[(f64, u64)]) -> String {
    let total = counts.last().map_or(0, |(_, count)| *count);
    let told = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)].map(|(name, quantile)| {
        let bound = counts.iter().find(|(_, count)| *count as f64 >= quantile * total as f64);
        format!("{name} at most {:.3} ms", bound.map_or(f64::NAN, |(bound, _)| bound / 1e3))
    });
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn buckets_hold_quantiles() {
        let counts = [(50.0, 40), (100.0, 60), (250.0, 99), (f64::INFINITY, 100)];
        assert_eq!(
            within(&counts),
            "p50 at most 0.100 ms, p99 at most 0.250 ms, p99.9 at most inf ms"
        );
    }
}
