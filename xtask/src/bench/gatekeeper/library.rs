//! What is judged by: templates of Gatekeeper's library, each with the first constraint of its
//! suite; Sekisho's own `recommended` pack; and policies that read the inventory.

use crate::workspace;
use anyhow::{Context as _, anyhow};
use sekisho_manifest::{ReadOptions, read_document_as, read_value};
use sekisho_value::Value;
use std::fs;
use std::path::Path;

/// Templates and their constraints, as they are written; without Gatekeeper's library where that
/// is not there, which is told.
pub(crate) fn policies() -> anyhow::Result<Vec<String>> {
    let mut policies = Vec::new();
    let library = workspace::corpora().join("gatekeeper-library/library");
    if library.is_dir() {
        let files = workspace::files(&library, &[])?;
        for suite in files.iter().filter(|file| file.ends_with("suite.yaml")) {
            policies.push(of_suite(suite)?);
        }
    } else {
        println!("{}: it is not there, and not measured", library.display());
    }
    policies.extend(recommended()?);
    let inventory = workspace::root().join("xtask/src/bench/gatekeeper/inventory");
    for file in workspace::files(&inventory, &[])? {
        policies.push(text(&file)?);
    }
    Ok(policies)
}

fn text(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))
}

fn of_suite(file: &Path) -> anyhow::Result<String> {
    let options = ReadOptions { gator: true, client_kinds: true, ..ReadOptions::default() };
    let suite = read_document_as(&file.to_string_lossy(), text(file)?.into_bytes(), &options)
        .map_err(|error| anyhow!("{}: {}", file.display(), error.message))?;
    let test = suite.value.get("tests").and_then(|tests| tests.at(0)).context("no test")?;
    let named = |key: &str| {
        let path = test.get(key).and_then(Value::as_str).context("a test lacks a file")?;
        text(&file.with_file_name(path))
    };
    Ok(format!("{}\n---\n{}", named("template")?, named("constraint")?))
}

fn recommended() -> anyhow::Result<Vec<String>> {
    let policies = workspace::root().join("policies");
    let packs = read_value(&text(&policies.join("pack.yaml"))?)
        .map_err(|error| anyhow!("pack.yaml: {}", error.message))?;
    let packs = packs.get("packs").and_then(Value::as_array).unwrap_or_default();
    let pack = packs.iter().find(|pack| pack.path_str(&["name"]) == Some("recommended"));
    let constraints = pack.and_then(|pack| pack.get("constraints")).and_then(Value::as_object);
    let names = constraints.context("there is no pack `recommended`")?.iter();
    names
        .map(|(name, _)| {
            let folder = policies.join(name.as_str());
            let (template, constraint) = ("template.yaml", "constraint.yaml");
            Ok(format!(
                "{}\n---\n{}",
                text(&folder.join(template))?,
                text(&folder.join(constraint))?
            ))
        })
        .collect()
}

/// Writes the policies to a folder, one file each.
pub(crate) fn write(policies: &[String], dir: &Path) -> anyhow::Result<()> {
    for (index, policy) in policies.iter().enumerate() {
        fs::write(dir.join(format!("policy-{index}.yaml")), policy)?;
    }
    Ok(())
}
