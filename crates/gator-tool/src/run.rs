//! Runs suites: reads what their tests name, compiles it once, and judges every case.

use crate::admission;
use crate::any_test::{broken, run_all};
use crate::case;
use crate::file::{Fault, Files, Shown, Text};
use crate::filter::Filter;
use crate::go;
use crate::json;
use crate::judge::{Compiled, Engine, Judge, Policies, Refusal};
use crate::mutation::{self, Mutate};
use crate::outcome::{By, CaseResult, Note, Problem, ProblemKind, SuiteResult};
use crate::suite::{Case, Place, Suite, Test};
use rayon::prelude::*;
use sekisho_engine::Checkpoint;
use sekisho_kube_model::Gvk;
use sekisho_manifest::Document;
use sekisho_policy::{Dialect, Target};
use sekisho_value::{Pointer, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Everything that a run goes by.
pub(crate) struct Setting<'a> {
    pub(crate) judge: &'a dyn Judge,
    pub(crate) mutate: &'a dyn Mutate,
    /// what admission policies are judged for
    pub(crate) target: &'a Target,
    pub(crate) dialects: &'a [&'a dyn Dialect],
    pub(crate) checkpoints: &'a [&'a dyn Checkpoint],
    pub(crate) filter: &'a Filter,
    /// only this engine
    pub(crate) engine: Option<Engine>,
    /// every case is run once, by the engine that gator would take, and our extensions are left
    /// out
    pub(crate) as_gator: bool,
    pub(crate) as_stored: bool,
    /// the time that decides on expiry
    pub(crate) now: jiff::Timestamp,
}

/// A test's policies for one engine, or why that engine is left out.
pub(crate) type ByEngine = (Engine, Result<Box<dyn Compiled>, String>);

/// What the cases of a test are judged by.
pub(crate) struct Prepared {
    pub(crate) engines: Vec<ByEngine>,
    pub(crate) template: Document,
    pub(crate) constraint: Document,
    pub(crate) expansions: Vec<Document>,
}

/// Runs suites side by side; the results are in their order.
pub(crate) fn run(suites: &[Suite], setting: &Setting<'_>) -> Vec<SuiteResult> {
    suites.par_iter().map(|suite| run_suite(suite, setting)).collect()
}

fn run_suite(suite: &Suite, setting: &Setting<'_>) -> SuiteResult {
    let started = Instant::now();
    let shown = if setting.as_gator { Shown::AsGator } else { Shown::AsGiven };
    let files = Files::new(suite.folder.clone(), shown);
    let mut tests = run_all(&suite.tests, suite, setting, |test| run_test(test, &files, setting));
    if !setting.as_gator {
        tests.extend(mutation::run(suite, &files, setting));
        tests.extend(admission::run(suite, &files, setting));
    }
    let time = if suite.skip { Duration::ZERO } else { started.elapsed() };
    SuiteResult { name: Arc::clone(&suite.name), skipped: suite.skip, tests, time }
}

fn run_test(
    test: &Test,
    files: &Files,
    setting: &Setting<'_>,
) -> (Option<Problem>, Vec<CaseResult>) {
    match (test.invalid, prepare(test, files, setting)) {
        (true, prepared) => {
            (not_invalid(prepared.err(), &test.place, setting.as_gator), Vec::new())
        }
        (false, Ok(prepared)) => {
            let run = |case: &Case| case::run(case, test, &prepared, files, setting);
            (None, test.cases.par_iter().map(run).collect())
        }
        (false, Err(refusal)) => (Some(refused(refusal, &test.place)), broken(test, &By::Nothing)),
    }
}

/// The problem of a test that cannot be run.
fn refused(refusal: Refusal, place: &Place) -> Problem {
    let mut problem = match refusal {
        Refusal::Template(problem) | Refusal::Schema(problem) | Refusal::Constraint(problem) => {
            problem
        }
        Refusal::NotBuiltIn(what) => Problem::error(what),
    };
    problem.notes.push(Note::at(place.clone()));
    problem
}

/// What is wrong with a test whose constraint must not follow its template's schema.
fn not_invalid(refusal: Option<Refusal>, place: &Place, as_gator: bool) -> Option<Problem> {
    let (kind, found) = match refusal {
        Some(Refusal::Schema(_)) => return None,
        None => {
            // How Go writes that there is none.
            let none = if as_gator { "%!w(<nil>)" } else { "none" };
            (ProblemKind::Failed, none.to_owned())
        }
        Some(Refusal::NotBuiltIn(what)) => (ProblemKind::Error, what),
        Some(Refusal::Constraint(problem) | Refusal::Template(problem)) => {
            (problem.kind, problem.message)
        }
    };
    let message = format!(
        "constraint should have failed schema validation: got error {found} but want schema \
         validation failed"
    );
    Some(Problem { kind, message, notes: vec![Note::at(place.clone())] })
}

