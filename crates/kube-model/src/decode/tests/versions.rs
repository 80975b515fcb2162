//! Which kinds and versions there are.

use super::{decode, problems};
use crate::Known;
use crate::gvk::Gvk;
use crate::schema::{ProblemKind, Schemas};
use sekisho_value::from_json;

#[test]
fn versions_that_are_not_served_are_named() {
    let served = |group, version, kind| (group, version, kind, None);
    for (group, version, kind, want) in [
        served("apps", "v1", "Deployment"),
        served("example.com", "v1", "Deployment"),
        served("", "v1", "PodList"),
        (
            "extensions",
            "v1beta1",
            "Deployment",
            Some((
                "/apiVersion",
                "`extensions/v1beta1` Deployment is not served since Kubernetes 1.16",
                "use `apps/v1`",
            )),
        ),
        (
            "policy",
            "v1beta1",
            "PodSecurityPolicy",
            Some((
                "/apiVersion",
                "`policy/v1beta1` PodSecurityPolicy is not served since Kubernetes 1.25",
                "use Pod Security admission",
            )),
        ),
        (
            "networking.k8s.io",
            "v1beta1",
            "IngressClass",
            Some((
                "/apiVersion",
                "`networking.k8s.io/v1beta1` IngressClass is not served since Kubernetes 1.22",
                "use `networking.k8s.io/v1`",
            )),
        ),
        (
            "rbac.authorization.k8s.io",
            "v1alpha1",
            "Role",
            Some((
                "/apiVersion",
                "`rbac.authorization.k8s.io/v1alpha1` Role is not served",
                "use `rbac.authorization.k8s.io/v1`",
            )),
        ),
        (
            "apps",
            "v2",
            "Deployment",
            Some(("/apiVersion", "`apps/v2` Deployment is not served", "use `apps/v1`")),
        ),
        (
            "apps",
            "v1",
            "Deploymnet",
            Some((
                "/kind",
                "there is no kind `Deploymnet` in the API group `apps`",
                "did you mean `Deployment`?",
            )),
        ),
        (
            "apps",
            "v1",
            "Gadget",
            Some((
                "/kind",
                "there is no kind `Gadget` in the API group `apps`",
                "the kinds that are known are those of Kubernetes 1.36, and of given definitions",
            )),
        ),
        (
            "",
            "v1",
            "Deployment",
            Some((
                "/apiVersion",
                "there is no kind `Deployment` in the core API group",
                "`apps/v1` has it",
            )),
        ),
    ] {
        let api_version = Gvk::new(group, version, kind).api_version();
        let json = format!(
            r#"{{"apiVersion":"{api_version}","kind":"{kind}","metadata":{{"name":"n"}}}}"#
        );
        let of_kind = [ProblemKind::UnservedVersion, ProblemKind::UnknownKind];
        let found = problems(&json)
            .into_iter()
            .find(|(kind, ..)| of_kind.contains(kind))
            .map(|(kind, at, message, help)| (kind, at, message, help.unwrap_or_default()));
        // What is like nothing known may be of a release to come.
        let is_mistake = |help: &str| help.starts_with("did you mean") || help.ends_with(" has it");
        let want = want.map(|(at, message, help)| {
            let kind = match is_mistake(help) {
                true => ProblemKind::UnknownKind,
                false => ProblemKind::UnservedVersion,
            };
            (kind, at.to_owned(), message.to_owned(), help.to_owned())
        });
        assert_eq!(found, want, "{json}");
    }
}

#[test]
fn kinds_are_looked_up() {
    let schemas = Schemas::builtin();
    for (json, resource, namespaced) in [
        (r#"{"apiVersion":"v1","kind":"Endpoints"}"#, "endpoints", Some(true)),
        (r#"{"apiVersion":"v1","kind":"Namespace"}"#, "namespaces", Some(false)),
        (
            r#"{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy"}"#,
            "networkpolicies",
            Some(true),
        ),
        (r#"{"apiVersion":"extensions/v1beta1","kind":"Ingress"}"#, "ingresses", Some(true)),
        (r#"{"apiVersion":"apps/v9","kind":"Deployment"}"#, "deployments", Some(true)),
        (
            r#"{"apiVersion":"policy/v1beta1","kind":"PodSecurityPolicy"}"#,
            "podsecuritypolicies",
            Some(false),
        ),
        (r#"{"apiVersion":"example.com/v1","kind":"Gateway"}"#, "gateways", None),
        (r#"{"apiVersion":"example.com/v1","kind":"Proxy"}"#, "proxies", None),
        (r#"{"apiVersion":"example.com/v1","kind":"Class"}"#, "classes", None),
    ] {
        let object = from_json(json).unwrap();
        let decoded = schemas.decode(&object);
        assert_eq!(decoded.resource, resource, "{json}");
        assert_eq!(decoded.known.namespaced(), namespaced, "{json}");
    }
    let kind = schemas.resource("apps", "v1", "deployments").unwrap();
    assert_eq!(kind.gvk(), Gvk::new("apps", "v1", "Deployment"));
    assert!(kind.subresources().eq(["scale", "status"]));
    assert!(schemas.resource("extensions", "v1beta1", "deployments").is_none());
    assert_eq!(
        decode(r#"{"apiVersion":"batch/v2alpha1","kind":"CronJob"}"#).known,
        Known::Unserved {
            namespaced: true,
            removed_in: Some(21),
            replacement: Some(Gvk::new("batch", "v1", "CronJob")),
        }
    );
}
