//! What a run asks of the policies: compile a template and a constraint once, then judge objects.
//!
//! **Invariant:** whether an object violates is decided by the engine; nothing here evaluates.

use crate::coverage::Line;
use crate::outcome::Problem;
use sekisho_engine::ExternalAnswers;
use sekisho_manifest::Document;
use sekisho_value::Value;
use std::fmt;

/// A language in which a template says what it forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Rego
    Rego,
    /// the Common Expression Language, as ValidatingAdmissionPolicies have it
    Cel,
}

impl Engine {
    /// The word for the engine, as in `--engine`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rego => "rego",
            Self::Cel => "cel",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The documents of a test.
pub(crate) struct Policies<'a> {
    pub(crate) template: &'a Document,
    pub(crate) constraint: &'a Document,
    pub(crate) expansions: &'a [Document],
}

/// Why a test cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// the template is not in order
    Template(Problem),
    /// the constraint does not follow its template's schema
    Schema(Problem),
    /// the constraint is not in order otherwise
    Constraint(Problem),
    /// the engine, or something else that the test needs, is not built in
    NotBuiltIn(String),
}

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    /// an object, as it was read
    Object(&'a Value),
    /// an AdmissionRequest
    Request(&'a Value),
}

/// Compiles.
pub(crate) trait Judge: Sync {
    /// The engines that a template has.
    fn engines(&self, template: &Value) -> Vec<Engine>;

    /// Compiles a template and its constraint for one of its engines.
    fn compile(
        &self,
        policies: &Policies<'_>,
        engine: Engine,
    ) -> Result<Box<dyn Compiled>, Refusal>;

    /// The lines of the rules that were compiled, and whether they were run so far; `None` where
    /// that is not known.
    fn coverage(&self) -> Option<Vec<Line>> {
        None
    }
}

/// A template and its constraint, ready to judge.
pub(crate) trait Compiled: Send + Sync {
    /// Judges an object; what else is known are the objects of the inventory.
    fn judge(&self, subject: Subject<'_>, given: &Given<'_>) -> Result<Judged, Problem>;
}

/// What is known beside the object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    pub(crate) inventory: &'a [&'a Value],
    /// what providers of external data answer
    pub(crate) external: &'a ExternalAnswers,
    /// the object is judged as the API server would store it
    pub(crate) as_stored: bool,
}

/// What the policies say of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Judged {
    /// the messages of violations, in gator's order: by action, then by message
    pub(crate) messages: Vec<String>,
    /// what the sender is warned of
    pub(crate) warnings: Vec<String>,
    /// what rules print
    pub(crate) printed: Vec<String>,
}
