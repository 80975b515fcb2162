//! Strings, numbers, booleans and null.

use super::read::{JsonError, Reader};
use crate::{Number, Str, Value};

impl Reader<'_> {
    pub(super) fn scalar(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let word = |word: &str, value: Value| rest.starts_with(word).then_some((word.len(), value));
        match self.peek() {
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => {
                let len = rest
                    .bytes()
                    .take_while(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
                    .count();
                self.at += len;
                let literal = rest.get(..len).unwrap_or_default();
                match Number::from_literal(literal) {
                    Some(number) => Ok(Value::Number(number)),
                    None => self.fail(start, &format!("`{literal}` is not a JSON number")),
                }
            }
            Some(first) => {
                let found = match first {
                    b't' => word("true", Value::Bool(true)),
                    b'f' => word("false", Value::Bool(false)),
                    b'n' => word("null", Value::Null),
                    _ => None,
                };
                let Some((len, value)) = found else {
                    return self.fail(start, "expected a JSON value");
                };
                self.at += len;
                Ok(value)
            }
            None => self.fail(start, "unexpected end of the text, expected a JSON value"),
        }
    }

    /// Reads a string; the reader stands at its opening quote.
    pub(super) fn string(&mut self) -> Result<Str, JsonError> {
        let start = self.at;
        self.at += 1;
        let mut owned = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(len) = rest.bytes().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f)) else {
                return self.fail(start, "string without an end");
            };
            let plain = rest.get(..len).unwrap_or_default();
            self.at += len;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    if owned.is_empty() {
                        return Ok(plain.into());
                    }
                    owned.push_str(plain);
                    return Ok(owned.into());
                }
                Some(b'\\') => {
                    owned.push_str(plain);
                    owned.push(self.escape()?);
                }
                _ => return self.fail(self.at, "control character in a string"),
            }
        }
    }

    /// Reads an escape. A surrogate without its other half reads as U+FFFD, as in Go.
    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1;
        let escaped = self.peek();
        self.at += 1;
        Ok(match escaped {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\x08',
            Some(b'f') => '\x0c',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let Some(unit) = self.hex4(self.at) else {
                    return self.fail(start, "`\\u` wants four hexadecimal digits");
                };
                self.at += 4;
                let low = if matches!(unit, 0xd800..=0xdbff)
                    && self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u"))
                {
                    self.hex4(self.at + 2).filter(|low| matches!(low, 0xdc00..=0xdfff))
                } else {
                    None
                };
                let code = match low {
                    Some(low) => {
                        self.at += 6;
                        0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
                    }
                    None => unit,
                };
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return self.fail(start, "unknown escape in a string"),
        })
    }

    fn hex4(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 4)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        u32::from_str_radix(digits, 16).ok()
    }
}
