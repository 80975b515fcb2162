//! Every module and query of recorded test cases can be read.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail, and says why")]

use sekisho_rego::ast::Version;
use sekisho_rego::{Source, SourceId, syntax};
use sekisho_value::Value;
use std::path::{Path, PathBuf};

fn corpus(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora").join(name);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
}

fn errors_of(source: &Source, version: Version) -> Vec<String> {
    let (_, diagnostics) = syntax::parse(source, SourceId(0), version);
    let place = |at| source.line_column(at);
    diagnostics
        .iter()
        .map(|diagnostic| {
            let (row, column) = place(diagnostic.location.span.start);
            format!("{row}:{column}: {}", diagnostic.message)
        })
        .collect()
}

#[test]
fn opa_cases() {
    let Some(folder) = corpus("opa") else { return };
    let mut wrong = Vec::new();
    let mut count = 0;
    for (version, name) in [(Version::V0, "v0"), (Version::V1, "v1")] {
        let mut found = Vec::new();
        files(&folder.join(name), "yaml", &mut found);
        for file in found {
            let text = std::fs::read_to_string(&file).unwrap();
            let Ok(value) = sekisho_manifest::read_value(&text) else {
                println!("unreadable: {}", file.display());
                continue;
            };
            for case in value.get("cases").and_then(Value::as_array).unwrap_or_default() {
                let expects_failure = case
                    .path_str(&["want_error_code"])
                    .is_some_and(|code| code == "rego_parse_error");
                let mut failures = Vec::new();
                for module in case.get("modules").and_then(Value::as_array).unwrap_or_default() {
                    let text = module.as_str().unwrap();
                    count += 1;
                    failures.extend(errors_of(&Source::new("", text), version));
                }
                if let Some(query) = case.path_str(&["query"]) {
                    let source = Source::new("", query);
                    let (_, diagnostics) = syntax::parse_query(&source, SourceId(0), version, &[]);
                    failures.extend(diagnostics.into_iter().map(|it| it.message));
                }
                if failures.is_empty() == expects_failure {
                    let note = case.path_str(&["note"]).unwrap_or_default();
                    wrong.push(format!("{}: {note}: {failures:?}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 2_000, "{count}");
}

#[test]
fn templates() {
    let Some(folder) = corpus("gatekeeper-library") else { return };
    let mut found = Vec::new();
    files(&folder, "yaml", &mut found);
    let mut count = 0;
    for file in found {
        let text = std::fs::read_to_string(&file).unwrap();
        let Ok(value) = sekisho_manifest::read_value(&text) else { continue };
        let targets = value.path(&["spec", "targets"]).and_then(Value::as_array);
        for target in targets.unwrap_or_default() {
            let libs = target.get("libs").and_then(Value::as_array).unwrap_or_default();
            let code = target.get("code").and_then(Value::as_array).unwrap_or_default();
            let code = code.iter().filter_map(|code| {
                let version = code.path_str(&["source", "version"]).unwrap_or("v0");
                Some((code.path(&["source", "rego"])?, version))
            });
            let texts = target.get("rego").into_iter().chain(libs).map(|text| (text, "v0"));
            for (text, version) in texts.chain(code) {
                count += 1;
                let version = if version == "v1" { Version::V1 } else { Version::V0 };
                let errors = errors_of(&Source::new("", text.as_str().unwrap()), version);
                assert!(errors.is_empty(), "{}: {errors:?}", file.display());
            }
        }
    }
    assert!(count > 30, "{count}");
}
