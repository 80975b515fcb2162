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
        self.in_block(field, text, line, column).or_else(|| self.in_line(field, text, column))
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

    fn in_line(&self, field: &Pointer, text: &str, column: usize) -> Option<(u32, u32)> {
        let key = self.locate(field);
        let written = self.source().line(key.line)?;
        let skipped = usize::try_from(key.column).ok()?.checked_sub(1)?;
        let (start, _) = written.char_indices().nth(skipped)?;
        let (name, behind) = written.get(start..)?.split_once(':')?;
        let (before, after) = behind.split_once(text)?;
        let skipped = skipped.checked_add(name.chars().count())?.checked_add(1)?;
        // What stands twice could be another field's.
        if text.is_empty() || text.contains('\n') || after.contains(text) {
            return None;
        }
        let column = skipped.checked_add(before.chars().count())?.checked_add(column)?;
        Some((key.line, u32::try_from(column).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use crate::read_document;
    use sekisho_value::Pointer;

    #[test]
    fn places_in_texts() {
        let file = "block: |\n  a b\n\n  c\nline: x y\nkeyed: {inner: 'x z'}\nfolded: >\n  a\n  b\n\
                    twice: {a: w, b: w}\nquoted: \"a\\tb\"\n";
        let document = read_document("f", file.as_bytes()).unwrap();
        for (field, line, column, wanted) in [
            ("/block", 1, 3, Some((2, 5))),
            ("/block", 2, 1, Some((3, 1))),
            ("/block", 3, 1, Some((4, 3))),
            ("/line", 1, 3, Some((5, 9))),
            ("/keyed/inner", 1, 3, Some((6, 19))),
            ("/folded", 1, 1, None),
            ("/twice/a", 1, 1, None),
            ("/quoted", 1, 3, None),
        ] {
            let at = Pointer::parse(field).unwrap();
            let text = document.value.pointer(&at).unwrap().as_str().unwrap();
            assert_eq!(document.locate_in_text(&at, text, line, column), wanted, "{field}");
        }
    }
}
