//! What the admission plugin does, request by request; the expectations are upstream's behaviour.

mod namespace;

use super::Admission;
use crate::channels::Channels;
use crate::exemptions::Exemptions;
use crate::level::{Level, LevelVersion, Version};
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_policy::{
    Action, Budget, EvalContext, EvalError, Evaluate, Inventory, InventoryKey, Operation, Outcome,
    Reads, Request, Shared, Target, UserInfo, Violation,
};
use sekisho_value::{Value, from_json};

/// A namespace `ns` with labels, and its pods.
#[derive(Default)]
struct Cluster {
    labels: &'static str,
    pods: Vec<Value>,
}

impl Inventory for Cluster {
    fn get(&self, key: &InventoryKey) -> Option<Value> {
        (key.kind == "Namespace" && key.name == "ns").then(|| namespace(self.labels))
    }

    fn list(&self, range: &InventoryKey) -> Vec<Value> {
        assert_eq!((range.kind.as_str(), range.namespace.as_str()), ("Pod", "ns"));
        self.pods.clone()
    }

    fn is_complete(&self) -> bool {
        true
    }
}

/// The namespace `ns`; labels are `enforce=baseline warn-version=v1.20`.
fn namespace(labels: &str) -> Value {
    let labels: Vec<String> = labels
        .split_whitespace()
        .filter_map(|label| label.split_once('='))
        .map(|(key, value)| format!(r#""pod-security.kubernetes.io/{key}":"{value}""#))
        .collect();
    json(&format!(r#"{{"metadata":{{"name":"ns","labels":{{{}}}}}}}"#, labels.join(",")))
}

fn json(text: &str) -> Value {
    from_json(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn request(group: &str, kind: &str, operation: Operation, object: Value, old: Value) -> Request {
    Request {
        gvk: Gvk::new(group, "v1", kind),
        resource: "".into(),
        subresource: "".into(),
        name: "p".into(),
        namespace: Some("ns".into()),
        operation,
        user: UserInfo { username: "alice".to_owned(), ..UserInfo::default() },
        object,
        old_object: old,
        dry_run: false,
        ..Request::default()
    }
}

fn pod_request(spec: &str) -> Request {
    let object = json(&format!(r#"{{"metadata":{{"name":"p"}},"spec":{spec}}}"#));
    request("", "Pod", Operation::Create, object, Value::Null)
}

fn level(text: &str) -> LevelVersion {
    let level = Level::parse(text).unwrap();
    LevelVersion { level, version: Version::Latest }
}

fn admission(enforce: &str, audit: &str, warn: &str) -> Admission {
    Admission {
        defaults: Channels { enforce: level(enforce), audit: level(audit), warn: level(warn) },
        exemptions: Exemptions {
            usernames: ["root".to_owned()].into(),
            namespaces: ["exempt".to_owned()].into(),
            runtime_classes: ["kata".to_owned()].into(),
        },
    }
}

fn open() -> Admission {
    admission("privileged", "privileged", "privileged")
}

fn try_evaluate(
    admission: &Admission,
    cluster: &Cluster,
    request: &Request,
) -> Result<Outcome, EvalError> {
    let (target, budget) = (Target::default(), Budget::standard());
    let inventory = Reads::new(cluster);
    let context = EvalContext {
        request,
        inventory: &inventory,
        target: &target,
        schemas: &Schemas::builtin(),
        budget: &budget,
        now: jiff::Timestamp::UNIX_EPOCH,
        shared: &Shared::default(),
    };
    admission.evaluate(&context)
}

fn evaluate(admission: &Admission, cluster: &Cluster, request: &Request) -> Outcome {
    try_evaluate(admission, cluster, request).unwrap()
}

/// `deny baseline:latest hostNamespaces /spec/hostPID`, one a violation.
fn lines(outcome: &Outcome) -> Vec<String> {
    let line = |violation: &Violation| {
        let pointers: Vec<String> = violation.pointers.iter().map(ToString::to_string).collect();
        format!(
            "{} {} {} {}",
            violation.action.unwrap(),
            violation.policy.as_deref().unwrap_or("-"),
            violation.rule,
            pointers.join(" ")
        )
    };
    outcome.violations.iter().map(line).collect()
}

/// The annotations without their common prefix.
fn annotations(outcome: &Outcome) -> Vec<(&str, &str)> {
    let key =
        |key: &'_ str| key.len() - key.strip_prefix("pod-security.kubernetes.io/").unwrap().len();
    let pairs = outcome.annotations.iter();
    pairs.map(|(name, value)| (&name[key(name)..], value.as_str())).collect()
}

const HOST_PID: &str = r#"{"hostPID":true}"#;
/// Violates restricted by one check.
const ROOT: &str = r#"{"securityContext":{"runAsUser":0}}"#;

#[test]
fn each_channel_does_its_own() {
    for (labels, spec, violations, notes) in [
        ("", HOST_PID, vec![], vec![("enforce-policy", "privileged:latest")]),
        (
            "enforce=baseline",
            HOST_PID,
            vec!["deny baseline:latest hostNamespaces /spec/hostPID"],
            vec![("enforce-policy", "baseline:latest")],
        ),
        // Who is refused is not warned; what is recorded is recorded all the same.
        (
            "enforce=baseline enforce-version=v1.20 warn=restricted audit=restricted",
            r#"{"hostPID":true,"securityContext":{"runAsUser":0}}"#,
            vec![
                "deny baseline:v1.20 hostNamespaces /spec/hostPID",
                "audit restricted:latest hostNamespaces /spec/hostPID",
                "audit restricted:latest runAsUser /spec/securityContext/runAsUser",
            ],
            vec![
                ("enforce-policy", "baseline:v1.20"),
                (
                    "audit-violations",
                    "would violate PodSecurity \"restricted:latest\": host namespaces \
                     (hostPID=true), runAsUser=0 (pod must not set runAsUser=0)",
                ),
            ],
        ),
        (
            "enforce=baseline warn=restricted warn-version=v1.30",
            ROOT,
            vec!["warn restricted:v1.30 runAsUser /spec/securityContext/runAsUser"],
            vec![("enforce-policy", "baseline:latest")],
        ),
        // An enforced level is warned of, too, where nothing else is said: controllers show it.
        (
            "enforce=restricted",
            ROOT,
            vec!["deny restricted:latest runAsUser /spec/securityContext/runAsUser"],
            vec![("enforce-policy", "restricted:latest")],
        ),
        ("enforce=restricted", "{}", vec![], vec![("enforce-policy", "restricted:latest")]),
        // Bad labels: closed for enforce, open for the others, and the error is recorded.
        (
            "enforce=strict audit=x",
            ROOT,
            vec!["deny restricted:latest runAsUser /spec/securityContext/runAsUser"],
            vec![
                (
                    "error",
                    "Failed to parse policy: [metadata.labels[pod-security.kubernetes.io/enforce]: \
                     Invalid value: \"strict\": must be one of privileged, baseline, restricted, \
                     metadata.labels[pod-security.kubernetes.io/audit]: Invalid value: \"x\": must \
                     be one of privileged, baseline, restricted]",
                ),
                ("enforce-policy", "restricted:latest"),
            ],
        ),
        // Privileged throughout, but for the error: it is recorded.
        (
            "warn=x",
            ROOT,
            vec![],
            vec![
                (
                    "error",
                    "Failed to parse policy: metadata.labels[pod-security.kubernetes.io/warn]: \
                     Invalid value: \"x\": must be one of privileged, baseline, restricted",
                ),
                ("enforce-policy", "privileged:latest"),
            ],
        ),
    ] {
        let cluster = Cluster { labels, ..Cluster::default() };
        let outcome = evaluate(&open(), &cluster, &pod_request(spec));
        assert_eq!(lines(&outcome), violations, "{labels}");
        assert_eq!(annotations(&outcome), notes, "{labels}");
        assert_eq!(outcome.warnings, [""; 0], "{labels}");
    }
}

#[test]
fn defaults_hold_where_the_namespace_is_not_known() {
    let mut request = pod_request(ROOT);
    for namespace in [Some("other".into()), None] {
        request.namespace = namespace;
        let cluster = Cluster { labels: "enforce=privileged", ..Cluster::default() };
        let outcome =
            evaluate(&admission("baseline", "privileged", "restricted"), &cluster, &request);
        let wanted = ["warn restricted:latest runAsUser /spec/securityContext/runAsUser"];
        assert_eq!(lines(&outcome), wanted);
    }
}

#[test]
fn controllers_are_warned_and_recorded_only() {
    let template = r#"{"metadata":{},"spec":{"hostPID":true}}"#;
    for (group, kind, object, at) in [
        ("", "PodTemplate", format!(r#"{{"template":{template}}}"#), "/template"),
        (
            "",
            "ReplicationController",
            format!(r#"{{"spec":{{"template":{template}}}}}"#),
            "/spec/template",
        ),
        (
            "apps",
            "Deployment",
            format!(r#"{{"spec":{{"template":{template}}}}}"#),
            "/spec/template",
        ),
        (
            "batch",
            "CronJob",
            format!(r#"{{"spec":{{"jobTemplate":{{"spec":{{"template":{template}}}}}}}}}"#),
            "/spec/jobTemplate/spec/template",
        ),
    ] {
        let mut request = request(group, kind, Operation::Create, json(&object), Value::Null);
        let cluster = Cluster { labels: "enforce=baseline audit=baseline", ..Cluster::default() };
        let outcome = evaluate(&open(), &cluster, &request);
        let wanted = [
            format!("warn baseline:latest hostNamespaces {at}/spec/hostPID"),
            format!("audit baseline:latest hostNamespaces {at}/spec/hostPID"),
        ];
        assert_eq!(lines(&outcome), wanted);
        let record =
            "would violate PodSecurity \"baseline:latest\": host namespaces (hostPID=true)";
        assert_eq!(annotations(&outcome), [("audit-violations", record)]);
        request.subresource = "scale".into();
        assert_eq!(evaluate(&open(), &cluster, &request), Outcome::default());
    }
    let bare = request("", "ReplicationController", Operation::Create, json("{}"), Value::Null);
    let cluster = Cluster { labels: "enforce=baseline", ..Cluster::default() };
    assert_eq!(evaluate(&open(), &cluster, &bare), Outcome::default());
}

#[test]
fn exempt_requests_are_let_through() {
    let cluster = Cluster { labels: "enforce=restricted", ..Cluster::default() };
    let kata = r#"{"runtimeClassName":"kata","hostPID":true}"#;
    for (namespace, user, spec, exempt) in [
        ("exempt", "alice", HOST_PID, Some("namespace")),
        ("ns", "root", HOST_PID, Some("user")),
        ("exempt", "root", kata, Some("namespace")),
        ("ns", "alice", kata, Some("runtimeClass")),
        ("ns", "alice", r#"{"runtimeClassName":"kat","hostPID":true}"#, None),
        ("ns", "Root", HOST_PID, None),
    ] {
        let mut request = pod_request(spec);
        request.namespace = Some(namespace.into());
        request.user.username = user.to_owned();
        let outcome = evaluate(&open(), &cluster, &request);
        match exempt {
            Some(exempt) => assert_eq!(annotations(&outcome), [("exempt", exempt)]),
            None => assert_eq!(lines(&outcome).len(), 1),
        }
        assert_eq!(exempt.is_none(), !outcome.violations.is_empty());
    }
}

#[test]
fn only_significant_changes_are_judged() {
    let old = r#"{"hostPID":true,"containers":[{"name":"a","image":"x"}],
        "initContainers":[{"name":"i","image":"x"}],
        "ephemeralContainers":[{"name":"e","image":"x"},{"name":"f","image":"y"}]}"#;
    for (new, judged) in [
        (old.to_owned(), false),
        (old.replace("hostPID", "hostIPC"), false),
        (old.replace(r#""name":"a""#, r#""name":"b""#), false),
        (old.replace(r#""a","image":"x""#, r#""a","image":"z""#), true),
        (old.replace(r#""i","image":"x""#, r#""i","image":"z""#), true),
        (old.replace(r#"{"name":"a","image":"x"}"#, r#"{"name":"a","image":"x"},{}"#), true),
        (old.replace(r#"{"name":"i","image":"x"}"#, ""), true),
        (old.replace(r#""e","image":"x""#, r#""e","image":"z""#), true),
        (old.replace(r#""name":"e""#, r#""name":"g""#), true),
        (old.replace(r#"{"name":"e","image":"x"},"#, ""), false),
    ] {
        let mut request = pod_request(&new);
        request.operation = Operation::Update;
        request.old_object = pod_request(old).object;
        let cluster = Cluster { labels: "enforce=baseline", ..Cluster::default() };
        let outcome = evaluate(&open(), &cluster, &request);
        assert_eq!(!outcome.violations.is_empty(), judged, "{new}");
    }
}

#[test]
fn subresources_that_carry_no_pod_are_passed_over() {
    let cluster = Cluster { labels: "enforce=baseline", ..Cluster::default() };
    for (subresource, judged) in [
        ("exec", false),
        ("attach", false),
        ("binding", false),
        ("eviction", false),
        ("log", false),
        ("portforward", false),
        ("proxy", false),
        ("status", false),
        ("ephemeralcontainers", true),
        ("resize", true),
        ("future", true),
    ] {
        let mut request = pod_request(HOST_PID);
        request.subresource = subresource.into();
        let outcome = evaluate(&open(), &cluster, &request);
        assert_eq!(!outcome.violations.is_empty(), judged, "{subresource}");
    }
    for operation in [Operation::Delete, Operation::Connect] {
        let mut request = pod_request(HOST_PID);
        request.operation = operation;
        assert_eq!(evaluate(&open(), &cluster, &request), Outcome::default());
    }
}

#[test]
fn what_is_no_object_is_an_error() {
    let cluster = Cluster { labels: "enforce=baseline", ..Cluster::default() };
    for object in [Value::Null, json("[]"), json("\"pod\"")] {
        let request = request("", "Pod", Operation::Create, object, Value::Null);
        let error = try_evaluate(&open(), &cluster, &request).unwrap_err();
        assert!(matches!(error, EvalError::Failed { .. }), "{error}");
    }
}

#[test]
fn an_exhausted_budget_is_an_error() {
    let (cluster, target) =
        (Cluster { labels: "enforce=baseline", ..Cluster::default() }, Target::default());
    let (budget, inventory) = (Budget::new(10, 0, None), Reads::new(&cluster));
    let request = &pod_request("{}");
    let context = EvalContext {
        request,
        inventory: &inventory,
        target: &target,
        schemas: &Schemas::builtin(),
        budget: &budget,
        now: jiff::Timestamp::UNIX_EPOCH,
        shared: &Shared::default(),
    };
    assert!(matches!(open().evaluate(&context), Err(EvalError::Budget(_))));
}

#[test]
fn sentences_are_the_api_servers() {
    let cluster = Cluster { labels: "enforce=baseline", ..Cluster::default() };
    let spec = r#"{"hostPID":true,"hostIPC":true,"containers":[
        {"name":"a","securityContext":{"privileged":true}}]}"#;
    let outcome = evaluate(&open(), &cluster, &pod_request(spec));
    let violations: Vec<&Violation> = outcome.violations.iter().collect();
    let messages = "host namespaces (hostPID=true, hostIPC=true), privileged (container \"a\" must \
                    not set securityContext.privileged=true)";
    let admission = open();
    assert_eq!(
        admission.refusal("baseline:latest", &violations),
        format!("violates PodSecurity \"baseline:latest\": {messages}")
    );
    assert_eq!(
        admission.warning("baseline:latest", &violations),
        format!("would violate PodSecurity \"baseline:latest\": {messages}")
    );
    assert!(violations.iter().all(|v| v.help.is_some() && v.action == Some(Action::Deny)));
}
