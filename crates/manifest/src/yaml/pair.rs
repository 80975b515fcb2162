//! The usual line, read at once: a key of an object and its value.
//!
//! Nearly every line of a manifest is one. What is read here is read by the rest of the grammar,
//! too, and comes to the same; where a line may mean anything else, nothing is read of it here.

use super::build::Entry;
use super::chars::{is_blank, is_in_usual_key, stops_line, stops_plain};
use super::cursor::Cursor;
use super::key::MAX_KEY;
use super::parse::{Parser, signed};
use super::resolve::{Resolved, resolve_plain, to_value};
use super::state::State;
use crate::fault::Fault;
use crate::spans::{Node, narrow};
use sekisho_value::Key;

/// What stands behind the `:` of a key, up to the end of its line.
#[derive(Clone, Copy)]
enum Behind {
    /// Nothing: the value is on the lines that follow.
    Nothing,
    /// A scalar without quotes, from its first byte.
    Plain { from: usize },
    /// A scalar between quotes, from the first of them.
    Quoted { from: usize },
}

impl Parser<'_> {
    /// Reads a key at `column`, and the scalar behind it, and comes to stand on the next line;
    /// `false`, and nothing is read, where another rule may have to.
    #[inline]
    pub(super) fn usual_pair(&mut self, column: usize) -> Result<bool, Fault> {
        if !self.key_allowed || self.flow > 0 || self.properties.is_some() {
            return Ok(false);
        }
        let begins = self.indent < signed(column);
        let awaited = match self.builder.state() {
            State::MapKey => !begins,
            State::Document | State::SeqNode | State::LeanNode | State::MapValueNode => begins,
            _ => false,
        };
        if !awaited {
            return Ok(false);
        }
        let cursor = self.cursor;
        let start = cursor.at;
        if !cursor.peek().is_ascii_alphabetic() {
            return Ok(false);
        }
        let colon = cursor.find(start, |byte| !is_in_usual_key(byte));
        let len = colon - start;
        if cursor.byte(colon) != b':' || len > MAX_KEY {
            return Ok(false);
        }
        let Some((behind, end)) = behind(&cursor, colon) else { return Ok(false) };
        let next = end + 1;
        let below = cursor.find(next, |byte| byte != b' ');
        if matches!(behind, Behind::Plain { .. }) && may_go_on(&cursor, below, below - next, column)
        {
            return Ok(false);
        }
        let key = cursor.slice(start, colon);
        if resolve_plain(key, self.scheme) != Resolved::Text {
            return Ok(false);
        }

        self.roll(column, State::MapKey, start, len)?;
        self.builder.count.add_text(len);
        let key = Key::new(key);
        let (text, from, resolved) = match behind {
            Behind::Nothing => {
                self.builder.set_state(State::MapKeyNode);
                self.builder.set_key(key, start, len, false);
                self.builder.set_state(State::MapValueNode);
                if let Some(frame) = self.builder.frames.last_mut() {
                    frame.dash = colon;
                }
                self.cursor.go_to_line(next, below);
                return Ok(true);
            }
            Behind::Plain { from } => {
                let text = cursor.slice(from, end);
                (text, from, resolve_plain(text, self.scheme))
            }
            Behind::Quoted { from } => (cursor.slice(from + 1, end - 1), from, Resolved::Text),
        };
        self.builder.count.add_key();
        self.builder.count.add_text(text.len());
        let value = to_value(resolved, text, from)?;
        self.builder.count.add_value(from)?;
        if let Some(frame) = self.builder.frames.last_mut() {
            frame.height = frame.height.max(1);
            frame.dash = colon;
        }
        let node = Node { start: narrow(start), len: narrow(len), first: 0 };
        self.builder.entries.push(Entry { key, value, node, merged: false });
        self.cursor.go_to_line(next, below);
        Ok(true)
    }
}

