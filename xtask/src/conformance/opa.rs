//! OPA's own cases: a query, its modules, data and input, and what it gives.

use super::{Outcome, Sekisho};
use anyhow::Context as _;
use sekisho_manifest::{ReadOptions, read_document_as};
use sekisho_value::{Value, from_json};
use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering as Atomic};

/// What is not asked, by folder, and why.
const LEFT_OUT: [(&str, &str); 4] = [
    ("graphql", "the graphql functions are left out"),
    ("netlookupipaddr", "asks the network"),
    ("httpsend", "asks the network"),
    ("invalidkeyerror", "asks the network"),
];

/// What is not asked, by the function that a module calls, and why.
const LEFT_OUT_CALLS: [(&str, &str); 1] =
    [("test.sleep(", "calls a function that only OPA's own test program has")];

/// How a message begins that tells of a built-in function without code.
const MISSING: &str = "the built-in function ";

/// A case, and where it is from.
struct Case {
    name: String,
    folder: String,
    v0: bool,
    value: Value,
}

pub(super) fn run(sekisho: &Sekisho, path: &Path) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut cases = Vec::new();
    for file in files(path)? {
        cases.extend(read(path, &file)?);
    }
    let (wanted, left_out): (Vec<Case>, Vec<Case>) =
        cases.into_iter().partition(|case| reason(case).is_none());
    for case in left_out {
        let reason = reason(&case).unwrap_or_default();
        outcome.skipped.push((case.name, reason.to_owned()));
    }
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = wanted.get(next.fetch_add(1, Atomic::Relaxed)) {
                    let result = judge(sekisho, case).map_err(|error| format!("{error:#}"));
                    if let Ok(mut results) = results.lock() {
                        results.push((case.name.clone(), result.and_then(|result| result)));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_default();
    results.sort();
    for (name, result) in results {
        match result {
            Err(why) if why.contains(MISSING) => {
                let function = why.split(MISSING).nth(1).and_then(|rest| rest.split(' ').next());
                let why = format!("{MISSING}{} is not there yet", function.unwrap_or_default());
                outcome.skipped.push((name, why));
            }
            result => {
                if result.is_ok() {
                    outcome.passed_names.push(name.clone());
                }
                outcome.add(name, result);
            }
        }
    }
    Ok(outcome)
}

fn reason(case: &Case) -> Option<&'static str> {
    let modules = case.value.get("modules").and_then(Value::as_array).unwrap_or_default();
    let calls = |name: &str| {
        modules.iter().any(|module| module.as_str().is_some_and(|text| text.contains(name)))
    };
    let by_folder = LEFT_OUT.iter().find(|(folder, _)| *folder == case.folder);
    let by_call = LEFT_OUT_CALLS.iter().find(|(name, _)| calls(name));
    by_folder.or(by_call).map(|(_, reason)| *reason)
}

fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut pending = vec![path.to_owned()];
    let mut files = Vec::new();
    while let Some(at) = pending.pop() {
        if at.is_dir() {
            for entry in fs::read_dir(&at)? {
                pending.push(entry?.path());
            }
        } else if at.extension().is_some_and(|extension| extension == "yaml") {
            files.push(at);
        }
    }
    files.sort();
    Ok(files)
}

fn read(root: &Path, file: &Path) -> anyhow::Result<Vec<Case>> {
    let text = fs::read_to_string(file)?;
    // OPA reads its cases as gator reads its suites: `on` is text.
    let options = ReadOptions { gator: true, ..ReadOptions::default() };
    let document = read_document_as(&file.to_string_lossy(), text.into_bytes(), &options);
    let value = document.map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?.value;
    let below = file.strip_prefix(root).unwrap_or(file);
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default();
    let v0 = file.components().any(|part| part.as_os_str() == "v0");
    let cases = value.get("cases").and_then(Value::as_array).context("no `cases`")?;
    Ok(cases
        .iter()
        .enumerate()
        .map(|(index, case)| Case {
            name: format!(
                "{}#{index} {}",
                below.display(),
                case.get("note").and_then(Value::as_str).unwrap_or_default()
            ),
            folder: folder.to_string_lossy().into_owned(),
            v0,
            value: case.clone(),
        })
        .collect())
}

