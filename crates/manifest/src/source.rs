//! A file or stream, and places in it.

use crate::fault::ReadError;
use crate::text::{Decoded, decode};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// One file or stream.
#[derive(Debug)]
pub struct Source {
    /// The path as shown to people; standard input is `<stdin>`.
    pub name: Arc<str>,
    decoded: Decoded,
    /// The byte offset at which each line begins; filled when first asked for.
    lines: OnceLock<Vec<u32>>,
    /// How many scalars begin before each block of [`BLOCK`] bytes, so that a column far along a
    /// long line costs no walk along it.
    blocks: OnceLock<Vec<u32>>,
    /// Whether a Secret may stand in it; filled when first asked for.
    secrets: OnceLock<bool>,
}

/// The bytes between two entries of [`Source::blocks`].
const BLOCK: usize = 4096;

/// A place in a [`Source`], with the length of what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column in Unicode scalars, from 1.
    pub column: u32,
    /// How many Unicode scalars of the token stand on that line, at least 1.
    pub len: u32,
}

impl Source {
    /// The text of a file or stream.
    ///
    /// # Errors
    /// Where the bytes are no text.
    pub fn decode<'b>(
        name: impl Into<Arc<str>>,
        bytes: impl Into<Cow<'b, [u8]>>,
    ) -> Result<Arc<Self>, ReadError> {
        let name = name.into();
        match decode(bytes.into()) {
            Ok(decoded) => Ok(Arc::new(Self::new(name, decoded))),
            Err(fault) => Err(fault.at(&Self::new(name, Decoded::default()))),
        }
    }

    pub(crate) fn new(name: impl Into<Arc<str>>, decoded: Decoded) -> Self {
        Self {
            name: name.into(),
            decoded,
            lines: OnceLock::new(),
            blocks: OnceLock::new(),
            secrets: OnceLock::new(),
        }
    }

    pub(crate) fn decoded(&self) -> &Decoded {
        &self.decoded
    }

    /// The text, without a byte order mark, and with a line end at its end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.decoded.text
    }

    /// The text in parts, by byte offsets: every line that begins with `---` begins one.
    pub fn parts(&self) -> impl Iterator<Item = Range<usize>> {
        let line_ends = memchr::memmem::find_iter(self.text().as_bytes(), b"\n---");
        let mut ends = line_ends.map(|at| at + 1).chain([self.text().len()]);
        let mut begin = 0;
        std::iter::from_fn(move || {
            let part = begin..ends.next()?;
            begin = part.end;
            Some(part)
        })
    }

    /// The text of a line, counted from 1, without its end.
    #[must_use]
    pub fn line(&self, number: u32) -> Option<&str> {
        let (start, end) = self.line_range(number)?;
        Some(self.text().get(start..end)?.trim_end_matches(['\n', '\r']))
    }

    /// The place of the word that begins at a line and column, both from 1.
    #[must_use]
    pub fn word_at(&self, line: u32, column: u32) -> Place {
        let behind = self.behind(line, column).unwrap_or_default().chars().take(100);
        let word = behind.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-')).count();
        Place { line, column, len: u32::try_from(word).unwrap_or(u32::MAX).max(1) }
    }

    /// The rest of a line, from a column, both from 1.
    pub(crate) fn behind(&self, line: u32, column: u32) -> Option<&str> {
        let (start, _) = self.line_range(line)?;
        let end = start + self.line(line)?.len();
        let skipped = column.checked_sub(1)?;
        let from = self.offset_of(self.scalars_before(start).checked_add(skipped)?);
        self.text().get(from..end)
    }

    /// Whether a Secret may stand anywhere in it: its lines are then shown with care.
    #[must_use]
    pub fn may_hold_secrets(&self) -> bool {
        *self.secrets.get_or_init(|| self.text().contains("Secret"))
    }

    /// The number of the line that holds `offset`, from 1.
    pub(crate) fn line_at(&self, offset: usize) -> u32 {
        let number = self.lines().partition_point(|start| *start as usize <= offset).max(1);
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// The place of `len` bytes at `offset`.
    pub(crate) fn place(&self, offset: usize, len: usize) -> Place {
        // The end of the text is the end of its last line, not a line of its own.
        let offset = match self.text().strip_suffix('\n') {
            Some(text) if offset > text.len() => text.strip_suffix('\r').unwrap_or(text).len(),
            _ => offset.min(self.text().len()),
        };
        let line = self.line_at(offset);
        let (start, _) = self.line_range(line).unwrap_or_default();
        let line_end = start + self.line(line).map_or(0, str::len);
        let end = (offset + len).min(line_end).max(offset);
        let before = self.scalars_before(offset);
        Place {
            line,
            column: (before - self.scalars_before(start)).saturating_add(1),
            len: (self.scalars_before(end) - before).max(1),
        }
    }

    /// The part of a place's line that is worth showing: up to `around` scalars before it, and up
    /// to as many behind; with the column of the place within it.
    #[must_use]
    pub fn excerpt(&self, place: &Place, around: u32) -> Option<(&str, u32)> {
        let (start, _) = self.line_range(place.line)?;
        let line_end = start + self.line(place.line)?.len();
        let skipped = place.column.saturating_sub(around);
        let kept = around.saturating_mul(2).saturating_add(place.len.min(around));
        let first = self.scalars_before(start).saturating_add(skipped);
        let from = self.offset_of(first).clamp(start, line_end);
        let to = self.offset_of(first.saturating_add(kept)).clamp(from, line_end);
        Some((self.text().get(from..to)?, place.column - skipped))
    }

    /// How many scalars begin before `offset`.
    fn scalars_before(&self, offset: usize) -> u32 {
        let block = (offset / BLOCK).min(self.blocks().len().saturating_sub(1));
        let before = self.blocks().get(block).copied().unwrap_or(0);
        let rest = self.text().as_bytes().get(block * BLOCK..offset).unwrap_or_default();
        before.saturating_add(begin(rest))
    }

    /// Where the scalar begins that `count` others come before.
    fn offset_of(&self, count: u32) -> usize {
        let block = self.blocks().partition_point(|before| *before <= count).saturating_sub(1);
        let before = self.blocks().get(block).copied().unwrap_or(0);
        let rest = self.text().as_bytes().get(block * BLOCK..).unwrap_or_default();
        let starts = rest.iter().enumerate().filter(|(_, byte)| begins(**byte));
        let at = starts.map(|(at, _)| at).nth((count - before) as usize);
        at.map_or(self.text().len(), |at| block * BLOCK + at)
    }

    fn blocks(&self) -> &[u32] {
        self.blocks.get_or_init(|| {
            let mut total = 0_u32;
            let blocks = self.text().as_bytes().chunks(BLOCK);
            let before = blocks.map(|block| {
                let before = total;
                total = total.saturating_add(begin(block));
                before
            });
            before.collect()
        })
    }

    fn line_range(&self, number: u32) -> Option<(usize, usize)> {
        let index = number.checked_sub(1)? as usize;
        let start = *self.lines().get(index)? as usize;
        let end = self.lines().get(index + 1).map_or(self.text().len(), |end| *end as usize);
        // What follows the last line end is no line.
        (start < end || number == 1).then_some((start, end))
    }

    /// Lines end with LF, CRLF or a lone CR.
    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let bytes = self.text().as_bytes();
            let starts = memchr::memchr2_iter(b'\n', b'\r', bytes).filter_map(|at| {
                let crlf = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
                if crlf { None } else { u32::try_from(at + 1).ok() }
            });
            std::iter::once(0).chain(starts).collect()
        })
    }
}

