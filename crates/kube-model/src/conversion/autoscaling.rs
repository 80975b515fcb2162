//! HorizontalPodAutoscalers between `v1` and `v2`. What `v1` has no field for stands in annotations,
//! in JSON as Go writes it.
//!
//! Source of the rules: `pkg/apis/autoscaling/v1/conversion.go` of Kubernetes.

use super::go_json;
use crate::{Gvk, Schemas};
use sekisho_value::{Map, Value, from_json};

const TARGET: &str = "targetCPUUtilizationPercentage";
const CURRENT: &str = "currentCPUUtilizationPercentage";
/// What `v1` has no field for stands in annotations that begin so.
const ANNOTATIONS: &str = "autoscaling.alpha.kubernetes.io/";
const METRICS: &str = "metrics";
const BEHAVIOR: &str = "behavior";
const CURRENT_METRICS: &str = "current-metrics";
const CONDITIONS: &str = "conditions";
/// All such annotations; the last two carry nothing any more.
const CARRIED: [&str; 6] =
    [METRICS, BEHAVIOR, CURRENT_METRICS, CONDITIONS, "scale-down-tolerance", "scale-up-tolerance"];

/// A field of `v1`'s metrics in the order that Go writes it, where `v2` has it, and what `v1` writes
/// where there is nothing.
type Field = (&'static str, &'static [&'static str], Option<&'static str>);

/// A kind of metrics: its field in both versions, what is asked of it, and what it was.
struct Metric {
    field: &'static str,
    asked: &'static [Field],
    found: &'static [Field],
}

const NAME: Field = ("metricName", &["metric", "name"], Some(""));
const SELECTOR: Field = ("selector", &["metric", "selector"], None);
const DESCRIBED: Field = ("target", &["describedObject"], None);
const RESOURCE: Field = ("name", &["name"], Some(""));
const UTILIZATION: Field = ("targetAverageUtilization", &["target", "averageUtilization"], None);
const AVERAGE: Field = ("targetAverageValue", &["target", "averageValue"], None);
const CURRENT_UTILIZATION: Field =
    ("currentAverageUtilization", &["current", "averageUtilization"], None);
const CURRENT_AVERAGE: Field = ("currentAverageValue", &["current", "averageValue"], Some("0"));
const CONTAINER: Field = ("container", &["container"], Some(""));

/// In the order that Go writes them.
const KINDS: [Metric; 5] = [
    Metric {
        field: "object",
        asked: &[
            DESCRIBED,
            NAME,
            ("targetValue", &["target", "value"], Some("0")),
            SELECTOR,
            ("averageValue", &["target", "averageValue"], None),
        ],
        found: &[
            DESCRIBED,
            NAME,
            ("currentValue", &["current", "value"], Some("0")),
            SELECTOR,
            ("averageValue", &["current", "averageValue"], None),
        ],
    },
    Metric {
        field: "pods",
        asked: &[NAME, ("targetAverageValue", &["target", "averageValue"], Some("0")), SELECTOR],
        found: &[NAME, CURRENT_AVERAGE, SELECTOR],
    },
    Metric {
        field: "resource",
        asked: &[RESOURCE, UTILIZATION, AVERAGE],
        found: &[RESOURCE, CURRENT_UTILIZATION, CURRENT_AVERAGE],
    },
    Metric {
        field: "containerResource",
        asked: &[RESOURCE, UTILIZATION, AVERAGE, CONTAINER],
        found: &[RESOURCE, CURRENT_UTILIZATION, CURRENT_AVERAGE, CONTAINER],
    },
    Metric {
        field: "external",
        asked: &[
            NAME,
            ("metricSelector", &["metric", "selector"], None),
            ("targetValue", &["target", "value"], None),
            AVERAGE,
        ],
        found: &[
            NAME,
            ("metricSelector", &["metric", "selector"], None),
            ("currentValue", &["current", "value"], Some("0")),
            ("currentAverageValue", &["current", "averageValue"], None),
        ],
    },
];

/// Fields of behavior, which `v1` carries by the names that they have in the API server.
const BEHAVIORS: [&str; 2] = ["scaleUp", "scaleDown"];
const RULES: [&str; 4] = ["stabilizationWindowSeconds", "selectPolicy", "policies", "tolerance"];
const POLICY: [&str; 3] = ["type", "value", "periodSeconds"];
/// Fields of a condition.
const CONDITION: [&str; 5] = ["type", "status", "lastTransitionTime", "reason", "message"];

/// A HorizontalPodAutoscaler in another version; `None` where it is none.
#[must_use]
pub fn convert_scaler(object: &Value, from: &Gvk, to: &Gvk) -> Option<Value> {
    let is_scaler = |gvk: &Gvk| gvk.is("autoscaling", "HorizontalPodAutoscaler");
    if !is_scaler(from) || !is_scaler(to) {
        return None;
    }
    let mut object = object.clone();
    let fields = object.as_object_mut()?;
    fields.insert("apiVersion", to.api_version());
    match (from.version.as_str(), to.version.as_str()) {
        ("v2", "v1") => to_v1(fields),
        ("v1", "v2") => to_v2(fields),
        _ => return None,
    }
    Some(object)
}

/// A HorizontalPodAutoscaler given as `v1` as it is stored, which is as `v2`: with all metrics of the
/// CPU that its field and its annotation have, and in their order. None where what `v1` says of it
/// gives the same. `given` is as it came, `stored` what `v1` says once it went through the API server.
pub(crate) fn stored_scaler(given: &Value, stored: &Value, gvk: &Gvk) -> Option<Value> {
    let v2 = Gvk::new(gvk.group.as_str(), "v2", gvk.kind.as_str());
    let given = convert_scaler(given, gvk, &v2).filter(|_| gvk.version == "v1")?;
    let mut stored = convert_scaler(stored, gvk, &v2)?;
    let metrics = given.path(&["spec", "metrics"])?;
    let spec = stored.get_mut("spec").and_then(Value::as_object_mut)?;
    let differs = spec.get("metrics") != Some(metrics);
    spec.insert("metrics", metrics.clone());
    differs.then_some(stored)
}

/// What the way through the API server's own version makes of an object of `v1`.
pub(crate) fn scaler_round_trip(object: &mut Map) {
    to_v2(object);
    to_v1(object);
}

/// Drops the annotations that `v1` alone has.
pub(crate) fn drop_scaler_annotations(object: &mut Map) {
    take_annotations(object);
}

/// Takes out the annotations that carry what `v1` has no field for.
fn take_annotations(object: &mut Map) -> Vec<(&'static str, String)> {
    let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
    let Some(metadata) = metadata else { return Vec::new() };
    let annotations = metadata.get_mut("annotations").and_then(Value::as_object_mut);
    let Some(annotations) = annotations else { return Vec::new() };
    let mut taken = Vec::new();
    for name in CARRIED {
        let value = annotations.remove(format!("{ANNOTATIONS}{name}").as_str());
        if let Some(text) = value.as_ref().and_then(Value::as_str) {
            taken.push((name, text.to_owned()));
        }
    }
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
    taken
}

fn to_v1(object: &mut Map) {
    take_annotations(object);
    let mut carried = Vec::new();
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        let metrics = spec.remove("metrics");
        let metrics = metrics.as_ref().and_then(Value::as_array).unwrap_or_default();
        let cpu = |metric: &&Value| of_cpu(metric, &["target", "averageUtilization"]).is_some();
        let target = metrics.iter().find(cpu);
        if let Some(target) =
            target.and_then(|metric| of_cpu(metric, &["target", "averageUtilization"]))
        {
            spec.insert(TARGET, target.clone());
        }
        let others: Vec<Value> = metrics.iter().filter(|metric| !cpu(metric)).cloned().collect();
        if !others.is_empty() {
            carried.push((METRICS, metrics_text(&others, |kind| kind.asked)));
        }
        if let Some(behavior) = spec.remove("behavior") {
            carried.push((BEHAVIOR, behavior_text(&behavior)));
        }
    }
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        let metrics = status.remove("currentMetrics");
        let metrics = metrics.as_ref().and_then(Value::as_array).unwrap_or_default();
        let mut current = metrics
            .iter()
            .filter_map(|metric| of_cpu(metric, &["current", "averageUtilization"]).cloned());
        if let Some(current) = current.next_back() {
            status.insert(CURRENT, current);
        }
        if !metrics.is_empty() {
            carried.push((CURRENT_METRICS, metrics_text(metrics, |kind| kind.found)));
        }
        let conditions = status.remove("conditions");
        let conditions = conditions.as_ref().and_then(Value::as_array).unwrap_or_default();
        if !conditions.is_empty() {
            carried.push((CONDITIONS, conditions_text(conditions)));
        }
        if !status.contains_key("currentReplicas") {
            status.insert("currentReplicas", 0);
        }
    }
    if carried.is_empty() {
        return;
    }
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let mut annotations = match metadata.remove("annotations") {
        Some(Value::Object(annotations)) => annotations,
        _ => Map::new(),
    };
    for (name, text) in carried {
        annotations.insert(format!("{ANNOTATIONS}{name}").as_str(), text);
    }
    metadata.insert("annotations", Value::Object(annotations));
}

