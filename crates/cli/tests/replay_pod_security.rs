//! `sekisho check` says of pods, controllers and namespaces what the admission plugin of a real
//! API server says: the same verdict, in the same words.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod golden;

use golden::{Case, File};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The labels' prefix.
const PREFIX: &str = "pod-security.kubernetes.io/";

/// The version of the server that was asked, which is what its `latest` means.
const SERVER: &str = "v1.36";

/// By case: what is said to each action, as `policy` and messages.
type Said = BTreeMap<usize, BTreeMap<String, Vec<(String, String)>>>;

/// Checks objects, each in a file of its own, and objects around them.
fn check(cases: &[&Value], around: &[Value], arguments: &[&str]) -> Said {
    let folder = tempfile::tempdir().unwrap();
    for (index, object) in cases.iter().enumerate() {
        write(folder.path(), &format!("{index}.json"), object);
    }
    for (index, object) in around.iter().enumerate() {
        write(folder.path(), &format!("around-{index}.json"), object);
    }
    let path = folder.path().display().to_string();
    let always = ["check", "--no-config", "--no-progress", "--fail-on", "never", "-o", "json"];
    let more = ["--no-implied", "--kubernetes-version", SERVER, &path];
    let (report, err) = golden::sekisho(&[&always[..], &more, arguments].concat(), "");
    assert!(report.is_object(), "{err}");
    assert_eq!(report["summary"]["errors"], 0, "{:?}", report["errors"]);
    assert_eq!(report["summary"]["skipped"], 0, "{:?}", report["skipped"]);
    assert_eq!(report["summary"]["objects"], cases.len() + around.len());
    let mut said = Said::new();
    for finding in report["findings"].as_array().unwrap() {
        let text = |pointer| finding.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let file = text("/location/file");
        let name = file.rsplit('/').next().unwrap().trim_end_matches(".json");
        if let (Ok(index), "pod-security") = (name.parse(), text("/dialect").as_str()) {
            let of: &mut BTreeMap<_, Vec<_>> = said.entry(index).or_default();
            of.entry(text("/action")).or_default().push((text("/policy"), text("/message")));
        }
    }
    said
}

fn write(folder: &Path, name: &str, object: &Value) {
    std::fs::write(folder.join(name), object.to_string()).unwrap();
}

/// Whether the messages are the parts of this text, each once, with commas between.
fn is_said(text: &str, messages: &[(String, String)]) -> bool {
    let mut parts: Vec<&str> = messages.iter().map(|(_, message)| message.as_str()).collect();
    parts.sort_by_key(|part| text.find(part));
    parts.join(", ") == text
}

fn one_file(name: &str) -> File {
    let files = golden::files("pod-security");
    let found = files.into_iter().find(|file| {
        file.cases.first().is_some_and(|case| case.name.starts_with(&format!("{name}: ")))
    });
    found.unwrap()
}

fn given(file: &File) -> Vec<&Value> {
    file.cases.iter().map(|case| case.get("/given").unwrap()).collect()
}

#[test]
fn levels_are_judged_alike_at_every_version() {
    let file = one_file("levels");
    assert!(file.header["server"].as_str().unwrap().starts_with(SERVER));
    let newest: u32 = SERVER.rsplit('.').next().unwrap().parse().unwrap();
    let versions: Vec<String> =
        (0..=newest).map(|minor| format!("v1.{minor}")).chain(["latest".to_owned()]).collect();
    let cases = given(&file);
    let mut differing = BTreeMap::new();
    let mut denied = 0;
    for level in ["baseline", "restricted"] {
        for version in versions.iter().filter(|version| is_an_end(&file, level, version)) {
            let policy = format!("{level}:{version}");
            let said = check(&cases, &[], &["--pod-security", &policy]);
            for (index, case) in file.cases.iter().enumerate() {
                let ours = said.get(&index).and_then(|said| said.get("deny"));
                let theirs = message_at(case, level, version, &versions);
                let same = match (&theirs, ours) {
                    (None, None) => true,
                    (Some(theirs), Some(ours)) => {
                        let head = format!("violates PodSecurity \"{level}:VERSION\": ");
                        let (_, reasons) = theirs.split_once(&head).expect(theirs);
                        is_said(reasons, ours) && ours.iter().all(|(of, _)| *of == policy)
                    }
                    _ => false,
                };
                denied += usize::from(theirs.is_some());
                if !same {
                    let why = format!("{policy}: they say {theirs:?}, we say {ours:?}");
                    differing.entry(case.name.clone()).or_insert(why);
                }
            }
        }
    }
    assert!(denied > 3000, "{denied} pods are denied");
    golden::settle("pod-security", "levels", &differing.into_iter().collect::<Vec<_>>());
}

