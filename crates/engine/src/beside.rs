//! Objects that stand beside policies, for them to look up: parameters, roles, namespaces.

use sekisho_kube_model::Gvk;
use sekisho_manifest::Document;
use sekisho_policy::KindNeeded;
use sekisho_report::{Diagnostic, Skipped};
use sekisho_value::Pointer;
use std::collections::{BTreeSet, HashMap};

/// What is looked up by others than policies.
const BY_OTHERS: [(&str, &str); 3] = [
    ("", "Namespace"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("scheduling.k8s.io", "PriorityClass"),
];

fn is_needed(needs: &BTreeSet<KindNeeded>, gvk: &Gvk) -> bool {
    needs.iter().any(|needed| needed.group == gvk.group && needed.kind == gvk.kind)
}

/// The errors of objects that policies look up and that stand twice with different contents: which
/// of them counts would be for the order of files to say. What stands twice in `before` alone was
/// told already.
pub(crate) fn twice(
    before: &[Document],
    documents: &[Document],
    needs: &BTreeSet<KindNeeded>,
) -> Vec<Diagnostic> {
    let mut seen: HashMap<(Gvk, &str, &str), &Document> = HashMap::new();
    let mut errors = Vec::new();
    for (index, document) in before.iter().chain(documents).enumerate() {
        let Some(gvk) = Gvk::of(&document.value).filter(|gvk| is_needed(needs, gvk)) else {
            continue;
        };
        let text = |key: &str| document.value.path_str(&["metadata", key]).unwrap_or_default();
        // An object is the same in whatever version it is written.
        let of_any_version = Gvk::new(gvk.group, "", gvk.kind);
        let name = text("name");
        // A name that is generated is nobody else's.
        if name.is_empty() {
            continue;
        }
        let first = seen.insert((of_any_version, text("namespace"), name), document);
        let Some(first) = first.filter(|first| first.value != document.value) else { continue };
        if index < before.len() {
            continue;
        }
        let at = Pointer::root().keys(&["metadata", "name"]);
        let first = format!("{}:{}", first.source().name, first.locate(&at).line);
        let kind = document.kind();
        let message =
            format!("{kind} `{name}` stands twice with different contents, here and in `{first}`");
        let place = document.locate(&at);
        let file = document.source().name.clone();
        let error = Diagnostic::at(file, place.line, place.column, message);
        errors.push(error.with_help("policies look it up: take one away"));
    }
    errors
}

/// The objects that nothing looks up.
pub(crate) fn idle(documents: &[Document], needs: &BTreeSet<KindNeeded>) -> Vec<Skipped> {
    let is_idle = |document: &&Document| match Gvk::of(&document.value) {
        Some(gvk) => {
            !is_needed(needs, &gvk) && !BY_OTHERS.iter().any(|(group, kind)| gvk.is(group, kind))
        }
        None => true,
    };
    let skipped = |document: &Document| Skipped {
        file: document.source().name.clone(),
        line: document.locate(&Pointer::root()).line,
        reason: "no policy, and no policy looks up its kind".to_owned(),
    };
    documents.iter().filter(is_idle).map(skipped).collect()
}
