//! The whole of `check` on a generated tree, beside programs that do the same kind of work.

use super::{Figure, measure};
use crate::generate_tree;
use crate::process::{self, Usage};
use crate::rivals::Rival;
use anyhow::bail;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// As many manifests as checkov gets through while one waits.
const FEW: usize = 1_000;

/// One program on one tree.
pub(super) struct Runs {
    pub(super) milliseconds: f64,
    pub(super) megabytes: f64,
}

/// Time and memory on both trees.
pub(super) fn check() -> anyhow::Result<Vec<Figure>> {
    let program = process::build_sekisho(true)?;
    let mut figures = Vec::new();
    for (count, with_checkov) in [(generate_tree::COUNT, false), (FEW, true)] {
        let dir = tempfile::tempdir()?;
        let bytes = generate_tree::write(dir.path(), count)?;
        let size = format!("{:.1} MB", bytes as f64 / 1e6);
        let ours = runs(15, &[1], || sekisho(&program, dir.path()))?;
        let mut times = BTreeMap::new();
        let mut peaks = BTreeMap::new();
        let mut note = size;
        for name in ["kube-score", "checkov"] {
            if name == "checkov" && !with_checkov {
                continue;
            }
            let Some((rival, rival_program)) =
                Rival::named(name).and_then(|rival| Some((rival, rival.program()?)))
            else {
                note.push_str(&format!(", {name} not built (`cargo xtask rivals`)"));
                continue;
            };
            let used = match name {
                "kube-score" => runs(3, &[1], || kube_score(&rival_program, dir.path()))?,
                _ => runs(1, &[0, 1], || Ok(checkov(&rival_program, dir.path())))?,
            };
            let name = format!("{name} {}", rival.version);
            times.insert(name.clone(), used.milliseconds);
            peaks.insert(name, used.megabytes);
        }
        let case = |what: &str| format!("{count} manifests, {what}");
        let figure = |what, unit, ours, rivals, note| Figure {
            bench: "check",
            case: case(what),
            unit,
            ours,
            rivals,
            note,
        };
        figures.push(figure("time", "ms", ours.milliseconds, times, note.clone()));
        figures.push(figure("peak memory", "MB", ours.megabytes, peaks, note));
    }
    Ok(figures)
}

/// Runs a program some times; the middle time and the largest peak count. An exit code that is
/// not expected means that it did not do its work.
pub(super) fn runs(
    times: usize,
    codes: &[i32],
    command: impl Fn() -> anyhow::Result<Command>,
) -> anyhow::Result<Runs> {
    let mut wall = Vec::new();
    let mut peak = 0;
    for _ in 0..times {
        let mut command = command()?;
        let used: Usage = process::measure(&mut command)?;
        if !used.status.code().is_some_and(|code| codes.contains(&code)) {
            bail!("`{}` ended with {}", command.get_program().to_string_lossy(), used.status);
        }
        wall.push(used.wall.as_secs_f64() * 1e3);
        peak = peak.max(used.peak);
    }
    Ok(Runs { milliseconds: measure::median(wall), megabytes: peak as f64 / 1e6 })
}

fn sekisho(program: &Path, tree: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(program);
    command.args(["check", "--no-config", "--output", "json"]).arg(tree);
    Ok(command)
}

/// It takes files, not folders.
fn kube_score(program: &Path, tree: &Path) -> anyhow::Result<Command> {
    let files: Vec<PathBuf> = crate::workspace::files(tree, &[])?;
    let mut command = Command::new(program);
    command.args(["score", "--output-format", "ci"]).args(files);
    Ok(command)
}

fn checkov(program: &Path, tree: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--framework", "kubernetes", "--compact", "--quiet", "--output", "json"]);
    command.args(["--skip-download", "--directory"]).arg(tree);
    command
}
