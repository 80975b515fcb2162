//! What every crate of the workspace has.

use super::{Problems, TextFile, Tree};
use crate::{process, workspace};
use anyhow::Context as _;
use serde_json::Value;
use std::path::PathBuf;

/// A package of the workspace.
pub(super) struct Member {
    pub(super) name: String,
    /// its `Cargo.toml`
    pub(super) manifest: PathBuf,
    /// names and kinds (`normal`, `dev`, `build`)
    pub(super) dependencies: Vec<(String, String)>,
}

/// Asks cargo for the packages and their dependencies, those for other systems left out.
pub(super) fn metadata() -> anyhow::Result<Value> {
    let told = process::capture(process::cargo().args([
        "metadata",
        "--locked",
        "--format-version=1",
        "--all-features",
        "--filter-platform=x86_64-unknown-linux-gnu",
    ]))?;
    serde_json::from_str(&told).context("cannot read what `cargo metadata` printed")
}

/// The packages of the workspace.
pub(super) fn members(metadata: &Value) -> anyhow::Result<Vec<Member>> {
    let list = |of: &Value, key: &str| of.get(key).and_then(Value::as_array).cloned();
    let ids = list(metadata, "workspace_members").context("no `workspace_members`")?;
    let packages = list(metadata, "packages").context("no `packages`")?;
    let ours =
        packages.iter().filter(|package| package.get("id").is_some_and(|id| ids.contains(id)));
    ours.map(|package| {
        let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).map(str::to_owned);
        let dependencies = list(package, "dependencies").unwrap_or_default();
        Ok(Member {
            name: text(package, "name").context("a package has no name")?,
            manifest: text(package, "manifest_path").context("a package has no path")?.into(),
            dependencies: dependencies
                .iter()
                .filter_map(|dependency| {
                    let kind = text(dependency, "kind").unwrap_or_else(|| "normal".to_owned());
                    Some((text(dependency, "name")?, kind))
                })
                .collect(),
        })
    })
    .collect()
}

/// Checks what every crate must have.
pub(super) fn check(tree: &Tree, problems: &mut Problems) -> anyhow::Result<()> {
    let architecture = tree.file("docs/ARCHITECTURE.md").map_or("", |file| &file.text);
    for package in members(&tree.metadata)? {
        let folder = package.manifest.parent().context("a manifest has no folder")?;
        let read = |name: &str| tree.file(&workspace::shown(&folder.join(name)));
        if let Some(manifest) = read("Cargo.toml")
            && !inherits_lints(&manifest.text)
        {
            problems.error(&manifest.path, 0, "`[lints] workspace = true` is missing");
        }
        match read("src/lib.rs").or_else(|| read("src/main.rs")) {
            Some(top) if !states_invariant(top) => {
                let message = "the crate's documentation has no `**Invariant:**` line";
                problems.error(&top.path, 0, message);
            }
            Some(_) => {}
            None => problems.error(&package.manifest, 0, "neither src/lib.rs nor src/main.rs"),
        }
        if let Some(main) = read("src/main.rs")
            && main.text.lines().count() >= 30
        {
            problems.error(&main.path, 0, "main.rs has 30 lines or more; it only wires");
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let row = format!("| `{name}` |");
        if package.name != "xtask" && !architecture.lines().any(|line| line.starts_with(&row)) {
            let message = format!("`{name}` has no row in the code map of docs/ARCHITECTURE.md");
            problems.error(&package.manifest, 0, message);
        }
    }
    Ok(())
}

fn inherits_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().map(str::trim).skip_while(|line| *line != "[lints]");
    lines.next();
    lines.take_while(|line| !line.starts_with('[')).any(|line| line == "workspace = true")
}

fn states_invariant(top: &TextFile) -> bool {
    top.text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .any(|line| line.trim_start_matches("//!").trim_start().starts_with("**Invariant"))
}

#[cfg(test)]
mod tests {
    use super::inherits_lints;

    #[test]
    fn lints() {
        assert!(inherits_lints("[package]\nname = \"x\"\n\n[lints]\nworkspace = true\n"));
        assert!(!inherits_lints("[package]\nversion.workspace = true\n"));
        assert!(!inherits_lints("[lints]\n[dependencies]\nworkspace = true\n"));
    }
}
