//! Policy test cases at the audit checkpoint.

use crate::findings;
use crate::stored::request;
use sekisho_engine::{
    CaseError, CaseFinding, Checkpoint, Judge, MemoryInventory, PolicyCase, PolicySet, evaluate,
    mutate,
};
use sekisho_kube_model::{Created, Schemas};
use sekisho_manifest::Document;
use sekisho_policy::{Point, Request};

/// The audit checkpoint, as the list of checkpoints knows it.
pub struct AuditCluster;

impl Checkpoint for AuditCluster {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn about(&self) -> &'static str {
        "what a live cluster holds"
    }

    /// Judges the objects as an API server would have stored them.
    fn judge_case(&self, case: &PolicyCase<'_>) -> Result<Vec<CaseFinding>, CaseError> {
        let documents = case.documents()?;
        let (set, errors) = PolicySet::build(&case.bundle, &case.options());
        if !errors.is_empty() {
            return Err(CaseError::of(&errors));
        }
        let known: Vec<&Document> = documents.iter().chain(set.objects()).collect();
        let definitions = known.iter().filter(|d| d.kind() == "CustomResourceDefinition");
        let (schemas, _) = Schemas::with_crds(definitions.map(|d| &d.value));
        let mut inventory = MemoryInventory::new();
        for document in known {
            let Created { decoded, .. } = schemas.create(&document.value, "default");
            if !decoded.is_readable() {
                let wrong = decoded.problems.iter().map(|problem| problem.message.clone());
                return Err(CaseError(wrong.collect()));
            }
            inventory.insert(decoded.object);
        }
        inventory.set_external(&case.external);
        let judge = Judge {
            inventory: &inventory,
            schemas: &schemas,
            now: jiff::Timestamp::UNIX_EPOCH,
            implied: true,
            record: false,
            cancelled: None,
        };
        let mut found = Vec::new();
        for document in &documents {
            found.extend(findings_of(&set, document, &judge)?);
        }
        Ok(found)
    }
}

fn findings_of(
    set: &PolicySet,
    document: &Document,
    judge: &Judge<'_>,
) -> Result<Vec<CaseFinding>, CaseError> {
    let Created { decoded, namespace, .. } = judge.schemas.create(&document.value, "default");
    let request = request(decoded.gvk, &decoded.resource, decoded.object);
    // What is stored came through admission.
    let sent = Request { point: Point::Admission, namespace: namespace.clone(), ..request.clone() };
    let mutated = mutate(set, &sent, judge);
    if !mutated.errors.is_empty() {
        return Err(CaseError(mutated.errors.iter().map(|error| error.message.clone()).collect()));
    }
    let request = Request { object: mutated.object, namespace, ..request };
    let verdict = evaluate(set, &request, judge);
    if !verdict.errors.is_empty() {
        let errors = verdict.errors.iter().map(|error| findings::error(&request, error).message);
        return Err(CaseError(errors.collect()));
    }
    Ok(verdict.judgements.into_iter().map(CaseFinding::from).collect())
}
