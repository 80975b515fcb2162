//! Every recorded test case is understood, or refused where its record says so.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says why it is skipped"
)]

use sekisho_budget::Budget;
use sekisho_rego::analyze::{Options, analyze, analyze_query};
use sekisho_rego::ast::{Module, Version};
use sekisho_rego::{Diagnostic, Source, SourceId, syntax};
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

fn options() -> Options {
    Options { network: true, ..Options::default() }
}

/// The faults of modules and a query; none where a module cannot even be read.
fn faults(texts: &[&str], query: Option<&str>, version: Version) -> Option<Vec<Diagnostic>> {
    let mut sources = Vec::new();
    let mut modules: Vec<Module> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let source = Source::new(&format!("test-{index}.rego"), text);
        let id = SourceId(u16::try_from(index).unwrap());
        let (module, diagnostics) = syntax::parse(&source, id, version);
        if !diagnostics.is_empty() {
            return None;
        }
        modules.extend(module);
        sources.push(source);
    }
    let budget = Budget::standard();
    let (hir, mut found) = analyze(&modules, &sources, &options(), &budget);
    assert_eq!(hir.is_some(), found.is_empty());
    if let (Some(hir), Some(query)) = (&hir, query) {
        let id = SourceId(u16::try_from(sources.len()).unwrap());
        let source = Source::new("", query);
        let (body, diagnostics) = syntax::parse_query(&source, id, version, &[]);
        if !diagnostics.is_empty() {
            return None;
        }
        let (query, more) = analyze_query(&body, id, hir, &options(), &budget);
        assert_eq!(query.is_some(), more.is_empty());
        found.extend(more);
    }
    Some(found)
}

#[test]
fn opa_cases() {
    let Some(folder) = corpus("opa") else { return };
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut refused = 0;
    for (version, name) in [(Version::V0, "v0"), (Version::V1, "v1")] {
        let mut found = Vec::new();
        files(&folder.join(name), "yaml", &mut found);
        for file in found {
            let text = std::fs::read_to_string(&file).unwrap();
            let Ok(value) = sekisho_manifest::read_value(&text) else { continue };
            for case in value.get("cases").and_then(Value::as_array).unwrap_or_default() {
                let modules = case.get("modules").and_then(Value::as_array).unwrap_or_default();
                let modules: Vec<&str> = modules.iter().filter_map(Value::as_str).collect();
                let query = case.path_str(&["query"]);
                // A function of OPA's own test runner.
                if modules.iter().any(|module| module.contains("test.sleep(")) {
                    continue;
                }
                let Some(faults) = faults(&modules, query, version) else { continue };
                count += 1;
                let code = case.path_str(&["want_error_code"]).unwrap_or_default();
                let wanted = case.path_str(&["want_error"]).unwrap_or_default();
                let expected = match code {
                    "rego_parse_error" => continue,
                    code if code.starts_with("rego_") => {
                        refused += 1;
                        faults.iter().any(|fault| {
                            let whole = format!("{}: {}", fault.code, fault.message);
                            fault.code.as_str() == code && whole.contains(wanted)
                        })
                    }
                    _ => faults.is_empty(),
                };
                if !expected {
                    let note = case.path_str(&["note"]).unwrap_or_default();
                    let told: Vec<&str> =
                        faults.iter().map(|fault| fault.message.as_str()).collect();
                    wrong.push(format!("{name}: {note}: wants {code} {wanted}, told {told:?}"));
                }
            }
        }
    }
    println!("{count} cases, {refused} of them to be refused");
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
            let code = code.iter().find_map(|code| code.path(&["source", "rego"]));
            let Some(main) = target.get("rego").or(code) else { continue };
            let more = target.get("code").and_then(Value::as_array).unwrap_or_default();
            let more = more.iter().filter_map(|code| code.path(&["source", "libs"])?.as_array());
            let libs = libs.iter().chain(more.flatten());
            let texts: Vec<&str> = libs.chain([main]).filter_map(Value::as_str).collect();
            let faults = faults(&texts, Some("data.x.violation = x"), Version::V0);
            let faults = faults.or_else(|| faults_of_v1(&texts)).unwrap();
            assert!(faults.is_empty(), "{}: {faults:?}", file.display());
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

fn faults_of_v1(texts: &[&str]) -> Option<Vec<Diagnostic>> {
    faults(texts, None, Version::V1)
}
