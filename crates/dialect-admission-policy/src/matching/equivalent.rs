//! Other versions of what was asked for.
//!
//! Source of the rules: `EquivalentResourceRegistry` of `k8s.io/apimachinery`, and the resources
//! that share their storage in Kubernetes' `default_storage_factory_builder.go`.

use super::{Matched, renamed};
use crate::attributes::Attributes;
use crate::scene::Scene;
use sekisho_kube_model::{Gvk, KindRef, Schemas, Shape, TypeRef, convert_scaler};
use sekisho_value::{Str, Value};

/// Groups that hold the same resource.
const SHARED: [(&str, [&str; 2]); 1] = [("events", ["", "events.k8s.io"])];

/// How deep types are compared: those that hold themselves do not end.
const DEPTH: usize = 12;

/// The resources that are another version of the one that was asked for.
pub(crate) fn equivalents(attributes: &Attributes, schemas: &Schemas) -> Vec<Matched> {
    let (group, plural) = (attributes.gvr().group, &attributes.resource);
    let shared =
        SHARED.iter().find(|(of, groups)| of == plural && groups.contains(&group.as_str()));
    let same_group =
        |other: &str| other == group || shared.is_some_and(|(_, groups)| groups.contains(&other));
    let has_subresource = |kind: KindRef<'_>| {
        attributes.subresource.is_empty()
            || kind.subresources().any(|subresource| attributes.subresource == subresource)
    };
    let others = schemas.kinds().filter(|kind| {
        kind.served()
            && kind.plural() == plural
            && same_group(kind.group())
            && has_subresource(*kind)
    });
    // A subresource is of the resource's kind, or of its own whatever the version.
    let is_own = attributes.subresource.is_empty()
        || schemas.kind_of(&attributes.gvk).is_some_and(|kind| kind.plural() == plural);
    let matched = others.filter_map(|kind| {
        let of = if is_own { kind.gvk() } else { attributes.gvk.clone() };
        Some(Matched { resource: kind.gvr()?, kind: of })
    });
    matched.filter(|matched| matched.resource != attributes.gvr()).collect()
}

/// An object in another version of its kind. Between versions of the same fields nothing but
/// `apiVersion` changes; of what changes more, HorizontalPodAutoscalers, Events, claims and
/// slices of devices are converted here.
///
/// # Errors
/// Why it cannot be converted.
pub(crate) fn convert(object: &Value, to: &Gvk, scene: Scene<'_>) -> Result<Value, String> {
    let Some(from) = Gvk::of(object).filter(|from| from != to) else {
        return Ok(object.clone());
    };
    if let Some(stored) = stored_as(object, &from, to, scene) {
        return Ok(stored.clone());
    }
    if let Some(converted) = convert_known(object, &from, to) {
        return Ok(converted);
    }
    let refused = || format!("`{from}` is not converted to `{to}` here");
    let schemas = scene.schemas;
    let (Some(old), Some(new)) = (schemas.kind_of(&from), schemas.kind_of(to)) else {
        return Err(refused());
    };
    let same = match (old.is_custom(), new.is_custom()) {
        (true, true) => !has_webhook(new, scene),
        _ => match (old.object_type(), new.object_type()) {
            (Some(old), Some(new)) => is_same(old, new, DEPTH),
            _ => false,
        },
    };
    if same { Ok(relabel(object, to)) } else { Err(refused()) }
}

/// The request's object in the version that it is stored in: none where it was changed since.
fn stored_as<'s>(object: &Value, from: &Gvk, to: &Gvk, scene: Scene<'s>) -> Option<&'s Value> {
    let stored =
        scene.request.stored_as.as_ref().filter(|stored| Gvk::of(stored).as_ref() == Some(to))?;
    convert_known(stored, to, from).is_some_and(|own| own == *object).then_some(stored)
}

/// An object of a kind whose versions differ in more than their names.
fn convert_known(object: &Value, from: &Gvk, to: &Gvk) -> Option<Value> {
    convert_scaler(object, from, to).or_else(|| renamed::convert(object, from, to))
}

/// An object that says it is of another version.
pub(super) fn relabel(object: &Value, to: &Gvk) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.insert("apiVersion", to.api_version());
    }
    object
}

/// Whether a webhook converts between the versions of a custom kind.
fn has_webhook(kind: KindRef<'_>, scene: Scene<'_>) -> bool {
    let name = format!("{}.{}", kind.plural(), kind.group());
    let definition =
        scene.inventory.get("apiextensions.k8s.io", "CustomResourceDefinition", "", &name);
    definition.is_some_and(|definition| {
        definition.path_str(&["spec", "conversion", "strategy"]) == Some("Webhook")
    })
}

