//! The report as plain data. The JSON output is these types, field by field.

use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What is done about a violation, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// nothing: the policy is switched off
    Off,
    /// it is recorded
    Audit,
    /// whoever sends the object is told
    Warn,
    /// the object is refused
    Deny,
}

impl Action {
    /// The word for the action, as in output and options.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Audit => "audit",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }

    /// Reads the word for an action.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Off, Self::Audit, Self::Warn, Self::Deny].into_iter().find(|a| a.as_str() == word)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How bad a violation is, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// worth knowing
    Info,
    /// hardening that is missing
    Low,
    /// weakens isolation
    Medium,
    /// breaks isolation in part
    High,
    /// gives the node or the cluster away
    Critical,
}

impl Severity {
    /// The word for the severity.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether a finding counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// it counts
    #[default]
    Active,
    /// an exception covers it
    Excepted,
    /// the baseline knows it
    Baselined,
}

impl Status {
    /// The word for the status.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Excepted => "excepted",
            Self::Baselined => "baselined",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The object that a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// `v1`, `apps/v1`
    pub api_version: String,
    /// `Pod`
    pub kind: String,
    /// `None` for cluster-scoped objects
    pub namespace: Option<String>,
    /// the name, or the `generateName` where there is no name
    pub name: String,
}

impl Resource {
    /// Whether source lines of the object must stay out of what is shown: they may hold a
    /// secret's data. Goes by the kind alone, whatever the group, to err on the safe side.
    #[must_use]
    pub fn conceals_source(&self) -> bool {
        self.kind == "Secret"
    }
}

/// `Deployment shop/web`, `Namespace shop`.
impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        match &self.namespace {
            Some(namespace) => write!(f, " {namespace}/{}", self.name),
            None => write!(f, " {}", self.name),
        }
    }
}

/// A source line with the part that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// the line, without its end; places on one line share it, for a line may be long
    pub text: Arc<str>,
    /// where the part begins; starts at 1, counts Unicode scalars
    pub column: u32,
    /// how many scalars to mark, at least 1
    pub len: u32,
}

/// A place in the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// the path as it was found below what the user gave; `<stdin>` for standard input; for an
    /// object of a cluster `NAMESPACE/KIND/NAME`
    pub file: Arc<str>,
    /// starts at 1; 0 for an object of a cluster, which has no lines
    pub line: u32,
    /// starts at 1, counts Unicode scalars; 0 where the line is
    pub column: u32,
    /// JSON pointer within the object (a `List` item's own)
    pub pointer: String,
    /// the source line, for renderers that show it
    #[serde(skip)]
    pub marked: Option<Marked>,
}

impl Location {
    /// A field of an object of a cluster.
    #[must_use]
    pub fn in_cluster(resource: &Resource, pointer: impl Into<String>) -> Self {
        let Resource { kind, namespace, name, .. } = resource;
        let namespace = namespace.as_ref().map_or(String::new(), |name| format!("{name}/"));
        Self {
            file: format!("{namespace}{kind}/{name}").into(),
            line: 0,
            column: 0,
            pointer: pointer.into(),
            marked: None,
        }
    }
}

/// `deploy/web.yaml:3:7`; `shop/Pod/web /spec/hostPID`
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.pointer.as_str()) {
            (0, "") => f.write_str(&self.file),
            (0, pointer) => write!(f, "{} {pointer}", self.file),
            (line, _) => write!(f, "{}:{line}:{}", self.file, self.column),
        }
    }
}

/// One violated rule of one policy on one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// stable over reordering, reformatting, image bumps and rollouts (32 hexadecimal digits)
    pub key: String,
    /// the name people know: level and version, template, policy name
    pub policy: String,
    /// `ORIGIN/DIALECT/KIND/NAME`
    pub policy_id: String,
    /// the constraint or binding, where the dialect has such
    pub binding: Option<String>,
    /// the dialect's name; `schema` for what the API server's schema says
    pub dialect: String,
    /// the rule's id, as in `sekisho explain`
    pub rule: String,
    /// what this checkpoint does about it
    pub action: Action,
    /// what the policy asks for
    pub declared_action: Action,
    /// why the two differ
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_reason: Option<String>,
    /// whether it counts
    pub status: Status,
    /// the id of the exception that covers it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// the pod that a controller would create violates, not the controller itself
    pub implied: bool,
    /// how bad it is
    pub severity: Severity,
    /// what is wrong, in the words of the policy
    pub message: String,
    /// how to mend it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// whose violation it is
    pub resource: Resource,
    /// the offending field, or its nearest present parent
    pub location: Location,
    /// further offending fields
    pub related: Vec<Location>,
    /// a link to the documentation of the rule, where there is one
    pub docs: Option<String>,
}

