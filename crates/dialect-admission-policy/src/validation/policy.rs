//! ValidatingAdmissionPolicies, read.
//!
//! Source of the rules: `validateValidation` and `validateAuditAnnotation` of Kubernetes'
//! `admissionregistration/validation`.

use crate::join::Policy;
use crate::read::{Definition, Environments, Expression, Reader};
use crate::typing;
use sekisho_cel::kubernetes::KindTypes;
use sekisho_cel::types::Type;
use sekisho_cel::{Environment, EnvironmentError};
use sekisho_policy::{Advice, CompileContext, KubernetesVersion, PolicyDocument, StatusReason};
use sekisho_value::{Pointer, Value};

/// A ValidatingAdmissionPolicy, compiled.
#[derive(Debug)]
pub(crate) struct ValidatingPolicy {
    pub(crate) definition: Definition,
    /// what has to be true
    pub(super) checks: Vec<Option<Expression>>,
    /// what is said where it is not, beside the check of the same place
    pub(super) messages: Vec<Option<Expression>>,
    pub(super) validations: Vec<Validation>,
    pub(super) annotations: Vec<Option<Expression>>,
    /// of the annotation of the same place
    pub(super) keys: Vec<String>,
    /// an expression reads `namespaceObject`
    pub(super) reads_namespace: bool,
    /// an expression asks `authorizer`
    pub(crate) asks_authorizer: bool,
}

/// What becomes of a check that is not true.
#[derive(Debug)]
pub(super) struct Validation {
    /// empty where none is given
    pub(super) message: String,
    pub(super) reason: StatusReason,
}

/// How many audit annotations a policy may have.
const MOST_ANNOTATIONS: usize = 20;
/// How long the expression of an audit annotation may be, in bytes.
const LONGEST_ANNOTATION: usize = 5 * 1024;

impl Reader<'_> {
    /// A ValidatingAdmissionPolicy.
    ///
    /// # Errors
    /// Never, but that CEL's libraries are broken.
    pub(crate) fn validating_policy(
        &mut self,
        object: &Value,
        version: KubernetesVersion,
    ) -> Result<ValidatingPolicy, EnvironmentError> {
        let (definition, environments) = self.definition(object, version)?;
        let at = Pointer::root().key("spec");
        let spec = object.get("spec").unwrap_or(&Value::Null);
        let mut policy = ValidatingPolicy {
            definition,
            checks: Vec::new(),
            messages: Vec::new(),
            validations: Vec::new(),
            annotations: Vec::new(),
            keys: Vec::new(),
            reads_namespace: false,
            asks_authorizer: false,
        };
        self.validations(spec, &at, &environments, &mut policy)?;
        self.annotations(spec, &at, &environments.of_validations()?, &mut policy);
        if policy.validations.is_empty() && policy.keys.is_empty() {
            let message = "neither `validations` nor `auditAnnotations` hold anything";
            let help = "say what has to be true in `validations`";
            self.fault(&at.key("validations"), message, help);
        }
        policy.reads_namespace = policy.reads("namespaceObject");
        policy.asks_authorizer = policy.reads("authorizer");
        Ok(policy)
    }

    fn validations(
        &mut self,
        spec: &Value,
        at: &Pointer,
        environments: &Environments,
        policy: &mut ValidatingPolicy,
    ) -> Result<(), EnvironmentError> {
        let of_checks = environments.of_validations()?;
        let of_messages = environments.of_messages()?;
        for (item, at) in self.items(spec, at, "validations") {
            let text = |key: &str| item.path_str(&[key]).unwrap_or_default();
            policy.checks.push(self.expression(&of_checks, item, &at, "expression", &[Type::Bool]));
            let message = text("messageExpression");
            let key = "messageExpression";
            policy.messages.push(if message.is_empty() {
                None
            } else if message.trim().is_empty() {
                let message = "`messageExpression` is blank";
                self.fault(&at.key(key), message, "give an expression, or take it away");
                None
            } else {
                self.expression(&of_messages, item, &at, key, &[Type::String])
            });
            self.message(text("message"), &at.key("message"));
            let reason = self.reason(text("reason"), &at.key("reason"));
            policy.validations.push(Validation { message: text("message").to_owned(), reason });
        }
        Ok(())
    }

    fn message(&mut self, message: &str, at: &Pointer) {
        let trimmed = message.trim();
        if !message.is_empty() && trimmed.is_empty() {
            self.fault(at, "`message` is blank", "give a message, or take it away");
        } else if trimmed.contains(['\n', '\r']) {
            self.fault(at, "`message` holds line breaks", "write it in one line");
        }
    }

    fn reason(&mut self, reason: &str, at: &Pointer) -> StatusReason {
        if reason.is_empty() {
            return StatusReason::default();
        }
        let known = StatusReason::ALL.into_iter().find(|known| known.as_str() == reason);
        known.unwrap_or_else(|| {
            let known = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];
            self.not_supported(at, reason, &known);
            StatusReason::default()
        })
    }

    fn annotations(
        &mut self,
        spec: &Value,
        at: &Pointer,
        environment: &Environment,
        policy: &mut ValidatingPolicy,
    ) {
        let items = self.items(spec, at, "auditAnnotations");
        if items.len() > MOST_ANNOTATIONS {
            let message = format!("there are {} audit annotations", items.len());
            let help = format!("at most {MOST_ANNOTATIONS} are taken");
            self.fault(&at.key("auditAnnotations"), message, &help);
            return;
        }
        for (item, at) in items {
            let text = |key: &str| item.path_str(&[key]).unwrap_or_default();
            let key = text("key");
            // The name of the policy stands before it.
            self.qualified_name(&format!("{}/{key}", policy.definition.name), &at.key("key"));
            if policy.keys.iter().any(|other| other == key) {
                self.duplicate(&at.key("key"), key);
            }
            policy.keys.push(key.to_owned());
            if text("valueExpression").trim().len() > LONGEST_ANNOTATION {
                let message =
                    format!("`valueExpression` is longer than {LONGEST_ANNOTATION} bytes");
                self.fault(&at.key("valueExpression"), message, "write a shorter one");
                policy.annotations.push(None);
                continue;
            }
            let wanted = [Type::String, Type::Null];
            let value = self.expression(environment, item, &at, "valueExpression", &wanted);
            policy.annotations.push(value);
        }
    }
}

impl Policy for ValidatingPolicy {
    const KIND: &'static str = "ValidatingAdmissionPolicy";
    const BINDING: &'static str = "ValidatingAdmissionPolicyBinding";

    fn read(
        reader: &mut Reader<'_>,
        object: &Value,
        version: KubernetesVersion,
    ) -> Result<Self, EnvironmentError> {
        reader.validating_policy(object, version)
    }

    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn advice(
        &self,
        document: &PolicyDocument<'_>,
        object: &Value,
        context: &CompileContext<'_>,
        types: &KindTypes<'_>,
    ) -> Vec<Advice> {
        typing::advice(&self.definition, document, object, context, types)
    }

    fn asks_authorizer(&self) -> bool {
        self.asks_authorizer
    }
}

impl ValidatingPolicy {
    /// Whether an expression reads a name, through variables or by itself.
    fn reads(&self, name: &str) -> bool {
        let own = [&self.checks, &self.messages, &self.annotations].into_iter().flatten();
        let mut programs =
            self.definition.conditions_of(name).chain(own.flatten()).map(|e| &e.program);
        let reads = |read: &str| read == name || read.starts_with(&format!("{name}."));
        programs.any(|program| program.variables().any(reads))
            || self.definition.variables_read.iter().any(|read| reads(read))
    }
}
