//! Judgements and problems into findings with their places in the files.

use sekisho_engine::Judgement;
use sekisho_manifest::{Document, Place, ReadError};
use sekisho_report::{Diagnostic, Finding, Location, Marked};
use sekisho_value::Pointer;
use std::sync::Arc;

/// The place of a field in a file: its key, or its nearest present parent's.
pub(crate) fn location(document: &Document, pointer: &Pointer) -> Location {
    let place = document.locate(pointer);
    Location {
        file: document.source().name.clone(),
        line: place.line,
        column: place.column,
        pointer: pointer.to_string(),
        marked: marked(document, &place),
    }
}

/// How many characters of a long line are kept on either side of a mark.
const CONTEXT: u32 = 500;

/// The line of a place, for showing; the part around the place where the line is long. The lines
/// of a Secret are never kept.
fn marked(document: &Document, place: &Place) -> Option<Marked> {
    if document.kind() == "Secret" {
        return None;
    }
    let (text, column) = document.source().excerpt(place, CONTEXT)?;
    Some(Marked { text: text.into(), column, len: place.len })
}

/// A diagnostic at the place of a field.
pub(crate) fn diagnostic(
    document: &Document,
    pointer: &Pointer,
    message: impl Into<String>,
) -> Diagnostic {
    let place = document.locate(pointer);
    let name = document.source().name.clone();
    let diagnostic = Diagnostic::at(name, place.line, place.column, message);
    Diagnostic { marked: marked(document, &place), ..diagnostic }
}

/// A text that could not be read.
pub(crate) fn read_error(name: &str, error: &ReadError) -> Diagnostic {
    let diagnostic = Diagnostic::at(name, error.line, error.column, error.message.clone());
    Diagnostic { help: error.help.clone(), ..diagnostic }
}

/// A judgement with its places. `docs` gives the link for a dialect's rule.
pub(crate) fn finding(
    judgement: Judgement,
    document: &Document,
    docs: impl Fn(&str, &str) -> Option<String>,
) -> Finding {
    let root = Pointer::root();
    let mut places = judgement.pointers.iter().map(|pointer| location(document, pointer));
    let first = places.next().unwrap_or_else(|| location(document, &root));
    Finding {
        docs: docs(judgement.dialect, &judgement.rule),
        key: judgement.key,
        policy: judgement.policy.to_string(),
        policy_id: judgement.policy_id.as_str().to_owned(),
        binding: judgement.binding.map(|binding| binding.to_string()),
        dialect: judgement.dialect.to_owned(),
        rule: judgement.rule.to_string(),
        action: judgement.action,
        declared_action: judgement.declared_action,
        action_reason: judgement.action_reason,
        status: judgement.status,
        exception: judgement.exception,
        implied: judgement.implied,
        severity: judgement.severity,
        message: judgement.message,
        help: judgement.help.map(|help| help.to_string()),
        resource: Arc::unwrap_or_clone(judgement.resource),
        location: first,
        related: places.collect(),
    }
}
