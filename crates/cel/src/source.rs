//! Places in the text of an expression.

/// Bytes of an expression: start and end offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// the first byte
    pub start: u32,
    /// the byte after the last
    pub end: u32,
}

impl Span {
    /// From the start of this to the end of `other`.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end.max(self.start) }
    }
}

/// Line and column of a byte, both from 1; a column counts Unicode scalars.
pub(crate) fn line_column(text: &str, offset: u32) -> (usize, usize) {
    let offset = (offset as usize).min(text.len());
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count();
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    // A scalar begins at every byte that continues none.
    let on_line = before.get(start..).unwrap_or_default();
    let column = on_line.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
    (line + 1, column + 1)
}

#[cfg(test)]
mod tests {
    use super::line_column;

    #[test]
    fn columns_count_scalars() {
        for (offset, place) in [(0, (1, 1)), (2, (1, 3)), (5, (1, 5)), (7, (2, 1)), (9, (2, 2))] {
            assert_eq!(line_column("a é z\nüb", offset), place, "{offset}");
        }
    }
}
