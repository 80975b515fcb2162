//! What Gatekeeper keeps of a cluster for `data.inventory`: the kinds that its Config and SyncSets
//! name, all together.
//!
//! Source of the rules: `pkg/controller/config` and `pkg/controller/syncset` of Gatekeeper.

use crate::config;
use sekisho_policy::{KindNeeded, PolicyDocument};
use sekisho_value::Value;

pub(crate) const GROUP: &str = "syncset.gatekeeper.sh";
pub(crate) const KIND: &str = "SyncSet";

/// The kinds that documents name.
pub(crate) fn needs(documents: &[PolicyDocument<'_>]) -> Vec<KindNeeded> {
    let named = |policy: &PolicyDocument<'_>| {
        let document = policy.document;
        let group = document.api_version().split_once('/').map_or("", |(group, _)| group);
        let path: &[&str] = match (group, document.kind()) {
            (config::GROUP, config::KIND) => &["spec", "sync", "syncOnly"],
            (GROUP, KIND) => &["spec", "gvks"],
            _ => return Vec::new(),
        };
        let kinds = document.value.path(path).and_then(Value::as_array).unwrap_or_default();
        kinds.iter().map(kind).collect()
    };
    documents.iter().flat_map(named).filter(|need| !need.kind.is_empty()).collect()
}

fn kind(named: &Value) -> KindNeeded {
    let text = |key: &str| named.path_str(&[key]).unwrap_or_default().into();
    let (group, version, kind) = (text("group"), text("version"), text("kind"));
    KindNeeded { group, version, kind, offline: false }
}

#[cfg(test)]
mod tests {
    use super::needs;
    use sekisho_manifest::{ReadOptions, read};
    use sekisho_policy::{Digest, PolicyDocument};

    #[test]
    fn config_and_sync_sets_name_kinds() {
        let text = "\
apiVersion: config.gatekeeper.sh/v1alpha1
kind: Config
metadata: {name: config}
spec: {sync: {syncOnly: [{group: '', version: v1, kind: Namespace}]}}
---
apiVersion: syncset.gatekeeper.sh/v1alpha1
kind: SyncSet
metadata: {name: s}
spec: {gvks: [{group: apps, version: v1, kind: Deployment}, {}]}
---
apiVersion: syncset.gatekeeper.sh/v1alpha1
kind: SyncSet
metadata: {name: empty}
";
        let read = read("f", text.as_bytes(), &ReadOptions::default());
        let document = |document| PolicyDocument { document, digest: Digest::of([]), origin: "" };
        let documents: Vec<_> = read.documents.iter().map(document).collect();
        let found: Vec<String> = needs(&documents)
            .iter()
            .map(|need| format!("{}/{}/{}", need.group, need.version, need.kind))
            .collect();
        assert_eq!(found, ["/v1/Namespace", "apps/v1/Deployment"]);
    }
}
