//! External data: answers that are given, and none that are not.

use crate::scene::{create, errors, json, judge_in, messages, policy, set};
use sekisho_engine::{ExternalAnswers, MemoryInventory};

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"shop"},"spec":{"containers":[{"name":"a","image":"a:1"},{"name":"b","image":"b:1"}]}}"#;

/// An inventory with the answers of a document, where there is one.
fn inventory(answers: &str) -> MemoryInventory {
    let mut inventory = MemoryInventory::new();
    if !answers.is_empty() {
        let mut all = ExternalAnswers::default();
        all.read(&json(answers)).unwrap();
        inventory.set_external(&all);
    }
    inventory
}

fn found(body: &str, answers: &str) -> (Vec<String>, Vec<String>) {
    let rego = format!("package found\nviolation[{{\"msg\": m}}] {{ {body} }}");
    let set = set(&policy(&rego, "{}"));
    let verdict = judge_in(&set, &create(&json(POD)), &inventory(answers));
    let texts = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
    (texts(messages(&verdict)), texts(errors(&verdict)))
}

const ASK: &str = r#"images := [i | i := input.review.object.spec.containers[_].image]; r := external_data({"provider": "p", "keys": images})"#;

#[test]
fn answers_are_given() {
    let both = r#"{"provider":"p","values":{"a:1":"signed"},"errors":{"b:1":"unknown"}}"#;
    for (rest, wanted) in [
        ("m := sprintf(\"%v\", [r.responses])", r#"[["a:1", "signed"]]"#),
        ("m := sprintf(\"%v\", [r.errors])", r#"[["b:1", "unknown"]]"#),
        ("m := sprintf(\"%v %v\", [r.status_code, r.system_error])", "200 "),
        ("e := r.errors[_]; m := e[1]", "unknown"),
    ] {
        let found = found(&format!("{ASK}; {rest}"), both);
        assert_eq!(found, (vec![wanted.to_owned()], vec![]), "{rest}");
    }
}

#[test]
fn without_an_answer_it_is_an_error() {
    let body = format!("{ASK}; count(r.errors) > 0; m := \"a\"");
    let provider = "there is no answer of external data provider `p` for `b:1`";
    let one = r#"{"provider":"p","values":{"a:1":"signed"}}"#;
    assert_eq!(found(&body, one), (vec![], vec![provider.to_owned()]));
    let (messages, errors) = found(&body, "");
    assert_eq!((messages.len(), errors.len()), (0, 1), "{errors:?}");
    assert!(errors[0].starts_with("there is no answer of external data provider `p`"));
    // A policy that would be violated without the answer is an error, too.
    let (messages, errors) = found(
        "m := \"a\"; not external_data({\"provider\": \"p\", \"keys\": [\"k\"]}).responses[0]",
        "",
    );
    assert_eq!((messages.len(), errors.len()), (0, 1), "{errors:?}");
}

#[test]
fn a_provider_that_fails_is_no_missing_answer() {
    let rego = format!(
        "package found\nviolation[{{\"msg\": m}}] {{ {ASK}; m := sprintf(\"%v %v\", [r.system_error, r.responses]) }}"
    );
    let inventory = inventory(r#"{"provider":"p","systemError":"down"}"#);
    let verdict = judge_in(&set(&policy(&rego, "{}")), &create(&json(POD)), &inventory);
    assert_eq!((messages(&verdict), errors(&verdict)), (vec!["down []"], vec![]));
}

#[test]
fn what_asks_for_nothing_is_undefined() {
    for body in [
        r#"external_data({"provider": 1, "keys": []}); m := "a""#,
        r#"external_data({"provider": "p", "keys": "k"}); m := "a""#,
    ] {
        assert_eq!(found(body, ""), (vec![], vec![]), "{body}");
    }
    let none =
        r#"r := external_data({"provider": "p", "keys": []}); m := sprintf("%v", [r.responses])"#;
    assert_eq!(found(none, ""), (vec!["[]".to_owned()], vec![]));
}
