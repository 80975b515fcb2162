use crate::PolicySet;
use crate::evaluate::{Judge, error_of, expired};
use crate::verdict::{ErrorKind, VerdictError};
use sekisho_kube_model::{Decoded, Gvk, Problem, ProblemKind, Schemas};
use sekisho_policy::{Budget, MutateContext, Operation, PolicyId, ReadSet, Reads, Request};
use sekisho_value::{Pointer, Value};

/// What the mutating policies of a set make of a request's object.
#[derive(Clone, Debug, Default)]
pub struct Mutated {
    /// the object as it would be stored, decoded and defaulted anew; as it came where nothing
    /// changes it, or something is wrong
    pub object: Value,
    /// the object as the policies leave it, before it is decoded and defaulted anew
    pub sent: Value,
    /// the policies that changed something
    pub applied: Vec<PolicyId>,
    /// what the API server or its client would hold against the mutated object
    pub problems: Vec<Problem>,
    /// why the object could not be mutated: it is then none that may be judged
    pub errors: Vec<VerdictError>,
    /// what was read beside the request, where that was recorded
    pub reads: ReadSet,
}

/// Mutates a request's object as mutating admission would: after it was decoded and defaulted,
/// before it is validated. What the result is decoded to is checked again.
#[must_use]
pub fn mutate(set: &PolicySet, request: &Request, judge: &Judge<'_>) -> Mutated {
    let mutated = mutate_only(set, request, judge);
    let Request { operation, gvk, object, .. } = request;
    if !mutated.errors.is_empty() || mutated.sent == *object {
        return mutated;
    }
    match admitted(*operation, gvk, object, &mutated.sent, judge.schemas) {
        Err(errors) => Mutated {
            object: object.clone(),
            sent: object.clone(),
            errors,
            reads: mutated.reads,
            ..Mutated::default()
        },
        Ok(decoded) => Mutated { object: decoded.object, problems: decoded.problems, ..mutated },
    }
}

/// As [`mutate`], but neither decoded nor defaulted anew: the object is as the policies leave it,
/// whatever an API server makes of that.
#[must_use]
pub fn mutate_only(set: &PolicySet, request: &Request, judge: &Judge<'_>) -> Mutated {
    let unchanged = || Mutated {
        object: request.object.clone(),
        sent: request.object.clone(),
        ..Mutated::default()
    };
    let writes = matches!(request.operation, Operation::Create | Operation::Update);
    if set.mutators().is_empty() || !writes || request.object.is_null() {
        return unchanged();
    }
    if let Some(expired) = expired(set, judge.now) {
        return Mutated { errors: vec![expired], ..unchanged() };
    }
    let inventory =
        if judge.record { Reads::recording(judge.inventory) } else { Reads::new(judge.inventory) };
    let mut now = request.clone();
    let mut applied = Vec::new();
    for mutators in set.mutators() {
        let budget = Budget::new(Budget::DEFAULT_STEPS, Budget::DEFAULT_MEMORY, judge.cancelled);
        let context = MutateContext {
            request: &now,
            inventory: &inventory,
            target: set.target(),
            schemas: judge.schemas,
            budget: &budget,
            is_off: &|id| set.is_off(id),
        };
        match mutators.mutate.mutate(&context) {
            Ok(mutation) => {
                applied.extend(mutation.applied);
                now.object = mutation.object;
            }
            Err(error) => {
                let found =
                    VerdictError { pointer: error.pointer, ..error_of(error.policy, error.error) };
                return Mutated { errors: vec![found], ..unchanged() };
            }
        }
    }
    let reads = inventory.into_read_set();
    let sent = now.object;
    Mutated { object: sent.clone(), sent, applied, reads, ..Mutated::default() }
}

/// What the API server reads a mutated object as.
///
/// # Errors
/// Why it refuses it: mutation made another object of it, or one that cannot be.
pub fn admitted(
    operation: Operation,
    gvk: &Gvk,
    given: &Value,
    mutated: &Value,
    schemas: &Schemas,
) -> Result<Decoded, Vec<VerdictError>> {
    if let Some(error) = another(operation, gvk, given, mutated) {
        return Err(vec![error]);
    }
    let decoded = schemas.store(mutated);
    if decoded.is_readable() {
        return Ok(decoded);
    }
    let wrong = decoded.problems.into_iter().filter(|p| p.kind == ProblemKind::WrongType);
    Err(wrong.map(unreadable).collect())
}

/// A patch that makes another object of one, or leaves it without a name: the API server takes
/// none. What is created may be given another name, for the request's path does not say it.
fn another(
    operation: Operation,
    gvk: &Gvk,
    given: &Value,
    mutated: &Value,
) -> Option<VerdictError> {
    let field = |object: &Value, name: &str| object.path(&["metadata", name]).cloned();
    let is_changed = |name: &str| field(mutated, name) != field(given, name);
    let metadata = |name: &str| Pointer::root().keys(&["metadata", name]);
    let is_nameless = |object: &Value| {
        let text = |name| object.path_str(&["metadata", name]).unwrap_or_default();
        text("name").is_empty() && text("generateName").is_empty()
    };
    let creates = operation == Operation::Create;
    let (changed, message) = if Gvk::of(mutated).as_ref() != Some(gvk) {
        (Pointer::root().key("kind"), "makes another object of it")
    } else if is_changed("namespace") {
        (metadata("namespace"), "makes another object of it")
    } else if !creates && is_changed("name") {
        (metadata("name"), "makes another object of it")
    } else if creates && is_nameless(mutated) && !is_nameless(given) {
        (metadata("name"), "leaves it without a name")
    } else {
        return None;
    };
    Some(VerdictError {
        kind: ErrorKind::Failed,
        policy: None,
        pointer: changed,
        message: format!("mutation {message}, which the API server refuses"),
        help: None,
    })
}

fn unreadable(problem: Problem) -> VerdictError {
    VerdictError {
        kind: ErrorKind::Failed,
        policy: None,
        pointer: problem.pointer,
        message: format!("the mutated object: {}", problem.message),
        help: problem.help,
    }
}
