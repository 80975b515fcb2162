//! What an API server refuses to decode is refused here, and what it decodes is shown as it is
//! stored.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod golden;

use golden::Case;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the server did with a text.
#[derive(Debug)]
enum Answer {
    /// it decoded it, and would store this, where that is known
    Decoded(Option<Value>),
    /// it could not
    Refused(String),
    /// it could, but for these fields, and does not because it was asked to be strict
    Strict { unknown: BTreeSet<String>, duplicate: bool },
}

/// What the binary did with a text.
#[derive(Debug, Default)]
struct Told {
    errors: Vec<String>,
    skipped: Vec<String>,
    unknown: BTreeSet<String>,
    /// the kind is one that no server serves
    unserved: bool,
    shown: Option<Value>,
}

#[test]
fn the_same_is_refused_and_the_rest_is_stored() {
    let mut differing = Vec::new();
    let mut replayed = 0;
    for file in golden::files("decoding") {
        assert_eq!(file.header["suite"], "decoding");
        let told = ask(&file.cases);
        replayed += file.cases.len();
        for (case, told) in file.cases.iter().zip(&told) {
            if let Err(why) = compare(&answer(case), told) {
                differing.push((case.name.clone(), why));
            }
        }
    }
    assert!(replayed > 2000, "{replayed} answers are replayed");
    golden::settle("decoding", "", &differing);
}

/// Reads a recorded answer. `strict decoding error: unknown field "spec.x", duplicate field "y"`
/// lists everything; any other message is about the first thing that cannot be decoded.
fn answer(case: &Case) -> Answer {
    let Some(message) = case.get("/answer/message").and_then(Value::as_str) else {
        return Answer::Decoded(case.get("/answer/stored").cloned());
    };
    let Some((_, list)) = message.split_once("strict decoding error: ") else {
        return Answer::Refused(message.to_owned());
    };
    let mut unknown = BTreeSet::new();
    let mut duplicate = false;
    for item in list.split(", ") {
        match item.split_once(" field ").expect(message) {
            ("unknown", path) => drop(unknown.insert(pointer(path.trim_matches('"')))),
            ("duplicate", _) => duplicate = true,
            _ => unreachable_message(message),
        }
    }
    Answer::Strict { unknown, duplicate }
}

#[expect(clippy::panic, reason = "a test may fail")]
fn unreachable_message(message: &str) {
    panic!("{message}");
}

/// `spec.containers[0].nope` as a JSON Pointer.
fn pointer(path: &str) -> String {
    let mut pointer = String::new();
    for part in path.split(['.', '[']) {
        pointer.push('/');
        pointer.push_str(part.trim_end_matches(']'));
    }
    pointer
}

/// Checks and shows all texts in one run each.
fn ask(cases: &[Case]) -> Vec<Told> {
    let folder = tempfile::tempdir().unwrap();
    let mut told = BTreeMap::new();
    for (index, case) in cases.iter().enumerate() {
        let text = case.get("/given").and_then(Value::as_str).unwrap();
        let name = format!("{index:05}.json");
        std::fs::write(folder.path().join(&name), text).unwrap();
        told.insert(name, Told::default());
    }
    let path = folder.path().display().to_string();
    let always = ["check", "--no-config", "--no-progress", "--fail-on", "never", "-o", "json"];
    let more = ["--no-implied", "--pod-security", "privileged", &path];
    let (report, err) = golden::sekisho(&[&always[..], &more].concat(), "");
    assert!(report.is_object(), "{err}");
    let name = |file: &Value| file.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let list = |key: &str| report[key].as_array().unwrap().clone();
    for error in list("errors") {
        let of = told.get_mut(&name(&error["file"])).unwrap();
        of.errors.push(error["message"].as_str().unwrap().to_owned());
    }
    for skipped in list("skipped") {
        let of = told.get_mut(&name(&skipped["file"])).unwrap();
        of.skipped.push(skipped["reason"].as_str().unwrap().to_owned());
    }
    for finding in list("findings") {
        let of = told.get_mut(&name(&finding["location"]["file"])).unwrap();
        of.unserved |= finding["rule"] == "schema/unserved-version";
        if finding["rule"] == "schema/unknown-field" {
            of.unknown.insert(finding["location"]["pointer"].as_str().unwrap().to_owned());
        }
    }
    // What is neither refused nor skipped is shown in the order of files.
    let fine: Vec<String> = told
        .iter()
        .filter(|(_, told)| told.errors.is_empty() && told.skipped.is_empty())
        .map(|(name, _)| folder.path().join(name).display().to_string())
        .collect();
    let paths: Vec<&str> = fine.iter().map(String::as_str).collect();
    if paths.is_empty() {
        return told.into_values().collect();
    }
    let always = ["show", "--no-config", "-o", "json"];
    let (shown, err) = golden::sekisho(&[&always[..], &paths].concat(), "");
    let shown = shown["items"].as_array().unwrap();
    assert_eq!(shown.len(), fine.len(), "{err}");
    for (path, shown) in fine.iter().zip(shown) {
        let of = told.get_mut(path.rsplit('/').next().unwrap()).unwrap();
        of.shown = Some(shown.clone());
    }
    told.into_values().collect()
}

fn compare(answer: &Answer, told: &Told) -> Result<(), String> {
    let refused = !told.errors.is_empty();
    match answer {
        Answer::Refused(_) if refused => Ok(()),
        Answer::Refused(message) if told.unserved && message.contains(": no kind ") => Ok(()),
        Answer::Refused(message) => Err(format!("not refused ({:?}): {message}", told.skipped)),
        Answer::Strict { duplicate: true, .. } if refused => Ok(()),
        Answer::Strict { duplicate: true, .. } => Err(format!("not refused: {:?}", told.skipped)),
        Answer::Strict { unknown, .. } if !refused && *unknown == told.unknown => Ok(()),
        Answer::Strict { unknown, .. } => {
            Err(format!("unknown are {unknown:?}, told are {:?} {:?}", told.unknown, told.errors))
        }
        Answer::Decoded(_) if refused => Err(format!("refused: {}", told.errors.join("; "))),
        Answer::Decoded(_) if !told.unknown.is_empty() => {
            Err(format!("told unknown: {:?}", told.unknown))
        }
        Answer::Decoded(stored) => {
            let mut shown = told.shown.clone().ok_or("not shown")?;
            if let Some(object) = shown.as_object_mut() {
                object.remove("status");
            }
            match stored {
                Some(stored) if *stored != shown => {
                    Err(format!("shown is {shown}\n    stored is {stored}"))
                }
                _ => Ok(()),
            }
        }
    }
}

#[test]
fn server_paths_are_pointers() {
    assert_eq!(pointer("nope"), "/nope");
    assert_eq!(pointer("spec.containers[0].nope"), "/spec/containers/0/nope");
}
