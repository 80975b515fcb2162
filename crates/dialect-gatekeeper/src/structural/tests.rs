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
    let object = r#"{"type":"object","required":["a"],"properties":{"a":{"type":"string","minLength":2,"pattern":"^x"},"n":{"type":"integer","minimum":1,"maximum":9,"exclusiveMaximum":true},"list":{"type":"array","maxItems":2,"x-kubernetes-list-type":"set","items":{"type":"string","enum":["p","q"]}},"map":{"type":"object","additionalProperties":{"type":"boolean"}},"free":{"x-kubernetes-preserve-unknown-fields":true},"port":{"x-kubernetes-int-or-string":true},"any":{"anyOf":[{"type":"integer"},{"type":"string"}],"x-kubernetes-preserve-unknown-fields":true},"one":{"oneOf":[{"minimum":1},{"maximum":5}],"type":"number"},"no":{"not":{"enum":["bad"]},"type":"string"},"net":{"type":"string","format":"cidr"}}}"#;
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
        (r#"{"a":"xy","list":["p","p"]}"#, &["/list/1"]),
        (r#"{"a":"xy","list":["p","q","p"]}"#, &["/list", "/list/2"]),
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
    assert_eq!(faults("{}", true, value), []);
    let schema = r#"{"type":"object","properties":{"list":{"type":"array","items":{"type":"object"}},"o":{"type":"object"}}}"#;
    assert_eq!(faults(schema, false, value).len(), 3);
}

#[test]
fn nulls_are_taken_out() {
    let schema = r#"{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"d":{"type":"string","default":"x"},"n":{"type":"string","nullable":true},"l":{"type":"array","items":{"type":"object","properties":{"b":{"type":"string"}}}},"m":{"type":"object","additionalProperties":{"type":"string"}}}}"#;
    let schema = Schema::read(&from_json(schema).unwrap(), false).unwrap();
    let given = r#"{"a":null,"d":null,"n":null,"l":[null,{"b":null}],"m":{"k":null},"u":null}"#;
    let mut value = from_json(given).unwrap();
    schema.prune_nulls(&mut value);
    let wanted = r#"{"d":null,"n":null,"l":[null,{}],"m":{}}"#;
    assert_eq!(value, from_json(wanted).unwrap());
    schema.fill(&mut value);
    let mut found = Vec::new();
    schema.validate(&value, &Pointer::root(), &mut found);
    let found: Vec<&str> = found.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(found, ["/a", "/l/0"]);
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

/// Schemas, and where each is wrong: what gator v3.23 refuses is wrong, and nothing else.
#[test]
fn schemas_are_structural() {
    for (schema, places) in [
        ("[]", &[""][..]),
        (r#"{"type":"strin"}"#, &["/type"]),
        (r#"{"type":["string","null"]}"#, &["/type"]),
        (r#"{"type":"null"}"#, &["/type"]),
        ("{}", &[""]),
        (r#"{"x-kubernetes-preserve-unknown-fields":true}"#, &[]),
        (
            r#"{"type":"object","x-kubernetes-preserve-unknown-fields":false}"#,
            &["/x-kubernetes-preserve-unknown-fields"],
        ),
        (r#"{"type":"object","properties":{"a":{"type":1}}}"#, &["/properties/a/type"]),
        (r#"{"type":"object","properties":{"a":[]}}"#, &["/properties/a"]),
        (r#"{"type":"object","properties":{"a":{}}}"#, &["/properties/a"]),
        (r#"{"type":"array"}"#, &[""]),
        (r#"{"type":"array","items":{"type":"string","pattern":"("}}"#, &["/items/pattern"]),
        (r#"{"type":"array","items":{"pattern":"a"}}"#, &["/items"]),
        (r#"{"type":"array","items":[{"type":"string"}]}"#, &["/items", ""]),
        (
            r#"{"type":"object","additionalProperties":{"type":"x"}}"#,
            &["/additionalProperties/type"],
        ),
        (r#"{"type":"object","additionalProperties":{}}"#, &["/additionalProperties"]),
        (
            r#"{"type":"object","additionalProperties":{"type":"string"},"properties":{"a":{"type":"string"}}}"#,
            &["/additionalProperties"],
        ),
        (
            r#"{"type":"object","additionalProperties":true,"properties":{"a":{"type":"string"}}}"#,
            &[],
        ),
        (r#"{"type":"object","required":"a"}"#, &["/required"]),
        (r#"{"type":"string","pattern":3}"#, &["/pattern"]),
        (r#"{"type":"string","pattern":"^(?!x)"}"#, &["/pattern"]),
        (r#"{"type":"number","exclusiveMinimum":3}"#, &["/exclusiveMinimum"]),
        (r#"{"type":"string","maxLength":1.5}"#, &["/maxLength"]),
        (r#"{"type":"string","banana":1,"const":2}"#, &[]),
        (
            r##"{"type":"object","$ref":"#/a","id":"x","definitions":{"a":{"type":"string"}}}"##,
            &["/id", "/$ref", "/definitions"],
        ),
        (
            r#"{"type":"object","dependencies":{},"patternProperties":{},"definitions":{}}"#,
            &["/dependencies"],
        ),
        (r#"{"type":"array","items":{"type":"string"},"uniqueItems":true}"#, &["/uniqueItems"]),
        (r#"{"type":"string","anyOf":[{"type":"string"}]}"#, &["/anyOf/0/type"]),
        (
            r#"{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}]}"#,
            &[],
        ),
        (
            r#"{"x-kubernetes-int-or-string":true,"allOf":[{"anyOf":[{"type":"integer"},{"type":"string"}]},{"pattern":"a"}]}"#,
            &[],
        ),
        (
            r#"{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"string"},{"type":"integer"}]}"#,
            &["/anyOf/0/type", "/anyOf/1/type"],
        ),
        (
            r#"{"x-kubernetes-int-or-string":true,"x-kubernetes-preserve-unknown-fields":true}"#,
            &["/x-kubernetes-preserve-unknown-fields"],
        ),
        (
            r#"{"type":"object","properties":{"a":{"type":"string"}},"x-kubernetes-int-or-string":true,"x-kubernetes-embedded-resource":true}"#,
            &["/x-kubernetes-embedded-resource"],
        ),
        (
            r#"{"type":"object","oneOf":[{"properties":{"a":{"default":"x","minLength":1}}}]}"#,
            &["/oneOf/0/properties/a/default"],
        ),
        (
            r#"{"type":"object","not":{"nullable":true,"additionalProperties":false}}"#,
            &["/not/nullable", "/not/additionalProperties"],
        ),
        (r#"{"type":"object","x-kubernetes-list-type":"set"}"#, &["/x-kubernetes-list-type"]),
        (
            r#"{"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"bag"}"#,
            &["/x-kubernetes-list-type"],
        ),
        (
            r#"{"type":"array","items":{"type":"object"},"x-kubernetes-list-type":"set"}"#,
            &["/items/x-kubernetes-map-type"],
        ),
        (
            r#"{"type":"array","items":{"type":"object"},"x-kubernetes-list-type":"map"}"#,
            &["/x-kubernetes-list-map-keys"],
        ),
        (
            r#"{"type":"array","items":{"type":"object","properties":{"k":{"type":"string"}}},"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k","z"]}"#,
            &["/x-kubernetes-list-map-keys/0", "/x-kubernetes-list-map-keys/1"],
        ),
        (r#"{"x-kubernetes-embedded-resource":true}"#, &["/type", ""]),
        (r#"{"type":"string","default":1}"#, &["/default"]),
        (r#"{"type":"string","enum":["p"],"default":"x"}"#, &["/default"]),
        (r#"{"type":"object","default":{"z":1}}"#, &["/default/z"]),
        (r#"{"type":"object","additionalProperties":{"type":"string","default":1}}"#, &[]),
        (r#"{"type":"string","default":null}"#, &[]),
    ] {
        let read = Schema::read(&from_json(schema).unwrap(), false);
        let found = read.map_or_else(|faults| faults, |_| Vec::new());
        let found: Vec<&str> = found.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, places, "{schema}");
    }
}

/// Gatekeeper has a legacy schema keep unknown fields wherever an object could stand.
#[test]
fn a_legacy_schema_has_nothing_that_is_a_number_or_a_text() {
    const NAME: &str = "x-kubernetes-int-or-string";
    for (kind, wanted) in [("", true), ("object", true), ("string", false), ("integer", false)] {
        for (before, after, at) in [
            ("", "", ""),
            (r#"{"type":"object","properties":{"a":"#, "}}", "/properties/a"),
            (r#"{"type":"array","items":"#, "}", "/items"),
            (r#"{"type":"object","additionalProperties":"#, "}", "/additionalProperties"),
        ] {
            let schema = format!(r#"{before}{{"type":"{kind}","{NAME}":true}}{after}"#);
            let read = |legacy| match Schema::read(&from_json(&schema).unwrap(), legacy) {
                Ok(_) => Vec::new(),
                Err(faults) => faults.iter().map(|fault| fault.pointer.to_string()).collect(),
            };
            let faults = if wanted { vec![format!("{at}/{NAME}")] } else { Vec::new() };
            assert_eq!((read(false), read(true)), (Vec::new(), faults), "{schema}");
        }
    }
}
