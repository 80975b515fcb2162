//! Which lines of templates' rules the tests ran.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A line of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    /// the file of the template, as it is shown
    pub(crate) file: Arc<str>,
    /// from 1
    pub(crate) line: u32,
    /// a test ran it
    pub(crate) run: bool,
}

/// The lines of a file that hold rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileCoverage {
    pub(crate) file: String,
    pub(crate) run: BTreeSet<u32>,
    pub(crate) missed: BTreeSet<u32>,
}

impl FileCoverage {
    /// How many of a hundred lines were run.
    pub(crate) fn percent(&self) -> f64 {
        match self.run.len() + self.missed.len() {
            0 => 100.0,
            all => self.run.len() as f64 * 100.0 / all as f64,
        }
    }
}

/// Puts together what all tests ran: a line that one of them ran is run.
pub(crate) fn by_file(lines: impl IntoIterator<Item = Line>) -> Vec<FileCoverage> {
    let mut files: BTreeMap<Arc<str>, FileCoverage> = BTreeMap::new();
    for Line { file, line, run } in lines {
        let of_file = files.entry(Arc::clone(&file)).or_default();
        of_file.file = file.to_string();
        if run {
            of_file.run.insert(line);
            of_file.missed.remove(&line);
        } else if !of_file.run.contains(&line) {
            of_file.missed.insert(line);
        }
    }
    files.into_values().collect()
}

/// Lines for people: `3, 5-7`.
pub(crate) fn ranges(lines: &BTreeSet<u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for line in lines {
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == *line => *end = *line,
            _ => ranges.push((*line, *line)),
        }
    }
    let range = |(start, end): &(u32, u32)| {
        if start == end { start.to_string() } else { format!("{start}-{end}") }
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Line, by_file, ranges};

    #[test]
    fn lines_of_all_tests_are_put_together() {
        let line = |line, run| Line { file: "t".into(), line, run };
        let files = by_file([
            line(1, false),
            line(1, true),
            line(2, true),
            line(2, false),
            line(4, false),
            line(5, false),
            line(7, false),
        ]);
        assert_eq!(files.len(), 1);
        assert_eq!(ranges(&files[0].run), "1-2");
        assert_eq!(ranges(&files[0].missed), "4-5, 7");
        assert_eq!(files[0].percent(), 40.0);
        assert!(by_file([]).is_empty());
    }
}
