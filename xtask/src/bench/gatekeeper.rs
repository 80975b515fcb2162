//! Gatekeeper policies over what a cluster holds, beside gator: the whole program, and one review.

pub(crate) mod answers;
pub(crate) mod library;
#[cfg(feature = "bench")]
mod reviews;

#[cfg(feature = "bench")]
pub(super) use reviews::reviews;

use super::{Figure, measure};
use crate::rivals::Rival;
use crate::{generate_tree, process};
use answers::Answers;
use anyhow::{Context as _, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// How many objects are judged; of the larger number gator takes minutes.
const COUNTS: [usize; 2] = [1_000, generate_tree::COUNT];

/// Gator, where it is built.
fn gator() -> anyhow::Result<Option<(String, PathBuf)>> {
    let rival = Rival::named("gator").context("gator is no rival")?;
    Ok(rival.program().map(|program| (format!("gator {}", rival.version), program)))
}

/// What is measured by whole programs: `gator test`, and `gator bench`.
pub(super) fn programs() -> anyhow::Result<Vec<Figure>> {
    let policies = library::policies()?;
    let ours = process::build_sekisho(true)?;
    let gator = gator()?;
    if gator.is_none() {
        println!("gator is not built (`cargo xtask rivals gator`), and not measured");
    }
    let mut figures = Vec::new();
    for count in COUNTS {
        figures.extend(test(&policies, count, &ours, gator.as_ref())?);
    }
    figures.extend(bench(&policies, &ours, gator.as_ref())?);
    Ok(figures)
}

/// Policies and objects in a folder.
fn folder(policies: &[String], count: usize) -> anyhow::Result<TempDir> {
    let dir = tempfile::tempdir()?;
    library::write(policies, dir.path())?;
    let objects = generate_tree::cluster().take(count);
    generate_tree::write_all(&dir.path().join("objects"), objects)?;
    Ok(dir)
}

/// Time and memory of `gator test`, which is to find what ours finds.
fn test(
    policies: &[String],
    count: usize,
    ours: &Path,
    gator: Option<&(String, PathBuf)>,
) -> anyhow::Result<Vec<Figure>> {
    let dir = folder(policies, count)?;
    let mut mine = Command::new(ours);
    mine.arg("gator");
    let mine = Used::of(RUNS, mine, dir.path())?;
    let mut note = format!("{} constraints, {} violations", policies.len(), mine.answers.len());
    let mut rivals = Vec::new();
    if let Some((name, program)) = gator {
        let theirs = Used::of(1, Command::new(program), dir.path())?;
        answers::compare(&mine.answers, &theirs.answers)?;
        note.push_str(", the same");
        rivals.push((name, theirs));
    }
    let figure = |what, unit, of: fn(&Used) -> f64| Figure {
        bench: "gatekeeper",
        case: format!("`gator test`, {count} objects, {what}"),
        unit,
        ours: of(&mine),
        rivals: rivals.iter().map(|(name, used)| ((*name).clone(), of(used))).collect(),
        note: note.clone(),
    };
    Ok(vec![
        figure("CPU time", "ms", |used| used.cpu),
        figure("time", "ms", |used| used.wall),
        figure("peak memory", "MB", |used| used.megabytes),
    ])
}

/// How often ours is run; gator once, of which one run takes minutes.
const RUNS: usize = 5;

/// What runs of `gator test` took, in milliseconds, and what they found.
struct Used {
    cpu: f64,
    wall: f64,
    megabytes: f64,
    answers: Answers,
}

impl Used {
    /// The middle times, and the largest peak.
    fn of(runs: usize, mut command: Command, dir: &Path) -> anyhow::Result<Self> {
        command.args(["test", "--output", "json", "--enable-k8s-native-validation=false"]);
        command.arg("--filename").arg(dir);
        let (mut cpu, mut wall, mut peak) = (Vec::new(), Vec::new(), 0);
        let said = tempfile::NamedTempFile::new()?;
        for _ in 0..runs {
            // What is written to a file is written by both.
            command.stdout(fs::File::create(said.path())?);
            let used = process::measure_as_it_is(&mut command)?;
            if used.status.code() != Some(1) {
                bail!("`{}` ended with {}", command.get_program().to_string_lossy(), used.status);
            }
            cpu.push(used.cpu.as_secs_f64() * 1e3);
            wall.push(used.wall.as_secs_f64() * 1e3);
            peak = peak.max(used.peak);
        }
        let (cpu, wall) = (measure::median(cpu), measure::median(wall));
        let answers = answers::read(said.path())?;
        Ok(Self { cpu, wall, megabytes: peak as f64 / 1e6, answers })
    }
}

/// How many objects are reviewed by `gator bench`, and how often.
const REVIEWED: usize = 200;
const ITERATIONS: &str = "20";

/// What `gator bench` says of one review.
fn bench(
    policies: &[String],
    ours: &Path,
    gator: Option<&(String, PathBuf)>,
) -> anyhow::Result<[Figure; 2]> {
    let dir = folder(policies, REVIEWED)?;
    let mut mine = Command::new(ours);
    mine.arg("gator");
    let mine = Reviewed::of(mine, dir.path())?;
    let mut rivals = Vec::new();
    if let Some((name, program)) = gator {
        let theirs = Reviewed::of(Command::new(program), dir.path())?;
        let (found, wanted) = (mine.violations, theirs.violations);
        ensure!(found == wanted, "`gator bench` finds {wanted} violations, ours {found}");
        rivals.push((name, theirs));
    }
    let figure = |what, of: fn(&Reviewed) -> f64| Figure {
        bench: "gatekeeper",
        case: format!("`gator bench`, {REVIEWED} objects, one review, {what}"),
        unit: "µs",
        ours: of(&mine),
        rivals: rivals.iter().map(|(name, said)| ((*name).clone(), of(said))).collect(),
        note: format!("{} constraints, {} violations", policies.len(), mine.violations),
    };
    Ok([figure("mean", |said| said.mean), figure("P50", |said| said.median)])
}

/// What `gator bench` says, in microseconds.
struct Reviewed {
    mean: f64,
    median: f64,
    violations: u64,
}

impl Reviewed {
    fn of(mut command: Command, dir: &Path) -> anyhow::Result<Self> {
        command.args(["bench", "--engine", "rego", "--iterations", ITERATIONS, "--warmup", "2"]);
        command.args(["--output", "json", "--filename"]).arg(dir);
        let said = process::capture(&mut command)?;
        let json = said.find("[\n").and_then(|at| said.get(at..)).context("it says no JSON")?;
        let said: serde_json::Value = serde_json::from_str(json)?;
        let microseconds = |which: &str| {
            let text = said.pointer(which).and_then(serde_json::Value::as_str);
            text.and_then(microseconds).with_context(|| format!("it says no time at `{which}`"))
        };
        let violations = said.pointer("/0/violationCount").and_then(serde_json::Value::as_u64);
        Ok(Self {
            mean: microseconds("/0/latencies/mean")?,
            median: microseconds("/0/latencies/p50")?,
            violations: violations.context("it says no violations")?,
        })
    }
}

/// A duration as Go writes it, where it has one unit only.
fn microseconds(text: &str) -> Option<f64> {
    let units = [("ns", 1e-3), ("µs", 1.0), ("ms", 1e3), ("s", 1e6)];
    units.iter().find_map(|(unit, times)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(number * times)
    })
}

#[cfg(test)]
mod tests {
    use super::microseconds;

    #[test]
    fn durations() {
        for (text, wanted) in [
            ("323.5µs", Some(323.5)),
            ("47.5ms", Some(47_500.0)),
            ("1.5s", Some(1_500_000.0)),
            ("800ns", Some(0.8)),
            ("1m2s", None),
            ("", None),
        ] {
            assert_eq!(microseconds(text), wanted, "{text}");
        }
    }
}
