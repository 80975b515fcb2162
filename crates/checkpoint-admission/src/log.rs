//! What the log says of a request: one line of JSON.

use crate::review::Answer;
use sekisho_engine::Verdict;
use sekisho_policy::Request;
use sekisho_value::ObjectWriter;
use std::borrow::Cow;
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
    if answer.refusal.is_none() && verdict.is_quiet() {
        return None;
    }
    Some(ObjectWriter::object(|line| tell(line, request, answer, verdict, now, took)))
}

/// Writes the entries of a line, in the order of their names.
fn tell(
    line: &mut ObjectWriter<'_>,
    request: &Request,
    answer: &Answer,
    verdict: &Verdict,
    now: jiff::Timestamp,
    took: Duration,
) {
    let is_secret = request.gvk.is("", "Secret");
    let text = |line: &mut ObjectWriter<'_>, key: &str, text: &str| {
        if !text.is_empty() {
            line.text(key, &cut(text));
        }
    };
    if let Some(refusal) = &answer.refusal {
        line.number("code", refusal.code);
    }
    if request.dry_run {
        line.truth("dryRun", true);
    }
    let mut errors = verdict.errors.iter().chain(&verdict.tolerated).take(MANY).peekable();
    if errors.peek().is_some() {
        line.list("errors", errors, |told, error| {
            if !is_secret {
                told.text("message", &cut(&error.message));
            }
            if let Some(policy) = &error.policy {
                told.text("policy", policy.as_str());
            }
        });
    }
    text(line, "event", if answer.refusal.is_some() { "denied" } else { "allowed" });
    if !verdict.judgements.is_empty() {
        line.list("findings", verdict.judgements.iter().take(MANY), |finding, judgement| {
            finding.text("action", judgement.action.as_str());
            if let Some(binding) = &judgement.binding {
                finding.text("binding", &cut(binding));
            }
            finding.text("key", &judgement.key());
            if !is_secret {
                finding.text("message", &cut(&judgement.message));
            }
            finding.text("policy", &cut(&judgement.policy));
            finding.text("rule", &cut(&judgement.rule));
        });
    }
    text(line, "group", &request.gvk.group);
    if !request.user.groups.is_empty() {
        line.texts("groups", request.user.groups.iter().take(MANY).map(|group| cut(group)));
    }
    text(line, "kind", &request.gvk.kind);
    if let Some(refusal) = answer.refusal.as_ref().filter(|_| !is_secret) {
        text(line, "message", &refusal.message);
    }
    line.number("microseconds", i64::try_from(took.as_micros()).unwrap_or(i64::MAX));
    text(line, "name", &request.name);
    text(line, "namespace", request.namespace.as_deref().unwrap_or_default());
    text(line, "operation", request.operation.as_str());
    text(line, "policySet", answer.annotations.get("policy-set").map_or("", String::as_str));
    text(line, "subresource", &request.subresource);
    line.text("time", &now.to_string());
    text(line, "uid", &request.uid);
    text(line, "user", &request.user.username);
    text(line, "userUid", &request.user.uid);
    text(line, "version", &request.gvk.version);
}

/// The beginning of a text, with a mark where there is more.
fn cut(text: &str) -> Cow<'_, str> {
    // No text has more characters than bytes.
    let end = if text.len() > TEXT { text.char_indices().nth(TEXT) } else { None };
    match end {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
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
