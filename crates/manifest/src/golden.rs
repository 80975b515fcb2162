//! Texts and what kubectl makes of them, replayed.
//!
//! `tests/golden/kubectl.jsonl` was recorded from `YAMLOrJSONDecoder` of `k8s.io/apimachinery`
//! 0.36.4 with `go.yaml.in/yaml/v2` 2.4.3: for each text the JSON of its documents, `null` where
//! the decoder fails and stops. Where this reader is stricter, [`STRICTER`] says so and why.

use crate::stream::values;
use crate::text::decode;
use crate::yaml::{Reading, Scheme};
use sekisho_value::{Value, from_json};

/// Texts that kubectl takes and this reader refuses, by the message, and why.
const STRICTER: &[(&str, &str)] = &[
    ("is already set", "kubectl keeps the last of duplicate keys without a word"),
    ("text stands behind the end of the document", "kubectl drops the text without a word"),
    ("kubectl does not read what follows `...`", "kubectl drops the text without a word"),
    ("kubectl does not read the document that begins", "kubectl drops the document"),
    ("cannot stand here", "kubectl stops at the end of the first document of a part"),
    ("byte order mark stands within", "kubectl makes it a part of a key"),
    ("`!!timestamp`", "kubectl's check of times is not repeated"),
    ("is beyond the range of a double", "kubectl fails later, on its way to the server"),
    ("ends a document that has not begun", "kubectl takes the document for an empty one"),
    ("two anchors or two tags", "kubectl takes the first for an empty value"),
    ("stands twice in one object", "kubectl keeps the last of duplicate keys without a word"),
];

fn read(text: &str) -> Vec<Result<Value, String>> {
    let Ok(decoded) = decode(text.as_bytes().into()) else {
        return vec![Err("not decoded".to_owned())];
    };
    values(decoded.until(decoded.text.len()), 0, Reading::default())
        .map(|read| read.map(|read| read.value).map_err(|(fault, _)| fault.message.into_owned()))
        .collect()
}

/// What is wrong with `ours`, where `kubectl` is the recorded answer.
fn compare(kubectl: &[Value], ours: &[Result<Value, String>]) -> Result<(), String> {
    for (index, want) in kubectl.iter().enumerate() {
        match (want.as_str(), ours.get(index)) {
            (Some(json), Some(Ok(value))) => {
                let want = from_json(json).map_err(|error| error.to_string())?;
                if want != *value {
                    return Err(format!("wanted {json}, found {}", value.to_json()));
                }
            }
            (None, Some(Err(_))) => return Ok(()),
            (Some(_), Some(Err(message)))
                if STRICTER.iter().any(|(part, _)| message.contains(part)) =>
            {
                return Ok(());
            }
            (want, found) => return Err(format!("wanted {want:?}, found {found:?}")),
        }
    }
    match ours.get(kubectl.len()) {
        None => Ok(()),
        Some(Err(message)) if STRICTER.iter().any(|(part, _)| message.contains(part)) => Ok(()),
        Some(more) => Err(format!("found more than kubectl: {more:?}")),
    }
}

#[test]
fn texts_mean_what_they_mean_to_kubectl() {
    let golden = include_str!("../tests/golden/kubectl.jsonl");
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in golden.lines() {
        let case = from_json(line).unwrap();
        let text = case.path_str(&["text"]).unwrap();
        let documents = case.get("documents").and_then(Value::as_array).unwrap();
        if let Err(difference) = compare(documents, &read(text)) {
            wrong.push(format!("{text:?}\n  {difference}"));
        }
        count += 1;
    }
    assert!(count > 600, "{count} cases");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn gators_scheme_differs_in_booleans_alone() {
    let text = "[yes, On, n, true, False, 0644, 0o17, 1_0, ~, 1.50, .inf]";
    let text = text.replace(", .inf", "");
    let decoded = decode(text.as_bytes().into()).unwrap();
    let text = decoded.until(decoded.text.len());
    let read = values(text, 0, Reading { scheme: Scheme::Gator, ..Reading::default() })
        .next()
        .unwrap()
        .unwrap();
    let json = r#"["yes","On","n",true,false,420,15,10,null,1.5]"#;
    assert_eq!(read.value.to_json(), json);
}
