//! What was there when a scenario's requests were sent.

use sekisho_dialect_admission_policy::AdmissionPolicy;
use sekisho_engine::{BuildOptions, Judge, MemoryInventory, PolicySet};
use sekisho_kube_model::Schemas;
use sekisho_policy::{Bundle, BundleFile, Dialect as _, KubernetesVersion, Target, UserInfo};
use sekisho_report::Diagnostic;
use sekisho_value::{Map, Value, from_json};
use std::collections::BTreeMap;

/// Of the roles that every cluster has, those that scenarios ask about.
const ROLES: [&str; 2] = [
    r#"{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "system:public-info-viewer"}, "rules": [{"verbs": ["get"],
        "nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version", "/version/"]}]}"#,
    r#"{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "system:public-info-viewer"},
        "roleRef": {"kind": "ClusterRole", "name": "system:public-info-viewer"},
        "subjects": [{"kind": "Group", "name": "system:authenticated"}]}"#,
];

/// The policies of a scenario, compiled, and the objects that were there.
pub(crate) struct Scene {
    manifests: Vec<Value>,
    said: Value,
    pub(crate) set: PolicySet,
    diagnostics: Vec<Diagnostic>,
    schemas: Schemas,
    inventory: MemoryInventory,
    /// who asks, where a case does not say
    pub(crate) user: UserInfo,
    /// the server took policies, bindings and parameters in any order
    pub(crate) unordered: bool,
}

impl Scene {
    pub(crate) fn of(header: &Value, scenario: &Value) -> Self {
        let manifests = scenario.get("manifests").and_then(Value::as_array).unwrap().to_vec();
        let minor = header.path_str(&["server"]).unwrap().split('.').nth(1).unwrap();
        let target = Target {
            kubernetes_version: KubernetesVersion { minor: minor.parse().unwrap() },
            ..Target::default()
        };
        let file = |(index, manifest): (usize, &Value)| BundleFile {
            path: format!("{index:03}.json").into(),
            bytes: manifest.to_json().as_bytes().into(),
        };
        let bundle = Bundle::anonymous(manifests.iter().enumerate().map(file).collect());
        let options = BuildOptions {
            dialects: &[&AdmissionPolicy],
            unsupported: |_, _| None,
            target: &target,
            strict: false,
        };
        let (set, diagnostics) = PolicySet::build(&bundle, &options);
        let (schemas, problems) = Schemas::with_crds(&manifests);
        assert!(problems.is_empty(), "{problems:?}");
        let mut inventory = MemoryInventory::complete();
        for object in ROLES {
            inventory.insert(from_json(object).unwrap());
        }
        let cases = scenario.get("cases").and_then(Value::as_array).unwrap();
        let old = cases.iter().filter_map(|case| case.get("oldObject"));
        for object in manifests.iter().chain(old) {
            // What names no namespace is in the scenario's.
            let name = scenario.path_str(&["name"]).unwrap();
            let mut stored = schemas.create(object, name).decoded.object;
            if object.path_str(&["kind"]) == Some("Namespace") {
                live(&mut stored);
            }
            inventory.insert(stored);
        }
        Self {
            said: scenario.get("policies").cloned().unwrap_or_default(),
            set,
            diagnostics,
            schemas,
            inventory,
            // The recorder's admin has its name as its unique id.
            user: UserInfo { uid: "admin".to_owned(), ..user(header.get("user").unwrap()) },
            unordered: scenario.get("unordered").is_some(),
            manifests,
        }
    }

