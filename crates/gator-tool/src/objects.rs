//! `gator test` and `gator expand`: everything given is policy, data and what is judged, at once.
//!
//! Source of the rules: `pkg/gator/test`, `pkg/gator/expand` and `cmd/gator` of Gatekeeper v3.23.
//! Where gator stops at the first error, all are told.

use crate::found::{self, Found, ObjectFormat, Shown};
use crate::gatekeeper::{engines, only, request, set_of};
use crate::go_yaml::to_yaml;
use crate::json::pretty;
use crate::judge::Engine;
use crate::sources::{self, Given, Sources};
use crate::watch::Watched;
use crate::{FAILED, OK, tell};
use rayon::prelude::*;
use sekisho_dialect_gatekeeper::{FailurePolicy, Numbers, from_doubles, to_doubles};
use sekisho_engine::{
    ErrorKind, ExpandedRequest, Expansions, Judge, Judgement, MemoryInventory, PolicySet,
    VerdictError, evaluate, mutate_only,
};
use sekisho_kube_model::Schemas;
use sekisho_manifest::Document;
use sekisho_policy::{Action, NamespaceObject, Reads, Request};
use sekisho_report::Diagnostic;
use sekisho_value::{Map, Pointer, Str, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// What `gator test` is asked for.
pub struct ObjectTestOptions {
    /// files and folders
    pub filenames: Vec<PathBuf>,
    /// how results are printed
    pub format: ObjectFormat,
    /// only what is denied
    pub deny_only: bool,
    /// judge by CEL where a template has it, and what becomes of its errors where it does not say
    pub cel: Option<FailurePolicy>,
    /// show what rules print
    pub verbose: bool,
    /// the time that decides on expiry
    pub now: jiff::Timestamp,
}

/// What `gator expand` is asked for.
pub struct ExpandOptions {
    /// files and folders
    pub filenames: Vec<PathBuf>,
    /// JSON and not YAML
    pub json: bool,
    /// the time that decides on expiry
    pub now: jiff::Timestamp,
}

const TEMPLATES: &str = "templates.gatekeeper.sh";
const MUTATORS: &str = "mutations.gatekeeper.sh";

/// How many files or objects a thread takes at once at the most: with more, the others wait for it
/// in the end.
pub(crate) const AT_ONCE: usize = 8;

/// The groups whose objects are policies.
const POLICIES: [&str; 4] =
    [TEMPLATES, "constraints.gatekeeper.sh", "expansion.gatekeeper.sh", MUTATORS];

/// Judges every object that is given by every constraint that is given; ends as `gator test` does:
/// 1 where a constraint denies, or something cannot be read, compiled or judged.
///
/// # Errors
/// Where `out` or `err` cannot be written.
pub fn test_objects(
    options: &ObjectTestOptions,
    stdin: Option<&mut dyn Read>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let sources = match given(&options.filenames, stdin, err)? {
        Some(sources) => sources,
        None => return Ok(FAILED),
    };
    let given: Vec<Given<'_>> = sources.given().collect();
    let world = match World::of(&given, options.cel, options.now) {
        Ok(world) => World { verbose: options.verbose, ..world },
        Err(errors) => {
            tell(&errors, false, err)?;
            return Ok(FAILED);
        }
    };
    let nameless = given.iter().filter(|given| given.seen.lacks_kind);
    let nameless: Vec<_> = nameless.filter_map(|given| without_kind(given.document)).collect();
    if !nameless.is_empty() {
        tell(&nameless, false, err)?;
        return Ok(FAILED);
    }
    // What is printed stands in the order of the objects.
    let judged: Vec<_> = match options.verbose {
        true => given.iter().map(|given| world.judge(given)).collect(),
        false => given.par_iter().with_max_len(AT_ONCE).map(|one| world.judge(one)).collect(),
    };
    let mut found = Vec::with_capacity(judged.iter().flatten().map(Vec::len).sum());
    let mut errors = Vec::new();
    for of_document in judged {
        match of_document {
            Ok(of_document) => found.extend(of_document),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        tell(&errors, false, err)?;
        return Ok(FAILED);
    }
    sort(&mut found);
    let denied = found.iter().any(Found::is_denied);
    found.retain(|one| !options.deny_only || one.is_denied());
    found::print(&found, options.format, out)?;
    let printed = world.inventory.take_printed();
    if !printed.is_empty() {
        writeln!(out, "\n{}\n", printed.join("\n"))?;
    }
    // Giving back what the process ends with takes longer than printing it.
    std::mem::forget((found, world, sources));
    Ok(if denied { FAILED } else { OK })
}

/// By action and message; what is alike stays in its order.
fn sort(found: &mut [Found]) {
    let order = |a: &Found, b: &Found| (&a.action, &a.message).cmp(&(&b.action, &b.message));
    // A part for each core first: rayon leaves two thousand to one.
    let part = found.len().div_ceil(rayon::current_num_threads()).max(1);
    found.par_chunks_mut(part).for_each(|part| part.sort_by(order));
    found.par_sort_by(order);
}

/// Prints what would come of every object that is given, as `gator expand` does.
///
/// # Errors
/// Where `out` or `err` cannot be written.
pub fn expand_objects(
    options: &ExpandOptions,
    stdin: Option<&mut dyn Read>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let sources = match given(&options.filenames, stdin, err)? {
        Some(sources) => sources,
        None => return Ok(FAILED),
    };
    // Templates and constraints judge nothing here: what is wrong with them is not asked.
    let is_asked = |given: &Given<'_>| {
        let group = given.seen.group();
        !POLICIES.contains(&group) || group.starts_with("expansion") || group.starts_with("mutat")
    };
    let asked: Vec<Given<'_>> = sources.given().filter(is_asked).collect();
    let world = match World::of(&asked, Some(FailurePolicy::default()), options.now) {
        Ok(world) => world,
        Err(errors) => {
            tell(&errors, false, err)?;
            return Ok(FAILED);
        }
    };
    let mut resultants = Vec::new();
    let mut errors = Vec::new();
    for given in sources.given() {
        match world.expand(&given, world.request(&given)) {
            Ok((_, all)) => resultants.extend(all.into_iter().map(|one| one.expanded.object)),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        tell(&errors, false, err)?;
        return Ok(FAILED);
    }
    let key = |object: &Value| {
        let text = |keys: &[&str]| object.path_str(keys).unwrap_or_default().to_owned();
        text(&["metadata", "name"]) + &text(&["apiVersion"]) + &text(&["kind"])
    };
    resultants.sort_by_cached_key(|object| std::cmp::Reverse(key(object)));
    let texts: Vec<String> = resultants
        .iter()
        .map(|object| if options.json { pretty(object) } else { to_yaml(object) })
        .collect();
    write!(out, "{}", texts.join("---\n"))?;
    Ok(OK)
}

fn given(
    filenames: &[PathBuf],
    stdin: Option<&mut dyn Read>,
    err: &mut dyn Write,
) -> io::Result<Option<Sources>> {
    match sources::read(filenames, stdin, err)? {
        Ok(sources) if sources.documents.is_empty() => {
            writeln!(err, "no input data identified")?;
            Ok(None)
        }
        Ok(sources) => Ok(Some(sources)),
        Err(errors) => {
            tell(&errors, false, err)?;
            Ok(None)
        }
    }
}

/// The API group that a document is of.
pub(crate) fn group(document: &Document) -> &str {
    document.api_version().split_once('/').map_or("", |(group, _)| group)
}

/// Whether the group is that of constraints.
pub(crate) fn is_constraint(group: &str) -> bool {
    group.starts_with("constraints")
}

/// Gator looks every object up by version and kind, and refuses what lacks one of them.
pub(crate) fn without_kind(document: &Document) -> Option<Diagnostic> {
    let gvk = request::gvk_of_object(&document.value);
    let lacking = match (gvk.version.is_empty(), gvk.kind.is_empty()) {
        (true, _) => "version",
        (false, true) => "kind",
        (false, false) => return None,
    };
    let name = document.name().unwrap_or_default();
    let place = document.locate(&Pointer::root());
    Some(Diagnostic::at(
        document.source().name.clone(),
        place.line,
        place.column,
        format!("invalid request object: resource `{name}` has no {lacking}"),
    ))
}

/// A policy as gator reads it: what mutators set are doubles.
fn with_doubles<'d>(policy: &Given<'d>) -> Cow<'d, Document> {
    let mut read = Cow::Borrowed(policy.document);
    if policy.seen.group() == MUTATORS {
        read.to_mut().value = to_doubles(&policy.document.value);
    }
    read
}

