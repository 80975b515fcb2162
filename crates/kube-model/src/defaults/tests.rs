use super::{PriorityClass, PriorityClasses, apply_admission, apply_defaults};
use crate::gvk::Gvk;
use sekisho_value::{Value, from_json};

/// A cluster with a class for all and a class that does not preempt.
struct Cluster;

impl PriorityClasses for Cluster {
    fn named(&self, name: &str) -> Option<PriorityClass> {
        (name == "late").then(|| class("late", -5, "Never"))
    }

    fn global_default(&self) -> Option<PriorityClass> {
        Some(class("usual", 7, "PreemptLowerPriority"))
    }
}

fn class(name: &str, value: i32, preemption_policy: &str) -> PriorityClass {
    PriorityClass { name: name.into(), value, preemption_policy: preemption_policy.into() }
}

/// The object as it would be stored in that cluster.
fn stored(json: &str) -> Value {
    let mut object = from_json(json).unwrap();
    let gvk = Gvk::of(&object).unwrap();
    apply_defaults(&gvk, &mut object);
    apply_admission(&gvk, &mut object, &Cluster);
    object
}

fn pod(spec: &str) -> Value {
    let json =
        format!(r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"a"}},"spec":{spec}}}"#);
    stored(&json)
}

#[test]
fn priorities_are_those_of_the_class() {
    for (spec, class, priority, policy) in [
        ("{}", Some("usual"), Some(7), Some("PreemptLowerPriority")),
        (r#"{"priorityClassName":""}"#, Some("usual"), Some(7), Some("PreemptLowerPriority")),
        (r#"{"priorityClassName":"late"}"#, Some("late"), Some(-5), Some("Never")),
        (r#"{"priorityClassName":"unknown"}"#, Some("unknown"), None, None),
        (r#"{"priorityClassName":"unknown","priority":3}"#, Some("unknown"), Some(3), None),
    ] {
        let pod = pod(spec);
        let field = |name: &str| pod.path(&["spec", name]);
        assert_eq!(field("priorityClassName").and_then(Value::as_str), class, "{spec}");
        assert_eq!(field("priority").and_then(Value::as_i64), priority, "{spec}");
        assert_eq!(field("preemptionPolicy").and_then(Value::as_str), policy, "{spec}");
    }
}

#[test]
fn tolerations_are_added_where_a_pod_says_nothing() {
    let both = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
    for (tolerations, added) in [
        ("null", both.to_vec()),
        ("[]", both.to_vec()),
        (r#"[{"operator":"Exists"}]"#, vec![]),
        (r#"[{"operator":"Exists","effect":"NoSchedule"}]"#, both.to_vec()),
        (r#"[{"key":"node.kubernetes.io/not-ready","operator":"Exists"}]"#, vec![both[1]]),
        (r#"[{"key":"node.kubernetes.io/unreachable","effect":"NoExecute"}]"#, vec![both[0]]),
        (r#"[{"key":"other","operator":"Exists"}]"#, both.to_vec()),
    ] {
        let given = from_json(tolerations).unwrap().as_array().map_or(0, <[Value]>::len);
        let pod = pod(&format!(r#"{{"tolerations":{tolerations}}}"#));
        let stored = pod.path(&["spec", "tolerations"]).and_then(Value::as_array).unwrap();
        let keys: Vec<_> =
            stored[given..].iter().filter_map(|item| item.path_str(&["key"])).collect();
        assert_eq!(keys, added, "{tolerations}");
    }
}

#[test]
fn templates_get_neither_priority_nor_tolerations() {
    let deployment = stored(
        r#"{"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{"containers":[]}}}}"#,
    );
    let spec = deployment.path(&["spec", "template", "spec"]).unwrap();
    assert_eq!(spec.path_str(&["schedulerName"]), Some("default-scheduler"));
    for field in ["priority", "preemptionPolicy", "tolerations", "enableServiceLinks"] {
        assert_eq!(spec.get(field), None, "{field}");
    }
}

#[test]
fn what_the_api_server_writes_is_dropped() {
    for (json, want) in [
        (
            r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","uid":"u","resourceVersion":"1","generation":1,
                "creationTimestamp":"2020-01-01T00:00:00Z","managedFields":[],"selfLink":"/"}}"#,
            r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#,
        ),
        (
            r#"{"apiVersion":"example.com/v1","kind":"Foo","metadata":{"uid":"u"},"status":{"a":1},"list":[]}"#,
            r#"{"apiVersion":"example.com/v1","kind":"Foo","metadata":{},"status":{"a":1},"list":[]}"#,
        ),
        (
            r#"{"apiVersion":"apps/v1","kind":"ControllerRevision","data":{"list":[]},"status":{}}"#,
            r#"{"apiVersion":"apps/v1","kind":"ControllerRevision","data":{"list":[]}}"#,
        ),
        (
            r#"{"apiVersion":"policy/v1beta1","kind":"PodSecurityPolicy","spec":{"volumes":[]}}"#,
            r#"{"apiVersion":"policy/v1beta1","kind":"PodSecurityPolicy","spec":{"volumes":[]}}"#,
        ),
        (
            r#"{"apiVersion":"v1","kind":"Node","status":{"capacity":{"cpu":"1.0005"}}}"#,
            r#"{"apiVersion":"v1","kind":"Node","spec":{"taints":[{"effect":"NoSchedule","key":"node.kubernetes.io/not-ready"}]},
                "status":{"allocatable":{"cpu":"1001m"},"capacity":{"cpu":"1001m"}}}"#,
        ),
    ] {
        assert_eq!(stored(json), from_json(want).unwrap(), "{json}");
    }
}

#[test]
fn unserved_versions_take_their_selector_from_the_template() {
    let template = r#""template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[]}}"#;
    for (version, has_selector) in
        [("extensions/v1beta1", true), ("apps/v1beta2", true), ("apps/v1", false)]
    {
        let json =
            format!(r#"{{"apiVersion":"{version}","kind":"Deployment","spec":{{{template}}}}}"#);
        let object = stored(&json);
        let selector = object.path_str(&["spec", "selector", "matchLabels", "app"]);
        assert_eq!(selector.is_some(), has_selector, "{version}");
        assert_eq!(object.path(&["metadata", "labels"]).is_some(), has_selector, "{version}");
        assert_eq!(
            object.path(&["spec", "template", "spec", "securityContext"]),
            Some(&Value::object())
        );
    }
}

/// Objects that were not decoded, or of versions whose schema is not known.
#[test]
fn wrong_types_are_left_alone() {
    let kinds = [
        ("v1", "Pod"),
        ("v1", "Service"),
        ("v1", "Namespace"),
        ("v1", "LimitRange"),
        ("v1", "Node"),
        ("v1", "PersistentVolumeClaim"),
        ("v1", "ReplicationController"),
        ("apps/v1", "DaemonSet"),
        ("apps/v1", "StatefulSet"),
        ("extensions/v1beta1", "Deployment"),
        ("batch/v1", "Job"),
        ("batch/v1beta1", "CronJob"),
        ("autoscaling/v2", "HorizontalPodAutoscaler"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("resource.k8s.io/v1", "ResourceSlice"),
    ];
    let wrong =
        ["null", "1", "\"\"", "[]", "[1,null,[]]", r#"{"containers":1,"template":[],"ports":[1]}"#];
    for (version, kind) in kinds {
        for (metadata, spec) in wrong.iter().flat_map(|a| wrong.iter().map(move |b| (a, b))) {
            let json = format!(
                r#"{{"apiVersion":"{version}","kind":"{kind}","metadata":{metadata},"spec":{spec},"status":{spec}}}"#
            );
            let object = stored(&json);
            assert_eq!(object.path_str(&["kind"]), Some(kind));
            if let Some(number) = from_json(spec).unwrap().as_i64() {
                assert_eq!(object.get("spec").and_then(Value::as_i64), Some(number));
            }
        }
    }
}

#[test]
fn defaults_do_not_change_what_has_them() {
    let once = pod(
        r#"{"containers":[{"name":"a","resources":{"limits":{"cpu":"1"}}}],"hostNetwork":true}"#,
    );
    assert_eq!(stored(&once.to_json()), once);
}
