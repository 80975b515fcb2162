//! OPA's answers: asked for, compared, recorded and replayed.

use super::answers::{Answer, answer};
use super::policies::{Case, case};
use sekisho_rego::ast::Version;
use sekisho_value::{Map, Value, from_json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn golden(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(below)
}

fn texts(texts: &[String]) -> Value {
    Value::from(texts.iter().map(|text| Value::from(text.as_str())).collect::<Vec<_>>())
}

fn question(case: &Case) -> Map {
    let mut map = Map::new();
    map.insert("v0", Value::Bool(case.version == Version::V0));
    map.insert("strict", Value::Bool(case.strict));
    map.insert("modules", texts(&case.modules));
    map.insert("queries", texts(&case.queries));
    map
}

/// Asks OPA, all at once.
fn ask(cases: &[Case]) -> Vec<Answer> {
    let mut text = String::new();
    for case in cases {
        let mut question = question(case);
        question.insert("input", from_json(&case.input()).unwrap());
        question.insert("data", from_json(&case.data()).unwrap());
        text += &(Value::Object(question).to_json() + "\n");
    }
    let mut child = Command::new("go")
        .args(["run", "./policies"])
        .current_dir(golden("record"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(text.as_bytes()).unwrap());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| read(&from_json(line).unwrap())).collect()
    })
}

