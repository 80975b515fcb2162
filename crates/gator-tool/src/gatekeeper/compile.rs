//! A template and a constraint to a policy set, and its judgement.

use super::Watching;
use super::request::{self, Sent};
use crate::judge::{Compiled, Engine, Given, Judged, Policies, Refusal, Subject};
use crate::outcome::{Note, Problem};
use crate::suite::Place;
use crate::watch::Watched;
use sekisho_dialect_gatekeeper::{FailurePolicy, Gatekeeper, Numbers};
use sekisho_dialects::Cores;
use sekisho_engine::{BuildOptions, ErrorKind, Judge, MemoryInventory, PolicySet, evaluate};
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_manifest::Document;
use sekisho_policy::{
    Action, Bundle, BundleFile, CompileContext, Dialect, Digest, PolicyDocument, PolicyId, Target,
};
use sekisho_report::Diagnostic;
use sekisho_value::{Pointer, Value};
use std::collections::HashSet;
use std::sync::Mutex;

/// A constraint, ready to judge.
pub(super) struct Judgement {
    /// judges objects, and what they expand to
    of_objects: PolicySet,
    /// judges AdmissionReviews, which gator does not expand; `None` where that is the same
    of_reviews: Option<PolicySet>,
    /// what finds violations
    engine: Engine,
    now: jiff::Timestamp,
    schemas: Schemas,
    watching: Watching,
}

pub(super) fn compile(
    policies: &Policies<'_>,
    engine: Engine,
    failure_policy: FailurePolicy,
    now: jiff::Timestamp,
    watching: Watching,
) -> Result<Judgement, Refusal> {
    is_of_template(policies)?;
    let of_objects = set(policies, failure_policy)?;
    let of_reviews = match policies.expansions {
        [] => None,
        _ => Some(set(&Policies { expansions: &[], ..*policies }, failure_policy)?),
    };
    Ok(Judgement { of_objects, of_reviews, engine, now, schemas: Schemas::builtin(), watching })
}

/// Gator finds templates by the lower case of the constraint's kind.
fn is_of_template(policies: &Policies<'_>) -> Result<(), Refusal> {
    let wanted = policies.constraint.kind().to_lowercase();
    let kind = policies.template.value.path_str(&["spec", "crd", "spec", "names", "kind"]);
    // What is wrong with the template itself is told by the dialect.
    if kind.is_none_or(|kind| kind.is_empty() || kind.to_lowercase() == wanted) {
        return Ok(());
    }
    let message = format!("missing ConstraintTemplate: template \"{wanted}\" not found");
    let at = crate::run::place_of(policies.constraint);
    Err(Refusal::Constraint(Problem::error(message).at(&at)))
}

/// Compiles by the dialect, from the documents as gator reads them.
fn set(policies: &Policies<'_>, failure_policy: FailurePolicy) -> Result<PolicySet, Refusal> {
    let Policies { template, constraint, expansions } = *policies;
    let documents: Vec<&Document> = [template, constraint].into_iter().chain(expansions).collect();
    set_of(&documents, Numbers::Integers, failure_policy).map_err(|diagnostics| {
        of_expansions(&diagnostics, expansions)
            .or_else(|| refusal(&diagnostics, template, constraint))
            .unwrap_or_else(|| Refusal::Constraint(Problem::error("it cannot be compiled")))
    })
}

/// Compiles documents by the dialect, as gator reads them.
pub(crate) fn set_of(
    documents: &[&Document],
    numbers: Numbers,
    failure_policy: FailurePolicy,
) -> Result<PolicySet, Vec<Diagnostic>> {
    let target = Target::default();
    let of_dialect: Vec<PolicyDocument<'_>> = last_of_each(documents)
        .into_iter()
        .map(|document| PolicyDocument {
            document,
            // Nobody sees it, and what is left has names of its own: they stand for its content.
            digest: Digest::of(identity(document).map(str::as_bytes)),
            origin: PolicyId::LOCAL,
        })
        .collect();
    let compiled = Gatekeeper::compile_as_given(&of_dialect, numbers, failure_policy, &Cores);
    if !compiled.diagnostics.is_empty() {
        return Err(compiled.diagnostics);
    }
    let dialect = Ready(Mutex::new(Some(compiled)));
    let options = BuildOptions {
        dialects: &[&dialect],
        unsupported: |_, _| None,
        target: &target,
        strict: false,
    };
    // The dialect is asked once there is a document for it, whatever it says.
    let bytes = br#"{"apiVersion":"v1","kind":"Ready","metadata":{"name":"ready"}}"#;
    let files = match documents.is_empty() {
        true => Vec::new(),
        false => vec![BundleFile { path: "policies".into(), bytes: bytes.as_slice().into() }],
    };
    let (set, diagnostics) = PolicySet::build(&Bundle::anonymous(files), &options);
    if diagnostics.is_empty() { Ok(set) } else { Err(diagnostics) }
}

