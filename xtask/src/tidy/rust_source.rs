//! What holds for every Rust file, and a view of its code without comments and tests.

use super::{Problems, TextFile};

const LONG: usize = 600;
const TOO_LONG: usize = 900;

/// Modules whose names say nothing about what belongs in them.
const EMPTY_NAMES: [&str; 6] = ["util", "utils", "common", "helper", "helpers", "misc"];

/// Checks one file.
pub(super) fn check(file: &TextFile, problems: &mut Problems) {
    let length = file.text.lines().count();
    if length > TOO_LONG {
        problems.error(&file.path, 0, format!("{length} lines are too many; split the file"));
    } else if length > LONG {
        problems.warning(&file.path, 0, format!("{length} lines; does the file do one thing?"));
    }
    for (number, line) in file.text.lines().enumerate() {
        let number = number + 1;
        if let Some(name) = module(line)
            && EMPTY_NAMES.contains(&name)
        {
            problems.error(&file.path, number, format!("`{name}` names no thing of the field"));
        }
        if let Some(word) = bare_reminder(line) {
            problems.error(&file.path, number, format!("`{word}` does not say what is to do"));
        }
    }
}

/// The name of the module that a line declares.
fn module(line: &str) -> Option<&str> {
    let line = line.trim();
    let rest = line.strip_prefix("mod ").or_else(|| {
        let (visibility, rest) = line.split_once(" mod ")?;
        visibility.starts_with("pub").then_some(rest)
    })?;
    rest.split([';', ' ', '{']).next()
}

/// A reminder in a comment with nothing of substance after it.
fn bare_reminder(line: &str) -> Option<&'static str> {
    let comment = line.split_once("//")?.1;
    // In two halves, lest this file be found by its own search.
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    words.into_iter().find(|word| {
        comment
            .trim_start_matches(['/', '!', ' '])
            .strip_prefix(word)
            .is_some_and(|rest| rest.trim_start_matches([':', ' ']).chars().count() < 12)
    })
}

/// The lines of a file with their numbers; comments are cut off and test modules left out.
pub(super) fn code(text: &str) -> Vec<(usize, &str)> {
    let mut code = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            skip_item(&mut lines);
            continue;
        }
        let line = match line.find("//") {
            Some(at) => line.get(..at).unwrap_or(line),
            None => line,
        };
        code.push((number + 1, line));
    }
    code
}

/// Passes over one item: a line that ends it at once, or all up to the `}` that stands as far
/// left as the item's first line.
fn skip_item<'a>(lines: &mut impl Iterator<Item = (usize, &'a str)>) {
    let Some((_, first)) = lines.find(|(_, line)| !line.trim_start().starts_with("#[")) else {
        return;
    };
    if first.ends_with([';', '}']) {
        return;
    }
    let indent = first.len() - first.trim_start().len();
    let end = format!("{}}}", " ".repeat(indent));
    lines.find(|(_, line)| line.starts_with(&end));
}

#[cfg(test)]
mod tests {
    use super::{bare_reminder, code, module};

    #[test]
    fn modules() {
        assert_eq!(module("mod utils;"), Some("utils"));
        assert_eq!(module("pub(crate) mod helpers {"), Some("helpers"));
        assert_eq!(module("    pub mod common;"), Some("common"));
        assert_eq!(module("let x = model ;"), None);
    }

    #[test]
    fn reminders() {
        let word = concat!("TO", "DO");
        assert_eq!(bare_reminder(&format!("x(); // {word}")), Some(word));
        assert_eq!(bare_reminder(&format!("// {word}: later")), Some(word));
        assert_eq!(bare_reminder(&format!("// {word}: read the second document, too")), None);
        assert_eq!(bare_reminder("// nothing"), None);
    }

    #[test]
    fn code_without_tests() {
        let text = "a // x\n#[cfg(test)]\nmod tests;\nb\n#[cfg(test)]\nmod tests {\n    c;\n}\nd\n";
        assert_eq!(code(text), [(1, "a "), (4, "b"), (9, "d")]);
    }
}
