//! Brackets nested without end: refused, and quickly.

use crate::bench::Figure;
use crate::bench::measure::{self, Contender};
use sekisho_rego::ast::Version;
use sekisho_rego::{Source, SourceId, syntax};
use std::collections::BTreeMap;

const LEVELS: usize = 10_000;

/// How each bracket opens, what is innermost, and how it closes.
const FORMS: [(&str, &str, &str, &str); 18] = [
    ("array", "[", "1", "]"),
    ("set", "{", "1", "}"),
    ("object", "{\"a\": ", "1", "}"),
    ("object key", "{", "1", ": 1}"),
    ("parentheses", "(", "1", ")"),
    ("call", "f(", "1", ")"),
    ("reference", "x[", "1", "]"),
    ("array comprehension", "[x | x = ", "1", "]"),
    ("set comprehension", "{x | x = ", "1", "}"),
    ("object comprehension", "{x: y | y = ", "1", "}"),
    ("comprehension head", "[", "1", " | true]"),
    ("list behind a bar", "[a | b, ", "c", "]"),
    ("every", "every x in y { ", "1", " }"),
    ("not", "not { ", "1", " }"),
    ("template", "$\"{", "1", "}\""),
    ("key and value in a template", "$\"{a = b, c in 1 + ", "1", "}\""),
    ("group", "(a or ", "1", ")"),
    ("brackets of all forms", "[{({\"a\": f(x[", "1", "])})}]"),
];

/// Parses each form, once closed and once not; the worst of both.
pub(super) fn nested() -> Vec<Figure> {
    let figure = |(name, open, inner, close): (&str, &str, &str, &str)| {
        let levels = LEVELS / open.matches(['[', '{', '(']).count().max(1);
        let module = |close: &str| {
            let nested = format!("{}{inner}{}", open.repeat(levels), close.repeat(levels));
            Source::new(
                "",
                &format!("package a\nimport rego.v2\np if {{\n  {nested}\n}}\nq := 1\n"),
            )
        };
        let (closed, open) = (module(close), module(""));
        let parse = |source: &Source| syntax::parse(source, SourceId(0), Version::V1).1.len();
        let mut contenders =
            [Contender::new("closed", || parse(&closed)), Contender::new("open", || parse(&open))];
        let times = measure::compare(&mut contenders);
        let worst = times.into_iter().map(|(_, seconds)| seconds * 1e6).fold(0.0, f64::max);
        let faults = parse(&closed);
        Figure {
            bench: "rego-nested",
            case: name.to_owned(),
            unit: "µs",
            ours: worst,
            rivals: BTreeMap::new(),
            note: format!("{LEVELS} brackets, {faults} errors"),
        }
    };
    FORMS.into_iter().map(figure).collect()
}
