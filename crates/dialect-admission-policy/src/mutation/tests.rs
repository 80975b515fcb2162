use super::configuration::{self, Unapplied};
use super::json_patch::{self, Unpatched};
use sekisho_cel::kubernetes::{Configuration, Operation};
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_manifest::read_value;
use sekisho_policy::Budget;
use sekisho_value::Value;

fn value(yaml: &str) -> Value {
    read_value(yaml).unwrap()
}

/// A Pod with this `spec`.
fn pod(spec: &str) -> Value {
    value(&format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {spec}}}"))
}

/// The `spec` of a Pod with a configuration applied, or why it is refused.
fn applied(before: &str, configuration: &str) -> Result<Value, String> {
    let (gvk, budget) = (Gvk::new("", "v1", "Pod"), Budget::standard());
    let fields = value(&format!("{{spec: {configuration}}}"));
    let mut configuration = Configuration::default();
    configuration.fields = fields;
    match configuration::apply(&Schemas::builtin(), &gvk, &pod(before), configuration, &budget) {
        Ok(object) => Ok(object.get("spec").cloned().unwrap()),
        Err(Unapplied::Refused(words)) => Err(words),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn configurations_merge_by_the_schema() {
    let c = |name: &str| format!("{{name: {name}}}");
    let containers = |names: &[&str]| {
        let items: Vec<String> = names.iter().map(|name| c(name)).collect();
        format!("{{containers: [{}]}}", items.join(", "))
    };
    for (before, configuration, after) in [
        // Scalars are replaced, maps joined.
        ("{hostname: a, priority: 1}", "{hostname: b}", "{hostname: b, priority: 1}"),
        (
            "{securityContext: {runAsUser: 1}}",
            "{securityContext: {runAsGroup: 2}}",
            "{securityContext: {runAsUser: 1, runAsGroup: 2}}",
        ),
        // Nothing changes nothing, but where there was nothing.
        (
            "{securityContext: {runAsUser: 1}}",
            "{securityContext: {}}",
            "{securityContext: {runAsUser: 1}}",
        ),
        ("{hostname: a}", "{securityContext: {}}", "{hostname: a, securityContext: {}}"),
        // Items are found by their keys, and the order is that of the configuration.
        (
            "{containers: [{name: a, image: i}, {name: b, image: j}]}",
            "{containers: [{name: b, image: k}]}",
            "{containers: [{name: a, image: i}, {name: b, image: k}]}",
        ),
        (&containers(&["a", "b", "c"]), &containers(&["c", "a"]), &containers(&["b", "c", "a"])),
        (&containers(&["a", "b"]), &containers(&["x", "b"]), &containers(&["a", "x", "b"])),
        (&containers(&["a", "b"]), &containers(&["z"]), &containers(&["a", "b", "z"])),
        // A key that is not given has its default.
        (
            "{containers: [{name: a, ports: [{containerPort: 1, protocol: TCP}]}]}",
            "{containers: [{name: a, ports: [{containerPort: 1, name: p}]}]}",
            "{containers: [{name: a, ports: [{containerPort: 1, protocol: TCP, name: p}]}]}",
        ),
        // Of items that stand twice the configuration's takes the place.
        (
            "{containers: [{name: a, image: i}, {name: a, image: j}]}",
            "{containers: [{name: a, tty: true}]}",
            "{containers: [{name: a, tty: true}]}",
        ),
    ] {
        let expected = value(after);
        assert_eq!(applied(before, configuration), Ok(expected), "{before} {configuration}");
    }
}

/// The API server that sends them knows them, and leaves them as they are.
#[test]
fn fields_that_are_not_known_here_stay() {
    for (before, configuration, after) in [
        ("{newer: {a: [1]}}", "{hostname: b}", "{newer: {a: [1]}, hostname: b}"),
        (
            "{containers: [{name: a, newer: x, env: [{name: e, newer: []}]}]}",
            "{containers: [{name: b}, {name: a, env: [{name: e, value: v}]}]}",
            "{containers: [{name: b}, {name: a, newer: x, env: [{name: e, newer: [], value: v}]}]}",
        ),
        (
            "{newer: 1, securityContext: {newer: 2}}",
            "{securityContext: {runAsUser: 3}}",
            "{newer: 1, securityContext: {newer: 2, runAsUser: 3}}",
        ),
    ] {
        assert_eq!(applied(before, configuration), Ok(value(after)), "{before} {configuration}");
        let named = applied(before, "{newer: {a: [2]}}");
        let words = "failed to convert patch object to typed object: .spec.newer: field not declar";
        assert!(named.as_ref().is_err_and(|told| told.contains(words)), "{named:?}");
    }
}

#[test]
fn configurations_are_held_against_the_schema() {
    for (configuration, words) in [
        (
            "{nope: 1}",
            "error applying patch: failed to convert patch object to typed object: .spec.nope: \
             field not declared in schema",
        ),
        (
            "{priority: high}",
            "error applying patch: failed to convert patch object to typed object: \
             .spec.priority: expected numeric (int or float), got string",
        ),
        (
            "{hostname: 7, priority: true}",
            "error applying patch: failed to convert patch object to typed object: errors:\n  \
             .spec.hostname: expected string, got &value.valueUnstructured{Value:7}\n  \
             .spec.priority: expected numeric (int or float), got bool",
        ),
        (
            "{containers: [{name: c, ports: [{containerPort: 1}, {containerPort: 1}]}]}",
            "error applying patch: failed to convert patch object to typed object: \
             .spec.containers[name=\"c\"].ports: duplicate entries for key \
             [containerPort=1,protocol=\"TCP\"]",
        ),
        (
            "{nodeSelector: {}, volumes: [{name: v, secret: {items: []}}]}",
            "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps \
             or structs: .spec.nodeSelector, .spec.volumes[0].secret.items",
        ),
    ] {
        assert_eq!(applied("{}", configuration), Err(words.to_owned()), "{configuration}");
    }
}

/// `op path from`, and the value.
fn operations(of: &[(&str, &str)]) -> Vec<Operation> {
    let one = |(words, yaml): &(&str, &str)| {
        let mut words = words.split(' ').map(str::to_owned);
        let mut next = || words.next().unwrap_or_default();
        let (op, path, from) = (next(), next(), next());
        Operation { op, path, from, value: (!yaml.is_empty()).then(|| value(yaml)) }
    };
    of.iter().map(one).collect()
}

#[test]
fn patches_are_applied_as_the_api_server_applies_them() {
    let budget = Budget::standard();
    let before = value("{a: [1, 2, 3], m: {k: v, 'x/y~': z}}");
    for (patch, after) in [
        (&[("add /a/1", "9")][..], Ok("{a: [1, 9, 2, 3], m: {k: v, 'x/y~': z}}")),
        (&[("add /a/3", "9")], Ok("{a: [1, 2, 3, 9], m: {k: v, 'x/y~': z}}")),
        (&[("add /a/-1", "9")], Ok("{a: [1, 2, 3, 9], m: {k: v, 'x/y~': z}}")),
        (&[("remove /a/-3", "")], Ok("{a: [2, 3], m: {k: v, 'x/y~': z}}")),
        (&[("replace /m/x~1y~0", "w")], Ok("{a: [1, 2, 3], m: {k: v, 'x/y~': w}}")),
        (&[("move /m/l /m/k", "")], Ok("{a: [1, 2, 3], m: {l: v, 'x/y~': z}}")),
        (&[("copy /a/0 /m/k", "")], Ok("{a: [v, 1, 2, 3], m: {k: v, 'x/y~': z}}")),
        (&[("replace ", "{b: 1}")], Ok("{b: 1}")),
        (
            &[("test ", "{a: [1, 2, 3], m: {k: v, 'x/y~': z}}")],
            Ok("{a: [1, 2, 3], m: {k: v, 'x/y~': z}}"),
        ),
        (&[("test /a/0", "2")], Err("a test failed")),
        (
            &[("add /a/5", "9")],
            Err("error in add for path: '/a/5': Unable to access invalid index: 5: invalid index \
                 referenced"),
        ),
        (
            &[("add /a/x", "9")],
            Err("error in add for path: '/a/x': value was not a proper array index: 'x': \
                 strconv.Atoi: parsing \"x\": invalid syntax"),
        ),
        (
            &[("replace /a/9", "9")],
            Err("replace operation does not apply: doc is missing key: /a/9: missing value"),
        ),
        (
            &[("add /m/k/deep", "9")],
            Err("add operation does not apply: doc is missing path: \"/m/k/deep\": missing value"),
        ),
        (
            &[("move /m/l", "")],
            Err("move operation failed to decode from: operation, missing from field: missing \
                 value"),
        ),
    ] {
        let given = match json_patch::apply(&before, &operations(patch), &budget) {
            Ok(object) => Ok(object),
            Err(Unpatched::TestFailed) => Err("a test failed".to_owned()),
            Err(Unpatched::Refused(words)) => Err(words),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(given, after.map(value).map_err(str::to_owned), "{patch:?}");
    }
}

/// Each copy doubles the object.
#[test]
fn copies_of_copies_end_by_the_budget() {
    let patch: Vec<(String, String)> =
        (0..64).map(|n| (format!("copy /m/{n} /m"), String::new())).collect();
    let patch: Vec<(&str, &str)> = patch.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let before = value("{m: {k: a long text that takes some room, l: another}}");
    let applied = json_patch::apply(&before, &operations(&patch), &Budget::standard());
    assert!(matches!(applied, Err(Unpatched::Budget(_))), "{applied:?}");
}

/// Each insertion moves all that is behind it.
#[test]
fn insertions_before_many_end_by_the_budget() {
    let patch = vec![("add /a/0", "1"); 200_000];
    let budget = Budget::standard();
    let applied = json_patch::apply(&value("{a: [1]}"), &operations(&patch), &budget);
    assert!(matches!(applied, Err(Unpatched::Budget(_))));
}