/// All that is given: it judges, and is looked up.
struct World {
    set: PolicySet,
    expansions: Expansions,
    /// by kind and name, as they are shown
    constraints: Constraints,
    /// the kinds of constraints that CEL judges: it gives no details
    by_cel: BTreeSet<Str>,
    inventory: Watched<'static>,
    /// by name, whatever namespace one says to be in: of those of one name, the last
    namespaces: HashMap<Str, Value>,
    /// what rules print is asked for
    verbose: bool,
    schemas: Schemas,
    now: jiff::Timestamp,
}

impl World {
    fn of(
        given: &[Given<'_>],
        cel: Option<FailurePolicy>,
        now: jiff::Timestamp,
    ) -> Result<Self, Vec<Diagnostic>> {
        let policies = given.iter().filter(|given| POLICIES.contains(&given.seen.group()));
        let policies: Vec<Cow<'_, Document>> = policies.map(with_doubles).collect();
        let policies: Vec<&Document> = policies.iter().map(Cow::as_ref).collect();
        let by_cel = |document: &&&Document| {
            group(document) == TEMPLATES && engines(&document.value).contains(&Engine::Cel)
        };
        let mut by_cel_kinds = BTreeSet::new();
        let mut without_cel = Vec::new();
        for template in policies.iter().filter(by_cel) {
            if cel.is_some() {
                let kind = template.value.path_str(&["spec", "crd", "spec", "names", "kind"]);
                by_cel_kinds.extend(kind.map(Str::new));
            } else {
                without_cel.push(only(template, Engine::Rego));
            }
        }
        let set = || match cel {
            Some(failure_policy) => set_of(&policies, Numbers::Doubles, failure_policy),
            None => {
                let others = policies.iter().filter(|document| !by_cel(document));
                let judging: Vec<&Document> = without_cel.iter().chain(others.copied()).collect();
                set_of(&judging, Numbers::Doubles, FailurePolicy::default())
            }
        };
        let held = || {
            let constraints = with_defaults(&policies);
            let mut inventory = MemoryInventory::new();
            let mut namespaces = HashMap::new();
            for given in given {
                let Given { document, seen } = given;
                if document.api_version() == "v1" && document.kind() == "Namespace" {
                    let name = Str::new(document.name().unwrap_or_default());
                    namespaces.insert(name, document.value.clone());
                }
                match seen.has_small_integers {
                    true => inventory.insert_shown_as_is(as_held(given, &constraints)),
                    false => inventory.insert(as_held(given, &constraints)),
                }
            }
            (constraints, inventory, namespaces)
        };
        let (set, (constraints, inventory, namespaces)) = rayon::join(set, held);
        let mut set = set?;
        let expansions = set.take_expansions();
        Ok(Self {
            set,
            expansions,
            constraints,
            by_cel: by_cel_kinds,
            inventory: Watched { inventory, lines: None, printed: Mutex::default() },
            namespaces,
            verbose: false,
            schemas: Schemas::builtin(),
            now,
        })
    }

    fn judging(&self) -> Judge<'_> {
        let Self { inventory, verbose, .. } = self;
        Judge {
            inventory: if *verbose { inventory } else { &inventory.inventory },
            schemas: &self.schemas,
            now: self.now,
            implied: false,
            record: false,
            cancelled: None,
        }
    }

