//! `cargo xtask conformance`: recorded cases of others, replayed on the `sekisho` binary.

mod cel;
mod defaulting;
mod gator;
mod opa;
mod pod_security;
mod real;
mod recorded;
mod sekisho;
mod write_docs;

use crate::{process, workspace};
use anyhow::bail;
use clap::ValueEnum as _;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

pub(crate) use sekisho::Sekisho;

/// The arguments of `cargo xtask conformance`.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Arguments {
    /// The suite to run; every suite whose data is there where none is named
    suite: Option<Suite>,
    /// Where its data lies; below ../shared/corpora where not given
    #[arg(requires = "suite")]
    path: Option<PathBuf>,
    /// Write docs/CONFORMANCE.md from the results of every suite
    #[arg(long, conflicts_with_all = ["suite", "check_docs"])]
    write_docs: bool,
    /// Fail if docs/CONFORMANCE.md says otherwise of the same data
    #[arg(long, conflicts_with = "suite")]
    check_docs: bool,
    /// Use the optimised binary
    #[arg(long)]
    release: bool,
}

/// A set of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Suite {
    /// Pods of the upstream Pod Security admission tests
    PodSecurity,
    /// Objects as given to an API server and as it stored them
    Defaulting,
    /// OPA's own cases of the Rego language and its built-in functions
    Opa,
    /// The cases of the CEL specification
    #[value(name = "cel", alias = "cel-spec")]
    Cel,
    /// The suites of Gatekeeper's library
    GatekeeperLibrary,
    /// The suites of gator's own tests
    GatorVerify,
    /// Manifests as real projects ship them
    Real,
}

impl Suite {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn default_path(self) -> PathBuf {
        let folder = match self {
            Self::Cel => "cel-spec".to_owned(),
            Self::GatorVerify => "gator/verify".to_owned(),
            other => other.name(),
        };
        workspace::corpora().join(folder)
    }

    fn run(self, sekisho: &Sekisho, path: &Path) -> anyhow::Result<Outcome> {
        match self {
            Self::PodSecurity => pod_security::run(sekisho, path),
            Self::Defaulting => defaulting::run(sekisho, path),
            Self::Opa => opa::run(sekisho, path),
            Self::Cel => cel::run(path),
            Self::GatekeeperLibrary | Self::GatorVerify => gator::run(sekisho, path),
            Self::Real => real::run(sekisho, path),
        }
    }
}

/// What became of the cases of a suite.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// how many did what they should
    pub(crate) passed: usize,
    /// of `opa` and `cel`: their names
    pub(crate) passed_names: Vec<String>,
    /// names and what went wrong
    pub(crate) failed: Vec<(String, String)>,
    /// names and why they were not run
    pub(crate) skipped: Vec<(String, String)>,
    /// of `real`: how many objects were judged
    pub(crate) objects: usize,
    /// of `real`: each refused document (file, line) and why
    pub(crate) refused: Vec<(String, String)>,
    /// of `real`: each skipped document (file, line) and why
    pub(crate) unjudged: Vec<(String, String)>,
}

impl Outcome {
    /// Adds the result of one case.
    fn add(&mut self, name: impl Into<String>, result: Result<(), String>) {
        match result {
            Ok(()) => self.passed += 1,
            Err(why) => self.failed.push((name.into(), why)),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failed, skipped) = (self.failed.len(), self.skipped.len());
        write!(f, "{} passed, {failed} failed, {skipped} skipped", self.passed)
    }
}

/// The counts of all suites together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Total {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    skipped: usize,
}

/// Runs what the arguments name.
///
/// # Errors
/// Where a case fails, or a suite cannot be run.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(suite) = arguments.suite {
        let path = arguments.path.clone().unwrap_or_else(|| suite.default_path());
        if !path.exists() {
            bail!("the data of `{}` is not at `{}`", suite.name(), path.display());
        }
        let outcome = match suite {
            // The engine is asked, not the binary.
            Suite::Cel => cel::run(&path)?,
            suite => suite.run(&Sekisho::new(process::build_sekisho(arguments.release)?), &path)?,
        };
        show(&outcome);
        println!("{outcome}");
        return if outcome.failed.is_empty() { Ok(()) } else { bail!("conformance failed") };
    }
    let sekisho = Sekisho::new(process::build_sekisho(arguments.release)?);
    let total = run_all(&sekisho, arguments)?;
    let Total { passed, failed, skipped } = total;
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    if failed == 0 { Ok(()) } else { bail!("conformance failed") }
}

/// Runs every suite whose data is there, and compares the documentation with the results.
///
/// # Errors
/// Where a suite cannot be run, or docs/CONFORMANCE.md is out of date.
pub(crate) fn run_for_ci(sekisho: &Sekisho) -> anyhow::Result<Total> {
    run_all(sekisho, &Arguments { check_docs: true, ..Arguments::default() })
}

fn run_all(sekisho: &Sekisho, arguments: &Arguments) -> anyhow::Result<Total> {
    let mut total = Total::default();
    let mut outcomes = BTreeMap::new();
    for suite in Suite::value_variants() {
        let (name, path) = (suite.name(), suite.default_path());
        if !path.exists() {
            println!("{name}: not run, its data is not there (../shared/corpora/{name})");
            continue;
        }
        let outcome = suite.run(sekisho, &path)?;
        show(&outcome);
        println!("{name}: {outcome}");
        total.passed += outcome.passed;
        total.failed += outcome.failed.len();
        total.skipped += outcome.skipped.len();
        outcomes.insert(name, (path, outcome));
    }
    if arguments.write_docs {
        write_docs::write(&outcomes)?;
    } else if arguments.check_docs {
        write_docs::check(&outcomes)?;
    }
    Ok(total)
}

fn show(outcome: &Outcome) {
    for (name, why) in &outcome.failed {
        println!("FAILED {name}: {why}");
    }
    for (name, why) in &outcome.skipped {
        println!("skipped {name}: {why}");
    }
}
