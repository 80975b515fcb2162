//! What `sekisho test` and `sekisho gator verify` do: find gator suites, read what they name, run
//! their cases on every engine and at every checkpoint they ask for, and report.
//!
//! A suite reads and means what it does to `gator verify`
//! (<https://open-policy-agent.github.io/gatekeeper/website/docs/gator#the-gator-verify-subcommand>);
//! our extensions stand in fields that gator passes over (`docs/testing.md`).
//!
//! **Invariant:** whether an object violates is decided by the engine. Files are read here; the
//! time is given by the caller.

mod admission;
mod admission_review;
mod any_test;
mod assertion;
mod bench;
mod case;
mod checkpoints;
mod coverage;
mod file;
mod filter;
mod found;
mod gatekeeper;
mod go;
mod go_yaml;
mod json;
mod judge;
mod mutation;
mod objects;
mod outcome;
mod paths;
mod pieces;
mod print;
mod run;
mod sources;
mod suite;
mod sync;
mod watch;

pub use bench::{BenchEngine, BenchFormat, BenchOptions, bench};
pub use found::ObjectFormat;
pub use judge::Engine;
pub use objects::{ExpandOptions, ObjectTestOptions, expand_objects, test_objects};
pub use print::Format;
pub use sekisho_dialect_gatekeeper::FailurePolicy;
pub use sync::{SyncTestOptions, sync_test};

use crate::coverage::by_file;
use crate::filter::Filter;
use crate::gatekeeper::Gatekeeper;
use crate::judge::Judge;
use crate::mutation::Mutate;
use crate::outcome::{Counts, Problem};
use crate::paths::{Candidate, collect, collect_as_gator};
use crate::print::Report;
use crate::run::Setting;
use crate::suite::{Found, Suite};
use rayon::prelude::*;
use sekisho_checkpoint_check::read_file;
use sekisho_engine::Checkpoint;
use sekisho_policy::{Dialect, Target};
use sekisho_report::{Diagnostic, Level, RenderOptions, render_diagnostic};
use std::io::{self, Write};
use std::time::Instant;

/// Exit code where every case is as expected.
pub const OK: u8 = 0;
/// Exit code where a case is not as expected.
pub const FAILED: u8 = 1;
/// Exit code where something could not be read, compiled or judged.
pub const ERROR: u8 = 2;

/// What is tested, and how.
pub struct TestOptions<'a> {
    /// suites, and folders that hold some
    pub paths: Vec<String>,
    /// only tests and cases of these names: a regular expression, or two with `//` between them
    pub run: String,
    /// show every case
    pub verbose: bool,
    /// only this engine
    pub engine: Option<Engine>,
    /// how results are shown
    pub format: Format,
    /// show which lines of rules the tests ran
    pub coverage: bool,
    /// fields that nothing reads are errors
    pub strict: bool,
    /// show the cases whose answer is another where the object is judged as it would be stored
    pub as_stored: bool,
    /// colour in errors
    pub color: bool,
    /// the time that decides on expiry
    pub now: jiff::Timestamp,
    /// what admission policies are judged for
    pub target: Target,
    /// the dialects that are built in
    pub dialects: &'a [&'a dyn Dialect],
    /// the checkpoints that are built in
    pub checkpoints: &'a [&'a dyn Checkpoint],
}

/// Runs suites; results go to `out`, what could not be read to `err`.
///
/// # Errors
/// Where `out` or `err` cannot be written.
pub fn test(options: &TestOptions<'_>, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let gatekeeper = Gatekeeper::new(options.now, options.coverage, options.verbose);
    test_with(options, &gatekeeper, &gatekeeper, out, err)
}

fn test_with(
    options: &TestOptions<'_>,
    judge: &dyn Judge,
    mutate: &dyn Mutate,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let started = Instant::now();
    let filter = match Filter::parse(&options.run) {
        Ok(filter) => filter,
        Err(message) => {
            let error = Diagnostic::general(format!("--run: {message}"));
            tell(&[error], options.color, err)?;
            return Ok(ERROR);
        }
    };
    let Read { suites, mut errors, mut warnings } = read_suites(options);
    let setting = Setting {
        judge,
        mutate,
        target: &options.target,
        dialects: options.dialects,
        checkpoints: options.checkpoints,
        filter: &filter,
        engine: options.engine,
        as_gator: false,
        as_stored: options.as_stored,
        now: options.now,
    };
    let results = run::run(&suites, &setting);
    let counts = Counts::of(&results);
    let coverage = options.coverage.then(|| judge.coverage()).flatten().map(by_file);
    if options.coverage && coverage.is_none() {
        let message = "--coverage: no engine here tells which lines of rules were run";
        errors.push(Diagnostic::general(message));
    }
    let report = Report {
        suites: &results,
        errors: &errors,
        counts,
        coverage: coverage.as_deref(),
        verbose: options.verbose,
        as_gator: false,
        as_stored: options.as_stored,
        time: started.elapsed(),
    };
    if options.format != Format::Github {
        tell(&errors, options.color, err)?;
    }
    if errors.is_empty() && counts.passed + counts.failed == 0 {
        warnings.push(Diagnostic::general("no case was run"));
    }
    tell_at(Level::Warning, &warnings, options.color, err)?;
    print::print(&report, options.format, out)?;
    Ok(match counts {
        Counts { errors: 1.., .. } => ERROR,
        _ if !errors.is_empty() => ERROR,
        Counts { failed: 1.., .. } => FAILED,
        _ => OK,
    })
}

