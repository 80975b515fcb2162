//! What the admission plugins that are on by default, and need no state of a cluster, add to an
//! object that is created: Priority, DefaultTolerationSeconds, TaintNodesByCondition and
//! StorageObjectInUseProtection.

use super::core::taint_not_ready;
use super::fields::{
    child_or_new, items, new_object, push, push_text_if_absent, set_if_absent, text,
};
use crate::gvk::Gvk;
use sekisho_value::{Map, Str, Value};

/// What a pod gets from its priority class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorityClass {
    /// the class's name
    pub name: Str,
    /// `spec.priority` of its pods
    pub value: i32,
    /// `spec.preemptionPolicy` of its pods
    pub preemption_policy: Str,
}

/// The priority classes of a cluster.
pub trait PriorityClasses {
    /// The class of a name.
    fn named(&self, name: &str) -> Option<PriorityClass>;

    /// The class of pods that name none; where several claim to be it, the one of least value.
    fn global_default(&self) -> Option<PriorityClass>;
}

/// The priority classes that every cluster has, `system-node-critical` and
/// `system-cluster-critical`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemPriorityClasses;

impl PriorityClasses for SystemPriorityClasses {
    fn named(&self, name: &str) -> Option<PriorityClass> {
        let value = match name {
            "system-node-critical" => 2_000_001_000,
            "system-cluster-critical" => 2_000_000_000,
            _ => return None,
        };
        let preemption_policy = Str::new_static(PREEMPT);
        Some(PriorityClass { name: Str::new(name), value, preemption_policy })
    }

    fn global_default(&self) -> Option<PriorityClass> {
        None
    }
}

const PREEMPT: &str = "PreemptLowerPriority";
/// For how long a pod stays on a node that fails.
const TOLERATION_SECONDS: i32 = 300;

/// Adds to an object that is created what the admission plugins add. It has its defaults
/// ([`apply_defaults`](super::apply_defaults)).
///
/// A pod whose priority class is unknown keeps what it has: a cluster would refuse it.
pub fn apply_admission(gvk: &Gvk, object: &mut Value, classes: &dyn PriorityClasses) {
    let Some(object) = object.as_object_mut() else { return };
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Pod") => {
            if let Some(spec) = child_or_new(object, "spec") {
                priority(spec, classes);
                tolerations(spec);
            }
        }
        ("", "Node") => taint_not_ready(object),
        ("", "PersistentVolume") => finalizer(object, "kubernetes.io/pv-protection"),
        ("", "PersistentVolumeClaim") => finalizer(object, "kubernetes.io/pvc-protection"),
        ("storage.k8s.io", "VolumeAttributesClass") => {
            finalizer(object, "kubernetes.io/vac-protection");
        }
        _ => {}
    }
}

fn priority(spec: &mut Map, classes: &dyn PriorityClasses) {
    let name = text(spec, "priorityClassName");
    if name.is_empty() {
        match classes.global_default() {
            Some(class) => {
                spec.insert("priorityClassName", class.name.clone());
                set_priority(spec, class.value, class.preemption_policy);
            }
            None => set_priority(spec, 0, Str::new_static(PREEMPT)),
        }
    } else if let Some(class) = classes.named(name) {
        set_priority(spec, class.value, class.preemption_policy);
    }
}

fn set_priority(spec: &mut Map, value: i32, preemption_policy: Str) {
    set_if_absent(spec, "priority", value);
    set_if_absent(spec, "preemptionPolicy", preemption_policy);
}

/// Lets a pod stay for a while on a node that is not ready or not reachable, unless it says itself
/// for how long.
fn tolerations(spec: &mut Map) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerates = items(spec, "tolerations").any(|toleration| {
            let (of, effect) = (text(toleration, "key"), text(toleration, "effect"));
            (of == key || of.is_empty()) && matches!(effect, "NoExecute" | "")
        });
        if !tolerates {
            let toleration = new_object([
                ("effect", Value::from("NoExecute")),
                ("key", Value::from(key)),
                ("operator", Value::from("Exists")),
                ("tolerationSeconds", Value::from(TOLERATION_SECONDS)),
            ]);
            push(spec, "tolerations", toleration);
        }
    }
}

fn finalizer(object: &mut Map, name: &'static str) {
    if let Some(metadata) = child_or_new(object, "metadata") {
        push_text_if_absent(metadata, "finalizers", name);
    }
}
