//! Objects and policies whose answers were recorded from `gator test -o json` of v3.23
//! (`tests/golden/gator-test/record.sh`), and gator's own fixtures of `gator expand`.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_gator_tool::{
    ExpandOptions, FailurePolicy, ObjectFormat, ObjectTestOptions, expand_objects, test_objects,
};
use sekisho_value::{Value, from_json};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Our answer: standard output, what is said beside it, and the exit code.
fn answer(filenames: Vec<PathBuf>, flags: &[String]) -> (String, String, u8) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    let failure_policy = match has("--default-k8s-native-validation-failure-policy=Ignore") {
        true => FailurePolicy::Ignore,
        false => FailurePolicy::Fail,
    };
    let options = ObjectTestOptions {
        cel: (!has("--enable-k8s-native-validation=false")).then_some(failure_policy),
        verbose: false,
        filenames,
        format: if has("-o=yaml") { ObjectFormat::Yaml } else { ObjectFormat::Json },
        deny_only: has("--deny-only"),
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let code = test_objects(&options, None, &mut out, &mut err).unwrap();
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap(), code)
}

/// The file and those that a line of it names.
fn with_beside(file: &Path, folder: &Path) -> Vec<PathBuf> {
    let beside = words(file, "# beside ");
    [file.to_owned()].into_iter().chain(beside.iter().map(|name| folder.join(name))).collect()
}

/// The words of the line of a file that begins with these.
fn words(file: &Path, before: &str) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let words = text.lines().find_map(|line| line.strip_prefix(before));
    words.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// A recording: gator's answer without indentation, and its exit code.
fn recorded(text: &str) -> (String, u8) {
    let (json, rest) = match text.split_once("exit ") {
        Some(("", rest)) => (String::new(), rest),
        _ => {
            let (json, rest) = text.rsplit_once("\nexit ").unwrap();
            (json.to_owned(), rest)
        }
    };
    (json, rest.lines().next().unwrap().parse().unwrap())
}

fn without_indentation(text: &str) -> String {
    text.lines().map(str::trim_start).collect::<Vec<_>>().join("\n")
}

/// The answer in an order of its own: gator leaves open in which order results stand that have
/// the same action and message.
fn sorted(json: &str) -> Vec<String> {
    let value = if json.is_empty() { Value::Null } else { from_json(json).unwrap() };
    let mut items: Vec<String> =
        value.as_array().unwrap_or_default().iter().map(|item| masked(item.clone())).collect();
    items.sort();
    items
}

/// A result without what gator leaves open: the order of scoped actions.
fn masked(mut item: Value) -> String {
    if let Some(actions) = item.get_mut("scopedActions").and_then(Value::as_array_mut) {
        actions.sort_by_key(Value::to_json);
    }
    item.to_json()
}

/// What results are ordered by.
fn order(json: &str) -> Vec<(String, String)> {
    let value = if json.is_empty() { Value::Null } else { from_json(json).unwrap() };
    let key = |item: &Value| {
        let text = |key: &str| item.path_str(&[key]).unwrap_or_default().to_owned();
        (text("enforcementAction"), text("msg").split(" eval_").next().unwrap().to_owned())
    };
    value.as_array().unwrap_or_default().iter().map(key).collect()
}

#[test]
fn objects_are_judged_as_gator_judges_them() {
    let folder = root().join("tests/golden/gator-test");
    let (mut count, mut wrong) = (0, String::new());
    for entry in fs::read_dir(&folder).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        count += 1;
        let (json, code) = recorded(&fs::read_to_string(file.with_extension("txt")).unwrap());
        let flags = words(&file, "# with ");
        let (ours, said, our_code) = answer(with_beside(&file, &folder), &flags);
        if flags.iter().any(|flag| flag == "-o=yaml") {
            let name = file.display();
            assert_eq!((ours.trim_end(), our_code), (json.as_str(), code), "{name}: {said}");
            continue;
        }
        let ours = without_indentation(&ours);
        let same = sorted(&ours) == sorted(&json)
            && order(&ours) == order(&json)
            && ours.lines().count() == json.lines().count()
            && ours.is_empty() == json.is_empty()
            && code == our_code;
        let name = file.file_stem().unwrap().to_str().unwrap();
        // Nobody ends with an error without a word.
        if !same || (json.is_empty() && said.is_empty()) {
            let (a, b) = (sorted(&ours), sorted(&json));
            let only = |of: &[String], other: &[String]| -> Vec<String> {
                of.iter().filter(|item| !other.contains(item)).cloned().collect()
            };
            wrong += &format!(
                "{name}: exit {our_code}, gator {code}\n  only ours: {:?}\n  only gator: {:?}\n  \
                 {said}\n",
                only(&a, &b),
                only(&b, &a),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 45, "{count} files");
}

#[test]
fn what_is_wrong_with_an_object_has_its_place() {
    let folder = root().join("tests/golden/gator-test");
    for (name, wanted) in [
        (
            "error-no-version",
            "error: invalid request object: resource `a` has no version\n --> {}error-no-version.yaml:7:1\n",
        ),
        (
            "error-no-kind",
            "error: invalid request object: resource `a` has no kind\n --> {}error-no-kind.yaml:7:1\n",
        ),
        ("error-yaml", "error-yaml.yaml:"),
    ] {
        let file = folder.join(name).with_extension("yaml");
        let (out, said, code) = answer(with_beside(&file, &folder), &[]);
        assert_eq!((out.as_str(), code), ("", 1), "{name}");
        let said = said.replace(&format!("{}/", folder.display()), "{}");
        assert!(said.contains(wanted), "{name}: {said}");
    }
}

#[test]
fn what_comes_of_objects_is_what_gator_expands_to() {
    let fixtures = root().join("../shared/corpora/gator/expand/fixtures");
    let Ok(entries) = fs::read_dir(&fixtures) else {
        println!("skipped: {} is not there", fixtures.display());
        return;
    };
    let mut count = 0;
    for entry in entries {
        let folder = entry.unwrap().path();
        let wanted = fs::read_to_string(folder.join("output/output.yaml")).unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let options = ExpandOptions {
            filenames: vec![folder.join("input")],
            json: false,
            now: jiff::Timestamp::UNIX_EPOCH,
        };
        let code = expand_objects(&options, None, &mut out, &mut err).unwrap();
        let out = String::from_utf8(out).unwrap();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!((code, err.as_slice()), (0, b"".as_slice()), "{name}: {out}");
        // This fixture is empty, although gator prints a pod.
        match name.as_str() {
            "expand-with-missing-ns" => assert!(out.starts_with("apiVersion: v1\nkind: Pod\n")),
            _ => assert_eq!(out.trim(), wanted.trim(), "{name}"),
        }
        count += 1;
    }
    assert!(count >= 5, "{count} fixtures");
}
