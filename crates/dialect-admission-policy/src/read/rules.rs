//! `matchConstraints` and `matchResources`.
//!
//! Source of the rules: `validateMatchResources` of Kubernetes' `admissionregistration/validation`.

use super::resources::Named;
use super::{Reader, names};
use crate::matching::{MatchResources, ResourceRule, Scope};
use sekisho_kube_model::LabelSelector;
use sekisho_policy::{Operation, OperationSet};
use sekisho_value::{Pointer, Str, Value};
use std::collections::HashSet;

const OPERATIONS: [Operation; 4] =
    [Operation::Create, Operation::Update, Operation::Delete, Operation::Connect];

impl Reader<'_> {
    /// A `MatchResources`, defaults included.
    pub(super) fn match_resources(&mut self, value: &Value, at: &Pointer) -> MatchResources {
        let equivalent = match value.path_str(&["matchPolicy"]) {
            Some("Exact") => false,
            Some("Equivalent") | None => true,
            Some(other) => {
                let at = at.key("matchPolicy");
                self.not_supported(&at, other, &["Equivalent", "Exact"]);
                true
            }
        };
        MatchResources {
            namespace_selector: self.selector(value, at, "namespaceSelector"),
            object_selector: self.selector(value, at, "objectSelector"),
            rules: self.resource_rules(value, at, "resourceRules"),
            excluded: self.resource_rules(value, at, "excludeResourceRules"),
            equivalent,
        }
    }

    pub(super) fn selector(&mut self, value: &Value, at: &Pointer, key: &str) -> LabelSelector {
        match LabelSelector::compile(value.get(key).unwrap_or(&Value::Null)) {
            Ok(selector) => selector,
            Err(error) => {
                let at = at.key(key).join(&error.pointer);
                let help = "labels are selected by `matchLabels` and `matchExpressions`";
                self.fault(&at, error.message, help);
                LabelSelector::default()
            }
        }
    }

    fn resource_rules(&mut self, value: &Value, at: &Pointer, key: &str) -> Vec<ResourceRule> {
        let at = at.key(key);
        let list = value.get(key).and_then(Value::as_array).unwrap_or_default();
        list.iter().enumerate().map(|(index, rule)| self.rule(rule, &at.index(index))).collect()
    }

    fn rule(&mut self, rule: &Value, at: &Pointer) -> ResourceRule {
        let names = texts(rule, "resourceNames");
        let mut seen = HashSet::new();
        for (index, name) in names.iter().enumerate() {
            let at = at.key("resourceNames").index(index);
            if !names::is_path_segment(name) {
                let message = format!("`{name}` cannot be the name of an object");
                self.fault(&at, message, "a name is not `.` or `..`, and has neither `/` nor `%`");
            }
            if !seen.insert(name) {
                self.duplicate(&at, name);
            }
        }
        let operations = self.operations(rule, at);
        let groups = self.wanted(rule, at, "apiGroups", true);
        let versions = self.wanted(rule, at, "apiVersions", false);
        let resources = self.wanted(rule, at, "resources", false);
        self.resources(&resources, &at.key("resources"));
        let scope = match rule.path_str(&["scope"]) {
            Some("Cluster") => Scope::Cluster,
            Some("Namespaced") => Scope::Namespaced,
            Some("*") | None => Scope::Any,
            Some(other) => {
                self.not_supported(&at.key("scope"), other, &["*", "Cluster", "Namespaced"]);
                Scope::Any
            }
        };
        let named = Named { groups: &groups, versions: &versions, resources: &resources, scope };
        self.known_resources(&named, at);
        let split = |resource: &Str| match resource.split_once('/') {
            Some((resource, subresource)) => (resource.into(), subresource.into()),
            None => (resource.clone(), Str::default()),
        };
        let resources = resources.iter().map(split).collect();
        ResourceRule { groups, versions, resources, operations, scope, names }
    }

    /// The texts of a list that must not be empty, nor name anything beside `*`.
    fn wanted(&mut self, rule: &Value, at: &Pointer, key: &str, may_be_empty: bool) -> Vec<Str> {
        let at = at.key(key);
        let list = texts(rule, key);
        if list.is_empty() {
            self.fault(&at, format!("`{key}` must name at least one"), "`*` names all");
        }
        for (index, text) in list.iter().enumerate() {
            if text.is_empty() && !may_be_empty {
                self.fault(&at.index(index), format!("an empty text in `{key}`"), "`*` names all");
            }
        }
        if key != "resources" && list.len() > 1 && list.iter().any(|text| text == "*") {
            self.fault(&at, format!("`{key}` names others beside `*`"), "`*` names all");
        }
        list
    }

    fn operations(&mut self, rule: &Value, at: &Pointer) -> OperationSet {
        let at = at.key("operations");
        let list = texts(rule, "operations");
        if list.is_empty() {
            self.fault(&at, "`operations` must name at least one", "`*` names all");
        }
        if list.len() > 1 && list.iter().any(|text| text == "*") {
            self.fault(&at, "`operations` names others beside `*`", "`*` names all");
        }
        let mut set = OperationSet::NONE;
        for (index, text) in list.iter().enumerate() {
            match OPERATIONS.into_iter().find(|operation| operation.as_str() == text) {
                Some(operation) => set = set.with(operation),
                None if text == "*" => set = OperationSet::ALL,
                None => {
                    let all = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
                    self.not_supported(&at.index(index), text, &all);
                }
            }
        }
        set
    }

    /// What must not stand beside each other among resources.
    fn resources(&mut self, resources: &[Str], at: &Pointer) {
        const HELP: &str = "take one of the two away";
        let mut of_resource: HashSet<&str> = HashSet::new();
        let mut of_subresource: HashSet<&str> = HashSet::new();
        let mut plain = false;
        for (index, text) in resources.iter().enumerate() {
            if text.is_empty() {
                continue;
            }
            let Some((resource, subresource)) = text.split_once('/') else {
                plain = text != "*";
                continue;
            };
            let at = at.index(index);
            for (known, star) in [
                (of_resource.contains(resource), format!("{resource}/*")),
                (of_subresource.contains(subresource), format!("*/{subresource}")),
            ] {
                if known {
                    self.fault(&at, format!("`{text}` stands beside `{star}`"), HELP);
                }
            }
            if subresource == "*" {
                of_resource.insert(resource);
            }
            if resource == "*" {
                of_subresource.insert(subresource);
            }
        }
        let has = |wanted: &str| resources.iter().any(|text| text == wanted);
        if resources.len() > 1 && has("*/*") {
            self.fault(at, "`*/*` stands beside other resources", HELP);
        }
        if has("*") && plain {
            self.fault(at, "`*` stands beside other resources without subresources", HELP);
        }
    }
}

/// The texts of a list; none where there is no list.
pub(super) fn texts(value: &Value, key: &str) -> Vec<Str> {
    let list = value.get(key).and_then(Value::as_array).unwrap_or_default();
    list.iter().map(|text| text.as_str().unwrap_or_default().into()).collect()
}
