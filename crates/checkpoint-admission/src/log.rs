//! What the log says of a request: one line of JSON.

use crate::review::Answer;
use sekisho_engine::Verdict;
use sekisho_policy::Request;
use sekisho_value::{Map, Value};
use std::time::Duration;

/// The line about a request that is not simply let through; none for the others. It says who did
/// what to which object, and what policies say of it; nothing of what the object holds is in it
/// but through their messages.
#[must_use]
pub fn line(
    request: &Request,
    answer: &Answer,
    verdict: &Verdict,
    now: jiff::Timestamp,
    took: Duration,
) -> Option<String> {
    if answer.refusal.is_none() && verdict.errors.is_empty() && verdict.judgements.is_empty() {
        return None;
    }
    let mut line = Map::new();
    let mut text = |key: &'static str, value: &str| {
        if !value.is_empty() {
            line.insert(key, value);
        }
    };
    text("time", &now.to_string());
    text("event", if answer.refusal.is_some() { "denied" } else { "allowed" });
    text("uid", &request.uid);
    text("operation", request.operation.as_str());
    text("group", &request.gvk.group);
    text("version", &request.gvk.version);
    text("kind", &request.gvk.kind);
    text("subresource", &request.subresource);
    text("namespace", request.namespace.as_deref().unwrap_or_default());
    text("name", &request.name);
    text("user", &request.user.username);
    text("policySet", answer.annotations.get("policy-set").map_or("", String::as_str));
    if let Some(refusal) = &answer.refusal {
        text("message", &refusal.message);
        line.insert("code", i64::from(refusal.code));
    }
    if request.dry_run {
        line.insert("dryRun", true);
    }
    let findings: Vec<Value> = verdict
        .judgements
        .iter()
        .map(|judgement| {
            let mut finding = Map::new();
            finding.insert("policy", &*judgement.policy);
            finding.insert("rule", judgement.rule.as_str());
            finding.insert("action", judgement.action.as_str());
            finding.insert("message", judgement.message.as_str());
            finding.insert("key", judgement.key.as_str());
            if let Some(binding) = &judgement.binding {
                finding.insert("binding", &**binding);
            }
            Value::Object(finding)
        })
        .collect();
    if !findings.is_empty() {
        line.insert("findings", Value::from(findings));
    }
    let errors: Vec<Value> =
        verdict.errors.iter().map(|error| Value::from(error.message.as_str())).collect();
    if !errors.is_empty() {
        line.insert("errors", Value::from(errors));
    }
    line.insert("microseconds", i64::try_from(took.as_micros()).unwrap_or(i64::MAX));
    Some(Value::Object(line).to_json())
}

#[cfg(test)]
mod tests {
    use super::line;
    use crate::review::{Answer, Refusal};
    use sekisho_engine::Verdict;
    use sekisho_policy::Request;
    use sekisho_value::from_json;
    use std::time::Duration;

    #[test]
    fn a_refusal_is_told_with_its_sender_and_without_the_object() {
        let (now, took) = (jiff::Timestamp::UNIX_EPOCH, Duration::from_micros(7));
        let secret = r#"{"kind":"Secret","data":{"password":"aHVudGVyMg=="}}"#;
        let mut request =
            Request { object: from_json(secret).unwrap(), name: "s".into(), ..Request::default() };
        request.user.username = "ann".to_owned();
        let allowed = Answer::default();
        assert_eq!(line(&request, &allowed, &Verdict::default(), now, took), None);

        let refusal = Refusal {
            code: 403,
            reason: "Forbidden",
            message: "no".to_owned(),
            retry_after_seconds: None,
        };
        let refused = Answer::refused(refusal);
        let line = line(&request, &refused, &Verdict::default(), now, took).unwrap();
        let wanted = r#"{"code":403,"event":"denied","message":"no","microseconds":7,"name":"s","operation":"CREATE","time":"1970-01-01T00:00:00Z","user":"ann"}"#;
        assert_eq!(line, wanted);
    }
}