/// Something that could not be read or judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// the file; `None` where it is about the whole run
    pub file: Option<Arc<str>>,
    /// starts at 1; `None` where it is about the whole file
    pub line: Option<u32>,
    /// starts at 1, counts Unicode scalars
    pub column: Option<u32>,
    /// what is wrong
    pub message: String,
    /// how to mend it
    pub help: Option<String>,
    /// the name of the policy that is wrong, or that could not judge
    pub policy: Option<Arc<str>>,
    /// the source line, for renderers that show it; left out where it may hold a secret's data
    #[serde(skip)]
    pub marked: Option<Marked>,
}

impl Diagnostic {
    /// A diagnostic about the whole run.
    #[must_use]
    pub fn general(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            file: None,
            line: None,
            column: None,
            message,
            help: None,
            policy: None,
            marked: None,
        }
    }

    /// A diagnostic about a whole file.
    #[must_use]
    pub fn file(file: impl Into<Arc<str>>, message: impl Into<String>) -> Self {
        Self { file: Some(file.into()), ..Self::general(message) }
    }

    /// A diagnostic about a place.
    #[must_use]
    pub fn at(
        file: impl Into<Arc<str>>,
        line: u32,
        column: u32,
        message: impl Into<String>,
    ) -> Self {
        Self { line: Some(line), column: Some(column), ..Self::file(file, message) }
    }

    /// The same with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A document that was not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// the file
    pub file: Arc<str>,
    /// where the document begins; starts at 1
    pub line: u32,
    /// why
    pub reason: String,
}

/// What a loaded policy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyStatus {
    /// it denies
    Enforced,
    /// it warns or records
    Audited,
    /// it is switched off
    Off,
    /// it does not compile
    NotCompiled,
    /// no dialect here reads it
    Unsupported,
}

impl PolicyStatus {
    /// The word for the status.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforced => "enforced",
            Self::Audited => "audited",
            Self::Off => "off",
            Self::NotCompiled => "not-compiled",
            Self::Unsupported => "unsupported",
        }
    }
}

/// A loaded policy and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyState {
    /// `ORIGIN/DIALECT/KIND/NAME`
    pub id: String,
    /// `sha256:` and the digest of its content
    pub digest: String,
    /// what it does
    pub status: PolicyStatus,
    /// why, where that is not plain
    pub reason: Option<String>,
}

/// The counts of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// files that were read
    pub files: usize,
    /// kinds of a cluster that were listed; none where files were read
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kinds: Option<usize>,
    /// Kubernetes objects, `List` items one by one
    pub objects: usize,
    /// active findings that deny
    pub deny: usize,
    /// active findings that warn
    pub warn: usize,
    /// active findings that are recorded
    pub audit: usize,
    /// documents that were not judged
    pub skipped: usize,
    /// what could not be read or judged
    pub errors: usize,
    /// findings that an exception covers
    pub excepted: usize,
    /// findings that the baseline knows
    pub baselined: usize,
    /// wall-clock time of the run in seconds
    pub seconds: f64,
}

/// What a verdict was given on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Basis {
    /// `sha256:` and the digest of the policy set
    pub policy_set: String,
    /// the sequence number of the policy set; 0 for one given by path
    pub sequence: u64,
    /// the version of the engine
    pub engine_version: String,
    /// what was judged for
    pub target: TargetBasis,
    /// what else was known
    pub inventory: InventoryBasis,
    /// the time used for expiry, RFC 3339
    pub time: String,
    /// the settings file whose defaults were in force
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<String>,
}

/// What was judged for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetBasis {
    /// the target's id, where it has one
    pub id: Option<String>,
    /// the target's labels
    pub labels: BTreeMap<String, String>,
    /// `v1.37`
    pub kubernetes_version: String,
    /// nobody gave the version: the newest known is assumed
    pub kubernetes_version_assumed: bool,
}

/// What else was known when the verdict was given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InventoryBasis {
    /// identifies the content of the inventory
    pub revision: String,
    /// whether it holds everything that exists; files never do
    pub complete: bool,
    /// seconds since it was filled, where it comes from watches
    pub age_seconds: Option<u64>,
}

/// Everything one run of a checkpoint has to say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// the version of this format: 1
    #[serde(serialize_with = "format_version")]
    pub version: (),
    /// the counts
    pub summary: Summary,
    /// what it was judged on
    pub basis: Basis,
    /// every loaded policy
    pub policies: Vec<PolicyState>,
    /// every violation, in reading order
    pub findings: Vec<Finding>,
    /// every document that was not judged
    pub skipped: Vec<Skipped>,
    /// everything that could not be read or judged
    pub errors: Vec<Diagnostic>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn format_version<S: Serializer>((): &(), serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(1)
}
