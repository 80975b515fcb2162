//! Our extension of suites: mutators, and what becomes of objects.

use crate::any_test::{broken, run_all, run_case as run_any};
use crate::case::{all_objects, external_answers, one_object};
use crate::file::Files;
use crate::go;
use crate::outcome::{By, CaseResult, Outcome, Problem, Run, TestResult};
use crate::run::{Setting, place_of};
use crate::suite::{Expected, MutationCase, MutationTest, Place, Suite};
use rayon::prelude::*;
use sekisho_engine::ExternalAnswers;
use sekisho_manifest::Document;
use sekisho_value::{Pointer, Value};

/// Compiles mutators.
pub(crate) trait Mutate: Sync {
    /// Compiles mutators, all of them together.
    ///
    /// # Errors
    /// What is wrong with them.
    fn compile(&self, mutators: &[Document]) -> Result<Box<dyn Mutators>, Problem>;
}

/// Mutators, ready to change objects.
pub(crate) trait Mutators: Send + Sync {
    /// Changes an object as the mutating webhook would.
    ///
    /// # Errors
    /// What the webhook would refuse it with.
    fn mutate(
        &self,
        object: &Value,
        inventory: &[&Value],
        external: &ExternalAnswers,
    ) -> Result<Value, String>;
}

/// Runs the mutation tests of a suite.
pub(crate) fn run(suite: &Suite, files: &Files, setting: &Setting<'_>) -> Vec<TestResult> {
    run_all(&suite.mutations, suite, setting, |test| run_test(test, files, setting))
}

fn run_test(
    test: &MutationTest,
    files: &Files,
    setting: &Setting<'_>,
) -> (Option<Problem>, Vec<CaseResult>) {
    let documents = match test.mutators.as_slice() {
        // Nothing would be changed, and a case that wants that would pass.
        [] => Err(Problem::error("invalid test: must define mutators")),
        paths => all_objects(paths, files, &test.place),
    };
    let mutators = documents.and_then(|documents| setting.mutate.compile(&documents));
    match mutators {
        Ok(mutators) => {
            let one = |case: &MutationCase| run_case(case, test, mutators.as_ref(), files, setting);
            (None, test.cases.par_iter().map(one).collect())
        }
        Err(problem) => (Some(problem.at(&test.place)), broken(test, &By::Mutation)),
    }
}

fn run_case(
    case: &MutationCase,
    test: &MutationTest,
    mutators: &dyn Mutators,
    files: &Files,
    setting: &Setting<'_>,
) -> CaseResult {
    run_any(case, &test.name, setting, || {
        let outcome = match judge(case, mutators, files) {
            Ok(()) => Outcome::Passed,
            Err(problem) => Outcome::Wrong(problem),
        };
        vec![Run::new(By::Mutation, outcome)]
    })
}

fn judge(case: &MutationCase, mutators: &dyn Mutators, files: &Files) -> Result<(), Problem> {
    let place = &case.place;
    if case.object.is_empty() {
        return Err(Problem::error("invalid case: must define object").at(place));
    }
    let Some(expected) = &case.expected else {
        let message = "invalid case: must define one of expected, unchanged and error";
        return Err(Problem::error(message).at(place));
    };
    let object = one_object(&case.object, files, place)?;
    let inventory = all_objects(&case.inventory, files, place)?;
    let inventory: Vec<&Value> = inventory.iter().map(|document| &document.value).collect();
    let external = external_answers(&case.external_data, files, place)?;
    let mutated = mutators.mutate(&object.value, &inventory, &external);
    match (expected, mutated) {
        (Expected::Error(pattern), mutated) => {
            let (compiled, wanted) = (pattern.compile()?, go::quoted(&pattern.text));
            let message = match mutated {
                Err(message) if pattern.matches(&compiled, &message)? => return Ok(()),
                Err(message) => format!("unexpected error: want {wanted}: got {message}"),
                Ok(_) => format!("no error: want {wanted}"),
            };
            Err(Problem::failed(message).at(&pattern.place))
        }
        (_, Err(message)) => Err(Problem::error(message).at(place)),
        (Expected::Unchanged, Ok(mutated)) => {
            same(&object.value, &mutated).map_err(|(problem, _)| problem.at(place))
        }
        (Expected::Object(path), Ok(mutated)) => {
            let wanted = one_object(path, files, place)?;
            same(&wanted.value, &mutated).map_err(|(problem, pointer)| {
                let at = wanted.locate(&pointer);
                let place_of_field =
                    Place { line: at.line, column: at.column, ..place_of(&wanted) };
                problem.at(&place_of_field).at(place)
            })
        }
    }
}

