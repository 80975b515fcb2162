//! `cargo xtask record`: asks a real API server, and writes golden files that every machine can
//! replay without one.
//!
//! A suite is a folder of `tests/golden`; a file is a header line and one case a line: a name,
//! what was given (our own input), under which circumstances, and the server's answer. Inputs
//! are generated in a fixed order, and answers are stripped of what changes from run to run, so
//! that a new recording of the same server gives the same bytes.

mod ask;
mod defaulting;
mod golden;
mod schema;
mod strip;

use golden::{File, strings};
use sekisho_value::{Map, Value};
use std::path::Path;

/// The arguments of `cargo xtask record`.
#[derive(Debug, clap::Args)]
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
}

/// The files of one suite, and what is worth knowing of them.
struct Recording {
    suite: &'static str,
    files: Vec<File>,
    report: Vec<String>,
}

/// Records, or compares with what was recorded.
///
/// # Errors
/// Where the server cannot be started or asked, a file cannot be written, or with `--check` an
/// answer differs.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let wanted = |suite| arguments.suite.is_none_or(|only| only == suite);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden");
    let mut differences = Vec::new();
    if wanted(Suite::Defaulting) {
        let recording = defaulting::record(arguments.refused)?;
        let folder = golden.join(recording.suite);
        let cases: usize = recording.files.iter().map(|file| file.cases.len()).sum();
        println!("{}: {cases} answers", recording.suite);
        for line in &recording.report {
            println!("  {line}");
        }
        for file in &recording.files {
            if arguments.check {
                differences.extend(file.differences(&folder));
            } else {
                let size = file.write(&folder)?;
                println!("  {}: {} answers, {} kB", file.name, file.cases.len(), size / 1000);
            }
        }
    }
    for difference in &differences {
        println!("{difference}");
    }
    if !differences.is_empty() {
        anyhow::bail!("{} recorded answers do not hold", differences.len());
    }
    Ok(())
}

/// The header of a file.
fn header<const N: usize>(
    suite: &str,
    server: &str,
    flags: &[String],
    more: [(&str, Value); N],
) -> Map {
    let mut header = Map::from_iter(more);
    header.insert("suite", suite);
    header.insert("server", server);
    header.insert("up", strings(flags));
    header
}