/// Whether two types have the same fields, all the way down.
fn is_same(a: TypeRef<'_>, b: TypeRef<'_>, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    if a.shape() != b.shape() {
        return false;
    }
    if a.shape() == Shape::Object {
        let names = |of: TypeRef<'_>| {
            let mut names: Vec<Str> = of.fields().map(|field| Str::new(field.name())).collect();
            names.sort();
            names
        };
        return names(a) == names(b)
            && a.fields().all(|field| {
                let other = b.field(field.name());
                other.is_some_and(|other| is_same(field.value_type(), other.value_type(), depth))
            });
    }
    match (a.item(), b.item()) {
        (Some(a), Some(b)) => is_same(a, b, depth),
        (None, None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{DEPTH, SHARED, convert_known, is_same, renamed};
    use sekisho_kube_model::{Gvk, Schemas};
    use sekisho_value::from_json;

    /// What the API server converts between versions that it serves, and nobody here: an error, and
    /// never what another version would be.
    const REFUSED: [&str; 0] = [];

    #[test]
    fn kinds_that_are_not_converted_are_known() {
        let schemas = Schemas::builtin();
        let served = || schemas.kinds().filter(|kind| kind.served());
        let mut refused: Vec<&str> = Vec::new();
        for one in served() {
            let shared = SHARED.iter().find(|(plural, _)| *plural == one.plural());
            let same_group = |group: &str| {
                group == one.group() || shared.is_some_and(|(_, groups)| groups.contains(&group))
            };
            for other in served().filter(|other| {
                same_group(other.group())
                    && other.plural() == one.plural()
                    && other.kind() == one.kind()
            }) {
                let (from, to) = (one.gvk(), other.gvk());
                if from == to {
                    continue;
                }
                let json = format!(
                    r#"{{"apiVersion":"{}","kind":"{}","metadata":{{"name":"a"}},"spec":{{"spec":{{}}}}}}"#,
                    from.api_version(),
                    from.kind
                );
                let object = from_json(&json).unwrap();
                let same = is_same(one.object_type().unwrap(), other.object_type().unwrap(), DEPTH);
                if !same && convert_known(&object, &from, &to).is_none() {
                    refused.push(one.kind());
                }
            }
        }
        refused.sort_unstable();
        refused.dedup();
        assert_eq!(refused, REFUSED);
    }

    #[test]
    fn fields_go_by_other_names() {
        let gvk = |group: &str, version: &str, kind: &str| Gvk::new(group, version, kind);
        let claim = |version| gvk("resource.k8s.io", version, "ResourceClaim");
        for (from, one, to, other) in [
            (
                gvk("", "v1", "Event"),
                r#""involvedObject":{"kind":"Pod"},"message":"m","count":2,"reportingComponent":"c""#,
                gvk("events.k8s.io", "v1", "Event"),
                r#""regarding":{"kind":"Pod"},"note":"m","deprecatedCount":2,"reportingController":"c""#,
            ),
            (
                claim("v1beta1"),
                r#""spec":{"devices":{"requests":[{"name":"r","deviceClassName":"d","count":2}]}}"#,
                claim("v1"),
                r#""spec":{"devices":{"requests":[{"name":"r","exactly":{"deviceClassName":"d","count":2}}]}}"#,
            ),
            (
                gvk("resource.k8s.io", "v1beta1", "ResourceSlice"),
                r#""spec":{"driver":"d","nodeName":"n","pool":{"name":"p","generation":1,"resourceSliceCount":1},"devices":[{"name":"a","basic":{"attributes":{"x":{"int":1}},"capacity":{"m":{"value":"1Gi"}}}},{"name":"b","basic":{}}]}"#,
                gvk("resource.k8s.io", "v1", "ResourceSlice"),
                r#""spec":{"driver":"d","nodeName":"n","pool":{"name":"p","generation":1,"resourceSliceCount":1},"devices":[{"name":"a","attributes":{"x":{"int":1}},"capacity":{"m":{"value":"1Gi"}}},{"name":"b"}]}"#,
            ),
        ] {
            let object = |gvk: &Gvk, fields: &str| {
                let (version, kind) = (gvk.api_version(), &gvk.kind);
                let json = format!(
                    r#"{{"apiVersion":"{version}","kind":"{kind}","metadata":{{"name":"a","namespace":"b"}},{fields}}}"#
                );
                let mut stored = Schemas::builtin().store(&from_json(&json).unwrap()).object;
                // As it is when it is updated.
                let fields = stored.as_object_mut().unwrap();
                fields.insert("metadata", from_json(r#"{"name":"a","uid":"u"}"#).unwrap());
                fields.insert("status", from_json(r#"{"reservedFor":[]}"#).unwrap());
                stored
            };
            let (one, other) = (object(&from, one), object(&to, other));
            assert_eq!(renamed::convert(&one, &from, &to), Some(other.clone()));
            assert_eq!(renamed::convert(&other, &to, &from), Some(one));
        }
    }
}
