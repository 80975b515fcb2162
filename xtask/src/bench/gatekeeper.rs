//! Gatekeeper's library over generated objects, beside gator: the whole program, and one review.

mod library;
#[cfg(feature = "bench")]
mod reviews;

#[cfg(feature = "bench")]
pub(super) use reviews::reviews;

use super::{Figure, tree};
use crate::rivals::Rival;
use crate::{generate_tree, process};
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How many objects gator gets through while one waits; ten times as many take it minutes.
const FEW: usize = 1_000;

/// Gator, where it is built.
fn gator() -> anyhow::Result<Option<(String, PathBuf)>> {
    let rival = Rival::named("gator").context("gator is no rival")?;
    Ok(rival.program().map(|program| (format!("gator {}", rival.version), program)))
}

/// Time and memory of `gator test` and ours. `slow`: gator judges the large tree, too.
pub(super) fn programs(slow: bool) -> anyhow::Result<Vec<Figure>> {
    let policies = library::policies()?;
    if policies.is_empty() {
        return Ok(Vec::new());
    }
    let ours = process::build_sekisho(true)?;
    let mut figures = Vec::new();
    for count in [FEW, generate_tree::COUNT] {
        let dir = tempfile::tempdir()?;
        library::write(&policies, dir.path())?;
        generate_tree::write(&dir.path().join("objects"), count)?;
        let used = tree::runs(5, &[1], || {
            let mut command = Command::new(&ours);
            command.arg("gator");
            Ok(test(command, dir.path()))
        })?;
        let (mut times, mut peaks) = (BTreeMap::new(), BTreeMap::new());
        let mut note = format!("{} constraints", policies.len());
        match gator()? {
            None => note.push_str(", gator not built (`cargo xtask rivals gator`)"),
            Some(_) if count > FEW && !slow => note.push_str(", gator takes minutes (`--slow`)"),
            Some((name, program)) => {
                let used = tree::runs(1, &[1], || Ok(test(Command::new(&program), dir.path())))?;
                times.insert(name.clone(), used.milliseconds);
                peaks.insert(name, used.megabytes);
            }
        }
        let figure = |what, unit, ours, rivals| Figure {
            bench: "gatekeeper",
            case: format!("`gator test`, {count} objects, {what}"),
            unit,
            ours,
            rivals,
            note: note.clone(),
        };
        figures.push(figure("time", "ms", used.milliseconds, times));
        figures.push(figure("peak memory", "MB", used.megabytes, peaks));
    }
    Ok(figures)
}

fn test(mut command: Command, dir: &Path) -> Command {
    command.args(["test", "--output", "json", "--enable-k8s-native-validation=false"]);
    command.arg("--filename").arg(dir);
    command
}
