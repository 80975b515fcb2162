//! Where nothing is violated, an evaluation with memory that is used again asks the system for
//! none.

#![expect(clippy::unwrap_used, reason = "a test may fail, and says what")]

use sekisho_budget::Budget;
use sekisho_rego::ast::Version;
use sekisho_rego::builtins::Facts;
use sekisho_rego::{Known, Options, Policies, Prepared, Question, Scratch, Source};
use sekisho_value::{Value, from_json};

const INPUT: &str = r#"{
  "parameters": {"repos": ["docker.io/", "registry.example.com/"], "labels": [
    {"key": "owner", "allowedRegex": "^[a-z]+$"}], "exempt": ["registry.example.com/platform/*"]},
  "review": {"kind": {"kind": "Pod"}, "object": {
    "metadata": {"labels": {"owner": "shop", "app": "web"}},
    "spec": {"containers": [
      {"name": "web", "image": "registry.example.com/shop/web:1", "securityContext": {"privileged": false}},
      {"name": "log", "image": "registry.example.com/platform/log:1", "securityContext": {"privileged": true}}
    ]}}}
}"#;

/// Policies as they are written for clusters: prefixes, labels and patterns, exemptions.
const POLICIES: [(&str, &str); 3] = [
    (
        "prefixes",
        r#"
violation contains {"msg": msg} if {
    some container in input.review.object.spec.containers
    not strings.any_prefix_match(container.image, input.parameters.repos)
    msg := sprintf("%v may not come from there", [container.image])
}
violation contains {"msg": msg} if {
    some container in input.review.object.spec.containers
    allowed := [good | some repo in input.parameters.repos; good := startswith(container.image, repo)]
    not true in allowed
    msg := sprintf("%v may not come from there", [container.image])
}"#,
    ),
    (
        "labels",
        r#"
violation contains {"msg": msg} if {
    provided := {label | input.review.object.metadata.labels[label]}
    required := {label | label := input.parameters.labels[_].key}
    missing := required - provided
    missing != set()
    msg := sprintf("labels are missing: %v", [missing])
}
violation contains {"msg": msg} if {
    value := input.review.object.metadata.labels[key]
    some expected in input.parameters.labels
    expected.key == key
    not regex.match(expected.allowedRegex, value)
    msg := sprintf("label %v does not match", [key])
}"#,
    ),
    (
        "exemptions",
        r#"
violation contains {"msg": msg} if {
    some container in containers
    not exempt(container)
    container.securityContext.privileged
    msg := sprintf("%v is privileged", [container.name])
}
containers contains container if some container in input.review.object.spec.containers
exempt(container) if {
    some pattern in object.get(object.get(input, "parameters", {}), "exempt", [])
    endswith(pattern, "*")
    startswith(container.image, trim_suffix(pattern, "*"))
}"#,
    ),
];

fn violations(prepared: &Prepared, scratch: &mut Scratch, input: &Value, data: &Value) -> usize {
    let (facts, budget) = (Facts::default(), Budget::standard());
    let question = Question { input: Some(input), ..Question::new(data, &facts, &budget) };
    prepared.evaluate(scratch, &question, |found| found.and_then(|f| f.len())).unwrap().unwrap_or(0)
}

#[test]
fn no_memory_where_nothing_is_violated() {
    let one = allocation_counter::measure(|| drop(std::hint::black_box(Box::new(1))));
    assert_eq!(one.count_total, 1, "nothing is counted");
    let (input, data) = (from_json(INPUT).unwrap(), Value::object());
    let parameters = input.get("parameters").unwrap();
    for (name, rules) in POLICIES {
        let source = Source::new("p.rego", &format!("package p\n{rules}\n"));
        let budget = Budget::standard();
        let compiled = Policies::compile(vec![(source, Version::V1)], &Options::default(), &budget);
        assert!(compiled.2.is_empty(), "{name}: {:?}", compiled.2);
        let policies = compiled.0.unwrap();
        let path = ["p", "violation"];
        let known = Known::at(&["parameters"], parameters.clone());
        for prepared in
            [policies.document(&path).unwrap(), policies.document_given(&path, known).unwrap()]
        {
            let mut scratch = Scratch::default();
            // The first evaluations find out how much memory is wanted, and compile patterns.
            for _ in 0..3 {
                assert_eq!(violations(&prepared, &mut scratch, &input, &data), 0, "{name}");
            }
            let counted = allocation_counter::measure(|| {
                violations(&prepared, &mut scratch, &input, &data);
            });
            assert_eq!(counted.count_total, 0, "{name}");
        }
    }
}
