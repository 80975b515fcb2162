//! Other versions of what was asked for.
//!
//! Source of the rules: `EquivalentResourceRegistry` of `k8s.io/apimachinery`, and the resources
//! that share their storage in Kubernetes' `default_storage_factory_builder.go`.

use super::{Matched, autoscaling};
use crate::attributes::Attributes;
use crate::scene::Scene;
use sekisho_kube_model::{Gvk, KindRef, Schemas, Shape, TypeRef};
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
    let matched = others.filter_map(|kind| {
        let resource = kind.gvr()?;
        // The kind of a subresource is its own, whatever the version.
        let of =
            if attributes.subresource.is_empty() { kind.gvk() } else { attributes.gvk.clone() };
        Some(Matched { resource, kind: of })
    });
    matched.filter(|matched| matched.resource != attributes.gvr()).collect()
}

/// An object in another version of its kind. Between versions of the same fields nothing but
/// `apiVersion` changes; of what changes more, HorizontalPodAutoscalers alone are converted here.
///
/// # Errors
/// Why it cannot be converted.
pub(crate) fn convert(object: &Value, to: &Gvk, scene: Scene<'_>) -> Result<Value, String> {
    let Some(from) = Gvk::of(object).filter(|from| from != to) else {
        return Ok(object.clone());
    };
    if let Some(converted) = autoscaling::convert(object, &from, to) {
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