/// What stands behind a `:`, and where its line ends; `None` where that takes a closer look.
#[inline]
fn behind(cursor: &Cursor<'_>, colon: usize) -> Option<(Behind, usize)> {
    match cursor.byte(colon + 1) {
        b'\n' => return Some((Behind::Nothing, colon + 1)),
        b' ' => {}
        _ => return None,
    }
    let from = colon + 2;
    let (behind, end) = match cursor.byte(from) {
        quote @ (b'"' | b'\'') => {
            // Of what is escaped, folded or broken over lines the text is another.
            let other = |byte| byte == quote || byte == b'\\' || stops_line(byte);
            let to = cursor.find(from + 1, other);
            let closes = cursor.byte(to) == quote;
            (Behind::Quoted { from }, if closes { to + 1 } else { return None })
        }
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'/' | b'.' => {
            (Behind::Plain { from }, plain_line(cursor, from)?)
        }
        _ => return None,
    };
    (cursor.byte(end) == b'\n').then_some((behind, end))
}

/// Where the line ends that a scalar without quotes takes to its end.
#[inline]
fn plain_line(cursor: &Cursor<'_>, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at = cursor.find(at, |byte| stops_plain(byte, false));
        let next = cursor.byte(at + 1);
        match cursor.byte(at) {
            b'\n' => return Some(at),
            // Blanks may end it, and begin a comment.
            b' ' if !is_blank(next) && !matches!(next, b'#' | b'\n' | b'\r' | 0 | 0xc2 | 0xe2) => {}
            b':' if next.is_ascii_graphic() => {}
            _ => return None,
        }
        at += 1;
    }
}

/// Whether a scalar without quotes may go on in the line below, where `at` is the first byte that
/// is no space.
#[inline]
fn may_go_on(cursor: &Cursor<'_>, at: usize, indent: usize, column: usize) -> bool {
    indent > column || matches!(cursor.byte(at), b'\n' | b'\r' | b'\t' | 0xc2 | 0xe2)
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse_in;
    use super::super::resolve::{Reading, Scheme};
    use crate::count::Count;
    use proptest::prelude::*;

    /// What comes of a text, places and counts included, or what is said of it.
    fn read(text: &str, usual_lines: bool, scheme: Scheme) -> String {
        let reading = Reading { scheme, last_key_wins: false };
        let mut count = Count::new(text.len());
        let read = parse_in(usual_lines, text, 0, reading, &mut count);
        // Of what is refused it does not matter how much was counted.
        let count = read.is_ok().then_some(count);
        format!("{read:#?}\n{count:?}")
    }

    fn is_read_alike(text: &str) -> Result<(), TestCaseError> {
        for scheme in [Scheme::Kubectl, Scheme::Gator] {
            prop_assert_eq!(read(text, true, scheme), read(text, false, scheme), "{}", text);
        }
        Ok(())
    }

    /// What stands behind a key, or an item's `-`.
    fn behind() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => Just(String::new()),
            2 => "[a-c]{1,3}",
            2 => "[a1:# \"'\\\\\t-]{0,6}",
            1 => "\"[a1:# \\\\'é\u{85}]{0,4}\"",
            1 => "'[a1:# \\\\\"\u{2028}]{0,4}'",
            1 => "(true|no|~|null|0x1f|1_0|-1|[.]5|1e3|[.]nan|2020-01-01|[|]|>-|&a|[*]a|!!str|\\{\\{|<<)",
            1 => "[\\[{][a:, ]{0,4}[\\]}]",
        ]
    }

    fn line() -> impl Strategy<Value = String> {
        let indent = prop_oneof![8 => (0..5_usize).prop_map(|n| "  ".repeat(n)), 1 => "[ \t]{0,5}"];
        let head = prop_oneof![
            8 => "[a-d]{1,2}:",
            3 => "- [a-d]:",
            2 => "-",
            1 => "(y|no|null|on|<<|a b|a/b[.]c|é|[?]|\"a\"):",
            1 => Just(String::new()),
            1 => "(---|[.][.][.]|#.?|%)",
        ];
        let blank = prop_oneof![8 => Just(" "), 1 => Just(""), 1 => Just("  ")];
        let end =
            prop_oneof![12 => Just("\n"), 1 => Just(" # c\n"), 1 => Just("\r\n"), 1 => Just(" \n")];
        (indent, head, blank, behind(), end).prop_map(|(indent, head, blank, behind, end)| {
            format!("{indent}{head}{blank}{behind}{end}")
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn usual_lines_read_as_the_grammar_has_them(lines in prop::collection::vec(line(), 1..8)) {
            is_read_alike(&lines.concat())?;
        }

        #[test]
        fn so_does_what_looks_like_one(text in "[ab:. \n#'\"-]{0,40}") {
            is_read_alike(&text)?;
        }
    }
}
