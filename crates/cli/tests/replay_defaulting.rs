//! `sekisho show` of what an API server was given is what it stored.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unreachable,
    reason = "a test may fail"
)]

mod golden;

use golden::Case;
use serde_json::{Value, json};

#[test]
fn what_is_shown_is_what_is_stored() {
    let mut differing = Vec::new();
    let mut replayed = 0;
    for file in golden::files("defaulting") {
        assert_eq!(file.header["suite"], "defaulting");
        let cases: Vec<&Case> = file.cases.iter().collect();
        replayed += cases.len();
        compare(&cases, &mut differing);
    }
    assert!(replayed > 1900, "{replayed} answers are replayed");
    golden::settle("defaulting", "", &differing);
}

/// Shows many objects in one run. Where one is not shown, halving finds it.
fn compare(cases: &[&Case], differing: &mut Vec<(String, String)>) {
    let given: Vec<&Value> = cases.iter().map(|case| case.get("/given").unwrap()).collect();
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": given }).to_string();
    let (shown, err) = golden::sekisho(&["show", "--no-config", "-o", "json", "-"], &list);
    let shown = shown["items"].as_array().cloned().unwrap_or_default();
    if shown.len() == cases.len() {
        for (case, mut shown) in cases.iter().zip(shown) {
            if let Some(object) = shown.as_object_mut() {
                object.remove("status");
            }
            let mut places = Vec::new();
            differences("", Some(&shown), Some(&stored(case)), &mut places);
            if !places.is_empty() {
                differing.push((case.name.clone(), places.join("; ")));
            }
        }
    } else if let [case] = cases {
        differing.push((case.name.clone(), format!("not shown: {}", err.trim())));
    } else {
        let (first, second) = cases.split_at(cases.len() / 2);
        compare(first, differing);
        compare(second, differing);
    }
}

/// The stored object: what was given, with what was set and removed.
fn stored(case: &Case) -> Value {
    let mut object = case.get("/given").unwrap().clone();
    for (pointer, value) in case.get("/answer/set").and_then(Value::as_object).into_iter().flatten()
    {
        let (above, key) = split(pointer);
        match object.pointer_mut(above).unwrap() {
            Value::Object(fields) => drop(fields.insert(key, value.clone())),
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
            other => unreachable!("{}: {pointer} in {other}", case.name),
        }
    }
    for pointer in case.get("/answer/removed").and_then(Value::as_array).into_iter().flatten() {
        let (above, key) = split(pointer.as_str().unwrap());
        let removed = object.pointer_mut(above).unwrap().as_object_mut().unwrap().remove(&key);
        assert!(removed.is_some(), "{}: {pointer}", case.name);
    }
    object
}

/// The pointer above, and the last key.
fn split(pointer: &str) -> (&str, String) {
    let (above, key) = pointer.rsplit_once('/').unwrap();
    (above, key.replace("~1", "/").replace("~0", "~"))
}

/// The places at which two values differ.
fn differences(at: &str, shown: Option<&Value>, stored: Option<&Value>, found: &mut Vec<String>) {
    match (shown, stored) {
        (Some(Value::Object(shown)), Some(Value::Object(stored))) => {
            for (key, value) in shown {
                differences(&format!("{at}/{key}"), Some(value), stored.get(key), found);
            }
            for (key, value) in stored.iter().filter(|(key, _)| !shown.contains_key(*key)) {
                differences(&format!("{at}/{key}"), None, Some(value), found);
            }
        }
        (Some(Value::Array(shown)), Some(Value::Array(stored))) => {
            for index in 0..shown.len().max(stored.len()) {
                let at = format!("{at}/{index}");
                differences(&at, shown.get(index), stored.get(index), found);
            }
        }
        (shown, stored) if shown == stored => {}
        (shown, stored) => {
            let text = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
            found.push(format!("{at}: shown {}, stored {}", text(shown), text(stored)));
        }
    }
}

#[test]
fn every_kind_of_difference_is_seen() {
    let shown = json!({"a": [1, {"b": true}], "d": "x", "same": {}});
    let stored = json!({"a": [1, {"b": false}, 2], "e": null, "same": {}});
    let mut found = Vec::new();
    differences("", Some(&shown), Some(&stored), &mut found);
    assert_eq!(
        found,
        [
            "/a/1/b: shown true, stored false",
            "/a/2: shown nothing, stored 2",
            "/d: shown \"x\", stored nothing",
            "/e: shown nothing, stored null",
        ]
    );
}
