//! Services. Addresses, IP families and ports that a cluster allocates are left out.

use crate::defaults::fields::{
    child, child_or_new, each_item, is_set, is_zero, new_object, push, set_if_absent, set_if_zero,
    text,
};
use sekisho_value::{Map, Value};

/// For how long a client stays with one endpoint: three hours.
const CLIENT_IP_TIMEOUT_SECONDS: i32 = 10_800;

/// A service.
pub(crate) fn service(object: &mut Map) {
    let Some(spec) = child_or_new(object, "spec") else { return };
    set_if_zero(spec, "sessionAffinity", "None");
    session_affinity_config(spec);
    set_if_zero(spec, "type", "ClusterIP");
    each_item(spec, "ports", port);
    let kind = text(spec, "type").to_owned();
    let is_external = match kind.as_str() {
        "LoadBalancer" | "NodePort" => true,
        "ClusterIP" => !is_zero(spec.get("externalIPs")),
        _ => false,
    };
    if is_external {
        set_if_zero(spec, "externalTrafficPolicy", "Cluster");
    }
    match kind.as_str() {
        "ExternalName" => {
            spec.remove("internalTrafficPolicy");
        }
        "ClusterIP" | "NodePort" | "LoadBalancer" => {
            set_if_absent(spec, "internalTrafficPolicy", "Cluster");
        }
        _ => {}
    }
    if kind == "LoadBalancer" {
        set_if_absent(spec, "allocateLoadBalancerNodePorts", true);
    }
    if kind != "ExternalName" {
        let no_endpoints_known = text(spec, "clusterIP") == "None" && is_zero(spec.get("selector"));
        let policy = if no_endpoints_known { "RequireDualStack" } else { "SingleStack" };
        set_if_absent(spec, "ipFamilyPolicy", policy);
        if no_endpoints_known {
            add_other_family(spec);
        }
    }
}

/// A service whose endpoints are not known is given both families, also where the cluster has one.
fn add_other_family(spec: &mut Map) {
    if text(spec, "ipFamilyPolicy") == "SingleStack" {
        return;
    }
    let families = spec.get("ipFamilies").and_then(Value::as_array).unwrap_or_default();
    let other = match families {
        [only] if only.as_str() == Some("IPv4") => "IPv6",
        [_] => "IPv4",
        _ => return,
    };
    push(spec, "ipFamilies", other);
}

fn session_affinity_config(spec: &mut Map) {
    match text(spec, "sessionAffinity") {
        "None" => {
            spec.remove("sessionAffinityConfig");
        }
        "ClientIP" => {
            let has_timeout = child(spec, "sessionAffinityConfig")
                .and_then(|config| child(config, "clientIP"))
                .is_some_and(|config| is_set(config, "timeoutSeconds"));
            if !has_timeout {
                let timeout =
                    new_object([("timeoutSeconds", Value::from(CLIENT_IP_TIMEOUT_SECONDS))]);
                spec.insert("sessionAffinityConfig", new_object([("clientIP", timeout)]));
            }
        }
        _ => {}
    }
}

fn port(port: &mut Map) {
    set_if_zero(port, "protocol", "TCP");
    if is_zero(port.get("targetPort")) {
        let number = port.get("port").cloned().unwrap_or_else(|| Value::from(0));
        port.insert("targetPort", number);
    }
}
