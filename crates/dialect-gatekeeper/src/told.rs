use crate::Fault;
use sekisho_manifest::Document;
use sekisho_report::Diagnostic;
use sekisho_value::Pointer;

/// What is wrong with a document, told with places in its file.
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

    /// `ConstraintTemplate `k8sallowedrepos`: ` before every message: a file may hold many.
    pub(crate) fn push(&mut self, fault: Fault) {
        let place = self.document.locate(&fault.pointer);
        self.at(place.line, place.column, fault.message, fault.help);
    }

    pub(crate) fn fault(&mut self, at: Pointer, message: impl Into<String>, help: &str) {
        self.push(Fault::new(at, message).with_help(help));
    }

    /// Faults of the part at `prefix`.
    pub(crate) fn extend(&mut self, faults: Vec<Fault>, prefix: &Pointer) {
        for fault in faults {
            self.push(fault.below(prefix));
        }
    }

    pub(crate) fn at(&mut self, line: u32, column: u32, message: String, help: Option<String>) {
        let document = self.document;
        let name = document.name().unwrap_or_default();
        let message = format!("{} `{name}`: {message}", document.kind());
        let file = document.source().name.clone();
        let diagnostic = Diagnostic::at(file, line, column, message);
        self.diagnostics.push(Diagnostic { help, ..diagnostic });
    }
}
