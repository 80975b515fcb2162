use crate::Span;
use crate::source::line_column;
use std::fmt;

/// What is wrong with an expression, where, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// what is wrong, in cel-go's words where cel-go reports the same
    pub message: String,
    /// where
    pub span: Span,
    /// its line, from 1
    pub line: usize,
    /// its column, from 1, in Unicode scalars
    pub column: usize,
    /// how to mend it
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic at a place of the text.
    #[must_use]
    pub fn new(text: &str, span: Span, message: impl Into<String>) -> Self {
        let (line, column) = line_column(text, span.start);
        Self { message: message.into(), span, line, column, help: None }
    }

    /// This diagnostic with advice.
    #[must_use]
    pub fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// The message, the line it is about, and a caret below the place. Of a long line the part
    /// around the place is shown.
    #[must_use]
    pub fn render(&self, text: &str) -> String {
        let line = text.lines().nth(self.line.saturating_sub(1)).unwrap_or_default();
        let (at, length) = (self.column.saturating_sub(1), line.chars().count());
        let from = if length > 2 * CONTEXT { at.saturating_sub(CONTEXT) } else { 0 };
        let to = if length > 2 * CONTEXT { at.saturating_add(CONTEXT) } else { length };
        let cut = |is_cut: bool| if is_cut { "…" } else { "" };
        let (before, behind) = (cut(from > 0), cut(to < length));
        let line: String = line.chars().skip(from).take(to - from).collect();
        let caret: String = before
            .chars()
            .chain(line.chars())
            .take(at - from + before.chars().count())
            .map(blank)
            .collect();
        let mut shown = format!("{self}\n | {before}{line}{behind}\n | {caret}^");
        if let Some(help) = &self.help {
            shown.push_str("\n = help: ");
            shown.push_str(help);
        }
        shown
    }
}

/// How many characters of a long line are shown on either side of a place.
const CONTEXT: usize = 60;

/// What is as wide as a character.
fn blank(char: char) -> &'static str {
    match char {
        '\t' => "\t",
        // What stands above or behind another takes no place.
        '\u{300}'..='\u{36f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{1f3fb}'..='\u{1f3ff}' => "",
        // Ideographs, kana, Hangul, full width, emoji.
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => "  ",
        _ => " ",
    }
}

impl Diagnostic {
    /// As cel-go writes it: `ERROR: <input>:1:8: …`, the line, and a caret behind points.
    #[must_use]
    pub fn render_as_cel_go(&self, text: &str) -> String {
        let line = text.split('\n').nth(self.line.saturating_sub(1)).unwrap_or_default();
        let line = line.replace('\t', " ");
        let mut chars = line.chars();
        let mut pointer = String::new();
        for _ in 1..self.column {
            let wide = chars.next().is_some_and(|char| !char.is_ascii());
            pointer.push(if wide { '．' } else { '.' });
        }
        let wide = chars.next().is_some_and(|char| !char.is_ascii());
        let caret = if wide { '＾' } else { '^' };
        format!(
            "ERROR: <input>:{}:{}: {}\n | {line}\n | {pointer}{caret}",
            self.line, self.column, self.message
        )
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::Diagnostic;
    use crate::Span;

    #[test]
    fn a_caret_stands_below_the_place() {
        let text = "a &&\n  é.b";
        let diagnostic = Diagnostic::new(text, Span { start: 9, end: 10 }, "wrong")
            .with_help(Some("mend it".to_owned()));
        assert_eq!(diagnostic.render(text), "2:4: wrong\n |   é.b\n |    ^\n = help: mend it");
    }

    #[test]
    fn a_caret_is_aligned_and_a_long_line_cut() {
        let long = "x".repeat(500);
        let (sixty, dots) = (&long[..60], "…");
        for (text, at, shown, before) in [
            ("\ta\tb", 3, "\ta\tb".to_owned(), "\t \t".to_owned()),
            ("日本 b", 7, "日本 b".to_owned(), " ".repeat(5)),
            ("e\u{301} b", 4, "e\u{301} b".to_owned(), " ".repeat(2)),
            (long.as_str(), 0, format!("{sixty}{dots}"), String::new()),
            (long.as_str(), 250, format!("{dots}{sixty}{sixty}{dots}"), " ".repeat(61)),
            (long.as_str(), 500, format!("{dots}{sixty}"), " ".repeat(61)),
        ] {
            let diagnostic = Diagnostic::new(text, Span { start: at, end: at }, "wrong");
            let expected = format!("{diagnostic}\n | {shown}\n | {before}^");
            assert_eq!(diagnostic.render(text), expected);
        }
    }
}
