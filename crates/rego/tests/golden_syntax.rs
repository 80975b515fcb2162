//! What OPA's parser said of texts of ours (`golden/record/syntax` records it): the same tree, or
//! the same first error at the same place.

#![expect(clippy::unwrap_used, reason = "a test may fail, and says why")]

use sekisho_rego::ast::{Version, to_json};
use sekisho_rego::{Diagnostic, Source, SourceId, syntax};
use sekisho_value::{Value, from_json};

/// Row, column and message.
type Problem = (usize, usize, String);

fn problem(value: &Value) -> Problem {
    let number = |key| usize::try_from(value.get(key).and_then(Value::as_i64).unwrap()).unwrap();
    let message = value.path_str(&["message"]).unwrap();
    // A hint is help, and apart from the message with us.
    let message = message.split(" (hint: ").next().unwrap();
    (number("row"), number("column"), message.to_owned())
}

/// Columns count characters, as OPA's do.
fn place(text: &str, diagnostic: &Diagnostic) -> Problem {
    let before = &text[..diagnostic.location.span.start as usize];
    let row = before.matches('\n').count() + 1;
    let line = before.rsplit('\n').next().unwrap();
    (row, line.chars().count() + 1, diagnostic.message.clone())
}

/// OPA's column at the end of the text is that of the character before, or 0; and a module
/// without text has no place.
fn fits(theirs: &Problem, ours: &Problem, text: &str, diagnostic: &Diagnostic) -> bool {
    let at_end = diagnostic.location.span.start as usize >= text.trim_end().len();
    theirs.2 == ours.2 && (theirs.0 == 0 || theirs.0 == ours.0 && (theirs.1 == ours.1 || at_end))
}

#[test]
fn as_opa_reads_it() {
    let lines = include_str!("golden/syntax/texts.jsonl").lines();
    let mut wrong = Vec::new();
    let mut count = [0; 2];
    for line in lines {
        let case = from_json(line).unwrap();
        let field = |key| case.path_str(&[key]).unwrap();
        let (title, mode, text) = (field("title"), field("mode"), field("text"));
        let version = if mode.starts_with("v0") { Version::V0 } else { Version::V1 };
        let source = Source::new("", text);
        let (module, diagnostics) = if mode.ends_with("query") {
            (None, syntax::parse_query(&source, SourceId(0), version, &[]).1)
        } else {
            syntax::parse(&source, SourceId(0), version)
        };
        let ours = diagnostics.first().map(|first| (place(text, first), first));
        let theirs = case.get("errors").and_then(|errors| errors.at(0));
        let theirs = case.get("ours").or(theirs).map(problem);
        count[usize::from(theirs.is_some())] += 1;
        match (theirs, ours) {
            (Some(theirs), Some((ours, first))) if fits(&theirs, &ours, text, first) => {}
            (None, None) => {
                let tree = module.map(|module| to_json(&module, &source));
                if tree.as_ref() != case.get("tree") {
                    let (ours, theirs) = (tree.map(|it| it.to_json()), case.get("tree"));
                    wrong.push(format!("{mode}: {title}\n{text}\n  {ours:?}\n  {theirs:?}"));
                }
            }
            (theirs, ours) => {
                let ours = ours.map(|(ours, _)| ours);
                wrong.push(format!("{mode}: {title}\n{text}\n  {ours:?}\n  {theirs:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count.into_iter().all(|count| count > 100), "{count:?}");
}
