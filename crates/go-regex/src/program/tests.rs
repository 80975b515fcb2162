//! Programs against automata, and against Go: whatever is searched, all find the same.

use crate::search::{Captures, Engine, Search};
use crate::{Pattern, PatternError};
use proptest::prelude::{ProptestConfig, Strategy, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;
use sekisho_budget::{Budget, BudgetExceeded};
use std::ops::Range;

/// What all operations find.
#[derive(Debug, PartialEq)]
struct Findings {
    is_match: bool,
    first: Option<Range<usize>>,
    matches: Vec<Range<usize>>,
    groups: Vec<Vec<Option<String>>>,
}

fn findings(search: Search<'_, '_>) -> Findings {
    let groups = |found: Result<Captures<'_>, BudgetExceeded>| {
        let found = found.unwrap();
        (0..=search.groups).map(|group| found.get(group).map(str::to_owned)).collect()
    };
    let first = search.captures().unwrap().map(|found| found.range());
    assert_eq!(first, search.find().unwrap());
    Findings {
        is_match: search.is_match().unwrap(),
        first,
        matches: search.find_iter().map(Result::unwrap).collect(),
        groups: search.captures_iter().map(groups).collect(),
    }
}

/// What the automaton of a pattern finds, and what its program does.
fn both(pattern: &Pattern, text: &str) -> (Findings, Findings) {
    let budget = Budget::new(u64::MAX, u64::MAX, None);
    let groups = pattern.names().len();
    let by = |engine| findings(Search { text, engine, groups });
    let automaton = pattern.automaton().unwrap().as_ref().unwrap();
    (by(Engine::Automaton(automaton)), by(Engine::Program(pattern.program().unwrap(), &budget)))
}

const ATOMS: &[&str] = &[
    "a",
    "b",
    "é",
    ".",
    "^",
    "$",
    r"\b",
    r"\A",
    r"\z",
    "[ab]",
    "[^a]",
    r"\pL",
    r"\PL",
    "()",
    "(?i)K",
    "(?m)^",
    "(?m)$",
    "(?s).",
    r"\w",
    "[^-é]",
    r"\x{d800}",
    "(?i:é)",
    "",
    "x{0}",
];
const REPETITIONS: &[&str] =
    &["*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,3}?", "{2,}", "{0}"];

fn pattern() -> impl Strategy<Value = String> {
    let atom = select(ATOMS).prop_map(str::to_owned);
    atom.prop_recursive(5, 40, 4, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (inner.clone(), select(REPETITIONS)).prop_map(|(of, how)| format!("(?:{of}){how}")),
            (inner.clone(), select(REPETITIONS)).prop_map(|(of, how)| format!("({of})(?U){how}")),
            inner.prop_map(|inner| format!("({inner})")),
            two.clone().prop_map(|(left, right)| format!("{left}{right}")),
            two.clone().prop_map(|(left, right)| format!("{left}|{right}")),
            two.prop_map(|(left, right)| format!("(?:{left}|{right})")),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    let parts = select(&["a", "b", "é", "\n", " ", "k", "\u{212a}", "日", "-"][..]);
    proptest::collection::vec(parts, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_program_finds_what_an_automaton_finds(source in pattern(), text in text()) {
        let Ok(pattern) = Pattern::read(&source) else { return Ok(()) };
        let (automaton, program) = both(&pattern, &text);
        prop_assert_eq!(automaton, program, "{} in {:?}", source, text);
    }
}

/// Parts, and how often each comes.
type Parts = Vec<(String, usize)>;

fn joined(parts: &Parts) -> String {
    parts.iter().map(|(text, count)| text.repeat(*count)).collect()
}

/// What Go said of a pattern.
#[derive(serde::Deserialize)]
struct Answer {
    pattern: Parts,
    texts: Vec<Parts>,
    error: Option<String>,
    /// for each text its matches, and for each the places of its groups
    #[serde(default)]
    all: Vec<Vec<Vec<isize>>>,
}

impl Answer {
    fn check(&self) -> Result<(), String> {
        let pattern = match (Pattern::read(&joined(&self.pattern)), &self.error) {
            (Ok(pattern), None) => pattern,
            (Err(error), Some(wanted)) => {
                let same = match error {
                    PatternError::TooLarge => wanted.ends_with("expression too large"),
                    PatternError::TooDeep => wanted.ends_with("expression nests too deeply"),
                    error => error.to_string().starts_with(wanted),
                };
                return same.then_some(()).ok_or_else(|| format!("another error: {wanted}"));
            }
            (read, wanted) => return Err(format!("{read:.80?}, in Go {wanted:?}")),
        };
        for (text, all) in self.texts.iter().map(joined).zip(&self.all) {
            let groups = |places: &Vec<isize>| {
                let place = |at: isize| usize::try_from(at).unwrap_or(usize::MAX);
                places.chunks(2).map(|at| text.get(place(at[0])..place(at[1]))).collect()
            };
            let wanted: Vec<Vec<Option<&str>>> = all.iter().map(groups).collect();
            let budget = Budget::new(u64::MAX, u64::MAX, None);
            let chosen = pattern.search(&text, &budget).unwrap();
            let program = || Engine::Program(pattern.program().unwrap(), &budget);
            let other = matches!(chosen.engine, Engine::Automaton(_))
                .then(|| Search { engine: program(), ..chosen });
            for search in [chosen].into_iter().chain(other) {
                let groups = |found: Result<Captures<'_>, BudgetExceeded>| {
                    let found = found.unwrap();
                    (0..=search.groups)
                        .map(|group| found.get(group))
                        .map(|at| at.map(str::to_owned))
                        .collect()
                };
                let found: Vec<Vec<Option<String>>> = search.captures_iter().map(groups).collect();
                if found.iter().flatten().map(Option::as_deref).ne(wanted.iter().flatten().copied())
                {
                    return Err(format!("in `{text:.80}` {found:?}, in Go {wanted:?}"));
                }
                let first = search.find_iter().next().transpose().unwrap();
                if search.is_match() != Ok(!wanted.is_empty()) || search.find() != Ok(first) {
                    return Err(format!("`{text:.80}` matches or not, in Go {wanted:?}"));
                }
            }
        }
        Ok(())
    }
}

/// What Go said of patterns that automata are too large for, and where it ends: recorded by
/// `tests/golden/record`.
#[test]
fn patterns_are_as_large_as_go_takes_them() {
    for line in include_str!("../../tests/golden/answers.jsonl").lines() {
        let answer: Answer = serde_json::from_str(line).unwrap();
        assert_eq!(answer.check(), Ok(()), "{:?}", answer.pattern);
    }
}
