//! Gatekeeper policies over what a cluster holds, beside gator: the whole program, and one review.

pub(crate) mod library;
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

/// How many objects are judged; of the larger number gator takes minutes.
const COUNTS: [usize; 2] = [1_000, generate_tree::COUNT];

/// Gator, where it is built.
fn gator() -> anyhow::Result<Option<(String, PathBuf)>> {
    let rival = Rival::named("gator").context("gator is no rival")?;
    Ok(rival.program().map(|program| (format!("gator {}", rival.version), program)))
}

/// Time and memory of `gator test` and ours.
pub(super) fn programs() -> anyhow::Result<Vec<Figure>> {
    let policies = library::policies()?;
    let ours = process::build_sekisho(true)?;
    let mut figures = Vec::new();
    for count in COUNTS {
        let dir = tempfile::tempdir()?;
        library::write(&policies, dir.path())?;
        let objects = generate_tree::cluster().take(count);
        generate_tree::write_all(&dir.path().join("objects"), objects)?;
        let used = tree::runs(5, &[1], || {
            let mut command = Command::new(&ours);
            command.arg("gator");
            Ok(test(command, dir.path()))
        })?;
        let (mut times, mut peaks) = (BTreeMap::new(), BTreeMap::new());
        let mut note = format!("{} constraints", policies.len());
        match gator()? {
            None => note.push_str(", gator not built (`cargo xtask rivals gator`)"),
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