/// Whether the answer to any pod changes at a version; between these it is the same.
fn is_an_end(file: &File, level: &str, version: &str) -> bool {
    file.cases.iter().any(|case| {
        let runs = case.get(&format!("/answer/{level}")).and_then(Value::as_array).unwrap();
        runs.iter().any(|run| run[0] == version || run[1] == version)
    })
}

/// What the server says at a version: an answer is a list of first and last version and message.
fn message_at(case: &Case, level: &str, version: &str, versions: &[String]) -> Option<String> {
    let place = |version: &str| versions.iter().position(|of| of == version).unwrap();
    let runs = case.get(&format!("/answer/{level}")).and_then(Value::as_array).unwrap();
    let run = runs.iter().find(|run| {
        let end = |index: usize| place(run[index].as_str().unwrap());
        (end(0)..=end(1)).contains(&place(version))
    });
    run.expect("a version of the server")[2].as_str().map(str::to_owned)
}

/// What is said once, to the strongest action that says it, and so belongs to this text, too.
fn once(
    text: &str,
    own: &[(String, String)],
    stronger: &[(String, String)],
) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (policy, message) in stronger {
        let known = own.iter().chain(&found).any(|(_, other)| other == message);
        if text.contains(message.as_str()) && !known {
            found.push((policy.clone(), message.clone()));
        }
    }
    found
}

/// What the server answered to an object that was created, against what is said of it.
fn compare(case: &Case, said: Option<&BTreeMap<String, Vec<(String, String)>>>) -> Option<String> {
    let said_to = |action: &str| said.and_then(|said| said.get(action));
    let text = |pointer: &str| case.get(pointer).and_then(Value::as_str);
    let words = |verb: &str, policy: &str| format!("{verb} PodSecurity \"{policy}");
    let mut stronger = Vec::new();
    let mut wrong = Vec::new();
    let warnings: Vec<&str> =
        case.get("/answer/warnings").and_then(Value::as_array).map_or(Vec::new(), |list| {
            list.iter().filter_map(Value::as_str).filter(|w| w.contains("PodSecurity")).collect()
        });
    assert!(warnings.len() <= 1, "{}: {warnings:?}", case.name);
    for (action, verb, theirs) in [
        ("deny", "violates", text("/answer/message")),
        ("warn", "would violate", warnings.first().copied()),
        ("audit", "would violate", text("/answer/audit/audit-violations")),
    ] {
        let same = match (theirs, said_to(action)) {
            (None, ours) => ours.is_none(),
            (Some(theirs), ours) => {
                let (head, reasons) = theirs.split_once("\": ").expect(theirs);
                let own = ours.map_or(&[][..], Vec::as_slice);
                let all = [own, &once(reasons, own, &stronger)].concat();
                own.iter().all(|(policy, _)| head.ends_with(&words(verb, policy)))
                    && is_said(reasons, &all)
            }
        };
        stronger.extend(said_to(action).into_iter().flatten().cloned());
        if !same {
            wrong.push(format!("{action}: they say {theirs:?}, we say {:?}", said_to(action)));
        }
    }
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

fn labelled(name: &str, labels: &Value) -> Value {
    let labels: serde_json::Map<String, Value> = labels
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (format!("{PREFIX}{key}"), value.clone()))
        .collect();
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

/// The namespaces of the cases with their labels.
fn namespaces<'a>(cases: impl IntoIterator<Item = &'a Case>) -> Vec<Value> {
    let mut namespaces = BTreeMap::new();
    for case in cases {
        if let (Some(name), Some(labels)) =
            (case.get("/given/metadata/namespace").and_then(Value::as_str), case.get("/labels"))
        {
            namespaces.insert(name.to_owned(), labelled(name, labels));
        }
    }
    namespaces.into_values().collect()
}

