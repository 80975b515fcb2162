//! Suites: what a file of tests asks for.

mod admission;
mod fields;
mod read;

pub(crate) use admission::{AdmissionCase, AdmissionTest, Patched, Verdict};
pub(crate) use read::{Found, read};

use crate::outcome::Problem;
use sekisho_go_regex::Pattern;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;

/// The API group of suites. Gator looks at no version.
pub(crate) const GROUP: &str = "test.gatekeeper.sh";
/// The kind of suites.
pub(crate) const KIND: &str = "Suite";

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    /// the path as it is shown
    pub(crate) file: Arc<str>,
    /// from 1
    pub(crate) line: u32,
    /// from 1, counts Unicode scalars
    pub(crate) column: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A file of tests.
#[derive(Clone, Debug)]
pub(crate) struct Suite {
    /// the path as it is shown
    pub(crate) name: Arc<str>,
    /// the folder that its paths start from
    pub(crate) folder: PathBuf,
    pub(crate) skip: bool,
    pub(crate) tests: Vec<Test>,
    /// ours: what mutators do
    pub(crate) mutations: Vec<MutationTest>,
    /// ours: what admission policies do
    pub(crate) admission: Vec<AdmissionTest>,
}

impl Suite {
    /// What gator cannot read of its tests, where there is any.
    pub(crate) fn malformed(&self) -> Option<Problem> {
        let of = |test: &Test| {
            let cases = || test.cases.iter().find_map(|case| case.malformed.clone());
            test.malformed.clone().or_else(cases)
        };
        self.tests.iter().find_map(of)
    }
}

/// A template and a constraint of it, and objects that are judged by them.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) template: String,
    pub(crate) constraint: String,
    pub(crate) expansion: String,
    pub(crate) invalid: bool,
    pub(crate) skip: bool,
    pub(crate) cases: Vec<Case>,
    /// why it cannot be run
    pub(crate) malformed: Option<Problem>,
}

/// An object, and what is said of it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) object: String,
    pub(crate) inventory: Vec<String>,
    pub(crate) assertions: Vec<Assertion>,
    pub(crate) skip: bool,
    /// ours: files with what providers of external data answer
    pub(crate) external_data: Vec<String>,
    /// ours: what the sender is warned of; `None` where the case does not say
    pub(crate) warnings: Option<Vec<Expression>>,
    /// ours: the checkpoints that must give the same verdict on the object as it is stored
    pub(crate) checkpoints: Vec<(String, Place)>,
    /// why it cannot be run
    pub(crate) malformed: Option<Problem>,
}

/// How many violations there are.
#[derive(Clone, Debug)]
pub(crate) struct Assertion {
    pub(crate) place: Place,
    pub(crate) violations: Violations,
    pub(crate) message: Option<Expression>,
}

/// A regular expression, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expression {
    pub(crate) place: Place,
    /// the field that it stands in
    pub(crate) field: &'static str,
    pub(crate) text: String,
}

impl Expression {
    /// The expression, read as Go reads it.
    ///
    /// # Errors
    /// What is wrong with it, in Go's words.
    pub(crate) fn compile(&self) -> Result<Pattern, Problem> {
        Pattern::new(&self.text).map_err(|fault| {
            let message = format!("{} contains invalid regular expression: {fault}", self.field);
            Problem::error(message).at(&self.place)
        })
    }

    /// Whether a text has a match of what is compiled of the expression.
    ///
    /// # Errors
    /// Where that costs more than it may.
    pub(crate) fn matches(&self, compiled: &Pattern, text: &str) -> Result<bool, Problem> {
        compiled.is_match(text).map_err(|fault| {
            let message = format!("{} cannot be searched with {}: {fault}", self.field, self.text);
            Problem::error(message).at(&self.place)
        })
    }
}

/// What an assertion says of the number of violations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Violations {
    /// at least one
    Yes,
    /// none
    No,
    /// so many
    Exactly(i32),
    /// another word, which is told when the case is run
    Word(String),
}

/// Mutators, and objects that they change.
#[derive(Clone, Debug)]
pub(crate) struct MutationTest {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) mutators: Vec<String>,
    pub(crate) skip: bool,
    pub(crate) cases: Vec<MutationCase>,
    /// why it cannot be run
    pub(crate) malformed: Option<Problem>,
}

/// An object, and what it becomes.
#[derive(Clone, Debug)]
pub(crate) struct MutationCase {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) object: String,
    pub(crate) inventory: Vec<String>,
    pub(crate) external_data: Vec<String>,
    pub(crate) skip: bool,
    pub(crate) expected: Option<Expected>,
    /// why it cannot be run
    pub(crate) malformed: Option<Problem>,
}

/// What becomes of an object that mutators are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// it becomes the object of this file
    Object(String),
    /// it stays as it is
    Unchanged,
    /// it is refused, with a message that this regular expression matches
    Error(Expression),
}