fn judge(sekisho: &Sekisho, case: &Case) -> anyhow::Result<Result<(), String>> {
    let text = |key: &str| case.value.get(key).and_then(Value::as_str);
    let folder = tempfile::tempdir()?;
    let mut arguments = vec!["rego".to_owned(), "eval".to_owned(), "--output=json".to_owned()];
    // OPA's cases are of its library, which lets rules and documents stand at one place.
    arguments.push("--allow-conflicts".to_owned());
    let modules = case.value.get("modules").and_then(Value::as_array).unwrap_or_default();
    for (index, module) in modules.iter().enumerate() {
        let name = format!("test-{index}.rego");
        fs::write(folder.path().join(&name), module.as_str().unwrap_or_default())?;
        arguments.extend(["--data".to_owned(), name]);
    }
    if let Some(data) = case.value.get("data").filter(|data| !data.is_null()) {
        fs::write(folder.path().join("data.json"), data.to_json())?;
        arguments.extend(["--data".to_owned(), "data.json".to_owned()]);
    }
    let mut query = text("query").unwrap_or_default().to_owned();
    let mut input = case.value.get("input").map(Value::to_json);
    if let Some(term) = text("input_term") {
        match from_json(term) {
            Ok(_) => input = Some(term.to_owned()),
            Err(_) => query = format!("{query} with input as {term}"),
        }
    }
    if let Some(input) = input {
        fs::write(folder.path().join("input.json"), input)?;
        arguments.extend(["--input".to_owned(), "input.json".to_owned()]);
    }
    if case.v0 {
        arguments.push("--v0".to_owned());
    }
    if case.value.get("strict_error").and_then(Value::as_bool) == Some(true) {
        arguments.push("--strict-builtin-errors".to_owned());
    }
    arguments.extend(["--".to_owned(), query]);
    let env = case.value.get("env").and_then(Value::as_object);
    let env: Vec<(String, String)> = env
        .into_iter()
        .flat_map(|env| env.iter())
        .map(|(key, value)| (key.to_string(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let printed = sekisho.print_in(folder.path(), &arguments, &env)?;
    let answer = match from_json(&printed) {
        Ok(answer) => answer,
        Err(error) => return Ok(Err(format!("no JSON ({error}): {printed}"))),
    };
    Ok(compare(&case.value, &answer))
}

fn compare(case: &Value, answer: &Value) -> Result<(), String> {
    let text = |key: &str| case.get(key).and_then(Value::as_str);
    if text("want_error").is_some() || text("want_error_code").is_some() {
        let Some(error) = answer.get("errors").and_then(|errors| errors.at(0)) else {
            return Err(format!("wants an error, gives {}", answer.to_json()));
        };
        let code = error.get("code").and_then(Value::as_str).unwrap_or_default();
        if text("want_error_code").is_some_and(|wanted| wanted != code) {
            return Err(format!("wants {:?}, gives {}", text("want_error_code"), error.to_json()));
        }
        let file = error.path_str(&["location", "file"]).unwrap_or_default();
        let row = error.path(&["location", "row"]).and_then(Value::as_i64).unwrap_or_default();
        let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
        let whole = format!("{file}:{row}: {code}: {message}");
        return match text("want_error") {
            Some(wanted) if !whole.contains(wanted) => {
                Err(format!("wants `{wanted}`, gives `{whole}`"))
            }
            _ => Ok(()),
        };
    }
    if let Some(errors) = answer.get("errors") {
        return Err(format!("fails: {}", errors.to_json()));
    }
    let sort = case.get("sort_bindings").and_then(Value::as_bool) == Some(true);
    let mut given = Vec::new();
    for row in answer.get("result").and_then(Value::as_array).unwrap_or_default() {
        let expressions = row.get("expressions").and_then(Value::as_array).unwrap_or_default();
        let holds = |expression: &Value| expression.get("value") != Some(&Value::Bool(false));
        if expressions.iter().all(holds) {
            given.push(row.get("bindings").cloned().unwrap_or_else(Value::object));
        }
    }
    let wanted = case.get("want_result").and_then(Value::as_array).unwrap_or_default();
    let mut wanted = wanted.to_vec();
    for row in wanted.iter_mut().chain(&mut given) {
        if let Some(row) = row.as_object_mut() {
            for (_, value) in row.iter_mut().filter(|_| sort) {
                if let Some(items) = value.as_array_mut() {
                    items.sort_by(order);
                }
            }
        }
    }
    for rows in [&mut wanted, &mut given] {
        rows.sort_by(order);
        rows.dedup_by(|left, right| order(left, right).is_eq());
    }
    let same = wanted.len() == given.len()
        && wanted.iter().zip(&given).all(|(wanted, given)| order(wanted, given).is_eq());
    let show = |rows: &[Value]| Value::from(rows.to_vec()).to_json();
    if same { Ok(()) } else { Err(format!("wants {}, gives {}", show(&wanted), show(&given))) }
}

/// An order in which `1` and `1.0` are the same.
fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) if left != right => {
            left.as_f64().total_cmp(&right.as_f64())
        }
        (Value::Array(lefts), Value::Array(rights)) => lefts
            .iter()
            .zip(rights.iter())
            .map(|(left, right)| order(left, right))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| lefts.len().cmp(&rights.len())),
        (Value::Object(lefts), Value::Object(rights)) => lefts
            .iter()
            .zip(rights.iter())
            .map(|(left, right)| left.0.cmp(right.0).then_with(|| order(left.1, right.1)))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| lefts.len().cmp(&rights.len())),
        (left, right) if left == right => Ordering::Equal,
        (left, right) => {
            left.kind().cmp(&right.kind()).then_with(|| left.to_json().cmp(&right.to_json()))
        }
    }
}
