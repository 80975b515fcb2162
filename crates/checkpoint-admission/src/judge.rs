//! A review's request, judged: what the engine says, as an API server takes it.

use crate::basis::Basis;
use crate::direction::{FailureDirection, FailureDirections};
use crate::readable::wrong_types;
use crate::refusal::refusal;
use crate::review::{Answer, ImageReview, Refusal};
use crate::timed::{OnWait, Timed};
use sekisho_engine::{
    ErrorKind, Judge, Mutated, Partner, Split, Verdict, VerdictError, evaluate, evaluate_with,
    json_patch, judge_implied,
};
use sekisho_kube_model::Schemas;
use sekisho_policy::{Pattern, PolicyId, Request, Stop};
use sekisho_value::{Pointer, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// How one request is judged.
#[derive(Clone, Copy)]
pub struct Conduct<'a> {
    /// what happens where a policy cannot be evaluated
    pub on_error: &'a FailureDirections,
    /// the time that decides on expiry
    pub now: jiff::Timestamp,
    /// ends the evaluation when raised
    pub cancelled: Option<&'a Stop>,
    /// when the request's time is over
    pub until: Option<Instant>,
    /// is told before an API server is asked, which may take long
    pub on_wait: Option<&'a Arc<OnWait>>,
    /// who may find another thread for a part of it
    pub partner: Option<&'a dyn Partner>,
}

/// Judges a request. Pods that would come of its object have no part in the answer, as an API
/// server asks about them when they come: what is found of them is [`foresee`]'s.
#[must_use]
pub fn judge(request: &Request, basis: &Basis, conduct: &Conduct<'_>) -> (Answer, Verdict) {
    let inventory = timed(basis, conduct);
    let judging = judging(basis, &inventory, conduct);
    // The one that would refuse says what becomes of what cannot be read.
    let mut asked = basis.set.asked(request);
    let first = asked.next();
    let fails = |id: &&PolicyId| conduct.on_error.of(Some(*id)) == FailureDirection::Fail;
    let policy = first.filter(fails).or_else(|| asked.find(fails)).or(first);
    let wrong = policy.map_or(Vec::new(), |policy| {
        let policy = Some(policy.clone());
        let error = |error| VerdictError { policy: policy.clone(), ..error };
        wrong_types(request, &basis.schemas).into_iter().map(error).collect()
    });
    let verdict = match wrong {
        none if none.is_empty() => evaluate_with(&basis.set, request, &judging, conduct.partner),
        errors => Verdict { errors, ..Verdict::default() },
    };
    let mut answer = answer(request, &verdict, &basis.schemas, conduct.on_error);
    answer.annotations.insert("policy-set".to_owned(), basis.set.digest().to_owned());
    (answer, verdict)
}

/// Takes part in another thread's judgement of the same request.
pub(crate) fn take_part(request: &Request, basis: &Basis, conduct: &Conduct<'_>, split: &Split) {
    let inventory = timed(basis, conduct);
    sekisho_engine::take_part(&basis.set, request, &judging(basis, &inventory, conduct), split);
}

/// Adds to the verdict on a request what is found of the pods that would come of its object, so that
/// it is the verdict of every other checkpoint.
pub fn foresee(request: &Request, basis: &Basis, conduct: &Conduct<'_>, verdict: &mut Verdict) {
    // Nothing comes of what cannot be read.
    if verdict.errors.is_empty() || wrong_types(request, &basis.schemas).is_empty() {
        let inventory = timed(basis, conduct);
        judge_implied(&basis.set, request, &judging(basis, &inventory, conduct), verdict);
    }
}

/// Judges what is asked about images: what the named policies say of the creation of a pod that has
/// them, and nothing else.
#[must_use]
pub fn judge_images(
    review: &ImageReview,
    policies: &[Pattern],
    basis: &Basis,
    conduct: &Conduct<'_>,
) -> (Request, Answer, Verdict) {
    let request = review.request(&basis.schemas);
    let is_called = |id: &str| policies.iter().any(|pattern| pattern.names(id));
    let counts = |policy: &PolicyId| is_called(policy.as_str());
    let inventory = timed(basis, conduct);
    let mut verdict = evaluate(&basis.set, &request, &judging(basis, &inventory, conduct));
    if !basis.set.states().iter().any(|state| is_called(&state.id)) {
        verdict.errors.push(VerdictError {
            kind: ErrorKind::Failed,
            policy: None,
            pointer: Pointer::root(),
            message: "no policy in force is called as `--image-policy` has it".to_owned(),
            help: None,
        });
    }
    verdict.denials.retain(|denial| counts(&denial.policy));
    verdict.judgements.retain(|judgement| counts(&judgement.policy_id));
    verdict.errors.retain(|error| error.policy.as_ref().is_none_or(counts));
    // They do not say whose they are.
    verdict.warnings.clear();
    verdict.annotations.clear();
    let mut answer = answer(&request, &verdict, &basis.schemas, conduct.on_error);
    answer.annotations.insert("policy-set".to_owned(), basis.set.digest().to_owned());
    (request, answer, verdict)
}

