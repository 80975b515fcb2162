//! What the log says of a request: one line of JSON.

use crate::review::Answer;
use sekisho_engine::Verdict;
use sekisho_policy::Request;
use sekisho_value::{Map, Value};
use std::time::Duration;

/// How many characters of a text are in a line: what policies say may hold what a user sent.
const TEXT: usize = 2_000;
/// How many findings and errors are in a line.
const MANY: usize = 100;

/// The line about a request that is not simply let through; none for the others. It says who did
/// what to which object, and what policies say of it; nothing of what the object holds is in it
/// but through their messages, and of a Secret those are left out, too.
#[must_use]
pub fn line(
    request: &Request,
    answer: &Answer,
    verdict: &Verdict,
    now: jiff::Timestamp,
    took: Duration,
) -> Option<String> {
    let without_errors = verdict.errors.is_empty() && verdict.tolerated.is_empty();
    if answer.refusal.is_none() && without_errors && verdict.judgements.is_empty() {
        return None;
    }
    let is_secret = request.gvk.is("", "Secret");
    let mut line = Map::new();
    let mut text = |key: &'static str, value: &str| {
        if !value.is_empty() {
            line.insert(key, cut(value));
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
    text("userUid", &request.user.uid);
    text("policySet", answer.annotations.get("policy-set").map_or("", String::as_str));
    if let Some(refusal) = &answer.refusal {
        if !is_secret {
            text("message", &refusal.message);
        }
        line.insert("code", i64::from(refusal.code));
    }
    if !request.user.groups.is_empty() {
        let groups = request.user.groups.iter().take(MANY).map(|group| Value::from(cut(group)));
        line.insert("groups", Value::from(groups.collect::<Vec<_>>()));
    }
    if request.dry_run {
        line.insert("dryRun", true);
    }
    let findings: Vec<Value> = verdict
        .judgements
        .iter()
        .take(MANY)
        .map(|judgement| {
            let mut finding = Map::new();
            finding.insert("policy", cut(&judgement.policy));
            finding.insert("rule", cut(&judgement.rule));
            finding.insert("action", judgement.action.as_str());
            if !is_secret {
                finding.insert("message", cut(&judgement.message));
            }
            finding.insert("key", judgement.key.as_str());
            if let Some(binding) = &judgement.binding {
                finding.insert("binding", cut(binding));
            }
            Value::Object(finding)
        })
        .collect();
    if !findings.is_empty() {
        line.insert("findings", Value::from(findings));
    }
    let errors = verdict.errors.iter().chain(&verdict.tolerated).take(MANY).map(|error| {
        let mut told = Map::new();
        if let Some(policy) = &error.policy {
            told.insert("policy", policy.as_str());
        }
        if !is_secret {
            told.insert("message", cut(&error.message));
        }
        Value::Object(told)
    });
    let errors: Vec<Value> = errors.collect();
    if !errors.is_empty() {
        line.insert("errors", Value::from(errors));
    }
    line.insert("microseconds", i64::try_from(took.as_micros()).unwrap_or(i64::MAX));
    Some(Value::Object(line).to_json())
}

/// The beginning of a text, with a mark where there is more.
fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{TEXT, line};
    use crate::review::{Answer, Refusal};
    use sekisho_engine::{ErrorKind, Verdict, VerdictError};
    use sekisho_kube_model::Gvk;
    use sekisho_policy::{PolicyId, Request};
    use sekisho_value::{Pointer, from_json};
    use std::time::Duration;

    /// What is logged of the refusal of an object.
    fn logged(kind: &str, said: &str) -> String {
        let object = r#"{"data":{"password":"aHVudGVyMg=="}}"#;
        let mut request = Request {
            gvk: Gvk::new("", "v1", kind),
            object: from_json(object).unwrap(),
            name: "s".into(),
            ..Request::default()
        };
        request.user.username = "ann".to_owned();
        request.user.groups = vec!["dev".to_owned()];
        let policy = Some(PolicyId::new("local", "d", "K", "p"));
        let error = VerdictError {
            kind: ErrorKind::Failed,
            policy,
            pointer: Pointer::root(),
            message: said.to_owned(),
            help: None,
        };
        let verdict = Verdict { errors: vec![error], ..Verdict::default() };
        let message = said.to_owned();
        let refusal = Refusal { code: 403, reason: "Forbidden", message, ..Refusal::default() };
        let (now, took) = (jiff::Timestamp::UNIX_EPOCH, Duration::from_micros(7));
        let allowed = Answer::default();
        assert_eq!(line(&request, &allowed, &Verdict::default(), now, took), None);
        line(&request, &Answer::refused(refusal), &verdict, now, took).unwrap()
    }

    #[test]
    fn a_refusal_is_told_with_its_sender_and_without_the_object() {
        let wanted = r#"{"code":403,"errors":[{"message":"no","policy":"local/d/K/p"}],"event":"denied","groups":["dev"],"kind":"Pod","message":"no","microseconds":7,"name":"s","operation":"CREATE","time":"1970-01-01T00:00:00Z","user":"ann","version":"v1"}"#;
        assert_eq!(logged("Pod", "no"), wanted);
    }

    #[test]
    fn a_line_is_never_long() {
        let line = logged("Pod", &"é".repeat(1 << 20));
        assert!(line.len() < 10 * TEXT, "{}", line.len());
        assert!(line.contains('…'));
    }

    #[test]
    fn what_policies_say_of_a_secret_is_left_out() {
        let said = "the password is aHVudGVyMg==";
        assert!(logged("ConfigMap", said).contains("aHVudGVyMg=="));
        let secret = logged("Secret", said);
        assert!(!secret.contains("aHVudGVyMg=="), "{secret}");
        assert!(secret.contains("local/d/K/p"), "which policy it was is told: {secret}");
    }
}
