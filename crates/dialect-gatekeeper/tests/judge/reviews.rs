//! What policies see of a request: `input.review`.

use crate::scene::{bare, create, errors, json, judge, messages, policy, set};
use sekisho_engine::ErrorKind;
use sekisho_kube_model::{Gvk, Gvr};
use sekisho_policy::{Form, NamespaceObject, Operation, Point, Request, UserInfo};
use sekisho_value::{Map, Value};

const POD: &str =
    r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"shop"}}"#;
const SHOP: &str =
    r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop","labels":{"team":"a"}}}"#;

/// `input.review`, as a policy sees it that does not say that it reads namespaces.
fn review(request: &Request, inventory: &[Value]) -> Value {
    let rego = "package found\nviolation[{\"msg\": json.marshal(input.review)}] { true }";
    let verdict = judge(&set(&policy(rego, "{}")), request, inventory);
    let found = messages(&verdict);
    assert_eq!(found.len(), 1, "{:?}", errors(&verdict));
    json(found.first().copied().unwrap_or_default())
}

#[test]
fn a_request_is_what_an_api_server_sends() {
    let request = Request {
        uid: "42".into(),
        resource: "pods".into(),
        subresource: "ephemeralcontainers".into(),
        operation: Operation::Update,
        old_object: json(POD),
        options: json(r#"{"apiVersion":"meta.k8s.io/v1","kind":"UpdateOptions"}"#),
        user: UserInfo {
            username: "alice".to_owned(),
            groups: vec!["dev".to_owned()],
            uid: "7".to_owned(),
            extra: [("k".to_owned(), vec!["v".to_owned()])].into(),
        },
        ..create(&json(POD))
    };
    let wanted = format!(
        r#"{{"uid":"42","kind":{{"group":"","version":"v1","kind":"Pod"}},"resource":{{"group":"","version":"v1","resource":"pods"}},"subResource":"ephemeralcontainers","requestKind":{{"group":"","version":"v1","kind":"Pod"}},"requestResource":{{"group":"","version":"v1","resource":"pods"}},"requestSubResource":"ephemeralcontainers","name":"web","namespace":"shop","operation":"UPDATE","userInfo":{{"username":"alice","uid":"7","groups":["dev"],"extra":{{"k":["v"]}}}},"object":{POD},"oldObject":{POD},"dryRun":false,"options":{{"apiVersion":"meta.k8s.io/v1","kind":"UpdateOptions"}},"namespaceObject":{SHOP}}}"#
    );
    assert_eq!(review(&request, &[json(SHOP)]), json(&wanted));
}

#[test]
fn a_subresource_is_of_the_group_of_its_resource() {
    let scale =
        r#"{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"w","namespace":"s"}}"#;
    let of = |text: &str| text.into();
    let gvr = Gvr { group: of("apps"), version: of("v1"), resource: of("deployments") };
    let request = Request {
        resource: "deployments".into(),
        gvr: Some(gvr),
        subresource: "scale".into(),
        ..create(&json(scale))
    };
    let review = review(&request, &[]);
    let wanted = json(r#"{"group":"apps","version":"v1","resource":"deployments"}"#);
    for field in ["resource", "requestResource"] {
        assert_eq!(review.get(field), Some(&wanted), "{field}");
    }
}

#[test]
fn gators_request_is_the_object_alone() {
    let wanted = format!(
        r#"{{"uid":"","kind":{{"group":"","version":"v1","kind":"Pod"}},"resource":{{"group":"","version":"","resource":""}},"name":"web","namespace":"shop","operation":"","userInfo":{{}},"object":{POD},"oldObject":null,"options":null,"namespaceObject":{{}}}}"#
    );
    assert_eq!(review(&bare(&json(POD)), &[json(SHOP)]), json(&wanted));
}

/// As Gatekeeper's webhook answered for the pod of a Deployment, by an ExpansionTemplate.
#[test]
fn what_would_come_of_an_object_is_the_object_alone_and_what_is_done() {
    for (operation, old_object, told) in
        [(Operation::Create, Value::Null, "null"), (Operation::Delete, json(POD), POD)]
    {
        let request = Request {
            uid: "42".into(),
            operation,
            old_object,
            options: json(r#"{"apiVersion":"meta.k8s.io/v1","kind":"CreateOptions"}"#),
            generated: true,
            ..create(&json(POD))
        };
        let wanted = format!(
            r#"{{"uid":"","kind":{{"group":"","version":"v1","kind":"Pod"}},"resource":{{"group":"","version":"","resource":""}},"name":"web","namespace":"shop","operation":"{}","userInfo":{{}},"object":{POD},"oldObject":{told},"options":null,"namespaceObject":{SHOP}}}"#,
            operation.as_str()
        );
        assert_eq!(review(&request, &[json(SHOP)]), json(&wanted));
    }
}

#[test]
fn namespaces() {
    let namespace_object = |request: &Request, inventory: &[Value]| {
        let review = review(request, inventory);
        (review.path_str(&["namespace"]).map(str::to_owned), review.get("namespaceObject").cloned())
    };
    let shop = Some("shop".to_owned());
    let known = Some(json(SHOP));
    let pod = create(&json(POD));
    assert_eq!(namespace_object(&pod, &[json(SHOP)]), (shop.clone(), known.clone()));
    let labels = json(r#"{"kubernetes.io/metadata.name":"shop"}"#);
    let of_name = namespace_object(&pod, &[]).1.unwrap();
    assert_eq!(of_name.path(&["metadata", "labels"]), Some(&labels));
    let given = Request { namespace_object: NamespaceObject::Given(json(SHOP)), ..pod };
    assert_eq!(namespace_object(&given, &[]), (shop, known));
    // The API server says that a Namespace is in itself; Gatekeeper says that it is in none.
    let own = Request { namespace: Some("shop".into()), ..create(&json(SHOP)) };
    assert_eq!(namespace_object(&own, &[json(SHOP)]), (None, Some(Value::object())));
    let node = create(&json(r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}"#));
    assert_eq!(namespace_object(&node, &[]), (None, Some(Value::object())));
}

/// D5: what is deleted is judged as it was, whatever judged before.
#[test]
fn what_is_deleted_is_judged_as_it_was() {
    let delete = Request {
        operation: Operation::Delete,
        object: Value::Null,
        old_object: json(POD),
        ..create(&json(POD))
    };
    let seen = review(&delete, &[json(SHOP)]);
    assert_eq!(seen.get("object"), Some(&json(POD)));
    assert_eq!(seen.get("oldObject"), Some(&json(POD)));

    let rego = "package found\nviolation[{\"msg\": \"a\"}] { true }";
    let of_pods = set(&policy(rego, "{match: {kinds: [{kinds: [Pod]}], name: web}}"));
    assert_eq!(messages(&judge(&of_pods, &delete, &[])), ["a"]);
    let nothing = Request { old_object: Value::Null, ..delete };
    let verdict = judge(&of_pods, &nothing, &[]);
    assert_eq!(errors(&verdict), ["oldObject cannot be nil for DELETE operations"]);
    assert_eq!(verdict.errors[0].kind, ErrorKind::Unmatched);
}

#[test]
fn the_object_before_is_enough_to_match() {
    let labelled = |label: &str| {
        json(&format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"c","labels":{{"app":"{label}"}}}}}}"#
        ))
    };
    let rego = "package found\nviolation[{\"msg\": \"a\"}] { true }";
    let set = set(&policy(rego, "{match: {labelSelector: {matchLabels: {app: web}}}}"));
    for (old, new, wanted) in
        [("web", "db", 1), ("db", "web", 1), ("db", "db", 0), ("web", "web", 1)]
    {
        let update = Request {
            operation: Operation::Update,
            old_object: labelled(old),
            ..create(&labelled(new))
        };
        assert_eq!(judge(&set, &update, &[]).judgements.len(), wanted, "{old} {new}");
    }
}

