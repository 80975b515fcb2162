use crate::{Key, Map, Number, Str, Value};
use std::ops::Range;

/// How deep lists and objects may nest, in JSON as in YAML.
///
/// The API server stops at 10,000; no real object passes 60. The lower bound keeps every later
/// walk over a value within a small stack.
pub const MAX_DEPTH: usize = 512;

/// Where a key or a value stands: byte offsets into the text.
pub type Span = Range<usize>;

/// What a reader keeps for each value beside the value: `()` for nothing, or a tree of spans.
pub trait Annotation: Sized {
    /// For a string, number, boolean or null.
    fn scalar(key: Option<Span>, value: Span) -> Self;
    /// For a list or object. The children of an object are in the order of its sorted entries.
    fn container(key: Option<Span>, value: Span, children: Vec<Self>) -> Self;
}

impl Annotation for () {
    fn scalar(_: Option<Span>, _: Span) -> Self {}
    fn container(_: Option<Span>, _: Span, _: Vec<Self>) -> Self {}
}

/// Why a text is not one JSON value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsonError {
    /// The byte offset at which it was seen.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

/// Reads one JSON value, and nothing behind it but white space.
///
/// # Errors
/// Where the text is no JSON, names a key twice in one object, or nests deeper than [`MAX_DEPTH`].
pub fn from_json(text: &str) -> Result<Value, JsonError> {
    from_json_annotated::<()>(text).map(|(value, ())| value)
}

/// Reads one JSON value, and for each value in it an annotation.
///
/// # Errors
/// As [`from_json`].
pub fn from_json_annotated<A: Annotation>(text: &str) -> Result<(Value, A), JsonError> {
    let (read, end) = from_json_prefix(text)?;
    if end < text.len() {
        return Err(JsonError {
            offset: end,
            message: "unexpected text behind the JSON value".to_owned(),
        });
    }
    Ok(read)
}

/// Reads the JSON value that the text begins with, and for each value in it an annotation; gives
/// the byte offset behind it and the white space that follows.
///
/// # Errors
/// As [`from_json`], but any text may follow.
pub fn from_json_prefix<A: Annotation>(text: &str) -> Result<((Value, A), usize), JsonError> {
    let mut reader = Reader { text, at: 0 };
    let read = reader.value()?;
    reader.white_space();
    Ok((read, reader.at))
}

/// A list or object that is still open.
struct Open<A> {
    key: Option<(Key, Span)>,
    start: usize,
    content: Content<A>,
}

enum Content<A> {
    Array(Vec<(Value, A)>),
    Object(Vec<(Key, Span, Value, A)>),
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn value<A: Annotation>(&mut self) -> Result<(Value, A), JsonError> {
        let mut stack: Vec<Open<A>> = Vec::new();
        let mut key: Option<(Key, Span)> = None;
        loop {
            self.white_space();
            let start = self.at;
            let key_span = key.as_ref().map(|(_, span)| span.clone());
            let mut done = match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    if stack.len() >= MAX_DEPTH {
                        return self.fail(start, &format!("nested deeper than {MAX_DEPTH} levels"));
                    }
                    self.at += 1;
                    self.white_space();
                    let close = if open == b'{' { b'}' } else { b']' };
                    if self.eat(close) {
                        let value =
                            if open == b'{' { Value::object() } else { Vec::<Value>::new().into() };
                        (value, A::container(key_span, start..self.at, Vec::new()))
                    } else {
                        let content = if open == b'{' {
                            Content::Object(Vec::new())
                        } else {
                            Content::Array(Vec::new())
                        };
                        let next = if open == b'{' { Some(self.key()?) } else { None };
                        stack.push(Open { key: key.take(), start, content });
                        key = next;
                        continue;
                    }
                }
                _ => {
                    let value = self.scalar()?;
                    (value, A::scalar(key_span, start..self.at))
                }
            };
            // Put the value where it belongs, and close what it ends.
            loop {
                let Some(open) = stack.last_mut() else {
                    return Ok(done);
                };
                let close = match &mut open.content {
                    Content::Array(items) => {
                        items.push(done);
                        b']'
                    }
                    Content::Object(entries) => {
                        if let Some((key, span)) = key.take() {
                            entries.push((key, span, done.0, done.1));
                        }
                        b'}'
                    }
                };
                self.white_space();
                if self.eat(b',') {
                    self.white_space();
                    if close == b'}' {
                        key = Some(self.key()?);
                    }
                    break;
                }
                if !self.eat(close) {
                    let wanted = if close == b'}' { "`,` or `}`" } else { "`,` or `]`" };
                    return self.fail(self.at, &format!("expected {wanted}"));
                }
                let Some(Open { key: outer, start, content }) = stack.pop() else {
                    return self.fail(self.at, "unexpected end of a list or object");
                };
                let key_span = outer.as_ref().map(|(_, span)| span.clone());
                key = outer;
                done = match content {
                    Content::Array(items) => {
                        let (values, children): (Vec<_>, Vec<_>) = items.into_iter().unzip();
                        (values.into(), A::container(key_span, start..self.at, children))
                    }
                    Content::Object(entries) => {
                        let (map, children) = object(entries)?;
                        (map.into(), A::container(key_span, start..self.at, children))
                    }
                };
            }
        }
    }

    fn key(&mut self) -> Result<(Key, Span), JsonError> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return self.fail(start, "expected a key between double quotes");
        }
        let key = self.string()?;
        let span = start..self.at;
        self.white_space();
        if !self.eat(b':') {
            return self.fail(self.at, "expected `:` behind the key");
        }
        Ok((key, span))
    }

    fn scalar(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        for (word, value) in
            [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)]
        {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
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
            Some(_) => self.fail(start, "expected a JSON value"),
            None => self.fail(start, "unexpected end of the text, expected a JSON value"),
        }
    }

    /// Reads a string; the reader stands at its opening quote.
    fn string(&mut self) -> Result<Str, JsonError> {
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

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn fail<T>(&self, offset: usize, message: &str) -> Result<T, JsonError> {
        Err(JsonError { offset: offset.min(self.text.len()), message: message.to_owned() })
    }
}