    pub(crate) fn judge(&self) -> Judge<'_> {
        Judge {
            inventory: &self.inventory,
            schemas: &self.schemas,
            now: jiff::Timestamp::UNIX_EPOCH,
            implied: false,
            record: false,
            cancelled: None,
        }
    }

    pub(crate) fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    fn of_policies(&self) -> impl Iterator<Item = &Value> {
        let kind = |object: &Value| object.path_str(&["kind"]).unwrap_or_default().to_owned();
        self.manifests.iter().filter(move |object| kind(object).ends_with("AdmissionPolicy"))
    }

    /// How many policies there are.
    pub(crate) fn policies(&self) -> usize {
        self.of_policies().count()
    }

    /// The policy that each binding names, by the binding's name.
    pub(crate) fn bound(&self) -> BTreeMap<&str, &str> {
        self.manifests
            .iter()
            .filter_map(|object| {
                let policy = object.path_str(&["spec", "policyName"])?;
                Some((object.path_str(&["metadata", "name"])?, policy))
            })
            .collect()
    }

    /// Whether a policy of another scenario is named.
    pub(crate) fn is_foreign(&self, message: &str) -> bool {
        let name = message.split('\'').nth(1);
        let own = |policy: &Value| policy.path_str(&["metadata", "name"]) == name;
        message.contains(" denied request: ") && !self.of_policies().any(own)
    }

    /// Where the server finds other types wrong than we do.
    pub(crate) fn typed(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for policy in self.of_policies() {
            let (kind, name) = (policy.path_str(&["kind"]).unwrap(), self.name_of(policy));
            let theirs = self.said.path(&[&format!("{kind}/{name}"), "typeChecking"]);
            let theirs = theirs.and_then(Value::as_array).unwrap_or_default();
            let theirs: BTreeMap<String, &str> = theirs
                .iter()
                .map(|one| {
                    let at = one.path_str(&["fieldRef"]).unwrap().replace(['.', '['], "/");
                    let at = format!("/{}", at.replace(']', ""));
                    (at, one.path_str(&["warning"]).unwrap())
                })
                .collect();
            let ours: BTreeMap<String, &str> = self
                .set
                .advice()
                .iter()
                .filter(|advice| advice.rule.id == "admission-policy/type-checking")
                .filter(|advice| advice.policy.as_str().ends_with(&format!("/{kind}/{name}")))
                .map(|advice| (advice.pointer.as_str().to_owned(), advice.message.as_str()))
                .collect();
            // The server's text shows the expression, too, and says each thing for each kind.
            let told = |message: &&str| {
                let words = message.split(" (of ").next().unwrap_or_default();
                words.split("; ").map(str::to_owned).collect::<Vec<_>>()
            };
            let same = theirs.len() == ours.len()
                && theirs.iter().all(|(at, text)| {
                    ours.get(at).is_some_and(|own| told(own).iter().all(|word| text.contains(word)))
                });
            if !same {
                wrong.push(format!("{name}: types: server: {theirs:?}\n    here: {ours:?}"));
            }
        }
        wrong
    }

    fn name_of<'v>(&self, policy: &'v Value) -> &'v str {
        policy.path_str(&["metadata", "name"]).unwrap_or_default()
    }

    /// Where the server refuses other policies than we do.
    pub(crate) fn refusals(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (index, manifest) in self.manifests.iter().enumerate() {
            let kind = manifest.path_str(&["kind"]).unwrap();
            let group = manifest.path_str(&["apiVersion"]).unwrap().split_once('/');
            if !AdmissionPolicy.reads(group.map_or("", |(group, _)| group), kind) {
                continue;
            }
            let name = manifest.path_str(&["metadata", "name"]).unwrap_or_default();
            let key = format!("{kind}/{name}");
            let refused = self.said.path(&[&key, "code"]).is_some();
            let file = format!("{index:03}.json");
            let ours: Vec<&str> = self
                .diagnostics
                .iter()
                .filter(|told| told.file.as_deref() == Some(&file))
                .map(|told| told.message.as_str())
                .collect();
            // A binding of a policy that is refused is in order, and does nothing.
            let of_refused = manifest.path_str(&["spec", "policyName"]).is_some_and(|policy| {
                let kind = kind.trim_end_matches("Binding");
                self.said.path(&[&format!("{kind}/{policy}"), "code"]).is_some()
            });
            let absent = ours.iter().all(|told| told.contains("there is no policy"));
            if refused && ours.is_empty() || !refused && !of_refused && !absent {
                let theirs = self.said.path_str(&[&key, "message"]);
                wrong.push(format!("{key}: refused: {theirs:?}, here: {ours:?}"));
            }
        }
        wrong
    }
}

/// What every stored namespace has.
fn live(namespace: &mut Value) {
    let name = namespace.path_str(&["metadata", "name"]).unwrap_or_default().to_owned();
    let metadata = namespace.get_mut("metadata").and_then(Value::as_object_mut).unwrap();
    metadata.insert("resourceVersion", "1");
    let labels = metadata.get_or_insert_with("labels", Value::object);
    labels.as_object_mut().unwrap().insert("kubernetes.io/metadata.name", name);
    let status = Map::from_iter([("phase", "Active")]);
    namespace.as_object_mut().unwrap().insert("status", Value::Object(status));
}

pub(crate) fn user(user: &Value) -> UserInfo {
    let texts = |value: Option<&Value>| -> Vec<String> {
        let list = value.and_then(Value::as_array).unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let extra = user.get("extra").and_then(Value::as_object);
    UserInfo {
        username: user.path_str(&["username"]).unwrap_or_default().to_owned(),
        uid: user.path_str(&["uid"]).unwrap_or_default().to_owned(),
        groups: texts(user.get("groups")),
        extra: extra
            .map(|extra| {
                extra.iter().map(|(key, value)| (key.to_string(), texts(Some(value)))).collect()
            })
            .unwrap_or_default(),
    }
}
