//! What is kept of a text beside its values.

use std::ops::Range;

/// Where a key or a value stands: byte offsets into the text.
pub type Span = Range<usize>;

/// Notes things down of each value while a text is read, such as where it stands.
pub trait Notes {
    /// What is kept of one value until its list or object is complete.
    type Note: Copy;

    /// Whether no more values may be read.
    fn is_full(&self) -> bool {
        false
    }

    /// Whether a key that stands twice in one object has its last value; otherwise it is an error.
    fn last_key_wins(&self) -> bool {
        false
    }

    /// For a string, number, boolean or null.
    fn scalar(&mut self, key: Option<Span>, value: Span) -> Self::Note;

    /// For a list or object. The children of an object are in the order of its sorted entries.
    fn container(
        &mut self,
        key: Option<Span>,
        value: Span,
        children: impl Iterator<Item = Self::Note>,
    ) -> Self::Note;
}

/// Notes nothing.
impl Notes for () {
    type Note = ();

    fn scalar(&mut self, _: Option<Span>, _: Span) {}

    fn container(&mut self, _: Option<Span>, _: Span, _: impl Iterator<Item = ()>) {}
}
