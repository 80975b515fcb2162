//! Objects as they were given to an API server and as it stored them: `sekisho show` of the one
//! is the other.

use super::{Outcome, Sekisho};
use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;

/// A line of the data.
#[derive(Deserialize)]
struct Pair {
    given: Value,
    stored: Value,
}

/// Shows every given object and compares it with the stored one.
pub(super) fn run(sekisho: &Sekisho, path: &Path) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let files =
        if path.is_dir() { crate::workspace::files(path, &[])? } else { vec![path.to_owned()] };
    for file in files {
        if file.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read `{}`", file.display()))?;
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut pairs = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let pair: Pair = serde_json::from_str(line)
                .with_context(|| format!("{}:{}", file.display(), number + 1))?;
            pairs.push((format!("{stem}:{} {}", number + 1, name(&pair.given)), pair));
        }
        compare(sekisho, &pairs, &mut outcome)?;
    }
    if outcome.passed + outcome.failed.len() == 0 {
        bail!("no pairs below `{}`", path.display());
    }
    Ok(outcome)
}

/// Compares in bulk. Where an object is not shown, halving finds it.
fn compare(
    sekisho: &Sekisho,
    pairs: &[(String, Pair)],
    outcome: &mut Outcome,
) -> anyhow::Result<()> {
    let given: Vec<&Value> = pairs.iter().map(|(_, pair)| &pair.given).collect();
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": given });
    let (code, shown) = sekisho.show(list.to_string().as_bytes())?;
    if shown.len() == pairs.len() {
        for ((name, pair), shown) in pairs.iter().zip(&shown) {
            let differences = differences(shown, &pair.stored);
            let result = if differences.is_empty() { Ok(()) } else { Err(differences.join("; ")) };
            outcome.add(name, result);
        }
    } else if let [(name, _)] = pairs {
        let why = format!("{} objects were shown of one, exit code {code}", shown.len());
        outcome.add(name, Err(why));
    } else {
        let (first, second) = pairs.split_at(pairs.len() / 2);
        compare(sekisho, first, outcome)?;
        compare(sekisho, second, outcome)?;
    }
    Ok(())
}

fn name(object: &Value) -> String {
    let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or("?");
    format!("{} {}", text("/kind"), text("/metadata/name"))
}

/// Where two values differ; no more than the first few places.
fn differences(shown: &Value, stored: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(shown, stored, &mut String::new(), &mut found);
    if found.len() > 5 {
        let more = found.len() - 5;
        found.truncate(5);
        found.push(format!("and {more} more"));
    }
    found
}

fn collect(shown: &Value, stored: &Value, at: &mut String, found: &mut Vec<String>) {
    let mut below = |key: &str, shown: Option<&Value>, stored: Option<&Value>| {
        let length = at.len();
        at.push('/');
        at.push_str(&key.replace('~', "~0").replace('/', "~1"));
        match (shown, stored) {
            (Some(shown), Some(stored)) => collect(shown, stored, at, found),
            (Some(shown), None) => found.push(format!("{at}: {shown} is not stored")),
            (None, Some(stored)) => found.push(format!("{at}: {stored} is not shown")),
            (None, None) => {}
        }
        at.truncate(length);
    };
    match (shown, stored) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                below(key, Some(value), b.get(key));
            }
            for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                below(key, None, Some(value));
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for index in 0..a.len().max(b.len()) {
                below(&index.to_string(), a.get(index), b.get(index));
            }
        }
        _ if shown == stored => {}
        _ => found.push(format!("{at}: shown {shown}, stored {stored}")),
    }
}

#[cfg(test)]
mod tests {
    use super::differences;
    use serde_json::json;

    #[test]
    fn differences_have_places() {
        let shown = json!({"a": [1, {"b/c": true}], "d": "x"});
        let stored = json!({"a": [1, {"b/c": false}, 2], "e": null});
        assert_eq!(
            differences(&shown, &stored),
            [
                "/a/1/b~1c: shown true, stored false",
                "/a/2: 2 is not shown",
                "/d: \"x\" is not stored",
                "/e: null is not shown",
            ]
        );
        assert!(differences(&shown, &shown).is_empty());
    }
}
