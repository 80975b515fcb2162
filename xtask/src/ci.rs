//! `cargo xtask ci`: everything that a change must pass, in the order in which it fails fastest.

use crate::conformance::{self, Sekisho};
use crate::schemas::SchemasArgs;
use crate::{process, record, schemas, tidy, workspace};
use anyhow::{Context as _, bail};
use std::process::Command;
use std::time::Instant;

/// The arguments of `cargo xtask ci`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Leave out `cargo test`, where it has just been run
    #[arg(long)]
    no_test: bool,
}

/// Runs one step after the other up to the first that fails. The last line that is printed
/// gives the counts of the conformance suites.
///
/// # Errors
/// Where a step fails.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    step("format", || cargo(&["fmt", "--all", "--check"]))?;
    step("tidy", tidy::run)?;
    step("clippy", || {
        let all = ["clippy", "--locked", "--workspace", "--all-targets", "--all-features"];
        cargo(&[&all[..], &["--", "-D", "warnings"]].concat())
    })?;
    // A workspace of their own, which nothing else compiles.
    step("fuzz targets", || cargo(&["check", "--locked", "--manifest-path", "fuzz/Cargo.toml"]))?;
    if !arguments.no_test {
        step("test", || cargo(&["test", "--locked", "--workspace"]))?;
    }
    step("main job", || {
        cargo(&["run", "--locked", "--", "check", "--fail-on", "never", "examples/"])
    })?;
    step("documentation", document)?;
    step("licences", deny)?;
    step("schemas", compare_schemas)?;
    step("real API server", ask_again)?;
    let mut total = conformance::Total::default();
    step("conformance", || {
        let sekisho = Sekisho::new(process::build_sekisho(false)?);
        total = conformance::run_for_ci(&sekisho)?;
        if total.failed > 0 { bail!("{} cases failed", total.failed) } else { Ok(()) }
    })?;
    println!("{} passed, {} failed", total.passed, total.failed);
    Ok(())
}

/// Runs a step and says how long it took.
fn step(name: &str, run: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    println!("== {name}");
    let start = Instant::now();
    run().with_context(|| format!("step `{name}`"))?;
    println!("== {name}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn cargo(arguments: &[&str]) -> anyhow::Result<()> {
    process::run(process::cargo().args(arguments))
}

fn document() -> anyhow::Result<()> {
    let mut doc = process::cargo();
    doc.args(["doc", "--locked", "--workspace", "--no-deps", "--document-private-items"]);
    process::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Tidy has looked at licences and sources already; cargo-deny also knows advisories.
fn deny() -> anyhow::Result<()> {
    if !process::exists("cargo-deny", "--version") {
        println!("cargo-deny is not installed; tidy has checked licences and sources");
        return Ok(());
    }
    cargo(&["deny", "--all-features", "check", "bans", "licenses", "sources"])
}

/// The library of the test environment works, and what was recorded of a real API server is what
/// it says now. The first run on a machine builds the server.
fn ask_again() -> anyhow::Result<()> {
    if let Err(reason) = sekisho_testenv::available() {
        println!("SKIPPED, nothing was asked of a real API server: {reason}");
        return Ok(());
    }
    cargo(&["test", "--locked", "--package", "sekisho-testenv", "--", "--nocapture"])?;
    record::check()
}

/// The committed table of schemas is what its sources give.
fn compare_schemas() -> anyhow::Result<()> {
    let openapi = workspace::corpora().join("openapi");
    if !openapi.exists() {
        println!("not compared, the recorded OpenAPI is not there (../shared/corpora/openapi)");
        return Ok(());
    }
    if !Command::new("go").arg("version").output().is_ok_and(|output| output.status.success()) {
        println!("not compared, Go is not installed");
        return Ok(());
    }
    schemas::run(SchemasArgs { dir: None, check: true })
}
