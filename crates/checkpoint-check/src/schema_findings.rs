//! What the API server's schemas say of an object, as findings and errors.

use crate::objects::Object;
use crate::places::Places;
use sekisho_engine::{PolicySet, VerdictError, finding_key, subject};
use sekisho_kube_model::{Known, Loci, Problem, ProblemKind, Schemas};
use sekisho_policy::{KubernetesVersion, PolicyId};
use sekisho_report::{Action, Diagnostic, Finding, Resource, Severity, Status};
use sekisho_value::Pointer;

const DIALECT: &str = "schema";
const DOCS: &str = "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation";

/// The rule of a problem, and how bad it is; `None` for what the API server cannot decode, or does
/// not have, which is an error.
fn rule(kind: ProblemKind) -> Option<(&'static str, Severity)> {
    match kind {
        ProblemKind::WrongType | ProblemKind::UnknownKind => None,
        ProblemKind::UnknownField => Some(("schema/unknown-field", Severity::Medium)),
        ProblemKind::RequiredField => Some(("schema/required-field", Severity::Medium)),
        ProblemKind::UnservedVersion => Some(("schema/unserved-version", Severity::Medium)),
    }
}

/// Sorts the problems of an object into findings and errors; all are errors where `strict`.
pub(crate) fn sort_out(
    object: &Object<'_>,
    schemas: &Schemas,
    places: &Places,
    version: KubernetesVersion,
    strict: bool,
    findings: &mut Vec<Finding>,
    errors: &mut Vec<Diagnostic>,
) {
    let mut loci = Loci::new(schemas, &object.decoded.gvk, &object.document.value);
    let too_new = not_yet_served(object, schemas, version);
    let served = served_still(object, version);
    let problems = object.decoded.problems.iter();
    let problems = problems.filter(|p| !(served && p.kind == ProblemKind::UnservedVersion));
    for problem in problems.chain(&too_new) {
        match rule(problem.kind) {
            Some((rule, severity)) if !strict => {
                let locus = loci.locus(&problem.pointer);
                findings.push(finding(object, problem, places, locus, (rule, severity)));
            }
            _ => errors.push(error(object, problem, places)),
        }
    }
}

/// Whether it is taken for granted that an object is in no namespace: nobody says so.
pub(crate) fn has_assumed_scope(object: &Object<'_>) -> bool {
    object.decoded.known == Known::Unknown && object.namespace.is_none()
}

/// Tells what is taken for granted.
pub(crate) fn assumed_scope(object: &Object<'_>, places: &Places) -> Finding {
    let kind = object.document.kind();
    let problem = Problem {
        kind: ProblemKind::UnknownField,
        pointer: Pointer::root().keys(&["metadata", "namespace"]),
        message: format!("`{kind}` is not known: it is taken to be in no namespace"),
        help: Some(
            "give its CustomResourceDefinition among the manifests or with `--inventory`, or name \
             the namespace"
                .to_owned(),
        ),
    };
    let locus = problem.pointer.as_str().to_owned();
    let rule = ("schema/assumed-scope", Severity::Low);
    let finding = finding(object, &problem, places, locus, rule);
    Finding { action: Action::Audit, declared_action: Action::Audit, ..finding }
}

/// Whether the version that is judged for still serves what later ones do not.
fn served_still(object: &Object<'_>, version: KubernetesVersion) -> bool {
    match &object.decoded.known {
        Known::Unserved { removed_in: Some(removed), .. } => version.minor < *removed,
        _ => false,
    }
}

/// What the version that is judged for does not serve yet.
fn not_yet_served(
    object: &Object<'_>,
    schemas: &Schemas,
    version: KubernetesVersion,
) -> Option<Problem> {
    let gvk = &object.decoded.gvk;
    let first = schemas.kind_of(gvk)?.introduced_in().filter(|first| version.minor < *first)?;
    let (api_version, kind) = (gvk.api_version(), &gvk.kind);
    Some(Problem {
        kind: ProblemKind::UnservedVersion,
        pointer: Pointer::root().key("apiVersion"),
        message: format!("`{api_version}` {kind} is not served before Kubernetes 1.{first}"),
        help: None,
    })
}

/// Why the API server would not decode an object.
pub(crate) fn refusals(object: &Object<'_>, places: &Places) -> Vec<Diagnostic> {
    let wrong = object.decoded.problems.iter().filter(|p| p.kind == ProblemKind::WrongType);
    wrong.map(|problem| error(object, problem, places)).collect()
}

/// A problem with its place.
pub(crate) fn error(object: &Object<'_>, problem: &Problem, places: &Places) -> Diagnostic {
    let message = format!("{}: {}", name(object), problem.message);
    let error = places.diagnostic(object.document, &problem.pointer, message);
    Diagnostic { help: problem.help.clone(), ..error }
}

/// What a policy could not judge, or could not be applied to, with its place.
pub(crate) fn policy_error(
    set: &PolicySet,
    object: &Object<'_>,
    error: &VerdictError,
    places: &Places,
) -> Diagnostic {
    let name = name(object);
    let message = match &error.policy {
        Some(policy) => format!("{name}: policy `{policy}`: {}", error.message),
        None => format!("{name}: {}", error.message),
    };
    let at = places.diagnostic(object.document, &error.pointer, message);
    let policy = error.policy.as_ref().map(|id| set.name_of(id));
    Diagnostic { help: error.help.clone(), policy, ..at }
}

/// `Pod web`, for messages.
pub(crate) fn name(object: &Object<'_>) -> String {
    let name = object.document.name().unwrap_or_default();
    format!("{} {name}", object.document.kind()).trim_end().to_owned()
}

fn finding(
    object: &Object<'_>,
    problem: &Problem,
    places: &Places,
    locus: String,
    (rule, severity): (&str, Severity),
) -> Finding {
    let gvk = &object.decoded.gvk;
    let given = &object.document.value;
    let id = PolicyId::new("sekisho", DIALECT, "Schema", "kubernetes");
    let subject = subject(gvk, given, object.namespace.as_deref());
    Finding {
        key: finding_key(&id, rule, &subject, &[locus], &problem.message),
        policy: "kubernetes".to_owned(),
        policy_id: id.as_str().to_owned(),
        binding: None,
        dialect: DIALECT.to_owned(),
        rule: rule.to_owned(),
        action: Action::Warn,
        declared_action: Action::Warn,
        action_reason: None,
        status: Status::Active,
        exception: None,
        implied: false,
        severity,
        message: problem.message.clone(),
        help: problem.help.clone(),
        resource: resource(object),
        location: places.location(object.document, &problem.pointer),
        related: Vec::new(),
        docs: Some(DOCS.to_owned()),
    }
}

fn resource(object: &Object<'_>) -> Resource {
    Resource {
        api_version: object.document.api_version().to_owned(),
        kind: object.document.kind().to_owned(),
        namespace: object.namespace.as_ref().map(ToString::to_string),
        name: object.document.name().unwrap_or_default().to_owned(),
    }
}
