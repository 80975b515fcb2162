//! A review's request, judged: what the engine says, as an API server takes it.

use crate::basis::Basis;
use crate::review::{Answer, Refusal};
use sekisho_engine::{Denial, Judge, Mutated, Verdict, VerdictError, evaluate, json_patch};
use sekisho_policy::{Manner, PolicyId, Request};
use sekisho_value::Value;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

/// Which way a request goes that could not be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailureDirection {
    /// it is refused
    #[default]
    Fail,
    /// it is let through, with a warning and an audit annotation
    Ignore,
}

/// How one request is judged.
#[derive(Clone, Copy, Debug)]
pub struct Conduct<'a> {
    /// what happens where a policy cannot be evaluated
    pub on_error: FailureDirection,
    /// the time that decides on expiry
    pub now: jiff::Timestamp,
    /// ends the evaluation when raised
    pub cancelled: Option<&'a AtomicBool>,
}

/// Judges a request.
#[must_use]
pub fn judge(request: &Request, basis: &Basis, conduct: &Conduct<'_>) -> (Answer, Verdict) {
    let verdict = evaluate(&basis.set, request, &judging(basis, conduct, true));
    let mut answer = answer(request, &verdict, conduct.on_error);
    answer.annotations.insert("policy-set".to_owned(), basis.set.digest());
    (answer, verdict)
}

/// Mutates a request's object: the answer holds the changes.
#[must_use]
pub fn mutate(request: &Request, basis: &Basis, conduct: &Conduct<'_>) -> (Answer, Mutated) {
    let mutated = sekisho_engine::mutate(&basis.set, request, &judging(basis, conduct, false));
    let mut answer = Answer::default();
    answer.annotations.insert("policy-set".to_owned(), basis.set.digest());
    if !mutated.errors.is_empty() {
        let errors: Vec<String> = mutated.errors.iter().map(told).collect();
        match conduct.on_error {
            FailureDirection::Fail => answer.refusal = Some(not_judged(&errors)),
            FailureDirection::Ignore => answer.warnings.clone_from(&errors),
        }
        answer.annotations.insert("error".to_owned(), errors.join("; "));
        return (answer, mutated);
    }
    // The API server fills in defaults itself.
    let patch = json_patch(&request.object, &mutated.sent);
    if !patch.is_empty() {
        let by: Vec<&str> = mutated.applied.iter().map(PolicyId::as_str).collect();
        answer.annotations.insert("mutated-by".to_owned(), by.join(", "));
        answer.patch = Some(Value::from(patch));
    }
    (answer, mutated)
}

fn judging<'a>(basis: &'a Basis, conduct: &Conduct<'a>, implied: bool) -> Judge<'a> {
    Judge {
        inventory: basis.inventory.as_ref(),
        schemas: &basis.schemas,
        now: conduct.now,
        implied,
        record: false,
        cancelled: conduct.cancelled,
    }
}

fn answer(request: &Request, verdict: &Verdict, on_error: FailureDirection) -> Answer {
    let mut answer = Answer {
        refusal: refusal(request, &verdict.denials),
        // One warning for each violation, as the systems that the policies come from have it.
        warnings: verdict.warnings.iter().flat_map(|all| all.lines()).map(str::to_owned).collect(),
        annotations: annotations(&verdict.annotations),
        patch: None,
    };
    if verdict.errors.is_empty() {
        return answer;
    }
    let errors: Vec<String> = verdict.errors.iter().map(told).collect();
    match (on_error, &answer.refusal) {
        (_, Some(_)) => {}
        (FailureDirection::Fail, None) => answer.refusal = Some(not_judged(&errors)),
        (FailureDirection::Ignore, None) => answer.warnings.extend(errors.iter().cloned()),
    }
    answer.annotations.insert("error".to_owned(), errors.join("; "));
    answer
}

/// The refusal of a request that could not be judged.
pub(crate) fn not_judged(errors: &[String]) -> Refusal {
    Refusal {
        code: 500,
        reason: "InternalError",
        message: errors.join("\n"),
        retry_after_seconds: None,
    }
}

fn told(error: &VerdictError) -> String {
    let about = match &error.policy {
        Some(policy) => format!("policy `{policy}` could not be evaluated: "),
        None => "not judged: ".to_owned(),
    };
    let help = error.help.as_ref().map_or(String::new(), |help| format!(" ({help})"));
    format!("{about}{}{help}", error.message)
}

/// All refusals as one; the first says how it reaches the client.
fn refusal(request: &Request, denials: &[Denial]) -> Option<Refusal> {
    let (code, reason) = match denials.first()?.manner {
        Manner::Forbidden | Manner::Plain => (403, "Forbidden"),
        Manner::Invalid => (422, "Invalid"),
    };
    let messages: Vec<String> = denials.iter().map(|denial| worded(request, denial)).collect();
    Some(Refusal { code, reason, message: messages.join("\n"), retry_after_seconds: None })
}

