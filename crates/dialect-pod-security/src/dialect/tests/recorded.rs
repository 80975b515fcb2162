//! What the plugin of a real API server said (`tests/golden/pod-security`) is said here: refusals
//! and warnings as whole texts in their order, audit annotations, changed labels of namespaces.

use super::policy;
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_policy::{
    Action, Budget, CompiledPolicy, EvalContext, Inventory, InventoryKey, KubernetesVersion,
    Operation, Outcome, Reads, Request, Shared, Target, UserInfo, Violation,
};
use sekisho_value::{Map, Value, from_json};
use std::path::Path;

const PREFIX: &str = "pod-security.kubernetes.io/";

/// The namespaces and pods that a server had.
#[derive(Default)]
struct Cluster(Vec<Value>);

impl Cluster {
    fn of<'a>(&'a self, key: &'a InventoryKey) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(|object| {
            let namespace = object.path_str(&["metadata", "namespace"]).unwrap_or_default();
            object.path_str(&["kind"]) == Some(&key.kind) && namespace == key.namespace
        })
    }
}

impl Inventory for Cluster {
    fn get(&self, key: &InventoryKey) -> Option<Value> {
        self.of(key).find(|of| of.path_str(&["metadata", "name"]) == Some(&key.name)).cloned()
    }

    fn list(&self, range: &InventoryKey) -> Vec<Value> {
        self.of(range).cloned().collect()
    }

    fn is_complete(&self) -> bool {
        true
    }
}

/// A file's header and cases.
fn file(name: &str) -> (Value, Vec<Value>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/pod-security");
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let mut lines = text.lines().map(|line| from_json(line).unwrap());
    (lines.next().unwrap(), lines.collect())
}

/// The version of the server that was asked.
fn target(header: &Value) -> Target {
    let version = header.path_str(&["server"]).unwrap();
    let minor = version.split('.').nth(1).unwrap().parse().unwrap();
    Target { kubernetes_version: KubernetesVersion { minor }, ..Target::default() }
}

fn request(schemas: &Schemas, case: &Value, user: &str) -> Request {
    let stored = schemas.store(case.get("given").unwrap());
    let before = case.get("before").map(|before| schemas.store(before).object);
    let namespace = stored.object.path_str(&["metadata", "namespace"]).unwrap_or("default");
    let is_namespace = stored.object.path_str(&["kind"]) == Some("Namespace");
    Request {
        gvk: Gvk::of(&stored.object).unwrap(),
        resource: "".into(),
        subresource: "".into(),
        name: stored.object.path_str(&["metadata", "name"]).unwrap().into(),
        namespace: (!is_namespace).then(|| namespace.into()),
        operation: if before.is_some() { Operation::Update } else { Operation::Create },
        user: UserInfo { username: user.to_owned(), ..UserInfo::default() },
        object: stored.object,
        old_object: before.unwrap_or(Value::Null),
        dry_run: true,
        ..Request::default()
    }
}

/// The texts of an action, one for each name of a policy.
fn texts(policy: &CompiledPolicy, outcome: &Outcome, action: Action) -> Vec<String> {
    let of = |violation: &&Violation| violation.action.unwrap_or(policy.action) == action;
    let violations: Vec<&Violation> = outcome.violations.iter().filter(of).collect();
    let Some(first) = violations.first() else { return Vec::new() };
    let name = first.policy.as_deref().unwrap_or(&policy.name);
    vec![match action {
        Action::Deny => policy.evaluate.refusal(name, &violations),
        _ => policy.evaluate.warning(name, &violations),
    }]
}

