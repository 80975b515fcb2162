//! Places within a text that stands in YAML: an expression, a module.

use crate::document::Document;
use sekisho_value::Pointer;
use std::iter::Peekable;

impl Document {
    /// Where a line and column of the text at a field stand, all counted from 1: in a block that
    /// the file holds line by line, behind its key, or in lines that are folded into one.
    #[must_use]
    pub fn locate_in_text(
        &self,
        field: &Pointer,
        text: &str,
        line: usize,
        column: usize,
    ) -> Option<(u32, u32)> {
        self.in_block(field, text, line, column)
            .or_else(|| self.in_line(field, text, line, column))
            .or_else(|| self.in_folded(field, text, line, column))
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

    /// Folding changes blanks alone: what is meant is as many other characters behind the key as it
    /// is in the text.
    fn in_folded(
        &self,
        field: &Pointer,
        text: &str,
        line: usize,
        column: usize,
    ) -> Option<(u32, u32)> {
        let key = self.locate(field);
        let first = self.source().behind(key.line, key.column)?;
        let (name, value) = first.split_once(':')?;
        let shown = value.trim_start();
        let quote = shown.chars().next().filter(|first| ['"', '\''].contains(first));
        let skipped = match shown.starts_with('>') {
            true => first.chars().count(),
            false => {
                let before = name.chars().count() + 1 + (value.len() - shown.len());
                before + usize::from(quote.is_some())
            }
        };
        let skipped = key.column.checked_add(u32::try_from(skipped).ok()?)?;
        let lines = (key.line..).map_while(|number| Some((number, self.source().line(number)?)));
        let placed = lines.flat_map(|(number, line)| {
            let columns = 1_u32..;
            columns.zip(line.chars()).map(move |(column, char)| ((number, column), char))
        });
        let written = placed
            .skip_while(|(place, _)| *place < (key.line, skipped))
            .filter(|(_, char)| !char.is_whitespace());
        let mut written = Written { quote, chars: written.peekable() };

        let lines = text.split_inclusive('\n').take(line.checked_sub(1)?);
        let before =
            lines.map(|line| line.chars().count()).sum::<usize>() + column.checked_sub(1)?;
        let is_told = |char: &char| !char.is_whitespace();
        let told = text.chars().take(before).filter(is_told).count();
        let meant = usize::from(text.chars().nth(before).as_ref().is_some_and(is_told));
        let mut place = None;
        for wanted in text.chars().filter(is_told).take(told + meant) {
            let (at, found) = written.next()?;
            place = Some(at).filter(|_| found == wanted);
            place?;
        }
        // A blank, or the end, is behind what stands before it.
        place.map(|(line, column)| (line, if meant == 1 { column } else { column + 1 }))
    }
}

/// The characters of a text as it is written, blanks left out, with line and column.
struct Written<I: Iterator<Item = ((u32, u32), char)>> {
    quote: Option<char>,
    chars: Peekable<I>,
}

impl<I: Iterator<Item = ((u32, u32), char)>> Iterator for Written<I> {
    type Item = ((u32, u32), char);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (place, char) = self.chars.next()?;
            if self.quote.is_some_and(|quote| char == quote) {
                // Two of them are one.
                let next = self.chars.next_if(|(_, next)| char == '\'' && *next == char);
                return next.map(|_| (place, char));
            }
            if self.quote != Some('"') || char != '\\' {
                return Some((place, char));
            }
            // Before the end of a line it joins the next one.
            if let Some((_, escaped)) = self.chars.next_if(|((line, _), _)| *line == place.0) {
                match escaped {
                    'n' | 't' | 'r' => {}
                    '"' | '\\' | '/' => return Some((place, escaped)),
                    _ => return None,
                }
            }
        }
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
    // What ends a line joins the next one.
    (!matches!(chars.as_str(), "" | "\\")).then_some(column)
}

#[cfg(test)]
mod tests {
    use crate::read_document;
    use sekisho_value::Pointer;

    #[test]
    fn places_in_texts() {
        let file = "block: |\n  a b\n\n  c\nline: x y\nkeyed: {inner: 'x z'}\nfolded: >\n  a\n  b\n\
                    twice: {a: w, b: w}\nquoted: \"a\\tb\"\nlines: \"a\\n\\u00e9 b\"\n\
                    single: 'a''b c'\nlong: 'a\n  b'\nmore: >-\n  \u{fc} b\n\n  c\n  d\n\
                    plain: a\n  b\n\n  c # d\napart: \"a \\\"b\\\" \\\n  c\n\
                    \x20 d\"\nescaped: \"\\x61\n  b\"\n";
        let document = read_document("f", file.as_bytes()).unwrap();
        for (field, line, column, wanted) in [
            ("/block", 1, 3, Some((2, 5))),
            ("/block", 2, 1, Some((3, 1))),
            ("/block", 3, 1, Some((4, 3))),
            ("/line", 1, 3, Some((5, 9))),
            ("/keyed/inner", 1, 3, Some((6, 19))),
            ("/folded", 1, 1, Some((8, 3))),
            ("/folded", 1, 2, Some((8, 4))),
            ("/folded", 1, 3, Some((9, 3))),
            ("/twice/a", 1, 1, Some((10, 12))),
            ("/quoted", 1, 3, Some((11, 13))),
            ("/lines", 2, 3, Some((12, 19))),
            ("/single", 1, 4, Some((13, 14))),
            ("/long", 1, 1, Some((14, 8))),
            ("/long", 1, 3, Some((15, 3))),
            ("/long", 1, 4, Some((15, 4))),
            ("/more", 1, 3, Some((17, 5))),
            ("/more", 2, 1, Some((19, 3))),
            ("/more", 2, 3, Some((20, 3))),
            ("/plain", 1, 3, Some((22, 3))),
            ("/plain", 2, 1, Some((24, 3))),
            ("/apart", 1, 7, Some((26, 3))),
            ("/apart", 1, 9, Some((27, 3))),
            ("/escaped", 1, 3, None),
        ] {
            let at = Pointer::parse(field).unwrap();
            let text = document.value.pointer(&at).unwrap().as_str().unwrap();
            assert_eq!(document.locate_in_text(&at, text, line, column), wanted, "{field}");
        }
    }
}
