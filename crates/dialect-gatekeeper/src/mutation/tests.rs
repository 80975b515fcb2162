//! What Gatekeeper's answers, replayed in `tests/mutation_recorded.rs`, do not show: places of
//! diagnostics, limits, and what is told beside the object.

use super::{MutateError, MutateFault, MutateInput, Mutated, Mutator, Mutators};
use crate::matching::{Namespace, Source};
use sekisho_policy::{Budget, BudgetExceeded, Operation};
use sekisho_value::{MAX_DEPTH, Value, from_json};

fn json(text: &str) -> Value {
    from_json(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A mutator of pods.
fn document(kind: &str, name: &str, location: &str, parameters: &str) -> Value {
    let version = if kind == "AssignImage" { "v1alpha1" } else { "v1" };
    let apply_to = match kind {
        "AssignMetadata" => "",
        _ => r#""applyTo":[{"groups":[""],"versions":["v1"],"kinds":["Pod"]}],"#,
    };
    let location = Value::from(location).to_json();
    json(&format!(
        r#"{{"apiVersion":"mutations.gatekeeper.sh/{version}","kind":"{kind}",
            "metadata":{{"name":"{name}"}},
            "spec":{{{apply_to}"location":{location},"parameters":{parameters}}}}}"#
    ))
}

