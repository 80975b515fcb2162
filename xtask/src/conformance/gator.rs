//! Gator's suites: every case by every engine, and the printed lines beside those of gator.

use super::{Outcome, Sekisho};
use crate::rivals::Rival;
use anyhow::Context as _;
use sekisho_value::{Value, from_json};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) fn run(sekisho: &Sekisho, path: &Path) -> anyhow::Result<Outcome> {
    let arguments = ["test", "--output=json"].map(str::to_owned);
    let folder = path.canonicalize().with_context(|| format!("{}", path.display()))?;
    let arguments = arguments.into_iter().chain([".".to_owned()]).collect::<Vec<_>>();
    let printed = sekisho.print_in(&folder, &arguments, &[])?;
    let report = from_json(&printed).map_err(|error| anyhow::anyhow!("{error}: {printed}"))?;
    let mut outcome = Outcome::default();
    for error in items(&report, "errors") {
        let file = text(error, "file").to_owned();
        outcome.add(file, Err(text(error, "message").to_owned()));
    }
    for suite in items(&report, "suites") {
        for test in items(suite, "tests") {
            add_test(&mut outcome, text(suite, "file"), test);
        }
    }
    compare_text(&folder, sekisho, &mut outcome)?;
    Ok(outcome)
}

fn add_test(outcome: &mut Outcome, file: &str, test: &Value) {
    let name = format!("{file} {}", text(test, "name"));
    let cases = items(test, "cases");
    if cases.is_empty() || !text(test, "message").is_empty() {
        add(outcome, name, test);
        return;
    }
    for case in cases {
        for run in items(case, "runs") {
            let by = text(run, "by");
            add(outcome, format!("{name}: {} ({by})", text(case, "name")), run);
        }
    }
}

fn add(outcome: &mut Outcome, name: String, one: &Value) {
    match text(one, "result") {
        "passed" => outcome.add(name, Ok(())),
        "skipped" => outcome.skipped.push((name, text(one, "reason").to_owned())),
        _ => outcome.add(name, Err(text(one, "message").to_owned())),
    }
}

fn items<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).unwrap_or_default()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// `sekisho gator verify -v` prints what `gator verify -v` does, times aside; told only where
/// gator is there.
fn compare_text(folder: &Path, sekisho: &Sekisho, outcome: &mut Outcome) -> anyhow::Result<()> {
    let Some(gator) = gator() else {
        println!("not compared with gator's lines: it is not there (`GATOR=PROGRAM`)");
        return Ok(());
    };
    let arguments = ["gator", "verify", "-v", "./..."].map(str::to_owned);
    let ours = sekisho.print_in(folder, &arguments, &[])?;
    let output = Command::new(&gator).args(&arguments[1..]).current_dir(folder).output()?;
    let gators = String::from_utf8_lossy(&output.stdout).into_owned();
    let difference = ours
        .lines()
        .map(masked)
        .zip(gators.lines().map(masked))
        .enumerate()
        .find(|(_, (ours, gators))| ours != gators);
    let lines = gators.lines().count();
    match difference {
        Some((index, (ours, gators))) => {
            let why = format!("line {}: prints `{ours}` where gator prints `{gators}`", index + 1);
            outcome.add("the lines of `gator verify -v`", Err(why));
        }
        None if ours.lines().count() != lines => {
            let why = format!("prints {} lines, gator {lines}", ours.lines().count());
            outcome.add("the lines of `gator verify -v`", Err(why));
        }
        // No case of its own, so that the figures are the same where gator is not there.
        None => println!("{lines} lines are as `{}` prints them", gator.display()),
    }
    Ok(())
}

/// Gator, as the environment names it, or as `cargo xtask rivals` built it.
fn gator() -> Option<PathBuf> {
    std::env::var_os("GATOR")
        .map(PathBuf::from)
        .or_else(|| Rival::named("gator").and_then(Rival::program))
}

/// A line without its time, which stands last.
fn masked(line: &str) -> &str {
    match line.rsplit_once('\t') {
        Some((before, time)) if time.trim_end_matches(')').ends_with('s') => before,
        _ => line,
    }
}
