//! Documents, read and validated as the API server does it.
//!
//! Source of the rules: `pkg/apis/admissionregistration/validation` of Kubernetes.

mod binding;
mod definition;
mod expressions;
mod fields;
mod names;
mod params;
mod resources;
mod rules;
mod versions;

pub(crate) use binding::Binding;
pub(crate) use definition::{Definition, Environments};
pub(crate) use expressions::Expression;

use crate::advice::UNKNOWN_FIELD;
use expressions::VariablePlaces;
use fields::VariableFields;
use sekisho_kube_model::{Gvk, ProblemKind, Schemas};
use sekisho_policy::{
    Advice, CompileContext, KubernetesVersion, PolicyDocument, PolicyId, Rule, Told,
};
use sekisho_value::{Pointer, Value};
use std::sync::Arc;

/// Reads one document, and keeps what is wrong with it.
pub(crate) struct Reader<'a> {
    pub(crate) document: PolicyDocument<'a>,
    pub(crate) told: Told<'a>,
    /// what is unwise about it
    pub(crate) advice: Vec<Advice>,
    /// the kinds that rules may be about
    schemas: &'a Schemas,
    /// what is judged for
    release: KubernetesVersion,
    /// what the variables that were read so far read of the object
    variable_fields: VariableFields,
    /// where all of the variables stand; of none as long as they are read themselves
    variable_places: Arc<VariablePlaces>,
}

impl<'a> Reader<'a> {
    /// A reader, and the document as the API server would store it: types checked, defaults
    /// filled in; as far as it could be read where a type is wrong, which is told. `None` where
    /// there is no such version.
    pub(crate) fn open(
        document: PolicyDocument<'a>,
        context: &CompileContext<'a>,
    ) -> (Self, Option<Value>) {
        let mut reader = Self {
            document,
            told: Told::of(document.document),
            advice: Vec::new(),
            schemas: context.schemas,
            release: context.target.kubernetes_version,
            variable_fields: VariableFields::new(),
            variable_places: Arc::default(),
        };
        reader.version();
        let known_version = reader.told.is_empty();
        let decoded = Schemas::builtin().store(&of_known_version(&document.document.value));
        for problem in decoded.problems {
            let help = problem.help.unwrap_or_else(|| "see the API reference".to_owned());
            match problem.kind {
                ProblemKind::UnknownField if !context.strict => {
                    reader.advise(&UNKNOWN_FIELD, &problem.pointer, problem.message, help);
                }
                ProblemKind::WrongType | ProblemKind::UnknownField => {
                    reader.told.unread(&problem.pointer, problem.message, &help);
                }
                ProblemKind::RequiredField
                | ProblemKind::UnservedVersion
                | ProblemKind::UnknownKind => {}
            }
        }
        reader.name(&decoded.object);
        (reader, known_version.then_some(decoded.object))
    }

    /// The id of what is read.
    pub(crate) fn id(&self) -> PolicyId {
        let document = self.document.document;
        let name = document.name().unwrap_or_default();
        PolicyId::new(self.document.origin, crate::NAME, document.kind(), name)
    }

    fn name(&mut self, object: &Value) {
        let text = |key: &str| object.path_str(&["metadata", key]).unwrap_or_default();
        let at = Pointer::root().key("metadata");
        if text("name").is_empty() {
            self.fault(&at.key("name"), "`metadata.name` is missing", "give it a name");
        } else if !names::is_subdomain(text("name")) {
            let message = format!("`{}` is no name", text("name"));
            self.fault(&at.key("name"), message, SUBDOMAIN);
        }
        if !text("namespace").is_empty() {
            let message = "`metadata.namespace` is not allowed";
            self.fault(&at.key("namespace"), message, "it lives in no namespace: take it away");
        }
    }

    pub(crate) fn fault(&mut self, at: &Pointer, message: impl Into<String>, help: &str) {
        self.told.fault(at, message, help);
    }

    /// Something is unwise about a field.
    pub(crate) fn advise(
        &mut self,
        rule: &'static Rule,
        at: &Pointer,
        message: String,
        help: String,
    ) {
        let document = self.document.document.clone();
        let policy = self.id();
        let pointer = at.clone();
        self.advice.push(Advice { policy, rule, document, pointer, place: None, message, help });
    }

    /// A text that is none of those that are known.
    pub(crate) fn not_supported(&mut self, at: &Pointer, given: &str, known: &[&str]) {
        let known: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
        let field = at.tokens().last().filter(|token| token.as_index().is_none());
        let message = match field {
            Some(field) if given.is_empty() => format!("`{}` is missing", field.as_str()),
            _ => format!("`{given}` is not supported"),
        };
        self.fault(at, message, &format!("it is one of {}", known.join(", ")));
    }

    pub(crate) fn duplicate(&mut self, at: &Pointer, given: &str) {
        self.fault(at, format!("`{given}` stands twice"), "keep one");
    }

    /// Whether a text is a qualified name; where it is not, that is told.
    pub(crate) fn qualified_name(&mut self, text: &str, at: &Pointer) -> bool {
        let is_one = names::is_qualified_name(text);
        if !is_one {
            let help = "up to 63 letters, digits, `-`, `_` and `.`, with a DNS name and a slash \
                        before them or without";
            self.fault(at, format!("`{text}` is no qualified name"), help);
        }
        is_one
    }

    /// The items of a list and where they stand.
    pub(crate) fn items<'v>(
        &self,
        value: &'v Value,
        at: &Pointer,
        key: &str,
    ) -> Vec<(&'v Value, Pointer)> {
        let at = at.key(key);
        let list = value.get(key).and_then(Value::as_array).unwrap_or_default();
        list.iter().enumerate().map(|(index, item)| (item, at.index(index))).collect()
    }
}

const SUBDOMAIN: &str = "lower case letters, digits, `-` and `.`, at both ends of each part a \
                         letter or digit";

/// A document in a version whose schema is known: the versions before `v1` have the same fields.
fn of_known_version(value: &Value) -> Value {
    let known = Gvk::of(value).is_some_and(|gvk| Schemas::builtin().type_of(&gvk).is_some());
    let mut value = value.clone();
    if !known && let Some(fields) = value.as_object_mut() {
        fields.insert("apiVersion", format!("{}/v1", crate::dialect::GROUP));
    }
    value
}
