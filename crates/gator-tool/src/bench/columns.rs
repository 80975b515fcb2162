//! Columns as Go's `text/tabwriter` aligns them, two spaces between them.

/// Lines whose cells end with a tab; what stands behind the last tab of a line is in no column.
#[derive(Debug, Default)]
pub(super) struct Columns(Vec<Vec<String>>);

impl Columns {
    /// Adds a line.
    pub(super) fn line(&mut self, text: &str) {
        self.0.push(text.split('\t').map(str::to_owned).collect());
    }

    /// The lines, aligned: a column is as wide as the widest of its cells in lines that follow
    /// each other.
    pub(super) fn to_text(&self) -> String {
        let mut widths: Vec<Vec<usize>> = self.0.iter().map(|_| Vec::new()).collect();
        let most = self.0.iter().map(Vec::len).max().unwrap_or_default();
        for column in 0..most {
            let mut from = 0;
            while from < self.0.len() {
                let has = |line: &&Vec<String>| line.len() > column + 1;
                let block = self.0.iter().skip(from).take_while(has).count();
                let cells =
                    self.0.iter().skip(from).take(block).filter_map(|line| line.get(column));
                let width = cells.map(|cell| cell.chars().count() + 2).max().unwrap_or_default();
                for widths in widths.iter_mut().skip(from).take(block) {
                    widths.push(width);
                }
                from += block.max(1);
            }
        }
        let mut text = String::new();
        for (line, widths) in self.0.iter().zip(&widths) {
            for (at, cell) in line.iter().enumerate() {
                text.push_str(cell);
                let width = widths.get(at).copied().unwrap_or_default();
                let missing = width.saturating_sub(cell.chars().count());
                text.extend(std::iter::repeat_n(' ', missing));
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Columns;

    #[test]
    fn columns_end_where_a_line_has_none() {
        let mut columns = Columns::default();
        for line in ["Title:", "  a:\t1", "    └─ bcd:\t22\tx", "", "  e:\t3"] {
            columns.line(line);
        }
        let wanted = "Title:\n  a:         1\n    └─ bcd:  22  x\n\n  e:  3\n";
        assert_eq!(columns.to_text(), wanted);
    }
}
