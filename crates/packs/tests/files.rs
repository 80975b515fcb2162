//! The files below `policies/`: that all are built in, and that they say what they must.

#![expect(clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use sekisho_manifest::{ReadOptions, read, read_value};
use sekisho_packs::{LIBRARY, ORIGIN, bundle_files, packs};
use sekisho_policy::Action;
use sekisho_value::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn one(name: &str, text: &str) -> Value {
    let read = read(name, text.as_bytes(), &ReadOptions::default());
    assert!(read.errors.is_empty(), "{name}: {:?}", read.errors);
    assert_eq!(read.documents.len(), 1, "{name}");
    read.documents[0].value.clone()
}

#[test]
fn every_folder_is_built_in() {
    let folders: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("template.yaml").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let built_in: Vec<String> = LIBRARY.iter().map(|policy| policy.name.to_owned()).collect();
    assert!(folders.len() > 20);
    assert_eq!(built_in, folders.into_iter().collect::<Vec<_>>());
}

#[test]
fn every_policy_is_documented_and_tested() {
    for policy in LIBRARY {
        let template = one(policy.name, policy.template);
        let constraint = one(policy.name, policy.constraint);
        let kind = template.path_str(&["spec", "crd", "spec", "names", "kind"]).unwrap();
        assert_eq!(template.path_str(&["metadata", "name"]), Some(&*kind.to_lowercase()));
        assert_eq!(constraint.path_str(&["kind"]), Some(kind));
        assert_eq!(constraint.path_str(&["metadata", "name"]), Some(policy.name));
        let annotations = template.path(&["metadata", "annotations"]).unwrap();
        for name in ["metadata.gatekeeper.sh/title", "description", "sekisho.dev/links"] {
            assert!(annotations.get(name).is_some(), "{}: {name}", policy.name);
        }
        let severity = annotations.get("sekisho.dev/severity").and_then(Value::as_str).unwrap();
        assert_eq!(policy.severity().as_str(), severity, "{}", policy.name);
        assert_eq!(policy.kind(), kind);
        let title = annotations.get("metadata.gatekeeper.sh/title").and_then(Value::as_str);
        assert_eq!(Some(policy.title()), title);
        let about = annotations.get("description").and_then(Value::as_str);
        assert_eq!(Some(policy.about()), about);

        let folder = folder().join(policy.name);
        let readme = text(&folder.join("README.md"));
        for heading in ["## Why", "## How to mend", "## Parameters", "## Sources"] {
            assert!(readme.contains(heading), "{}: {heading}", policy.name);
        }
        let schema = ["spec", "crd", "spec", "validation", "openAPIV3Schema", "properties"];
        let parameters = template.path(&schema).and_then(Value::as_object);
        for (name, schema) in parameters.into_iter().flat_map(|map| map.iter()) {
            assert!(readme.contains(&format!("| `{name}` |")), "{}: {name}", policy.name);
            assert!(schema.get("description").is_some(), "{}: {name}", policy.name);
        }

        let suite = read_value(&text(&folder.join("suite.yaml"))).unwrap();
        let tests = suite.get("tests").and_then(Value::as_array).unwrap();
        let of_recommended = tests
            .iter()
            .find(|test| test.path_str(&["constraint"]) == Some("constraint.yaml"))
            .unwrap_or_else(|| panic!("{}: no test of constraint.yaml", policy.name));
        let cases = of_recommended.get("cases").and_then(Value::as_array).unwrap();
        let expects = |case: &Value, wanted: fn(&Value) -> bool| {
            let assertions = case.get("assertions").and_then(Value::as_array).unwrap();
            assertions.iter().any(|one| one.get("violations").is_some_and(wanted))
        };
        let none = |violations: &Value| violations.as_bool() == Some(false);
        let some = |violations: &Value| violations.as_bool() != Some(false);
        assert!(cases.iter().any(|case| expects(case, none)), "{}: nothing passes", policy.name);
        assert!(cases.iter().any(|case| expects(case, some)), "{}: all passes", policy.name);
    }
}

#[test]
fn templates_hold_the_libraries_as_they_are() {
    let mut used = BTreeSet::new();
    for policy in LIBRARY {
        let template = one(policy.name, policy.template);
        let targets = template.path(&["spec", "targets"]).and_then(Value::as_array).unwrap();
        let code = targets[0].get("code").and_then(Value::as_array).unwrap();
        let source = code[0].get("source").unwrap();
        assert_eq!(source.path_str(&["version"]), Some("v1"));
        for library in source.get("libs").and_then(Value::as_array).unwrap_or_default() {
            let held = library.as_str().unwrap();
            let package = held.lines().find_map(|line| line.strip_prefix("package lib."));
            let name = package.unwrap_or_else(|| panic!("{}: no package", policy.name));
            let file = folder().join("lib").join(format!("{name}.rego"));
            assert_eq!(held, text(&file), "{}: lib.{name} differs from its file", policy.name);
            used.insert(format!("{name}.rego"));
        }
    }
    let there = std::fs::read_dir(folder().join("lib")).unwrap();
    let there: BTreeSet<String> =
        there.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(used, there);
}

#[test]
fn packs_name_policies_that_are_there() {
    let packs = packs();
    let names: Vec<&str> = packs.iter().map(|pack| pack.name.as_str()).collect();
    assert_eq!(names, ["recommended", "restricted", "reliability"]);
    let described = read_value(&text(&folder().join("pack.yaml"))).unwrap();
    let described = described.get("packs").and_then(Value::as_array).unwrap();
    for (pack, described) in packs.iter().zip(described) {
        // Nothing was passed over because its name or action is misspelt.
        let constraints = described.get("constraints").and_then(Value::as_object).unwrap();
        assert_eq!(pack.constraints.len(), constraints.iter().count());
        assert!(!pack.about.is_empty());
        for name in pack.constraints.keys() {
            assert!(LIBRARY.iter().any(|policy| policy.name == name), "{}: {name}", pack.name);
        }
    }
    let (recommended, restricted) = (&packs[0], &packs[1]);
    for (name, action) in &recommended.constraints {
        assert!(restricted.constraints.get(name) >= Some(action), "restricted is weaker: {name}");
        let policy = LIBRARY.iter().find(|policy| policy.name == name).unwrap();
        let constraint = one(name, policy.constraint);
        let own = constraint.path_str(&["spec", "enforcementAction"]).unwrap();
        assert_eq!(own, action.as_str(), "{name}: what the constraint says is what is recommended");
    }
}

#[test]
fn packs_set_the_actions() {
    let packs = packs();
    for chosen in [&packs[..1], &packs[1..2], &packs[2..], &packs[..]] {
        let files = bundle_files(chosen);
        let mut constraints = 0;
        for file in &files {
            let name = file.path.strip_prefix(&format!("{ORIGIN}:")).unwrap();
            let (name, part) = name.split_once('/').unwrap();
            if part != "constraint.yaml" {
                continue;
            }
            constraints += 1;
            let strongest =
                chosen.iter().filter_map(|pack| pack.constraints.get(name)).max().unwrap();
            let value = one(name, std::str::from_utf8(&file.bytes).unwrap());
            let word = value.path_str(&["spec", "enforcementAction"]).unwrap();
            assert_eq!(Action::parse(word), Some(*strongest), "{name}");
        }
        assert_eq!(files.len() - constraints, LIBRARY.len());
        let wanted: BTreeSet<&String> =
            chosen.iter().flat_map(|pack| pack.constraints.keys()).collect();
        assert_eq!(constraints, wanted.len());
    }
}