/// Whether a byte is the first of a UTF-8 sequence.
fn begins(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

/// How many scalars begin within bytes of UTF-8.
fn begin(bytes: &[u8]) -> u32 {
    let count = match bytes.is_ascii() {
        true => bytes.len(),
        false => bytes.iter().filter(|byte| begins(**byte)).count(),
    };
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Place, Source};
    use crate::text::decode;

    /// Places by the tables of blocks against places by walking the text.
    #[test]
    fn places_and_excerpts_agree_with_a_walk_along_the_text() {
        let unit = "aé漢😀";
        let long = unit.repeat(BLOCK / 5);
        let text = format!("{long}\r\n{long}\n\nshort\n");
        let source = Source::new("a", decode(text.as_bytes().into()).unwrap());
        for (offset, _) in text.char_indices().step_by(97) {
            let head = &text[..offset];
            let line = head.matches('\n').count() + 1;
            let column = head.rsplit('\n').next().unwrap().chars().count() + 1;
            let place = source.place(offset, 0);
            assert_eq!((place.line as usize, place.column as usize), (line, column), "{offset}");
            let (part, within) = source.excerpt(&place, 10).unwrap();
            let whole = text.lines().nth(line - 1).unwrap();
            assert!(whole.contains(part) && part.chars().count() <= 22, "{part}");
            let wanted = whole.chars().nth(column - 1);
            assert_eq!(part.chars().nth(within as usize - 1), wanted, "{offset}");
        }
        let place = Place { line: 4, column: 2, len: 3 };
        assert_eq!(source.excerpt(&place, 500), Some(("short", 2)));
    }
}
