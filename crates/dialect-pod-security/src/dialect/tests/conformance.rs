//! Judges the pods of the upstream tests, where they are there: the path of each file says at
//! which level and version it passes, or which check it fails.

use super::{creation, evaluate, policy};
use crate::dialect::level_document;
use sekisho_kube_model::Schemas;
use sekisho_manifest::{ReadOptions, read};
use sekisho_policy::{CompiledPolicy, Target};
use sekisho_value::Value;
use std::path::{Path, PathBuf};

/// Checks of restricted that stand in for those of baseline by which files are named.
const OVERRIDING: [(&str, &str); 4] = [
    ("hostpathvolumes", "restrictedvolumes"),
    ("capabilities_baseline", "capabilities_restricted"),
    ("seccompprofile_baseline", "seccompprofile_restricted"),
    ("procmount", "procmount_restricted"),
];

/// The checks that a pod fails, in lower case.
fn failed_checks(policy: &CompiledPolicy, pod: Value) -> Vec<String> {
    let request = creation("", "Pod", pod);
    assert!(policy.matcher.matches(&request));
    let outcome = evaluate(policy, &request, &Target::default());
    outcome.violations.iter().map(|violation| violation.rule.to_lowercase()).collect()
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> &str {
    path.file_stem().and_then(|name| name.to_str()).unwrap()
}

fn folder_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap()
}

#[test]
fn upstream_pods_are_judged_as_upstream_judges_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/pod-security");
    if !root.is_dir() {
        println!("skipped: no upstream pods at {}", root.display());
        return;
    }
    let schemas = Schemas::builtin();
    let (mut passed, mut failures) = (0, Vec::new());
    for level in folders(&root) {
        for version in folders(&level) {
            let policy = policy(&level_document(folder_name(&level), folder_name(&version)));
            for expectation in folders(&version) {
                for file in folders(&expectation) {
                    let bytes = std::fs::read(&file).unwrap();
                    let read = read("pod", bytes, &ReadOptions::default());
                    assert!(read.errors.is_empty(), "{}: {:?}", file.display(), read.errors);
                    let stored = schemas.store(&read.documents[0].value).object;
                    let failed = failed_checks(&policy, stored);
                    let check = name(&file).trim_end_matches(|c: char| c.is_ascii_digit());
                    let overriding =
                        OVERRIDING.iter().find(|(id, _)| *id == check).map(|(_, id)| *id);
                    let right = match folder_name(&expectation) {
                        "pass" => failed.is_empty(),
                        _ => failed.iter().any(|id| id == check || Some(id.as_str()) == overriding),
                    };
                    if right {
                        passed += 1;
                    } else {
                        failures.push(format!("{}: {failed:?}", file.display()));
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{passed} passed, failed:\n{}", failures.join("\n"));
    assert!(passed > 0, "no file at {}", root.display());
    println!("{passed} passed");
}
