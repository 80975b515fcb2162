//! Where the reader stands in the text.

use super::chars::{is_blank, stops_line};

/// A place in a text. Bytes beyond the end read as NUL, which the text itself cannot hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    bytes: &'t [u8],
    pub(super) at: usize,
    /// Line breaks passed so far, only to tell whether two places share a line.
    pub(super) line: u32,
    line_start: usize,
}

impl<'t> Cursor<'t> {
    /// Stands at `start` and sees `text` to its end.
    pub(super) fn new(text: &'t str, start: usize) -> Self {
        Self { text, bytes: text.as_bytes(), at: start, line: 0, line_start: start }
    }

    #[inline]
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.byte(self.at)
    }

    #[inline]
    pub(super) fn next(&self) -> u8 {
        self.byte(self.at + 1)
    }

    /// Bytes from the start of the line. Only ASCII stands before any place where this matters.
    #[inline]
    pub(super) fn column(&self) -> usize {
        self.at - self.line_start
    }

    #[inline]
    pub(super) fn slice(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// The length of the line break at `at`: 0 where there is none.
    #[inline]
    pub(super) fn break_at(&self, at: usize) -> usize {
        match self.byte(at) {
            b'\n' => 1,
            // kubectl takes a carriage return off each line before YAML is parsed, and what is left
            // may be CRLF again.
            b'\r' => match (self.byte(at + 1), self.byte(at + 2)) {
                (b'\n', _) => 2,
                (b'\r', b'\n') => 3,
                _ => 1,
            },
            0xc2 if self.byte(at + 1) == 0x85 => 2,
            0xe2 if self.byte(at + 1) == 0x80 && matches!(self.byte(at + 2), 0xa8 | 0xa9) => 3,
            _ => 0,
        }
    }

    /// Whether a blank, a line break or the end stands at `at`.
    #[inline]
    pub(super) fn is_blank_or_end(&self, at: usize) -> bool {
        let byte = self.byte(at);
        is_blank(byte) || byte == 0 || self.break_at(at) > 0
    }

    /// Passes the line break at the cursor; `false` where there is none.
    #[inline]
    pub(super) fn eat_break(&mut self) -> bool {
        let len = self.break_at(self.at);
        if len == 0 {
            return false;
        }
        self.at += len;
        self.line += 1;
        self.line_start = self.at;
        true
    }

    /// Passes the LF before `line`, and the spaces up to `at`.
    #[inline]
    pub(super) fn go_to_line(&mut self, line: usize, at: usize) {
        self.at = at;
        self.line += 1;
        self.line_start = line;
    }

    /// Passes the line break at the cursor, and adds what it reads as to `out`: LS and PS stay
    /// themselves, all others read as LF.
    pub(super) fn read_break(&mut self, out: &mut String) -> bool {
        let from = self.at;
        let found = self.eat_break();
        if found {
            let wide = self.byte(from) == 0xe2;
            out.push_str(if wide { self.slice(from, self.at) } else { "\n" });
        }
        found
    }

    /// The first byte from `at` on for which `stops` holds, or the end of the text.
    #[inline]
    pub(super) fn find(&self, at: usize, stops: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().position(|byte| stops(*byte)).unwrap_or(rest.len())
    }

    /// Passes the rest of the line, but not its break.
    #[inline]
    pub(super) fn eat_line(&mut self) {
        loop {
            self.at = self.find(self.at, stops_line);
            if self.peek() == 0 || self.break_at(self.at) > 0 {
                return;
            }
            self.at += 1;
        }
    }

    /// Passes spaces: much of what is written is indentation.
    #[inline]
    pub(super) fn eat_spaces(&mut self) {
        while self.bytes.get(self.at..self.at + 4) == Some(b"    ") {
            self.at += 4;
        }
        while self.peek() == b' ' {
            self.at += 1;
        }
    }

    #[inline]
    pub(super) fn eat_blanks(&mut self) {
        while is_blank(self.peek()) {
            self.at += 1;
        }
    }

    /// Whether the cursor stands at `---` or `...` at the start of a line.
    pub(super) fn is_document_indicator(&self) -> bool {
        self.column() == 0
            && matches!(self.bytes.get(self.at..self.at + 3), Some(b"---" | b"..."))
            && self.is_blank_or_end(self.at + 3)
    }
}
