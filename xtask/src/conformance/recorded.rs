//! What was recorded of a real API server, and of upstream's own Go code, for docs/CONFORMANCE.md:
//! how many answers, which defaults they show, and each difference that the replaying tests know of.

use crate::{documents, workspace};
use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;
use std::fmt::Write as _;

/// A row of tests/golden/differences.json.
#[derive(Deserialize)]
struct Difference {
    suite: String,
    id: String,
    cases: Vec<String>,
    effect: String,
    reason: String,
}

/// As many cases of a difference are named.
const NAMED: usize = 6;

/// The sections.
///
/// # Errors
/// Where a file of tests/golden cannot be read.
pub(super) fn sections() -> anyhow::Result<String> {
    let mut text = String::from(
        "\n## Recorded answers of a real API server\n\n\
         `cargo xtask record` asks kube-apiserver and writes `tests/golden`; what Kubernetes' and \
         Gatekeeper's own Go code answered stands there too. Tests ask ours the same, everywhere.\n\n\
         | suite | file | answers | of |\n|---|---|--:|---|\n",
    );
    let golden = workspace::root().join("tests/golden");
    let mut total = 0;
    for path in workspace::files(&golden, &[])? {
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let content = std::fs::read_to_string(&path)?;
        let lines: Vec<Value> = content
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .with_context(|| format!("{}: a line that is no JSON", workspace::shown(&path)))?;
        // What a server answered begins with how it was asked; what Go code answered does not.
        let header = lines.first().filter(|first| first.get("server").is_some());
        let of = |key: &str| header?.get(key)?.as_str();
        let answers: usize = lines.iter().skip(header.iter().count()).map(answers).sum();
        total += answers;
        let file = workspace::shown(&path);
        let folder = file.trim_start_matches("tests/golden/").split(['/', '.']).next();
        let suite = of("suite").or(folder).unwrap_or_default();
        let server = of("server").unwrap_or("its own Go code");
        writeln!(text, "| `{suite}` | `{file}` | {answers} | {server} |")?;
    }
    writeln!(text, "| all | | {total} | |")?;
    coverage(&mut text, &golden.join("defaulting/summary.json"))?;
    differences(&mut text, &golden.join("differences.json"))?;
    Ok(text)
}

/// How many answers a line holds: one, or as many as a scenario has cases.
fn answers(line: &Value) -> usize {
    line.get("cases").and_then(Value::as_array).map_or(1, Vec::len)
}

fn coverage(text: &mut String, path: &std::path::Path) -> anyhow::Result<()> {
    let summary: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let number = |key: &str| summary.get(key).and_then(Value::as_i64).unwrap_or_default();
    let names = |key: &str| -> Vec<String> {
        let names = summary.get(key).and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).map(|name| format!("`{name}`")).collect()
    };
    let gaps = names("gaps");
    write!(
        text,
        "\n## Defaults that the recordings show\n\n\
         Counted over every field of every kind that {} stores, against its own OpenAPI. A default \
         is shown where the field was left out and the answer tells what became of it.\n\n\
         | | fields | shown |\n|---|--:|--:|\n\
         | in a stored object | {} | {} |\n\
         | with a default in OpenAPI | {} | {} |\n\
         | with `\"\"`, `{{}}`, 0 or false for a default in OpenAPI; left out, the others are refused | {} | {} |\n\
         | whose documentation speaks of a default | {} | {} |\n\
         | stored where they were left out | | {} |\n\n\
         Of the documented defaults {} are stored; where the others are left out, nothing is, and \
         who reads the object applies them.\n\n",
        summary.get("server").and_then(Value::as_str).unwrap_or_default(),
        number("fields"),
        number("given"),
        number("openapi"),
        number("openapi shown"),
        number("zero"),
        number("zero shown"),
        number("documented"),
        number("documented shown"),
        number("stored"),
        number("documented stored"),
    )?;
    writeln!(text, "Defaults that are not shown ({}): {}.\n", gaps.len(), gaps.join(", "))?;
    let never = names("not given");
    writeln!(
        text,
        "Fields that were in no stored object ({}), for validation wants what was not guessed, or \
         drops them while their feature is off: {}.\n",
        never.len(),
        never.join(", ")
    )?;
    let left = summary.get("left out").and_then(Value::as_object).into_iter().flatten();
    let left: Vec<String> = left
        .map(|(name, why)| format!("`{name}` ({})", why.as_str().unwrap_or_default()))
        .collect();
    writeln!(text, "Left out on purpose: {}.", left.join(", "))?;
    Ok(())
}

fn differences(text: &mut String, path: &std::path::Path) -> anyhow::Result<()> {
    let list: Vec<Difference> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    text.push_str(
        "\n## Differences from the recorded answers\n\n\
         From `tests/golden/differences.json`; a test fails where something differs that is not \
         there, and where something is there that does not differ. Fail-open: we let in what the \
         server refuses; fail-closed: we refuse what it lets in; none: no verdict depends on it.\n\n\
         | suite | difference | effect | cases | why |\n|---|---|---|---|---|\n",
    );
    for Difference { suite, id, cases, effect, reason } in list {
        let mut named: Vec<String> =
            cases.iter().take(NAMED).map(|case| format!("`{}`", documents::cell(case))).collect();
        if cases.len() > NAMED {
            named.push(format!("and {} more", cases.len() - NAMED));
        }
        let (named, reason) = (named.join(", "), documents::cell(&reason));
        writeln!(text, "| `{suite}` | {id} | {effect} | {named} | {reason} |")?;
    }
    Ok(())
}
