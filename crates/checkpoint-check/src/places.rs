//! Places of fields in the files, with the source lines that may be shown.

use sekisho_manifest::{Document, Place};
use sekisho_report::{Diagnostic, Location, Marked};
use sekisho_value::Pointer;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// How many characters of a long line are kept on either side of a mark.
const CONTEXT: u32 = 500;

/// Tells the places of fields. A line that a Secret stands on is never kept, whatever else stands
/// on it: a whole list may be one line of JSON.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// the lines of Secrets, by file
    secrets: HashMap<Arc<str>, Vec<RangeInclusive<u32>>>,
}

impl Places {
    /// The places of documents; every one that is told of later has to be among them.
    pub(crate) fn of<'a>(documents: impl Iterator<Item = &'a Document> + Clone) -> Self {
        let mut roots: HashMap<Arc<str>, Vec<(Place, &Document)>> = HashMap::new();
        for secret in documents.clone().filter(|document| is_secret(document)) {
            roots.entry(Arc::clone(&secret.source().name)).or_default();
        }
        for document in documents {
            if let Some(roots) = roots.get_mut(&document.source().name) {
                roots.push((document.locate(&Pointer::root()), document));
            }
        }
        let secrets = |mut roots: Vec<(Place, &Document)>| {
            roots.sort_by_key(|(root, _)| *root);
            let next = roots.iter().skip(1).map(Some).chain([None]);
            let secrets = roots.iter().zip(next).filter(|((_, document), _)| is_secret(document));
            secrets
                .map(|((root, _), next)| root.line..=next.map_or(u32::MAX, line_before))
                .collect()
        };
        Self { secrets: roots.into_iter().map(|(file, roots)| (file, secrets(roots))).collect() }
    }

    /// The place of a field in a file: its key, or its nearest present parent's.
    pub(crate) fn location(&self, document: &Document, pointer: &Pointer) -> Location {
        self.location_in(document, pointer, None)
    }

    /// The same, of a part of a field's text whose line and column are known.
    pub(crate) fn location_in(
        &self,
        document: &Document,
        pointer: &Pointer,
        within: Option<(u32, u32)>,
    ) -> Location {
        let place = match within {
            Some((line, column)) => document.source().word_at(line, column),
            None => document.locate(pointer),
        };
        Location {
            file: document.source().name.clone(),
            line: place.line,
            column: place.column,
            pointer: pointer.to_string(),
            marked: self.marked(document, &place),
        }
    }

    /// A diagnostic at the place of a field.
    pub(crate) fn diagnostic(
        &self,
        document: &Document,
        pointer: &Pointer,
        message: impl Into<String>,
    ) -> Diagnostic {
        let place = document.locate(pointer);
        let name = document.source().name.clone();
        let diagnostic = Diagnostic::at(name, place.line, place.column, message);
        Diagnostic { marked: self.marked(document, &place), ..diagnostic }
    }

    /// The line of a place, for showing; the part around the place where the line is long.
    fn marked(&self, document: &Document, place: &Place) -> Option<Marked> {
        let secrets = self.secrets.get(&document.source().name);
        if is_secret(document)
            || secrets.is_some_and(|lines| lines.iter().any(|lines| lines.contains(&place.line)))
        {
            return None;
        }
        let (text, column) = document.source().excerpt(place, CONTEXT)?;
        Some(Marked { text: text.into(), column, len: place.len })
    }
}

/// Goes by the kind alone, whatever the group, to err on the safe side.
fn is_secret(document: &Document) -> bool {
    document.kind() == "Secret"
}

/// The last line that something before a document may stand on: the document's first, unless
/// there is nothing before it there but the marks of a document or a list's item.
fn line_before((root, document): &(Place, &Document)) -> u32 {
    let line = document.source().line(root.line).unwrap_or_default();
    let before = line.chars().take(root.column.saturating_sub(1) as usize);
    let alone = before.into_iter().all(|c| matches!(c, ' ' | '-' | '{'));
    if alone { root.line.saturating_sub(1) } else { root.line }
}