    fn request(&self, given: &Given<'_>) -> Request {
        let request = request::of_object(as_held(given, &self.constraints));
        Request { namespace_object: self.namespace_of(&request), ..request }
    }

    /// Gator takes what is in no namespace to be in one without a name, and knows that there is
    /// one called `default`.
    fn namespace_of(&self, request: &Request) -> NamespaceObject {
        let namespace = |name: &str| {
            let metadata =
                Map::from_iter([("name", name)].into_iter().filter(|(_, n)| !n.is_empty()));
            NamespaceObject::Given(Value::Object(Map::from_iter([
                ("apiVersion", Value::from("v1")),
                ("kind", Value::from("Namespace")),
                ("metadata", Value::Object(metadata)),
            ])))
        };
        match request.namespace.as_deref() {
            None => namespace(""),
            Some(name) => match self.namespaces.get(name) {
                Some(object) => NamespaceObject::Given(object.clone()),
                None if name == "default" => namespace(name),
                None => NamespaceObject::Unknown,
            },
        }
    }

    /// The object as mutators leave it, and what would come of it.
    fn expand(
        &self,
        given: &Given<'_>,
        request: Request,
    ) -> Result<(Value, Vec<ExpandedRequest>), Diagnostic> {
        let Given { document, seen } = given;
        let judge = self.judging();
        // Numbers are doubles to gator here, too: of keys in locations, which are integers, none is
        // that of an item.
        let read = |object: &Value| match self.set.mutates() {
            true => to_doubles(object),
            false => object.clone(),
        };
        let request = Request { object: read(&request.object), ..request };
        let mutated = mutate_only(&self.set, &request, &judge);
        if let Some(error) = mutated.errors.first() {
            return Err(at(document, error));
        }
        let object = match seen.has_small_integers && !self.set.mutates() {
            true => mutated.sent,
            false => from_doubles(mutated.sent),
        };
        let request = Request { object: read(&object), ..request };
        let mut all = self
            .expansions
            .expand(&self.set, &request, &judge, &Reads::new(&self.inventory.inventory))
            .map_err(|error| at(document, &error))?;
        for ExpandedRequest { expanded, request, .. } in &mut all {
            expanded.object = from_doubles(std::mem::take(&mut expanded.object));
            request.object = expanded.object.clone();
        }
        Ok((object, all))
    }

