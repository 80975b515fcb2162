//! Each case was sent to kube-apiserver 1.36, with the same definition.

use crate::schema::{ProblemKind, Schemas};
use sekisho_value::{Pointer, Value, from_json};

const DEFINITION: &str = r#"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
"metadata":{"name":"things.example.com"},
"spec":{"group":"example.com","scope":"Cluster","names":{"plural":"things","kind":"Thing"},
"versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},
"schema":{"openAPIV3Schema":{"type":"object","properties":{
"status":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
"spec":{"type":"object","properties":{
"s":{"type":"string"},"sd":{"type":"string","default":"dflt"},
"i":{"type":"integer"},"i32":{"type":"integer","format":"int32"},"n":{"type":"number"},"b":{"type":"boolean"},
"ios":{"x-kubernetes-int-or-string":true},
"nul":{"type":"string","nullable":true},"nuld":{"type":"string","nullable":true,"default":"q"},
"req":{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}},
"reqd":{"type":"object","default":{},"properties":{"a":{"type":"string","default":"x"},"b":{"type":"integer"}}},
"open":{"type":"object","x-kubernetes-preserve-unknown-fields":true,
 "properties":{"in":{"type":"object","properties":{"k":{"type":"string"}}}}},
"closed":{"type":"object"},
"map":{"type":"object","additionalProperties":{"type":"object","properties":{"x":{"type":"integer","default":3}}}},
"mapany":{"type":"object","additionalProperties":true},
"mapd":{"type":"object","additionalProperties":{"type":"string","default":"mm"}},
"mapnd":{"type":"object","additionalProperties":{"type":"string"}},
"list":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"d":{"type":"string","default":"e"}}}},
"strs":{"type":"array","items":{"type":"string"}},
"nulls":{"type":"array","items":{"type":"string","nullable":true}},
"md":{"type":"array","items":{"type":"string","default":"zz"}},
"emb":{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true},
"any":{"x-kubernetes-preserve-unknown-fields":true}}}}}}},
{"name":"v0","served":false,"storage":false,"schema":{"openAPIV3Schema":{"type":"object"}}}]}}"#;

fn schemas() -> Schemas {
    let (schemas, problems) = Schemas::with_crds([&from_json(DEFINITION).unwrap()]);
    assert_eq!(problems, []);
    schemas
}

fn thing(spec: &str) -> Value {
    let json = format!(
        r#"{{"apiVersion":"example.com/v1","kind":"Thing","metadata":{{"name":"t"}},"spec":{spec}}}"#
    );
    from_json(&json).unwrap()
}

