//! Texts that are made to take the reader of YAML long, much memory or the whole stack: each ends
//! soon, as an error or a value.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use bumpalo::Bump;
use sekisho_budget::Budget;
use sekisho_rego::Term;
use sekisho_rego::builtins::{Context, Facts, Failure, Patterns, find};
use sekisho_rego::term::Arena;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(30);

/// What reading a text with the default budget ends as.
fn read(text: &str) -> Result<(), Failure> {
    let (bump, budget) = (Bump::new(), Budget::standard());
    let (facts, patterns) = (Facts::default(), Patterns::default());
    let arena = Arena::new(&bump, &budget);
    let begin = Instant::now();
    let args = [arena.string(text).unwrap()];
    let function = find("yaml.unmarshal").unwrap().function.unwrap();
    let read = function(
        &mut Context { arena, facts: &facts, made: &patterns, patterns: &patterns },
        &args,
    );
    let shown: String = text.chars().take(40).collect();
    assert!(begin.elapsed() < SOON, "{shown:?}");
    let taken = u64::try_from(bump.allocated_bytes()).unwrap();
    assert!(taken < 3 * Budget::DEFAULT_MEMORY, "{shown:?}");
    read.map(|_: Term<'_>| ())
}

#[test]
fn deep_texts_are_errors() {
    let deep =
        |open: &str, close: &str| format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
    let mut stairs = String::new();
    for level in 0..2_000 {
        stairs.push_str(&" ".repeat(level));
        stairs.push_str("a:\n");
    }
    let texts = [
        deep("[", "]"),
        deep("[\n", "]"),
        deep("{a: ", "}"),
        deep("{a: \n", "}"),
        deep("[a: ", "]"),
        deep("[? ", "]"),
        deep("- ", ""),
        deep("? ", ""),
        deep("- ? ", ""),
        deep("[", ""),
        deep("{", ""),
        stairs,
        // a document that is not the first
        format!("a\n---\n{}", deep("- ", "")),
        format!("a\n---\n{}", deep("[", "]")),
    ];
    for text in texts {
        let shown: String = text.chars().take(40).collect();
        assert!(read(&text).is_err(), "{shown:?}");
    }
}

#[test]
fn large_texts_end_soon() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..60 {
        let item = format!("*a{}, ", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", item.repeat(9)));
    }
    assert!(read(&bomb).is_err());
    assert!(read(&format!("a\n---\n{bomb}")).is_err());
    let mut merges = "a0: &a0 {x: 1, y: 2}\n".to_owned();
    for level in 1..2_000 {
        merges.push_str(&format!("a{level}: &a{level}\n  <<: *a{}\n  k{level}: 1\n", level - 1));
    }
    read(&merges).ok();
    let handles: String = (0..50_000).map(|n| format!("%TAG !h{n}! x\n")).collect();
    read(&format!("{handles}---\n- a\n")).unwrap();
    let prefix = "x".repeat(1 << 20);
    read(&format!("%TAG !p! {prefix}\n---\n{}", "- !p!a b\n".repeat(50_000))).unwrap();
    for unit in ["[", "{", "- ", "? ", ": ", ", ", "!a ", "&a ", "*a ", "\"", "'", "# a\n", "\t"] {
        read(&unit.repeat((1 << 20) / unit.len())).ok();
    }
    for unit in ["a", " a", "a\n", "a\n\n", "|\n", "a: b\n", "---\n", "...\n", "\u{2028}", "%a\n"] {
        read(&unit.repeat((1 << 20) / unit.len())).ok();
        read(&format!("|\n  {}", unit.repeat((1 << 20) / unit.len()))).ok();
        read(&format!("[{}", unit.repeat((1 << 20) / unit.len()))).ok();
    }
}

/// Every text of a few signs, each cut at any place, is read or refused.
#[test]
fn short_texts_are_read_or_refused() {
    const SIGNS: [&str; 24] = [
        "a", ":", " ", "\n", "-", "?", "[", "]", "{", "}", ",", "'", "\"", "\\", "|", ">", "&",
        "*", "!", "%", "#", "\u{2028}", "\u{feff}", "\t",
    ];
    let mut read_texts = 0;
    for number in 0..SIGNS.len().pow(4) {
        let text: String =
            (0_u32..4).map(|place| SIGNS[number / SIGNS.len().pow(place) % SIGNS.len()]).collect();
        read_texts += usize::from(read(&text).is_ok());
    }
    assert!(read_texts > 10_000, "{read_texts}");
}