/// Nothing holds but what labels say, as for a server without configuration.
const PRIVILEGED: &str = r#"{"apiVersion": "pod-security.admission.config.k8s.io/v1",
    "kind": "PodSecurityConfiguration"}"#;

#[test]
fn pods_and_controllers_are_warned_of_and_recorded_alike() {
    let file = one_file("channels");
    let folder = tempfile::tempdir().unwrap();
    let configuration = folder.path().join("configuration.json");
    std::fs::write(&configuration, PRIVILEGED).unwrap();
    let path = configuration.display().to_string();
    let said = check(&given(&file), &namespaces(&file.cases), &["--pod-security-config", &path]);
    let mut differing = Vec::new();
    let mut kinds = BTreeSet::new();
    for (index, case) in file.cases.iter().enumerate() {
        kinds.insert(case.get("/given/kind").unwrap().as_str().unwrap().to_owned());
        if let Some(why) = compare(case, said.get(&index)) {
            differing.push((case.name.clone(), why));
        }
    }
    assert!(file.cases.len() > 500 && kinds.len() == 8, "{kinds:?}");
    golden::settle("pod-security", "channels", &differing);
}

#[test]
fn the_same_are_exempt() {
    let file = one_file("exemptions");
    let folder = tempfile::tempdir().unwrap();
    let configuration = folder.path().join("configuration.json");
    std::fs::write(&configuration, file.header["configuration"].to_string()).unwrap();
    let path = configuration.display().to_string();
    let mut differing = Vec::new();
    let mut replayed = 0;
    for user in ["admin", "exempt-user", "other-user"] {
        // Namespaces that are asked for are in the other test.
        let cases: Vec<&Case> = file
            .cases
            .iter()
            .filter(|case| case.get("/user").is_some_and(|of| of == user))
            .filter(|case| case.get("/given/kind").is_some_and(|kind| kind != "Namespace"))
            .collect();
        let objects: Vec<&Value> = cases.iter().map(|case| case.get("/given").unwrap()).collect();
        let around = namespaces(cases.iter().copied());
        let arguments = ["--pod-security-config", &path, "--as", user];
        let said = check(&objects, &around, &arguments);
        for (index, case) in cases.iter().enumerate() {
            replayed += 1;
            if let Some(why) = compare(case, said.get(&index)) {
                differing.push((case.name.clone(), why));
            }
        }
    }
    assert_eq!(replayed, 84);
    golden::settle("pod-security", "exemptions", &differing);
}

#[test]
fn labels_of_new_namespaces_are_refused_alike() {
    let file = one_file("namespaces");
    let made: Vec<&Case> = file.cases.iter().filter(|case| case.get("/before").is_none()).collect();
    let objects: Vec<&Value> = made.iter().map(|case| case.get("/given").unwrap()).collect();
    let said = check(&objects, &[], &[]);
    let mut differing = Vec::new();
    let mut refused = 0;
    for (index, case) in made.iter().enumerate() {
        let ours = said.get(&index).and_then(|said| said.get("deny"));
        let theirs = case.get("/answer/message").and_then(Value::as_str).map(|message| {
            let reasons = message.split_once(" is invalid: ").expect(message).1;
            reasons.trim_start_matches('[').trim_end_matches(']')
        });
        refused += usize::from(theirs.is_some());
        let same = match (theirs, ours) {
            (None, None) => true,
            (Some(theirs), Some(ours)) => is_said(theirs, ours),
            _ => false,
        };
        if !same {
            let why = format!("they say {theirs:?}, we say {ours:?}");
            differing.push((case.name.clone(), why));
        }
    }
    assert!(refused > 8 && refused < made.len(), "{refused} of {}", made.len());
    golden::settle("pod-security", "namespaces", &differing);
}