/// The value of a metric of the CPU, which `v1` has a field for.
fn of_cpu<'v>(metric: &'v Value, path: &[&str]) -> Option<&'v Value> {
    let resource = metric.get("resource")?;
    let is_cpu = metric.path_str(&["type"]) == Some("Resource")
        && resource.path_str(&["name"]) == Some("cpu");
    resource.path(path).filter(|_| is_cpu)
}

fn metrics_text(metrics: &[Value], fields: fn(&Metric) -> &'static [Field]) -> String {
    let metric = |metric: &Value| {
        let own = |kind: &Metric| {
            let own = metric.get(kind.field)?;
            let fields = fields(kind).iter().filter_map(|(v1, v2, otherwise)| {
                let text = match own.path(v2) {
                    Some(value) if *v1 == DESCRIBED.0 => {
                        go_json::fields(value, &["kind", "name", "apiVersion"])
                    }
                    Some(value) if v1.ends_with("elector") => go_json::selector(value),
                    Some(value) => go_json::plain(value),
                    None => go_json::plain(&Value::from((*otherwise)?)),
                };
                Some((*v1, text))
            });
            Some((kind.field, go_json::object(fields)))
        };
        let of = go_json::plain(metric.get("type").unwrap_or(&Value::Null));
        go_json::object(std::iter::once(("type", of)).chain(KINDS.iter().filter_map(own)))
    };
    go_json::list(metrics.iter().map(metric))
}