/// How many differences are told.
const MOST_DIFFERENCES: usize = 5;

/// Compares what became of an object with what is wanted; where they differ, says how, and where
/// first.
pub(crate) fn same(wanted: &Value, found: &Value) -> Result<(), (Problem, Pointer)> {
    let mut differences = Vec::new();
    differ(wanted, found, &Pointer::root(), &mut differences);
    let Some((first, _)) = differences.first() else { return Ok(()) };
    let first = first.clone();
    let count = differences.len();
    let mut told: Vec<String> =
        differences.into_iter().take(MOST_DIFFERENCES).map(|(_, text)| text).collect();
    if count > MOST_DIFFERENCES {
        told.push(format!("and {} more", count - MOST_DIFFERENCES));
    }
    Err((Problem::failed(format!("unexpected object: {}", told.join("; "))), first))
}

fn differ(wanted: &Value, found: &Value, at: &Pointer, out: &mut Vec<(Pointer, String)>) {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            for (key, value) in wanted.iter() {
                match found.get(key) {
                    Some(other) => differ(value, other, &at.key(key), out),
                    None => out.push((at.key(key), format!("want {}", told(&at.key(key), value)))),
                }
            }
            for (key, value) in found.iter().filter(|(key, _)| !wanted.contains_key(key)) {
                out.push((at.key(key), format!("do not want {}", told(&at.key(key), value))));
            }
        }
        (Value::Array(wanted), Value::Array(found)) => {
            for index in 0..wanted.len().max(found.len()) {
                let at = at.index(index);
                let one_sided = match (wanted.get(index), found.get(index)) {
                    (Some(wanted), Some(found)) => {
                        differ(wanted, found, &at, out);
                        continue;
                    }
                    (Some(value), None) => format!("want {}", told(&at, value)),
                    (None, Some(value)) => format!("do not want {}", told(&at, value)),
                    (None, None) => continue,
                };
                out.push((at, one_sided));
            }
        }
        _ if wanted == found => {}
        _ => {
            let message = format!("want {}, got `{}`", told(at, wanted), clip(&found.to_json()));
            out.push((at.clone(), message));
        }
    }
}

fn told(at: &Pointer, value: &Value) -> String {
    let at = if at.is_root() { "/" } else { at.as_str() };
    format!("`{at}` to be `{}`", clip(&value.to_json()))
}

fn clip(text: &str) -> String {
    const MOST: usize = 120;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::same;
    use sekisho_value::from_json;

    #[test]
    fn differences_are_told_with_their_places() {
        let cases = [
            ("{}", "{}", "", ""),
            (r#"{"a":1}"#, r#"{"a":2}"#, "/a", "want `/a` to be `1`, got `2`"),
            (r#"{"a":1}"#, "{}", "/a", "want `/a` to be `1`"),
            ("{}", r#"{"a":{"b":1}}"#, "/a", r#"do not want `/a` to be `{"b":1}`"#),
            (r#"{"a":[1,2]}"#, r#"{"a":[1,3]}"#, "/a/1", "want `/a/1` to be `2`, got `3`"),
            (r#"{"a":[1]}"#, r#"{"a":[1,3]}"#, "/a/1", "do not want `/a/1` to be `3`"),
            (r#"{"a":[1,3]}"#, r#"{"a":[1]}"#, "/a/1", "want `/a/1` to be `3`"),
            ("[]", "{}", "", "want `/` to be `[]`, got `{}`"),
        ];
        for (wanted, found, at, message) in cases {
            let (wanted, found) = (from_json(wanted).unwrap(), from_json(found).unwrap());
            match same(&wanted, &found) {
                Ok(()) => assert_eq!(message, ""),
                Err((problem, pointer)) => {
                    assert_eq!(problem.message, format!("unexpected object: {message}"));
                    assert_eq!(pointer.as_str(), at);
                }
            }
        }
    }
}
