//! Dependencies point down the layers and never sideways (`docs/ARCHITECTURE.md`).

use super::{Problems, Tree, crates};
use crate::workspace;

/// A layer is a row; a crate may depend on crates of earlier rows only, so never on one of its
/// own row: a dialect knows no other dialect, a checkpoint no other checkpoint. A name that ends
/// in `-` stands for every name that begins so.
const LAYERS: [&[&str]; 13] = [
    &["sekisho-budget", "sekisho-go-net", "sekisho-value"],
    &["sekisho-go-regex", "sekisho-manifest", "sekisho-report"],
    &["sekisho-kube-model"],
    &["sekisho-rego", "sekisho-cel", "sekisho-jmespath", "sekisho-wasm"],
    &["sekisho-policy"],
    &["sekisho-engine"],
    &["sekisho-dialect-"],
    &["sekisho-dialects", "sekisho-packs"],
    &["sekisho-cluster", "sekisho-watchdog"],
    &["sekisho-checkpoint-"],
    &[
        "sekisho-checkpoints",
        "sekisho-rego-tool",
        "sekisho-cel-tool",
        "sekisho-gator-tool",
        "sekisho-install",
    ],
    &["sekisho"],
    &[FOR_TESTS],
];

/// What only tests and xtask use, so that it stands above everything.
const FOR_TESTS: &str = "sekisho-testenv";

/// Rows up to this one do no IO: ground, model, languages, core and dialects.
const LAST_PURE_LAYER: usize = 7;

/// What brings IO, a clock or a client.
const IMPURE: [&str; 33] = [
    "async-std",
    "axum",
    "chrono",
    "crossterm",
    "diesel",
    "dirs",
    "env_logger",
    "fs-err",
    "getrandom",
    "hyper",
    "ignore",
    "indicatif",
    "k8s-openapi",
    "kube",
    "kube-client",
    "kube-runtime",
    "memmap2",
    "mio",
    "notify",
    "rand",
    "redb",
    "reqwest",
    "rocksdb",
    "rusqlite",
    "sled",
    "socket2",
    "sqlx",
    "time",
    "tokio",
    "tower",
    "ureq",
    "walkdir",
    "wasmtime-wasi",
];

/// The row of a package, where it has one.
pub(super) fn layer(package: &str) -> Option<usize> {
    LAYERS.iter().position(|row| {
        row.iter().any(|name| match name.strip_suffix('-') {
            Some(_) => package.starts_with(name),
            None => package == *name,
        })
    })
}

/// Whether a package must do no IO.
pub(super) fn is_pure(package: &str) -> bool {
    layer(package).is_some_and(|row| row <= LAST_PURE_LAYER)
}

/// Whether a package may depend on another.
fn allowed(package: &str, dependency: &str) -> bool {
    if !dependency.starts_with("sekisho") {
        return !(is_pure(package) && IMPURE.contains(&dependency));
    }
    match (layer(package), layer(dependency)) {
        (Some(from), Some(to)) => to < from,
        _ => false,
    }
}

/// Checks every dependency of every crate, those of tests and build scripts included.
pub(super) fn check(tree: &Tree, problems: &mut Problems) -> anyhow::Result<()> {
    for package in crates::members(&tree.metadata)? {
        if package.name == "xtask" {
            continue;
        }
        if layer(&package.name).is_none() {
            let message = format!("`{}` has no layer; see xtask/src/tidy/layers.rs", package.name);
            problems.error(&package.manifest, 0, message);
            continue;
        }
        for (dependency, kind) in &package.dependencies {
            // Tests may read files and ask a real API server, but know no later crate. Of their own
            // crate they may ask for features.
            let is_own = *dependency == package.name;
            let is_test_tool = dependency == FOR_TESTS || !dependency.starts_with("sekisho");
            let excused = kind == "dev" && (is_test_tool || is_own);
            if !excused && !allowed(&package.name, dependency) {
                let message = format!("`{}` must not depend on `{dependency}`", package.name);
                problems.error(&package.manifest, 0, message);
            }
        }
        let folder = package.manifest.parent().unwrap_or(workspace::root());
        let expected = match package.name.strip_prefix("sekisho-") {
            Some(name) => workspace::root().join("crates").join(name),
            None => workspace::root().join("crates/cli"),
        };
        if folder != expected {
            let message = format!("`{}` belongs in {}", package.name, workspace::shown(&expected));
            problems.error(&package.manifest, 0, message);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn edges() {
        let cases = [
            ("sekisho-engine", "sekisho-policy", true),
            ("sekisho-engine", "sekisho-dialect-pod-security", false),
            ("sekisho-engine", "sekisho-dialects", false),
            ("sekisho-policy", "sekisho-engine", false),
            ("sekisho-dialect-gatekeeper", "sekisho-rego", true),
            ("sekisho-dialect-gatekeeper", "sekisho-dialect-pod-security", false),
            ("sekisho-rego", "sekisho-cel", false),
            ("sekisho-cel", "sekisho-kube-model", true),
            ("sekisho-kube-model", "sekisho-policy", false),
            ("sekisho-checkpoint-check", "sekisho-engine", true),
            ("sekisho-checkpoint-check", "sekisho-checkpoint-admission", false),
            ("sekisho-checkpoints", "sekisho-checkpoint-check", true),
            ("sekisho-checkpoint-check", "sekisho-checkpoints", false),
            ("sekisho", "sekisho-checkpoints", true),
            ("sekisho", "sekisho-testenv", false),
            ("sekisho-testenv", "sekisho-value", true),
            ("sekisho-value", "sekisho-unheard-of", false),
            ("sekisho-value", "smol_str", true),
            ("sekisho-engine", "tokio", false),
            ("sekisho-engine", "sqlx", false),
            ("sekisho-dialect-gatekeeper", "kube", false),
            ("sekisho-checkpoint-check", "ignore", true),
            ("sekisho-checkpoint-audit", "sekisho-cluster", true),
            ("sekisho-cluster", "sekisho-checkpoint-audit", false),
            ("sekisho-checkpoint-admission", "axum", true),
        ];
        for (package, dependency, expected) in cases {
            assert_eq!(allowed(package, dependency), expected, "{package} on {dependency}");
        }
    }
}
