//! The suites of Gatekeeper's library, judged by the engine: as Gatekeeper's CLI does, with every
//! expectation unchanged, and as the API server would store the objects.

use crate::scene::{bare, create, judge, set};
use regex::Regex;
use sekisho_engine::Verdict;
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_manifest::{ReadOptions, read};
use sekisho_policy::{Form, Operation, Point, Request, UserInfo};
use sekisho_value::{Str, Value};
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

/// The request of an `AdmissionReview`.
fn of_review(request: &Value) -> Request {
    let text = |path: &[&str]| Str::new(request.path_str(path).unwrap_or_default());
    let value = |key: &str| request.get(key).cloned().unwrap_or(Value::Null);
    let operation = match text(&["operation"]).as_str() {
        "UPDATE" => Operation::Update,
        "DELETE" => Operation::Delete,
        "CONNECT" => Operation::Connect,
        _ => Operation::Create,
    };
    Request {
        gvk: Gvk::new(
            text(&["kind", "group"]),
            text(&["kind", "version"]),
            text(&["kind", "kind"]),
        ),
        resource: text(&["resource", "resource"]),
        name: text(&["name"]),
        namespace: Some(text(&["namespace"])).filter(|name| !name.is_empty()),
        operation,
        user: UserInfo {
            username: text(&["userInfo", "username"]).to_string(),
            ..UserInfo::default()
        },
        object: value("object"),
        old_object: value("oldObject"),
        point: Point::Gator,
        form: Form::Admission,
        ..Request::default()
    }
}

/// Errors count as violations in suites.
fn messages(verdict: &Verdict) -> Vec<String> {
    let errors = verdict.errors.iter().map(|error| error.message.clone());
    verdict.judgements.iter().map(|found| found.message.clone()).chain(errors).collect()
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

/// A case of a suite.
struct Case<'a> {
    name: String,
    object: &'a Value,
    inventory: &'a [Value],
    assertions: &'a [Value],
    set: &'a sekisho_engine::PolicySet,
}

impl Case<'_> {
    fn check(&self, request: &Request, inventory: &[Value], failed: &mut Vec<String>) {
        let found = messages(&judge(self.set, request, inventory));
        if !self.assertions.iter().all(|assertion| holds(assertion, &found)) {
            failed.push(format!("{}: {found:?}", self.name));
        }
    }
}

/// Runs `with` for every case of every suite; gives how many there are.
fn every_case(mut with: impl FnMut(&Case<'_>)) -> usize {
    let (mut files, mut cases) = (Vec::new(), 0);
    suites(&library(), &mut files);
    for file in &files {
        let folder = file.parent().unwrap();
        let suite = documents(file).remove(0);
        for test in suite.get("tests").and_then(Value::as_array).unwrap() {
            let text = |key: &str| {
                let file = folder.join(test.get(key).and_then(Value::as_str).unwrap());
                std::fs::read_to_string(file).unwrap()
            };
            let set = set(&format!("{}\n---\n{}", text("template"), text("constraint")));
            for case in test.get("cases").and_then(Value::as_array).unwrap() {
                cases += 1;
                let file = |value: &Value| folder.join(value.as_str().unwrap());
                let object = documents(&file(case.get("object").unwrap())).remove(0);
                let given = case.get("inventory").and_then(Value::as_array).unwrap_or_default();
                let inventory: Vec<Value> =
                    given.iter().flat_map(|value| documents(&file(value))).collect();
                with(&Case {
                    name: format!(
                        "{} {} {}",
                        folder.display(),
                        test.path_str(&["name"]).unwrap_or_default(),
                        case.path_str(&["name"]).unwrap_or_default()
                    ),
                    object: &object,
                    inventory: &inventory,
                    assertions: case.get("assertions").and_then(Value::as_array).unwrap(),
                    set: &set,
                });
            }
        }
    }
    cases
}

#[test]
fn every_suite_passes() {
    if !library().is_dir() {
        println!("skipped: {} is not there", library().display());
        return;
    }
    let (mut failed, mut stored_failed) = (Vec::new(), Vec::new());
    let schemas = Schemas::builtin();
    let cases = every_case(|case| {
        if case.object.path_str(&["kind"]) == Some("AdmissionReview") {
            let request = of_review(case.object.get("request").unwrap());
            case.check(&request, case.inventory, &mut failed);
            return;
        }
        case.check(&bare(case.object), case.inventory, &mut failed);
        let stored = |object: &Value| schemas.store(object).object;
        let inventory: Vec<Value> = case.inventory.iter().map(stored).collect();
        case.check(&create(&stored(case.object)), &inventory, &mut stored_failed);
    });
    println!("{cases} cases");
    assert!(cases > 50, "{cases}");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    for case in &stored_failed {
        println!("otherwise as stored: {case}");
    }
    // What the API server adds changes few answers: an image's missing tag, a field that was
    // given as its default.
    assert!(stored_failed.len() * 10 < cases, "{}", stored_failed.join("\n"));
}