#[test]
fn a_match_that_cannot_be_told_is_an_error_of_its_own() {
    let rego = "package found\nviolation[{\"msg\": \"a\"}] { true }";
    let set = set(&policy(rego, "{match: {namespaceSelector: {matchLabels: {team: a}}}}"));
    let pod = json(POD);
    let verdict = judge(&set, &create(&pod), &[]);
    assert_eq!(verdict.errors[0].kind, ErrorKind::Unmatched);
    assert!(verdict.errors[0].help.as_ref().unwrap().contains("--inventory"));
    assert_eq!(messages(&judge(&set, &create(&pod), &[json(SHOP)])), ["a"]);
    // Gatekeeper's CLI tells it as a violation, in these words.
    let text = "unable to match constraints: error matching the requested object: web :failed to run Match criteria: namespace selector for namespace-scoped object but missing Namespace";
    assert_eq!(errors(&judge(&set, &bare(&pod), &[])), [text]);
    // D1: `gator test` gives what is in no namespace an empty one.
    let node = json(r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}"#);
    let empty = NamespaceObject::Given(Value::object());
    let of_gator = Request { namespace_object: empty, ..bare(&node) };
    assert_eq!(messages(&judge(&set, &create(&node), &[])), ["a"]);
    assert_eq!(judge(&set, &of_gator, &[]).judgements.len(), 0);
}

