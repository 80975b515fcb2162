//! docs/CONFORMANCE.md: what the suites gave, and, written by hand between two markers, where
//! we differ from others and why.

use super::{Outcome, recorded};
use crate::{documents, workspace};
use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const FILE: &str = "docs/CONFORMANCE.md";
const BEGIN: &str = "<!-- written by hand: begin -->";
const END: &str = "<!-- written by hand: end -->";

/// By suite: where its data lies and what became of it.
type Outcomes = BTreeMap<String, (PathBuf, Outcome)>;

/// What each suite is.
const ABOUT: [(&str, &str); 7] = [
    (
        "cel",
        "each case of the CEL specification that needs no protobuf message gives the value or the \
         error that it should; what the checker may refuse counts as an error",
    ),
    (
        "defaulting",
        "`sekisho show` of an object as given to kube-apiserver 1.36.4 is the object as stored",
    ),
    (
        "gatekeeper-library",
        "`sekisho test` of the suites of Gatekeeper's library: each case is as the suite expects, by \
         each engine that its template has",
    ),
    ("gator-verify", "`sekisho test` of the suites of gator's own tests: each case is as expected"),
    (
        "opa",
        "`sekisho rego eval` of each of OPA's own cases gives the result or the error that OPA gives",
    ),
    (
        "pod-security",
        "the verdict on each pod of the upstream Pod Security admission tests, and, where it is \
         refused, the check that the file is about is among those reported",
    ),
    (
        "real",
        "every document of manifests as real projects ship them is judged, or skipped or refused \
         with a reason, and nothing crashes; a case is a file",
    ),
];

/// Writes the file.
pub(super) fn write(outcomes: &Outcomes) -> anyhow::Result<()> {
    let path = workspace::root().join(FILE);
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    if outcomes.len() < ABOUT.len() {
        bail!("{FILE} needs every suite, and the data of some is not there");
    }
    std::fs::write(&path, render(outcomes, &old)?).with_context(|| format!("cannot write {FILE}"))
}

/// Compares the file with the results, if it was written from the same data.
pub(super) fn check(outcomes: &Outcomes) -> anyhow::Result<()> {
    let old = std::fs::read_to_string(workspace::root().join(FILE))
        .with_context(|| format!("cannot read {FILE}"))?;
    for (name, (path, _)) in outcomes {
        if !old.contains(&digest(path)?) {
            println!("{FILE}: not compared, it was written from other data of `{name}`");
            return Ok(());
        }
    }
    if outcomes.len() < ABOUT.len() {
        println!("{FILE}: not compared, the data of some suites is not there");
    } else if render(outcomes, &old)? != old {
        bail!("{FILE} is out of date; run `cargo xtask conformance --write-docs`");
    }
    Ok(())
}

fn render(outcomes: &Outcomes, old: &str) -> anyhow::Result<String> {
    let mut text = String::from(
        "# Conformance\n\n\
         Written by `cargo xtask conformance --write-docs`; the section “Differences” is written \
         by hand. The cases are public test data of other projects and recordings of a real API \
         server; they lie beside the checkout (`../shared/corpora`) and are no part of it.\n\n\
         | suite | what must hold | passed | failed | skipped | data (SHA-256) |\n\
         |---|---|--:|--:|--:|---|\n",
    );
    for (suite, about) in ABOUT {
        let Some((path, outcome)) = outcomes.get(suite) else { continue };
        let Outcome { passed, failed, skipped, .. } = outcome;
        let (failed, skipped, digest) = (failed.len(), skipped.len(), digest(path)?);
        writeln!(text, "| `{suite}` | {about} | {passed} | {failed} | {skipped} | `{digest}` |")?;
    }
    for (suite, (_, outcome)) in outcomes {
        if suite == "opa" || suite == "cel" {
            folders(&mut text, suite, outcome)?;
            continue;
        }
        let title = format!("## Failed or not run: `{suite}`");
        let rows = outcome.failed.iter().chain(&outcome.skipped);
        table(&mut text, &title, ["case", "why"], rows)?;
        let title = format!(
            "## Refused documents: `{suite}`\n\n{} objects are judged. What cannot be read, or what \
             the API server would not decode, is an error with its place, and exit code 2.",
            outcome.objects
        );
        table(&mut text, &title, ["document", "why"], &outcome.refused)?;
        reasons(&mut text, suite, &outcome.unjudged)?;
    }
    text.push_str(&recorded::sections()?);
    let by_hand = documents::between(old, BEGIN, END).unwrap_or("\n## Differences\n\n");
    writeln!(text, "\n{BEGIN}{by_hand}{END}")?;
    Ok(text)
}

