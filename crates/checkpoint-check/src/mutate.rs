//! `sekisho mutate`: manifests as mutating admission would leave them.

use crate::carry::carry;
use crate::check::{known, schemas};
use crate::external::Answers;
use crate::input::Input;
use crate::load::{Stdin, load};
use crate::mutation::Mutation;
use crate::no_policy;
use crate::objects::Object;
use crate::places::Places;
use crate::schema_findings;
use crate::{Progress, namespaces};
use sekisho_engine::{BuildOptions, Mutated, PolicySet};
use sekisho_kube_model::{Decoded, Problem, ProblemKind};
use sekisho_manifest::Document;
use sekisho_policy::{Bundle, Dialect, PolicyId, Target, UserInfo};
use sekisho_report::{Diagnostic, Skipped};
use sekisho_value::{Pointer, Value};
use std::path::PathBuf;
use std::sync::Arc;

/// What manifests are mutated by.
pub struct MutateOptions<'a> {
    /// the policies
    pub bundle: &'a Bundle,
    /// the dialects that are built in
    pub dialects: &'a [&'a dyn Dialect],
    /// tells of a kind whether it is a policy of a dialect that is not built in
    pub unsupported: fn(group: &str, kind: &str) -> Option<&'static str>,
    /// what they are mutated for
    pub target: &'a Target,
    /// the time that decides on expiry
    pub now: jiff::Timestamp,
    /// the namespace of objects that name none
    pub namespace: &'a str,
    /// who creates the objects
    pub user: &'a UserInfo,
    /// unknown fields of policies are errors
    pub strict: bool,
    /// files and folders of objects that are known: namespaces, by whose labels mutators match
    pub inventory: &'a [PathBuf],
    /// what providers of external data answer
    pub external_data: &'a Answers,
}

/// What became of the manifests.
#[derive(Debug, Default)]
pub struct MutatedManifests {
    /// the objects in reading order; those that could not be mutated are not among them, and none
    /// is where something is wrong with the policies
    pub objects: Vec<MutatedManifest>,
    /// documents that are no objects
    pub skipped: Vec<Skipped>,
    /// what could not be read, compiled or mutated
    pub errors: Vec<Diagnostic>,
    /// fields that mutation brings and the API server drops
    pub warnings: Vec<Diagnostic>,
}

/// One manifest.
#[derive(Clone, Debug)]
pub struct MutatedManifest {
    /// the file it stands in
    pub file: Arc<str>,
    /// the line of its first key
    pub line: u32,
    /// as it was given
    pub given: Value,
    /// as it was given, with what mutation changes
    pub mutated: Value,
    /// the policies that changed something
    pub applied: Vec<PolicyId>,
}

/// Reads the inputs and mutates every object in them.
///
/// Policies see an object as the API server would store it, as they do in a cluster; what they
/// change is carried over to the object as it was given, without the API server's defaults.
#[must_use]
pub fn mutate_manifests(
    input: Input,
    stdin: Stdin<'_>,
    options: &MutateOptions<'_>,
    progress: &dyn Progress,
) -> MutatedManifests {
    let loaded = load(input, stdin, progress);
    let inventory = known(options.inventory);
    let build = BuildOptions {
        dialects: options.dialects,
        unsupported: options.unsupported,
        target: options.target,
        strict: options.strict,
    };
    let (set, mut errors) = PolicySet::build(options.bundle, &build);
    if errors.is_empty() && !set.mutates() {
        let why = no_policy::off(&set);
        let why = why.unwrap_or_else(|| "the files given hold none that does".to_owned());
        let message = format!("no policy mutates objects: {why}");
        let help = "Assign, AssignMetadata, ModifySet and AssignImage of Gatekeeper mutate objects, \
                    and MutatingAdmissionPolicies with their bindings";
        errors.push(Diagnostic::general(message).with_help(help));
    }
    let sound = errors.is_empty();
    let places =
        Places::of(set.objects().iter().chain(&inventory.documents).chain(&loaded.documents));
    let crds = inventory.documents.iter().chain(&loaded.documents);
    let (schemas, schema_errors) = schemas(&set, crds, &places);
    errors.extend(schema_errors);
    errors.extend(inventory.errors);
    errors.extend(options.external_data.errors.iter().cloned());
    errors.extend(loaded.errors);
    let object = |document, default| Object::new(document, &schemas, default);
    let of_policies = set.objects().iter().chain(&inventory.documents);
    let known: Vec<Object<'_>> = of_policies.map(|document| object(document, "default")).collect();
    errors.extend(namespaces::errors(&known, &places));
    let documents = loaded.documents.iter();
    let mut objects: Vec<Object<'_>> =
        documents.map(|document| object(document, options.namespace)).collect();
    let stored: Vec<Decoded> = objects.iter().map(|object| object.decoded.clone()).collect();
    let mutation = Mutation {
        set: &set,
        schemas: &schemas,
        now: options.now,
        user: options.user,
        known: &known,
        external: &options.external_data.answers,
    };
    let all = mutation.apply(&mut objects);
    let mut found = MutatedManifests { skipped: loaded.skipped, errors, ..Default::default() };
    for ((object, stored), mutated) in objects.iter().zip(&stored).zip(all) {
        let wrong = object.decoded.problems.iter().filter(|p| p.kind == ProblemKind::WrongType);
        found.errors.extend(wrong.map(|p| schema_findings::error(object, p, &places)));
        let unmutated = object.unmutated.iter();
        let told = |error| schema_findings::policy_error(&set, object, error, &places);
        found.errors.extend(unmutated.map(told));
        // What it lacked before is not for mutation to be told of.
        let lacks =
            |p: &&Problem| p.kind == ProblemKind::RequiredField && !stored.problems.contains(*p);
        let mut lost = object.decoded.problems.iter().filter(lacks).peekable();
        let whole = lost.peek().is_none();
        found.errors.extend(lost.map(|p| schema_findings::error(object, p, &places)));
        if !(sound && whole && object.unmutated.is_empty() && object.decoded.is_readable()) {
            continue;
        }
        if let Some(mutated) = &mutated {
            let unknown = mutated.problems.iter().filter(|p| p.kind == ProblemKind::UnknownField);
            found.warnings.extend(unknown.map(|p| schema_findings::error(object, p, &places)));
        }
        found.objects.push(manifest(object.document, &stored.object, mutated));
    }
    found
}

fn manifest(document: &Document, stored: &Value, mutated: Option<Mutated>) -> MutatedManifest {
    let mutated = mutated.unwrap_or_default();
    let given = &document.value;
    MutatedManifest {
        file: Arc::clone(&document.source().name),
        line: document.locate(&Pointer::root()).line,
        mutated: match &mutated.sent {
            Value::Null => given.clone(),
            sent => carry(given, stored, sent),
        },
        given: given.clone(),
        applied: mutated.applied,
    }
}
