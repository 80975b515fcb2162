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

    /// The message, the line it is about, and a caret below the place.
    #[must_use]
    pub fn render(&self, text: &str) -> String {
        let line = text.lines().nth(self.line.saturating_sub(1)).unwrap_or_default();
        let caret = " ".repeat(self.column.saturating_sub(1));
        let mut shown = format!("{self}\n | {line}\n | {caret}^");
        if let Some(help) = &self.help {
            shown.push_str("\n = help: ");
            shown.push_str(help);
        }
        shown
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
}
