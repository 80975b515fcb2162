//! The documents that must be there, and what they must say.

use super::{Problems, Tree};
use crate::workspace;

/// Files and the lines that they must contain.
const DEMANDS: [(&str, &[&str]); 8] = [
    (
        "README.md",
        &["cargo run --release -- check --fail-on never examples/", "cargo test --workspace"],
    ),
    ("CHANGELOG.md", &[]),
    ("CONTRIBUTING.md", &[]),
    ("LICENSE", &["Apache License", "END OF TERMS AND CONDITIONS"]),
    ("deny.toml", &[]),
    ("docs/ARCHITECTURE.md", &["| crate | what it is | invariant |"]),
    ("docs/CONFORMANCE.md", &[]),
    ("docs/PERFORMANCE.md", &[]),
];

/// Checks that every document is there and says what it must.
pub(super) fn check(tree: &Tree, problems: &mut Problems) {
    for (path, demands) in DEMANDS {
        let Some(file) = tree.file(path) else {
            problems.error(&workspace::root().join(path), 0, "the file is missing");
            continue;
        };
        for demand in demands.iter().filter(|demand| !file.text.contains(**demand)) {
            problems.error(&file.path, 0, format!("`{demand}` is not in it"));
        }
    }
}
