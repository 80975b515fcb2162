//! JSON text as Go's `encoding/json` reads it, with its messages: of entries with the same key
//! the last counts, and what is no character becomes `U+FFFD`.

use super::super::Failure;
use crate::term::{Arena, Term, is_in_range};
use sekisho_value::Number;

/// A list or object that is still open.
enum Open<'a> {
    Array(Vec<Term<'a>>),
    Object(Vec<(Term<'a>, Term<'a>)>, Term<'a>),
}

/// Reads JSON text into an arena.
pub(in super::super) struct Reader<'a, 't> {
    text: &'t str,
    at: usize,
    arena: Arena<'a>,
}

impl<'a, 't> Reader<'a, 't> {
    /// Reads from the beginning of the text.
    pub(in super::super) fn new(text: &'t str, arena: Arena<'a>) -> Self {
        Self { text, at: 0, arena }
    }

    /// The next value.
    pub(in super::super) fn value(&mut self) -> Result<Term<'a>, Failure> {
        let mut stack: Vec<Open<'a>> = Vec::new();
        self.white_space();
        if self.peek().is_none() {
            return Err(Failure::error("EOF"));
        }
        loop {
            self.arena.budget().step(1)?;
            self.white_space();
            let mut done = match self.peek() {
                Some(b'{') => {
                    self.at += 1;
                    self.white_space();
                    if self.eat(b'}') {
                        self.arena.object(Vec::new())?
                    } else {
                        let key = self.key()?;
                        self.open(&mut stack, Open::Object(Vec::new(), key))?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.at += 1;
                    self.white_space();
                    if self.eat(b']') {
                        self.arena.array(&[])?
                    } else {
                        self.open(&mut stack, Open::Array(Vec::new()))?;
                        continue;
                    }
                }
                _ => self.scalar()?,
            };
            // Put the value where it belongs, and close what it ends.
            loop {
                let after = match stack.last_mut() {
                    None => return Ok(done),
                    Some(Open::Array(items)) => {
                        items.push(done);
                        "after array element"
                    }
                    Some(Open::Object(entries, key)) => {
                        entries.push((*key, done));
                        "after object key:value pair"
                    }
                };
                self.arena.budget().allocate(48)?;
                self.white_space();
                match (self.peek(), stack.last_mut()) {
                    (Some(b','), Some(Open::Object(_, key))) => {
                        self.at += 1;
                        self.white_space();
                        *key = self.key()?;
                        break;
                    }
                    (Some(b','), _) => {
                        self.at += 1;
                        break;
                    }
                    (Some(b']'), Some(Open::Array(items))) => {
                        self.at += 1;
                        done = self.arena.array(items)?;
                        stack.pop();
                    }
                    (Some(b'}'), Some(Open::Object(entries, _))) => {
                        self.at += 1;
                        done = self.arena.object(std::mem::take(entries))?;
                        stack.pop();
                    }
                    _ => return Err(self.unexpected(after)),
                }
            }
        }
    }

    /// What follows the value: nothing but white space, or a `null`, which Go overlooks.
    pub(in super::super) fn end(&mut self) -> Result<(), Failure> {
        self.white_space();
        let token = match self.peek() {
            None => return Ok(()),
            Some(open @ (b'{' | b'[')) => char::from(open).to_string(),
            Some(b']' | b'}') => return Err(self.unexpected("looking for beginning of value")),
            Some(_) => match self.scalar()? {
                Term::Null => return Ok(()),
                Term::Bool(bool) => format!("%!s(bool={bool})"),
                Term::Int(int) => int.to_string(),
                Term::Number(text) | Term::String(text) => text.to_owned(),
                _ => String::new(),
            },
        };
        Err(Failure::error(format!("error: invalid character '{token}' after top-level value")))
    }

    /// Whether nothing but white space follows.
    pub(in super::super) fn at_end(&mut self) -> bool {
        self.white_space();
        self.peek().is_none()
    }

    fn open(&self, stack: &mut Vec<Open<'a>>, open: Open<'a>) -> Result<(), Failure> {
        self.arena.budget().allocate(size_of::<Open<'_>>() as u64)?;
        if stack.len() >= crate::term::Depth::LIMIT {
            return Err(Failure::Budget(sekisho_budget::BudgetExceeded::Depth));
        }
        stack.push(open);
        Ok(())
    }

    fn scalar(&mut self) -> Result<Term<'a>, Failure> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Term::Bool(true)),
            Some(b'f') => self.word("false", Term::Bool(false)),
            Some(b'n') => self.word("null", Term::Null),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn word(&mut self, word: &str, term: Term<'a>) -> Result<Term<'a>, Failure> {
        for expected in word.chars() {
            if self.peek().map(char::from) != Some(expected) {
                return Err(self.unexpected(&format!("in literal {word} (expecting '{expected}')")));
            }
            self.at += 1;
        }
        Ok(term)
    }

    fn key(&mut self) -> Result<Term<'a>, Failure> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("looking for beginning of object key string"));
        }
        let key = self.string()?;
        self.white_space();
        if !self.eat(b':') {
            return Err(self.unexpected("after object key"));
        }
        Ok(key)
    }

    fn number(&mut self) -> Result<Term<'a>, Failure> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits("in numeric literal")?;
        }
        if self.eat(b'.') {
            self.digits("after decimal point in numeric literal")?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            self.digits("in exponent of numeric literal")?;
        }
        let literal = self.text.get(start..self.at).unwrap_or_default();
        let number = Number::from_literal(literal).unwrap_or_else(|| Number::from(0_i64));
        Ok(match number.held() {
            Ok(int) => Term::Int(int),
            Err(literal) if !is_in_range(literal) => return Err(Failure::error("number too big")),
            Err(literal) => Term::Number(self.arena.text(literal)?),
        })
    }

    fn digits(&mut self, context: &str) -> Result<(), Failure> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.unexpected(context));
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Term<'a>, Failure> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let text = self.text.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    self.arena.budget().step(text.len() as u64 / 64)?;
                    return Ok(self.arena.string(text)?);
                }
                Some(b'\\') => return self.escaped(start),
                Some(0x20..) => self.at += 1,
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    /// A string with an escape, which the reader stands at.
    fn escaped(&mut self, start: usize) -> Result<Term<'a>, Failure> {
        let mut out = self.text.get(start..self.at).unwrap_or_default().to_owned();
        self.arena.budget().allocate(out.len() as u64)?;
        let mut plain = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    out.push_str(self.text.get(plain..self.at).unwrap_or_default());
                    self.at += 1;
                    self.arena.budget().step(out.len() as u64 / 64)?;
                    return Ok(self.arena.string(&out)?);
                }
                Some(b'\\') => {
                    let before = self.text.get(plain..self.at).unwrap_or_default();
                    self.arena.budget().allocate(before.len() as u64 + 4)?;
                    out.push_str(before);
                    self.at += 1;
                    out.push(self.escape()?);
                    plain = self.at;
                }
                Some(0x20..) => self.at += 1,
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Failure> {
        let char = match self.peek() {
            Some(char @ (b'"' | b'\\' | b'/')) => char::from(char),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.at += 1;
        Ok(char)
    }

    fn unicode(&mut self) -> Result<char, Failure> {
        let first = self.hex()?;
        if let Some(char) = char::from_u32(first) {
            return Ok(char);
        }
        let before = self.at;
        if (0xd800..0xdc00).contains(&first) && self.eat(b'\\') && self.eat(b'u') {
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let joined = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        // The second escape stands for itself.
        self.at = before;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> Result<u32, Failure> {
        let mut value = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return Err(self.unexpected("in \\u hexadecimal character escape"));
            };
            value = value * 16 + digit;
            self.at += 1;
        }
        Ok(value)
    }

    fn unexpected(&self, context: &str) -> Failure {
        let Some(byte) = self.peek() else {
            return Failure::error("unexpected EOF");
        };
        // Go shows the byte as if it were a character.
        let shown = match byte {
            b'\'' => "'\\''".to_owned(),
            b'"' => "'\"'".to_owned(),
            b'\\' => "'\\\\'".to_owned(),
            7 => "'\\a'".to_owned(),
            8 => "'\\b'".to_owned(),
            9 => "'\\t'".to_owned(),
            10 => "'\\n'".to_owned(),
            11 => "'\\v'".to_owned(),
            12 => "'\\f'".to_owned(),
            13 => "'\\r'".to_owned(),
            0..=0x1f | 0x7f => format!("'\\x{byte:02x}'"),
            0x80..=0xa0 | 0xad => format!("'\\u{byte:04x}'"),
            _ => format!("'{}'", char::from(byte)),
        };
        Failure::error(format!("invalid character {shown} {context}"))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }
}