/// Of policies that have one name, gator holds the last.
fn last_of_each<'d>(documents: &[&'d Document]) -> Vec<&'d Document> {
    let mut seen = HashSet::new();
    let mut last: Vec<&Document> = documents
        .iter()
        .rev()
        .filter(|document| seen.insert(identity(document)))
        .copied()
        .collect();
    last.reverse();
    last
}

/// What tells policies apart: group, kind, name.
fn identity(document: &Document) -> [&str; 3] {
    let group = document.api_version().split_once('/').map_or("", |(group, _)| group);
    [group, document.kind(), document.name().unwrap_or_default()]
}

/// A dialect whose documents are compiled: the texts of a bundle are read as kubectl reads them,
/// and those of a suite are not.
struct Ready(Mutex<Option<sekisho_policy::Compiled>>);

impl Dialect for Ready {
    fn name(&self) -> &'static str {
        Gatekeeper.name()
    }

    fn about(&self) -> &'static str {
        Gatekeeper.about()
    }

    fn reads(&self, _: &str, _: &str) -> bool {
        true
    }

    fn compile(
        &self,
        _: &[PolicyDocument<'_>],
        _: &CompileContext<'_>,
    ) -> sekisho_policy::Compiled {
        self.0.lock().ok().and_then(|mut compiled| compiled.take()).unwrap_or_default()
    }
}

/// Sorts out what the dialect says: of the template, of the constraint's parameters, or of the
/// constraint otherwise.
fn refusal(
    diagnostics: &[Diagnostic],
    template: &Document,
    constraint: &Document,
) -> Option<Refusal> {
    let of = |document: &Document| -> Vec<&Diagnostic> {
        let file = &document.source().name;
        diagnostics.iter().filter(|found| found.file.as_ref() == Some(file)).collect()
    };
    let in_template = of(template);
    if !in_template.is_empty() {
        return Some(Refusal::Template(problem("adding template: ", &in_template)));
    }
    if diagnostics.is_empty() {
        return None;
    }
    let all: Vec<&Diagnostic> = diagnostics.iter().collect();
    let places = places_of_schema(constraint);
    // Gatekeeper looks for fields that it does not know, and for actions without points, by itself.
    let by_itself = |message: &str| {
        message.contains("unknown field `") || message.contains("`scopedEnforcementActions` is")
    };
    let is_schema = |found: &&Diagnostic| {
        let place = (found.line.unwrap_or_default(), found.column.unwrap_or_default());
        !by_itself(&found.message) && (places.contains(&place) || found.message.contains(" wants "))
    };
    Some(if all.iter().any(is_schema) {
        Refusal::Schema(problem("schema validation failed: ", &all))
    } else {
        Refusal::Constraint(problem("invalid Constraint: ", &all))
    })
}

/// What the dialect says of expansion templates.
fn of_expansions(diagnostics: &[Diagnostic], expansions: &[Document]) -> Option<Refusal> {
    let in_one = |found: &&Diagnostic| {
        expansions.iter().any(|document| found.file.as_ref() == Some(&document.source().name))
    };
    let found: Vec<&Diagnostic> = diagnostics.iter().filter(in_one).collect();
    (!found.is_empty()).then(|| Refusal::Constraint(problem("error upserting template: ", &found)))
}

fn problem(before: &str, diagnostics: &[&Diagnostic]) -> Problem {
    let first = diagnostics.first().map_or("", |first| first.message.as_str());
    let message = match diagnostics.len() {
        0 | 1 => format!("{before}{first}"),
        count => format!("{before}{first} (and {} more)", count - 1),
    };
    let notes = diagnostics.iter().filter_map(|found| {
        let place = Place {
            file: found.file.clone()?,
            line: found.line.unwrap_or(1),
            column: found.column.unwrap_or(1),
        };
        let message = if diagnostics.len() > 1 { found.message.clone() } else { String::new() };
        Some(Note { place, message, help: found.help.clone() })
    });
    Problem { notes: notes.collect(), ..Problem::error(message) }
}

/// What of `spec.match` the schema of every constraint has a pattern or a list of words for.
const MATCHED: [&str; 4] = ["excludedNamespaces", "name", "namespaces", "source"];

