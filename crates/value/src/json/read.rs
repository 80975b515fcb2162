//! Values, lists and objects.

use super::notes::{Notes, Span};
use crate::{Key, Map, Value};

/// How deep lists and objects may nest, in JSON as in YAML.
///
/// The API server stops at 10,000; no real object passes 60. The lower bound keeps every later
/// walk over a value within a small stack.
pub const MAX_DEPTH: usize = 512;

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
    from_json_of(text, usize::MAX)
}

/// Reads one JSON value; where `most` values are complete in it, no other may begin. A value takes
/// fifty times the memory of the shortest text that is one.
///
/// # Errors
/// As [`from_json`], and where there are more values.
pub fn from_json_of(text: &str, most: usize) -> Result<Value, JsonError> {
    let ((value, ()), end) = from_json_prefix(text, &mut Room(most))?;
    if end < text.len() {
        return Err(JsonError {
            offset: end,
            message: "unexpected text behind the JSON value".to_owned(),
        });
    }
    Ok(value)
}

/// How many more values may be read.
struct Room(usize);

impl Notes for Room {
    type Note = ();

    fn is_full(&self) -> bool {
        self.0 == 0
    }

    fn scalar(&mut self, _: Option<Span>, _: Span) {
        self.0 = self.0.saturating_sub(1);
    }

    fn container(&mut self, _: Option<Span>, _: Span, _: impl Iterator<Item = ()>) {
        self.0 = self.0.saturating_sub(1);
    }
}

/// Reads the JSON value that the text begins with, and takes notes of each value in it; gives the
/// note of the whole, and the byte offset behind it and the white space that follows.
///
/// # Errors
/// As [`from_json`], but any text may follow; and where the notes are full.
pub fn from_json_prefix<N: Notes>(
    text: &str,
    notes: &mut N,
) -> Result<((Value, N::Note), usize), JsonError> {
    let mut reader = Reader { text, at: 0 };
    let read = reader.value(notes)?;
    reader.white_space();
    Ok((read, reader.at))
}

/// A list or object that is still open.
struct Open {
    /// The key that it stands under, and where that stands.
    key: Option<(Key, Span)>,
    start: usize,
    /// Where its entries begin among those of all that is open.
    base: usize,
    /// What ends it.
    close: u8,
}

/// A finished value; the key is empty in a list.
struct Entry<N> {
    key: Key,
    key_start: usize,
    value: Value,
    note: N,
}

