//! Places in Rego that stands in YAML.

use sekisho_manifest::Document;
use sekisho_value::Pointer;

/// The place in the file of a line and column of a text at a field: exact where the text is a
/// block that the file holds line by line, else the field's own, and not exact.
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
        let field = document.locate(field);
        Self::in_block(document, field.line, text, line, column).unwrap_or(Self {
            line: field.line,
            column: field.column,
            exact: false,
        })
    }

    fn in_block(
        document: &Document,
        header: u32,
        text: &str,
        line: usize,
        column: usize,
    ) -> Option<Self> {
        let number = header.checked_add(u32::try_from(line).ok()?)?;
        let written = document.source().line(number)?;
        let meant = text.lines().nth(line.checked_sub(1)?)?;
        // A blank line may have lost its indentation.
        let indentation = match written.strip_suffix(meant) {
            Some(before) if before.bytes().all(|byte| byte == b' ') => before.len(),
            _ if meant.trim().is_empty() && written.trim().is_empty() => 0,
            _ => return None,
        };
        let column = u32::try_from(column.checked_add(indentation)?).ok()?;
        Some(Self { line: number, column, exact: true })
    }
}
