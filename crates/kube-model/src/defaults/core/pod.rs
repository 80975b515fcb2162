//! Pods and pod templates.

use super::container::{CONTAINER_LISTS, container};
use super::resources::{pod_level, requests_from_limits, requirements, resource_list};
use super::volume::volume;
use super::{app_armor, label_keys};
use crate::defaults::fields::{
    child, child_or_new, each_item, is_true, is_zero, set_if_absent, set_if_zero,
};
use crate::defaults::metadata::drop_init_container_annotations;
use sekisho_value::{Map, Value};

/// A pod.
pub(crate) fn pod(object: &mut Map) {
    drop_init_container_annotations(object);
    if let Some(spec) = child_or_new(object, "spec") {
        only_of_pods(spec);
        pod_spec(spec);
    }
    label_keys::apply(object);
    app_armor::fields_from_annotations(object);
}

/// The pod template in a field of an object's spec.
pub(crate) fn template_of(spec: &mut Map) {
    if let Some(template) = child_or_new(spec, "template") {
        pod_template(template);
    }
}

/// A pod template.
pub(crate) fn pod_template(template: &mut Map) {
    drop_init_container_annotations(template);
    if let Some(spec) = child_or_new(template, "spec") {
        pod_spec(spec);
    }
}

/// Defaults that pods get and templates do not, so that templates stay as they were written.
fn only_of_pods(spec: &mut Map) {
    for list in ["containers", "initContainers"] {
        each_item(spec, list, requests_from_limits);
    }
    pod_level(spec);
    set_if_absent(spec, "enableServiceLinks", true);
    if is_true(spec, "hostNetwork") {
        for list in ["containers", "initContainers"] {
            each_item(spec, list, |container| each_item(container, "ports", host_port));
        }
    }
    let grace = spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64);
    if grace.is_some_and(|seconds| seconds < 0) {
        spec.insert("terminationGracePeriodSeconds", 1);
    }
}

fn host_port(port: &mut Map) {
    if is_zero(port.get("hostPort"))
        && let Some(container_port) = port.get("containerPort").cloned()
        && !is_zero(Some(&container_port))
    {
        port.insert("hostPort", container_port);
    }
}

/// Defaults of `spec` in pods and templates.
fn pod_spec(spec: &mut Map) {
    set_if_zero(spec, "dnsPolicy", "ClusterFirst");
    set_if_zero(spec, "restartPolicy", "Always");
    set_if_absent(spec, "securityContext", Value::object());
    set_if_absent(spec, "terminationGracePeriodSeconds", 30);
    set_if_zero(spec, "schedulerName", "default-scheduler");
    each_item(spec, "volumes", volume);
    for list in CONTAINER_LISTS {
        each_item(spec, list, container);
    }
    resource_list(spec, "overhead");
    requirements(spec);
    service_account(spec);
    // Its feature gate (`GenericWorkload`) is off.
    spec.remove("schedulingGroup");
}

/// Makes `serviceAccount`, the old name, and `serviceAccountName` the same; the new one wins.
fn service_account(spec: &mut Map) {
    let name = [spec.get("serviceAccountName"), spec.get("serviceAccount")]
        .into_iter()
        .find(|name| !is_zero(*name))
        .flatten()
        .cloned();
    if let Some(name) = name {
        spec.insert("serviceAccount", name.clone());
        spec.insert("serviceAccountName", name);
    }
}

/// The labels of a pod.
pub(super) fn labels(pod: &mut Map) -> Map {
    child(pod, "metadata")
        .and_then(|metadata| child(metadata, "labels"))
        .map(|labels| labels.clone())
        .unwrap_or_default()
}
