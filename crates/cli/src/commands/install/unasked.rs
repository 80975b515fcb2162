//! Policies that would have nothing to say, since API servers do not ask the webhooks.

use crate::output;
use sekisho_engine::PolicySet;
use sekisho_install::asks;
use sekisho_kube_model::Schemas;
use sekisho_manifest::{Document, ReadOptions, read};
use sekisho_policy::BundleFile;
use sekisho_value::Value;

/// Tells of policies about deletions where the API server would not ask about any.
pub(super) fn deletions(values: &Value, files: &[BundleFile]) {
    let asked = values.path(&["webhooks", "deletions"]).and_then(Value::as_bool) == Some(true);
    let speaks = |file: &&BundleFile| {
        let text = String::from_utf8_lossy(&file.bytes);
        ["\"DELETE\"", "'DELETE'", "- DELETE", "[DELETE"].iter().any(|part| text.contains(part))
    };
    if let Some(file) = files.iter().filter(|_| !asked).find(speaks) {
        output::note(&format!(
            "note: {} speaks of DELETE, and deletions are not asked about: see `webhooks.deletions`",
            file.path
        ));
    }
}

/// Tells of policies that mutate objects where the API server would not ask for changes.
pub(super) fn mutations(values: &Value, set: &PolicySet) {
    let asked = values.path(&["webhooks", "mutating", "enabled"]).and_then(Value::as_bool);
    let mut mutating = set.mutating().filter(|_| asked != Some(true));
    if let Some(first) = mutating.next() {
        let more = match mutating.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        output::note(&format!(
            "note: `{first}`{more} would mutate objects, and changes are not asked for: see \
             `webhooks.mutating.enabled`"
        ));
    }
}

/// Tells of policies about resources that the API server would not ask about.
pub(super) fn resources(values: &Value, files: &[BundleFile]) {
    for file in files {
        let read = read(&file.path, &*file.bytes, &ReadOptions::default());
        let about = read.documents.iter().flat_map(named_resources);
        let unasked = |one: &Named| !one.operations.iter().any(|o| one.is_asked(values, o));
        if let Some(Named { group, resource, .. }) = about.into_iter().find(unasked) {
            let of_group = if group.is_empty() { group } else { format!(" of `{group}`") };
            output::note(&format!(
                "note: {} is about `{resource}`{of_group}, which is not asked about: see `rules` and \
                 `matchConditions` of `webhooks.advisory`",
                file.path
            ));
        }
    }
}

/// A resource that a policy names.
struct Named {
    group: String,
    resource: String,
    operations: Vec<String>,
}

impl Named {
    /// Deletions are told of apart.
    fn is_asked(&self, values: &Value, operation: &str) -> bool {
        operation == "DELETE" || asks(values, &self.group, &self.resource, operation)
    }
}

/// What a policy is about, as far as it names it.
fn named_resources(policy: &Document) -> Vec<Named> {
    let (api_version, at) = (policy.api_version(), |path: &[&str]| list(&policy.value, path));
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    match (group, policy.kind()) {
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => {
            let rules = at(&["spec", "matchConstraints", "resourceRules"]);
            rules.iter().flat_map(|rule| pairs(rule, "resources", of_rule)).collect()
        }
        ("constraints.gatekeeper.sh", _) => {
            let kinds = at(&["spec", "match", "kinds"]);
            kinds.iter().flat_map(|kinds| pairs(kinds, "kinds", of_kind)).collect()
        }
        _ => Vec::new(),
    }
}

/// What is made of each group with each name beside it.
fn pairs(rule: &Value, key: &str, of: fn(&Value, &str, &str) -> Option<Named>) -> Vec<Named> {
    let (groups, names) = (list(rule, &["apiGroups"]), list(rule, &[key]));
    let texts = |of: &'_ [Value]| -> Vec<String> {
        of.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (groups, names) = (texts(groups), texts(names));
    let each = groups.iter().flat_map(|group| names.iter().map(move |name| (group, name)));
    each.filter_map(|(group, name)| of(rule, group, name)).collect()
}

fn of_rule(rule: &Value, group: &str, resource: &str) -> Option<Named> {
    let operations = list(rule, &["operations"]).iter().filter_map(Value::as_str);
    let operations = operations.flat_map(|one| match one {
        "*" => vec!["CREATE", "UPDATE", "CONNECT"],
        one => vec![one],
    });
    let operations = operations.map(str::to_owned).collect();
    let is_named = group != "*" && !resource.contains('*');
    is_named.then(|| Named { group: group.to_owned(), resource: resource.to_owned(), operations })
}

/// Of kinds that are built in, the resource is known.
fn of_kind(_: &Value, group: &str, kind: &str) -> Option<Named> {
    let schemas = Schemas::builtin();
    let mut known = schemas.kinds().filter(|one| one.group() == group && one.kind() == kind);
    let resource = known.find_map(|kind| kind.gvr())?.resource.to_string();
    let operations = vec!["CREATE".to_owned(), "UPDATE".to_owned()];
    Some(Named { group: group.to_owned(), resource, operations })
}

fn list<'v>(of: &'v Value, path: &[&str]) -> &'v [Value] {
    of.path(path).and_then(Value::as_array).unwrap_or_default()
}
