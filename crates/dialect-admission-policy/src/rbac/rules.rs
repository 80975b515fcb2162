//! What a role allows.

use sekisho_cel::kubernetes::{Attributes, What};
use sekisho_value::{Str, Value};

/// One of a role's `rules`.
#[derive(Clone, Debug, Default)]
pub(super) struct Rule {
    verbs: Vec<Str>,
    groups: Vec<Str>,
    resources: Vec<Str>,
    names: Vec<Str>,
    paths: Vec<Str>,
}

/// The rules of a role.
pub(super) fn of(role: &Value) -> Vec<Rule> {
    let rules = role.get("rules").and_then(Value::as_array).unwrap_or_default();
    rules.iter().map(Rule::read).collect()
}

impl Rule {
    fn read(rule: &Value) -> Self {
        let texts = |key: &str| {
            let list = rule.get(key).and_then(Value::as_array).unwrap_or_default();
            list.iter().filter_map(Value::as_str).map(Str::new).collect()
        };
        Self {
            verbs: texts("verbs"),
            groups: texts("apiGroups"),
            resources: texts("resources"),
            names: texts("resourceNames"),
            paths: texts("nonResourceURLs"),
        }
    }

    pub(super) fn everything() -> Self {
        let all = || vec![Str::new_static("*")];
        Self { verbs: all(), groups: all(), resources: all(), names: Vec::new(), paths: all() }
    }

    pub(super) fn allows(&self, attributes: &Attributes<'_>) -> bool {
        match attributes.what {
            What::Path(path) => listed(&self.verbs, attributes.verb) && self.allows_path(path),
            What::Resource(asked) => {
                listed(&self.verbs, attributes.verb)
                    && listed(&self.groups, &asked.group)
                    && self.allows_resource(&asked.resource, &asked.subresource)
                    && (self.names.is_empty() || self.names.iter().any(|n| *n == asked.name))
            }
        }
    }

    fn allows_path(&self, path: &str) -> bool {
        self.paths.iter().any(|allowed| {
            allowed == path
                || allowed == "*"
                || allowed.strip_suffix('*').is_some_and(|start| path.starts_with(start))
        })
    }

    fn allows_resource(&self, resource: &str, subresource: &str) -> bool {
        self.resources.iter().any(|allowed| match (allowed.as_str(), subresource) {
            ("*", _) => true,
            (allowed, "") => allowed == resource,
            (allowed, _) => allowed
                .split_once('/')
                .is_some_and(|(of, sub)| sub == subresource && (of == resource || of == "*")),
        })
    }
}

fn listed(list: &[Str], wanted: &str) -> bool {
    list.iter().any(|one| one == "*" || one == wanted)
}
