use super::{
    Admission, Cluster, admission, annotations, evaluate, json, lines, namespace, open, request,
};
use sekisho_policy::{Evaluate, Operation, Outcome, Request, Violation};
use sekisho_value::Value;

fn created(labels: &str) -> Request {
    let mut request = request("", "Namespace", Operation::Create, namespace(labels), Value::Null);
    request.namespace = None;
    request
}

fn updated(old: &str, new: &str) -> Request {
    let (new, old) = (namespace(new), namespace(old));
    Request { operation: Operation::Update, old_object: old, object: new, ..created("") }
}

fn pod(name: &str, owner: &str, spec: &str) -> Value {
    let owners = match owner {
        "" => String::new(),
        uid => format!(r#""ownerReferences":[{{"uid":"x"}},{{"uid":"{uid}","controller":true}}],"#),
    };
    json(&format!(r#"{{"metadata":{{{owners}"name":"{name}"}},"spec":{spec}}}"#))
}

fn exempting(mut admission: Admission) -> Admission {
    admission.exemptions.namespaces.insert("ns".to_owned());
    admission
}

#[test]
fn labels_have_to_be_valid() {
    let cluster = Cluster::default();
    let bad = "enforce=strict";
    let line = "deny - namespaceLabels /metadata/labels/pod-security.kubernetes.io~1enforce";
    for (request, refused) in [
        (created("enforce=baseline warn-version=v1.99"), false),
        (created(bad), true),
        (updated("", bad), true),
        (updated("enforce=other", bad), true),
        (updated("enforce=strict audit=x", bad), true),
        // What was wrong before may stay.
        (updated(bad, bad), false),
        (updated("enforce=strict", "enforce=strict other=x"), false),
    ] {
        let outcome = evaluate(&open(), &cluster, &request);
        let wanted = if refused { vec![line] } else { vec![] };
        assert_eq!(lines(&outcome), wanted);
        assert_eq!(annotations(&outcome), []);
    }
    for operation in [Operation::Delete, Operation::Connect] {
        let request = Request { operation, ..created(bad) };
        assert_eq!(evaluate(&open(), &cluster, &request), Outcome::default());
    }
    let request = Request { subresource: "finalize".into(), ..updated("", bad) };
    assert_eq!(evaluate(&open(), &cluster, &request), Outcome::default());
}

#[test]
fn a_refusal_lists_what_is_invalid() {
    let outcome = evaluate(&open(), &Cluster::default(), &created("warn=a enforce-version=v2"));
    let violations: Vec<&Violation> = outcome.violations.iter().collect();
    assert_eq!(
        open().refusal("default", &violations),
        concat!(
            "[metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value: ",
            r#""v2": must be "latest" or "v1.x", "#,
            "metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: ",
            r#""a": must be one of privileged, baseline, restricted]"#
        )
    );
    assert!(!open().refusal("default", &violations[..1]).starts_with('['));
}

#[test]
fn who_tightens_learns_of_existing_pods() {
    let host_pid = r#"{"hostPID":true}"#;
    let both = r#"{"hostPID":true,"securityContext":{"sysctls":[{"name":"a"}]}}"#;
    let pods = vec![
        pod("c", "", host_pid),
        pod("b", "", both),
        pod("z", "u", host_pid),
        pod("a", "u", host_pid),
        pod("fine", "", "{}"),
        pod("exempt", "", r#"{"hostPID":true,"runtimeClassName":"kata"}"#),
        pod("y", "", both),
    ];
    let cluster = Cluster { pods, ..Cluster::default() };
    let found = [
        "existing pods in namespace \"ns\" violate the new PodSecurity enforce level \
         \"baseline:latest\"",
        "a (and 2 other pods): host namespaces",
        "b (and 1 other pod): host namespaces, forbidden sysctls",
    ];
    for (old, new, warned) in [
        ("", "enforce=baseline", true),
        ("enforce=restricted enforce-version=v1.20", "enforce=baseline", true),
        ("enforce=baseline enforce-version=v1.20", "enforce=baseline", true),
        ("enforce=baseline", "enforce=baseline", false),
        ("enforce=restricted", "enforce=baseline", false),
        ("enforce=baseline", "enforce=privileged enforce-version=v1.20", false),
        ("enforce=baseline", "enforce=baseline warn=restricted", false),
    ] {
        let outcome = evaluate(&open(), &cluster, &updated(old, new));
        let wanted = if warned { found.to_vec() } else { vec![] };
        assert_eq!(outcome.warnings, wanted, "{old} to {new}");
        assert_eq!(outcome.violations, []);
    }
    let outcome = evaluate(&open(), &cluster, &created("enforce=baseline"));
    assert_eq!(outcome, Outcome::default());
    let one = Cluster { pods: vec![pod("p", "", host_pid)], ..Cluster::default() };
    let outcome = evaluate(&open(), &one, &updated("", "enforce=restricted enforce-version=v1.9"));
    assert_eq!(
        outcome.warnings,
        [
            "existing pods in namespace \"ns\" violate the new PodSecurity enforce level \
             \"restricted:v1.9\"",
            "p: host namespaces",
        ]
    );
}

#[test]
fn one_pod_of_each_controller_comes_first() {
    let fine = (0..2999).map(|number| pod(&format!("p{number}"), "u", "{}"));
    let pods = fine.chain([
        pod("second", "u", r#"{"hostPID":true}"#),
        pod("other", "v", r#"{"hostIPC":true}"#),
        pod("third", "u", r#"{"hostPID":true}"#),
    ]);
    let cluster = Cluster { pods: pods.collect(), ..Cluster::default() };
    let outcome = evaluate(&open(), &cluster, &updated("", "enforce=baseline"));
    assert_eq!(
        outcome.warnings,
        [
            "new PodSecurity enforce level only checked against the first 3000 of 3002 existing \
             pods",
            "existing pods in namespace \"ns\" violate the new PodSecurity enforce level \
             \"baseline:latest\"",
            "other: host namespaces",
        ]
    );
}

#[test]
fn labels_of_exempt_namespaces_do_nothing() {
    let said = |policy: &str| {
        let line = format!(
            "namespace \"ns\" is exempt from Pod Security, and the policy ({policy}) will be ignored"
        );
        vec![line]
    };
    let baseline = || admission("baseline", "privileged", "baseline");
    for (admission, labels, warnings) in [
        (open(), "", vec![]),
        (open(), "enforce=privileged", vec![]),
        (open(), "enforce-version=v1.20", vec![]),
        (open(), "enforce=baseline", said("enforce=baseline:latest")),
        (
            open(),
            "enforce=baseline audit=restricted audit-version=v1.20 warn=privileged",
            said("enforce=baseline:latest, audit=restricted:v1.20"),
        ),
        (baseline(), "enforce=baseline", vec![]),
        (baseline(), "warn-version=v1.20", said("warn=baseline:v1.20")),
        (baseline(), "enforce=privileged", said("")),
    ] {
        let admission = exempting(admission);
        let outcome = evaluate(&admission, &Cluster::default(), &created(labels));
        assert_eq!(outcome.warnings, warnings, "{labels}");
        assert_eq!(outcome.violations, []);
    }
    // A change says so only where it tightens what is enforced.
    let cluster = Cluster { pods: vec![pod("p", "", r#"{"hostPID":true}"#)], ..Cluster::default() };
    for (old, new, warnings) in [
        ("", "enforce=baseline", said("enforce=baseline:latest")),
        ("", "warn=baseline", vec![]),
        ("enforce=restricted", "enforce=baseline", vec![]),
    ] {
        let outcome = evaluate(&exempting(open()), &cluster, &updated(old, new));
        assert_eq!(outcome.warnings, warnings, "{old} to {new}");
    }
}
