//! The Rego of Gatekeeper's library, on the samples of its suites.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail, and says what")]

use regex::Regex;
use sekisho_budget::Budget;
use sekisho_manifest::{ReadOptions, read};
use sekisho_rego::ast::Version;
use sekisho_rego::builtins::Facts;
use sekisho_rego::term::to_json;
use sekisho_rego::{Known, Options, Policies, Prepared, Question, Scratch, Source};
use sekisho_value::{Map, Value};
use std::path::{Path, PathBuf};

fn library() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/gatekeeper-library")
}

fn suites(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            suites(&entry, found);
        } else if entry.ends_with("suite.yaml") {
            found.push(entry);
        }
    }
}

fn documents(file: &Path) -> Vec<Value> {
    let bytes = std::fs::read(file).unwrap();
    let options = ReadOptions { gator: true, client_kinds: true, ..ReadOptions::default() };
    let read = read(&file.to_string_lossy(), bytes, &options);
    assert!(read.errors.is_empty(), "{}: {:?}", file.display(), read.errors);
    read.documents.into_iter().map(|document| document.value).collect()
}

/// The modules of a template: the entry's, then its libraries'.
fn compile(template: &Value) -> Option<Policies> {
    let target = template.path(&["spec", "targets"])?.at(0)?;
    let mut code = target.clone();
    for engine in target.get("code").and_then(Value::as_array).unwrap_or_default() {
        if engine.get("engine").and_then(Value::as_str) == Some("Rego") {
            code = engine.get("source")?.clone();
        }
    }
    let version = match code.get("version").and_then(Value::as_str) {
        Some("v1") => Version::V1,
        _ => Version::V0,
    };
    let entry = code.get("rego").and_then(Value::as_str)?;
    let libs = code.get("libs").and_then(Value::as_array).unwrap_or_default();
    let texts = std::iter::once(entry).chain(libs.iter().filter_map(Value::as_str));
    let sources = texts
        .enumerate()
        .map(|(index, text)| (Source::new(&format!("{index}.rego"), text), version))
        .collect();
    let budget = Budget::new(u64::MAX, u64::MAX, None);
    let (policies, sources, faults) = Policies::compile(sources, &Options::default(), &budget);
    Some(policies.unwrap_or_else(|| panic!("{faults:?}\n{sources:?}")))
}

/// The program for any parameters, and the one for these.
fn programs(policies: &Policies, parameters: &Value) -> [Prepared; 2] {
    let package = policies.modules().next().unwrap().package.path.clone();
    let mut path: Vec<&str> = package.iter().map(|key| key.as_str()).collect();
    path.push("violation");
    let known = Known::at(&["parameters"], parameters.clone());
    [policies.document(&path).unwrap(), policies.document_given(&path, known).unwrap()]
}

/// What a constraint's review holds.
fn review(object: &Value) -> Value {
    if object.path_str(&["kind"]) == Some("AdmissionReview") {
        return object.get("request").unwrap().clone();
    }
    let api_version = object.path_str(&["apiVersion"]).unwrap_or_default();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let text = |path: &[&str]| Value::from(object.path_str(path).unwrap_or_default());
    let kind = Map::from_iter([
        ("group", Value::from(group)),
        ("version", Value::from(version)),
        ("kind", text(&["kind"])),
    ]);
    Value::Object(Map::from_iter([
        ("kind", Value::Object(kind)),
        ("name", text(&["metadata", "name"])),
        ("namespace", text(&["metadata", "namespace"])),
        ("operation", Value::from("")),
        ("object", object.clone()),
    ]))
}

/// `data.inventory` of these objects.
fn inventory(objects: &[Value]) -> Value {
    let mut inventory = Value::object();
    for object in objects {
        let text = |path: &[&str]| object.path_str(path).unwrap_or_default().to_owned();
        let namespace = text(&["metadata", "namespace"]);
        let mut path = match namespace.as_str() {
            "" => vec!["cluster".to_owned()],
            namespace => vec!["namespace".to_owned(), namespace.to_owned()],
        };
        path.extend([text(&["apiVersion"]), text(&["kind"]), text(&["metadata", "name"])]);
        let mut at = &mut inventory;
        for key in path {
            at = at.as_object_mut().unwrap().get_or_insert_with(&key, Value::object);
        }
        *at = object.clone();
    }
    inventory
}

