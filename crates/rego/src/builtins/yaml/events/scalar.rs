//! The texts of scalars.

use super::Broken;
use super::scanner::Scanner;
use super::source::Mark;

/// What stands between two parts of a plain or quoted scalar.
#[derive(Default)]
struct Gap {
    blanks: String,
    first: String,
    more: String,
    broken: bool,
}

impl Gap {
    /// One line break reads as a space, several as one fewer.
    fn fold(&mut self, out: &mut String) {
        if !self.broken {
            out.push_str(&self.blanks);
        } else if self.first == "\n" {
            out.push_str(if self.more.is_empty() { " " } else { &self.more });
        } else {
            out.push_str(&self.first);
            out.push_str(&self.more);
        }
        self.blanks.clear();
        self.first.clear();
        self.more.clear();
        self.broken = false;
    }
}

impl Scanner<'_> {
    /// Passes blanks and line breaks. Tabs may be forbidden before a column.
    fn gap(&mut self, gap: &mut Gap, indent: Option<(isize, Mark)>) -> Result<(), Broken> {
        loop {
            if self.source.is_blank() {
                if !gap.broken {
                    self.source.take(&mut gap.blanks);
                    continue;
                }
                if let Some((indent, start)) = indent
                    && self.source.peek() == b'\t'
                    && self.is_before(indent)
                {
                    let problem = "found a tab character that violates indentation";
                    return Err(self.broken(start, problem));
                }
                self.source.skip();
            } else if self.source.is_break() {
                let lines = if gap.broken { &mut gap.more } else { &mut gap.first };
                self.source.take_break(lines);
                gap.broken = true;
            } else {
                return Ok(());
            }
        }
    }

    fn is_before(&self, column: isize) -> bool {
        usize::try_from(column).is_ok_and(|column| self.source.mark.column < column)
    }

    pub(super) fn plain(&mut self) -> Result<String, Broken> {
        let start = self.source.mark;
        let indent = self.indent + 1;
        let in_flow = self.in_flow();
        let mut text = String::new();
        let mut gap = Gap::default();
        while !self.source.is_document_indicator() && self.source.peek() != b'#' {
            while !self.source.is_gap(0) {
                match self.source.peek() {
                    b':' if self.source.is_gap(1) => break,
                    b',' | b'?' | b'[' | b']' | b'{' | b'}' if in_flow => break,
                    _ => {}
                }
                gap.fold(&mut text);
                self.source.take(&mut text);
            }
            if !self.source.is_gap(0) || self.source.peek() == 0 {
                break;
            }
            self.gap(&mut gap, Some((indent, start)))?;
            if !in_flow && self.is_before(indent) {
                break;
            }
        }
        if gap.broken {
            self.key_allowed = true;
        }
        Ok(text)
    }

    /// A scalar between `'` or `"`.
    pub(super) fn quoted(&mut self) -> Result<String, Broken> {
        let start = self.source.mark;
        let quote = self.source.peek();
        self.source.skip();
        let mut text = String::new();
        let mut gap = Gap::default();
        loop {
            if self.source.is_document_indicator() {
                return Err(self.broken(start, "found unexpected document indicator"));
            }
            if self.source.peek() == 0 {
                return Err(self.broken(start, "found unexpected end of stream"));
            }
            while !self.source.is_gap(0) {
                let byte = self.source.peek();
                if byte == b'\'' && quote == byte && self.source.byte(1) == byte {
                    self.source.skip();
                    self.source.take(&mut text);
                } else if byte == quote {
                    self.source.skip();
                    return Ok(text);
                } else if byte == b'\\' && quote == b'"' {
                    self.source.skip();
                    if self.source.take_break(&mut String::new()) {
                        gap.broken = true;
                        break;
                    }
                    self.escape(&mut text, start)?;
                } else {
                    self.source.take(&mut text);
                }
            }
            if gap.broken {
                // The line break was escaped: those that follow count in full.
                self.gap(&mut gap, None)?;
                text.push_str(&gap.more);
                gap = Gap::default();
            } else {
                self.gap(&mut gap, None)?;
                gap.fold(&mut text);
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, text: &mut String, start: Mark) -> Result<(), Broken> {
        let digits = match self.source.peek() {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            byte => {
                text.push(match byte {
                    b'0' => '\0',
                    b'a' => '\x07',
                    b'b' => '\x08',
                    b't' | b'\t' => '\t',
                    b'n' => '\n',
                    b'v' => '\x0b',
                    b'f' => '\x0c',
                    b'r' => '\r',
                    b'e' => '\x1b',
                    b' ' | b'"' | b'\'' | b'\\' => char::from(byte),
                    b'N' => '\u{85}',
                    b'_' => '\u{a0}',
                    b'L' => '\u{2028}',
                    b'P' => '\u{2029}',
                    _ => return Err(self.broken(start, "found unknown escape character")),
                });
                self.source.skip();
                return Ok(());
            }
        };
        self.source.skip();
        let mut code = 0_u32;
        for ahead in 0..digits {
            let Some(digit) = char::from(self.source.byte(ahead)).to_digit(16) else {
                return Err(self.broken(start, "did not find expected hexdecimal number"));
            };
            code = code << 4 | digit;
        }
        let Some(char) = char::from_u32(code) else {
            return Err(self.broken(start, "found invalid Unicode character escape code"));
        };
        text.push(char);
        for _ in 0..digits {
            self.source.skip();
        }
        Ok(())
    }

    /// A `|` or `>` scalar.
    pub(super) fn block_scalar(&mut self) -> Result<String, Broken> {
        let start = self.source.mark;
        let literal = self.source.peek() == b'|';
        self.source.skip();
        let (mut chomping, mut increment) = (None, None);
        for _ in 0..2 {
            match self.source.peek() {
                sign @ (b'+' | b'-') if chomping.is_none() => chomping = Some(sign),
                b'0' if increment.is_none() => {
                    return Err(self.broken(start, "found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if increment.is_none() => {
                    increment = Some(usize::from(digit - b'0'));
                }
                _ => break,
            }
            self.source.skip();
        }
        self.source.skip_blanks();
        if self.source.peek() == b'#' {
            self.source.skip_line();
        }
        if !self.source.is_break_or_end() {
            return Err(self.broken(start, "did not find expected comment or line break"));
        }
        self.source.take_break(&mut String::new());
        let outer = usize::try_from(self.indent).unwrap_or(0);
        let mut indent = increment.map(|increment| outer + increment);
        let (mut text, mut first, mut more) = (String::new(), String::new(), String::new());
        let mut column = self.indentation(&mut indent, &mut more, start)?;
        let mut after_blank = false;
        while self.source.mark.column == column && self.source.peek() != 0 {
            let blank = self.source.is_blank();
            if !literal && !after_blank && !blank && first == "\n" {
                if more.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&first);
            }
            first.clear();
            text.push_str(&more);
            more.clear();
            after_blank = blank;
            while !self.source.is_break_or_end() {
                self.source.take(&mut text);
            }
            self.source.take_break(&mut first);
            column = self.indentation(&mut indent, &mut more, start)?;
        }
        if chomping != Some(b'-') {
            text.push_str(&first);
        }
        if chomping == Some(b'+') {
            text.push_str(&more);
        }
        Ok(text)
    }

    /// Passes empty lines and the indentation of the next; gives the indentation, and finds it out
    /// where it is not known.
    fn indentation(
        &mut self,
        indent: &mut Option<usize>,
        breaks: &mut String,
        start: Mark,
    ) -> Result<usize, Broken> {
        let mut widest = 0;
        loop {
            let before = |column: usize| indent.is_none_or(|indent| column < indent);
            while before(self.source.mark.column) && self.source.peek() == b' ' {
                self.source.skip();
            }
            widest = widest.max(self.source.mark.column);
            if before(self.source.mark.column) && self.source.peek() == b'\t' {
                let problem = "found a tab character where an indentation space is expected";
                return Err(self.broken(start, problem));
            }
            if !self.source.take_break(breaks) {
                break;
            }
        }
        let least = usize::try_from(self.indent + 1).unwrap_or(0).max(1);
        Ok(*indent.get_or_insert(widest.max(least)))
    }
}
