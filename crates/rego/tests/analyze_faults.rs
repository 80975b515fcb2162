//! Faulty policies and what `opa check` 1.22 says of them: place, code and text.

use sekisho_budget::Budget;
use sekisho_rego::analyze::{Options, analyze};
use sekisho_rego::ast::Version;
use sekisho_rego::{Source, SourceId, syntax};

const CASES: &str = include_str!("golden/analyze-faults.txt");

fn told(text: &str, version: Version) -> Vec<String> {
    let source = Source::new("t.rego", text);
    let (module, mut faults) = syntax::parse(&source, SourceId(0), version);
    if faults.is_empty() {
        let modules: Vec<_> = module.into_iter().collect();
        let options = Options { network: true, ..Options::default() };
        let sources = [source.clone()];
        faults = analyze(&modules, &sources, &options, &Budget::standard()).1;
    }
    let mut told: Vec<String> = faults
        .iter()
        .map(|fault| {
            let (row, column) = source.line_column(fault.location.span.start);
            format!("{row}:{column}: {}: {}", fault.code, fault.message)
        })
        .collect();
    told.sort();
    told
}

#[test]
fn faults_are_those_of_opa() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in CASES.split("=== ").skip(1) {
        let (title, rest) = case.split_once('\n').unwrap();
        let (text, wanted) = rest.split_once("\n---\n").unwrap();
        let version = if title.starts_with("v0") { Version::V0 } else { Version::V1 };
        // A message's further lines belong to it.
        let mut lines: Vec<String> = Vec::new();
        for line in wanted.lines() {
            match lines.last_mut() {
                Some(last) if line.starts_with(' ') => *last = format!("{last}\n{line}"),
                _ => lines.push(line.to_owned()),
            }
        }
        lines.sort();
        lines.dedup();
        // Hints are apart from messages here.
        for line in &mut lines {
            if let Some((message, _)) = line.split_once(" (hint: ") {
                *line = message.to_owned();
            }
        }
        let told = told(&format!("package test\n{text}"), version);
        count += 1;
        // Where OPA has lost the place, ours may be any.
        let lost = lines.iter().all(|line| line.starts_with("0:0: "));
        let same_text = |told: &String, line: &String| {
            let message = |line: &str| line.splitn(3, ':').nth(2).map(str::to_owned);
            message(told) == message(line)
        };
        let same = told == lines
            || lost
                && told.len() == lines.len()
                && told.iter().zip(&lines).all(|(told, line)| same_text(told, line));
        if !same {
            wrong.push(format!(
                "{title}\n{text}\n  OPA: {}\n  we:  {}",
                lines.join("\n       "),
                told.join("\n       ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 100, "{count}");
}
