//! Regular expressions as Go's `regexp` package reads them.
//!
//! The `regex` crate finds what Go finds (leftmost first, in linear time), but its syntax and some
//! of its classes differ. A pattern is read as Go reads it, and written anew for that crate. Its
//! automata are over bytes, though, and a class such as `\pL` takes hundreds of states there, and
//! one instruction in Go: what would be too large for it, or is searched in too long a text, has a
//! program over characters, as Go's are.
//!
//! **Invariant:** a pattern is Go's or refused; no search takes more than linear time.

mod class;
mod names;
mod program;
mod search;
mod translate;

pub use search::{Captures, Search};

use program::{Builder, Fault, Program};
use regex::Regex;
use search::Engine;
use sekisho_budget::{Budget, BudgetExceeded};
use std::fmt;
use std::sync::OnceLock;
use translate::{Measure, Translated, translate};

/// A pattern, and what searches with it, made when it is needed.
#[derive(Clone)]
pub struct Pattern {
    source: Box<str>,
    names: Vec<String>,
    size: Measure,
    in_characters: bool,
    automaton: OnceLock<Result<Regex, PatternError>>,
    program: OnceLock<Result<Program, PatternError>>,
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
    /// its groups nest too deep
    #[error("the regular expression nests too deep")]
    TooDeep,
    /// it costs more than the budget has left
    #[error(transparent)]
    Exceeded(#[from] BudgetExceeded),
}

impl PatternError {
    /// What is exceeded, unless it is Go that refuses the pattern.
    #[must_use]
    pub fn exceeded(&self) -> Option<BudgetExceeded> {
        match self {
            Self::Malformed(_) => None,
            Self::TooLarge => Some(BudgetExceeded::Memory),
            Self::TooDeep => Some(BudgetExceeded::Depth),
            Self::Exceeded(exceeded) => Some(*exceeded),
        }
    }
}

/// States that an automaton may have, and how many of them may be there by repetition and classes,
/// not by the length of the pattern. Of more it takes tens of milliseconds to make one, which then
/// finds nothing sooner than a program does.
const MAX_STATES: u64 = 800_000;
const MAX_GROWN: u64 = 1 << 15;
/// Bytes that an automaton may take, and that a state of it takes, about.
const MAX_BYTES: usize = 64 << 20;
const BYTES_OF_STATE: u64 = 64;
/// How deep groups may nest for an automaton, and what becomes of them in its pattern.
const MAX_NESTING: u32 = 200;
const NEST_LIMIT: u32 = 410;
/// States times bytes that an automaton may look at in one search: nothing interrupts it.
const MAX_SEARCH: u64 = 1 << 27;
/// The same for one of more states than this, whose sets of states there is no room to keep: each
/// byte then costs a thousand times what it costs otherwise.
const LARGE: (u64, u64) = (1 << 13, 1 << 22);
/// Instructions of a program, in Go's count, and how deep a pattern may nest: as far as Go goes.
const MAX_INSTRUCTIONS: u64 = (128 << 20) / 40;
const MAX_HEIGHT: u32 = 1000;
/// Bytes that an instruction takes, about.
const BYTES_OF_INSTRUCTION: u64 = 16;
/// A program of more instructions is made when something is searched.
const SMALL: u64 = 1 << 16;

impl Pattern {
    /// Reads a pattern; what searches with it is made when something is first searched, or by
    /// [`Self::make`].
    ///
    /// # Errors
    /// Where Go refuses it, or it is too large, or nests too deep.
    pub fn read(source: &str) -> Result<Self, PatternError> {
        let Translated { names, size, in_characters, .. } = translate(source, None)?;
        if size.instructions > MAX_INSTRUCTIONS {
            return Err(PatternError::TooLarge);
        }
        if size.height > MAX_HEIGHT {
            return Err(PatternError::TooDeep);
        }
        let (automaton, program) = (OnceLock::new(), OnceLock::new());
        Ok(Self { source: source.into(), names, size, in_characters, automaton, program })
    }

