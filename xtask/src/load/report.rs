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
        let Outcome { due, sent, allowed, denied, failures, .. } = &self.result;
        let answered = self.answered();
        let mut out = String::new();
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            out,
            "{answered} answered ({allowed} allowed, {denied} denied), {failures} failed, \
             {:.0} a second",
            self.throughput()
        );
        for (name, histogram) in [("from when it was due", due), ("from when it was sent", sent)] {
            let _ = writeln!(out, "{name}: {}", quantiles(histogram));
        }
        if let Some(own) = self.own() {
            let told = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)]
                .map(|(name, part)| format!("{name} at most {:.3} ms", quantile(&own, part) / 1e3));
            let _ = writeln!(out, "the server's own time: {}", told.join(", "));
        }
        if let (Some((before, after)), Some(each)) = (&self.used, self.cpu()) {
            let _ = writeln!(
                out,
                "CPU: {:.2} s, {each:.0} µs a request; memory: {:.1} MB, at most {:.1} MB",
                after.cpu - before.cpu,
                after.resident as f64 / 1e6,
                after.peak as f64 / 1e6,
            );
        }
        out
    }

    /// This run and a later one, as one: what the process took between them is left out.
    pub(super) fn and(mut self, later: Self) -> anyhow::Result<Self> {
        self.result.add(&later.result)?;
        self.result.took += later.result.took;
        self.used = self.used.zip(later.used).map(|((before, after), (from, to))| {
            (before, Taken { cpu: after.cpu + to.cpu - from.cpu, ..to })
        });
        self.own = self.own.zip(later.own).map(|((before, after), (from, to))| {
            let more = from.into_iter().zip(to).map(|((_, from), (_, to))| to - from);
            let after = after.into_iter().zip(more);
            (before, after.map(|((bound, count), more)| (bound, count + more)).collect())
        });
        Ok(self)
    }

    /// How many requests were answered.
    pub(super) fn answered(&self) -> u64 {
        self.result.allowed + self.result.denied
    }

    /// How many were answered in a second.
    pub(super) fn throughput(&self) -> f64 {
        self.answered() as f64 / self.result.took.as_secs_f64()
    }

    /// The CPU of a request, in microseconds.
    pub(super) fn cpu(&self) -> Option<f64> {
        let (before, after) = self.used?;
        Some((after.cpu - before.cpu) * 1e6 / self.answered().max(1) as f64)
    }

    /// How many requests the server itself says took so many microseconds at most.
    pub(super) fn own(&self) -> Option<OwnTimes> {
        let (before, after) = self.own.as_ref()?;
        let counts = before.iter().zip(after);
        Some(counts.map(|((bound, before), (_, after))| (*bound, after - before)).collect())
    }
}

fn quantiles(histogram: &Histogram<u64>) -> String {
    let told = QUANTILES.map(|(name, quantile)| {
        format!("{name} {:.3} ms", histogram.value_at_quantile(quantile) as f64 / 1e3)
    });
    told.join(", ")
}

/// The bound of the bucket up to which so many of all are.
pub(super) fn quantile(counts: &[(f64, u64)], part: f64) -> f64 {
    let total = counts.last().map_or(0, |(_, count)| *count);
    let bucket = counts.iter().find(|(_, count)| *count as f64 >= part * total as f64);
    bucket.map_or(f64::NAN, |(bound, _)| *bound)
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn buckets_hold_quantiles() {
        let counts = [(50.0, 40), (100.0, 60), (250.0, 99), (f64::INFINITY, 100)];
        for (part, bound) in [(0.4, 50.0), (0.5, 100.0), (0.99, 250.0), (0.999, f64::INFINITY)] {
            assert_eq!(quantile(&counts, part), bound, "{part}");
        }
    }
}
