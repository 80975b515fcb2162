//! What is wrong with a document, told with places in its file.

use sekisho_manifest::Document;
use sekisho_report::{Diagnostic, Marked};
use sekisho_value::Pointer;

/// What is wrong with one document.
pub(crate) struct Told<'a> {
    document: &'a Document,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// fields of a wrong type: whatever else is wrong there comes of that
    unread: Vec<Pointer>,
}

impl<'a> Told<'a> {
    pub(crate) fn of(document: &'a Document) -> Self {
        Self { document, diagnostics: Vec::new(), unread: Vec::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// The first message, as the reason for a policy that is not there.
    pub(crate) fn reason(&self) -> String {
        self.diagnostics.first().map_or_else(String::new, |first| first.message.clone())
    }

    /// File, line and column of a field.
    pub(crate) fn place(&self, at: &Pointer) -> String {
        let place = self.document.locate(at);
        format!("{}:{}:{}", self.document.source().name, place.line, place.column)
    }

    /// File, line and column of the text at a field.
    pub(crate) fn place_of_text(&self, at: &Pointer, text: &str) -> String {
        match self.document.locate_in_text(at, text, 1, 1) {
            Some((line, column)) => format!("{}:{line}:{column}", self.document.source().name),
            None => self.place(at),
        }
    }

    /// A field cannot be read, nor what would be below it.
    pub(crate) fn unread(&mut self, at: &Pointer, message: String, help: &str) {
        self.fault(at, message, help);
        self.unread.push(at.clone());
    }

    /// Something is wrong with a field.
    pub(crate) fn fault(&mut self, at: &Pointer, message: impl Into<String>, help: &str) {
        if self.unread.iter().any(|unread| at.strip_prefix(unread).is_some()) {
            return;
        }
        let place = self.document.locate(at);
        self.push(place.line, place.column, &message.into(), Some(help.to_owned()));
    }

    /// Something is wrong at a line and column, both from 1, of the text at a field.
    pub(crate) fn in_text(
        &mut self,
        at: &Pointer,
        text: &str,
        (line, column): (usize, usize),
        message: &str,
        help: Option<String>,
    ) {
        match self.document.locate_in_text(at, text, line, column) {
            Some((line, column)) => self.push(line, column, message, help),
            None => {
                let field = self.document.locate(at);
                let message = format!("{message} (line {line}, column {column} of the expression)");
                self.push(field.line, field.column, &message, help);
            }
        }
    }

    /// `ValidatingAdmissionPolicy `replicas`: ` before every message: a file may hold many.
    fn push(&mut self, line: u32, column: u32, message: &str, help: Option<String>) {
        let document = self.document;
        let name = document.name().unwrap_or_default();
        let message = format!("{} `{name}`: {message}", document.kind());
        let file = document.source().name.clone();
        let diagnostic = Diagnostic::at(file, line, column, message);
        let (policy, marked) = (Some(name.into()), marked(document, line, column));
        self.diagnostics.push(Diagnostic { help, policy, marked, ..diagnostic });
    }
}

/// The line of a place with the word there, for showing. What stands beside Secrets is not shown.
fn marked(document: &Document, line: u32, column: u32) -> Option<Marked> {
    /// How many characters of a long line are kept on either side of a mark.
    const CONTEXT: u32 = 500;
    let source = document.source();
    if source.may_hold_secrets() {
        return None;
    }
    let place = source.word_at(line, column);
    let (text, column) = source.excerpt(&place, CONTEXT)?;
    Some(Marked { text: text.into(), column, len: place.len })
}
