use super::ReviewVersion;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sekisho_value::{ObjectWriter, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What an API server is answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// why the request is refused; none where it is let through
    pub refusal: Option<Refusal>,
    /// what the sender is told
    pub warnings: Vec<String>,
    /// audit annotations; the API server puts the webhook's name before each key
    pub annotations: BTreeMap<String, String>,
    /// the changes to the object, as a list of JSON Patch operations
    pub patch: Option<Value>,
}

/// A refusal, as a client meets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// the HTTP status
    pub code: u16,
    /// the machine-readable reason, as `Forbidden`
    pub reason: &'static str,
    /// what the client reads
    pub message: String,
    /// what is refused, where the message says it
    pub about: Option<RefusedObject>,
    /// when to try again
    pub retry_after_seconds: Option<u32>,
}

/// What is refused, as the details of a status have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusedObject {
    /// its group
    pub group: String,
    /// its resource where it is forbidden, its kind where it is invalid
    pub kind: String,
    /// its name
    pub name: String,
    /// why, where a client reads that and not the message: kubectl does where it is invalid
    pub causes: Vec<RefusedFor>,
}

/// One cause of a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusedFor {
    /// the machine-readable reason, as `FieldValueInvalid`; empty where there is none
    pub reason: &'static str,
    /// what the client reads
    pub message: String,
    /// the field that it is about, as `spec.containers[0].image`; empty where it is not one
    pub field: String,
}

/// How many characters all warnings of an answer may have before the API server cuts them.
const WARNINGS: usize = 4096;
/// To how many characters it cuts each of them then.
const WARNING: usize = 256;
/// How long an audit annotation may be; the API server stores them with every event.
const ANNOTATION: usize = 10 << 10;

impl Answer {
    /// The answer that refuses.
    #[must_use]
    pub fn refused(refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..Self::default() }
    }

    /// The `AdmissionReview` that says it.
    #[must_use]
    pub fn to_json(&self, version: ReviewVersion, uid: &str) -> String {
        ObjectWriter::object(|review| {
            review.text("apiVersion", version.api_version());
            review.text("kind", "AdmissionReview");
            review.within("response", |response| self.respond(response, uid));
        })
    }

    fn respond(&self, response: &mut ObjectWriter<'_>, uid: &str) {
        response.truth("allowed", self.refusal.is_none());
        if !self.annotations.is_empty() {
            response.within("auditAnnotations", |annotations| self.annotate(annotations));
        }
        if let Some(patch) = &self.patch {
            response.text("patch", &STANDARD.encode(patch.to_json()));
            response.text("patchType", "JSONPatch");
        }
        if let Some(refusal) = &self.refusal {
            response.within("status", |status| refusal.tell(status));
        }
        response.text("uid", uid);
        let warnings = shown(&self.warnings);
        if !warnings.is_empty() {
            response.texts("warnings", warnings);
        }
    }

    /// The audit annotations, no longer than they may be.
    pub(super) fn annotate(&self, annotations: &mut ObjectWriter<'_>) {
        for (key, value) in &self.annotations {
            annotations.text(key, &cut(value, ANNOTATION));
        }
    }
}

impl Refusal {
    fn tell(&self, status: &mut ObjectWriter<'_>) {
        status.number("code", self.code);
        if self.about.is_some() || self.retry_after_seconds.is_some() {
            status.within("details", |details| self.detail(details));
        }
        status.text("message", &self.message);
        status.text("reason", self.reason);
        status.text("status", "Failure");
    }

    fn detail(&self, details: &mut ObjectWriter<'_>) {
        if let Some(RefusedObject { group, kind, name, causes }) = &self.about {
            if !causes.is_empty() {
                details.list("causes", causes, |told, RefusedFor { reason, message, field }| {
                    let all = [("field", field.as_str()), ("message", message), ("reason", reason)];
                    for (key, text) in all.into_iter().filter(|(_, text)| !text.is_empty()) {
                        told.text(key, text);
                    }
                });
            }
            let all = [("group", group), ("kind", kind), ("name", name)];
            for (key, text) in all.into_iter().filter(|(_, text)| !text.is_empty()) {
                details.text(key, text);
            }
        }
        if let Some(seconds) = self.retry_after_seconds {
            details.number("retryAfterSeconds", seconds);
        }
    }
}

