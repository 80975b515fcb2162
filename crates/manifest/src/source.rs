//! A file or stream, and places in it.

use std::sync::{Arc, OnceLock};

/// One file or stream.
#[derive(Debug)]
pub struct Source {
    /// The path as shown to people; standard input is `<stdin>`.
    pub name: Arc<str>,
    text: String,
    /// The byte offset at which each line begins; filled when first asked for.
    lines: OnceLock<Vec<u32>>,
}

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
    pub(crate) fn new(name: &str, text: String) -> Self {
        Self { name: name.into(), text, lines: OnceLock::new() }
    }

    /// The text, without a byte order mark, and with a line end at its end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a line, counted from 1, without its end.
    #[must_use]
    pub fn line(&self, number: u32) -> Option<&str> {
        let (start, end) = self.line_range(number)?;
        Some(self.text.get(start..end)?.trim_end_matches(['\n', '\r']))
    }

    /// The place of `len` bytes at `offset`.
    pub(crate) fn place(&self, offset: usize, len: usize) -> Place {
        let offset = offset.min(self.text.len());
        let number = self.lines().partition_point(|start| *start as usize <= offset).max(1);
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let (start, _) = self.line_range(number).unwrap_or_default();
        let scalars = |text: Option<&str>| {
            u32::try_from(text.map_or(0, |text| text.chars().count())).unwrap_or(u32::MAX)
        };
        let line_end = start + self.line(number).map_or(0, str::len);
        let end = (offset + len).min(line_end).max(offset);
        Place {
            line: number,
            column: scalars(self.text.get(start..offset)).saturating_add(1),
            len: scalars(self.text.get(offset..end)).max(1),
        }
    }

    fn line_range(&self, number: u32) -> Option<(usize, usize)> {
        let index = number.checked_sub(1)? as usize;
        let start = *self.lines().get(index)? as usize;
        let end = self.lines().get(index + 1).map_or(self.text.len(), |end| *end as usize);
        // What follows the last line end is no line.
        (start < end || number == 1).then_some((start, end))
    }

    /// Lines end with LF, CRLF or a lone CR.
    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let starts = memchr::memchr2_iter(b'\n', b'\r', bytes).filter_map(|at| {
                let crlf = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
                if crlf { None } else { u32::try_from(at + 1).ok() }
            });
            std::iter::once(0).chain(starts).collect()
        })
    }
}
