//! Where the reader stands in a text.

/// A place, in characters from the start and from the start of its line.
#[derive(Clone, Copy, Default)]
pub(super) struct Mark {
    pub(super) index: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A text that is read from its start to its end. What is behind the end reads as NUL, which the
/// text itself cannot hold.
pub(super) struct Source<'t> {
    text: &'t str,
    at: usize,
    pub(super) mark: Mark,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, mark: Mark::default() }
    }

    /// The byte so far ahead.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    pub(super) fn peek(&self) -> u8 {
        self.byte(0)
    }

    pub(super) fn starts_with(&self, text: &str) -> bool {
        self.text.get(self.at..).is_some_and(|rest| rest.starts_with(text))
    }

    /// How many bytes the line break so far ahead has: 0 for none. YAML 1.1 has NEL, LS and PS too.
    fn break_len(&self, ahead: usize) -> usize {
        match (self.byte(ahead), self.byte(ahead + 1), self.byte(ahead + 2)) {
            (b'\r', b'\n', _) | (0xc2, 0x85, _) => 2,
            (b'\r' | b'\n', ..) => 1,
            (0xe2, 0x80, 0xa8 | 0xa9) => 3,
            _ => 0,
        }
    }

    pub(super) fn is_break(&self) -> bool {
        self.break_len(0) > 0
    }

    pub(super) fn is_break_or_end(&self) -> bool {
        self.peek() == 0 || self.is_break()
    }

    /// A space or a tab.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.peek(), b' ' | b'\t')
    }

    pub(super) fn is_gap(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t' | 0) || self.break_len(ahead) > 0
    }

    /// A letter, digit, `_` or `-`: what names consist of.
    pub(super) fn is_word(&self) -> bool {
        matches!(self.peek(), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-')
    }

    /// `---` or `...` on its own at the start of a line.
    pub(super) fn is_document_indicator(&self) -> bool {
        self.mark.column == 0
            && (self.starts_with("---") || self.starts_with("..."))
            && self.is_gap(3)
    }

    /// Passes a character that is no line break.
    pub(super) fn skip(&mut self) -> &'t str {
        let from = self.at;
        let rest = self.text.get(from..).unwrap_or_default();
        self.at += rest.chars().next().map_or(0, char::len_utf8);
        self.mark.index += 1;
        self.mark.column += 1;
        self.text.get(from..self.at).unwrap_or_default()
    }

    pub(super) fn take(&mut self, out: &mut String) {
        out.push_str(self.skip());
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank() {
            self.skip();
        }
    }

    /// Passes the rest of the line, but not its break.
    pub(super) fn skip_line(&mut self) {
        while !self.is_break_or_end() {
            self.skip();
        }
    }

    /// Passes a line break if there is one, and adds what it reads as.
    pub(super) fn take_break(&mut self, out: &mut String) -> bool {
        let len = self.break_len(0);
        match (len, self.peek()) {
            (0, _) => return false,
            // LS and PS stay what they are
            (3, _) => out.push_str(self.text.get(self.at..self.at + 3).unwrap_or_default()),
            _ => out.push('\n'),
        }
        self.mark.index += if self.peek() == b'\r' { len } else { 1 };
        self.mark.line += 1;
        self.mark.column = 0;
        self.at += len;
        true
    }
}
