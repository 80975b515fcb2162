//! Mutators by the Gatekeeper dialect.

use crate::admission_review::is_review;
use crate::mutation::Mutators;
use crate::outcome::{Note, Problem};
use crate::suite::Place;
use sekisho_dialect_gatekeeper::matching::{Namespace, Source};
use sekisho_dialect_gatekeeper::mutation::{self, GivenAnswers, MutateInput, Mutator, MutatorKind};
use sekisho_engine::{ExternalAnswers, admitted};
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_manifest::Document;
use sekisho_policy::{Budget, Operation};
use sekisho_value::Value;
use std::sync::Arc;

struct Compiled(mutation::Mutators);

pub(super) fn compile(documents: &[Document]) -> Result<impl Mutators + 'static, Problem> {
    let mut mutators = Vec::new();
    let mut notes = Vec::new();
    for document in documents {
        let file = Arc::clone(&document.source().name);
        let note = |place: sekisho_manifest::Place, message: String, help| Note {
            place: Place { file: Arc::clone(&file), line: place.line, column: place.column },
            message,
            help,
        };
        let group = document.api_version().split_once('/').map_or("", |(group, _)| group);
        if group != mutation::GROUP || MutatorKind::parse(document.kind()).is_none() {
            let place = document.locate(&sekisho_value::Pointer::root().key("kind"));
            let message = format!("`{}` is no mutator", document.kind());
            notes.push(note(place, message, None));
            continue;
        }
        match Mutator::read(&document.value, false) {
            Ok(mutator) => mutators.push(mutator),
            Err(faults) => notes.extend(
                faults
                    .into_iter()
                    .map(|fault| note(document.locate(&fault.pointer), fault.message, fault.help)),
            ),
        }
    }
    match notes.first() {
        None => Ok(Compiled(mutation::Mutators::new(mutators))),
        Some(first) => {
            let more = match notes.len() {
                1 => String::new(),
                count => format!(" (and {} more)", count - 1),
            };
            let message = format!("adding mutators: {}{more}", first.message);
            Err(Problem { notes, ..Problem::error(message) })
        }
    }
}

impl Mutators for Compiled {
    fn mutate(
        &self,
        object: &Value,
        inventory: &[&Value],
        external: &ExternalAnswers,
    ) -> Result<Value, String> {
        if let Some(conflict) = self.0.conflicts().first() {
            let with: Vec<String> = conflict.with.iter().map(ToString::to_string).collect();
            return Err(format!("{} is in conflict with {}", conflict.id, with.join(", ")));
        }
        let external = GivenAnswers(external.to_value());
        let request = is_review(object).then(|| object.get("request")).flatten();
        let of_request = |key: &str| request.and_then(|request| request.get(key));
        let object = of_request("object").unwrap_or(object);
        let username = of_request("userInfo").and_then(|user| user.path_str(&["username"]));
        let operation = match of_request("operation").and_then(Value::as_str) {
            Some("UPDATE") => Operation::Update,
            _ => Operation::Create,
        };
        let name = object.path_str(&["metadata", "namespace"]).unwrap_or_default();
        let is_it = |other: &&&Value| {
            other.path_str(&["kind"]) == Some("Namespace")
                && other.path_str(&["apiVersion"]) == Some("v1")
                && other.path_str(&["metadata", "name"]) == Some(name)
        };
        let namespace = match inventory.iter().find(is_it) {
            _ if name.is_empty() => Namespace::Absent,
            Some(namespace) => Namespace::Known(namespace),
            None => Namespace::Named(name),
        };
        let input = MutateInput {
            object,
            namespace,
            source: Some(Source::Original),
            operation: Some(operation),
            username: username.unwrap_or_default(),
            external: Some(&external),
        };
        let mutated = self.0.mutate(&input, &|_| false, &Budget::standard());
        let mutated = mutated.map_err(|error| error.to_string())?.object;
        let Some(gvk) = Gvk::of(object).filter(|_| mutated != *object) else { return Ok(mutated) };
        match admitted(operation, &gvk, object, &mutated, &Schemas::builtin()) {
            Err(errors) => {
                Err(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("; "))
            }
            Ok(_) => Ok(mutated),
        }
    }
}
