//! What of an answer is kept.

use super::scenario::Asked;
use super::value;
use crate::record::strip::strip;
use sekisho_testenv::Answer;
use sekisho_value::{Map, Value};
use serde_json::{Value as Json, json};

/// Audit annotations of others.
const OTHERS: [&str; 6] = [
    "authorization.k8s.io/",
    "pod-security.kubernetes.io/",
    "apiserver.latency.k8s.io/",
    "authentication.k8s.io/",
    "authentication.kubernetes.io/",
    "k8s.io/",
];

/// What the answers of a scenario keep.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) mutates: bool,
    pub(super) unordered: bool,
}

/// Code, reason and message of a refusal.
pub(super) fn refusal(answer: &Answer) -> Json {
    let code = answer.body.get("code").and_then(Value::as_i64).unwrap_or(i64::from(answer.status));
    json!({"code": code, "reason": answer.reason(), "message": answer.message()})
}

/// The warnings of `status.typeChecking`, where there are any.
pub(super) fn typed(status: &Value) -> anyhow::Result<Option<Json>> {
    let warnings = status.path(&["typeChecking", "expressionWarnings"]);
    Ok(warnings.map(json_of).transpose()?.map(unnumbered))
}

/// The checker puts a number behind the names of kinds, another one each time.
fn unnumbered(mut json: Json) -> Json {
    match &mut json {
        Json::String(text) => {
            let mut kept = String::new();
            for part in text.split_inclusive(|char: char| !char.is_ascii_digit()) {
                let digits = part.chars().take_while(char::is_ascii_digit).count();
                let behind_name = kept.ends_with(|char: char| char.is_ascii_alphabetic());
                kept.push_str(if digits > 3 && behind_name { &part[digits..] } else { part });
            }
            *text = kept;
        }
        Json::Array(items) => items.iter_mut().for_each(|item| *item = unnumbered(item.take())),
        Json::Object(fields) => {
            fields.values_mut().for_each(|field| *field = unnumbered(field.take()));
        }
        _ => {}
    }
    json
}

/// Writes the answer into the case; gives what else refused it.
pub(super) fn settle(
    case: &mut Asked,
    answer: &Answer,
    event: &Value,
    kept: &Kept,
) -> anyhow::Result<Option<String>> {
    // What a patch cannot be made of, or does not decode to, is an internal error.
    let internal = kept.mutates && answer.status >= 500;
    let by_policy = answer.message().contains("denied request: ") || internal;
    let refused = !answer.is_success() && (by_policy || case.operation != "CONNECT");
    let mut reply = json!({"allowed": !refused});
    let Some(fields) = reply.as_object_mut() else { return Ok(None) };
    if let (true, Json::Object(refusal)) = (refused, refusal(answer)) {
        fields.extend(refusal);
    }
    if !answer.warnings.is_empty() {
        let mut warnings = answer.warnings.clone();
        if kept.unordered {
            warnings.sort();
        }
        fields.insert("warnings".into(), json!(warnings));
    }
    let annotations = event.get("annotations").and_then(Value::as_object);
    let mut own = serde_json::Map::new();
    for (key, text) in annotations.into_iter().flat_map(Map::iter) {
        if !OTHERS.iter().any(|other| key.starts_with(*other)) {
            own.insert(key.as_str().to_owned(), json_of(text)?);
        }
    }
    if !own.is_empty() {
        fields.insert("auditAnnotations".into(), Json::Object(own));
    }
    if kept.mutates && answer.is_success() && case.object.is_some() {
        let given = case.object.as_ref().map(value).transpose()?.unwrap_or(Value::Null);
        fields.insert("object".into(), json_of(&strip(&given, &answer.body))?);
    }
    case.answer = reply;
    tell(case, event)?;
    let elsewhere = refused && !by_policy;
    Ok(elsewhere.then(|| answer.message().to_owned()))
}

/// Who asked, where it was another than the admin; and for what, where the object does not say.
fn tell(case: &mut Asked, event: &Value) -> anyhow::Result<()> {
    if let Some(user) = event.get("impersonatedUser") {
        case.told.insert("user".into(), json_of(user)?);
    }
    if case.path.is_some() {
        let reference = event.get("objectRef").map(json_of).transpose()?.unwrap_or_default();
        for key in ["apiGroup", "apiVersion", "resource", "subresource", "name", "namespace"] {
            if let Some(text) = reference.get(key) {
                // The case has a name of its own.
                let key = if key == "name" { "objectName" } else { key };
                case.told.insert(key.into(), text.clone());
            }
        }
    }
    Ok(())
}

fn json_of(value: &Value) -> serde_json::Result<Json> {
    serde_json::from_str(&value.to_json())
}
