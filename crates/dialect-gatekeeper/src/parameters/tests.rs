use super::Schema;
use sekisho_value::{Pointer, from_json};

fn faults(schema: &str, legacy: bool, value: &str) -> Vec<(String, String)> {
    let schema = Schema::read(&from_json(schema).unwrap(), legacy).unwrap();
    let mut faults = Vec::new();
    schema.validate(&from_json(value).unwrap(), &Pointer::root(), &mut faults);
    faults.into_iter().map(|f| (f.pointer.as_str().to_owned(), f.message)).collect()
}

#[test]
fn values_are_as_the_schema_wants_them() {
    let object = r#"{"type":"object","required":["a"],"properties":{"a":{"type":"string","minLength":2,"pattern":"^x"},"n":{"type":"integer","minimum":1,"maximum":9,"exclusiveMaximum":true},"list":{"type":"array","maxItems":2,"uniqueItems":true,"items":{"type":"string","enum":["p","q"]}},"map":{"type":"object","additionalProperties":{"type":"boolean"}},"free":{"x-kubernetes-preserve-unknown-fields":true},"port":{"x-kubernetes-int-or-string":true},"any":{"anyOf":[{"type":"string"},{"type":"integer"}]},"one":{"oneOf":[{"minimum":1},{"maximum":5}],"type":"number"},"no":{"not":{"enum":["bad"]},"type":"string"},"net":{"type":"string","format":"cidr"}}}"#;
    for (value, places) in [
        (r#"{"a":"xy"}"#, &[][..]),
        (r#"{}"#, &["/a"]),
        (r#"{"a":null}"#, &["/a"]),
        (r#"{"a":1}"#, &["/a"]),
        (r#"{"a":"y"}"#, &["/a", "/a"]),
        (
            r#"{"a":"xy","n":1,"list":["p","q"],"map":{"k":true},"free":{"z":[1]},"port":"http","any":1,"one":0,"no":"ok","net":"10.0.0.0/8"}"#,
            &[],
        ),
        (r#"{"a":"xy","n":0}"#, &["/n"]),
        (r#"{"a":"xy","n":9}"#, &["/n"]),
        (r#"{"a":"xy","n":1.5}"#, &["/n"]),
        (r#"{"a":"xy","n":2.0}"#, &[]),
        (r#"{"a":"xy","list":["p","r"]}"#, &["/list/1"]),
        (r#"{"a":"xy","list":["p","p"]}"#, &["/list"]),
        (r#"{"a":"xy","list":["p","q","p"]}"#, &["/list", "/list"]),
        (r#"{"a":"xy","map":{"k":1}}"#, &["/map/k"]),
        (r#"{"a":"xy","port":1.5}"#, &["/port"]),
        (r#"{"a":"xy","any":true}"#, &["/any"]),
        (r#"{"a":"xy","one":3}"#, &["/one"]),
        (r#"{"a":"xy","no":"bad"}"#, &["/no"]),
        (r#"{"a":"xy","net":"10.0.0.0/33"}"#, &["/net"]),
        (r#"{"a":"xy","banana":1}"#, &["/banana"]),
        ("[]", &[""]),
    ] {
        let found = faults(object, false, value);
        let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, places, "{value}: {found:?}");
    }
}

#[test]
fn a_legacy_schema_keeps_what_it_does_not_name() {
    let schema = r#"{"properties":{"list":{"type":"array"},"o":{"type":"object"}}}"#;
    let value = r#"{"list":[{"a":1}],"o":{"b":1},"c":1}"#;
    assert_eq!(faults(schema, true, value), []);
    assert_eq!(faults(schema, false, value).len(), 2);
    assert_eq!(faults("{}", true, value), []);
}

#[test]
fn defaults_are_set() {
    let schema = r#"{"type":"object","properties":{"a":{"type":"string","default":"x"},"o":{"type":"object","default":{},"properties":{"b":{"type":"integer","default":1}}},"l":{"type":"array","items":{"type":"object","properties":{"c":{"type":"boolean","default":true}}}},"m":{"type":"object","additionalProperties":{"type":"object","properties":{"d":{"type":"string","default":"y"}}}},"n":{"type":"string","nullable":true,"default":"z"}}}"#;
    let schema = Schema::read(&from_json(schema).unwrap(), false).unwrap();
    for (value, wanted) in [
        ("{}", r#"{"a":"x","n":"z","o":{"b":1}}"#),
        (r#"{"a":null,"n":null}"#, r#"{"a":"x","n":null,"o":{"b":1}}"#),
        (
            r#"{"a":"q","n":"r","l":[{}],"m":{"k":{}}}"#,
            r#"{"a":"q","l":[{"c":true}],"m":{"k":{"d":"y"}},"n":"r","o":{"b":1}}"#,
        ),
    ] {
        let mut value = from_json(value).unwrap();
        schema.fill(&mut value);
        assert_eq!(value, from_json(wanted).unwrap());
    }
}

#[test]
fn what_is_no_schema_is_told() {
    for (schema, place) in [
        ("[]", ""),
        (r#"{"type":"strin"}"#, "/type"),
        (r#"{"properties":{"a":{"type":1}}}"#, "/properties/a/type"),
        (r#"{"properties":{"a":[]}}"#, "/properties/a"),
        (r#"{"items":{"pattern":"("}}"#, "/items/pattern"),
        (r#"{"additionalProperties":{"type":"x"}}"#, "/additionalProperties/type"),
        (r#"{"required":"a"}"#, "/required"),
    ] {
        let found = Schema::read(&from_json(schema).unwrap(), false).unwrap_err();
        assert_eq!(found[0].pointer.as_str(), place, "{schema}");
    }
}
