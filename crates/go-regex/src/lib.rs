//! Regular expressions as Go's `regexp` package reads them.
//!
//! The `regex` crate finds what Go finds (leftmost first, in linear time), but its syntax and some
//! of its classes differ. A pattern is read as Go reads it, and written anew for that crate.
//!
//! **Invariant:** a pattern that would take too much memory is refused; none makes a search take
//! more than time linear in the text.

mod class;
mod names;
mod translate;

pub use translate::{Malformed, Translated, translate};

use std::fmt;

/// A compiled pattern.
#[derive(Clone)]
pub struct Pattern {
    source: Box<str>,
    regex: regex::Regex,
    names: Vec<String>,
    size: u64,
}

/// A pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// in Go's words
    #[error("error parsing regexp: {0}")]
    Malformed(String),
    /// it would take too much memory
    #[error("the regular expression is too large")]
    TooLarge,
}

/// States that a pattern may have: above that its compilation takes too much memory. Go goes to 3.3
/// million, of which a class such as `\pL` is one there, and some hundred here.
const MAX_SIZE: u64 = 800_000;
/// Bytes that a compiled pattern may take.
const MAX_BYTES: usize = 64 << 20;
/// Bytes that a state takes, about.
const BYTES_OF_STATE: u64 = 64;
/// How deep the groups of a translated pattern may nest.
const MAX_NESTING: u32 = 410;

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// Where Go refuses it, or it is too large.
    pub fn new(source: &str) -> Result<Self, PatternError> {
        let translated = translate(source)?;
        if translated.size > MAX_SIZE {
            return Err(PatternError::TooLarge);
        }
        let regex = regex::RegexBuilder::new(&translated.pattern)
            .size_limit(MAX_BYTES)
            .nest_limit(MAX_NESTING)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => PatternError::TooLarge,
                other => PatternError::Malformed(other.to_string()),
            })?;
        let (names, size) = (translated.names, translated.size);
        Ok(Self { source: source.into(), regex, names, size })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The pattern as the `regex` crate takes it.
    #[must_use]
    pub fn regex(&self) -> &regex::Regex {
        &self.regex
    }

    /// The names of its groups, from the first; empty where one has none.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many bytes it takes, about.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.size.saturating_mul(BYTES_OF_STATE)
    }

    /// How many steps a search may take: in the worst case every state is looked at for every
    /// byte.
    #[must_use]
    pub fn search_steps(&self, text: &str) -> u64 {
        let len = text.len() as u64;
        1 + self.size / 64 + len / 32 + len.saturating_mul(self.size / 64) / 64
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.source, f)
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, PatternError};

    #[test]
    fn patterns_are_read_as_go_reads_them() {
        for (pattern, text, matches) in [
            (r"^\d+$", "12", true),
            // Go's classes are of ASCII.
            (r"^\d+$", "١٢", false),
            (r"^\w$", "é", false),
            (r"(?i)^STRASSE$", "strasse", true),
            (r"^[[:word:]]+$", "a_1", true),
            (r"^\Qa.b\E$", "a.b", true),
            (r"^\Qa.b\E$", "axb", false),
            (r"\bfoo\b", "a foo b", true),
            ("a{,2}", "a{,2}", true),
            ("(?P<year>[0-9]{4})", "in 2026", true),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().regex().is_match(text), matches, "{pattern}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused_in_its_words() {
        for (pattern, error) in [
            ("(", "error parsing regexp: missing closing ): `(`"),
            ("a)", "error parsing regexp: unexpected ): `a)`"),
            ("[a", "error parsing regexp: missing closing ]: `[a`"),
            ("*", "error parsing regexp: missing argument to repetition operator: `*`"),
            ("(?=a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`"),
            ("a{1001}", "error parsing regexp: invalid repeat count: `{1001}`"),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn large_patterns_are_taken() {
        let text = format!("{}z", "é".repeat(500));
        for large in [r"^(\pL|\pN){0,800}z", r"^(\pL|\pN){0,500}(\pL){0,400}z$"] {
            assert!(Pattern::new(large).unwrap().regex().is_match(&text), "{large}");
        }
    }

    #[test]
    fn bombs_are_refused() {
        let nested = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
        for bomb in [nested.as_str(), &r"\pL{1000}".repeat(1000)] {
            assert_eq!(Pattern::new(bomb).unwrap_err(), PatternError::TooLarge);
        }
    }
}