fn assign(name: &str, location: &str, value: &str) -> Value {
    document("Assign", name, location, &format!(r#"{{"assign":{{"value":{value}}}}}"#))
}

fn set(documents: &[Value]) -> Mutators {
    let read = |document: &Value| {
        Mutator::read(document, true).unwrap_or_else(|faults| panic!("{document:?}: {faults:?}"))
    };
    Mutators::new(documents.iter().map(read).collect())
}

fn mutate(set: &Mutators, object: &str) -> Result<Mutated, MutateError> {
    mutate_within(set, object, &|_| false, &Budget::standard())
}

fn mutate_within(
    set: &Mutators,
    object: &str,
    off: &dyn Fn(usize) -> bool,
    budget: &Budget<'_>,
) -> Result<Mutated, MutateError> {
    let input = MutateInput {
        object: &json(object),
        namespace: Namespace::Absent,
        source: Some(Source::Original),
        operation: Some(Operation::Create),
        username: "",
        external: None,
    };
    set.mutate(&input, off, budget)
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let value = r#"{"assign":{"value":1}}"#;
    for (kind, location, parameters, wanted) in [
        (
            "Assign",
            "a..b",
            value,
            "/spec/location: no location: expected the name of a field, found `.` at character 3",
        ),
        ("Assign", "", value, "/spec/location: Assign without a location"),
        ("Assign", "metadata.labels.x", value, "/spec/location: Assign cannot change `metadata`"),
        (
            "Assign",
            "l[k: a].k",
            value,
            "/spec/location: `k` tells the items of the list apart and must not change",
        ),
        ("Assign", "l[k: *]", value, "/spec/location: there is no one item to add at `*`"),
        (
            "Assign",
            "l[k: a]",
            value,
            "/spec/parameters/assign/value: the item of a list with a key is an object, this is a number",
        ),
        (
            "Assign",
            "l[k: a]",
            r#"{"assign":{"value":{"k":"b"}}}"#,
            "/spec/parameters/assign/value: the item's `k` is not that of the location `[k: a]`",
        ),
        ("Assign", "a", "{}", "/spec/parameters/assign: there is not one thing to assign"),
        (
            "Assign",
            "a",
            r#"{"assign":[]}"#,
            "/spec/parameters/assign: expected an object, found list",
        ),
        (
            "Assign",
            "a",
            r#"{"assign":{"fromMetadata":{"field":"uid"}}}"#,
            "/spec/parameters/assign/fromMetadata/field: there is no field `uid` to assign",
        ),
        (
            "Assign",
            "a",
            r#"{"assign":{"externalData":{"provider":"p","failurePolicy":"UseDefault"}}}"#,
            "/spec/parameters/assign/externalData/default: `failurePolicy: UseDefault` wants a `default`",
        ),
        (
            "Assign",
            "a",
            r#"{"assign":{"externalData":{"provider":"p","dataSource":"User"}}}"#,
            "/spec/parameters/assign/externalData/dataSource: unknown data source `User`",
        ),
        (
            "Assign",
            "a.b",
            r#"{"assign":{"value":1},"pathTests":[{"subPath":"a","condition":"MustExist"},{"subPath":"b","condition":"MustExist"}]}"#,
            "/spec/parameters/pathTests/1: sub-path `b` is no beginning of the location `a.b`",
        ),
        (
            "Assign",
            "a.b",
            r#"{"assign":{"value":1},"pathTests":[{"subPath":"a","condition":"Exists"}]}"#,
            "/spec/parameters/pathTests/0/condition: unknown condition `Exists`",
        ),
        (
            "Assign",
            "a",
            r#"{"assign":{"value":1},"pathtests":[]}"#,
            "/spec/parameters/pathtests: unknown field `pathtests`",
        ),
        (
            "AssignMetadata",
            "metadata.name",
            r#"{"assign":{"value":"x"}}"#,
            "/spec/location: AssignMetadata writes labels and annotations alone",
        ),
        (
            "AssignMetadata",
            "metadata.labels.x",
            value,
            "/spec/parameters/assign/value: a label or annotation is a string, this is a number",
        ),
        (
            "ModifySet",
            "l[k: a]",
            r#"{"values":{"fromList":[]}}"#,
            "/spec/location: ModifySet cannot write the item of a list",
        ),
        (
            "ModifySet",
            "l",
            r#"{"operation":"add"}"#,
            "/spec/parameters/operation: unknown operation `add`",
        ),
        (
            "ModifySet",
            "l",
            r#"{"values":{"fromList":"a"}}"#,
            "/spec/parameters/values/fromList: expected a list, found string",
        ),
        (
            "AssignImage",
            "i",
            "{}",
            "/spec/parameters: one of assignDomain, assignPath and assignTag has to be set",
        ),
        (
            "AssignImage",
            "i",
            r#"{"assignTag":"v1"}"#,
            "/spec/parameters/assignTag: assignTag `v1` is neither a tag with its `:` nor a digest with its `@`",
        ),
        (
            "AssignImage",
            "i",
            r#"{"assignPath":"a.b/c"}"#,
            "/spec/parameters/assignPath: the beginning of assignPath `a.b/c` would be read as a domain",
        ),
    ] {
        let faults = Mutator::read(&document(kind, "m", location, parameters), true).unwrap_err();
        let found: Vec<String> =
            faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.message)).collect();
        assert_eq!(found, [wanted]);
    }
    for (text, wanted) in [
        (r#"{"kind":"Assign","apiVersion":"mutations.gatekeeper.sh/v2"}"#, "/apiVersion"),
        (r#"{"kind":"AssignImage","apiVersion":"mutations.gatekeeper.sh/v1"}"#, "/apiVersion"),
        (r#"{"kind":"Assign","spec":{"match":{"source":"x"}}}"#, "/spec/match/source"),
        (
            r#"{"kind":"Assign","spec":{"applyTo":[{"kinds":["Pod"],"versions":["v1"]}]}}"#,
            "/spec/applyTo/0/groups",
        ),
        (
            r#"{"kind":"Assign","spec":{"applyTo":[{"operations":["DELETE"]}]}}"#,
            "/spec/applyTo/0/operations/0",
        ),
        (r#"{"kind":"Assign","metadata":{}}"#, "/metadata/name"),
    ] {
        let faults = Mutator::read(&json(text), false).unwrap_err();
        assert!(faults.iter().any(|fault| fault.pointer.as_str() == wanted), "{text}: {faults:?}");
    }
}

#[test]
fn every_version_is_read() {
    for version in ["v1", "v1beta1", "v1alpha1"] {
        let mut document = assign("m", "spec.x", "1");
        let api_version = format!("mutations.gatekeeper.sh/{version}");
        document.as_object_mut().unwrap().insert("apiVersion", api_version);
        assert!(Mutator::read(&document, true).is_ok(), "{version}");
    }
}

#[test]
fn what_is_told_beside_the_object() {
    let set = set(&[
        assign("b", "spec.x", r#""new""#),
        assign("a", "spec.y", r#""there""#),
        assign("idle-1", "spec.z.w", "1"),
        document("ModifySet", "idle-2", "spec.z", r#"{"values":{"fromList":[1]}}"#),
    ]);
    let ids: Vec<String> = set.mutators().iter().map(|m| m.id().to_string()).collect();
    assert_eq!(ids, ["Assign/a", "Assign/b", "Assign/idle-1", "ModifySet/idle-2"]);
    let conflicts: Vec<String> = set
        .conflicts()
        .iter()
        .map(|c| {
            format!(
                "{} with {}",
                c.id,
                c.with.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
            )
        })
        .collect();
    assert_eq!(
        conflicts,
        ["Assign/idle-1 with ModifySet/idle-2", "ModifySet/idle-2 with Assign/idle-1"]
    );
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"w"},"spec":{"y":"there"}}"#;
    let found = mutate(&set, pod).unwrap();
    assert_eq!(found.object.path_str(&["spec", "x"]), Some("new"));
    assert_eq!((found.applied, found.rounds), (vec![1], 2));
    let found = mutate_within(&set, pod, &|number| number == 1, &Budget::standard()).unwrap();
    assert_eq!((found.object, found.applied, found.rounds), (json(pod), vec![], 1));
}

#[test]
fn what_changes_nothing_is_not_told() {
    let prune = |name, location: &str| {
        let parameters = r#"{"operation":"prune","values":{"fromList":["a"]}}"#;
        document("ModifySet", name, location, parameters)
    };
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{"n":5,"l":["b"],"o":{}}}"#;
    for (document, applied) in [
        (assign("m", "spec.n", "5"), 0),
        (assign("m", "spec.n", "6"), 1),
        (assign("m", "spec.l", r#"["b"]"#), 0),
        (assign("m", "spec.o", r#"{"n":1}"#), 1),
        (prune("m", "spec.l"), 0),
        (prune("m", "spec.o.l"), 0),
        (prune("m", "spec.none.l"), 1),
    ] {
        let found = mutate(&set(std::slice::from_ref(&document)), pod).unwrap();
        assert_eq!(found.applied.len(), applied, "{document:?}");
        assert_eq!(found.object == json(pod), applied == 0, "{document:?}");
    }
}

#[test]
fn errors_name_the_mutator_and_the_place() {
    let set = set(&[assign("m", "spec.l[k: *].x.y", "1")]);
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{"l":[{},{"x":"text"}]}}"#;
    let error = mutate(&set, pod).unwrap_err();
    assert_eq!(error.pointer().as_str(), "/spec/l/1/x");
    let message =
        "mutator `Assign/m`: the location `spec.l[k: *].x.y` wants an object here, found string";
    assert_eq!(error.to_string(), message);
}

#[test]
fn what_never_ends_is_an_error() {
    // Each turns a kind into the next one's, in a circle.
    let turn = |from: &str, to: &str| {
        let mut document = assign(from, "kind", &format!(r#""{to}""#));
        let apply_to =
            json(&format!(r#"[{{"groups":[""],"versions":["v1"],"kinds":["{from}"]}}]"#));
        let spec = document.get_mut("spec").unwrap().as_object_mut().unwrap();
        spec.insert("applyTo", apply_to);
        document
    };
    let set = set(&[turn("c", "b"), turn("b", "a"), turn("a", "c")]);
    let error = mutate(&set, r#"{"apiVersion":"v1","kind":"a","metadata":{}}"#).unwrap_err();
    assert_eq!(error.fault, MutateFault::NotConverging { rounds: 4 });
}

#[test]
fn objects_do_not_grow_without_end() {
    // Each level has a hundred items in every item of the one above.
    let items: Vec<String> = (0..100).map(|number| format!(r#"{{"k":"{number}"}}"#)).collect();
    let items = format!("[{}]", items.join(","));
    let mut location = "spec.l".to_owned();
    let mut documents = Vec::new();
    for level in 0..5 {
        let tests = format!(r#"[{{"subPath":"{location}","condition":"MustNotExist"}}]"#);
        let parameters = format!(r#"{{"assign":{{"value":{items}}},"pathTests":{tests}}}"#);
        documents.push(document("Assign", &format!("m{level}"), &location, &parameters));
        location.push_str("[k: *].l");
    }
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{}}"#;
    let error = mutate(&set(&documents), pod).unwrap_err();
    assert_eq!(error.fault, MutateFault::Budget(BudgetExceeded::Memory));
    let small = Budget::new(100, u64::MAX, None);
    let error = mutate_within(&set(&documents), pod, &|_| false, &small).unwrap_err();
    assert_eq!(error.fault, MutateFault::Budget(BudgetExceeded::Steps));
}

#[test]
fn nothing_nests_deeper_than_objects_may() {
    let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    for (levels, sound) in [(MAX_DEPTH - 30, true), (MAX_DEPTH - 3, false)] {
        // The document holds the value below `spec.parameters.assign`.
        let mut document = assign("m", "a.b.c", "1");
        let value = json(&nested(levels));
        let mut at = &mut document;
        for field in ["spec", "parameters", "assign"] {
            at = at.get_mut(field).unwrap();
        }
        at.as_object_mut().unwrap().insert("value", value);
        assert_eq!(Mutator::read(&document, true).is_ok(), sound, "{levels}");
    }
}