/// Mutates a request's object: the answer holds the changes.
#[must_use]
pub fn mutate(request: &Request, basis: &Basis, conduct: &Conduct<'_>) -> (Answer, Mutated) {
    let mutated = match wrong_types(request, &basis.schemas) {
        none if none.is_empty() => {
            let inventory = timed(basis, conduct);
            let judging = judging(basis, &inventory, conduct);
            sekisho_engine::mutate(&basis.set, request, &judging)
        }
        errors => {
            let (object, sent) = (request.object.clone(), request.object.clone());
            Mutated { object, sent, errors, ..Mutated::default() }
        }
    };
    let mut answer = Answer::default();
    answer.annotations.insert("policy-set".to_owned(), basis.set.digest().to_owned());
    if !mutated.errors.is_empty() {
        go_astray(&mut answer, request, &mutated.errors, conduct.on_error);
        return (answer, mutated);
    }
    // The API server fills in defaults itself.
    let patch = json_patch(&request.object, &mutated.sent);
    if !patch.is_empty() {
        let by: Vec<&str> = mutated.applied.iter().map(PolicyId::as_str).collect();
        if !by.is_empty() {
            answer.annotations.insert("mutated-by".to_owned(), by.join(", "));
        }
        answer.patch = Some(Value::from(patch));
    }
    (answer, mutated)
}

fn timed<'a>(basis: &'a Basis, conduct: &Conduct<'a>) -> Timed<'a> {
    Timed::new(basis.inventory.as_ref(), conduct.until, conduct.cancelled, conduct.on_wait)
}

fn judging<'a>(basis: &'a Basis, inventory: &'a Timed<'a>, conduct: &Conduct<'a>) -> Judge<'a> {
    Judge {
        inventory,
        schemas: &basis.schemas,
        now: conduct.now,
        implied: false,
        record: false,
        cancelled: conduct.cancelled,
    }
}

fn answer(
    request: &Request,
    verdict: &Verdict,
    schemas: &Schemas,
    on_error: &FailureDirections,
) -> Answer {
    let mut answer = Answer {
        refusal: refusal(request, &verdict.denials, schemas),
        // One warning for each violation, as the systems that the policies come from have it.
        warnings: verdict.warnings.iter().flat_map(|all| all.lines()).map(str::to_owned).collect(),
        annotations: annotations(&verdict.annotations),
        patch: None,
    };
    if !verdict.errors.is_empty() {
        go_astray(&mut answer, request, &verdict.errors, on_error);
    }
    answer
}

/// Sends an answer the way that each policy goes which could not be evaluated. Who asks is told why;
/// the audit log is not told what an error may repeat of a Secret.
fn go_astray(
    answer: &mut Answer,
    request: &Request,
    errors: &[VerdictError],
    on_error: &FailureDirections,
) {
    let fails =
        |error: &&VerdictError| on_error.of(error.policy.as_ref()) == FailureDirection::Fail;
    let (failing, ignored): (Vec<_>, Vec<_>) = errors.iter().partition(fails);
    answer.warnings.extend(ignored.into_iter().map(told));
    if !failing.is_empty() && answer.refusal.is_none() {
        answer.refusal = Some(not_judged(&failing.into_iter().map(told).collect::<Vec<_>>()));
    }
    let is_secret = request.gvk.is("", "Secret");
    let all: Vec<String> =
        errors.iter().map(if is_secret { told_of_secret } else { told }).collect();
    answer.annotations.insert("error".to_owned(), all.join("; "));
}

/// The refusal of a request that could not be judged.
pub(crate) fn not_judged(errors: &[String]) -> Refusal {
    Refusal { code: 500, reason: "InternalError", message: errors.join("\n"), ..Refusal::default() }
}

fn told(error: &VerdictError) -> String {
    let help = error.help.as_ref().map_or(String::new(), |help| format!(" ({help})"));
    format!("{}: {}{help}", failed(error), error.message)
}