/// D3: the operations of a template hold where it is judged as at admission, and not in the CLI.
#[test]
fn operations_of_a_template() {
    let rego = "package found\nviolation[{\"msg\": \"a\"}] { true }";
    let text = policy(rego, "{}").replace("    rego: |", "    operations: [DELETE]\n    rego: |");
    let set = set(&text);
    let pod = json(POD);
    assert_eq!(judge(&set, &create(&pod), &[]).judgements.len(), 0);
    let delete = Request {
        operation: Operation::Delete,
        object: Value::Null,
        old_object: pod.clone(),
        ..create(&pod)
    };
    assert_eq!(judge(&set, &delete, &[]).judgements.len(), 1);
    assert_eq!(judge(&set, &bare(&pod), &[]).judgements.len(), 1);
}

#[test]
fn actions_are_those_of_the_point() {
    let rego = "package found\nviolation[{\"msg\": \"a\"}] { true }";
    let spec = "{enforcementAction: scoped, scopedEnforcementActions: [{action: warn, enforcementPoints: [{name: audit.gatekeeper.sh}]}, {action: dryrun, enforcementPoints: [{name: gator.gatekeeper.sh}]}]}";
    let set = set(&policy(rego, spec));
    for (point, wanted) in
        [(Point::Admission, None), (Point::Audit, Some("warn")), (Point::Gator, Some("audit"))]
    {
        let request = Request { point, ..create(&json(POD)) };
        let verdict = judge(&set, &request, &[]);
        let action = verdict.judgements.first().map(|judgement| judgement.action.as_str());
        assert_eq!(action, wanted, "{point:?}");
    }
}

#[test]
fn what_is_generated_is_told_apart() {
    let rego = "package found\nviolation[{\"msg\": \"a\"}] { true }";
    for (source, generated, wanted) in [
        ("Original", false, 1),
        ("Original", true, 0),
        ("Generated", true, 1),
        ("Generated", false, 0),
        ("All", true, 1),
    ] {
        let set = set(&policy(rego, &format!("{{match: {{source: {source}}}}}")));
        let request = Request { generated, ..create(&json(POD)) };
        assert_eq!(judge(&set, &request, &[]).judgements.len(), wanted, "{source} {generated}");
    }
}

#[test]
fn what_is_read_of_the_inventory_is_recorded() {
    let rego = "package found\nviolation[{\"msg\": \"a\"}] { data.inventory.namespace[\"shop\"][\"apps/v1\"].Deployment.web }";
    let deployment = json(
        r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop"}}"#,
    );
    let set = set(&policy(rego, "{}"));
    let verdict = judge(&set, &create(&json(POD)), &[deployment]);
    assert_eq!(messages(&verdict), ["a"]);
    let read: Vec<String> = verdict
        .reads
        .keys
        .iter()
        .map(|key| format!("{}/{} {}/{}", key.group, key.kind, key.namespace, key.name))
        .collect();
    assert!(read.contains(&"apps/Deployment shop/web".to_owned()), "{read:?}");
    let verdict = judge(&set, &create(&json(POD)), &[]);
    assert!(!verdict.reads.keys.is_empty() || !verdict.reads.ranges.is_empty(), "a miss");
}

#[test]
fn an_admission_review_in_a_suite_is_a_whole_request() {
    let request = Request {
        gvk: Gvk::new("", "v1", "Pod"),
        point: Point::Gator,
        form: Form::Admission,
        user: UserInfo { username: "bob".to_owned(), ..UserInfo::default() },
        ..create(&json(POD))
    };
    let seen = review(&request, &[json(SHOP)]);
    assert_eq!(seen.path_str(&["userInfo", "username"]), Some("bob"));
    assert_eq!(seen.get("namespaceObject"), Some(&Value::Object(Map::new())));
}
