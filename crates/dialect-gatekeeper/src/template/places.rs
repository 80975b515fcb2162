//! Places in Rego and CEL that stand in YAML.

use sekisho_manifest::Document;
use sekisho_value::Pointer;

/// The place in the file of a line and column of a text at a field: exact where the file holds the
/// text as it is, else the field's own, and not exact.
pub(super) struct InFile {
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) exact: bool,
}

impl InFile {
    /// `line` and `column` start at 1.
    pub(super) fn of(
        document: &Document,
        field: &Pointer,
        text: &str,
        line: usize,
        column: usize,
    ) -> Self {
        match document.locate_in_text(field, text, line, column) {
            Some((line, column)) => Self { line, column, exact: true },
            None => {
                let field = document.locate(field);
                Self { line: field.line, column: field.column, exact: false }
            }
        }
    }
}