/// The words of a refusal as the API server's own errors have them.
///
/// Source: `NewForbidden` and `NewInvalid` of k8s.io/apimachinery, `extractResourceName` of
/// k8s.io/apiserver.
fn worded(request: &Request, denial: &Denial) -> String {
    let grouped = |of: &str| match request.gvk.group.as_str() {
        "" => of.to_owned(),
        group => format!("{of}.{group}"),
    };
    let name = || {
        let of_object =
            |key| request.object.path_str(&["metadata", key]).filter(|text| !text.is_empty());
        let named = Some(request.name.as_str()).filter(|name| !name.is_empty());
        named
            .or_else(|| of_object("name"))
            .or_else(|| of_object("generateName"))
            .unwrap_or("Unknown")
    };
    let message = &denial.message;
    match denial.manner {
        Manner::Plain => message.clone(),
        Manner::Forbidden => {
            format!("{} {:?} is forbidden: {message}", grouped(&request.resource), name())
        }
        Manner::Invalid => {
            format!("{} {:?} is invalid: {message}", grouped(&request.gvk.kind), name())
        }
    }
}

/// Audit annotations as an API server takes them from a webhook: it puts the webhook's name and a
/// slash before each key, and takes no second slash.
fn annotations(full: &[(String, String)]) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    for (key, value) in full {
        let short = key.rsplit_once('/').map_or(key.as_str(), |(_, name)| name);
        let key = if keys.contains_key(short) { key.replace('/', "_") } else { short.to_owned() };
        keys.insert(key, value.clone());
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::{FailureDirection, annotations, answer};
    use sekisho_engine::{Denial, ErrorKind, Verdict, VerdictError};
    use sekisho_kube_model::Gvk;
    use sekisho_policy::{Manner, PolicyId, Request};
    use sekisho_value::{Pointer, from_json};

    fn request(metadata: &str) -> Request {
        Request {
            gvk: Gvk::new("apps", "v1", "Deployment"),
            resource: "deployments".into(),
            object: from_json(&format!(r#"{{"metadata":{metadata}}}"#)).unwrap(),
            ..Request::default()
        }
    }

    fn denial(manner: Manner, message: &str) -> Denial {
        let policy = PolicyId::new("local", "d", "K", "p");
        Denial { policy, message: message.to_owned(), manner }
    }

    fn broken() -> VerdictError {
        VerdictError {
            kind: ErrorKind::Failed,
            policy: Some(PolicyId::new("local", "d", "K", "p")),
            pointer: Pointer::root(),
            message: "no".to_owned(),
            help: Some("do".to_owned()),
        }
    }

    #[test]
    fn refusals_have_the_words_of_the_api_server() {
        for (metadata, manner, code, message) in [
            (
                r#"{"name":"web"}"#,
                Manner::Forbidden,
                403,
                r#"deployments.apps "web" is forbidden: m"#,
            ),
            (
                r#"{"generateName":"w-"}"#,
                Manner::Forbidden,
                403,
                r#"deployments.apps "w-" is forbidden: m"#,
            ),
            ("{}", Manner::Forbidden, 403, r#"deployments.apps "Unknown" is forbidden: m"#),
            (r#"{"name":"web"}"#, Manner::Invalid, 422, r#"Deployment.apps "web" is invalid: m"#),
            (r#"{"name":"web"}"#, Manner::Plain, 403, "m"),
        ] {
            let verdict = Verdict { denials: vec![denial(manner, "m")], ..Verdict::default() };
            let answer = answer(&request(metadata), &verdict, FailureDirection::Fail);
            let refusal = answer.refusal.unwrap();
            assert_eq!((refusal.code, refusal.message.as_str()), (code, message));
        }
    }

    #[test]
    fn every_refusal_is_told() {
        let denials = vec![denial(Manner::Plain, "[a] one"), denial(Manner::Plain, "[b] two")];
        let verdict = Verdict { denials, ..Verdict::default() };
        let answer = answer(&request("{}"), &verdict, FailureDirection::Fail);
        assert_eq!(answer.refusal.unwrap().message, "[a] one\n[b] two");
    }

    #[test]
    fn errors_go_the_configured_way() {
        let told = "policy `local/d/K/p` could not be evaluated: no (do)";
        let verdict = Verdict { errors: vec![broken()], ..Verdict::default() };
        let closed = answer(&request("{}"), &verdict, FailureDirection::Fail);
        let refusal = closed.refusal.unwrap();
        assert_eq!((refusal.code, refusal.message.as_str()), (500, told));
        assert_eq!(closed.annotations["error"], told);

        let open = answer(&request("{}"), &verdict, FailureDirection::Ignore);
        assert_eq!(open.refusal, None);
        assert_eq!(open.warnings, [told]);
        assert_eq!(open.annotations["error"], told);

        let denials = vec![denial(Manner::Plain, "m")];
        let both = Verdict { denials, errors: vec![broken()], ..Verdict::default() };
        let both = answer(&request("{}"), &both, FailureDirection::Ignore);
        assert_eq!(both.refusal.unwrap().message, "m");
    }

    #[test]
    fn annotations_lose_their_prefix_and_nothing_else() {
        let pair = |key: &str| (key.to_owned(), key.to_owned());
        let keys = annotations(&[pair("a/x"), pair("b/x"), pair("y")]);
        assert_eq!(keys.into_keys().collect::<Vec<_>>(), ["b_x", "x", "y"]);
    }
}