    /// Reads a pattern, and makes what searches with it, but where that is large.
    ///
    /// # Errors
    /// Where Go refuses it, or it is too large, or nests too deep.
    pub fn new(source: &str) -> Result<Self, PatternError> {
        let pattern = Self::read(source)?;
        pattern.make()?;
        Ok(pattern)
    }

    /// Makes what searches with it, but where that is large.
    ///
    /// # Errors
    /// Where it is too large after all.
    pub fn make(&self) -> Result<(), PatternError> {
        if self.automaton().is_none_or(Result::is_err) && self.size.instructions <= SMALL {
            self.program()?;
        }
        Ok(())
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The names of its groups, from the first; empty where one has none.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many bytes it takes, about.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match self.has_automaton() {
            true => self.size.states.saturating_mul(BYTES_OF_STATE),
            false => self.size.instructions.saturating_mul(BYTES_OF_INSTRUCTION),
        }
    }

    /// How many steps it takes to make what searches with it.
    #[must_use]
    pub fn steps(&self) -> u64 {
        1 + self.bytes() / (8 * BYTES_OF_STATE)
    }

    /// Whether a text has a match, for which a budget of its own has to do.
    ///
    /// # Errors
    /// Where it takes more.
    pub fn is_match(&self, text: &str) -> Result<bool, PatternError> {
        let budget = Budget::standard();
        Ok(self.search(text, &budget)?.is_match()?)
    }

    /// What searches a text, for which it takes what that costs at most: in the worst case every
    /// state is looked at for every byte. A program takes what it costs while it searches.
    ///
    /// # Errors
    /// Where the budget has less left, or the pattern is too large after all.
    pub fn search<'p, 't>(
        &'p self,
        text: &'t str,
        budget: &'p Budget<'p>,
    ) -> Result<Search<'p, 't>, PatternError> {
        let (len, states) = (text.len() as u64, self.size.states);
        let engine = match self.automaton_suffices(len).then(|| self.automaton()).flatten() {
            Some(Ok(regex)) => {
                budget.step(1 + states / 64 + len / 32 + len.saturating_mul(states / 64) / 64)?;
                Engine::Automaton(regex)
            }
            _ => Engine::Program(self.program()?, budget),
        };
        Ok(Search { text, engine, groups: self.names.len() })
    }

    /// Whether an automaton may be made. The bytes of a character are no part of a word, so that
    /// `\B` holds between them: an automaton then comes upon matches that are none, and passes
    /// over others with them.
    fn has_automaton(&self) -> bool {
        self.size.states <= MAX_STATES
            && self.grown() <= MAX_GROWN
            && self.size.nesting <= MAX_NESTING
            && !self.in_characters
    }

    /// States beside the two of each character.
    fn grown(&self) -> u64 {
        self.size.states.saturating_sub(2 * self.source.len() as u64)
    }

    fn automaton_suffices(&self, len: u64) -> bool {
        let (large, most_of_large) = LARGE;
        let states = self.size.states;
        let most = if states > large { most_of_large } else { MAX_SEARCH.max(64 * len) };
        len.saturating_mul(states) <= most
    }

    /// The automaton, unless the pattern is too large for one.
    fn automaton(&self) -> Option<&Result<Regex, PatternError>> {
        let make = || {
            let pattern = translate(&self.source, None)?.pattern;
            let mut builder = regex::RegexBuilder::new(&pattern);
            let built = builder.size_limit(MAX_BYTES).nest_limit(NEST_LIMIT).build();
            built.map_err(|error| PatternError::Malformed(error.to_string()))
        };
        self.has_automaton().then(|| self.automaton.get_or_init(make))
    }

