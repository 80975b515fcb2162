use crate::Judgement;
use sekisho_policy::{Action, Dialect};
use sekisho_report::Diagnostic;

/// A place at which requests are judged, as the list of checkpoints knows it.
pub trait Checkpoint: Sync {
    /// The name in output and documentation: `check`.
    fn name(&self) -> &'static str;

    /// One line about it.
    fn about(&self) -> &'static str;

    /// Judges the objects of one YAML text by the policies of another, as this checkpoint would.
    /// A policy test runs at every checkpoint, and each must give the same findings.
    ///
    /// # Errors
    /// What could not be read, compiled or judged.
    fn judge_case(
        &self,
        dialects: &[&dyn Dialect],
        policies: &str,
        objects: &str,
    ) -> Result<Vec<CaseFinding>, CaseError>;
}

/// A finding as policy tests compare it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CaseFinding {
    /// `Pod/web`
    pub object: String,
    /// what the checkpoint does
    pub action: Action,
    /// the name people know
    pub policy: String,
    /// the rule
    pub rule: String,
    /// in the words of the policy
    pub message: String,
}

impl From<Judgement> for CaseFinding {
    fn from(judgement: Judgement) -> Self {
        Self {
            object: format!("{}/{}", judgement.resource.kind, judgement.resource.name),
            action: judgement.action,
            policy: judgement.policy.to_string(),
            rule: judgement.rule.to_string(),
            message: judgement.message,
        }
    }
}

/// What could not be read, compiled or judged in a policy test.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct CaseError(pub Vec<String>);

impl CaseError {
    /// What is wrong, with its places.
    #[must_use]
    pub fn of(errors: &[Diagnostic]) -> Self {
        let told = |error: &Diagnostic| match (error.line, error.column) {
            (Some(line), Some(column)) => format!("{line}:{column}: {}", error.message),
            _ => error.message.clone(),
        };
        Self(errors.iter().map(told).collect())
    }
}
