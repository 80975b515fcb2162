use sekisho_policy::{Action, Dialect};

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

/// What could not be read, compiled or judged in a policy test.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct CaseError(pub Vec<String>);
