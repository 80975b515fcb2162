use crate::{BuildOptions, ExternalAnswers, Judgement};
use sekisho_manifest::{Document, ReadOptions, read};
use sekisho_policy::{Action, Bundle, BundleFile, Dialect, Target};
use sekisho_report::Diagnostic;

/// A place at which requests are judged, as the list of checkpoints knows it.
pub trait Checkpoint: Sync {
    /// The name in output and documentation: `check`.
    fn name(&self) -> &'static str;

    /// One line about it.
    fn about(&self) -> &'static str;

    /// Judges the objects by the policies, as this checkpoint would. A policy test runs at every
    /// checkpoint, and each must give the same findings.
    ///
    /// # Errors
    /// What could not be read, compiled or judged.
    fn judge_case(&self, case: &PolicyCase<'_>) -> Result<Vec<CaseFinding>, CaseError>;
}

/// What a policy test gives a checkpoint.
pub struct PolicyCase<'a> {
    /// the policies
    pub bundle: Bundle,
    /// what is judged: a stream of YAML documents
    pub objects: &'a str,
    /// what providers of external data answer
    pub external: ExternalAnswers,
    /// the dialects that are there
    pub dialects: &'a [&'a dyn Dialect],
    /// what is judged for
    pub target: Target,
}

impl<'a> PolicyCase<'a> {
    /// The objects of one YAML text, and the policies of another.
    #[must_use]
    pub fn new(dialects: &'a [&'a dyn Dialect], policies: &str, objects: &'a str) -> Self {
        let bytes = policies.as_bytes().into();
        let bundle = Bundle::anonymous(vec![BundleFile { path: "policies".into(), bytes }]);
        Self {
            bundle,
            objects,
            external: ExternalAnswers::default(),
            dialects,
            target: Target::default(),
        }
    }

    /// How the policies are compiled.
    #[must_use]
    pub fn options(&self) -> BuildOptions<'_> {
        let unsupported = |_: &str, _: &str| None;
        BuildOptions { dialects: self.dialects, unsupported, target: &self.target, strict: false }
    }

    /// The objects, read.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn documents(&self) -> Result<Vec<Document>, CaseError> {
        let read = read("objects", self.objects.as_bytes(), &ReadOptions::default());
        if read.errors.is_empty() {
            Ok(read.documents)
        } else {
            Err(CaseError(read.errors.iter().map(ToString::to_string).collect()))
        }
    }
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
