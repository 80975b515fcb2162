//! `gator bench`: how long reviews take under the constraints that are given.
//!
//! Source of what is measured and of how it is shown: `pkg/gator/bench` of Gatekeeper v3.23.

mod columns;
mod compare;
mod fields;
mod figures;
mod review;
mod table;

use crate::sources::{self, Sources};
use crate::{FAILED, OK, tell};
use compare::{Tolerance, compare};
use figures::Figures;
use review::Given;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An engine whose reviews are measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BenchEngine {
    /// Rego
    Rego,
    /// the Common Expression Language
    #[default]
    Cel,
}

impl BenchEngine {
    fn as_str(self) -> &'static str {
        self.engine().as_str()
    }

    fn engine(self) -> crate::Engine {
        match self {
            Self::Rego => crate::Engine::Rego,
            Self::Cel => crate::Engine::Cel,
        }
    }
}

/// How figures are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BenchFormat {
    /// tables
    #[default]
    Table,
    /// one list
    Json,
    /// one list
    Yaml,
}

/// What `gator bench` is asked for.
pub struct BenchOptions {
    /// files and folders
    pub filenames: Vec<PathBuf>,
    /// one, or both: then one that cannot be measured is told and left out
    pub engines: Vec<BenchEngine>,
    /// how often every object is reviewed
    pub iterations: usize,
    /// how often before anything is measured
    pub warmup: usize,
    /// how many reviews run at once
    pub concurrency: usize,
    /// how figures are printed
    pub format: BenchFormat,
    /// where they are saved for later comparisons
    pub save: Option<PathBuf>,
    /// the saved figures that these are compared with
    pub compare: Option<PathBuf>,
    /// by how many percent a figure may be worse
    pub threshold: f64,
    /// a smaller difference of latencies does not count
    pub min_threshold: Duration,
    /// the time that decides on expiry
    pub now: jiff::Timestamp,
}

/// Below this the slowest of a hundred reviews tell little.
const ENOUGH: usize = 1_000;

/// Measures, prints, saves and compares as asked; ends as `gator bench` does: 1 where something
/// cannot be done, or is slower than it was.
///
/// # Errors
/// Where `out` or `err` cannot be written.
pub fn bench(
    options: &BenchOptions,
    stdin: Option<&mut dyn Read>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let BenchOptions { iterations, warmup, .. } = options;
    if warmup > iterations {
        writeln!(
            err,
            "Warning: warmup ({warmup}) exceeds iterations ({iterations}). Consider reducing \
             warmup.\n"
        )?;
    }
    if *iterations < ENOUGH {
        writeln!(
            err,
            "Warning: {iterations} iterations may not provide statistically meaningful P99 \
             metrics. Consider using at least {ENOUGH} iterations.\n"
        )?;
    }
    let Sources { documents, .. } = match sources::read(&options.filenames, stdin, err)? {
        Ok(sources) => sources,
        Err(errors) => {
            tell(&errors, false, err)?;
            return Ok(FAILED);
        }
    };
    let given = match Given::of(&documents) {
        Ok(given) => given,
        Err(lacking) => {
            writeln!(err, "benchmark failed: {lacking}")?;
            return Ok(FAILED);
        }
    };
    let mut all = Vec::new();
    let mut left_out = Vec::new();
    for engine in &options.engines {
        match review::measure(&given, *engine, options) {
            Ok(figures) => all.push(figures),
            Err(failed) if options.engines.len() > 1 => {
                tell(&failed.diagnostics, false, err)?;
                left_out.push(format!("{}: {}", engine.as_str(), failed.message));
            }
            Err(failed) => {
                tell(&failed.diagnostics, false, err)?;
                let engine = engine.as_str();
                writeln!(err, "benchmark failed: benchmarking {engine}: {}", failed.message)?;
                return Ok(FAILED);
            }
        }
    }
    if all.is_empty() {
        let left_out = left_out.join(" ");
        writeln!(err, "benchmark failed: no engines could process the templates: [{left_out}]")?;
        return Ok(FAILED);
    }
    for message in &left_out {
        writeln!(err, "Warning: Engine skipped - {message}")?;
    }
    if !left_out.is_empty() {
        writeln!(err)?;
    }
    let text = match options.format {
        BenchFormat::Table => table::table(&all),
        BenchFormat::Json => fields::json(&all),
        BenchFormat::Yaml => fields::yaml(&all),
    };
    out.write_all(text.as_bytes())?;
    if let Some(path) = &options.save {
        if let Err(message) = save(&all, path) {
            writeln!(err, "saving results: {message}")?;
            return Ok(FAILED);
        }
        writeln!(err, "\nResults saved to: {}", path.display())?;
    }
    // What is saved here can be what is compared with.
    let before = match options.compare.as_deref().map(saved) {
        None => return Ok(OK),
        Some(Ok(before)) => before,
        Some(Err(message)) => {
            writeln!(err, "{message}")?;
            return Ok(FAILED);
        }
    };
    let least = u64::try_from(options.min_threshold.as_nanos()).unwrap_or(u64::MAX);
    let tolerance = Tolerance { threshold: options.threshold, least };
    let Some((text, passed)) = compare(&before, &all, tolerance) else {
        writeln!(err, "\nWarning: No matching engines found for comparison")?;
        return Ok(OK);
    };
    write!(out, "\n{text}")?;
    Ok(if passed { OK } else { FAILED })
}

/// YAML by the name's end, otherwise JSON.
fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn save(all: &[Figures], path: &Path) -> Result<(), String> {
    let mut text = serde_json::to_string_pretty(all).map_err(|error| error.to_string())?;
    if is_yaml(path) {
        let value = sekisho_value::from_json(&text).map_err(|error| error.to_string())?;
        text = sekisho_manifest::to_yaml(&value);
    }
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn saved(path: &Path) -> Result<Vec<Figures>, String> {
    let shown = path.display();
    let bytes = sekisho_checkpoint_check::read_file(path)
        .map_err(|reason| format!("loading baseline: reading baseline from {shown}: {reason}"))?;
    let text = String::from_utf8_lossy(&bytes);
    let read = match is_yaml(path) {
        true => sekisho_manifest::read_value(&text)
            .map(|value| value.to_json())
            .map_err(|error| format!("line {}: {}", error.line, error.message)),
        false => Ok(text.into_owned()),
    };
    let read = read.and_then(|json| serde_json::from_str(&json).map_err(|error| error.to_string()));
    read.map_err(|message| format!("loading baseline: {shown}: {message}"))
}
