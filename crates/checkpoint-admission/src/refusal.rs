//! The refusal of what policies deny, as an API server words its own.

use crate::review::{Refusal, RefusedFor, RefusedObject};
use sekisho_engine::{Cause, Denial};
use sekisho_kube_model::{FieldRef, Gvr, Schemas, Shape, TypeRef};
use sekisho_policy::{Manner, Request};
use sekisho_value::{Pointer, Str};

/// All refusals as one; the first says how it reaches the client.
pub(crate) fn refusal(request: &Request, denials: &[Denial], schemas: &Schemas) -> Option<Refusal> {
    let (code, reason) = match denials.first()?.manner {
        Manner::Forbidden | Manner::Plain => (403, "Forbidden"),
        Manner::Invalid => (422, "Invalid"),
        Manner::With(reason) => (reason.code(), reason.as_str()),
    };
    let messages: Vec<String> = denials.iter().map(|denial| worded(request, denial)).collect();
    let about = about(request, denials, schemas);
    Some(Refusal { code, reason, message: messages.join("\n"), about, ..Refusal::default() })
}

/// The words of a refusal as the API server's own errors have them.
///
/// Source: `NewForbidden` and `NewInvalid` of k8s.io/apimachinery, `extractResourceName` of
/// k8s.io/apiserver.
fn worded(request: &Request, denial: &Denial) -> String {
    let Denial { message, manner, .. } = denial;
    let Some((group, of)) = refused(request, *manner) else { return message.clone() };
    let of = if group.is_empty() { of.to_string() } else { format!("{of}.{group}") };
    let is = if *manner == Manner::Invalid { "invalid" } else { "forbidden" };
    format!("{of} {:?} is {is}: {message}", name(request))
}

/// Group and resource of what is forbidden, as they were asked for, or group and kind of what is
/// invalid: those of a subresource may differ.
fn refused(request: &Request, manner: Manner) -> Option<(Str, Str)> {
    match manner {
        Manner::Plain => None,
        Manner::Invalid => Some((request.gvk.group.clone(), request.gvk.kind.clone())),
        Manner::Forbidden | Manner::With(_) => {
            let asked = request.requested.as_ref().map(|asked| asked.resource.clone());
            let Gvr { group, resource, .. } = asked.unwrap_or_else(|| request.resource_in_group());
            Some((group, resource))
        }
    }
}

/// The name that a refusal is about.
fn name(request: &Request) -> &str {
    let of_object =
        |key| request.object.path_str(&["metadata", key]).filter(|text| !text.is_empty());
    let named = Some(request.name.as_str()).filter(|name| !name.is_empty());
    let named = named.or_else(|| of_object("name")).or_else(|| of_object("generateName"));
    named.unwrap_or("Unknown")
}

/// What the details of a refusal's status say, where its message says it, too. What is forbidden has
/// no causes.
fn about(request: &Request, denials: &[Denial], schemas: &Schemas) -> Option<RefusedObject> {
    let manner = denials.first()?.manner;
    let (group, kind) = refused(request, manner)?;
    let of = schemas.type_of(&request.gvk);
    let denials = denials.iter().filter(|_| manner.tells_causes());
    let causes = denials.flat_map(|denial| causes(denial, of));
    Some(RefusedObject {
        group: group.to_string(),
        kind: kind.to_string(),
        name: name(request).to_owned(),
        causes: causes.collect(),
    })
}

/// Source: `Dispatch` in `pkg/admission/plugin/policy/validating` of k8s.io/apiserver, which names no
/// field; `NewInvalid` of k8s.io/apimachinery.
fn causes(denial: &Denial, of: Option<TypeRef<'_>>) -> Vec<RefusedFor> {
    let field = |cause: &Cause| {
        cause.pointer.as_ref().map(|pointer| field(pointer, of)).unwrap_or_default()
    };
    let is_invalid = denial.manner == Manner::Invalid;
    let of_field = |cause: &Cause| {
        let (field, message) = (field(cause), cause.message.as_str());
        let below = message.strip_prefix(&field).and_then(|rest| rest.strip_prefix(": "));
        let message = below.unwrap_or(message).to_owned();
        RefusedFor { reason: "FieldValueInvalid", message, field }
    };
    match denial.causes.as_slice() {
        all @ [_, ..] if is_invalid => all.iter().map(of_field).collect(),
        all => {
            // The words of admission policies are those of the first.
            let field = all.first().map(field).unwrap_or_default();
            vec![RefusedFor { reason: "", message: denial.message.clone(), field }]
        }
    }
}

/// Maps that every kind may have, for where no schema tells.
const MAPS: [&str; 4] = ["annotations", "labels", "matchLabels", "nodeSelector"];

