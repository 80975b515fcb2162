//! Pure crates use no file, clock, environment, process, network or thread.

use super::layers;
use super::{Problems, TextFile, rust_source};
use crate::workspace;
use std::path::Path;

/// Modules of `std` that reach outside.
const MODULES: [&str; 6] = ["fs", "env", "process", "net", "thread", "os"];

/// Words that name a clock or a standard stream wherever they stand.
const WORDS: [&str; 9] = [
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
    "io::stdin",
    "io::stdout",
    "io::stderr",
    "println!",
    "eprintln!",
];

/// Checks one file, if it belongs to a pure crate and is no test.
pub(super) fn check(file: &TextFile, problems: &mut Problems) {
    if !belongs_to_pure_crate(&file.path) {
        return;
    }
    for (number, line) in rust_source::code(&file.text) {
        if let Some(what) = outside(line) {
            let message = format!("`{what}` reaches outside, and this crate must not");
            problems.error(&file.path, number, message);
        }
    }
}

fn belongs_to_pure_crate(path: &Path) -> bool {
    let Ok(below) = path.strip_prefix(workspace::root().join("crates")) else { return false };
    let mut parts = below.iter().map(|part| part.to_string_lossy());
    let (Some(folder), Some(source)) = (parts.next(), parts.next()) else { return false };
    let is_test = parts.any(|part| matches!(&*part, "tests" | "tests.rs"));
    source == "src" && !is_test && layers::is_pure(&format!("sekisho-{folder}"))
}

/// What in a line of code reaches outside the process.
fn outside(line: &str) -> Option<String> {
    let starts_word = |at: usize| {
        !line.get(..at).and_then(|before| before.chars().next_back()).is_some_and(is_word)
    };
    let ends_word =
        |at: usize| !line.get(at..).and_then(|after| after.chars().next()).is_some_and(is_word);
    let has_word = |word: &str| {
        line.match_indices(word).any(|(at, _)| starts_word(at) && ends_word(at + word.len()))
    };
    if let Some(word) = WORDS.into_iter().find(|word| has_word(word)) {
        return Some(word.to_owned());
    }
    let of_std = MODULES.into_iter().find(|module| has_word(&format!("std::{module}")));
    let listed = line.trim_start().strip_prefix("use std::{").and_then(|list| {
        let names = list.split([',', '{', '}', ';']).map(str::trim);
        let names = names.map(|name| name.split("::").next().unwrap_or(name));
        names.into_iter().find_map(|name| MODULES.into_iter().find(|module| *module == name))
    });
    of_std.or(listed).map(|module| format!("std::{module}"))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::outside;

    #[test]
    fn lines() {
        let cases = [
            ("use std::fs::File;", Some("std::fs")),
            ("let home = std::env::var(\"HOME\");", Some("std::env")),
            ("use std::{collections::BTreeMap, fs};", Some("std::fs")),
            ("use std::{env::args, fmt};", Some("std::env")),
            ("use std::time::{Duration, Instant};", Some("Instant")),
            ("let now = jiff::Timestamp::now();", Some("Timestamp::now")),
            ("println!(\"x\");", Some("println!")),
            ("use std::time::Duration;", None),
            ("let environment = self.env;", None),
            ("use std::fmt;", None),
            ("InstantNoodles", None),
        ];
        for (line, expected) in cases {
            assert_eq!(outside(line).as_deref(), expected, "{line}");
        }
    }
}
