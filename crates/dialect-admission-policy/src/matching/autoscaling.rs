//! HorizontalPodAutoscalers between `v1` and `v2`, as far as `v1` has fields for them.
//!
//! Source of the rules: `pkg/apis/autoscaling/v1/conversion.go` of Kubernetes.

use sekisho_kube_model::Gvk;
use sekisho_value::{Map, Value, from_json};

const TARGET: &str = "targetCPUUtilizationPercentage";
/// What `v1` has no field for stands in annotations that begin so.
const ANNOTATIONS: &str = "autoscaling.alpha.kubernetes.io/";

/// The object in another version; `None` where it is none of these kinds, or needs more than
/// fields.
pub(super) fn convert(object: &Value, from: &Gvk, to: &Gvk) -> Option<Value> {
    let is_scaler = |gvk: &Gvk| gvk.is("autoscaling", "HorizontalPodAutoscaler");
    if !is_scaler(from) || !is_scaler(to) || object.get("status").is_some() {
        return None;
    }
    let mut object = super::equivalent::relabel(object, to);
    let spec = object.get_mut("spec").and_then(Value::as_object_mut);
    match (from.version.as_str(), to.version.as_str(), spec) {
        ("v2", "v1", Some(spec)) => to_v1(spec)?,
        ("v1", "v2", Some(spec)) => {
            let target = spec.remove(TARGET);
            if has_annotations(&object) {
                return None;
            }
            to_v2(object.get_mut("spec").and_then(Value::as_object_mut)?, target)?;
        }
        _ => return None,
    }
    Some(object)
}

fn has_annotations(object: &Value) -> bool {
    let annotations = object.path(&["metadata", "annotations"]).and_then(Value::as_object);
    annotations.is_some_and(|all| all.keys().any(|key| key.starts_with(ANNOTATIONS)))
}

fn to_v1(spec: &mut Map) -> Option<()> {
    if spec.contains_key("behavior") {
        return None;
    }
    let metrics = spec.remove("metrics");
    let metrics = metrics.as_ref().and_then(Value::as_array).unwrap_or_default();
    match metrics {
        [] => Some(()),
        [metric] => {
            let target = metric.path(&["resource", "target", "averageUtilization"])?.clone();
            if *metric != of_cpu(&target)? {
                return None;
            }
            spec.insert(TARGET, target);
            Some(())
        }
        _ => None,
    }
}

fn to_v2(spec: &mut Map, target: Option<Value>) -> Option<()> {
    if let Some(target) = target {
        spec.insert("metrics", Value::from(vec![of_cpu(&target)?]));
    }
    Some(())
}

/// The metric that `v1` has a field for.
fn of_cpu(target: &Value) -> Option<Value> {
    let target = target.as_i64()?;
    from_json(&format!(
        r#"{{"type":"Resource","resource":{{"name":"cpu",
            "target":{{"type":"Utilization","averageUtilization":{target}}}}}}}"#
    ))
    .ok()
}