/// Where the reader stands in the text.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl Reader<'_> {
    fn value<N: Notes>(&mut self, notes: &mut N) -> Result<(Value, N::Note), JsonError> {
        let mut stack: Vec<Open> = Vec::new();
        // Of JSON as the API server writes it, 16 bytes are a value; few are open at once.
        let mut entries: Vec<Entry<N::Note>> = Vec::with_capacity((self.text.len() / 16).min(64));
        let mut key: Option<(Key, Span)> = None;
        loop {
            self.white_space();
            let start = self.at;
            if notes.is_full() {
                return self.fail(start, "more values than may be read");
            }
            let mut done = match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    if stack.len() >= MAX_DEPTH {
                        return self.fail(start, &format!("nested deeper than {MAX_DEPTH} levels"));
                    }
                    self.at += 1;
                    self.white_space();
                    let close = if open == b'{' { b'}' } else { b']' };
                    if !self.eat(close) {
                        let next = if open == b'{' { Some(self.key()?) } else { None };
                        stack.push(Open { key: key.take(), start, base: entries.len(), close });
                        key = next;
                        continue;
                    }
                    let value =
                        if open == b'{' { Value::object() } else { Vec::<Value>::new().into() };
                    let key_span = key.as_ref().map(|(_, span)| span.clone());
                    (value, notes.container(key_span, start..self.at, std::iter::empty()))
                }
                _ => {
                    let value = self.scalar()?;
                    let key_span = key.as_ref().map(|(_, span)| span.clone());
                    (value, notes.scalar(key_span, start..self.at))
                }
            };
            // Put the value where it belongs, and close what it ends.
            loop {
                let Some(open) = stack.last() else {
                    return Ok(done);
                };
                let close = open.close;
                let (value, note) = done;
                let (key_text, key_start) =
                    key.take().map_or((Key::default(), 0), |(key, span)| (key, span.start));
                entries.push(Entry { key: key_text, key_start, value, note });
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
                let Some(Open { key: outer, start, base, .. }) = stack.pop() else {
                    return self.fail(self.at, "unexpected end of a list or object");
                };
                if close == b'}' {
                    sort(&mut entries, base, notes.last_key_wins())?;
                }
                let content = entries.get(base..).unwrap_or_default();
                let key_span = outer.as_ref().map(|(_, span)| span.clone());
                let children = content.iter().map(|entry| entry.note);
                let note = notes.container(key_span, start..self.at, children);
                key = outer;
                let content = entries.drain(base..);
                let value = if close == b'}' {
                    Map::from_sorted(content.map(|entry| (entry.key, entry.value)).collect()).into()
                } else {
                    Value::Array(content.map(|entry| entry.value).collect())
                };
                done = (value, note);
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

    pub(super) fn peek(&self) -> Option<u8> {
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

    pub(super) fn fail<T>(&self, offset: usize, message: &str) -> Result<T, JsonError> {
        let offset = offset.min(self.text.len());
        let cut = offset == self.text.len() && message.starts_with("expected");
        let end = if cut { "unexpected end of the text, " } else { "" };
        Err(JsonError { offset, message: format!("{end}{message}") })
    }
}

/// Sorts the entries of an object, which begin at `base`. Of a key that stands twice the last is
/// kept where that is asked for; otherwise it is an error at its second place.
fn sort<N>(all: &mut Vec<Entry<N>>, base: usize, last_key_wins: bool) -> Result<(), JsonError> {
    let entries = all.get_mut(base..).unwrap_or_default();
    if entries.is_sorted_by(|a, b| a.key < b.key) {
        return Ok(());
    }
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    let twice = entries.windows(2).find_map(|pair| match pair {
        [a, b] if a.key == b.key => Some(b),
        _ => None,
    });
    let Some(entry) = twice else { return Ok(()) };
    if !last_key_wins {
        return Err(duplicate(&entry.key, entry.key_start));
    }
    // The order of alike keys is that of the text: from the end, the first of them is kept.
    let mut content = all.split_off(base);
    content.reverse();
    content.dedup_by(|a, b| a.key == b.key);
    content.reverse();
    all.append(&mut content);
    Ok(())
}

#[cold]
fn duplicate(key: &Key, offset: usize) -> JsonError {
    JsonError { offset, message: format!("key `{key}` stands twice in one object") }
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, from_json, from_json_of, from_json_prefix};

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
        let ((value, ()), end) = from_json_prefix("{\"a\":1} \n{}", &mut ()).unwrap();
        assert_eq!((value.to_json().as_str(), end), ("{\"a\":1}", 9));
        assert!(from_json_prefix("{\"a\":1", &mut ()).is_err());
    }

    #[test]
    fn errors_have_their_place() {
        for (text, offset, part) in [
            ("", 0, "unexpected end"),
            ("{", 1, "unexpected end of the text, expected a key"),
            ("{\"a\"", 4, "unexpected end of the text, expected `:`"),
            ("{\"a\":1", 6, "unexpected end of the text, expected `,` or `}`"),
            ("[1, ", 4, "unexpected end"),
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

    #[test]
    fn the_number_of_values_is_bounded() {
        for (text, most) in [("1", 1), ("[1,2]", 2), ("[1,[2],3]", 4), (r#"{"a":{},"b":[0]}"#, 2)] {
            assert_eq!(from_json_of(text, most), from_json(text), "{text}");
            assert!(from_json_of(text, most - 1).is_err(), "{text}");
        }
        let many = format!("[{}0]", "0,".repeat(1_000_000));
        let error = from_json_of(&many, 1_000).unwrap_err();
        assert_eq!((error.offset, &*error.message), (2_001, "more values than may be read"));
    }
}