    fn program(&self) -> Result<&Program, PatternError> {
        let make = || {
            let mut builder = Builder::default();
            translate(&self.source, Some(&mut builder))?;
            builder.build().map_err(|fault| match fault {
                Fault::TooLarge => PatternError::TooLarge,
                Fault::Class(what) => PatternError::Malformed(what),
            })
        };
        self.program.get_or_init(make).as_ref().map_err(PatternError::clone)
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
    use sekisho_budget::{Budget, BudgetExceeded, Stop};

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
            assert_eq!(Pattern::new(pattern).unwrap().is_match(text), Ok(matches), "{pattern}");
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
    fn what_no_automaton_is_for_is_a_program() {
        let name = r"^[\p{L}\p{N}_-]{1,253}$";
        for (pattern, len, automaton) in [
            (r"^[a-z]+$", 3, true),
            (r"^[a-z]+$", 1 << 30, true),
            (r"^\pL{1,63}$", 63, true),
            (r"^\pL{1,63}$", 300, false),
            ("a{32}", 1 << 30, true),
            ("a{100}", 1 << 19, true),
            ("a{100}", 1 << 20, false),
            (name, 0, false),
            // Long texts are no large automata, but there is an end.
            (&"longname|".repeat(20_000), 10, true),
            (&"longname|".repeat(20_000), 100, false),
            // At each byte it may be in any of its states.
            (&"(a+)".repeat(3_500), 100, true),
            (&"(a+)".repeat(3_500), 3_500, false),
            (&"longname|".repeat(100_000), 1, false),
        ] {
            let pattern = Pattern::read(pattern).unwrap();
            let suffices = pattern.has_automaton() && pattern.automaton_suffices(len);
            assert_eq!(suffices, automaton, "{len} {pattern:.20?}");
        }
        let pattern = Pattern::read(name).unwrap();
        assert_eq!((pattern.size.states > 200_000, pattern.size.instructions), (true, 507));
    }

    #[test]
    fn bombs_are_refused() {
        let nested = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
        let flagged = format!("a{}", "(?i)*".repeat(100_000));
        let squared = format!("{}{}", r"(?:\pL{1000})", "(?i)*".repeat(900));
        for (bomb, error) in [
            (nested.as_str(), PatternError::TooDeep),
            (&flagged, PatternError::TooDeep),
            (&r"\pL{1000}".repeat(100_000), PatternError::TooLarge),
            // Each class is another one.
            (
                &(0..10_000).map(|n| format!(r"[\pL\x{{{n:x}}}]")).collect::<String>(),
                PatternError::TooLarge,
            ),
        ] {
            let made = Pattern::read(bomb).and_then(|pattern| pattern.is_match("a"));
            assert_eq!(made, Err(error), "{bomb:.20}");
        }
        assert_eq!(Pattern::new(&squared).unwrap().is_match("é"), Ok(true));
    }

    #[test]
    fn a_search_ends_with_its_budget() {
        let text = "é".repeat(1 << 16);
        let groups = r"(\pL?)(\pN?)".repeat(1_000);
        for (pattern, steps, exceeded) in [
            (r"\pL{0,1000}\pN{900}", 100_000, BudgetExceeded::Steps),
            (groups.as_str(), 100_000, BudgetExceeded::Steps),
            (&format!(r"{}\pL{{0,1000}}z", "()".repeat(5_000)), u64::MAX, BudgetExceeded::Memory),
        ] {
            let pattern = Pattern::read(pattern).unwrap();
            let budget = || Budget::new(steps, Budget::DEFAULT_MEMORY, None);
            let (one, other) = (budget(), budget());
            let mut all = pattern.search(&text, &one).unwrap().captures_iter();
            assert_eq!(all.find_map(Result::err), Some(exceeded));
            assert!(all.next().is_none());
            assert!(pattern.search(&text, &other).unwrap().captures().is_err());
        }
        let (stop, pattern) = (Stop::raised(), Pattern::read(r"\pL{1,253}").unwrap());
        let budget = Budget::new(u64::MAX, u64::MAX, Some(&stop));
        let search = pattern.search(&text, &budget).unwrap();
        assert_eq!(search.is_match(), Err(BudgetExceeded::Time));
    }
}
