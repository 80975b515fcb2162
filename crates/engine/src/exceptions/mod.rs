//! Exceptions: one model for every dialect. An excepted finding stays, with its exception's id;
//! an expired exception never applies.

mod read;

pub(crate) use read::{GROUP, KIND, read};

/// Whether objects of a kind are exceptions.
#[must_use]
pub fn is_exception(group: &str, kind: &str) -> bool {
    group == GROUP && kind == KIND
}

use crate::Subject;
use jiff::Timestamp;
use sekisho_policy::{Pattern, PolicyId, Target};
use sekisho_report::Resource;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

/// Permission to violate rules, for a reason and a time.
#[derive(Debug)]
pub struct Exception {
    /// what findings name it by: the `metadata.name` of its document
    pub id: String,
    /// the policy's id, its own name or the one people know it by, or its dialect
    pub policy: Pattern,
    /// the rules; empty for all of the policy
    pub rules: Vec<Pattern>,
    /// labels of the target, all of which must be there; empty for any target
    pub target: BTreeMap<String, String>,
    /// kinds of the object, or of the owner that it counts to; empty for all
    pub kinds: Vec<Pattern>,
    /// namespaces; empty for all
    pub namespaces: Vec<Pattern>,
    /// names of the object, or of the owner that it counts to; empty for all
    pub names: Vec<Pattern>,
    /// containers: applies only where every offending container is among them; empty for no limit
    pub containers: Vec<Pattern>,
    /// why
    pub reason: String,
    /// where it is tracked
    pub ticket: Option<String>,
    /// who asked
    pub requested_by: Option<String>,
    /// who agreed
    pub approved_by: Option<String>,
    /// from when it applies
    pub not_before: Option<Timestamp>,
    /// until when it applies
    pub not_after: Timestamp,
    used: AtomicBool,
}

/// Where an exception stands in its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// it does not apply yet
    Pending,
    /// it applies
    Current,
    /// it does not apply any more
    Expired,
}

impl Exception {
    /// Where the exception stands at a time. The last instant is within.
    #[must_use]
    pub fn period(&self, now: Timestamp) -> Period {
        if now > self.not_after {
            Period::Expired
        } else if self.not_before.is_some_and(|from| now < from) {
            Period::Pending
        } else {
            Period::Current
        }
    }

    /// Whether a finding was covered by it since the policy set was built.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    fn covers(&self, finding: &Candidate<'_>, target: &Target) -> bool {
        let any = |patterns: &[Pattern], names: &[&str]| {
            patterns.is_empty() || patterns.iter().any(|p| names.iter().any(|name| p.matches(name)))
        };
        let id = finding.policy_id;
        let policy = [id.as_str(), finding.policy, id.name(), id.dialect()];
        let containers = self.containers.is_empty()
            || (finding.containers)()
                .is_some_and(|names| names.iter().all(|name| any(&self.containers, &[name])));
        policy.iter().any(|name| self.policy.matches(name))
            && any(&self.rules, &[finding.rule])
            && self.target.iter().all(|(key, value)| target.labels.get(key) == Some(value))
            && any(&self.kinds, &[&finding.resource.kind, &finding.subject.kind])
            && any(&self.namespaces, &[finding.resource.namespace.as_deref().unwrap_or_default()])
            && any(&self.names, &[&finding.resource.name, &finding.subject.name])
            && containers
    }
}

/// A finding that an exception may cover.
pub(crate) struct Candidate<'a> {
    pub(crate) policy_id: &'a PolicyId,
    pub(crate) policy: &'a str,
    pub(crate) rule: &'a str,
    pub(crate) subject: &'a Subject,
    pub(crate) resource: &'a Resource,
    /// gives the offending containers; `None` where an offending field stands outside of them
    pub(crate) containers: &'a dyn Fn() -> Option<Vec<&'a str>>,
}

/// What became of an exception in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionUse {
    /// it covered a finding, or is not yet to apply
    InOrder,
    /// its time is over
    Expired,
    /// it covered nothing
    Unused,
}

/// All exceptions of a policy set, found by a name or a namespace that they are limited to. Names
/// come first: there are more of them.
#[derive(Debug, Default)]
pub(crate) struct Exceptions {
    all: Vec<Exception>,
    by_namespace: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    /// those that neither namespaces nor names in plain words limit
    wide: Vec<usize>,
}

impl Exceptions {
    /// Indexes exceptions, which keep their order.
    pub(crate) fn new(all: Vec<Exception>) -> Self {
        let mut exceptions = Self::default();
        for (number, exception) in all.iter().enumerate() {
            let (index, names) = match (literals(&exception.names), literals(&exception.namespaces))
            {
                (Some(names), _) => (&mut exceptions.by_name, names),
                (None, Some(namespaces)) => (&mut exceptions.by_namespace, namespaces),
                (None, None) => {
                    exceptions.wide.push(number);
                    continue;
                }
            };
            for name in names {
                index.entry(name.to_owned()).or_default().push(number);
            }
        }
        Self { all, ..exceptions }
    }

    /// All of them in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Exception> {
        self.all.iter()
    }

    /// The id of the first exception that covers a finding. All that cover it count as used.
    pub(crate) fn find(
        &self,
        finding: &Candidate<'_>,
        target: &Target,
        now: Timestamp,
    ) -> Option<String> {
        if self.all.is_empty() {
            return None;
        }
        let namespace = finding.resource.namespace.as_deref().unwrap_or_default();
        let lists = [
            self.by_namespace.get(namespace),
            self.by_name.get(&finding.resource.name),
            self.by_name.get(&finding.subject.name),
            Some(&self.wide),
        ];
        let mut first: Option<(usize, &Exception)> = None;
        for number in lists.into_iter().flatten().flatten() {
            let Some(exception) = self.all.get(*number) else { continue };
            if exception.period(now) == Period::Current && exception.covers(finding, target) {
                exception.used.store(true, Ordering::Relaxed);
                if first.is_none_or(|(before, _)| *number < before) {
                    first = Some((*number, exception));
                }
            }
        }
        first.map(|(_, exception)| exception.id.clone())
    }
}

/// The names of a limit that consists of names without `*`; `None` for no limit.
fn literals(patterns: &[Pattern]) -> Option<Vec<&str>> {
    let names: Option<Vec<&str>> = patterns.iter().map(Pattern::literal).collect();
    names.filter(|names| !names.is_empty())
}