/// Sorts the entries of an object; a key that stands twice is an error at its second place.
fn object<A>(mut entries: Vec<(Key, Span, Value, A)>) -> Result<(Map, Vec<A>), JsonError> {
    entries.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    let twice = entries.windows(2).find_map(|pair| match pair {
        [(a, ..), (b, span, ..)] if a == b => Some((b.clone(), span.start)),
        _ => None,
    });
    let duplicate = |key: Key, offset| JsonError {
        offset,
        message: format!("key `{key}` stands twice in one object"),
    };
    if let Some((key, offset)) = twice {
        return Err(duplicate(key, offset));
    }
    let mut children = Vec::with_capacity(entries.len());
    let entries: Vec<(Key, Value)> = entries
        .into_iter()
        .map(|(key, _, value, annotation)| {
            children.push(annotation);
            (key, value)
        })
        .collect();
    Map::from_entries(entries).map(|map| (map, children)).map_err(|key| duplicate(key, 0))
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, from_json, from_json_prefix};

    #[test]
    fn json_in_json_out() {
        for text in [
            "null",
            "[]",
            "{}",
            r#"{"a":[1,2.50,-0,1e3,"x\n\"\\\u0001é"],"b":{"c":null,"d":[[],{}]}}"#,
            "123456789012345678901234567890",
        ] {
            assert_eq!(from_json(text).unwrap().to_json(), text);
        }
        let escapes = from_json(r#""\/\u00e9\ud83d\ude00\ud83d""#).unwrap();
        assert_eq!(escapes.as_str(), Some("/é😀\u{fffd}"));
    }

    #[test]
    fn a_prefix_ends_where_the_next_value_begins() {
        let ((value, ()), end) = from_json_prefix("{\"a\":1} \n{}").unwrap();
        assert_eq!((value.to_json().as_str(), end), ("{\"a\":1}", 9));
        assert!(from_json_prefix::<()>("{\"a\":1").is_err());
    }

    #[test]
    fn errors_have_their_place() {
        for (text, offset, part) in [
            ("", 0, "unexpected end"),
            ("{\"a\":1,}", 7, "key between double quotes"),
            ("[1 2]", 3, "`,` or `]`"),
            ("{\"a\":1,\"a\":2}", 7, "stands twice"),
            ("01", 0, "not a JSON number"),
            ("\"a", 0, "without an end"),
            ("\"\u{1}\"", 1, "control character"),
            ("1 1", 2, "behind the JSON value"),
            ("[1}", 2, "`,` or `]`"),
            ("{\"a\" 1}", 5, "expected `:`"),
            ("\"\\u12é4\"", 1, "four hexadecimal"),
        ] {
            let error = from_json(text).unwrap_err();
            assert!(error.message.contains(part), "{text}: {error}");
            assert_eq!(error.offset, offset, "{text}: {error}");
        }
    }

    #[test]
    fn depth_is_bounded_and_reading_deep_text_is_linear() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(from_json(&nested(MAX_DEPTH)).is_ok());
        assert!(from_json(&nested(MAX_DEPTH + 1)).unwrap_err().message.contains("nested deeper"));
        assert!(from_json(&"[".repeat(1_000_000)).is_err());
    }
}
