//! Cases that must be judged alike at several checkpoints.

use crate::admission_review::is_review;
use crate::case::{Inputs, compare};
use crate::go;
use crate::judge::Judged;
use crate::outcome::{By, Outcome, Problem, Run};
use crate::run::{Prepared, Setting};
use crate::suite::{Case, Place};
use sekisho_engine::{CaseFinding, PolicyCase};
use sekisho_manifest::Document;

/// The checkpoints that a case may name, whether they are built in or not.
const NAMES: [&str; 4] = ["check", "admission", "audit", "runtime"];

/// Judges the object at each checkpoint that the case names, as it would be stored. Each has to
/// hold to the case's assertions, and all have to say the same.
pub(crate) fn run(
    case: &Case,
    prepared: &Prepared,
    inputs: &Inputs,
    setting: &Setting<'_>,
) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (name, place) in &case.checkpoints {
        let run = run_at(name, place, case, prepared, inputs, setting);
        let other = runs
            .iter()
            .find(|other| is_judged(other) && is_judged(&run) && other.messages != run.messages);
        let outcome = match (&run.outcome, other) {
            (Outcome::Passed, Some(other)) => {
                let of = |run: &Run| go::list(run.messages.iter().map(String::as_str));
                let message = format!(
                    "`{name}` does not judge as `{}` does: got messages {} and {}",
                    other.by.as_str(),
                    of(&run),
                    of(other)
                );
                Outcome::Wrong(Problem::failed(message).at(place))
            }
            (outcome, _) => outcome.clone(),
        };
        runs.push(Run { outcome, ..run });
    }
    runs
}

/// Whether a run has a verdict.
fn is_judged(run: &Run) -> bool {
    match &run.outcome {
        Outcome::Passed => true,
        Outcome::Wrong(problem) => !problem.is_error(),
        Outcome::Skipped(_) => false,
    }
}

fn run_at(
    name: &str,
    place: &Place,
    case: &Case,
    prepared: &Prepared,
    inputs: &Inputs,
    setting: &Setting<'_>,
) -> Run {
    let by = By::Checkpoint(name.to_owned());
    let Some(checkpoint) = setting.checkpoints.iter().find(|one| one.name() == name) else {
        if NAMES.contains(&name) {
            let reason = format!("the `{name}` checkpoint is not built in");
            return Run::new(by, Outcome::Skipped(reason));
        }
        let message = format!("no checkpoint is named `{name}`; there are {}", NAMES.join(", "));
        return Run::new(by, Outcome::Wrong(Problem::error(message).at(place)));
    };
    if is_review(&inputs.object.value) {
        let reason = "an AdmissionReview is judged as it is, not as it would be stored";
        return Run::new(by, Outcome::Skipped(reason.to_owned()));
    }
    let policies = [&prepared.template, &prepared.constraint];
    let policies = policies.into_iter().chain(&prepared.expansions).chain(&inputs.inventory);
    let (policies, objects) = (stream(policies), stream([&inputs.object].into_iter()));
    let given = PolicyCase::new(setting.dialects, &policies, &objects);
    let given = PolicyCase { external: inputs.external.clone(), ..given };
    let findings = match checkpoint.judge_case(&given) {
        Ok(findings) => findings,
        Err(errors) => {
            let message = errors.0.join("; ");
            return Run::new(by, Outcome::Wrong(Problem::error(message).at(place)));
        }
    };
    // What the schema says of the object is no verdict of the policy.
    let kind = prepared.constraint.kind();
    let own = findings.into_iter().filter(|finding| finding.policy == kind);
    let mut messages: Vec<(&str, String)> =
        own.map(|CaseFinding { action, message, .. }| (action.as_str(), message)).collect();
    messages.sort();
    let messages: Vec<String> = messages.into_iter().map(|(_, message)| message).collect();
    let judged = Judged { messages, ..Judged::default() };
    let expected = Case { warnings: None, ..case.clone() };
    let outcome = match compare(&expected, &judged, setting) {
        Ok(()) => Outcome::Passed,
        Err(problem) => Outcome::Wrong(problem),
    };
    Run { messages: judged.messages, ..Run::new(by, outcome) }
}

/// Documents as a stream: JSON, so that they mean what they mean to gator to any reader.
pub(crate) fn stream<'d>(documents: impl Iterator<Item = &'d Document>) -> String {
    documents.map(|document| format!("---\n{}\n", document.value.to_json())).collect()
}