/// The API server writes its own type here, all of whose fields are there and begin with capitals.
fn behavior_text(behavior: &Value) -> String {
    let own = |value: Option<&Value>| go_json::plain(value.unwrap_or(&Value::Null));
    let policy = |policy: &Value| {
        go_json::object(POLICY.map(|field| (capital(field), own(policy.get(field)))))
    };
    let rules = |rules: &Value| {
        go_json::object(RULES.map(|field| {
            let value = rules.get(field);
            let text = match value.and_then(Value::as_array) {
                Some(policies) => go_json::list(policies.iter().map(policy)),
                None => own(value),
            };
            (capital(field), text)
        }))
    };
    go_json::object(BEHAVIORS.map(|direction| {
        let given = behavior.get(direction);
        (capital(direction), given.map_or_else(|| own(None), rules))
    }))
}

fn capital(name: &str) -> String {
    let mut chars = name.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

fn conditions_text(conditions: &[Value]) -> String {
    go_json::list(conditions.iter().map(|condition| {
        let mut condition = condition.clone();
        if let Some(fields) = condition.as_object_mut()
            && !fields.contains_key("lastTransitionTime")
        {
            fields.insert("lastTransitionTime", Value::Null);
        }
        go_json::fields(&condition, &CONDITION)
    }))
}

fn to_v2(object: &mut Map) {
    let carried = take_annotations(object);
    let carried = |name: &str| {
        let (_, text) = carried.iter().find(|(own, _)| *own == name)?;
        from_json(text).ok()
    };
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        let target = spec.remove(TARGET);
        let others = carried(METRICS).and_then(|json| read_metrics(&json, |kind| kind.asked));
        let mut metrics = others.map(read_targets).unwrap_or_default();
        metrics.extend(target.map(|target| cpu("target", &target)));
        if metrics.is_empty() {
            metrics.push(cpu("target", &Value::from(80)));
        }
        spec.insert("metrics", metrics);
        let behavior = carried(BEHAVIOR).and_then(|json| read("spec", "behavior", lower(&json)));
        let is_empty = |value: &Value| value.as_object().is_none_or(Map::is_empty);
        if let Some(behavior) = behavior.filter(|behavior| !is_empty(behavior)) {
            spec.insert("behavior", behavior);
        }
    }
    let metrics = carried(CURRENT_METRICS)
        .and_then(|json| read_metrics(&json, |kind| kind.found))
        .and_then(|metrics| read("status", "currentMetrics", Value::from(metrics)));
    let conditions = carried(CONDITIONS).and_then(|json| read("status", "conditions", json));
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        let current = status.remove(CURRENT);
        let own = current.map(|current| Value::from(vec![cpu("current", &current)]));
        status.insert("currentMetrics", metrics.or(own).unwrap_or(Value::Null));
        if let Some(conditions) = conditions {
            status.insert("conditions", conditions);
        }
        if status.get("currentReplicas").and_then(Value::as_i64) == Some(0) {
            status.remove("currentReplicas");
        }
    }
}

