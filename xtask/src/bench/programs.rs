//! The binary itself.

use super::{Figure, measure};
use crate::process;
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::process::Command;

/// How large the binary is, stripped.
pub(super) fn size() -> anyhow::Result<Figure> {
    let program = process::build_sekisho(true)?;
    let bytes = std::fs::metadata(&program).context("the binary is not there")?.len();
    Ok(Figure {
        bench: "size",
        case: "binary, stripped".to_owned(),
        unit: "MB",
        ours: bytes as f64 / 1e6,
        rivals: BTreeMap::new(),
        note: String::new(),
    })
}

/// How long it takes to start and end.
pub(super) fn startup() -> anyhow::Result<Figure> {
    let program = process::build_sekisho(true)?;
    let mut times = Vec::new();
    for _ in 0..50 {
        let used = process::measure(Command::new(&program).arg("--version"))?;
        anyhow::ensure!(used.status.success(), "`sekisho --version` failed");
        times.push(used.wall.as_secs_f64() * 1e3);
    }
    Ok(Figure {
        bench: "startup",
        case: "--version".to_owned(),
        unit: "ms",
        ours: measure::median(times),
        rivals: BTreeMap::new(),
        note: "median of 50".to_owned(),
    })
}