    /// Gator judges an object as it is given, and shows it as mutators leave it.
    fn judge(&self, given: &Given<'_>) -> Result<Vec<Found>, Diagnostic> {
        let document = given.document;
        let request = self.request(given);
        let namespace_object = request.namespace_object.clone();
        let mut results = self.results(&request, "", None, document)?;
        let (object, all) = self.expand(given, request)?;
        for ExpandedRequest { expanded, request, .. } in all {
            let request = Request { namespace_object: namespace_object.clone(), ..request };
            results.extend(self.results(&request, &expanded.prefix, expanded.action, document)?);
        }
        if !results.is_empty() {
            let object = Arc::new(Shown::new(object));
            results.iter_mut().for_each(|found| found.object = Arc::clone(&object));
        }
        Ok(results)
    }

    fn results(
        &self,
        request: &Request,
        prefix: &str,
        action: Option<Action>,
        document: &Document,
    ) -> Result<Vec<Found>, Diagnostic> {
        let verdict = evaluate(&self.set, request, &self.judging());
        let mut results = Vec::new();
        for judgement in verdict.judgements {
            results.push(self.found(judgement, prefix, action));
        }
        for error in verdict.errors {
            match (&error.kind, &error.policy) {
                (ErrorKind::Unmatched | ErrorKind::Failed, Some(policy)) => {
                    // To gator these are violations.
                    let (kind, name) = kind_and_name(policy.as_str());
                    let message = format!("{prefix}{}", error.message);
                    let details = (error.kind == ErrorKind::Failed).then_some(Value::Null);
                    results.push(self.shown(kind, name, message, details, action));
                }
                _ => return Err(at(document, &error)),
            }
        }
        Ok(results)
    }

    fn found(&self, judgement: Judgement, prefix: &str, action: Option<Action>) -> Found {
        let name = judgement.binding.as_deref().unwrap_or_default();
        let message = format!("{prefix}{}", judgement.message);
        let details = match judgement.details {
            Value::Null => Value::object(),
            details => details,
        };
        self.shown(&judgement.policy, name, message, Some(details), action)
    }

