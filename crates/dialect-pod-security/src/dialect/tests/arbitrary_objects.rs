//! Whatever stands where a pod should, no check panics, and every pointer is one into the object.

use super::{creation, policy};
use crate::dialect::{default_configuration, level_document};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use sekisho_kube_model::Schemas;
use sekisho_policy::{
    Budget, CompiledPolicy, EvalContext, Inventory, InventoryKey, Operation, Reads, Request,
    Shared, Target,
};
use sekisho_value::{Map, Value};

/// Field names that checks look at, so that values are met at all depths.
const FIELDS: &[&str] = &[
    "metadata",
    "annotations",
    "labels",
    "pod-security.kubernetes.io/enforce",
    "container.apparmor.security.beta.kubernetes.io/a",
    "seccomp.security.alpha.kubernetes.io/pod",
    "spec",
    "template",
    "containers",
    "initContainers",
    "ephemeralContainers",
    "volumes",
    "hostPath",
    "securityContext",
    "capabilities",
    "add",
    "drop",
    "seccompProfile",
    "appArmorProfile",
    "seLinuxOptions",
    "windowsOptions",
    "type",
    "sysctls",
    "name",
    "ports",
    "hostPort",
    "runAsUser",
    "runAsNonRoot",
    "lifecycle",
    "preStop",
    "livenessProbe",
    "httpGet",
    "host",
    "procMount",
    "image",
];

fn value() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(FIELDS);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(&["", "a", "ALL", "Unconfined", "\u{7f}\"\u{200b}"][..])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 200, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|entries| Value::from(Map::from_iter(entries))),
        ]
    })
}

/// Arbitrary values where checks look, so that they get past the first fields.
fn object() -> impl Strategy<Value = Value> {
    let map = |entries: Vec<(&'static str, Value)>| Value::from(Map::from_iter(entries));
    let shaped = prop::collection::vec(value(), 6).prop_map(move |values| {
        let part = |index: usize| values[index].clone();
        let container =
            map(vec![("name", part(0)), ("securityContext", part(1)), ("ports", part(2))]);
        let spec = map(vec![
            ("containers", Value::from(vec![part(3), container])),
            ("securityContext", part(1)),
            ("volumes", Value::from(vec![part(4)])),
            ("template", map(vec![("metadata", part(5)), ("spec", part(3))])),
        ]);
        map(vec![("metadata", part(5)), ("spec", spec)])
    });
    prop_oneof![value(), shaped]
}

struct Known(Value);

impl Inventory for Known {
    fn get(&self, _: &InventoryKey) -> Option<Value> {
        Some(self.0.clone())
    }

    fn list(&self, _: &InventoryKey) -> Vec<Value> {
        vec![self.0.clone()]
    }
}

fn policies() -> Vec<CompiledPolicy> {
    let levels = ["v1.0", "v1.18", "v1.24", "latest"].map(|v| level_document("restricted", v));
    let texts = [default_configuration().to_owned()].into_iter().chain(levels);
    texts.map(|text| policy(&text)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn nothing_panics(new in object(), old in object(), update in any::<bool>()) {
        let policies = policies();
        let known = Known(old.clone());
        for (group, kind) in [("", "Pod"), ("", "Namespace"), ("apps", "Deployment")] {
            let operation = if update { Operation::Update } else { Operation::Create };
            let request = creation(group, kind, new.clone());
            let request = Request { operation, old_object: old.clone(), ..request };
            let (target, budget) = (Target::default(), Budget::standard());
            let context = EvalContext {
                request: &request,
                inventory: &Reads::new(&known),
                target: &target,
                schemas: &Schemas::builtin(),
                budget: &budget,
                now: jiff::Timestamp::UNIX_EPOCH, shared: &Shared::default(),
            };
            let decodable = new.as_object().is_some()
                && (!update || kind != "Namespace" || old.as_object().is_some());
            for policy in policies.iter().filter(|policy| policy.matcher.matches(&request)) {
                let outcome = policy.evaluate.evaluate(&context);
                assert_eq!(outcome.is_ok(), decodable);
                for violation in outcome.iter().flat_map(|outcome| &outcome.violations) {
                    assert!(!violation.pointers.is_empty(), "{violation:?}");
                    let first = violation.pointers[0].tokens().next();
                    assert!(first.is_some_and(|t| ["spec", "metadata"].contains(&t.as_str())));
                }
            }
        }
    }
}
