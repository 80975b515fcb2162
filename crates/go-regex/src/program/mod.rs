//! Patterns as programs over characters, in which a class is one instruction, as in Go's.
//!
//! They are for what would be too large as an automaton over bytes, or too slow to be searched with
//! nothing that interrupts it.

mod build;
mod machine;

pub(super) use build::{Builder, Fault};
pub(super) use machine::{Found, Machine, NOWHERE};

use std::sync::Arc;

/// Instructions that a program may have. Go goes to 3,355,443 (`maxSize` of `regexp/syntax`), and
/// counts none for a group that keeps nothing.
const MAX_INSTRUCTIONS: usize = 6_710_886;
/// Ranges that the classes of a program may have.
const MAX_RANGES: usize = 1 << 21;

/// What searches one character after the other, on all ways at once.
#[derive(Clone, Debug)]
pub(super) struct Program {
    code: Arc<[Inst]>,
    classes: Arc<[Class]>,
    /// whether it matches at the start of a text alone
    anchored: bool,
}

impl Program {
    /// How many instructions it has.
    pub(super) fn len(&self) -> usize {
        self.code.len()
    }
}

/// An instruction. What follows it is the next one, but where it says otherwise; places are
/// relative to its own, so that a piece may stand anywhere.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Inst {
    /// a place that is kept for what comes before a piece
    Nothing,
    Char(char),
    /// by its number
    Class(u32),
    /// two ways: the next instruction and another place, and whether that is tried first
    Split(i32, bool),
    Jump(i32),
    /// the position is kept: group `n` begins at `2n - 1` and ends at `2n`
    Save(u32),
    Look(Look),
    Match,
}

/// What has to hold at a position, which takes no character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// `\A`
    TextStart,
    /// `\z`
    TextEnd,
    /// `(?m)^`
    LineStart,
    /// `(?m)$`
    LineEnd,
    /// `\b`, of ASCII
    Boundary,
    /// `\B`
    NoBoundary,
}

impl Look {
    /// Whether it holds between two characters.
    fn holds(self, before: Option<char>, behind: Option<char>) -> bool {
        let in_word = |c: Option<char>| c.is_some_and(|c| c == '_' || c.is_ascii_alphanumeric());
        match self {
            Self::TextStart => before.is_none(),
            Self::TextEnd => behind.is_none(),
            Self::LineStart => before.is_none_or(|c| c == '\n'),
            Self::LineEnd => behind.is_none_or(|c| c == '\n'),
            Self::Boundary => in_word(before) != in_word(behind),
            Self::NoBoundary => in_word(before) == in_word(behind),
        }
    }
}

/// A set of characters.
#[derive(Debug)]
struct Class {
    /// a bit for each character of ASCII
    ascii: u128,
    /// in order
    ranges: Box<[(char, char)]>,
}

impl Class {
    fn new(ranges: Box<[(char, char)]>) -> Self {
        let mut ascii = 0;
        for (low, high) in &ranges {
            for code in u32::from(*low)..=u32::from(*high).min(0x7f) {
                ascii |= 1 << code;
            }
        }
        Self { ascii, ranges }
    }

    fn has(&self, c: char) -> bool {
        if c.is_ascii() {
            return self.ascii >> u32::from(c) & 1 == 1;
        }
        let after = self.ranges.partition_point(|(low, _)| *low <= c);
        let range = after.checked_sub(1).and_then(|at| self.ranges.get(at));
        range.is_some_and(|(_, high)| c <= *high)
    }
}

#[cfg(test)]
mod tests;
