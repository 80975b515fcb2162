//! Places within a text that stands in YAML: an expression, a module.

use crate::document::Document;
use sekisho_value::Pointer;

impl Document {
    /// Where a line and column of the text at a field stand, all counted from 1: where the text is
    /// a block that the file holds line by line, or stands behind its key as it is.
    #[must_use]
    pub fn locate_in_text(
        &self,
        field: &Pointer,
        text: &str,
        line: usize,
        column: usize,
    ) -> Option<(u32, u32)> {
        self.in_block(field, text, line, column).or_else(|| self.in_line(field, text, line, column))
    }

    fn in_block(
        &self,
        field: &Pointer,
        text: &str,
        line: usize,
        column: usize,
    ) -> Option<(u32, u32)> {
        let header = self.locate(field).line;
        let number = header.checked_add(u32::try_from(line).ok()?)?;
        let written = self.source().line(number)?;
        let meant = text.lines().nth(line.checked_sub(1)?)?;
        // A blank line may have lost its indentation.
        let indentation = match written.strip_suffix(meant) {
            Some(before) if before.bytes().all(|byte| byte == b' ') => before.len(),
            _ if meant.trim().is_empty() && written.trim().is_empty() => 0,
            _ => return None,
        };
        Some((number, u32::try_from(column.checked_add(indentation)?).ok()?))
    }

    fn in_line(
        &self,
        field: &Pointer,
        text: &str,
        line: usize,
        column: usize,
    ) -> Option<(u32, u32)> {
        let key = self.locate(field);
        let (name, value) = self.source().behind(key.line, key.column)?.split_once(':')?;
        let shown = value.trim_start();
        let before = name.chars().count() + 1 + (value.len() - shown.len());
        let behind = if shown.starts_with(['"', '\'']) {
            let lines = text.split_inclusive('\n').take(line.checked_sub(1)?);
            in_quotes(shown, lines.map(|line| line.chars().count()).sum::<usize>() + column)?
        } else if text.is_empty() || text.contains('\n') || !shown.starts_with(text) {
            return None;
        } else {
            column
        };
        let column = u32::try_from(before.checked_add(behind)?).ok()?;
        Some((key.line, key.column.checked_add(column)?.checked_sub(1)?))
    }
}

/// The column of a character, both from 1, of a text in quotes as it is written; `None` where it is
/// on another line.
fn in_quotes(written: &str, index: usize) -> Option<usize> {
    let mut chars = written.chars();
    let quote = chars.next()?;
    let mut column = 2;
    for _ in 1..index {
        column += match chars.next()? {
            '\\' if quote == '"' => {
                let digits = match chars.next()? {
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    _ => 0,
                };
                2 + chars.by_ref().take(digits).count()
            }
            // Two of them are one.
            '\'' if quote == '\'' => chars.next().filter(|next| *next == quote).map(|_| 2)?,
            other if other == quote => return None,
            _ => 1,
        };
    }
    Some(column)
}

#[cfg(test)]
mod tests {
    use crate::read_document;
    use sekisho_value::Pointer;

    #[test]
    fn places_in_texts() {
        let file = "block: |\n  a b\n\n  c\nline: x y\nkeyed: {inner: 'x z'}\nfolded: >\n  a\n  b\n\
                    twice: {a: w, b: w}\nquoted: \"a\\tb\"\nlines: \"a\\n\\u00e9 b\"\n\
                    single: 'a''b c'\nlong: 'a\n  b'\n";
        let document = read_document("f", file.as_bytes()).unwrap();
        for (field, line, column, wanted) in [
            ("/block", 1, 3, Some((2, 5))),
            ("/block", 2, 1, Some((3, 1))),
            ("/block", 3, 1, Some((4, 3))),
            ("/line", 1, 3, Some((5, 9))),
            ("/keyed/inner", 1, 3, Some((6, 19))),
            ("/folded", 1, 1, None),
            ("/twice/a", 1, 1, Some((10, 12))),
            ("/quoted", 1, 3, Some((11, 13))),
            ("/lines", 2, 3, Some((12, 19))),
            ("/single", 1, 4, Some((13, 14))),
            ("/long", 1, 1, Some((14, 8))),
            ("/long", 1, 3, None),
        ] {
            let at = Pointer::parse(field).unwrap();
            let text = document.value.pointer(&at).unwrap().as_str().unwrap();
            assert_eq!(document.locate_in_text(&at, text, line, column), wanted, "{field}");
        }
    }
}
