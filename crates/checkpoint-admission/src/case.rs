//! Policy test cases at the admission checkpoint.

use crate::basis::Basis;
use crate::direction::FailureDirections;
use crate::judge::{Conduct, foresee, judge, mutate};
use crate::review::Review;
use sekisho_engine::{CaseError, CaseFinding, Checkpoint, PolicyCase};
use sekisho_kube_model::{Created, Decoded};
use sekisho_manifest::Document;
use sekisho_value::{Map, Value};

/// The admission checkpoint, as the list of checkpoints knows it.
pub struct Admission;

impl Checkpoint for Admission {
    fn name(&self) -> &'static str {
        "admission"
    }

    fn about(&self) -> &'static str {
        "the webhook that an API server asks before it stores anything"
    }

    /// Judges the objects one by one, as an API server would send them; all of them are known to
    /// each other.
    fn judge_case(&self, case: &PolicyCase<'_>) -> Result<Vec<CaseFinding>, CaseError> {
        let documents = case.documents()?;
        let Basis { set, schemas, inventory } =
            Basis::build(&case.bundle, &case.options(), &documents)
                .map_err(|errors| CaseError::of(&errors))?;
        let basis = Basis { set, schemas, inventory: case.external.over(inventory) };
        let mut findings = Vec::new();
        for document in &documents {
            findings.extend(findings_of(document, &basis)?);
        }
        Ok(findings)
    }
}

fn findings_of(document: &Document, basis: &Basis) -> Result<Vec<CaseFinding>, CaseError> {
    let review = review(&basis.schemas.create(&document.value, "default"));
    let mut review =
        Review::read(review.as_bytes()).map_err(|error| CaseError(vec![error.to_string()]))?;
    let now = jiff::Timestamp::UNIX_EPOCH;
    let on_error = FailureDirections::default();
    let conduct = Conduct {
        on_error: &on_error,
        now,
        cancelled: None,
        until: None,
        on_wait: None,
        partner: None,
    };
    // Mutating webhooks have their turn before the object comes here.
    let (_, mutated) = mutate(&review.request, basis, &conduct);
    if !mutated.errors.is_empty() {
        return Err(CaseError(mutated.errors.iter().map(|error| error.message.clone()).collect()));
    }
    review.request.object = mutated.object;
    let (_, mut verdict) = judge(&review.request, basis, &conduct);
    foresee(&review.request, basis, &conduct, &mut verdict);
    if !verdict.errors.is_empty() {
        return Err(CaseError(verdict.errors.iter().map(|error| error.message.clone()).collect()));
    }
    Ok(verdict.judgements.into_iter().map(CaseFinding::from).collect())
}

/// What an API server would ask before it creates an object.
fn review(created: &Created) -> String {
    let Decoded { object, gvk, resource, .. } = &created.decoded;
    let named = |last: &'static str, name: &str| {
        let group = ("group", Value::from(gvk.group.as_str()));
        let version = ("version", Value::from(gvk.version.as_str()));
        Value::Object(Map::from_iter([group, version, (last, Value::from(name))]))
    };
    let mut request = Map::new();
    request.insert("uid", "case");
    request.insert("kind", named("kind", &gvk.kind));
    request.insert("resource", named("resource", resource));
    request.insert("name", object.path_str(&["metadata", "name"]).unwrap_or_default());
    request.insert("namespace", created.namespace.as_deref().unwrap_or_default());
    request.insert("operation", "CREATE");
    request.insert("object", object.clone());
    let mut review = Map::new();
    review.insert("apiVersion", "admission.k8s.io/v1");
    review.insert("kind", "AdmissionReview");
    review.insert("request", Value::Object(request));
    Value::Object(review).to_json()
}