fn told_of_secret(error: &VerdictError) -> String {
    format!("{}: why is not told of a Secret", failed(error))
}

fn failed(error: &VerdictError) -> String {
    match &error.policy {
        Some(policy) => format!("policy `{policy}` could not be evaluated"),
        None => "not judged".to_owned(),
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
    use super::{FailureDirection, FailureDirections, annotations, answer};
    use crate::refusal::tests::{denial, request};
    use sekisho_engine::{ErrorKind, Verdict, VerdictError};
    use sekisho_kube_model::{Gvk, Schemas};
    use sekisho_policy::{Manner, Pattern, PolicyId};
    use sekisho_value::Pointer;

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
    fn errors_go_the_configured_way() {
        let told = "policy `local/d/K/p` could not be evaluated: no (do)";
        let verdict = Verdict { errors: vec![broken()], ..Verdict::default() };
        let closed =
            answer(&request("{}"), &verdict, &Schemas::builtin(), &FailureDirection::Fail.into());
        let refusal = closed.refusal.unwrap();
        assert_eq!((refusal.code, refusal.message.as_str()), (500, told));
        assert_eq!(closed.annotations["error"], told);

        let open =
            answer(&request("{}"), &verdict, &Schemas::builtin(), &FailureDirection::Ignore.into());
        assert_eq!(open.refusal, None);
        assert_eq!(open.warnings, [told]);
        assert_eq!(open.annotations["error"], told);

        let denials = vec![denial(Manner::Plain, "m")];
        let both = Verdict { denials, errors: vec![broken()], ..Verdict::default() };
        let both =
            answer(&request("{}"), &both, &Schemas::builtin(), &FailureDirection::Ignore.into());
        assert_eq!(both.refusal.unwrap().message, "m");
    }

    #[test]
    fn the_audit_log_is_told_nothing_of_a_secret() {
        let said = "strconv.ParseInt: parsing \"hunter2\": invalid syntax";
        for (group, kind, message) in [
            ("", "ConfigMap", said),
            ("example.com", "Secret", said),
            ("", "Secret", "why is not told of a Secret"),
        ] {
            let mut asked = request("{}");
            asked.gvk = Gvk::new(group, "v1", kind);
            for direction in [FailureDirection::Fail, FailureDirection::Ignore] {
                let error = VerdictError { message: said.to_owned(), help: None, ..broken() };
                let verdict = Verdict { errors: vec![error], ..Verdict::default() };
                let answer = answer(&asked, &verdict, &Schemas::builtin(), &direction.into());
                let wanted = format!("policy `local/d/K/p` could not be evaluated: {message}");
                assert_eq!(answer.annotations["error"], wanted);
                let refused = answer.refusal.map(|refusal| refusal.message);
                let told = refused.into_iter().chain(answer.warnings).collect::<String>();
                assert!(told.contains("hunter2"), "who asks has sent it: {told}");
            }
        }
    }

    #[test]
    fn a_policy_may_have_a_direction_of_its_own() {
        let broken = |name: &str| VerdictError {
            policy: Some(PolicyId::new("local", "d", "K", name)),
            ..broken()
        };
        let of = vec![(Pattern::new("soft*"), FailureDirection::Ignore)];
        let directions = FailureDirections { whole: FailureDirection::Fail, of };
        for (errors, refused, warnings) in [
            (vec![broken("soft")], None, 1),
            (vec![broken("hard")], Some(1), 0),
            (vec![broken("soft"), broken("hard"), broken("softer")], Some(1), 2),
        ] {
            let verdict = Verdict { errors, ..Verdict::default() };
            let answer = answer(&request("{}"), &verdict, &Schemas::builtin(), &directions);
            let lines = answer.refusal.as_ref().map(|refusal| refusal.message.lines().count());
            assert_eq!((lines, answer.warnings.len()), (refused, warnings), "{answer:?}");
            let told = answer.annotations["error"].matches("could not be evaluated").count();
            assert_eq!(told, verdict.errors.len(), "every error is in the audit log");
        }
    }

    #[test]
    fn annotations_lose_their_prefix_and_nothing_else() {
        let pair = |key: &str| (key.to_owned(), key.to_owned());
        let keys = annotations(&[pair("a/x"), pair("b/x"), pair("y")]);
        assert_eq!(keys.into_keys().collect::<Vec<_>>(), ["b_x", "x", "y"]);
    }
}
