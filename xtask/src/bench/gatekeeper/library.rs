//! Each template of Gatekeeper's library, with the first constraint of its suite.

use crate::workspace;
use anyhow::{Context as _, anyhow};
use sekisho_manifest::{ReadOptions, read_document_as};
use sekisho_value::Value;
use std::fs;
use std::path::Path;

/// A template and a constraint, as they are written.
pub(super) struct Policy {
    pub(super) template: String,
    pub(super) constraint: String,
}

/// Empty where the library is not there, which is told.
pub(super) fn policies() -> anyhow::Result<Vec<Policy>> {
    let library = workspace::corpora().join("gatekeeper-library/library");
    if !library.is_dir() {
        println!("{}: not measured, it is not there", library.display());
        return Ok(Vec::new());
    }
    let files = workspace::files(&library, &[])?;
    let suites = files.iter().filter(|file| file.ends_with("suite.yaml"));
    suites.map(|file| of_suite(file)).collect()
}

fn of_suite(file: &Path) -> anyhow::Result<Policy> {
    let options = ReadOptions { gator: true, client_kinds: true, ..ReadOptions::default() };
    let bytes = fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let suite = read_document_as(&file.to_string_lossy(), bytes, &options)
        .map_err(|error| anyhow!("{}: {}", file.display(), error.message))?;
    let test = suite.value.get("tests").and_then(|tests| tests.at(0)).context("no test")?;
    let text = |key: &str| -> anyhow::Result<String> {
        let path = test.get(key).and_then(Value::as_str).context("a test lacks a file")?;
        let path = file.with_file_name(path);
        fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))
    };
    Ok(Policy { template: text("template")?, constraint: text("constraint")? })
}

/// Writes the policies to a folder, one file each.
pub(super) fn write(policies: &[Policy], dir: &Path) -> anyhow::Result<()> {
    for (index, policy) in policies.iter().enumerate() {
        let text = format!("{}\n---\n{}", policy.template, policy.constraint);
        fs::write(dir.join(format!("policy-{index}.yaml")), text)?;
    }
    Ok(())
}