/// OPA's cases by folder and CEL's by file and section: how many passed, failed and were skipped,
/// and why.
fn folders(text: &mut String, suite: &str, outcome: &Outcome) -> anyhow::Result<()> {
    let folder = |name: &str| -> String {
        if suite == "cel" {
            return name.split('/').take(2).collect::<Vec<_>>().join("/");
        }
        name.split('/').take_while(|part| !part.contains('#')).collect::<Vec<_>>().join("/")
    };
    let mut rows: BTreeMap<String, ([usize; 3], BTreeSet<&str>)> = BTreeMap::new();
    for name in &outcome.passed_names {
        rows.entry(folder(name)).or_default().0[0] += 1;
    }
    for (column, cases) in [(1, &outcome.failed), (2, &outcome.skipped)] {
        for (name, why) in cases {
            let (counts, reasons) = rows.entry(folder(name)).or_default();
            if let Some(count) = counts.get_mut(column) {
                *count += 1;
            }
            if column == 2 {
                reasons.insert(why);
            }
        }
    }
    let part = if suite == "cel" { "section" } else { "folder" };
    writeln!(
        text,
        "\n## `{suite}` by {part}\n\n| {part} | passed | failed | skipped | why skipped |\n\
         |---|--:|--:|--:|---|"
    )?;
    for (folder, ([passed, failed, skipped], reasons)) in rows {
        let reasons: Vec<String> = reasons.into_iter().map(documents::cell).collect();
        let reasons = reasons.join("; ");
        writeln!(text, "| `{folder}` | {passed} | {failed} | {skipped} | {reasons} |")?;
    }
    Ok(())
}

fn table<'a>(
    text: &mut String,
    title: &str,
    head: [&str; 2],
    rows: impl IntoIterator<Item = &'a (String, String)>,
) -> anyhow::Result<()> {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_some() {
        writeln!(text, "\n{title}\n\n| {} | {} |\n|---|---|", head[0], head[1])?;
    }
    for (name, why) in rows {
        writeln!(text, "| `{name}` | {} |", documents::cell(why))?;
    }
    Ok(())
}

/// How many documents were skipped for each reason, with one of them.
fn reasons(text: &mut String, suite: &str, unjudged: &[(String, String)]) -> anyhow::Result<()> {
    let mut counts: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for (place, reason) in unjudged {
        counts.entry(reason).or_insert((0, place)).0 += 1;
    }
    if !counts.is_empty() {
        writeln!(
            text,
            "\n## Skipped documents: `{suite}`\n\n| why | documents | the first |\n|---|--:|---|"
        )?;
    }
    for (reason, (count, first)) in counts {
        writeln!(text, "| {} | {count} | `{first}` |", documents::cell(reason))?;
    }
    Ok(())
}

/// The first digits of a digest of the data: names and contents.
fn digest(path: &Path) -> anyhow::Result<String> {
    let mut hasher = Sha256::new();
    for file in workspace::files(path, &[])? {
        hasher.update(file.strip_prefix(path)?.as_os_str().as_encoded_bytes());
        hasher.update([0]);
        hasher.update(Sha256::digest(std::fs::read(&file)?));
    }
    Ok(hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}
