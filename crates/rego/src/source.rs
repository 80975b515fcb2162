use std::sync::Arc;

/// Bytes of a source: start and end offset.
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

/// Which of the sources of a compile: its index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u16);

/// A place in one of the sources of a compile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// the source
    pub source: SourceId,
    /// the bytes
    pub span: Span,
}

impl Location {
    /// Where it begins: the place of what is done around a rule, whether it holds or not.
    pub(crate) fn start(self) -> Self {
        Self { span: Span { end: self.span.start, ..self.span }, ..self }
    }
}

/// The text of one module.
#[derive(Clone, Debug)]
pub struct Source {
    /// as it is shown in messages: a path
    pub name: Arc<str>,
    /// the whole text
    pub text: Arc<str>,
}

impl Source {
    /// A source of that name and text.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// Line and column of a byte, both from 1; a column counts Unicode scalars, as OPA's do.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let offset = (offset as usize).min(self.text.len());
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        // A scalar begins at every byte that continues none.
        let on_line = before.get(start..).unwrap_or_default();
        let column = on_line.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        (line + 1, column + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn columns_count_scalars() {
        let source = Source::new("", "a é z\nüb");
        for (offset, place) in [(0, (1, 1)), (2, (1, 3)), (5, (1, 5)), (7, (2, 1)), (9, (2, 2))] {
            assert_eq!(source.line_column(offset), place, "{offset}");
        }
    }
}