#[test]
fn custom_objects_are_pruned_and_defaulted() {
    let schemas = schemas();
    for (given, stored, unknown) in [
        ("{}", "{}", ""),
        (r#"{"s":null,"i":null}"#, "{}", ""),
        (r#"{"sd":null}"#, "{}", ""),
        (r#"{"sd":""}"#, r#"{"sd":""}"#, ""),
        (r#"{"i":1.0}"#, r#"{"i":1.0}"#, ""),
        (r#"{"n":1}"#, r#"{"n":1}"#, ""),
        (r#"{"ios":1}"#, r#"{"ios":1}"#, ""),
        (r#"{"ios":"a"}"#, r#"{"ios":"a"}"#, ""),
        (r#"{"nul":null,"nuld":null}"#, r#"{"nul":null,"nuld":null}"#, ""),
        (r#"{"reqd":null}"#, "{}", ""),
        (r#"{"reqd":{"a":null,"b":1}}"#, r#"{"reqd":{"a":"x","b":1}}"#, ""),
        (
            r#"{"open":{"x":1,"y":null,"in":{"k":"v","z":1}}}"#,
            r#"{"open":{"x":1,"y":null,"in":{"k":"v"}}}"#,
            "/spec/open/in/z",
        ),
        (r#"{"closed":{"x":1}}"#, r#"{"closed":{}}"#, "/spec/closed/x"),
        (r#"{"map":{"a":{}}}"#, r#"{"map":{"a":{"x":3}}}"#, ""),
        (r#"{"map":{"a":{"y":2}}}"#, r#"{"map":{"a":{"x":3}}}"#, "/spec/map/a/y"),
        (r#"{"map":{"a":null}}"#, r#"{"map":{}}"#, ""),
        (r#"{"mapany":{"a":null,"b":[1,null]}}"#, r#"{"mapany":{"a":null,"b":[1,null]}}"#, ""),
        (r#"{"mapd":{"a":null}}"#, r#"{"mapd":{"a":"mm"}}"#, ""),
        (r#"{"mapnd":{"a":null,"b":"c"}}"#, r#"{"mapnd":{"b":"c"}}"#, ""),
        (
            r#"{"list":[{"name":"a"},{"q":1}]}"#,
            r#"{"list":[{"name":"a","d":"e"},{"d":"e"}]}"#,
            "/spec/list/1/q",
        ),
        (r#"{"nulls":[null,"a"]}"#, r#"{"nulls":[null,"a"]}"#, ""),
        (r#"{"md":[null,"a"]}"#, r#"{"md":["zz","a"]}"#, ""),
        (
            r#"{"emb":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","bogus":1},"x":1}}"#,
            r#"{"emb":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"x":1}}"#,
            "/spec/emb/metadata/bogus",
        ),
        (r#"{"any":[1,{"a":null}]}"#, r#"{"any":[1,{"a":null}]}"#, ""),
        (r#"{"unknown":1,"s":"x"}"#, r#"{"s":"x"}"#, "/spec/unknown"),
    ] {
        let decoded = schemas.decode(&thing(given));
        let mut want = thing(stored);
        let spec = want.get_mut("spec").unwrap().as_object_mut().unwrap();
        for (name, default) in [("sd", r#""dflt""#), ("nuld", r#""q""#), ("reqd", r#"{"a":"x"}"#)] {
            spec.get_or_insert_with(name, || from_json(default).unwrap());
        }
        assert_eq!(decoded.object, want, "{given}");
        let found: Vec<_> = decoded.problems.iter().map(|p| (p.kind, p.pointer.as_str())).collect();
        let unknown = (!unknown.is_empty()).then_some((ProblemKind::UnknownField, unknown));
        assert_eq!(found, unknown.into_iter().collect::<Vec<_>>(), "{given}");
    }
}

#[test]
fn custom_objects_of_wrong_types_are_refused() {
    let schemas = schemas();
    for (given, pointer) in [
        (r#"{"s":1}"#, "/spec/s"),
        (r#"{"i":1.5}"#, "/spec/i"),
        (r#"{"i":"1"}"#, "/spec/i"),
        (r#"{"i32":3000000000}"#, "/spec/i32"),
        (r#"{"b":"true"}"#, "/spec/b"),
        (r#"{"ios":1.5}"#, "/spec/ios"),
        (r#"{"ios":true}"#, "/spec/ios"),
        (r#"{"map":{"a":{"x":"1"}}}"#, "/spec/map/a/x"),
        (r#"{"mapnd":{"a":1}}"#, "/spec/mapnd/a"),
        (r#"{"list":[null]}"#, "/spec/list/0"),
        (r#"{"list":{}}"#, "/spec/list"),
        (r#"{"strs":["a",1]}"#, "/spec/strs/1"),
        (r#"{"strs":[null]}"#, "/spec/strs/0"),
        (r#"{"closed":"x"}"#, "/spec/closed"),
        (
            r#"{"emb":{"apiVersion":"v1","kind":"Pod","metadata":{"name":5}}}"#,
            "/spec/emb/metadata/name",
        ),
        (r#""x""#, "/spec"),
        ("[]", "/spec"),
    ] {
        let problems = schemas.decode(&thing(given)).problems;
        let found: Vec<_> = problems.iter().map(|p| (p.kind, p.pointer.as_str())).collect();
        assert_eq!(found, [(ProblemKind::WrongType, pointer)], "{given}");
    }
    for (given, pointer) in [
        (r#"{"req":{}}"#, "/spec/req/a"),
        (r#"{"req":{"a":null}}"#, "/spec/req/a"),
        (r#"{"emb":{"apiVersion":"v1"}}"#, "/spec/emb/kind"),
    ] {
        let problems = schemas.decode(&thing(given)).problems;
        let found: Vec<_> = problems.iter().map(|p| (p.kind, p.pointer.as_str())).collect();
        assert_eq!(found, [(ProblemKind::RequiredField, pointer)], "{given}");
    }
}

#[test]
fn the_rest_of_a_custom_object_is_read_too() {
    let schemas = schemas();
    let given = from_json(
        r#"{"apiVersion":"example.com/v1","kind":"Thing","extra":1,"status":{"a":1},
        "metadata":{"name":"t","labels":{"a":null},"annotations":{},"zzz":1}}"#,
    )
    .unwrap();
    let decoded = schemas.decode(&given);
    let want = r#"{"apiVersion":"example.com/v1","kind":"Thing","status":{"a":1},
        "metadata":{"name":"t","labels":{"a":""}}}"#;
    assert_eq!(decoded.object, from_json(want).unwrap());
    let found: Vec<_> = decoded.problems.iter().map(|p| p.pointer.as_str()).collect();
    assert_eq!(found, ["/extra", "/metadata/zzz"]);
    assert_eq!(decoded.resource, "things");
    assert_eq!(decoded.known.namespaced(), Some(false));
    // Who creates an object does not write its status.
    assert_eq!(schemas.store(&given).object.get("status"), None);

    // Another kind of the group may be defined elsewhere; another version of this one is not.
    let other = r#"{"apiVersion":"example.com/v1","kind":"Other","metadata":{"name":"t"}}"#;
    assert_eq!(schemas.decode(&from_json(other).unwrap()).problems, []);
    let new = r#"{"apiVersion":"example.com/v2","kind":"Thing","metadata":{"name":"t"}}"#;
    assert_eq!(schemas.decode(&from_json(new).unwrap()).problems.len(), 1);

    let old = r#"{"apiVersion":"example.com/v0","kind":"Thing","metadata":{"name":"t"}}"#;
    let problems = schemas.decode(&from_json(old).unwrap()).problems;
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert_eq!(problem.message, "`example.com/v0` Thing is not served");
    assert_eq!(problem.help.as_deref(), Some("use `example.com/v1`"));
}

#[test]
fn definitions_of_the_beta_prune_where_they_say_so() {
    let beta = |preserves: &str| {
        let json = format!(
            r#"{{"apiVersion":"apiextensions.k8s.io/v1beta1","kind":"CustomResourceDefinition",
            "spec":{{"group":"example.com","version":"v1","scope":"Namespaced"{preserves},
            "names":{{"plural":"olds","kind":"Old"}},
            "validation":{{"openAPIV3Schema":{{"type":"object","properties":{{
                "spec":{{"type":"object","properties":{{"a":{{"type":"string"}}}}}}}}}}}}}}}}"#
        );
        Schemas::with_crds([&from_json(&json).unwrap()]).0
    };
    let object =
        r#"{"apiVersion":"example.com/v1","kind":"Old","metadata":{"name":"o"},"spec":{"b":1}}"#;
    let object = from_json(object).unwrap();
    assert_eq!(beta("").decode(&object).problems, []);
    let pruned = beta(r#","preserveUnknownFields":false"#).decode(&object);
    assert_eq!(pruned.problems.len(), 1);
    assert_eq!(pruned.object.get("spec"), Some(&Value::object()));
}

#[test]
fn definitions_that_define_nothing_are_named() {
    let definition = |spec: &str| {
        from_json(&format!(
            r#"{{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","spec":{spec}}}"#
        ))
        .unwrap()
    };
    let inputs = [
        from_json(r#"{"apiVersion":"v1","kind":"Pod"}"#).unwrap(),
        definition("{}"),
        definition(r#"{"group":"g","names":{"plural":"p"}}"#),
        definition(r#"{"group":"g","names":{"plural":"p","kind":"K"}}"#),
        definition(r#"{"group":"g","names":{"plural":"p","kind":"K"},"versions":[{"name":"v1"}]}"#),
    ];
    let (schemas, problems) = Schemas::with_crds(&inputs);
    let found: Vec<_> = problems.iter().map(|(at, p)| (*at, p.pointer.as_str())).collect();
    assert_eq!(found, [(1, "/spec/group"), (2, "/spec/names/kind"), (3, "/spec/versions")]);
    assert!(schemas.kind("g", "v1", "K").is_some_and(|kind| kind.object_type().is_none()));
}

#[test]
fn types_of_custom_kinds_can_be_read() {
    let schemas = schemas();
    let kind = schemas.kind("example.com", "v1", "Thing").unwrap();
    let spec = kind.object_type().unwrap().field("spec").unwrap().value_type();
    let list = spec.field("list").unwrap().value_type();
    let of = list.item().unwrap().field("d").unwrap();
    assert_eq!(of.default(), Some("e".into()));
    assert!(spec.field("req").unwrap().value_type().field("a").unwrap().required());
    assert!(spec.fields().map(|field| field.name()).is_sorted());
    let root = Pointer::root();
    assert_eq!(crate::Loci::new(&schemas, &kind.gvk(), &thing("{}")).locus(&root), "");
}

#[test]
fn the_core_group_is_written_without_a_slash() {
    for (given, want) in [("v1", "v1"), ("/v1", "v1"), ("apps/v1", "apps/v1")] {
        let kind = if given == "apps/v1" { "ControllerRevision" } else { "ConfigMap" };
        let object = format!(
            r#"{{"apiVersion":"{given}","kind":"{kind}","metadata":{{"name":"a"}},"revision":1}}"#
        );
        let stored = Schemas::builtin().store(&from_json(&object).unwrap());
        assert_eq!(stored.object.path_str(&["apiVersion"]), Some(want), "{given}");
    }
}
