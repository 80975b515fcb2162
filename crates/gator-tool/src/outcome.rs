//! What became of suites, tests and cases.

use crate::judge::Engine;
use crate::suite::Place;
use sekisho_report::Diagnostic;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// whether it is the policies that are wrong, or what the test gives
    pub(crate) kind: ProblemKind,
    /// what is wrong, in gator's words where gator says the same
    pub(crate) message: String,
    /// where, and, where that is known better, what
    pub(crate) notes: Vec<Note>,
}

/// The sorts of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    /// the policies say something else than the test expects
    Failed,
    /// something could not be read, compiled or judged
    Error,
}

/// A place, and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Note {
    /// where
    #[serde(flatten)]
    pub(crate) place: Place,
    /// what is wrong there, where the problem does not say it
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) message: String,
    /// how to mend it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
}

impl Note {
    /// A place alone.
    pub(crate) fn at(place: Place) -> Self {
        Self { place, message: String::new(), help: None }
    }
}

impl Problem {
    pub(crate) fn error(message: impl Into<String>) -> Self {
        Self { kind: ProblemKind::Error, message: message.into(), notes: Vec::new() }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { kind: ProblemKind::Failed, message: message.into(), notes: Vec::new() }
    }

    /// The same, with a place.
    pub(crate) fn at(mut self, place: &Place) -> Self {
        self.notes.push(Note::at(place.clone()));
        self
    }

    /// One problem of what was told with places, where there is any.
    pub(crate) fn of(told: &[Diagnostic]) -> Option<Self> {
        let first = told.first()?;
        let message = match told.len() {
            1 => first.message.clone(),
            count => format!("{} (and {} more)", first.message, count - 1),
        };
        let notes = told.iter().filter_map(|one| {
            let place = Place {
                file: one.file.clone()?,
                line: one.line.unwrap_or(1),
                column: one.column.unwrap_or(1),
            };
            let message = if told.len() > 1 { one.message.clone() } else { String::new() };
            Some(Note { place, message, help: one.help.clone() })
        });
        Some(Self { notes: notes.collect(), ..Self::error(message) })
    }

    /// One problem of several: the first, and the others in its notes.
    pub(crate) fn joined(problems: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut problems = problems.into_iter();
        let mut first = problems.next()?;
        for other in problems {
            if other.is_error() {
                first.kind = other.kind;
            }
            // Its first place says what is wrong, those behind it belong to that.
            let mut message = Some(other.message);
            first.notes.extend(other.notes.into_iter().map(|note| match message.take() {
                Some(message) if note.message.is_empty() => Note { message, ..note },
                _ => note,
            }));
        }
        Some(first)
    }

    pub(crate) fn is_error(&self) -> bool {
        self.kind == ProblemKind::Error
    }
}

/// What became of one run of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// it is as expected
    Passed,
    /// it is not
    Wrong(Problem),
    /// it was not run, and why
    Skipped(String),
}

/// How a case was run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum By {
    /// by an engine, as gator judges
    Engine(Engine),
    /// by a checkpoint, as it judges
    Checkpoint(String),
    /// by the mutators
    Mutation,
    /// by admission policies
    Admission,
    /// not at all
    Nothing,
}

impl By {
    /// The word for it.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Engine(engine) => engine.as_str(),
            Self::Checkpoint(name) => name,
            Self::Mutation => "mutation",
            Self::Admission => "admission-policy",
            Self::Nothing => "",
        }
    }
}

/// One run of a case.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// by what it was run
    pub(crate) by: By,
    /// what became of it
    pub(crate) outcome: Outcome,
    /// the messages of the violations
    pub(crate) messages: Vec<String>,
    /// the messages of the object as it would be stored, where they differ
    pub(crate) as_stored: Option<Vec<String>>,
    /// what rules printed
    pub(crate) printed: Vec<String>,
}

impl Run {
    pub(crate) fn new(by: By, outcome: Outcome) -> Self {
        Self { by, outcome, messages: Vec::new(), as_stored: None, printed: Vec::new() }
    }

