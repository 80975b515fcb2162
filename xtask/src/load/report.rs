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

    /// Adds a later run, as if both were one: what the process did between them is left out.
    pub(super) fn add(&mut self, later: Self) -> anyhow::Result<()> {
        self.result.add(&later.result)?;
        self.result.took += later.result.took;
        if let (Some((_, after)), Some((from, to))) = (&mut self.used, later.used) {
            *after = Taken { cpu: after.cpu + to.cpu - from.cpu, ..to };
        }
        if let (Some((_, after)), Some((from, to))) = (&mut self.own, later.own) {
            for (((_, count), (_, from)), (_, to)) in after.iter_mut().zip(from).zip(to) {
                *count += to - from;
            }
        }
        Ok(())
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
    use super::{Report, quantile};
    use crate::load::drive::Outcome;
    use crate::load::process::Taken;
    use std::time::Duration;

    #[test]
    fn what_is_between_two_turns_is_left_out() {
        let turn = |allowed, cpu: (f64, f64), own: (u64, u64)| {
            let mut result = Outcome::new().unwrap();
            (result.allowed, result.took) = (allowed, Duration::from_secs(2));
            let taken = |cpu| Taken { cpu, resident: 1, peak: 2 };
            let own = (vec![(50.0, own.0)], vec![(50.0, own.1)]);
            Report { result, used: Some((taken(cpu.0), taken(cpu.1))), own: Some(own) }
        };
        let mut both = turn(30, (1.0, 2.0), (5, 35));
        both.add(turn(10, (7.0, 8.0), (99, 109))).unwrap();
        assert_eq!((both.answered(), both.throughput()), (40, 10.0));
        assert_eq!(both.cpu(), Some(2e6 / 40.0));
        assert_eq!(both.own(), Some(vec![(50.0, 40)]));
    }

    #[test]
    fn buckets_hold_quantiles() {
        let counts = [(50.0, 40), (100.0, 60), (250.0, 99), (f64::INFINITY, 100)];
        for (part, bound) in [(0.4, 50.0), (0.5, 100.0), (0.99, 250.0), (0.999, f64::INFINITY)] {
            assert_eq!(quantile(&counts, part), bound, "{part}");
        }
    }
}