/// What paths lead to.
#[derive(Default)]
struct Read {
    suites: Vec<Suite>,
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

/// Reads every suite that the paths lead to. A path that leads to none is an error.
fn read_suites(options: &TestOptions<'_>) -> Read {
    let Read { mut suites, mut errors, mut warnings } = Read::default();
    for led in collect(&options.paths) {
        let told = led.errors.len();
        errors.extend(led.errors);
        let found: Vec<Found> = led.files.par_iter().map(read_candidate).collect();
        let mut any = told > 0;
        for found in found {
            any |= found.suite.is_some() || !found.errors.is_empty();
            errors.extend(found.errors.into_iter().chain(found.malformed));
            let unknown = if options.strict { &mut errors } else { &mut warnings };
            unknown.extend(found.unknown);
            suites.extend(found.suite);
        }
        if !any {
            let help = "a suite is a YAML file of kind `Suite` in the group `test.gatekeeper.sh`";
            let error = Diagnostic::file(led.given, "no suite here");
            errors.push(error.with_help(help));
        }
    }
    Read { suites, errors, warnings }
}

fn read_candidate(candidate: &Candidate) -> Found {
    match read_file(&candidate.path) {
        Ok(bytes) => suite::read(&candidate.name, &candidate.path, bytes),
        Err(reason) => Found {
            errors: vec![Diagnostic::file(candidate.name.clone(), reason)],
            ..Found::default()
        },
    }
}

fn tell(errors: &[Diagnostic], color: bool, err: &mut dyn Write) -> io::Result<()> {
    tell_at(Level::Error, errors, color, err)
}

fn tell_at(level: Level, all: &[Diagnostic], color: bool, err: &mut dyn Write) -> io::Result<()> {
    let options = RenderOptions { color, ..RenderOptions::default() };
    all.iter().try_for_each(|one| render_diagnostic(level, one, &options, err))
}

/// What `gator verify` is asked for.
pub struct VerifyOptions {
    /// a suite, a folder, or a folder and `/...`
    pub path: String,
    /// only tests and cases of these names
    pub run: String,
    /// show every case
    pub verbose: bool,
    /// judge by CEL where a template has it, and what becomes of its errors where it does not say
    pub cel: Option<FailurePolicy>,
    /// the time that decides on expiry
    pub now: jiff::Timestamp,
}

/// Runs suites, prints and ends as `gator verify` does.
///
/// # Errors
/// Where `out` or `err` cannot be written.
pub fn verify(options: &VerifyOptions, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let gatekeeper = Gatekeeper::new(options.now, false, options.verbose)
        .with_failure_policy(options.cel.unwrap_or_default());
    verify_with(options, &gatekeeper, &gatekeeper, out, err)
}

fn verify_with(
    options: &VerifyOptions,
    judge: &dyn Judge,
    mutate: &dyn Mutate,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let started = Instant::now();
    let suites = match suites_as_gator(&options.path) {
        Ok(suites) => suites,
        Err(message) => {
            writeln!(err, "Error: listing test files: {message}")?;
            return Ok(FAILED);
        }
    };
    let filter = match Filter::parse(&options.run) {
        Ok(filter) => filter,
        Err(message) => {
            writeln!(err, "Error: compiling filter: {message}")?;
            return Ok(FAILED);
        }
    };
    let setting = Setting {
        judge,
        mutate,
        target: &Target::default(),
        dialects: &[],
        checkpoints: &[],
        filter: &filter,
        engine: options.cel.is_none().then_some(Engine::Rego),
        as_gator: true,
        as_stored: false,
        now: options.now,
    };
    let results = run::run(&suites, &setting);
    let counts = Counts::of(&results);
    let report = Report {
        suites: &results,
        errors: &[],
        counts,
        coverage: None,
        verbose: options.verbose,
        as_gator: true,
        as_stored: false,
        time: started.elapsed(),
    };
    print::print(&report, Format::Text, out)?;
    if counts.failed == 0 {
        return Ok(OK);
    }
    writeln!(err, "Error: FAIL")?;
    Ok(FAILED)
}

/// The suites that gator would run. It runs none where it cannot read one.
fn suites_as_gator(path: &str) -> Result<Vec<Suite>, String> {
    let mut suites = Vec::new();
    for candidate in collect_as_gator(path)? {
        let found = read_candidate(&candidate);
        // What stands behind the first document is nothing to gator.
        let errors = if found.suite.is_none() { found.errors } else { found.malformed };
        let wrong = Problem::of(&errors).or_else(|| found.suite.as_ref()?.malformed());
        if let Some(wrong) = wrong {
            let line = wrong
                .notes
                .first()
                .map_or(String::new(), |note| format!("yaml: line {}: ", note.place.line));
            let name = go::quoted(&candidate.name);
            return Err(format!("invalid yaml: parsing yaml file {name}: {line}{}", wrong.message));
        }
        suites.extend(found.suite);
    }
    Ok(suites)
}
