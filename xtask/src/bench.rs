//! `cargo xtask bench`: our figures and our rivals', side by side in one run.
//!
//! Lower is better everywhere. What is measured in this process needs the feature `bench`, which
//! brings our crates and the rival crates; without it this starts itself again with it.

#[cfg(feature = "bench")]
mod cel;
pub(crate) mod gatekeeper;
#[cfg(feature = "bench")]
mod judge;
pub(crate) mod measure;
mod programs;
#[cfg(feature = "bench")]
mod read;
#[cfg(feature = "bench")]
mod rego;
pub(crate) mod report;
mod tree;

use crate::process;
use serde::Serialize;
use std::collections::BTreeMap;

/// The arguments of `cargo xtask bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Run only this one; all of them where none is named
    name: Option<Bench>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
    /// Write docs/PERFORMANCE.md; where one is named, only its rows
    #[arg(long)]
    write_docs: bool,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Bench {
    /// The size of the binary
    Size,
    /// `sekisho --version`
    Startup,
    /// The whole of `sekisho check` on a generated tree
    Check,
    /// Reading YAML to a JSON value
    Read,
    /// The restricted level on one pod
    Judge,
    /// Evaluating Rego templates
    Rego,
    /// Compiling Rego templates
    RegoCompile,
    /// Evaluating CEL expressions
    Cel,
    /// Compiling CEL expressions
    CelCompile,
    /// Gatekeeper policies: `gator test`, and single reviews
    Gatekeeper,
}

/// One row of the results.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) bench: &'static str,
    pub(crate) case: String,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    pub(crate) rivals: BTreeMap<String, f64>,
    /// what else is worth knowing
    #[serde(skip)]
    pub(crate) note: String,
}

/// Measures and prints.
///
/// # Errors
/// Where something cannot be built or started.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if !cfg!(feature = "bench") {
        return again();
    }
    let wanted = |bench| arguments.name.is_none_or(|name| name == bench);
    // Programs come first, while this process is small: see `process::measure`.
    let mut figures = Vec::new();
    if wanted(Bench::Size) {
        figures.push(programs::size()?);
    }
    if wanted(Bench::Startup) {
        figures.push(programs::startup()?);
    }
    if wanted(Bench::Check) {
        figures.extend(tree::check()?);
    }
    if wanted(Bench::Gatekeeper) {
        figures.extend(gatekeeper::programs()?);
    }
    #[cfg(feature = "bench")]
    {
        if wanted(Bench::Judge) {
            figures.extend(judge::judge()?);
        }
        if wanted(Bench::Read) {
            figures.extend(read::read()?);
        }
        if wanted(Bench::Rego) {
            figures.extend(rego::evaluate()?);
        }
        if wanted(Bench::RegoCompile) {
            figures.extend(rego::compile()?);
        }
        if wanted(Bench::Cel) {
            figures.extend(cel::evaluate()?);
        }
        if wanted(Bench::CelCompile) {
            figures.extend(cel::compile()?);
        }
        if wanted(Bench::Gatekeeper) {
            figures.extend(gatekeeper::reviews()?);
        }
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        print!("{}", report::text(&figures));
    }
    if arguments.write_docs {
        report::write_docs(&figures)?;
    }
    Ok(())
}

/// Starts the same command, with the feature `bench` and in the profile that favours nobody:
/// the release profile would build the rivals for their size.
fn again() -> anyhow::Result<()> {
    let mut cargo = process::cargo();
    cargo.args(["run", "--quiet", "--locked", "--profile", "measure", "--package", "xtask"]);
    cargo.args(["--features", "bench", "--"]).args(std::env::args_os().skip(1));
    let status = cargo.status()?;
    if status.success() { Ok(()) } else { std::process::exit(status.code().unwrap_or(1)) }
}
