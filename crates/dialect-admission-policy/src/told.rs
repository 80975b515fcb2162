//! What is wrong with a document, told with places in its file.

use sekisho_manifest::Document;
use sekisho_report::Diagnostic;
use sekisho_value::Pointer;

/// What is wrong with one document.
pub(crate) struct Told<'a> {
    document: &'a Document,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<'a> Told<'a> {
    pub(crate) fn of(document: &'a Document) -> Self {
        Self { document, diagnostics: Vec::new() }
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

    /// Something is wrong with a field.
    pub(crate) fn fault(&mut self, at: &Pointer, message: impl Into<String>, help: &str) {
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
        self.diagnostics.push(Diagnostic { help, ..diagnostic });
    }
}
