use super::Rbac;
use sekisho_cel::kubernetes::{Attributes, Authorizer, Resource, User, What};
use sekisho_engine::MemoryInventory;
use sekisho_policy::Reads;
use sekisho_value::from_json;

const OBJECTS: &[&str] = &[
    r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"read"},
        "rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods","*/status"]},
                 {"verbs":["get"],"nonResourceURLs":["/healthz","/metrics/*"]}]}"#,
    r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole",
        "metadata":{"name":"part","labels":{"in":"sum"}},
        "rules":[{"verbs":["*"],"apiGroups":["apps"],"resources":["*"]}]}"#,
    r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"sum"},
        "aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"in":"sum"}}]}}"#,
    r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role",
        "metadata":{"name":"one","namespace":"shop"},
        "rules":[{"verbs":["delete"],"apiGroups":[""],"resources":["secrets"],
                  "resourceNames":["key"]}]}"#,
    r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding",
        "metadata":{"name":"b"},"roleRef":{"kind":"ClusterRole","name":"read"},
        "subjects":[{"kind":"User","name":"ann"},{"kind":"Group","name":"dev"}]}"#,
    r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding",
        "metadata":{"name":"c","namespace":"shop"},"roleRef":{"kind":"Role","name":"one"},
        "subjects":[{"kind":"ServiceAccount","name":"bot"},{"kind":"User","name":"ann"}]}"#,
    r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding",
        "metadata":{"name":"d","namespace":"shop"},"roleRef":{"kind":"ClusterRole","name":"sum"},
        "subjects":[{"kind":"User","name":"bob"}]}"#,
    r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding",
        "metadata":{"name":"e"},"roleRef":{"kind":"ClusterRole","name":"edit"},
        "subjects":[{"kind":"User","name":"eve"}]}"#,
];

fn rbac() -> Rbac {
    let mut inventory = MemoryInventory::new();
    for object in OBJECTS {
        inventory.insert(from_json(object).unwrap());
    }
    Rbac::of(&Reads::new(&inventory))
}

fn user(name: &str) -> User {
    match name.split_once('@') {
        Some((name, group)) => {
            User { name: name.to_owned(), groups: vec![group.to_owned()], ..User::default() }
        }
        None => User { name: name.to_owned(), ..User::default() },
    }
}

#[test]
fn roles_say_who_may_do_what() {
    let rbac = rbac();
    // who, verb, group/resource/subresource, namespace, name
    for (who, verb, what, namespace, name, allowed) in [
        ("ann", "get", "/pods", "", "", true),
        ("ann", "get", "/pods", "shop", "web", true),
        ("ann", "list", "/pods", "", "", false),
        ("ann", "get", "apps/pods", "", "", false),
        ("ann", "get", "/pods/log", "", "", false),
        ("ann", "get", "/nodes/status", "", "", true),
        ("x@dev", "get", "/pods", "", "", true),
        ("x", "get", "/pods", "", "", false),
        ("x@system:masters", "delete", "/nodes", "", "", true),
        ("ann", "delete", "/secrets", "shop", "key", true),
        ("ann", "delete", "/secrets", "shop", "other", false),
        ("ann", "delete", "/secrets", "shop", "", false),
        ("ann", "delete", "/secrets", "other", "key", false),
        ("ann", "delete", "/secrets", "", "key", false),
        ("system:serviceaccount:shop:bot", "delete", "/secrets", "shop", "key", true),
        ("system:serviceaccount:other:bot", "delete", "/secrets", "shop", "key", false),
        ("bob", "patch", "apps/deployments/scale", "shop", "web", true),
        ("bob", "patch", "apps/deployments", "other", "web", false),
    ] {
        let mut parts = what.split('/').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        let resource = Resource {
            group: part(),
            resource: part(),
            subresource: part(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            ..Resource::default()
        };
        let asked = Attributes { verb, what: What::Resource(&resource) };
        let decision = rbac.authorize(&user(who), &asked).unwrap();
        assert_eq!(decision.allowed, allowed, "{who} {verb} {what} {namespace} {name}");
    }
}

#[test]
fn paths() {
    for (path, verb, allowed) in [
        ("/healthz", "get", true),
        ("/healthz", "GET", false),
        ("/healthz/x", "get", false),
        ("/metrics/cadvisor", "get", true),
        ("/metrics", "get", false),
        ("/healthz", "post", false),
    ] {
        let asked = Attributes { verb, what: What::Path(path) };
        let decision = rbac().authorize(&user("ann"), &asked).unwrap();
        assert_eq!(decision.allowed, allowed, "{verb} {path}");
    }
}

#[test]
fn reasons_are_those_of_the_api_server() {
    let resource = Resource { resource: "pods".to_owned(), ..Resource::default() };
    let asked = Attributes { verb: "get", what: What::Resource(&resource) };
    let decision = rbac().authorize(&user("ann"), &asked).unwrap();
    let reason =
        "RBAC: allowed by ClusterRoleBinding \"b\" of ClusterRole \"read\" to User \"ann\"";
    assert_eq!(decision.reason, reason);
    let error = rbac().authorize(&user("eve"), &asked).unwrap_err();
    assert!(error.message().contains("\"edit\" not found"), "{error}");
}
