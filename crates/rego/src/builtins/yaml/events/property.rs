//! Anchors, aliases, tags and directives.

use super::Broken;
use super::scanner::{Kind, Scanner};
use super::source::Mark;

impl Scanner<'_> {
    /// The name behind `&` or `*`.
    pub(super) fn name(&mut self) -> Result<String, Broken> {
        let start = self.source.mark;
        self.source.skip();
        let name = self.word();
        let ends = self.source.is_gap(0)
            || matches!(self.source.peek(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            return Err(self.broken(start, "did not find expected alphabetic or numeric character"));
        }
        Ok(name)
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while self.source.is_word() {
            self.source.take(&mut word);
        }
        word
    }

    pub(super) fn tag(&mut self) -> Result<Kind, Broken> {
        let start = self.source.mark;
        let (handle, suffix) = if self.source.byte(1) == b'<' {
            self.source.skip();
            self.source.skip();
            let tag = self.uri(start)?;
            if tag.is_empty() {
                return Err(self.broken(start, "did not find expected tag URI"));
            }
            if self.source.peek() != b'>' {
                return Err(self.broken(start, "did not find the expected '>'"));
            }
            self.source.skip();
            (String::new(), tag)
        } else {
            let handle = self.handle();
            let suffix = self.uri(start)?;
            if handle.len() > 1 && handle.ends_with('!') {
                if suffix.is_empty() {
                    return Err(self.broken(start, "did not find expected tag URI"));
                }
                (handle, suffix)
            } else {
                let mut tag = handle.trim_start_matches('!').to_owned();
                tag.push_str(&suffix);
                if tag.is_empty() { (tag, "!".to_owned()) } else { ("!".to_owned(), tag) }
            }
        };
        if !self.source.is_gap(0) {
            return Err(self.broken(start, "did not find expected whitespace or line break"));
        }
        Ok(Kind::Tag { handle, suffix })
    }

    /// `!`, or `!` and a word, or these and `!` again.
    fn handle(&mut self) -> String {
        let mut handle = String::new();
        self.source.take(&mut handle);
        handle.push_str(&self.word());
        if self.source.peek() == b'!' {
            self.source.take(&mut handle);
        }
        handle
    }

    fn uri(&mut self, start: Mark) -> Result<String, Broken> {
        let mut uri = String::new();
        loop {
            match self.source.peek() {
                b'%' => uri.push_str(&self.escaped(start)?),
                b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b',' | b'.'
                | b'!' | b'~' | b'*' | b'\'' | b'(' | b')' | b'[' | b']' => {
                    self.source.take(&mut uri);
                }
                _ if self.source.is_word() => self.source.take(&mut uri),
                _ => return Ok(uri),
            }
        }
    }

    /// A character as `%` and two digits for each of its bytes.
    fn escaped(&mut self, start: Mark) -> Result<String, Broken> {
        let mut bytes = Vec::new();
        let mut len = 1;
        while bytes.len() < len {
            let mut digits =
                [b'%', self.source.byte(1), self.source.byte(2)].into_iter().skip(1).map_while(
                    |byte| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok()),
                );
            let (b'%', Some(high), Some(low)) = (self.source.peek(), digits.next(), digits.next())
            else {
                return Err(self.broken(start, "did not find URI escaped octet"));
            };
            let byte = high << 4 | low;
            if bytes.is_empty() {
                len = match byte.leading_ones() {
                    0 => 1,
                    ones @ 2..=4 => ones as usize,
                    _ => {
                        let problem = "found an incorrect leading UTF-8 octet";
                        return Err(self.broken(start, problem));
                    }
                };
            } else if byte & 0xc0 != 0x80 {
                return Err(self.broken(start, "found an incorrect trailing UTF-8 octet"));
            }
            bytes.push(byte);
            for _ in 0..3 {
                self.source.skip();
            }
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// `%YAML` or `%TAG`, to the end of its line.
    pub(super) fn directive(&mut self) -> Result<Kind, Broken> {
        let start = self.source.mark;
        self.source.skip();
        let name = self.word();
        if name.is_empty() {
            return Err(self.broken(start, "could not find expected directive name"));
        }
        if !self.source.is_gap(0) {
            return Err(self.broken(start, "found unexpected non-alphabetical character"));
        }
        self.source.skip_blanks();
        let kind = match name.as_str() {
            "YAML" => self.version(start)?,
            "TAG" => self.tag_directive(start)?,
            _ => return Err(self.broken(start, "found unknown directive name")),
        };
        self.source.skip_blanks();
        if self.source.peek() == b'#' {
            self.source.skip_line();
        }
        if !self.source.is_break_or_end() {
            return Err(self.broken(start, "did not find expected comment or line break"));
        }
        self.source.take_break(&mut String::new());
        Ok(kind)
    }

    fn version(&mut self, start: Mark) -> Result<Kind, Broken> {
        let major = self.version_number(start)?;
        if self.source.peek() != b'.' {
            return Err(self.broken(start, "did not find expected digit or '.' character"));
        }
        self.source.skip();
        Ok(Kind::Version(major, self.version_number(start)?))
    }

    fn version_number(&mut self, start: Mark) -> Result<u8, Broken> {
        let mut digits = String::new();
        while self.source.peek().is_ascii_digit() {
            if digits.len() == 2 {
                return Err(self.broken(start, "found extremely long version number"));
            }
            self.source.take(&mut digits);
        }
        digits.parse().map_err(|_| self.broken(start, "did not find expected version number"))
    }

    fn tag_directive(&mut self, start: Mark) -> Result<Kind, Broken> {
        if self.source.peek() != b'!' {
            return Err(self.broken(start, "did not find expected '!'"));
        }
        let handle = self.handle();
        if handle != "!" && !(handle.len() > 1 && handle.ends_with('!')) {
            return Err(self.broken(start, "did not find expected '!'"));
        }
        if !self.source.is_blank() {
            return Err(self.broken(start, "did not find expected whitespace"));
        }
        self.source.skip_blanks();
        let prefix = self.uri(start)?;
        if prefix.is_empty() {
            return Err(self.broken(start, "did not find expected tag URI"));
        }
        if !self.source.is_gap(0) {
            return Err(self.broken(start, "did not find expected whitespace or line break"));
        }
        Ok(Kind::TagDirective { handle, prefix })
    }
}
