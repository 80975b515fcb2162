use super::{Items, Node, Path};
use sekisho_value::Value;

fn field(name: &str) -> Node {
    Node::Field(name.into())
}

fn item(key: &str, value: impl Into<Value>) -> Node {
    Node::Items(Items { key: key.into(), value: Some(value.into()) })
}

fn all(key: &str) -> Node {
    Node::Items(Items { key: key.into(), value: None })
}

#[test]
fn locations() {
    for (text, wanted, shown) in [
        ("", vec![], ""),
        (" \t", vec![], ""),
        ("a", vec![field("a")], "a"),
        (" a . b\n", vec![field("a"), field("b")], "a.b"),
        (
            "spec.containers[name: main].image",
            vec![field("spec"), field("containers"), item("name", "main"), field("image")],
            "spec.containers[name: main].image",
        ),
        ("a[b:*]", vec![field("a"), all("b")], "a[b: *]"),
        ("a[b:80].c", vec![field("a"), item("b", 80), field("c")], "a[b: 80].c"),
        (r#"a["b c":"80"]"#, vec![field("a"), item("b c", "80")], r#"a["b c": "80"]"#),
        ("a[b: 007]", vec![field("a"), item("b", 7)], "a[b: 7]"),
        (r#"'x.y/z'."q\"q""#, vec![field("x.y/z"), field("q\"q")], r#""x.y/z"."q\"q""#),
        (r#""a\\b".''"#, vec![field("a\\b"), field("")], r#""a\\b"."""#),
        (r#""\n""#, vec![field("n")], "n"),
        ("-a_1-", vec![field("-a_1-")], "-a_1-"),
        ("'é'", vec![field("é")], "\"é\""),
        ("a[b: -1]", vec![field("a"), item("b", "-1")], "a[b: -1]"),
    ] {
        let path = Path::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(path.nodes(), wanted, "{text}");
        assert_eq!(path.to_string(), shown, "{text}");
        assert_eq!(Path::parse(shown).unwrap(), path, "{text}");
    }
}

#[test]
fn what_is_no_location() {
    for (text, message) in [
        (".", "expected the name of a field, found `.` at character 1"),
        ("a.", "expected the name of a field, found the end at character 3"),
        ("a..b", "expected the name of a field, found `.` at character 3"),
        ("a b", "expected `.` or the end, found `b` at character 3"),
        ("a.1", "expected the name of a field, found `1` at character 3"),
        ("a.*", "expected the name of a field, found `*` at character 3"),
        ("a[b]", "expected `:` behind the key, found `]` at character 4"),
        ("a[1:b]", "expected the name of the key, found `1` at character 3"),
        ("a[b:]", "expected the key's value or `*`, found `]` at character 5"),
        ("a[b:c", "expected `]`, found the end at character 6"),
        ("a[b:1x]", "expected `]`, found `x` at character 6"),
        ("a[b:c][d:e]", "expected `.` or the end, found `[` at character 7"),
        ("a[b:c].", "expected the name of a field, found the end at character 8"),
        ("[b:c]", "expected the name of a field, found `[` at character 1"),
        (
            "a[b:9223372036854775808]",
            "the integer `9223372036854775808` is too large at character 5",
        ),
        ("é", "`é` cannot stand here without quotes at character 1"),
        ("a/b", "`/` cannot stand here without quotes at character 2"),
        ("'a", "a quote without its end at character 1"),
        (r#""a\""#, "a quote without its end at character 1"),
    ] {
        let error = Path::parse(text).expect_err(text);
        assert_eq!(error.to_string(), message, "{text}");
    }
    let long = vec!["a"; Path::MAX_NODES + 1].join(".");
    assert!(Path::parse(&long).is_err());
    assert!(Path::parse(&long[2..]).is_ok());
}
