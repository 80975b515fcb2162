//! Every dependency has a permissive licence and comes from the registry. `deny.toml` says the
//! same to those who have cargo-deny.

use super::{Problems, Tree};
use crate::workspace;
use anyhow::Context as _;
use serde_json::Value;

/// Licences that ask for no more than a notice.
const PERMISSIVE: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether an SPDX expression can be met with permissive licences alone. Both `/`, the old way
/// to write `OR`, and parentheses are understood.
fn is_permissive(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    // No expression of a crate nests deeper than one pair of parentheses, and there `AND` joins
    // groups of `OR`; outside of parentheses `OR` binds weaker than `AND`.
    if let Some((before, rest)) = expression.split_once('(')
        && let Some((group, after)) = rest.split_once(')')
    {
        let group = if is_permissive(group) { "MIT" } else { "none" };
        return is_permissive(&format!("{before}{group}{after}"));
    }
    expression
        .split(" OR ")
        .any(|all| all.split(" AND ").all(|licence| PERMISSIVE.contains(&licence.trim())))
}

/// Checks every package that the workspace needs.
pub(super) fn check(tree: &Tree, problems: &mut Problems) -> anyhow::Result<()> {
    let lock = workspace::root().join("Cargo.lock");
    let packages = tree.metadata.get("packages").and_then(Value::as_array);
    for package in packages.context("no `packages`")? {
        let text = |key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = format!("{} {}", text("name"), text("version"));
        let licence = text("license");
        if !is_permissive(licence) {
            problems.error(&lock, 0, format!("{name} has the licence `{licence}`"));
        }
        let source = text("source");
        if !source.is_empty() && !source.starts_with("registry+") {
            problems.error(&lock, 0, format!("{name} comes from `{source}`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_permissive;

    #[test]
    fn expressions() {
        let cases = [
            ("MIT", true),
            ("MIT OR Apache-2.0", true),
            ("MIT/Apache-2.0", true),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
            ("Apache-2.0 WITH LLVM-exception OR MIT", true),
            ("MIT OR GPL-3.0", true),
            ("MIT AND GPL-3.0", false),
            ("(GPL-2.0 OR LGPL-3.0) AND MIT", false),
            ("AGPL-3.0-only", false),
            ("", false),
        ];
        for (expression, expected) in cases {
            assert_eq!(is_permissive(expression), expected, "{expression}");
        }
    }
}
