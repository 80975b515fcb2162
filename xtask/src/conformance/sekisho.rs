//! The `sekisho` binary and what it prints.

use anyhow::{Context as _, bail};
use serde::Deserialize;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The binary under test.
pub(crate) struct Sekisho {
    program: PathBuf,
}

/// The parts of `sekisho check -o json` that the suites look at.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    pub(super) summary: Summary,
    pub(super) findings: Vec<Finding>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) errors: Vec<Problem>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Summary {
    pub(super) files: usize,
    pub(super) objects: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct Finding {
    pub(super) dialect: String,
    pub(super) rule: String,
    pub(super) action: String,
    pub(super) location: Location,
}

#[derive(Debug, Deserialize)]
pub(super) struct Location {
    pub(super) file: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Skipped {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) reason: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    pub(super) file: Option<String>,
    pub(super) line: Option<u32>,
    pub(super) message: String,
}

impl Sekisho {
    pub(crate) fn new(program: PathBuf) -> Self {
        Self { program }
    }

    /// Runs `check` on paths as no configuration file of this machine would change it, and
    /// gives the exit code with the report.
    ///
    /// # Errors
    /// Where it crashes, ends with a code it must not, or prints no report.
    pub(super) fn check<A: AsRef<OsStr>>(&self, arguments: &[A]) -> anyhow::Result<(i32, Report)> {
        let mut command = self.command(&["check", "--no-config", "--no-progress", "-o", "json"]);
        let output = command.args(arguments).stdin(Stdio::null()).output()?;
        let (code, printed) = sound(&output)?;
        let report = serde_json::from_str(printed).context("cannot read the report")?;
        Ok((code, report))
    }

    /// Runs `show` on what is given through standard input, and gives the exit code with the
    /// objects. Where nothing could be shown, there are none.
    ///
    /// # Errors
    /// Where it crashes, ends with a code it must not, or prints no `List`.
    pub(super) fn show(&self, input: &[u8]) -> anyhow::Result<(i32, Vec<serde_json::Value>)> {
        let mut command = self.command(&["show", "--no-config", "-o", "json", "-"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start `sekisho show`")?;
        let mut stdin = child.stdin.take().context("`sekisho show` has no standard input")?;
        let output = std::thread::scope(|scope| {
            // It may end before it has read everything; what it then printed tells why.
            scope.spawn(move || stdin.write_all(input).ok());
            child.wait_with_output()
        })?;
        let (code, printed) = sound(&output)?;
        if printed.trim().is_empty() {
            return Ok((code, Vec::new()));
        }
        let mut list: serde_json::Value =
            serde_json::from_str(printed).context("cannot read what `sekisho show` printed")?;
        match list.get_mut("items").map(serde_json::Value::take) {
            Some(serde_json::Value::Array(items)) => Ok((code, items)),
            _ => bail!("`sekisho show` printed no `List`"),
        }
    }

    /// What a run in a folder, with more environment, prints to standard output.
    ///
    /// # Errors
    /// Where it crashes, or ends with a code it must not.
    pub(super) fn print_in(
        &self,
        folder: &Path,
        arguments: &[String],
        environment: &[(String, String)],
    ) -> anyhow::Result<String> {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(folder).envs(environment.iter().cloned());
        let output = command.stdin(Stdio::null()).output()?;
        Ok(sound(&output)?.1.to_owned())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(crate::workspace::root());
        command
    }
}

/// The exit code and the standard output of a run that neither crashed nor was stopped.
fn sound(output: &Output) -> anyhow::Result<(i32, &str)> {
    let said = String::from_utf8_lossy(&output.stderr);
    let code = match output.status.code() {
        Some(code @ 0..=2) if !said.contains("panicked at") => code,
        _ => bail!("`sekisho` ended with {}: {}", output.status, said.trim()),
    };
    if output.stdout.is_empty() && !said.trim().is_empty() && code == 2 {
        bail!("`sekisho` printed nothing: {}", said.trim());
    }
    Ok((code, std::str::from_utf8(&output.stdout).context("the output is not UTF-8")?))
}