/// The warnings as they get through: an API server drops one with control characters, and cuts
/// all where they are too long together. What is left out is told.
fn shown(warnings: &[String]) -> Vec<Cow<'_, str>> {
    let mut shown: Vec<Cow<'_, str>> = Vec::with_capacity(warnings.len());
    for warning in warnings.iter().map(|warning| plain(warning)) {
        if !warning.is_empty() && !shown.contains(&warning) {
            shown.push(warning);
        }
    }
    let total: usize = shown.iter().map(|warning| warning.chars().count()).sum();
    if total <= WARNINGS {
        return shown;
    }
    let fit = (WARNINGS / WARNING).saturating_sub(1);
    let left_out = shown.len().saturating_sub(fit);
    shown.truncate(fit);
    for warning in &mut shown {
        if let Cow::Owned(cut) = cut(warning, WARNING) {
            *warning = Cow::Owned(cut);
        }
    }
    if left_out > 0 {
        shown.push(Cow::Owned(format!("and {left_out} warnings more")));
    }
    shown
}

/// One line without control characters.
fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text.trim());
    }
    let lines: Vec<&str> = text.split(['\n', '\r']).map(str::trim).collect();
    let line = lines.join(" ");
    let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Cow::Owned(line.trim().to_owned())
}

/// The first characters of a text, with a mark where there are more.
fn cut(text: &str, characters: usize) -> Cow<'_, str> {
    // No text has more characters than bytes.
    if text.len() <= characters || text.char_indices().nth(characters).is_none() {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().take(characters.saturating_sub(1));
    Cow::Owned(kept.chain(std::iter::once('…')).collect())
}

#[cfg(test)]
mod tests {
    use super::{
        Answer, Refusal, RefusedFor, RefusedObject, ReviewVersion, WARNING, WARNINGS, shown,
    };
    use sekisho_value::from_json;

    #[test]
    fn answers_echo_and_say() {
        let allowed = Answer::default().to_json(ReviewVersion::V1beta1, "u");
        let wanted = r#"{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","response":{"allowed":true,"uid":"u"}}"#;
        assert_eq!(allowed, wanted);

        let refusal = Refusal {
            code: 403,
            reason: "Forbidden",
            message: "no \"x\"".to_owned(),
            about: Some(RefusedObject {
                kind: "pods".into(),
                name: "x".into(),
                causes: vec![
                    RefusedFor { message: "c".to_owned(), ..<_>::default() },
                    RefusedFor { reason: "R", message: "d".into(), field: "spec".into() },
                ],
                ..<_>::default()
            }),
            retry_after_seconds: Some(1),
        };
        let refused = Answer::refused(refusal).to_json(ReviewVersion::V1, "u");
        let refused = from_json(&refused).unwrap();
        let status = refused.path(&["response", "status"]).unwrap();
        assert_eq!(status.path_str(&["message"]), Some("no \"x\""));
        assert_eq!(status.path_str(&["status"]), Some("Failure"));
        assert_eq!(status.path(&["code"]).unwrap().as_i64(), Some(403));
        let details = status.get("details").unwrap();
        assert_eq!(
            details.to_json(),
            r#"{"causes":[{"message":"c"},{"field":"spec","message":"d","reason":"R"}],"kind":"pods","name":"x","retryAfterSeconds":1}"#
        );
        assert_eq!(refused.path(&["response", "allowed"]).unwrap().as_bool(), Some(false));
    }

    #[test]
    fn a_patch_is_base64() {
        let patch = from_json(r#"[{"op":"add"}]"#).unwrap();
        let answer = Answer { patch: Some(patch), ..Answer::default() };
        let answer = from_json(&answer.to_json(ReviewVersion::V1, "u")).unwrap();
        assert_eq!(answer.path_str(&["response", "patch"]), Some("W3sib3AiOiJhZGQifV0="));
        assert_eq!(answer.path_str(&["response", "patchType"]), Some("JSONPatch"));
    }

    #[test]
    fn warnings_get_through() {
        let one = |text: &str| -> Vec<String> {
            shown(&[text.to_owned()]).into_iter().map(Into::into).collect()
        };
        assert_eq!(one("a\nb\tc"), ["a b c"]);
        assert_eq!(one(" \n"), Vec::<String>::new());
        assert_eq!(shown(&["a".to_owned(), "a".to_owned()]), ["a"]);
        let fits = "é".repeat(WARNINGS);
        assert_eq!(one(&fits), [fits.as_str()]);

        let many: Vec<String> = (0..100).map(|n| format!("{n} {}", "é".repeat(500))).collect();
        let cut = shown(&many);
        assert!(cut.iter().map(|text| text.chars().count()).sum::<usize>() <= WARNINGS);
        assert!(cut.iter().all(|text| text.chars().count() <= WARNING));
        assert_eq!(cut.last().unwrap(), "and 85 warnings more");
        let long = one(&"é".repeat(WARNINGS + 1));
        assert_eq!(long.len(), 1);
        assert_eq!(long[0].chars().count(), WARNING);
    }
}
