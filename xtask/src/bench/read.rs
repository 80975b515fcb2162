//! Reading YAML, beside YAML crates that give a JSON value. Ours also keeps a span for every
//! node.

use super::Figure;
use super::measure::{self, Contender};
use crate::{generate_tree, workspace};
use anyhow::Context as _;
use sekisho_manifest::ReadOptions;
use serde::Deserialize as _;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Reads generated manifests, and real ones where they are there.
pub(super) fn read() -> anyhow::Result<Vec<Figure>> {
    let generated = generate_tree::manifests().take(2_000).map(|manifest| manifest.text);
    let mut figures = vec![compare("generated manifests", generated.collect())?];
    let real = workspace::corpora().join("real");
    if real.exists() {
        figures.push(compare("real manifests", texts(&real)?)?);
    }
    Ok(figures)
}

fn texts(folder: &Path) -> anyhow::Result<Vec<String>> {
    let files = workspace::files(folder, &[])?.into_iter();
    let files = files.filter(|file| file.extension().is_some_and(|name| name != "json"));
    Ok(files.filter_map(|file| std::fs::read_to_string(file).ok()).collect())
}

fn compare(case: &str, mut texts: Vec<String>) -> anyhow::Result<Figure> {
    let given = texts.len();
    // What one of them cannot read would favour it: it stops early.
    texts.retain(|text| {
        let Some(theirs) = yaml_serde_values(text) else { return false };
        let ours = ours(text);
        let all = ours.documents.len() + ours.skipped.len();
        saphyr_values(text).is_some() && ours.errors.is_empty() && theirs.len() <= all
    });
    let bytes: usize = texts.iter().map(String::len).sum();
    let figures = measure::compare(&mut [
        Contender::new("ours", || {
            texts.iter().map(|text| ours(text).documents.len()).sum::<usize>()
        }),
        Contender::new("yaml_serde", || {
            texts
                .iter()
                .filter_map(|text| yaml_serde_values(text))
                .map(|all| all.len())
                .sum::<usize>()
        }),
        Contender::new("serde-saphyr", || {
            texts.iter().filter_map(|text| saphyr_values(text)).map(|all| all.len()).sum::<usize>()
        }),
    ]);
    let mut ours = f64::NAN;
    let mut rivals = BTreeMap::new();
    for (name, seconds) in figures {
        if name == "ours" {
            ours = seconds;
        } else {
            rivals.insert(format!("{name} {}", version(name)?), seconds * 1e3);
        }
    }
    let mut note =
        format!("{:.2} MB, ours {:.0} MB/s", bytes as f64 / 1e6, bytes as f64 / 1e6 / ours);
    if texts.len() < given {
        note.push_str(&format!("; {} of {given} files, which all can read", texts.len()));
    }
    Ok(Figure { bench: "read", case: case.to_owned(), unit: "ms", ours: ours * 1e3, rivals, note })
}

fn ours(text: &str) -> sekisho_manifest::Read {
    sekisho_manifest::read("a.yaml", text.as_bytes(), &ReadOptions::default())
}

fn yaml_serde_values(text: &str) -> Option<Vec<Value>> {
    yaml_serde::Deserializer::from_str(text).map(|one| Value::deserialize(one).ok()).collect()
}

fn saphyr_values(text: &str) -> Option<Vec<Value>> {
    serde_saphyr::from_multiple(text).ok()
}

/// The version of a crate in the lock file.
fn version(name: &str) -> anyhow::Result<String> {
    let lock = std::fs::read_to_string(workspace::root().join("Cargo.lock"))?;
    let (_, rest) = lock
        .split_once(&format!("name = \"{name}\"\nversion = \""))
        .with_context(|| format!("`{name}` is not in Cargo.lock"))?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}
