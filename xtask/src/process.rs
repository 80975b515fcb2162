//! Running other programs.

use anyhow::{Context as _, bail};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4 as _;

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(crate::workspace::root());
    cargo
}

/// Runs a program; its output goes where ours goes.
///
/// # Errors
/// Where it cannot be started, or fails.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", line(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", line(command));
    }
    Ok(())
}

/// Runs a program and gives what it printed.
///
/// # Errors
/// Where it cannot be started, fails, or prints what is not UTF-8.
pub(crate) fn capture(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("cannot start {}", line(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed ({}): {}", line(command), output.status, said.trim());
    }
    String::from_utf8(output.stdout).context("the output is not UTF-8")
}

/// What one run of a program took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// from start to end
    pub(crate) wall: Duration,
    /// of all cores together, the kernel's work for it among it
    pub(crate) cpu: Duration,
    /// the most memory that was resident, in bytes
    pub(crate) peak: u64,
    /// how it ended
    pub(crate) status: ExitStatus,
}

/// Runs a program with its output thrown away and measures it.
///
/// The peak is what `wait4` tells. A child starts as a copy of us, so that its peak is at least
/// ours: measure programs before anything large is held in this process.
///
/// # Errors
/// Where it cannot be started.
pub(crate) fn measure(command: &mut Command) -> anyhow::Result<Usage> {
    command.stdout(Stdio::null());
    measure_as_it_is(command)
}

/// As [`measure`], where the caller says what becomes of the output.
///
/// # Errors
/// Where it cannot be started.
pub(crate) fn measure_as_it_is(command: &mut Command) -> anyhow::Result<Usage> {
    command.stdin(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let child = command.spawn().with_context(|| format!("cannot start {}", line(command)))?;
    let used = child.wait4().with_context(|| format!("cannot wait for {}", line(command)))?;
    let wall = start.elapsed();
    let cpu = used.rusage.utime + used.rusage.stime;
    Ok(Usage { wall, cpu, peak: used.rusage.maxrss, status: used.status })
}

/// Builds the `sekisho` binary and gives its path.
///
/// # Errors
/// Where it does not build.
pub(crate) fn build_sekisho(release: bool) -> anyhow::Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--locked", "--package", "sekisho", "--bin", "sekisho"]);
    if release {
        build.arg("--release");
    }
    build.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    capture(&mut build)?
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message.pointer("/target/name").is_some_and(|name| name == "sekisho"))
        .find_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .context("cargo did not say where it put `sekisho`")
}

/// Whether a program can be started.
pub(crate) fn exists(program: impl AsRef<OsStr>, probe: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(probe).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.take(6).map(OsStr::to_string_lossy).collect();
    format!("`{}`", words.join(" "))
}
