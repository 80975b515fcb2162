//! Audit annotations, gathered over all bindings of a policy.
//!
//! Source of the rules: `auditAnnotationCollector` in
//! `pkg/admission/plugin/policy/validating/dispatcher.go` of `k8s.io/apiserver`.

use sekisho_policy::PolicyId;
use sekisho_value::{JsonStyle, Value};
use std::cell::{Cell, RefCell};

/// The key of the annotation that tells of failures.
const FAILURE: &str = "validation.policy.admission.k8s.io/validation_failure";
/// How much of a value is kept, in bytes.
const LONGEST_VALUE: usize = 10 * 1024;

/// What the bindings of one request have given so far.
#[derive(Debug, Default)]
pub(super) struct Published {
    /// policy, key, values
    given: RefCell<Vec<(PolicyId, String, Vec<String>)>>,
    has_failure: Cell<bool>,
    /// policies of which it was told that they cannot be applied
    faulty: RefCell<Vec<PolicyId>>,
}

impl Published {
    /// Adds a value; one that is there is not added again.
    pub(super) fn add(&self, policy: &PolicyId, key: String, mut value: String) {
        value.truncate(value.floor_char_boundary(LONGEST_VALUE));
        let mut given = self.given.borrow_mut();
        match given.iter_mut().find(|(of, other, _)| of == policy && *other == key) {
            Some((_, _, values)) if values.contains(&value) => {}
            Some((_, _, values)) => values.push(value),
            None => given.push((policy.clone(), key, vec![value])),
        }
    }

    /// What a policy publishes once all its bindings were asked.
    pub(super) fn take(&self, policy: &PolicyId, name: &str) -> Vec<(String, String)> {
        let mut given = self.given.borrow_mut();
        let own = given.extract_if(.., |(of, _, _)| of == policy);
        own.map(|(_, key, values)| (format!("{name}/{key}"), values.join(", "))).collect()
    }

    /// The annotation of a failure; the first of a request counts.
    pub(super) fn failure(
        &self,
        index: usize,
        message: &str,
        actions: &[&'static str],
        (policy, binding): (&str, &str),
    ) -> Option<(String, String)> {
        if self.has_failure.replace(true) {
            return None;
        }
        let text = |text: &str| Value::from(text).to_json_as(JsonStyle::GO);
        let actions: Vec<String> = actions.iter().map(|action| text(action)).collect();
        // In the order of the server's fields.
        let value = format!(
            r#"[{{"message":{},"policy":{},"binding":{},"expressionIndex":{index},"validationActions":[{}]}}]"#,
            text(message),
            text(policy),
            text(binding),
            actions.join(",")
        );
        Some((FAILURE.to_owned(), value))
    }

    /// Whether it is the first time that a policy is told of as faulty: it is so once, however many
    /// bindings it has.
    pub(super) fn is_news(&self, policy: &PolicyId) -> bool {
        let mut faulty = self.faulty.borrow_mut();
        let news = !faulty.contains(policy);
        if news {
            faulty.push(policy.clone());
        }
        news
    }
}
