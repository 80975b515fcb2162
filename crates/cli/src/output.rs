//! Where output goes.

use crate::args::Color;
use anstream::ColorChoice;
use anyhow::{Result, bail};
use clap::ArgMatches;
use sekisho_report::{Format, Summary};
use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// A format and the file that it goes to; `None` for standard output.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) format: Format,
    pub(crate) file: Option<PathBuf>,
}

/// Pairs each `--output` with the `--output-file` behind it.
pub(crate) fn outputs(matches: &ArgMatches) -> Result<Vec<Output>> {
    let formats = indexed::<String>(matches, "output");
    let files = indexed::<PathBuf>(matches, "output_file");
    let mut outputs: Vec<(usize, Output)> = formats
        .into_iter()
        .filter_map(|(at, format)| {
            Some((at, Output { format: Format::parse(&format)?, file: None }))
        })
        .collect();
    for (at, file) in files {
        let before = outputs.iter_mut().rev().find(|(index, _)| *index < at);
        match before {
            Some((_, output)) if output.file.is_none() => output.file = Some(file),
            Some((_, output)) => {
                bail!("two files for `--output {}`: give `--output` before each", output.format)
            }
            None => bail!(
                "`--output-file {}` belongs to the `--output` before it: give one",
                file.display()
            ),
        }
    }
    let mut outputs: Vec<Output> = outputs.into_iter().map(|(_, output)| output).collect();
    if outputs.is_empty() {
        outputs.push(Output { format: Format::Text, file: None });
    }
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        bail!("two outputs go to standard output: give `--output-file` after all but one");
    }
    let mut files: Vec<&PathBuf> =
        outputs.iter().filter_map(|output| output.file.as_ref()).collect();
    files.sort_unstable();
    if let Some([file, _]) = files.windows(2).find(|pair| pair.first() == pair.get(1)) {
        bail!("two outputs go to `{}`", file.display());
    }
    Ok(outputs)
}

/// The values of an option with their places on the command line.
fn indexed<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, id: &str) -> Vec<(usize, T)> {
    let indices = matches.indices_of(id).into_iter().flatten();
    indices.zip(matches.get_many::<T>(id).into_iter().flatten().cloned()).collect()
}

/// Whether standard output takes colour.
pub(crate) fn color(choice: Color) -> bool {
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let stdout = io::stdout();
            stdout.is_terminal() && anstream::AutoStream::choice(&stdout) != ColorChoice::Never
        }
    }
}

/// Whether standard error takes colour.
pub(crate) fn color_of_stderr(choice: Color) -> bool {
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let stderr = io::stderr();
            stderr.is_terminal() && anstream::AutoStream::choice(&stderr) != ColorChoice::Never
        }
    }
}

/// Writes to standard output; a reader that goes away early is no failure.
pub(crate) fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| anyhow::anyhow!("standard output: {error}")),
    }
}

/// Writes a line to standard error; where that fails nobody is there to be told.
pub(crate) fn note(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Prints an error of the command line, settings or output, and gives its exit code.
pub(crate) fn fail(error: &anyhow::Error) -> ExitCode {
    note(&format!("error: {error:#}"));
    ExitCode::from(Summary::ERRORS)
}
