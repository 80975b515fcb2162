//! Bindings.
//!
//! Source of the rules: `validateValidatingAdmissionPolicyBindingSpec` of Kubernetes'
//! `admissionregistration/validation`.

use super::{Reader, SUBDOMAIN, names};
use crate::matching::MatchResources;
use crate::params::ParamRef;
use sekisho_policy::{Action, Digest, PolicyId};
use sekisho_value::{Pointer, Value};
use std::sync::Arc;

/// A binding: which policy is in force, for what, with which parameters.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) id: PolicyId,
    pub(crate) digest: Digest,
    pub(crate) name: Arc<str>,
    pub(crate) policy_name: String,
    pub(crate) param_ref: Option<ParamRef>,
    pub(crate) resources: Option<MatchResources>,
}

impl Reader<'_> {
    /// The parts of a binding's `spec` that bindings of both sorts have.
    pub(crate) fn binding(&mut self, object: &Value) -> Binding {
        let at = Pointer::root().key("spec");
        let spec = object.get("spec").unwrap_or(&Value::Null);
        let policy_name = spec.path_str(&["policyName"]).unwrap_or_default();
        let name_at = at.key("policyName");
        if policy_name.is_empty() {
            self.fault(&name_at, "`policyName` is missing", "name the policy to put in force");
        } else if !names::is_subdomain(policy_name) {
            self.fault(&name_at, format!("`{policy_name}` is no name of a policy"), SUBDOMAIN);
        }
        let given = |key: &str| spec.get(key).filter(|given| !given.is_null());
        let param_ref = given("paramRef").map(|given| self.param_ref(given, &at.key("paramRef")));
        let resources = given("matchResources")
            .map(|given| self.match_resources(given, &at.key("matchResources")));
        Binding {
            id: self.id(),
            digest: self.document.digest,
            name: self.document.document.name().unwrap_or_default().into(),
            policy_name: policy_name.to_owned(),
            param_ref,
            resources,
        }
    }

    /// `validationActions`, in the order in which they are given.
    pub(crate) fn validation_actions(&mut self, object: &Value) -> Vec<Action> {
        let at = Pointer::root().keys(&["spec", "validationActions"]);
        let list = object.path(&["spec", "validationActions"]).and_then(Value::as_array);
        let mut actions = Vec::new();
        for (index, given) in list.unwrap_or_default().iter().enumerate() {
            let action = match given.as_str().unwrap_or_default() {
                "Deny" => Action::Deny,
                "Warn" => Action::Warn,
                "Audit" => Action::Audit,
                other => {
                    self.not_supported(&at.index(index), other, &["Audit", "Deny", "Warn"]);
                    continue;
                }
            };
            if actions.contains(&action) {
                self.duplicate(&at.index(index), given.as_str().unwrap_or_default());
            }
            actions.push(action);
        }
        if list.is_none_or(<[Value]>::is_empty) {
            let help = "say what is done about violations: `Deny`, `Warn`, `Audit`";
            self.fault(&at, "`validationActions` must hold at least one", help);
        }
        if actions.contains(&Action::Deny) && actions.contains(&Action::Warn) {
            let help = "a refusal tells what the warning would: take `Warn` away";
            self.fault(&at, "`Deny` and `Warn` must not stand together", help);
        }
        actions
    }
}