fn list(value: &Value, key: &str) -> Vec<String> {
    let items = value.get(key).and_then(Value::as_array).unwrap_or_default();
    items.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn read(value: &Value) -> Answer {
    match value.get("faults") {
        Some(_) => Answer::Faults(list(value, "faults")),
        None => Answer::Answers(list(value, "answers"), list(value, "unindexed")),
    }
}

/// How our answers and OPA's agree.
#[derive(Debug, PartialEq, Eq)]
enum Agreement {
    /// to the letter, but for what [`same`] and [`placed`] say
    Same,
    /// OPA alone finds a type error
    Types,
    /// of several faults not all are told by both
    Faults,
    /// a defect of OPA's, see `docs/rego.md`
    Defect,
    /// an error in what OPA does not look at: an object that rules make with two values for a key
    /// that is not asked for, or, where failing built-ins are errors, what it evaluates later
    Unused,
    /// they do not
    Differs(String),
}

/// Compares our answers to OPA's.
fn compare(case: &Case, opa: &Answer) -> Agreement {
    let ours = answer(case, |value| value.to_string());
    match (&ours, opa) {
        (Answer::Faults(ours), Answer::Faults(theirs)) => faults(ours, theirs),
        (Answer::Answers(ours, _), Answer::Answers(theirs, unindexed)) => {
            let mut found = String::new();
            let mut agreement = Agreement::Same;
            for (at, query) in case.queries.iter().enumerate() {
                let (ours, theirs) = (&ours[at], &theirs[at]);
                if same(ours, theirs) {
                    continue;
                }
                if theirs.contains(" eval_internal_error: ")
                    || unindexed.get(at).is_some_and(|also| same(ours, also))
                {
                    // Values that it did not evaluate; and its index of rules avoids some errors,
                    // and takes `x in {"a", y}` for `x in {"a"}`.
                    agreement = Agreement::Defect;
                } else if ours.ends_with("eval_conflict_error: object keys must be unique")
                    || case.strict && is_error(ours)
                {
                    agreement = Agreement::Unused;
                } else {
                    found += &format!("{query}\nOPA:  {theirs}\nours: {ours}\n");
                }
            }
            if found.is_empty() { agreement } else { Agreement::Differs(found) }
        }
        (_, Answer::Faults(theirs)) if theirs.iter().any(|it| it.starts_with("crash: ")) => {
            Agreement::Defect
        }
        (_, Answer::Faults(theirs)) if theirs.iter().all(|it| it.contains("rego_type_error")) => {
            Agreement::Types
        }
        (ours, theirs) => Agreement::Differs(format!("OPA:  {theirs:?}\nours: {ours:?}\n")),
    }
}

fn faults(ours: &[String], theirs: &[String]) -> Agreement {
    // After the first error of its parser OPA tells some more of the same.
    let parse = |faults: &[String]| faults.iter().any(|it| it.contains("rego_parse_error"));
    if parse(ours) && parse(theirs) && theirs.contains(&ours[0]) {
        return Agreement::Same;
    }
    let sorted = |faults: &[String]| {
        let mut faults: Vec<String> = faults.iter().map(|it| placed(it, theirs)).collect();
        faults.sort();
        faults.dedup();
        faults
    };
    let (ours, theirs) = (sorted(ours), sorted(theirs));
    if ours == theirs {
        Agreement::Same
    } else if !parse(&ours) && !parse(&theirs) {
        Agreement::Faults
    } else {
        let (ours, theirs) = (ours.join("\n      "), theirs.join("\n      "));
        Agreement::Differs(format!("OPA:  {theirs}\nours: {ours}\n"))
    }
}

/// A fault without its place where OPA knows none, and where it is that of another reference to
/// the same.
fn placed(fault: &str, theirs: &[String]) -> String {
    let bare = fault.find("rego_").and_then(|at| fault.get(at..)).unwrap_or(fault);
    let unplaced = bare.contains("undefined ref: ") || theirs.iter().any(|it| it == bare);
    if unplaced { bare } else { fault }.to_owned()
}

/// With several errors to choose from the first that is met is told. Values in conflict are found
/// where they are used, in OPA where they are made, and there it also lists some.
fn same(ours: &str, theirs: &str) -> bool {
    // Of numbers that are equal in a set either spelling may stay; bytes that are no text are
    // replaced.
    let plain = |text: &str| text.replace("1e2", "100").replace("1.0", "1");
    let broken = theirs.contains("\\x") && ours.contains('\u{fffd}');
    plain(ours) == plain(theirs) || broken || is_error(ours) && is_error(theirs)
}

fn is_error(text: &str) -> bool {
    !text.starts_with("gives ") && text.contains("_error: ")
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Asks OPA for very many, and compares. `FROM` and `COUNT` say which.
#[test]
#[ignore = "needs Go"]
fn ask_opa() {
    let (from, count) = (number("FROM", 1_000_000), number("COUNT", 3000));
    let cases: Vec<Case> = (from..from + count).map(case).collect();
    let answers = ask(&cases);
    let (mut faulty, mut queries) = (0, 0);
    let (mut types, mut faults, mut defects, mut unused, mut differing) = (0, 0, 0, 0, 0);
    for (at, (case, opa)) in cases.iter().zip(&answers).enumerate() {
        match opa {
            Answer::Faults(_) => faulty += 1,
            Answer::Answers(answers, _) => queries += answers.len(),
        }
        match compare(case, opa) {
            Agreement::Same => {}
            Agreement::Types => types += 1,
            Agreement::Faults => faults += 1,
            Agreement::Defect => defects += 1,
            Agreement::Unused => unused += 1,
            Agreement::Differs(how) => {
                differing += 1;
                println!(
                    "=== {} ({:?}, strict {})\n{}--- {}\n--- {}\n{how}",
                    from + at as u64,
                    case.version,
                    case.strict,
                    case.modules.join("\n"),
                    case.input(),
                    case.data(),
                );
            }
        }
    }
    println!("{count} policies, {faulty} faulty, {queries} answers; {differing} policies differ");
    println!(
        "{types} in type errors alone, {faults} in which faults are told, {defects} by OPA's \
         defects, {unused} in what is unused"
    );
    assert_eq!(differing, 0);
    assert!((types + faults + defects + unused) * 30 < count);
}

/// How many answers are kept, of how long policies.
const KEPT: usize = 1_100;
const LENGTH: usize = 480;

/// Asks OPA, and keeps a sample.
#[test]
#[ignore = "needs Go, and writes"]
fn record() {
    let cases: Vec<Case> = (0..20_000).map(case).filter(is_short).take(2 * KEPT).collect();
    let answers = ask(&cases);
    let mut lines = Vec::new();
    for (case, opa) in cases.iter().zip(&answers) {
        if lines.len() < KEPT && compare(case, opa) == Agreement::Same {
            let mut line = question(case);
            let documents = [case.documents.0, case.documents.1];
            line.insert(
                "documents",
                documents.map(|it| Value::from(i64::try_from(it).unwrap())).to_vec(),
            );
            match opa {
                Answer::Faults(faults) => line.insert("faults", texts(faults)),
                Answer::Answers(answers, _) => line.insert("answers", texts(answers)),
            };
            lines.push(Value::Object(line).to_json() + "\n");
        }
    }
    assert_eq!(lines.len(), KEPT);
    std::fs::create_dir_all(golden("policies")).unwrap();
    std::fs::write(golden("policies/generated.jsonl"), lines.concat()).unwrap();
}

/// Worth keeping: not long, and not undefined in all.
fn is_short(case: &Case) -> bool {
    let ours = answer(case, |value| value.to_string());
    let dull = match &ours {
        Answer::Faults(faults) => faults.iter().any(|it| it.contains("parse_error")),
        Answer::Answers(answers, _) => {
            let dull = ["undefined", "gives set()", "gives {}", "gives []"];
            answers.iter().all(|answer| dull.contains(&answer.as_str()))
        }
    };
    !dull && case.modules.iter().map(String::len).sum::<usize>() <= LENGTH
}

#[test]
fn recorded() {
    let text = std::fs::read_to_string(golden("policies/generated.jsonl")).unwrap();
    let mut wrong = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = from_json(line).unwrap();
        let flag = |key: &str| line.get(key).and_then(Value::as_bool).unwrap();
        let documents = line.get("documents").and_then(Value::as_array).unwrap();
        let document = |at: usize| usize::try_from(documents[at].as_i64().unwrap()).unwrap();
        let case = Case {
            version: if flag("v0") { Version::V0 } else { Version::V1 },
            strict: flag("strict"),
            modules: list(&line, "modules"),
            documents: (document(0), document(1)),
            queries: list(&line, "queries"),
        };
        if let Agreement::Differs(how) = compare(&case, &read(&line)) {
            let modules = case.modules.join("\n");
            wrong.push(format!("{}: {modules}{}\n{}\n{how}", at + 1, case.input(), case.data()));
        }
    }
    assert!(text.lines().count() >= 1_000);
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
