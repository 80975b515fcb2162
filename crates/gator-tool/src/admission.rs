//! Our extension of suites: admission policies, and requests that are judged by them.
//!
//! Policies and objects are read as kubectl reads them, and judged as the API server stores them,
//! as at every checkpoint.

use crate::any_test::{broken, run_all, run_case as run_any};
use crate::file::Files;
use crate::mutation::same;
use crate::outcome::{By, CaseResult, Outcome, Problem, Run, TestResult};
use crate::run::Setting;
use crate::suite::{AdmissionCase, AdmissionTest, Expression, Patched, Place, Suite, Verdict};
use crate::{assertion, go};
use rayon::prelude::*;
use sekisho_engine::{BuildOptions, Judge, MemoryInventory, Mutated, PolicySet, evaluate, mutate};
use sekisho_kube_model::{Created, Gvk, Schemas};
use sekisho_manifest::{Document, ReadOptions, read};
use sekisho_policy::{
    Action, Advice, Bundle, BundleFile, NamespaceObject, Operation, Reads, Request,
};
use sekisho_report::Diagnostic;
use sekisho_value::{Pointer, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

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
    let options = BuildOptions {
        dialects: setting.dialects,
        unsupported: |_, _| None,
        target: setting.target,
        strict: false,
    };
    let (set, diagnostics) = PolicySet::build(&Bundle::anonymous(bundle), &options);
    if let Some(problem) = Problem::of(&diagnostics) {
        return Err(problem);
    }
    let idle: Vec<Diagnostic> =
        set.advice().iter().filter(|advice| IDLE.contains(&advice.rule.id)).map(told).collect();
    if let Some(problem) = Problem::of(&idle) {
        return Err(problem);
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

fn run_case(
    case: &AdmissionCase,
    test: &AdmissionTest,
    set: &PolicySet,
    files: &Files,
    setting: &Setting<'_>,
) -> CaseResult {
    run_any(case, &test.name, setting, || {
        let mut run = Run::new(By::Admission, Outcome::Passed);
        let compared = judge(case, set, files, setting).and_then(|given| {
            let compared = compare(case, &given, files);
            run.messages = given.messages;
            compared
        });
        if let Err(problem) = compared {
            run.outcome = Outcome::Wrong(problem);
        }
        vec![run]
    })
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
    for object in known {
        inventory.insert(schemas.create(object, "default").decoded.object);
    }
    let namespace = request.namespace.as_ref().unwrap_or(&request.name);
    if Reads::new(&inventory).namespace(namespace).is_none() {
        request.namespace_object = NamespaceObject::Unknown;
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
        stored_as: new.and_then(|created| created.stored_as),
        ..Request::default()
    })
}

fn compare(case: &AdmissionCase, given: &Given, files: &Files) -> Result<(), Problem> {
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
        match any_match(pattern, &given.messages) {
            Ok(true) => {}
            Ok(false) => {
                let wanted = go::quoted(&pattern.text);
                let message = format!("unexpected message: want {wanted}{}", got());
                problems.push(Problem::failed(message).at(&pattern.place));
            }
            Err(problem) => problems.push(problem),
        }
    }
    if let Some(expected) = &case.warnings {
        let place = case.at("warnings");
        problems.extend(assertion::check_warnings(expected, &given.warnings, place).err());
    }
    for (key, wanted) in &case.annotations {
        let found = given.annotations.iter().find(|(own, _)| own == key);
        let place = wanted.as_ref().map_or(case.at("auditAnnotations"), |wanted| &wanted.place);
        problems.extend(annotation(key, wanted.as_ref(), found, place));
    }
    problems.extend(patched(case, given, files).err());
    Problem::joined(problems).map_or(Ok(()), Err)
}

fn any_match(expression: &Expression, texts: &[String]) -> Result<bool, Problem> {
    Ok(assertion::matching(expression, texts)?.contains(&true))
}

/// How an audit annotation differs from what is wanted of it.
fn annotation(
    key: &str,
    wanted: Option<&Expression>,
    found: Option<&(String, String)>,
    place: &Place,
) -> Option<Problem> {
    let found = found.map(|(_, value)| value);
    let matches = match wanted {
        None => Ok(found.is_none()),
        Some(wanted) => any_match(wanted, found.map_or(&[], std::slice::from_ref)),
    };
    match matches {
        Ok(true) => None,
        Ok(false) => {
            let wanted = wanted.map_or("none".to_owned(), |wanted| go::quoted(&wanted.text));
            let found = found.map_or("none".to_owned(), |found| go::quoted(found));
            let message = format!("unexpected audit annotation {key}: want {wanted}, got {found}");
            Some(Problem::failed(message).at(place))
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
