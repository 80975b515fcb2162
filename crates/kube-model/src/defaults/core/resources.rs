//! Resource lists, requests that follow from limits, and resources of whole pods.

use crate::defaults::fields::{child, child_or_new, child_ref, is_set, items};
use crate::quantity::Quantity;
use sekisho_value::{Map, Str, Value};
use std::collections::BTreeMap;

/// Rounds the quantities of a list up to thousandths.
pub(crate) fn resource_list(map: &mut Map, key: &str) {
    let is_fine = |value: &Value| value.as_str().is_some_and(may_be_finer_than_milli);
    if !child_ref(map, key).is_some_and(|list| list.iter().any(|(_, value)| is_fine(value))) {
        return;
    }
    let Some(list) = child(map, key) else { return };
    for (_, value) in list.iter_mut() {
        if let Some(quantity) = value.as_str().and_then(|text| Quantity::parse(text).ok()) {
            *value = Value::from(quantity.rounded_up_to_milli().to_string());
        }
    }
}

fn may_be_finer_than_milli(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'.' | b'n' | b'u' | b'-'))
}

/// Rounds limits and requests.
pub(crate) fn requirements(map: &mut Map) {
    if let Some(resources) = child(map, "resources") {
        resource_list(resources, "limits");
        resource_list(resources, "requests");
    }
}

/// Requests what is limited, where nothing is requested. Only for pods, not for templates.
pub(super) fn requests_from_limits(container: &mut Map) {
    let Some(resources) = child(container, "resources") else { return };
    let Some(limits) = child_ref(resources, "limits").filter(|limits| !limits.is_empty()).cloned()
    else {
        return;
    };
    if !is_set(resources, "requests") {
        resources.insert("requests", limits);
        return;
    }
    if let Some(requests) = child(resources, "requests") {
        add_missing(requests, limits.iter().map(|(name, limit)| (name, limit.clone())));
    }
}

fn add_missing<'a>(list: &mut Map, entries: impl Iterator<Item = (&'a Str, Value)>) {
    for (name, value) in entries {
        if !list.contains_key(name) {
            list.insert(name.clone(), value);
        }
    }
}

/// Limits and requests of a whole pod, from those of its containers.
///
/// Huge page limits are the sum of the containers' where the pod requests none; requests of CPU and
/// memory are the containers', other requests are the pod's limits.
/// Source: KEP-2837.
pub(super) fn pod_level(spec: &mut Map) {
    if !is_set(spec, "resources") {
        return;
    }
    huge_page_limits(spec);
    pod_requests(spec);
}

fn huge_page_limits(spec: &mut Map) {
    let resources = child_ref(spec, "resources");
    let list = |name| resources.and_then(|resources| child_ref(resources, name));
    let len = |name| list(name).map_or(0, Map::len);
    if len("limits") == 0 && len("requests") == 0 {
        return;
    }
    let limits: Vec<(Str, Value)> = aggregate(spec, "limits")
        .into_iter()
        .filter(|(name, _)| is_huge_pages(name))
        .filter(|(name, _)| !list("requests").is_some_and(|list| list.contains_key(name)))
        .map(|(name, quantity)| (name, Value::from(quantity.to_string())))
        .collect();
    if limits.is_empty() {
        return;
    }
    if let Some(resources) = child(spec, "resources")
        && let Some(list) = child_or_new(resources, "limits")
    {
        add_missing(list, limits.iter().map(|(name, value)| (name, value.clone())));
    }
}

fn pod_requests(spec: &mut Map) {
    let Some(limits) = child_ref(spec, "resources")
        .and_then(|resources| child_ref(resources, "limits"))
        .filter(|limits| !limits.is_empty())
        .cloned()
    else {
        return;
    };
    let requests: Vec<(Str, Value)> = aggregate(spec, "requests")
        .into_iter()
        .filter(|(name, _)| matches!(name.as_str(), "cpu" | "memory"))
        .map(|(name, quantity)| (name, Value::from(quantity.to_string())))
        .collect();
    let supported = limits
        .iter()
        .filter(|(name, _)| matches!(name.as_str(), "cpu" | "memory") || is_huge_pages(name));
    let Some(resources) = child(spec, "resources") else { return };
    let had_requests = is_set(resources, "requests");
    let Some(list) = child_or_new(resources, "requests") else { return };
    add_missing(list, requests.iter().map(|(name, value)| (name, value.clone())));
    add_missing(list, supported.map(|(name, value)| (name, value.clone())));
    if list.is_empty() && !had_requests {
        resources.remove("requests");
    }
}

fn is_huge_pages(name: &str) -> bool {
    name.starts_with("hugepages-")
}

type Amounts = BTreeMap<Str, Quantity>;

/// What a pod's containers need together: the sum of its containers and sidecars, and at least what
/// each init container needs beside the sidecars that started before it.
fn aggregate(spec: &Map, list: &str) -> Amounts {
    let mut total = Amounts::new();
    for container in items(spec, "containers") {
        add(&mut total, &amounts(container, list));
    }
    let mut sidecars = Amounts::new();
    let mut starting = Amounts::new();
    for container in items(spec, "initContainers") {
        let mut needed = amounts(container, list);
        if container.get("restartPolicy").and_then(Value::as_str) == Some("Always") {
            add(&mut total, &needed);
            add(&mut sidecars, &needed);
            needed = sidecars.clone();
        } else {
            add(&mut needed, &sidecars);
        }
        raise(&mut starting, needed);
    }
    raise(&mut total, starting);
    total
}

fn amounts(container: &Map, list: &str) -> Amounts {
    let list = child_ref(container, "resources").and_then(|resources| child_ref(resources, list));
    list.into_iter()
        .flat_map(Map::iter)
        .filter_map(|(name, value)| Some((name.clone(), Quantity::parse(value.as_str()?).ok()?)))
        .collect()
}

fn add(to: &mut Amounts, amounts: &Amounts) {
    for (name, quantity) in amounts {
        match to.get_mut(name) {
            None => {
                to.insert(name.clone(), quantity.clone());
            }
            Some(sum) => {
                if let Some(added) = sum.checked_add(quantity) {
                    *sum = added;
                }
            }
        }
    }
}

fn raise(to: &mut Amounts, amounts: Amounts) {
    for (name, quantity) in amounts {
        if to.get(&name).is_none_or(|least| quantity > *least) {
            to.insert(name, quantity);
        }
    }
}