    fn shown(
        &self,
        kind: &str,
        name: &str,
        message: String,
        details: Option<Value>,
        action: Option<Action>,
    ) -> Found {
        let key = (Str::new(kind), Str::new(name));
        let constraint = self.constraints.get(&key).cloned().unwrap_or_default();
        let declared = constraint.value.path_str(&["spec", "enforcementAction"]).unwrap_or("deny");
        let scoped =
            if declared == "scoped" { scoped_actions(&constraint.value) } else { Vec::new() };
        let action = action.map_or_else(|| declared.to_owned(), |action| word(action).to_owned());
        let details = details.filter(|_| !self.by_cel.contains(kind));
        Found { message, details, constraint, action, scoped, object: Arc::default() }
    }
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Deny => "deny",
        Action::Warn => "warn",
        Action::Audit => "dryrun",
        Action::Off => "",
    }
}

/// `ORIGIN/gatekeeper/KIND/NAME`.
fn kind_and_name(id: &str) -> (&str, &str) {
    let mut parts = id.splitn(4, '/').skip(2);
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

/// Constraints by kind and name.
type Constraints = BTreeMap<(Str, Str), Arc<Shown>>;

fn kind_and_name_of(document: &Document) -> (Str, Str) {
    (Str::new(document.kind()), Str::new(document.name().unwrap_or_default()))
}

/// The constraints as gator holds them: with the defaults that the schemas of their templates have,
/// and without their status.
fn with_defaults(policies: &[&Document]) -> Constraints {
    let mut templates = HashMap::new();
    for template in policies.iter().filter(|document| group(document) == TEMPLATES) {
        let kind = template.value.path_str(&["spec", "crd", "spec", "names", "kind"]);
        templates.insert(kind.unwrap_or_default(), &template.value);
    }
    let of_constraint = |document: &&&Document| is_constraint(group(document));
    let constraints = policies.iter().filter(of_constraint).map(|document| {
        let template = templates.get(document.kind()).copied();
        let mut held = sekisho_dialect_gatekeeper::with_defaults(template, &document.value);
        held.as_object_mut().map(|held| held.remove("status"));
        (kind_and_name_of(document), Arc::new(Shown::new(held)))
    });
    constraints.collect()
}

/// An object as gator holds it.
fn as_held(given: &Given<'_>, constraints: &Constraints) -> Value {
    let document = given.document;
    let held = match is_constraint(given.seen.group()) {
        true => constraints.get(&kind_and_name_of(document)).map(|held| &held.value),
        false => None,
    };
    let mut object = held.unwrap_or(&document.value).clone();
    if let (Some(status), Some(object)) = (document.value.get("status"), object.as_object_mut()) {
        object.insert("status", status.clone());
    }
    object
}

/// The actions that a scoped constraint has for gator.
fn scoped_actions(constraint: &Value) -> Vec<Value> {
    let actions = constraint.path(&["spec", "scopedEnforcementActions"]).and_then(Value::as_array);
    let for_gator = |entry: &&Value| {
        let points = entry.get("enforcementPoints").and_then(Value::as_array).unwrap_or_default();
        let names = points.iter().filter_map(|point| point.path_str(&["name"]));
        names.into_iter().any(|name| name == "*" || name == "gator.gatekeeper.sh")
    };
    let of_gator = actions.unwrap_or_default().iter().filter(for_gator);
    let mut found: Vec<Value> = Vec::new();
    for entry in of_gator {
        let action = entry.get("action").filter(|action| !action.is_null());
        let action = action.cloned().unwrap_or_else(|| Value::from(""));
        if !found.contains(&action) {
            found.push(action);
        }
    }
    found
}

fn at(document: &Document, error: &VerdictError) -> Diagnostic {
    let place = document.locate(&error.pointer);
    let object = format!("{} `{}`", document.kind(), document.name().unwrap_or_default());
    let message = match &error.policy {
        Some(policy) => format!("{object}: policy `{policy}`: {}", error.message),
        None => format!("{object}: {}", error.message),
    };
    let file = document.source().name.clone();
    Diagnostic {
        help: error.help.clone(),
        ..Diagnostic::at(file, place.line, place.column, message)
    }
}
