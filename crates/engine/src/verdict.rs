use crate::{Subject, finding_key};
use sekisho_policy::{Action, Dialect, Manner, PolicyId, ReadSet, Severity};
use sekisho_report::{Finding, Location, Resource, Status};
use sekisho_value::{Pointer, Str, Value};
use std::ops::Range;
use std::sync::Arc;

/// What the policy set says of one request.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// the refusals, in policy order; none where the object is let through
    pub denials: Vec<Denial>,
    /// every violated rule, excepted ones included
    pub judgements: Vec<Judgement>,
    /// what the sender is told, in the words of the systems the policies come from
    pub warnings: Vec<String>,
    /// audit annotations: full key and value
    pub annotations: Vec<(String, String)>,
    /// what could not be judged: never a pass
    pub errors: Vec<VerdictError>,
    /// what could not be judged and is let through, since the policy asks for no more than to be
    /// told
    pub tolerated: Vec<VerdictError>,
    /// what the evaluation read beside the request, where that was recorded
    pub reads: ReadSet,
    /// the pods that dialects say would come of the object, which are told of already: what implied
    /// pods would be told is held against them, once, before anything else is made of the verdict
    pub expanded_pods: Vec<ExpandedPod>,
}

/// A pod that a dialect says would come of a controller, and what a verdict tells of it.
#[derive(Clone, Debug)]
pub struct ExpandedPod {
    /// its name
    pub name: Str,
    /// what stands before the messages
    pub prefix: Arc<str>,
    /// which of the verdict's judgements
    pub judgements: Range<usize>,
    /// which of the verdict's errors
    pub errors: Range<usize>,
}

impl Verdict {
    /// Whether everything was judged and nothing refuses.
    #[must_use]
    pub fn allowed(&self) -> bool {
        self.denials.is_empty() && self.errors.is_empty()
    }

    /// Whether nothing was found, and everything was judged.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.judgements.is_empty() && self.errors.is_empty() && self.tolerated.is_empty()
    }
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// the policy that refuses
    pub policy: PolicyId,
    /// the refusal as the system the policy comes from words it
    pub message: String,
    /// how it reaches a client
    pub manner: Manner,
    /// the violations that it is about, where its manner tells them
    pub causes: Vec<Cause>,
}

/// A violation behind a [`Denial`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// in the words of the policy
    pub message: String,
    /// the offending field, where it is one
    pub pointer: Option<Pointer>,
}

/// One violated rule, judged: a finding before it has a place in a file.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// the policy
    pub policy_id: PolicyId,
    /// the name people know
    pub policy: Arc<str>,
    /// the dialect
    pub dialect: &'static str,
    /// the constraint or binding
    pub binding: Option<Arc<str>>,
    /// the rule
    pub rule: Str,
    /// the parameter that it was found with, where one tells findings of the rule apart
    pub parameter: Option<Str>,
    /// what the checkpoint does about it
    pub action: Action,
    /// what the policy asks for
    pub declared_action: Action,
    /// why the two differ
    pub action_reason: Option<String>,
    /// active or excepted
    pub status: Status,
    /// the exception that covers it
    pub exception: Option<String>,
    /// it is the pod that the object would create that violates
    pub implied: bool,
    /// how bad it is
    pub severity: Severity,
    /// in the words of the policy
    pub message: String,
    /// how to mend it
    pub help: Option<Str>,
    /// the object that was sent
    pub resource: Arc<Resource>,
    /// what the finding is about across rollouts: the owner's root
    pub subject: Arc<Subject>,
    /// the offending fields within the object that was sent
    pub pointers: Vec<Pointer>,
    /// the names of these fields, with list items by their map key
    pub loci: Vec<String>,
    /// what the policy tells beside the message; null where nothing
    pub details: Value,
}

impl Judgement {
    /// The key of the finding that it is: a digest, worked out anew each time.
    #[must_use]
    pub fn key(&self) -> String {
        let Self { policy_id, rule, parameter, subject, loci, message, .. } = self;
        match parameter {
            Some(parameter) => {
                finding_key(policy_id, &format!("{rule} {parameter}"), subject, loci, message)
            }
            None => finding_key(policy_id, rule, subject, loci, message),
        }
    }

    /// The finding that it is; `place` tells where a field of the object stands.
    #[must_use]
    pub fn into_finding(
        self,
        dialects: &[&dyn Dialect],
        place: impl Fn(&Pointer) -> Location,
    ) -> Finding {
        let key = self.key();
        let mut places = self.pointers.iter().map(&place);
        let location = places.next().unwrap_or_else(|| place(&Pointer::root()));
        let related = places.collect();
        Finding {
            docs: docs(dialects, self.dialect, &self.rule),
            key,
            policy: self.policy.to_string(),
            policy_id: self.policy_id.as_str().to_owned(),
            binding: self.binding.map(|binding| binding.to_string()),
            dialect: self.dialect.to_owned(),
            rule: self.rule.to_string(),
            action: self.action,
            declared_action: self.declared_action,
            action_reason: self.action_reason,
            status: self.status,
            exception: self.exception,
            implied: self.implied,
            severity: self.severity,
            message: self.message,
            help: self.help.map(|help| help.to_string()),
            resource: Arc::unwrap_or_clone(self.resource),
            location,
            related,
        }
    }
}

/// Where a rule is documented.
fn docs(dialects: &[&dyn Dialect], dialect: &str, rule: &str) -> Option<String> {
    let dialect = dialects.iter().find(|known| known.name() == dialect)?;
    let rule = dialect.rules().iter().find(|known| known.id == rule)?;
    rule.references.first().map(|reference| reference.url.to_owned())
}

/// The sorts of [`VerdictError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// it cannot be told whether the policy is about the object
    Unmatched,
    /// the evaluation cost more than it may
    Budget,
    /// what the policy gave is not of the form that its system reads
    Malformed,
    /// the policy asked for external data that nobody gave
    Unanswered,
    /// anything else
    Failed,
}

/// Something that could not be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictError {
    /// what sort of error it is
    pub kind: ErrorKind,
    /// the policy that could not be evaluated; `None` where none could be
    pub policy: Option<PolicyId>,
    /// where in the object that was sent
    pub pointer: Pointer,
    /// what went wrong
    pub message: String,
    /// how to mend it
    pub help: Option<String>,
}
