//! Our extension of suites: admission policies, and requests that are judged by them.
//!
//! Policies and objects are read as kubectl reads them, and judged as the API server stores them,
//! as at every checkpoint.

use crate::any_test::{broken, not_run, run_all};
use crate::file::Files;
use crate::mutation::same;
use crate::outcome::{By, CaseResult, Note, Outcome, Problem, Run, TestResult};
use crate::run::Setting;
use crate::suite::{AdmissionCase, AdmissionTest, Patched, Place, Suite, Verdict};
use crate::{assertion, go};
use rayon::prelude::*;
use sekisho_engine::{BuildOptions, Judge, MemoryInventory, Mutated, PolicySet, evaluate, mutate};
use sekisho_kube_model::{Created, Gvk, Schemas};
use sekisho_manifest::{Document, ReadOptions, read};
use sekisho_policy::{Action, Advice, Bundle, BundleFile, Operation, Request, Target};
use sekisho_report::Diagnostic;
use sekisho_value::{Map, Pointer, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

/// Runs the tests of admission policies of a suite.
pub(crate) fn run(suite: &Suite, files: &Files, setting: &Setting<'_>) -> Vec<TestResult> {
    run_all(&suite.admission, suite, setting, |test| run_test(test, files, setting))
}

fn run_test(
    test: &AdmissionTest,
    files: &Files,
    setting: &Setting<'_>,
) -> (Option<Problem>, Vec<CaseResult>) {
    match compile(test, files, setting) {
        Ok(set) => {
            let one = |case: &AdmissionCase| run_case(case, test, &set, files, setting);
            (None, test.cases.par_iter().map(one).collect())
        }
        Err(problem) => (Some(problem.at(&test.place)), broken(test, &By::Admission)),
    }
}

/// The policies, compiled.
fn compile(
    test: &AdmissionTest,
    files: &Files,
    setting: &Setting<'_>,
) -> Result<PolicySet, Problem> {
    let mut bundle = Vec::new();
    for path in &test.policies {
        let text = files.read(path).map_err(|error| Problem::error(error.message()))?;
        bundle.push(BundleFile { path: Arc::clone(&text.name), bytes: text.bytes().into() });
    }
    let target = Target::default();
    let options = BuildOptions {
        dialects: setting.dialects,
        unsupported: |_, _| None,
        target: &target,
        strict: false,
    };
    let (set, diagnostics) = PolicySet::build(&Bundle::anonymous(bundle), &options);
    if !diagnostics.is_empty() {
        return Err(refused(&diagnostics));
    }
    let idle: Vec<Diagnostic> =
        set.advice().iter().filter(|advice| IDLE.contains(&advice.rule.id)).map(told).collect();
    if !idle.is_empty() {
        return Err(refused(&idle));
    }
    if set.is_empty() && !set.mutates() {
        return Err(Problem::error(format!("no policy is in force: {}", holds(&set))));
    }
    Ok(set)
}

/// What says that policies do less than their author means. A test of them would be one of nothing.
const IDLE: [&str; 2] = ["admission-policy/not-in-force", "admission-policy/unknown-field"];

fn told(advice: &Advice) -> Diagnostic {
    let at = advice.document.locate(&advice.pointer);
    let file = Arc::clone(&advice.document.source().name);
    let (kind, name) = (advice.document.kind(), advice.document.name().unwrap_or_default());
    let message = format!("{kind} `{name}`: {}", advice.message);
    Diagnostic::at(file, at.line, at.column, message).with_help(advice.help.clone())
}

/// What there is in place of policies.
fn holds(set: &PolicySet) -> String {
    let off = set
        .states()
        .iter()
        .find_map(|state| Some(format!("`{}` is off: {}", state.id, state.reason.as_deref()?)));
    let kinds: BTreeSet<&str> = set.objects().iter().map(Document::kind).collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    off.unwrap_or_else(|| match kinds.as_slice() {
        [] => "the files hold nothing".to_owned(),
        kinds => format!("the files hold no policy, but {}", kinds.join(", ")),
    })
}

fn refused(diagnostics: &[Diagnostic]) -> Problem {
    let first = diagnostics.first().map_or("", |first| first.message.as_str());
    let message = match diagnostics.len() {
        0 | 1 => first.to_owned(),
        count => format!("{first} (and {} more)", count - 1),
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

fn run_case(
    case: &AdmissionCase,
    test: &AdmissionTest,
    set: &PolicySet,
    files: &Files,
    setting: &Setting<'_>,
) -> CaseResult {
    let skip = |reason: &str| not_run(case, By::Nothing, Outcome::Skipped(reason.to_owned()));
    if case.skip {
        return skip("the case is skipped");
    }
    if !setting.filter.takes_case(setting.regexes, &test.name, &case.name) {
        return skip("not selected");
    }
    let started = Instant::now();
    let mut run = Run::new(By::Admission, Outcome::Passed);
    match judge(case, set, files, setting) {
        Ok(given) => {
            if let Err(problem) = compare(case, &given, files, setting) {
                run.outcome = Outcome::Wrong(problem);
            }
            run.messages = given.messages;
        }
        Err(problem) => run.outcome = Outcome::Wrong(problem),
    }
    CaseResult {
        name: case.name.clone(),
        place: case.place.clone(),
        runs: vec![run],
        time: started.elapsed(),
    }
}

/// What the policies make of a request.
struct Given {
    verdict: Verdict,
    /// of what is denied, or could not be judged
    messages: Vec<String>,
    warnings: Vec<String>,
    annotations: Vec<(String, String)>,
    /// as it was sent, and as it would be stored
    objects: (Value, Value),
    schemas: Schemas,
}

fn judge(
    case: &AdmissionCase,
    set: &PolicySet,
    files: &Files,
    setting: &Setting<'_>,
) -> Result<Given, Problem> {
    let mut known = Vec::new();
    for path in &case.known {
        known.extend(documents(path, files).map_err(|problem| problem.at(&case.place))?);
    }
    let known: Vec<&Document> = set.objects().iter().chain(&known).collect();
    stand_once(&known).map_err(|problem| problem.at(&case.place))?;
    let known: Vec<&Value> = known.into_iter().map(|document| &document.value).collect();
    let (schemas, _) = Schemas::with_crds(known.iter().copied());
    let stored = |path: &str| match path {
        "" => Ok(None),
        path => one(path, files)
            .map(|document| Some(schemas.create(&document.value, "default")))
            .map_err(|problem| problem.at(&case.place)),
    };
    let mut request = request(case, stored(&case.object)?, stored(&case.old_object)?)?;
    let mut inventory = MemoryInventory::complete();
    for object in namespace(&request).iter().chain(known) {
        inventory.insert(schemas.create(object, "default").decoded.object);
    }
    let judge = Judge {
        inventory: &inventory,
        schemas: &schemas,
        now: setting.now,
        implied: false,
        record: false,
        cancelled: None,
    };
    let sent = request.object.clone();
    let Mutated { object, errors, .. } = mutate(set, &request, &judge);
    if !errors.is_empty() {
        return Ok(Given {
            verdict: Verdict::Error,
            messages: errors.into_iter().map(|error| error.message).collect(),
            warnings: Vec::new(),
            annotations: Vec::new(),
            objects: (sent.clone(), sent),
            schemas,
        });
    }
    request.object = object.clone();
    let found = evaluate(set, &request, &judge);
    let denied = found.judgements.iter().filter(|judgement| judgement.action == Action::Deny);
    let errors = found.errors.iter().map(|error| error.message.clone());
    Ok(Given {
        verdict: match (found.errors.is_empty(), found.denials.is_empty()) {
            (false, _) => Verdict::Error,
            (true, false) => Verdict::Deny,
            (true, true) => Verdict::Allow,
        },
        messages: denied.map(|judgement| judgement.message.clone()).chain(errors).collect(),
        warnings: found.warnings.iter().flat_map(|text| text.lines()).map(str::to_owned).collect(),
        annotations: found.annotations.clone(),
        objects: (sent, object),
        schemas,
    })
}

/// Refuses objects of one name that say different things: which of them counts is anybody's guess.
fn stand_once(known: &[&Document]) -> Result<(), Problem> {
    let mut seen: HashMap<(Gvk, &str, &str), &Document> = HashMap::new();
    for document in known {
        let Some(gvk) = Gvk::of(&document.value) else { continue };
        let text = |key: &str| document.value.path_str(&["metadata", key]).unwrap_or_default();
        let of_any_version = Gvk::new(gvk.group, "", gvk.kind);
        let before = seen.insert((of_any_version, text("namespace"), text("name")), document);
        let Some(before) = before.filter(|before| before.value != document.value) else { continue };
        let (kind, name) = (document.kind(), text("name"));
        let message = format!("{kind} `{name}` stands twice, with different contents");
        let place = |of: &Document| {
            let at = of.locate(&Pointer::root().keys(&["metadata", "name"]));
            Place { file: Arc::clone(&of.source().name), line: at.line, column: at.column }
        };
        return Err(Problem::error(message).at(&place(document)).at(&place(before)));
    }
    Ok(())
}

/// The objects of a file, as kubectl reads them.
fn documents(path: &str, files: &Files) -> Result<Vec<Document>, Problem> {
    let text = files.read(path).map_err(|error| Problem::error(error.message()))?;
    let found = read(&text.name, text.bytes(), &ReadOptions::default());
    match found.errors.first() {
        None => Ok(found.documents),
        Some(error) => {
            let file = Arc::clone(&text.name);
            let place = Place { file, line: error.line, column: error.column };
            Err(Problem::error(error.message.clone()).at(&place))
        }
    }
}

fn one(path: &str, files: &Files) -> Result<Document, Problem> {
    let mut all = documents(path, files)?;
    match (all.pop(), all.len()) {
        (Some(document), 0) => Ok(document),
        (_, more) => {
            let name = go::quoted(&files.name(path));
            let count = if more == 0 { 0 } else { more + 1 };
            Err(Problem::error(format!("one object is wanted: {name} defines {count}")))
        }
    }
}

fn request(
    case: &AdmissionCase,
    new: Option<Created>,
    old: Option<Created>,
) -> Result<Request, Problem> {
    let operation = case.operation.unwrap_or(match (&new, &old) {
        (Some(_), Some(_)) => Operation::Update,
        (None, _) => Operation::Delete,
        (Some(_), None) => Operation::Create,
    });
    let nothing = || Problem::error("a case without an object").at(&case.place);
    let either = new.as_ref().or(old.as_ref()).ok_or_else(nothing)?;
    let object = |of: &Option<Created>| {
        of.as_ref().map_or(Value::Null, |created| created.decoded.object.clone())
    };
    let name = either.decoded.object.path_str(&["metadata", "name"]).unwrap_or_default();
    Ok(Request {
        gvk: either.decoded.gvk.clone(),
        resource: either.decoded.resource.clone(),
        name: name.into(),
        namespace: either.namespace.clone(),
        operation,
        user: case.user.clone(),
        object: object(&new),
        old_object: object(&old),
        ..Request::default()
    })
}

/// The namespace of a request as far as it is known without being given: every one has the label
/// that names it.
fn namespace(request: &Request) -> Option<Value> {
    let name = request.namespace.clone().filter(|name| !name.is_empty())?;
    let label = ("kubernetes.io/metadata.name", Value::String(name.clone()));
    let metadata = Map::from_iter([
        ("name", Value::String(name)),
        ("labels", Value::Object(Map::from_iter([label]))),
    ]);
    Some(Value::Object(Map::from_iter([
        ("apiVersion", Value::from("v1")),
        ("kind", Value::from("Namespace")),
        ("metadata", Value::Object(metadata)),
    ])))
}

fn compare(
    case: &AdmissionCase,
    given: &Given,
    files: &Files,
    setting: &Setting<'_>,
) -> Result<(), Problem> {
    let quoted = |texts: &[String]| go::list(texts.iter().map(String::as_str));
    let got = || match given.messages.as_slice() {
        [] => String::new(),
        messages => format!(": got messages {}", quoted(messages)),
    };
    let asserts = case.verdict.is_some()
        || case.message.is_some()
        || case.warnings.is_some()
        || case.patched.is_some()
        || !case.annotations.is_empty();
    if !asserts {
        let message = "invalid case: must define one of verdict, message, warnings, \
                       auditAnnotations, patched and unchanged";
        return Err(Problem::error(message).at(&case.place));
    }
    let mut problems = Vec::new();
    if let Some(wanted) = case.verdict.filter(|wanted| *wanted != given.verdict) {
        let (wanted, found) = (wanted.as_str(), given.verdict.as_str());
        let message = format!("unexpected verdict: want {wanted}, got {found}{}", got());
        problems.push(Problem::failed(message).at(case.at("verdict")));
    }
    // What could not be judged is no answer to a case that does not ask for it.
    if given.verdict == Verdict::Error && case.verdict.is_none() && case.message.is_none() {
        return Err(Problem::error(given.messages.join("; ")).at(&case.place));
    }
    if let Some(pattern) = &case.message {
        let place = case.at("message");
        match any_match(pattern, &given.messages, setting) {
            Ok(true) => {}
            Ok(false) => {
                let message = format!("unexpected message: want {}{}", go::quoted(pattern), got());
                problems.push(Problem::failed(message).at(place));
            }
            Err(problem) => problems.push(problem.at(place)),
        }
    }
    if let Some(expected) = &case.warnings {
        let place = case.at("warnings");
        problems.extend(
            assertion::check_warnings(expected, &given.warnings, setting.regexes, place).err(),
        );
    }
    for (key, wanted) in &case.annotations {
        let found = given.annotations.iter().find(|(own, _)| own == key);
        let place = case.at("auditAnnotations");
        problems.extend(annotation(key, wanted.as_deref(), found, setting).map(|p| p.at(place)));
    }
    problems.extend(patched(case, given, files).err());
    Problem::joined(problems).map_or(Ok(()), Err)
}

fn any_match(pattern: &str, texts: &[String], setting: &Setting<'_>) -> Result<bool, Problem> {
    let mut any = false;
    for text in texts {
        let matched = setting.regexes.is_match(pattern, text);
        any |= matched.map_err(|fault| assertion::invalid_regex(&fault))?;
    }
    Ok(any)
}

/// How an audit annotation differs from what is wanted of it.
fn annotation(
    key: &str,
    wanted: Option<&str>,
    found: Option<&(String, String)>,
    setting: &Setting<'_>,
) -> Option<Problem> {
    let matches = match (wanted, found) {
        (None, None) => Ok(true),
        (Some(pattern), Some((_, value))) => {
            any_match(pattern, std::slice::from_ref(value), setting)
        }
        _ => Ok(false),
    };
    match matches {
        Ok(true) => None,
        Ok(false) => {
            let wanted = wanted.map_or("none".to_owned(), go::quoted);
            let found = found.map_or("none".to_owned(), |(_, value)| go::quoted(value));
            let message = format!("unexpected audit annotation {key}: want {wanted}, got {found}");
            Some(Problem::failed(message))
        }
        Err(problem) => Some(problem),
    }
}

/// Whether the object became what the case wants.
fn patched(case: &AdmissionCase, given: &Given, files: &Files) -> Result<(), Problem> {
    let (sent, patched) = &given.objects;
    match &case.patched {
        None => Ok(()),
        Some(Patched::Unchanged) => {
            same(sent, patched).map_err(|(problem, _)| problem.at(case.at("unchanged")))
        }
        Some(Patched::Object(path)) => {
            let place = case.at("patched");
            let document = one(path, files).map_err(|problem| problem.at(place))?;
            let wanted = given.schemas.create(&document.value, "default").decoded.object;
            same(&wanted, patched).map_err(|(problem, pointer)| {
                let at = document.locate(&pointer);
                let file = Arc::clone(&document.source().name);
                problem.at(&Place { file, line: at.line, column: at.column }).at(place)
            })
        }
    }
}
