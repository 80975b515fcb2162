use sekisho_manifest::Document;
use sekisho_report::{Diagnostic, Marked};
use sekisho_value::Pointer;
use std::borrow::Borrow;

/// What is wrong with a part of a policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// the offending field, within the part that was read
    pub pointer: Pointer,
    /// what is wrong
    pub message: String,
    /// how to mend it
    pub help: Option<String>,
}

impl Fault {
    /// A fault of a field.
    pub fn new(pointer: Pointer, message: impl Into<String>) -> Self {
        Self { pointer, message: message.into(), help: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same as told of the document that holds the part at `prefix`.
    #[must_use]
    pub fn below(mut self, prefix: &Pointer) -> Self {
        self.pointer = prefix.join(&self.pointer);
        self
    }
}

/// What is wrong with a document, told with places in its file.
pub struct Told<'a> {
    document: &'a Document,
    /// what was told so far
    pub diagnostics: Vec<Diagnostic>,
    /// fields of a wrong type: whatever else is wrong there comes of that
    unread: Vec<Pointer>,
}

impl<'a> Told<'a> {
    /// Nothing yet of a document.
    #[must_use]
    pub fn of(document: &'a Document) -> Self {
        Self { document, diagnostics: Vec::new(), unread: Vec::new() }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// What was told, from the top of the document down.
    #[must_use]
    pub fn in_order(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|told| (told.line, told.column));
        self.diagnostics
    }

    /// The first message, as the reason for a policy that is not there.
    #[must_use]
    pub fn reason(&self) -> String {
        self.diagnostics.first().map_or_else(String::new, |first| first.message.clone())
    }

    /// File, line and column of a field.
    #[must_use]
    pub fn place(&self, at: &Pointer) -> String {
        let place = self.document.locate(at);
        format!("{}:{}:{}", self.document.source().name, place.line, place.column)
    }

    /// File, line and column of the text at a field.
    #[must_use]
    pub fn place_of_text(&self, at: &Pointer, text: &str) -> String {
        match self.document.locate_in_text(at, text, 1, 1) {
            Some((line, column)) => format!("{}:{line}:{column}", self.document.source().name),
            None => self.place(at),
        }
    }

    /// A field cannot be read, nor what would be below it.
    pub fn unread(&mut self, at: &Pointer, message: String, help: &str) {
        self.fault(at, message, help);
        self.unread.push(at.clone());
    }

    /// Something is wrong with a field.
    pub fn fault(&mut self, at: impl Borrow<Pointer>, message: impl Into<String>, help: &str) {
        self.push(Fault::new(at.borrow().clone(), message).with_help(help));
    }

    /// Faults of the part at `prefix`.
    pub fn extend(&mut self, faults: Vec<Fault>, prefix: &Pointer) {
        for fault in faults {
            self.push(fault.below(prefix));
        }
    }

    /// The fault of a field.
    pub fn push(&mut self, fault: Fault) {
        let at = &fault.pointer;
        if self.unread.iter().any(|unread| at.strip_prefix(unread).is_some()) {
            return;
        }
        let place = self.document.locate(at);
        self.tell(place.line, place.column, &fault.message, fault.help);
    }

    /// Something is wrong at a line and column, both from 1, of the text at a field.
    pub fn in_text(
        &mut self,
        at: &Pointer,
        text: &str,
        (line, column): (usize, usize),
        message: &str,
        help: Option<String>,
    ) {
        match self.document.locate_in_text(at, text, line, column) {
            Some((line, column)) => self.tell(line, column, message, help),
            None => {
                let field = self.document.locate(at);
                let message = format!("{message} (line {line}, column {column} of the text)");
                self.tell(field.line, field.column, &message, help);
            }
        }
    }

    /// `ValidatingAdmissionPolicy `replicas`: ` before every message: a file may hold many.
    fn tell(&mut self, line: u32, column: u32, message: &str, help: Option<String>) {
        let document = self.document;
        let name = document.name().unwrap_or_default();
        let message = match name {
            "" => format!("{}: {message}", document.kind()),
            name => format!("{} `{name}`: {message}", document.kind()),
        };
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