    /// Whether it was left out because what it needs is not there, not on somebody's wish.
    pub(crate) fn is_not_built_in(&self) -> bool {
        self.by != By::Nothing && matches!(self.outcome, Outcome::Skipped(_))
    }
}

/// What became of a case.
#[derive(Clone, Debug)]
pub(crate) struct CaseResult {
    /// its name
    pub(crate) name: String,
    /// where it stands
    pub(crate) place: Place,
    /// each run of it; none but skipped ones where it was not selected
    pub(crate) runs: Vec<Run>,
    /// how long it took
    pub(crate) time: Duration,
}

impl CaseResult {
    /// Whether no run of the case was judged.
    pub(crate) fn is_left_out(&self) -> bool {
        self.runs.iter().all(|run| matches!(run.outcome, Outcome::Skipped(_)))
    }

    /// What is wrong, run by run.
    pub(crate) fn problems(&self) -> impl Iterator<Item = (&Run, &Problem)> {
        self.runs.iter().filter_map(|run| match &run.outcome {
            Outcome::Wrong(problem) => Some((run, problem)),
            _ => None,
        })
    }
}

/// What became of a test.
#[derive(Clone, Debug)]
pub(crate) struct TestResult {
    /// its name
    pub(crate) name: String,
    /// where it stands
    pub(crate) place: Place,
    /// it was left out, and why
    pub(crate) skipped: Option<String>,
    /// why its cases were not run, or that its constraint is valid and should not be
    pub(crate) problem: Option<Problem>,
    /// its cases
    pub(crate) cases: Vec<CaseResult>,
    /// how long it took
    pub(crate) time: Duration,
}

impl TestResult {
    /// Whether nothing of the test was judged.
    pub(crate) fn is_left_out(&self) -> bool {
        let cases = &self.cases;
        self.skipped.is_some()
            || self.problem.is_none()
                && !cases.is_empty()
                && cases.iter().all(|case| case.runs.iter().all(Run::is_not_built_in))
    }

    /// Whether the test or a case of it went wrong.
    pub(crate) fn is_wrong(&self) -> bool {
        self.problem.is_some() || self.cases.iter().any(|case| case.problems().next().is_some())
    }
}

/// What became of a suite.
#[derive(Clone, Debug)]
pub(crate) struct SuiteResult {
    /// the path as it is shown
    pub(crate) name: Arc<str>,
    /// it was left out
    pub(crate) skipped: bool,
    /// its tests
    pub(crate) tests: Vec<TestResult>,
    /// how long it took
    pub(crate) time: Duration,
}

impl SuiteResult {
    /// Whether a test went wrong.
    pub(crate) fn is_wrong(&self) -> bool {
        self.tests.iter().any(TestResult::is_wrong)
    }
}

/// How many runs of cases there were, a test without cases counting as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    /// they are as expected
    pub(crate) passed: usize,
    /// they are not, or could not be judged
    pub(crate) failed: usize,
    /// of these, those that could not be judged
    pub(crate) errors: usize,
    /// they were not run
    pub(crate) skipped: usize,
}

impl Counts {
    /// Counts what became of suites.
    pub(crate) fn of(suites: &[SuiteResult]) -> Self {
        let mut counts = Self::default();
        for test in suites.iter().flat_map(|suite| &suite.tests) {
            match (&test.skipped, &test.problem) {
                (Some(_), _) => counts.skipped += test.cases.len().max(1),
                (None, Some(problem)) => {
                    let wrong = test.cases.len().max(1);
                    counts.failed += wrong;
                    counts.errors += if problem.is_error() { wrong } else { 0 };
                }
                (None, None) if test.cases.is_empty() => counts.passed += 1,
                (None, None) => {}
            }
            if test.skipped.is_some() || test.problem.is_some() {
                continue;
            }
            for run in test.cases.iter().flat_map(|case| &case.runs) {
                match &run.outcome {
                    Outcome::Passed => counts.passed += 1,
                    Outcome::Skipped(_) => counts.skipped += 1,
                    Outcome::Wrong(problem) => {
                        counts.failed += 1;
                        counts.errors += usize::from(problem.is_error());
                    }
                }
            }
        }
        counts
    }
}
