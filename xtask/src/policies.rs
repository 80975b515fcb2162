//! `cargo xtask policies`: what is written twice below `policies/` and in its documentation.
//!
//! Templates carry their own copies of `policies/lib/*.rego`, since Gatekeeper lets no template use
//! another's; `docs/policies.md` has a table of all policies and of what the packs do with them.

use crate::workspace;
use anyhow::{Context as _, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How the Rego of a library is indented in a template.
const INDENT: &str = "                ";
/// The line before it.
const BLOCK: &str = "              - |";
/// How the table of the documentation begins.
const HEAD: &str = "| policy | what it asks for | severity |";

/// Writes, or with `check` only says, what differs.
///
/// # Errors
/// Where a file cannot be read or written, or with `check` where one differs.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let stale = stale()?;
    for (path, text) in &stale {
        println!("{}", workspace::shown(path));
        if !check {
            std::fs::write(path, text)
                .with_context(|| format!("cannot write `{}`", workspace::shown(path)))?;
        }
    }
    if check && !stale.is_empty() {
        bail!("{} files differ; `cargo xtask policies` writes them", stale.len());
    }
    Ok(())
}

/// The files that are not as they should be, with what they should hold.
///
/// # Errors
/// Where a file cannot be read.
pub(crate) fn stale() -> anyhow::Result<Vec<(PathBuf, String)>> {
    let folder = workspace::root().join("policies");
    let libraries = libraries(&folder.join("lib"))?;
    let mut stale = Vec::new();
    let mut rows = Vec::new();
    let packs = packs(&read(&folder.join("pack.yaml"))?);
    for path in workspace::files(&folder, &["samples"])? {
        if path.file_name().is_none_or(|name| name != "template.yaml") {
            continue;
        }
        let text = read(&path)?;
        let wanted = with_libraries(&text, &libraries)
            .with_context(|| format!("in `{}`", workspace::shown(&path)))?;
        let name = path.parent().and_then(Path::file_name).unwrap_or_default();
        rows.push(row(&name.to_string_lossy(), &text, &packs));
        if wanted != text {
            stale.push((path, wanted));
        }
    }
    let path = workspace::root().join("docs/policies.md");
    let text = read(&path)?;
    let wanted = with_table(&text, &packs, &rows)?;
    if wanted != text {
        stale.push((path, wanted));
    }
    Ok(stale)
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path)
        .with_context(|| format!("cannot read `{}`", workspace::shown(path)))
}

/// The shared Rego, by the line that names its package.
fn libraries(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut libraries = BTreeMap::new();
    for path in workspace::files(folder, &[])? {
        let text = read(&path)?;
        let package = text.lines().find(|line| line.starts_with("package "));
        let package = package.with_context(|| format!("no package in `{}`", path.display()))?;
        libraries.insert(package.to_owned(), text);
    }
    Ok(libraries)
}

/// A template with its libraries as they stand in their files.
fn with_libraries(text: &str, libraries: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let Some((before, blocks)) = text.split_once(&format!("{BLOCK}\n")) else {
        return Ok(text.to_owned());
    };
    let mut wanted = before.to_owned();
    for block in blocks.split(&format!("{BLOCK}\n")) {
        let package = block.lines().map(str::trim).find(|line| line.starts_with("package "));
        let package = package.context("a library without a package")?;
        let library = libraries.get(package).with_context(|| format!("no file of `{package}`"))?;
        wanted.extend([BLOCK, "\n"]);
        for line in library.lines() {
            if !line.is_empty() {
                wanted.extend([INDENT, line]);
            }
            wanted.push('\n');
        }
    }
    Ok(wanted)
}

/// The packs by name, in order, each with the actions of its policies.
fn packs(text: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut packs: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("  - name: ") {
            packs.push((name.to_owned(), BTreeMap::new()));
        } else if let Some((name, action)) =
            line.strip_prefix("      ").and_then(|entry| entry.split_once(": "))
            && let Some((_, constraints)) = packs.last_mut()
        {
            constraints.insert(name.to_owned(), action.to_owned());
        }
    }
    packs
}

fn row(name: &str, template: &str, packs: &[(String, BTreeMap<String, String>)]) -> String {
    let annotation = |key: &str| {
        let start = format!("    {key}: ");
        template.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_default()
    };
    let title = annotation("metadata.gatekeeper.sh/title");
    let severity = annotation("sekisho.dev/severity");
    let mut row = format!("| [{name}](../policies/{name}/README.md) | {title} | {severity} |");
    for (_, constraints) in packs {
        match constraints.get(name) {
            Some(action) => row.extend([" ", action, " |"]),
            None => row.push_str(" |"),
        }
    }
    row
}

/// The documentation with its table.
fn with_table(
    text: &str,
    packs: &[(String, BTreeMap<String, String>)],
    rows: &[String],
) -> anyhow::Result<String> {
    let (before, rest) = text.split_once(HEAD).context("docs/policies.md has no table")?;
    let after = rest.split_once("\n\n").map_or("", |(_, after)| after);
    let names: String = packs.iter().map(|(name, _)| format!(" {name} |")).collect();
    let rule = "| --- | --- | --- |".to_owned() + &" --- |".repeat(packs.len());
    Ok(format!("{before}{HEAD}{names}\n{rule}\n{}\n\n{after}", rows.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::{stale, with_libraries};
    use std::collections::BTreeMap;

    #[test]
    fn templates_and_documentation_are_current() {
        let stale: Vec<_> = stale().unwrap().into_iter().map(|(path, _)| path).collect();
        assert!(stale.is_empty(), "`cargo xtask policies` writes {stale:?}");
    }

    #[test]
    fn libraries_are_replaced_whole() {
        let library = "package lib.a\n\nx := 1\n".to_owned();
        let libraries = BTreeMap::from([("package lib.a".to_owned(), library)]);
        let text =
            "head\n              - |\n                package lib.a\n                y := 2\n";
        let wanted =
            "head\n              - |\n                package lib.a\n\n                x := 1\n";
        assert_eq!(with_libraries(text, &libraries).unwrap(), wanted);
        assert!(with_libraries(&text.replace("lib.a", "lib.b"), &libraries).is_err());
        assert_eq!(with_libraries("no libraries", &libraries).unwrap(), "no libraries");
    }
}