/// The places of the parameters and of what of `match` a schema decides on, and of all within them.
fn places_of_schema(constraint: &Document) -> HashSet<(u32, u32)> {
    let mut places = HashSet::new();
    let spec = Pointer::root().key("spec");
    let at = spec.key("parameters");
    let mut pending = vec![(at.clone(), constraint.value.pointer(&at))];
    let matched = MATCHED.iter().map(|name| spec.keys(&["match", name]));
    let given = matched.map(|at| (at.clone(), constraint.value.pointer(&at)));
    pending.extend(given.filter(|(_, value)| value.is_some()));
    while let Some((at, value)) = pending.pop() {
        let place = constraint.locate(&at);
        places.insert((place.line, place.column));
        match value {
            Some(Value::Object(map)) => {
                pending.extend(map.iter().map(|(key, value)| (at.key(key), Some(value))));
            }
            Some(Value::Array(items)) => {
                let items = items.iter().enumerate();
                pending.extend(items.map(|(index, item)| (at.index(index), Some(item))));
            }
            _ => {}
        }
    }
    places
}

impl Compiled for Judgement {
    fn judge(&self, subject: Subject<'_>, given: &Given<'_>) -> Result<Judged, Problem> {
        let (request, set) = match request::of(subject, given.as_stored, &self.schemas)? {
            Sent::Object(request) => (request, &self.of_objects),
            Sent::Review(request) => {
                (request, self.of_reviews.as_ref().unwrap_or(&self.of_objects))
            }
        };
        let mut inventory = MemoryInventory::new();
        for object in given.inventory {
            inventory.insert((*object).clone());
        }
        inventory.set_external(given.external);
        let Watching { lines, prints } = &self.watching;
        let watched = Watched { inventory, lines: lines.as_deref(), printed: Mutex::default() };
        let judge = Judge {
            inventory: if *prints || lines.is_some() { &watched } else { &watched.inventory },
            schemas: &self.schemas,
            now: self.now,
            implied: false,
            record: false,
            cancelled: None,
        };
        let verdict = evaluate(set, &request, &judge);
        let mut results: Vec<(&str, String)> = Vec::new();
        // To gator, results of Rego are alike where they have the same message and the same
        // details, and none are empty ones. Each validation of CEL has a result of its own.
        let mut seen = HashSet::new();
        for judgement in verdict.judgements {
            let details = match judgement.details {
                Value::Null => Value::object(),
                details => details,
            };
            if self.engine == Engine::Cel
                || seen.insert((judgement.message.clone(), details.to_json()))
            {
                results.push((gators_word(judgement.action), judgement.message));
            }
        }
        for error in verdict.errors {
            match error.kind {
                ErrorKind::Failed if is_expansion(error.policy.as_ref()) => {
                    let name = &request.name;
                    let message = format!(
                        "expanding resource {name}: error expanding resource {name}: {}",
                        error.message
                    );
                    return Err(Problem::error(message));
                }
                // What the case does not give is no answer of the policy.
                ErrorKind::Unanswered => return Err(Problem::error(error.message)),
                ErrorKind::Malformed => {
                    let Gvk { group, version, kind } = &request.gvk;
                    let namespace = request.namespace.as_deref().unwrap_or_default();
                    return Err(Problem::error(format!(
                        "reviewing {group}/{version}, Kind={kind} {namespace}/{}: \
                         admission.k8s.gatekeeper.sh: Rego: {}\n\n",
                        request.name, error.message
                    )));
                }
                // To gator these are violations.
                ErrorKind::Unmatched | ErrorKind::Failed => results.push(("", error.message)),
                ErrorKind::Budget => return Err(Problem::error(error.message)),
            }
        }
        results.sort();
        Ok(Judged {
            messages: results.into_iter().map(|(_, message)| message).collect(),
            // Gatekeeper warns of each violation by itself.
            warnings: verdict
                .warnings
                .iter()
                .flat_map(|text| text.lines())
                .map(str::to_owned)
                .collect(),
            printed: if *prints { watched.take_printed() } else { Vec::new() },
        })
    }
}

/// Whether an error is one of an ExpansionTemplate: `ORIGIN/DIALECT/KIND/NAME`.
fn is_expansion(policy: Option<&PolicyId>) -> bool {
    policy.is_some_and(|id| id.as_str().split('/').nth(2) == Some("ExpansionTemplate"))
}

/// The word by which gator sorts results.
fn gators_word(action: Action) -> &'static str {
    match action {
        Action::Off => "",
        Action::Audit => "dryrun",
        Action::Warn => "warn",
        Action::Deny => "deny",
    }
}