/// A metric of the CPU.
fn cpu(of: &'static str, utilization: &Value) -> Value {
    let mut target = Map::from_iter([("averageUtilization", utilization.clone())]);
    if of == "target" {
        target.insert("type", "Utilization");
    }
    let resource = Map::from_iter([("name", Value::from("cpu")), (of, Value::Object(target))]);
    let fields = [("type", Value::from("Resource")), ("resource", Value::Object(resource))];
    Value::Object(Map::from_iter(fields))
}

/// The metrics that an annotation carries, by the names of `v2`; `None` where they are none.
fn read_metrics(json: &Value, fields: fn(&Metric) -> &'static [Field]) -> Option<Vec<Value>> {
    let metric = |json: &Value| {
        let mut metric = Map::new();
        metric.insert("type", json.get("type").cloned().unwrap_or_else(|| Value::from("")));
        for kind in &KINDS {
            let Some(own) = json.get(kind.field).filter(|own| !own.is_null()) else { continue };
            let mut converted = Value::Object(Map::new());
            for (v1, v2, otherwise) in fields(kind) {
                let value = own.get(v1).filter(|value| !value.is_null()).cloned();
                if let Some(value) = value.or_else(|| otherwise.map(Value::from)) {
                    put(&mut converted, v2, value);
                }
            }
            metric.insert(kind.field, converted);
        }
        Value::Object(metric)
    };
    Some(json.as_array()?.iter().map(metric).collect())
}

fn put(value: &mut Value, path: &[&str], new: Value) {
    let (Some(object), Some((first, rest))) = (value.as_object_mut(), path.split_first()) else {
        return;
    };
    if rest.is_empty() {
        object.insert(*first, new);
        return;
    }
    if object.get(first).is_none() {
        object.insert(*first, Value::Object(Map::new()));
    }
    if let Some(within) = object.get_mut(first) {
        put(within, rest, new);
    }
}

/// Says of what type each target is, which `v1` leaves to be seen.
fn read_targets(metrics: Vec<Value>) -> Vec<Value> {
    let metrics = metrics.into_iter().map(|mut metric| {
        for kind in &KINDS {
            let Some(own) = metric.get_mut(kind.field) else { continue };
            let has = |field: &str| own.path(&["target", field]).is_some();
            let of = match kind.field {
                "resource" | "containerResource" if has("averageUtilization") => "Utilization",
                "object" if !has("averageValue") => "Value",
                "external" if has("value") => "Value",
                _ => "AverageValue",
            };
            let is_zero = own.path_str(&["target", "value"]) == Some("0");
            if kind.field == "object" && of == "AverageValue" && is_zero {
                let target = own.get_mut("target").and_then(Value::as_object_mut);
                target.map(|target| target.remove("value"));
            }
            put(own, &["target", "type"], Value::from(of));
        }
        metric
    });
    let read = read("spec", "metrics", Value::from(metrics.collect::<Vec<_>>()));
    match read {
        Some(Value::Array(metrics)) => metrics.to_vec(),
        _ => Vec::new(),
    }
}

/// Behavior by the names of `v2`: those that an annotation has begin with capitals, or do not.
fn lower(json: &Value) -> Value {
    match json {
        Value::Array(items) => Value::from(items.iter().map(lower).collect::<Vec<_>>()),
        Value::Object(fields) => {
            let known = || BEHAVIORS.iter().chain(&RULES).chain(&POLICY);
            let fields = fields.iter().map(|(name, value)| {
                let own = known().find(|own| own.eq_ignore_ascii_case(name));
                (own.map_or(name.as_str(), |own| *own).to_owned(), lower(value))
            });
            Value::Object(Map::from_iter(fields))
        }
        scalar => scalar.clone(),
    }
}

/// A field of `v2` as it is read; `None` where it is of another type.
fn read(part: &'static str, field: &'static str, value: Value) -> Option<Value> {
    let object = Map::from_iter([
        ("apiVersion", Value::from("autoscaling/v2")),
        ("kind", Value::from("HorizontalPodAutoscaler")),
        (part, Value::Object(Map::from_iter([(field, value)]))),
    ]);
    let decoded = Schemas::builtin().decode(&Value::Object(object));
    if !decoded.is_readable() {
        return None;
    }
    decoded.object.path(&[part, field]).cloned()
}
