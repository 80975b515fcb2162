//! Scenarios whose answers were recorded from `gator verify -v` 3.23
//! (`tests/scenarios/record.sh`): `sekisho gator verify` prints the same lines.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_gator_tool::{FailurePolicy, VerifyOptions, verify};
use std::fs;
use std::path::{Path, PathBuf};

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// What is said of a scenario, times and the place of the checkout masked, as in the recordings.
fn said(folder: &Path) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let options = VerifyOptions {
        path: folder.display().to_string(),
        run: String::new(),
        verbose: true,
        cel: Some(FailurePolicy::Fail),
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let code = verify(&options, &mut out, &mut err).unwrap();
    let all = format!("{}{}exit {code}\n", text(out), text(err));
    let root = scenarios().display().to_string() + "/";
    let all = all.replace(&root, "").replace(root.trim_start_matches('/'), "");
    all.lines().map(|line| mask(line) + "\n").collect()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Times are masked, and the words of YAML readers, which each has its own.
fn mask(line: &str) -> String {
    if let Some((before, _)) = line.split_once("yaml: line ") {
        return format!("{before}yaml: line …");
    }
    let is_time = |word: &str| {
        let number = word.trim_matches(['(', ')']).strip_suffix('s');
        number.is_some_and(|number| {
            number.split_once('.').is_some_and(|(_, part)| part.len() == 3)
                && number.parse::<f64>().is_ok()
        })
    };
    match line.rsplit_once('\t') {
        Some((before, last)) if is_time(last) => format!("{before}\tTIME"),
        _ => line.to_owned(),
    }
}

/// Lines in which the recording has other words for the same, and why.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("schema validation failed: [].spec", "the schema's own words, with the place of the field"),
    ("not a valid selector operator", "the selector's own words"),
    ("unable to compile modules: ", "the template's name in the place of the module's"),
    (".msg accessor error: ", "our own words for a message that is no text"),
    ("unknown fields: [", "the words of another schema validation"),
    ("missing required field: ", "the words of another schema validation"),
    ("\"operation\":\"UPDATE\"", "what a review lacks is given as an API server gives it"),
    ("\"operation\":\"DELETE\"", "what a review lacks is given as an API server gives it"),
];

#[test]
fn scenarios_read_as_gator_prints_them() {
    let mut count = 0;
    let mut wrong = String::new();
    for entry in fs::read_dir(scenarios()).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(recorded) = fs::read_to_string(folder.join("gator.txt")) else { continue };
        count += 1;
        let said = said(&folder);
        let recorded: String = recorded.lines().map(|line| mask(line) + "\n").collect();
        let other = |line: &str| OTHER_WORDS.iter().any(|(words, _)| line.contains(words));
        for (number, (ours, gators)) in said.lines().zip(recorded.lines()).enumerate() {
            if ours != gators && !other(gators) {
                let name = folder.file_name().unwrap().display();
                wrong += &format!("{name}:{}\n  ours:  {ours}\n  gator: {gators}\n", number + 1);
            }
        }
        if said.lines().count() != recorded.lines().count() {
            wrong += &format!("{}: other lines:\n{said}", folder.display());
        }
    }
    assert!(count >= 14, "{count} scenarios");
    assert!(wrong.is_empty(), "{wrong}");
}
