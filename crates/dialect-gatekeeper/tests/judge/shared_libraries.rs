//! Libraries that several templates have mean in each what they mean where it stands alone.

use crate::scene::{build, create, errors, json, judge, messages};
use sekisho_report::Diagnostic;

const NAMES: &str = "package lib.names
  short(object) = name { name := object.metadata.name; count(name) < 10 }
  kinds = {\"ConfigMap\", \"Secret\"}
  limit = 3";

/// Uses the other.
const CHECKS: &str = "package lib.checks
  import data.lib.names
  is_short(object) { names.short(object) }
  known(kind) { names.kinds[kind] }";

/// A template and its constraint.
fn template(name: &str, libraries: &[&str], rego: &str) -> String {
    let libraries: Vec<String> =
        libraries.iter().map(|text| format!("    - |\n{}\n", indented(text))).collect();
    let kind = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    format!(
        "apiVersion: templates.gatekeeper.sh/v1beta1
kind: ConstraintTemplate
metadata: {{name: {name}}}
spec:
  crd: {{spec: {{names: {{kind: {kind}}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    libs:
{}
    rego: |
{}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: {kind}
metadata: {{name: only}}
---
",
        libraries.concat(),
        indented(&format!("package {name}\n{rego}"))
    )
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("      {}\n", line.trim_start())).collect()
}

/// What is told of some policies, and what they say of an object.
fn said(policies: &str) -> (Vec<String>, Vec<String>) {
    let shown = |found: &Diagnostic| {
        let place = (found.line, found.column);
        format!("{place:?} {} {:?}", found.message, found.help)
    };
    let (set, diagnostics) = build(policies);
    let object = json(r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#);
    let verdict = judge(&set, &create(&object), &[]);
    let said = messages(&verdict).into_iter().chain(errors(&verdict));
    (diagnostics.iter().map(shown).collect(), said.map(str::to_owned).collect())
}

#[test]
fn a_library_means_the_same_in_every_template() {
    let good = [NAMES, CHECKS];
    let uses = "import data.lib.checks
        import data.lib.names
        violation[{\"msg\": msg}] {
          checks.is_short(input.review.object)
          checks.known(input.review.kind.kind)
          msg := sprintf(\"%v of %v\", [input.review.object.metadata.name, names.limit])
        }";
    let violation = |body: &str| format!("violation[{{\"msg\": \"m\"}}] {{ {body} }}");
    let cases: &[(&str, &[&str], String, bool)] = &[
        ("in order", &good, uses.to_owned(), true),
        (
            "replaced",
            &good,
            violation("data.lib.names.limit == 9 with data.lib.names.limit as 9"),
            true,
        ),
        (
            "replaced within",
            &good,
            violation("data.lib.checks.is_short({}) with data.lib.names.short as true"),
            true,
        ),
        ("all of them", &good, violation("all := data.lib[name]; count(all) > 0"), true),
        ("overlooked within a call", &good, violation("count(data.lib[name]) > 0"), false),
        ("overlooked within a list", &good, violation("x := [data.lib.names.limit]"), false),
        ("a function, overlooked", &good, violation("true == data.lib.checks.is_short({})"), false),
        (
            "a name of its own",
            &good,
            violation("__local0__ := 1; limit := data.lib.names.limit; __local0__ == limit - 2"),
            true,
        ),
        ("no such function", &good, violation("data.lib.names.long(input)"), false),
        ("too many arguments", &good, violation("data.lib.names.short(1, 2, 3)"), false),
        ("of another type", &good, violation("data.lib.names.limit == \"a\""), false),
        ("unsafe", &good, violation("data.lib.names.limit > x"), false),
        ("not parsed", &good, violation("data.lib.names.limit >"), false),
        ("recursive", &good, format!("p {{ q }} q {{ p }} {}", violation("p")), false),
        ("no violation", &good, "p { data.lib.names.limit }".to_owned(), false),
        ("reads another", &good, violation("data.other"), false),
        ("a library that is not parsed", &[NAMES, "package lib.b\np {"], violation("true"), false),
        (
            "a library that is unsafe",
            &[NAMES, "package lib.b\np { x > 1 }"],
            violation("true"),
            false,
        ),
        (
            "a library that reads another",
            &["package lib.b\np { data.template.q }"],
            violation("true"),
            false,
        ),
        ("no library", &["package b\np = 1"], violation("true"), false),
        ("a conflict", &[NAMES, "package lib.names.limit\np = 1"], violation("true"), false),
        ("the same twice", &[NAMES, NAMES], violation("data.lib.names.limit"), true),
        (
            "external data",
            &[
                "package lib.b\nasked = r { r := external_data({\"provider\": \"p\", \"keys\": [\"k\"]}) }",
            ],
            violation("data.lib.b.asked"),
            true,
        ),
        (
            "the inventory",
            &["package lib.b\nall = n { n := count(data.inventory) }"],
            violation("data.lib.b.all >= 0"),
            true,
        ),
    ];
    for (name, libraries, rego, compiles) in cases {
        let first = template("first", libraries, rego);
        let second = template("second", libraries, uses);
        let third = template("third", libraries, rego);
        let above =
            |before: &[&String]| "\n".repeat(before.iter().map(|b| b.lines().count()).sum());
        let alone = [
            said(&first),
            said(&format!("{}{second}", above(&[&first]))),
            said(&format!("{}{third}", above(&[&first, &second]))),
        ];
        let told: Vec<String> = alone.iter().flat_map(|(told, _)| told.clone()).collect();
        let mut found: Vec<String> = alone.iter().flat_map(|(_, found)| found.clone()).collect();
        let (told_at_once, mut at_once) = said(&format!("{first}{second}{third}"));
        found.sort();
        at_once.sort();
        assert_eq!(told_at_once, told, "{name}");
        assert_eq!(at_once, found, "{name}");
        assert_eq!(alone[0].0.is_empty(), *compiles, "{name}: {told:?}");
        assert_eq!(alone[0].1.is_empty(), !compiles, "{name}: {found:?}");
    }
}
