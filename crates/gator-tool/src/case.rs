//! Runs one case: by every engine of its template, and at every checkpoint that it names.

use crate::admission_review;
use crate::any_test::run_case;
use crate::assertion;
use crate::checkpoints;
use crate::file::Files;
use crate::go;
use crate::judge::{Compiled, Given, Judged, Subject};
use crate::outcome::{By, CaseResult, Outcome, Problem, Run};
use crate::run::{ByEngine, Prepared, Setting, objects};
use crate::suite::{Case, Place, Test};
use sekisho_engine::ExternalAnswers;
use sekisho_kube_model::split_api_version;
use sekisho_manifest::Document;
use sekisho_value::Value;
use std::sync::Arc;

/// What a case gives.
pub(crate) struct Inputs {
    pub(crate) object: Document,
    pub(crate) inventory: Vec<Document>,
    pub(crate) external: ExternalAnswers,
}

pub(crate) fn run(
    case: &Case,
    test: &Test,
    prepared: &Prepared,
    files: &Files,
    setting: &Setting<'_>,
) -> CaseResult {
    run_case(case, &test.name, setting, || match inputs(case, files, setting) {
        Ok(inputs) => {
            let one = |(engine, compiled): &ByEngine| {
                let by = By::Engine(*engine);
                match compiled {
                    Ok(compiled) => judge(case, by, compiled.as_ref(), &inputs, setting),
                    // Gator leaves nothing out: what cannot be judged here has not passed.
                    Err(reason) if setting.as_gator => {
                        let problem = Problem::error(reason.clone()).at(&case.place);
                        Run::new(by, Outcome::Wrong(problem))
                    }
                    Err(reason) => Run::new(by, Outcome::Skipped(reason.clone())),
                }
            };
            let mut runs: Vec<Run> = prepared.engines.iter().map(one).collect();
            if !setting.as_gator {
                runs.extend(checkpoints::run(case, prepared, &inputs, setting));
            }
            runs
        }
        Err(problem) => {
            let by =
                prepared.engines.first().map_or(By::Nothing, |(engine, _)| By::Engine(*engine));
            vec![Run::new(by, Outcome::Wrong(problem))]
        }
    })
}

/// Reads what a case names.
fn inputs(case: &Case, files: &Files, setting: &Setting<'_>) -> Result<Inputs, Problem> {
    if case.object.is_empty() {
        return Err(Problem::error("invalid Case: must define object").at(&case.place));
    }
    if case.assertions.is_empty() {
        return Err(Problem::error("invalid Case: assertions must be non-empty").at(&case.place));
    }
    let object = one_object(&case.object, files, &case.place)?;
    let inventory = all_objects(&case.inventory, files, &case.place)?;
    for document in &inventory {
        addable(&document.value).map_err(|problem| problem.at(&case.place))?;
    }
    let external_data = if setting.as_gator { &[] } else { case.external_data.as_slice() };
    let external = external_answers(external_data, files, &case.place)?;
    Ok(Inputs { object, inventory, external })
}

/// The one object of a file.
pub(crate) fn one_object(path: &str, files: &Files, place: &Place) -> Result<Document, Problem> {
    let mut documents = file_objects(path, files, place)?;
    if let (1, Some(document)) = (documents.len(), documents.pop()) {
        return Ok(document);
    }
    let name = go::quoted(&files.name(path));
    let count = documents.len() + 1;
    let what = "object file must contain exactly one object";
    Err(Problem::error(format!("{what}: {name} defines {count} objects")).at(place))
}

/// The objects of files.
pub(crate) fn all_objects(
    paths: &[String],
    files: &Files,
    place: &Place,
) -> Result<Vec<Document>, Problem> {
    let mut all = Vec::new();
    for path in paths {
        all.extend(file_objects(path, files, place)?);
    }
    Ok(all)
}

fn file_objects(path: &str, files: &Files, place: &Place) -> Result<Vec<Document>, Problem> {
    let text = files.read(path).map_err(|error| Problem::error(error.message()).at(place))?;
    let documents = objects(&text).map_err(|problem| problem.at(place))?;
    if documents.is_empty() {
        let name = go::quoted(&text.name);
        let message = format!("missing objects: path {name} defines no YAML objects");
        return Err(Problem::error(message).at(place));
    }
    Ok(documents)
}