fn prepare(test: &Test, files: &Files, setting: &Setting<'_>) -> Result<Prepared, Refusal> {
    let template = template(&test.template, files).map_err(Refusal::Template)?;
    let constraint = constraint(&test.constraint, files).map_err(Refusal::Constraint)?;
    let expansions = expansions(&test.expansion, files).map_err(Refusal::Constraint)?;
    let policies =
        Policies { template: &template, constraint: &constraint, expansions: &expansions };
    let mut engines: Vec<ByEngine> = Vec::new();
    // CEL before Rego: gator judges by CEL where there is any, and reads no Rego then.
    for engine in setting.judge.engines(&template.value).into_iter().rev() {
        if setting.engine.is_some_and(|only| only != engine) {
            continue;
        }
        let judged = engines.iter().any(|(_, compiled)| compiled.is_ok());
        if judged && setting.as_gator {
            break;
        }
        match setting.judge.compile(&policies, engine) {
            Ok(compiled) => engines.push((engine, Ok(compiled))),
            Err(Refusal::NotBuiltIn(_)) if setting.as_gator => {}
            Err(Refusal::NotBuiltIn(reason)) => engines.push((engine, Err(reason))),
            Err(Refusal::Template(problem)) if judged => {
                let reason =
                    format!("it does not compile, and gator passes over it: {}", problem.message);
                engines.push((engine, Err(reason)));
            }
            Err(refusal) => return Err(refusal),
        }
    }
    engines.reverse();
    if engines.is_empty() {
        let reason = match setting.engine {
            Some(engine) => format!("the template has no {engine} code"),
            None => "no engine of the template is built in".to_owned(),
        };
        let engine = setting.engine.unwrap_or(Engine::Rego);
        engines.push((engine, Err(reason)));
    }
    Ok(Prepared { engines, template, constraint, expansions })
}

/// A problem in a text, with its place.
pub(crate) fn in_text(before: &str, fault: &Fault, text: &Text) -> Problem {
    let Fault { line, column, message, help } = fault;
    let mut problem = Problem::error(format!("{before}yaml: line {line}: {message}"));
    let place = Place { file: Arc::clone(&text.name), line: *line, column: *column };
    problem.notes.push(Note { place, message: String::new(), help: help.clone() });
    problem
}

/// The place of a document.
pub(crate) fn place_of(document: &Document) -> Place {
    let at = document.locate(&Pointer::root());
    Place { file: Arc::clone(&document.source().name), line: at.line, column: at.column }
}

/// What Kubernetes' decoder says of an object that has no kind.
pub(crate) fn without_kind(value: &Value) -> Option<String> {
    match value.as_object() {
        Some(map) => {
            let kind = map.get("kind").and_then(Value::as_str).unwrap_or_default();
            let json = || json::compact(value);
            kind.is_empty().then(|| format!("Object 'Kind' is missing in '{}'", json()))
        }
        None => Some(format!("yaml: unmarshal errors: a {} is no object", value.kind())),
    }
}

fn template(path: &str, files: &Files) -> Result<Document, Problem> {
    if path.is_empty() {
        return Err(Problem::error("invalid Suite: missing template"));
    }
    let name = go::quoted(&files.name(path));
    let text = files.read(path).map_err(|error| {
        Problem::error(format!("reading ConstraintTemplate from {name}: {}", error.message()))
    })?;
    let before = format!("adding template: parsing ConstraintTemplate YAML from {name}: ");
    let document = object(&text, &before)?;
    let gvk = Gvk::of(&document.value);
    if !gvk.is_some_and(|gvk| gvk.is("templates.gatekeeper.sh", "ConstraintTemplate")) {
        let message = format!("path {name}: not a ConstraintTemplate");
        return Err(Problem::error(message).at(&place_of(&document)));
    }
    Ok(document)
}

fn constraint(path: &str, files: &Files) -> Result<Document, Problem> {
    if path.is_empty() {
        return Err(Problem::error("invalid Suite: missing constraint"));
    }
    let name = go::quoted(&files.name(path));
    let text = files.read(path).map_err(|error| {
        Problem::error(format!("reading Constraint from {name}: {}", error.message()))
    })?;
    let document = object(&text, &format!("adding constraint: parsing Constraint from {name}: "))?;
    let gvk = Gvk::of(&document.value);
    if gvk.is_none_or(|gvk| gvk.group != "constraints.gatekeeper.sh") {
        return Err(Problem::error("not a Constraint").at(&place_of(&document)));
    }
    Ok(document)
}

/// The first document of a file, which has to be an object.
fn object(text: &Text, before: &str) -> Result<Document, Problem> {
    let nothing = || Problem::error(format!("{before}Object 'Kind' is missing in '{{}}'"));
    let document = text.first().map_err(|fault| in_text(before, &fault, text))?;
    let document = document.ok_or_else(nothing)?;
    match without_kind(&document.value) {
        None => Ok(document),
        Some(wrong) => Err(Problem::error(format!("{before}{wrong}")).at(&place_of(&document))),
    }
}

fn expansions(path: &str, files: &Files) -> Result<Vec<Document>, Problem> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let name = go::quoted(&files.name(path));
    let text = files.read(path).map_err(|error| {
        Problem::error(format!("reading ExpansionTemplate from {name}: {}", error.message()))
    })?;
    let documents = objects(&text)?;
    let none = || Problem::error(format!("not an Expansion Template: {name}"));
    if documents.is_empty() {
        return Err(none());
    }
    for document in &documents {
        let gvk = Gvk::of(&document.value);
        if !gvk.is_some_and(|gvk| gvk.is("expansion.gatekeeper.sh", "ExpansionTemplate")) {
            return Err(none().at(&place_of(document)));
        }
    }
    Ok(documents)
}

/// Every object of a file.
pub(crate) fn objects(text: &Text) -> Result<Vec<Document>, Problem> {
    let before = format!("reading {}: invalid yaml: ", go::quoted(&text.name));
    let documents = text.all().map_err(|fault| in_text(&before, fault, text))?;
    for document in documents {
        if let Some(wrong) = without_kind(&document.value) {
            let problem = Problem::error(format!("{before}{wrong}"));
            return Err(problem.at(&place_of(document)));
        }
    }
    Ok(documents.to_vec())
}
