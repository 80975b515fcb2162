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
        match self.in_block(at, text, line, column).or_else(|| self.in_line(at, text, column)) {
            Some((line, column)) => self.push(line, column, message, help),
            None => {
                let field = self.document.locate(at);
                let message = format!("{message} (line {line}, column {column} of the expression)");
                self.push(field.line, field.column, &message, help);
            }
        }
    }

    /// The place in the file, where the text is a block that the file holds line by line.
    fn in_block(
        &self,
        field: &Pointer,
        text: &str,
        line: usize,
        column: usize,
    ) -> Option<(u32, u32)> {
        let header = self.document.locate(field).line;
        let number = header.checked_add(u32::try_from(line).ok()?)?;
        let written = self.document.source().line(number)?;
        let meant = text.lines().nth(line.checked_sub(1)?)?;
        let before = written.strip_suffix(meant)?;
        let is_indentation = before.bytes().all(|byte| byte == b' ');
        let column = u32::try_from(column.checked_add(before.len())?).ok()?;
        is_indentation.then_some((number, column))
    }

    /// The place in the file, where the text stands behind its key as it is.
    fn in_line(&self, field: &Pointer, text: &str, column: usize) -> Option<(u32, u32)> {
        let key = self.document.locate(field);
        let written = self.document.source().line(key.line)?;
        let skipped = usize::try_from(key.column).ok()?.checked_sub(1)?;
        let (start, _) = written.char_indices().nth(skipped)?;
        let (name, behind) = written.get(start..)?.split_once(':')?;
        let (before, after) = behind.split_once(text)?;
        let skipped = skipped.checked_add(name.chars().count())?.checked_add(1)?;
        // What stands twice could be another field's.
        if text.contains('\n') || after.contains(text) {
            return None;
        }
        let column = skipped.checked_add(before.chars().count())?.checked_add(column)?;
        Some((key.line, u32::try_from(column).ok()?))
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