/// What the server said, and what is said here, of one case.
fn compare(policy: &CompiledPolicy, case: &Value, outcome: &Outcome) -> Result<(), String> {
    let strings = |path: &[&str]| -> Vec<String> {
        let list = case.path(path).and_then(Value::as_array).unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    // Behind `pods "x" is forbidden: ` or `Namespace "x" is invalid: `.
    let refused = case.path_str(&["answer", "message"]);
    let refused = refused.map(|message| message.split_once(": ").unwrap().1.to_owned());
    let denied = texts(policy, outcome, Action::Deny);
    if denied.first() != refused.as_ref() {
        return Err(format!("refused: {refused:?}, here: {denied:?}"));
    }
    // Others warn, too: of deprecated annotations and the like.
    let is_ours = |text: &String| {
        case.path_str(&["given", "kind"]) == Some("Namespace") || text.contains("PodSecurity")
    };
    let warned: Vec<String> =
        strings(&["answer", "warnings"]).into_iter().filter(is_ours).collect();
    let warnings = [texts(policy, outcome, Action::Warn), outcome.warnings.clone()].concat();
    if warnings != warned {
        return Err(format!("warned: {warned:?}, here: {warnings:?}"));
    }
    let recorded = case.path(&["answer", "audit"]).and_then(Value::as_object).cloned();
    let annotations = outcome.annotations.iter();
    let annotations: Map = annotations
        .map(|(key, value)| (key.strip_prefix(PREFIX).unwrap(), Value::from(value.as_str())))
        .collect();
    let recorded = recorded.unwrap_or_default();
    if annotations != recorded {
        return Err(format!("recorded: {recorded:?}, here: {annotations:?}"));
    }
    Ok(())
}

/// Judges the cases of a file by a configuration, and gives how many there were.
fn replay(name: &str, configuration: Option<&str>) -> usize {
    let schemas = Schemas::builtin();
    let (header, cases) = file(name);
    let own = header.get("configuration").map(Value::to_json);
    let policy = policy(own.as_deref().or(configuration).unwrap());
    let target = target(&header);
    let pods = header.get("pods").and_then(Value::as_array).unwrap_or_default();
    let pods = pods.iter().flat_map(|pods| pods.as_array().unwrap());
    let pods: Vec<Value> = pods.map(|pod| schemas.store(pod).object).collect();
    let mut wrong = Vec::new();
    for case in &cases {
        let request = request(&schemas, case, case.path_str(&["user"]).unwrap_or("admin"));
        let mut cluster = Cluster(pods.clone());
        if let (Some(labels), Some(name)) = (case.get("labels"), &request.namespace) {
            cluster.0.push(namespace(name, labels));
        }
        if !policy.matcher.matches(&request) {
            assert_eq!(request.gvk.kind, "ConfigMap");
            continue;
        }
        let (inventory, budget) = (Reads::new(&cluster), Budget::standard());
        let context = EvalContext {
            request: &request,
            inventory: &inventory,
            target: &target,
            schemas: &Schemas::builtin(),
            budget: &budget,
            now: jiff::Timestamp::UNIX_EPOCH,
            shared: &Shared::default(),
        };
        let outcome = policy.evaluate.evaluate(&context).unwrap();
        if let Err(why) = compare(&policy, case, &outcome) {
            wrong.push(format!("{}: {why}", case.path_str(&["name"]).unwrap()));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    cases.len()
}

/// A namespace with labels that are given without their prefix.
fn namespace(name: &str, labels: &Value) -> Value {
    let labels: Map = labels
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (format!("{PREFIX}{key}"), value.clone()))
        .collect();
    let metadata = Map::from_iter([("name", Value::from(name)), ("labels", labels.into())]);
    Map::from_iter([("kind", Value::from("Namespace")), ("metadata", metadata.into())]).into()
}

/// A server's own: nothing but labels holds.
const NONE: &str = "apiVersion: pod-security.admission.config.k8s.io/v1
kind: PodSecurityConfiguration
";

#[test]
fn channels_say_what_the_server_says() {
    assert!(replay("channels.jsonl", Some(NONE)) > 500);
}

#[test]
fn namespaces_are_told_what_the_server_tells() {
    assert!(replay("namespaces.jsonl", Some(NONE)) > 100);
}

#[test]
fn exempt_are_whom_the_server_exempts() {
    assert!(replay("exemptions.jsonl", None) > 80);
}
