//! `cargo xtask record`: asks a real API server, and writes golden files that every machine can
//! replay without one.
//!
//! A suite is a folder of `tests/golden`; a file is a header line and one case a line: a name,
//! what was given (our own input), under which circumstances, and the server's answer. Inputs
//! are generated in a fixed order, and answers are stripped of what changes from run to run, so
//! that a new recording of the same server gives the same bytes.

mod admission_policy;
mod ask;
mod decoding;
mod defaulting;
mod golden;
mod pod_security;
mod schema;
mod site;
mod strip;
mod tables;

use crate::workspace;
use anyhow::bail;
use clap::ValueEnum as _;
use golden::{File, strings};
use sekisho_value::{Map, Value};

/// The arguments of `cargo xtask record`.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Arguments {
    /// Record only this one; all of them where none is named
    suite: Option<Suite>,
    /// Write nothing; tell whether the recorded answers still hold
    #[arg(long)]
    check: bool,
    /// Print every refusal that says nothing to the suite
    #[arg(long)]
    refused: bool,
}

/// What can be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Suite {
    /// Objects as they would be stored
    Defaulting,
    /// What cannot be decoded, and what just can
    Decoding,
    /// What the admission plugin PodSecurity says
    PodSecurity,
    /// What ValidatingAdmissionPolicies and MutatingAdmissionPolicies do
    AdmissionPolicy,
}

/// The files of one suite, and what is worth knowing of them.
struct Recording {
    suite: &'static str,
    files: Vec<File>,
    /// for whoever runs it
    report: Vec<String>,
    /// figures for the documentation, written to `summary.json`
    summary: Option<Map>,
}

/// Records, or compares with what was recorded.
///
/// # Errors
/// Where the server cannot be started or asked, a file cannot be written, or with `--check` an
/// answer differs.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut differences = Vec::new();
    for suite in Suite::value_variants() {
        if arguments.suite.is_none_or(|only| only == *suite) {
            let recording = suite.record(arguments.refused)?;
            settle(&recording, arguments.check, &mut differences)?;
        }
    }
    for difference in &differences {
        println!("{difference}");
    }
    if !differences.is_empty() {
        bail!(
            "{} recorded answers do not hold; `cargo xtask record` writes them anew",
            differences.len()
        );
    }
    Ok(())
}

/// Tells whether everything that was recorded still holds.
///
/// # Errors
/// As [`run`].
pub(crate) fn check() -> anyhow::Result<()> {
    run(&Arguments { check: true, ..Arguments::default() })
}

impl Suite {
    fn record(self, refused: bool) -> anyhow::Result<Recording> {
        match self {
            Self::Defaulting => defaulting::record(refused),
            Self::Decoding => decoding::record(),
            Self::PodSecurity => pod_security::record(),
            Self::AdmissionPolicy => admission_policy::record(refused),
        }
    }
}

/// Prints a recording and writes or compares it.
fn settle(recording: &Recording, check: bool, differences: &mut Vec<String>) -> anyhow::Result<()> {
    let folder = workspace::root().join("tests/golden").join(recording.suite);
    let cases: usize = recording.files.iter().map(|file| file.cases.len()).sum();
    println!("{}: {cases} answers", recording.suite);
    for line in &recording.report {
        println!("  {line}");
    }
    let summary = recording.summary.as_ref().map(|summary| Value::from(summary.clone()));
    let summary = summary.map(|summary| summary.to_json_pretty() + "\n");
    if check {
        for file in &recording.files {
            differences.extend(file.differences(&folder));
        }
        let committed = std::fs::read_to_string(folder.join(SUMMARY)).ok();
        if committed != summary {
            differences.push(format!("{}: {SUMMARY} is out of date", recording.suite));
        }
        return Ok(());
    }
    std::fs::create_dir_all(&folder)?;
    for file in &recording.files {
        let size = file.write(&folder)?;
        println!("  {}: {} answers, {} kB", file.name, file.cases.len(), size / 1000);
    }
    if let Some(summary) = summary {
        std::fs::write(folder.join(SUMMARY), summary)?;
    }
    // What is not asked any more goes.
    for path in workspace::files(&folder, &[])? {
        let stem = path.file_stem().map(std::ffi::OsStr::to_string_lossy).unwrap_or_default();
        let known = recording.files.iter().any(|file| file.name == stem);
        if !known && !path.ends_with(SUMMARY) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The file of a suite that has figures alone.
const SUMMARY: &str = "summary.json";

/// The header of a file.
fn header(suite: &str, server: &str, flags: &[String], how: &str) -> Map {
    Map::from_iter([
        ("suite", Value::from(suite)),
        ("server", Value::from(server)),
        ("up", strings(flags)),
        ("how", Value::from(how)),
    ])
}