/// What providers answer: a document for each file.
pub(crate) fn external_answers(
    paths: &[String],
    files: &Files,
    place: &Place,
) -> Result<ExternalAnswers, Problem> {
    let mut all = ExternalAnswers::default();
    for path in paths {
        let text = files.read(path).map_err(|error| Problem::error(error.message()).at(place))?;
        let before = format!("reading {}: ", go::quoted(&text.name));
        let documents =
            text.all().map_err(|fault| crate::run::in_text(&before, fault, &text).at(place))?;
        for document in documents {
            all.read(&document.value).map_err(|(pointer, message)| {
                let at = document.locate(&pointer);
                let file = Arc::clone(&document.source().name);
                let found = Place { file, line: at.line, column: at.column };
                Problem::error(format!("{before}{message}")).at(&found).at(place)
            })?;
        }
    }
    Ok(all)
}

/// Whether Gatekeeper's inventory takes an object.
fn addable(object: &Value) -> Result<(), Problem> {
    let text = |keys: &[&str]| object.path_str(keys).unwrap_or_default();
    let api_version = text(&["apiVersion"]);
    let (group, version) = split_api_version(api_version).unwrap_or(("", api_version));
    if !version.is_empty() {
        return Ok(());
    }
    let (kind, namespace) = (text(&["kind"]), text(&["metadata", "namespace"]));
    let name = text(&["metadata", "name"]);
    Err(Problem::error(format!(
        "unable to add object to data.inventory: {group}/{version}, Kind={kind} {namespace}/{name}: \
         admission.k8s.gatekeeper.sh: invalid request object: resource {name} has no version\n"
    )))
}

/// Judges the object, and compares what the policies say with what the case expects.
fn judge(
    case: &Case,
    by: By,
    compiled: &dyn Compiled,
    inputs: &Inputs,
    setting: &Setting<'_>,
) -> Run {
    let inventory: Vec<&Value> = inputs.inventory.iter().map(|document| &document.value).collect();
    let given = Given { inventory: &inventory, external: &inputs.external, as_stored: false };
    let object = &inputs.object.value;
    let subject = match admission_review::is_review(object) {
        false => Ok(Subject::Object(object)),
        true => admission_review::request(object).map(Subject::Request),
    };
    let judged = subject
        .map_err(|message| Problem::error(message).at(&crate::run::place_of(&inputs.object)))
        .and_then(|subject| Ok((subject, compiled.judge(subject, &given)?)));
    let (subject, judged) = match judged {
        Ok(judged) => judged,
        Err(problem) => return Run::new(by, Outcome::Wrong(problem.at(&case.place))),
    };
    let outcome = match compare(case, &judged, setting) {
        Ok(()) => Outcome::Passed,
        Err(problem) => Outcome::Wrong(problem),
    };
    let as_stored = setting.as_stored.then(|| {
        let given = Given { as_stored: true, ..given };
        let stored = compiled.judge(subject, &given);
        let messages = stored.map_or_else(
            |problem| vec![format!("it cannot be judged: {}", problem.message)],
            |judged| judged.messages,
        );
        (messages != judged.messages).then_some(messages)
    });
    Run {
        messages: judged.messages,
        printed: judged.printed,
        as_stored: as_stored.flatten(),
        ..Run::new(by, outcome)
    }
}

/// Compares with every assertion. The first that does not hold is the problem, as for gator; the
/// others are noted.
pub(crate) fn compare(case: &Case, judged: &Judged, setting: &Setting<'_>) -> Result<(), Problem> {
    let mut problems = Vec::new();
    for assertion in &case.assertions {
        problems.extend(assertion::check(assertion, &judged.messages, setting.as_gator).err());
        if setting.as_gator && !problems.is_empty() {
            break;
        }
    }
    if !setting.as_gator
        && let Some(expected) = &case.warnings
        && let Err(found) = assertion::check_warnings(expected, &judged.warnings, &case.place)
    {
        problems.push(found);
    }
    Problem::joined(problems).map_or(Ok(()), Err)
}
