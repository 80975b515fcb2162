//! Expressions of messages that are never said.

use crate::template::{Engine, Template};
use sekisho_policy::{Fault, Reference, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    id: "gatekeeper/message-expression",
    title: "a message that is never said",
    severity: Severity::Low,
    what: "Looks at `messageExpression` of templates in CEL: one that does not compile, or is not \
           known to be a string, as `object.metadata.name` is not.",
    why: "Gatekeeper takes the template and enforces it, and says `message` instead, or the \
          expression that failed. A ValidatingAdmissionPolicy with the same expression is refused.",
    example: "validations:\n- expression: has(object.metadata.labels)\n  messageExpression: \
              object.metadata.name",
    fix: "validations:\n- expression: has(object.metadata.labels)\n  messageExpression: \
          string(object.metadata.name) + \" has no labels\"",
    references: &[Reference {
        title: "Kubernetes: ValidatingAdmissionPolicy, message expressions",
        url: "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/",
    }],
};

/// What is wrong with each.
pub(super) fn find(template: &Template) -> &[Fault] {
    match &template.engine {
        Engine::Cel(cel) => &cel.untold,
        Engine::Rego(_) => &[],
    }
}
