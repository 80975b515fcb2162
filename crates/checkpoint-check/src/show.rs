//! `sekisho show`: the objects as policies see them.

use crate::Progress;
use crate::check::schemas;
use crate::input::Input;
use crate::load::{Stdin, load};
use crate::objects::Object;
use crate::places::Places;
use crate::schema_findings;
use sekisho_engine::PolicySet;
use sekisho_kube_model::ProblemKind;
use sekisho_report::{Diagnostic, Skipped};
use sekisho_value::Value;

/// How objects are shown.
pub struct ShowOptions<'a> {
    /// the namespace of objects that name none
    pub namespace: &'a str,
}

/// What was read, as policies see it.
#[derive(Debug, Default)]
pub struct Shown {
    /// the objects in reading order
    pub objects: Vec<Value>,
    /// documents that are no objects
    pub skipped: Vec<Skipped>,
    /// what could not be read, and what policies do not see of what was read
    pub errors: Vec<Diagnostic>,
    /// unknown fields, which policies do not see
    pub warnings: Vec<Diagnostic>,
}

/// Reads the inputs and gives every object as the API server would store it.
#[must_use]
pub fn show(
    input: Input,
    stdin: Stdin<'_>,
    options: &ShowOptions<'_>,
    progress: &dyn Progress,
) -> Shown {
    let loaded = load(input, stdin, progress);
    let places = Places::of(loaded.documents.iter());
    let (schemas, schema_errors) = schemas(&PolicySet::default(), &loaded.documents, &places);
    let mut shown = Shown { skipped: loaded.skipped, errors: loaded.errors, ..Shown::default() };
    shown.errors.extend(schema_errors);
    for document in &loaded.documents {
        let object = Object::new(document, &schemas, options.namespace);
        for problem in &object.decoded.problems {
            let entry = schema_findings::error(&object, problem, &places);
            match problem.kind {
                ProblemKind::WrongType => shown.errors.push(entry),
                _ => shown.warnings.push(entry),
            }
        }
        if object.decoded.is_readable() {
            shown.objects.push(object.decoded.object);
        }
    }
    shown
}