fn violations(
    prepared: &Prepared,
    scratch: &mut Scratch,
    parameters: Option<&Value>,
    object: &Value,
    inventory: &Value,
) -> Value {
    let mut input = Map::from_iter([("review", review(object))]);
    if let Some(parameters) = parameters {
        input.insert("parameters", parameters.clone());
    }
    let input = Value::Object(input);
    let data = Value::Object(Map::from_iter([("inventory", inventory.clone())]));
    let (facts, budget) = (Facts::default(), Budget::standard());
    let question = Question { input: Some(&input), ..Question::new(&data, &facts, &budget) };
    let found = prepared.evaluate(scratch, &question, |found| found.map(to_json)).unwrap();
    found.unwrap_or(Value::Null)
}

fn messages(found: &Value) -> Vec<String> {
    let found = found.as_array().unwrap_or_default();
    found.iter().map(|one| one.path_str(&["msg"]).unwrap_or_default().to_owned()).collect()
}

fn holds(assertion: &Value, messages: &[String]) -> bool {
    let matching = match assertion.get("message").and_then(Value::as_str) {
        None => messages.len(),
        Some(pattern) => {
            let pattern = Regex::new(pattern).unwrap();
            messages.iter().filter(|message| pattern.is_match(message)).count()
        }
    };
    match assertion.get("violations") {
        None => matching > 0,
        Some(wanted) => match (wanted.as_str(), wanted.as_bool(), wanted.as_i64()) {
            (Some("yes"), ..) | (_, Some(true), _) => matching > 0,
            (Some("no"), ..) | (_, Some(false), _) => matching == 0,
            (.., Some(count)) => i64::try_from(matching) == Ok(count),
            _ => panic!("{wanted:?}"),
        },
    }
}

#[test]
fn every_case_of_every_suite() {
    if !library().is_dir() {
        println!("skipped: {} is not there", library().display());
        return;
    }
    let (mut files, mut failed) = (Vec::new(), Vec::new());
    suites(&library(), &mut files);
    let (mut templates, mut cases) = (0, 0);
    let mut scratch = Scratch::default();
    for file in &files {
        let folder = file.parent().unwrap();
        let suite = documents(file).remove(0);
        for test in suite.get("tests").and_then(Value::as_array).unwrap() {
            let part = |key: &str| folder.join(test.get(key).and_then(Value::as_str).unwrap());
            let template = documents(&part("template")).remove(0);
            let Some(policies) = compile(&template) else { continue };
            templates += 1;
            let constraint = documents(&part("constraint")).remove(0);
            let parameters = constraint.path(&["spec", "parameters"]).cloned();
            let parameters = parameters.unwrap_or_else(Value::object);
            let [plain, given] = programs(&policies, &parameters);
            for case in test.get("cases").and_then(Value::as_array).unwrap() {
                cases += 1;
                let file = |value: &Value| folder.join(value.as_str().unwrap());
                let object = documents(&file(case.get("object").unwrap())).remove(0);
                let files = case.get("inventory").and_then(Value::as_array).unwrap_or_default();
                let objects: Vec<Value> =
                    files.iter().flat_map(|value| documents(&file(value))).collect();
                let name = case.path_str(&["name"]).unwrap_or_default();
                let inventory = inventory(&objects);
                let found =
                    violations(&plain, &mut scratch, Some(&parameters), &object, &inventory);
                let same = violations(&given, &mut scratch, None, &object, &inventory);
                assert_eq!(same, found, "{} {name}", folder.display());
                let found = messages(&found);
                let assertions = case.get("assertions").and_then(Value::as_array).unwrap();
                if !assertions.iter().all(|assertion| holds(assertion, &found)) {
                    failed.push(format!("{} {name}: {found:?}", folder.display()));
                }
            }
        }
    }
    println!("{templates} templates, {cases} cases");
    assert!(cases > 100);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
