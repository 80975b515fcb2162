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
            let Some(len) = plain(rest.as_bytes()) else {
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

/// How many bytes stand before the first that is a quote, a backslash or a control character:
/// eight of them are looked at together.
fn plain(bytes: &[u8]) -> Option<usize> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // The lowest bit that is set is that of the first byte below `limit`.
    let below = |word: u64, limit: u64| word.wrapping_sub(EACH * limit) & !word & (EACH << 7);
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let is = |byte: u8| below(word ^ (EACH * u64::from(byte)), 1);
        let found = below(word, 0x20) | is(b'"') | is(b'\\');
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
    Some(words.len() * 8 + end)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn plain_text_ends_at_its_first_other_byte() {
        for (text, wanted) in [
            ("", None),
            ("a", None),
            ("abcdefghijklmnopé", None),
            ("\"", Some(0)),
            ("ab\"", Some(2)),
            ("abcdefg\"", Some(7)),
            ("abcdefgh\"", Some(8)),
            ("abcdefghij\\\"", Some(10)),
            ("abc\u{1f}!!!!\"", Some(3)),
            ("\u{7f}\u{80}é~ !#[]\n", Some(11)),
            ("!!!!!!!\"\"\u{0}", Some(7)),
        ] {
            assert_eq!(plain(text.as_bytes()), wanted, "{text:?}");
        }
        for at in 0..24 {
            for (byte, ends) in (0..=u8::MAX).map(|b| (b, matches!(b, b'"' | b'\\' | 0..=0x1f))) {
                let mut bytes = [b'#'; 24];
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
                assert_eq!(plain(&bytes), ends.then_some(at), "{byte} at {at}");
            }
        }
    }
}