/// A field of an object of this type as the API server names it: `spec.containers[0].image`,
/// `metadata.labels[app]`.
fn field(pointer: &Pointer, mut of: Option<TypeRef<'_>>) -> String {
    let (mut path, mut is_map) = (String::new(), false);
    for token in pointer.tokens() {
        let name = token.as_str();
        let known = of.and_then(|of| of.field(name)).map(FieldRef::value_type);
        let is_plain =
            name.chars().all(|c| c.is_ascii_alphanumeric()) && token.as_index().is_none();
        if known.is_some() || is_plain && !is_map {
            path.extend([if path.is_empty() { "" } else { "." }, name]);
        } else {
            path.extend(["[", name, "]"]);
        }
        of = known.or_else(|| of.and_then(TypeRef::item));
        is_map = of.map_or_else(|| MAPS.contains(&name), |of| of.shape() == Shape::Map);
    }
    path
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{field, refusal};
    use crate::review::{RefusedFor, RefusedObject};
    use sekisho_engine::{Cause, Denial};
    use sekisho_kube_model::{Gvk, Gvr, Schemas};
    use sekisho_policy::{Manner, PolicyId, Request, Requested, StatusReason};
    use sekisho_value::{Pointer, from_json};

    pub(crate) fn request(metadata: &str) -> Request {
        Request {
            gvk: Gvk::new("apps", "v1", "Deployment"),
            resource: "deployments".into(),
            object: from_json(&format!(r#"{{"metadata":{metadata}}}"#)).unwrap(),
            ..Request::default()
        }
    }

    pub(crate) fn denial(manner: Manner, message: &str) -> Denial {
        let policy = PolicyId::new("local", "d", "K", "p");
        Denial { policy, message: message.to_owned(), manner, causes: Vec::new() }
    }

    #[test]
    fn refusals_have_the_words_of_the_api_server() {
        for (metadata, manner, code, message) in [
            (
                r#"{"name":"web"}"#,
                Manner::Forbidden,
                403,
                r#"deployments.apps "web" is forbidden: m"#,
            ),
            (
                r#"{"generateName":"w-"}"#,
                Manner::Forbidden,
                403,
                r#"deployments.apps "w-" is forbidden: m"#,
            ),
            ("{}", Manner::Forbidden, 403, r#"deployments.apps "Unknown" is forbidden: m"#),
            (r#"{"name":"web"}"#, Manner::Invalid, 422, r#"Deployment.apps "web" is invalid: m"#),
            (r#"{"name":"web"}"#, Manner::Plain, 403, "m"),
        ] {
            let refusal =
                refusal(&request(metadata), &[denial(manner, "m")], &Schemas::builtin()).unwrap();
            assert_eq!((refusal.code, refusal.message.as_str()), (code, message));
        }
    }

    #[test]
    fn a_subresource_is_of_the_group_of_its_resource() {
        let gvr = |group: &str, version: &str| Gvr {
            group: group.into(),
            version: version.into(),
            resource: "deployments".into(),
        };
        let scale = Gvk::new("autoscaling", "v1", "Scale");
        let requested = |resource| {
            Some(Requested { kind: scale.clone(), resource, subresource: "scale".into() })
        };
        for (manner, requested, group, told) in [
            (Manner::Forbidden, None, "apps", r#"deployments.apps "web" is forbidden: m"#),
            (
                Manner::With(StatusReason::Invalid),
                requested(gvr("extensions", "v1beta1")),
                "extensions",
                r#"deployments.extensions "web" is forbidden: m"#,
            ),
            (Manner::Invalid, None, "autoscaling", r#"Scale.autoscaling "web" is invalid: m"#),
            (Manner::Plain, None, "", "m"),
        ] {
            let asked = Request {
                gvk: scale.clone(),
                gvr: Some(gvr("apps", "v1")),
                subresource: "scale".into(),
                requested,
                ..request(r#"{"name":"web"}"#)
            };
            let refusal = refusal(&asked, &[denial(manner, "m")], &Schemas::builtin()).unwrap();
            let about = refusal.about.unwrap_or_default();
            assert_eq!((refusal.message.as_str(), about.group.as_str()), (told, group));
        }
    }

    #[test]
    fn every_refusal_is_told() {
        let denials = vec![denial(Manner::Plain, "[a] one"), denial(Manner::Plain, "[b] two")];
        let refusal = refusal(&request("{}"), &denials, &Schemas::builtin()).unwrap();
        assert_eq!(refusal.message, "[a] one\n[b] two");
    }

    #[test]
    fn a_refusal_says_what_it_is_about() {
        let named = |kind: &str, causes: &[&str]| {
            let (group, name) = ("apps".to_owned(), "web".to_owned());
            let cause =
                |cause: &&str| RefusedFor { message: (*cause).to_owned(), ..<_>::default() };
            let causes = causes.iter().map(cause).collect();
            Some(RefusedObject { group, kind: kind.to_owned(), name, causes })
        };
        for (manner, about) in [
            (Manner::Forbidden, named("deployments", &[])),
            (Manner::With(StatusReason::Invalid), named("deployments", &["m", "n"])),
            (Manner::Invalid, named("Deployment", &["m", "n"])),
            (Manner::Plain, None),
        ] {
            let denials = vec![denial(manner, "m"), denial(Manner::Plain, "n")];
            let refused = refusal(&request(r#"{"name":"web"}"#), &denials, &Schemas::builtin());
            assert_eq!(refused.unwrap().about, about, "{manner:?}");
        }
    }

    #[test]
    fn causes_name_the_field_where_it_is_one() {
        const LABEL: &str = "/metadata/labels/pod-security.kubernetes.io~1enforce";
        const IMAGE: &str = "/spec/containers/0/image";
        let image = "spec.containers[0].image";
        let label = "metadata.labels[pod-security.kubernetes.io/enforce]";
        let invalid = format!("{label}: Invalid value: \"x\": no");
        let of_policy = Manner::With(StatusReason::Invalid);
        for (manner, of, wanted) in [
            (of_policy, &[("a", IMAGE)][..], &[("", "m", image)][..]),
            (of_policy, &[("a", IMAGE), ("b", LABEL)], &[("", "m", image)]),
            (of_policy, &[("a", ""), ("b", LABEL)], &[("", "m", "")]),
            (
                Manner::Invalid,
                &[(&*invalid, LABEL), ("b", "")],
                &[
                    ("FieldValueInvalid", "Invalid value: \"x\": no", label),
                    ("FieldValueInvalid", "b", ""),
                ],
            ),
            (Manner::Forbidden, &[("a", IMAGE)], &[]),
        ] {
            let cause = |(message, pointer): &(&str, &str)| Cause {
                message: (*message).to_owned(),
                pointer: Pointer::parse(pointer).ok().filter(|pointer| !pointer.is_root()),
            };
            let causes = of.iter().map(cause).collect();
            let denied = Denial { causes, ..denial(manner, "m") };
            let about =
                refusal(&request("{}"), &[denied], &Schemas::builtin()).unwrap().about.unwrap();
            let found: Vec<_> =
                about.causes.iter().map(|c| (c.reason, &*c.message, &*c.field)).collect();
            assert_eq!(found, wanted, "{manner:?}");
        }
    }

    #[test]
    fn fields_are_named_as_the_api_server_names_them() {
        let definition = from_json(
            r#"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","spec":{
                "group":"x.io","names":{"kind":"X","plural":"xs"},"versions":[{"name":"v1","schema":{
                "openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{
                "of-key":{"type":"object","additionalProperties":{"type":"string"}}}}}}}}]}}"#,
        );
        let schemas = Schemas::with_crds([&definition.unwrap()]).0;
        let pod = Gvk::new("", "v1", "Pod");
        let custom = Gvk::new("x.io", "v1", "X");
        let unknown = Gvk::new("y.io", "v1", "Y");
        for (kind, pointer, wanted) in [
            (&pod, "", ""),
            (&pod, "/metadata/labels/app", "metadata.labels[app]"),
            (
                &pod,
                "/spec/containers/0/resources/limits/cpu",
                "spec.containers[0].resources.limits[cpu]",
            ),
            (
                &pod,
                "/spec/volumes/1/csi/volumeAttributes/a",
                "spec.volumes[1].csi.volumeAttributes[a]",
            ),
            (&Gvk::new("", "v1", "Service"), "/spec/selector/app", "spec.selector[app]"),
            (
                &Gvk::new("apps", "v1", "Deployment"),
                "/spec/selector/matchLabels/app",
                "spec.selector.matchLabels[app]",
            ),
            (&Gvk::new("", "v1", "ConfigMap"), "/data/key", "data[key]"),
            (&Gvk::new("", "v1", "ConfigMap"), "/data/0", "data[0]"),
            (&custom, "/metadata/annotations/a", "metadata.annotations[a]"),
            (&custom, "/spec/of-key/a", "spec.of-key[a]"),
            (&unknown, "/metadata/labels/app", "metadata.labels[app]"),
            (&unknown, "/spec/http2/0/1", "spec.http2[0][1]"),
            (&unknown, "/data/a.b", "data[a.b]"),
        ] {
            let found = field(&Pointer::parse(pointer).unwrap(), schemas.type_of(kind));
            assert_eq!(found, wanted);
        }
    }
}
