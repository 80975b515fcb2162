//! Golden files: what a real API server answered, replayed on the real binary.

use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One recorded question and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// `file: name`
    pub(crate) name: String,
    fields: Value,
}

impl Case {
    /// A field of the case.
    pub(crate) fn get(&self, pointer: &str) -> Option<&Value> {
        self.fields.pointer(pointer)
    }
}

/// A golden file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) header: Value,
    pub(crate) cases: Vec<Case>,
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden")
}

/// The files of a suite in order of their names.
pub(crate) fn files(suite: &str) -> Vec<File> {
    let entries = std::fs::read_dir(golden().join(suite)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> File {
    let text = std::fs::read_to_string(path).unwrap();
    let stem = path.file_stem().unwrap().to_string_lossy();
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let header = lines.next().unwrap();
    let cases = lines.map(|fields| {
        let name = format!("{stem}: {}", fields["name"].as_str().unwrap());
        Case { name, fields }
    });
    File { header, cases: cases.collect() }
}

/// Runs the binary with some input; gives what it printed, which is JSON or nothing, and what it
/// said besides.
pub(crate) fn sekisho(arguments: &[&str], input: &str) -> (Value, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // It may end before it has read everything; what it then printed tells why.
        scope.spawn(move || stdin.write_all(input.as_bytes()).ok());
        child.wait_with_output().unwrap()
    });
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code().is_some() && !err.contains("panicked at"), "{err}");
    let out = if output.stdout.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&output.stdout).unwrap()
    };
    (out, err)
}

/// A difference that is known, as `tests/golden/differences.json` lists it.
#[derive(Debug)]
struct Known {
    id: String,
    /// names of cases, `*` at the end for any that begins so
    cases: Vec<String>,
}

/// Compares what differs with what is known to differ: everything that differs must be listed,
/// and everything that is listed must differ. `file` is one file of the suite, or `""` for all.
#[track_caller]
pub(crate) fn settle(suite: &str, file: &str, differing: &[(String, String)]) {
    let text = std::fs::read_to_string(golden().join("differences.json")).unwrap();
    let list: Vec<Value> = serde_json::from_str(&text).unwrap();
    let known: Vec<Known> = list
        .iter()
        .filter(|entry| entry["suite"] == suite)
        .map(|entry| Known {
            id: entry["id"].as_str().unwrap().to_owned(),
            cases: serde_json::from_value(entry["cases"].clone()).unwrap(),
        })
        .collect();
    let names: BTreeSet<&str> = differing.iter().map(|(name, _)| name.as_str()).collect();
    let mut wrong = Vec::new();
    for (name, why) in differing {
        if !known.iter().any(|known| known.cases.iter().any(|listed| covers(listed, name))) {
            wrong.push(format!("{name}\n    {why}"));
        }
    }
    for known in &known {
        for listed in known.cases.iter().filter(|listed| listed.starts_with(file)) {
            if !names.iter().any(|name| covers(listed, name)) {
                let id = &known.id;
                wrong.push(format!("{id}: `{listed}` does not differ; it need not be listed"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

fn covers(listed: &str, name: &str) -> bool {
    match listed.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == listed,
    }
}
