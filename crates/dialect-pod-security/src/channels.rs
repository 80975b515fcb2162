//! What a namespace asks for: a level each to enforce, to audit and to warn by.
//!
//! Source of the rules: `PolicyToEvaluate` in `api/helpers.go` of k8s.io/pod-security-admission.

use crate::level::{Level, LevelVersion, Version};
use crate::wording::go_quoted;
use sekisho_value::{Map, Pointer, Str, Value};
use std::fmt;

/// What stands before the labels' and the audit annotations' names.
pub(crate) const PREFIX: &str = "pod-security.kubernetes.io/";

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";
const ENFORCE_VERSION: &str = "pod-security.kubernetes.io/enforce-version";
const AUDIT: &str = "pod-security.kubernetes.io/audit";
const AUDIT_VERSION: &str = "pod-security.kubernetes.io/audit-version";
const WARN: &str = "pod-security.kubernetes.io/warn";
const WARN_VERSION: &str = "pod-security.kubernetes.io/warn-version";

/// The three channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Channels {
    /// pods that violate it are refused
    pub(crate) enforce: LevelVersion,
    /// violations are recorded
    pub(crate) audit: LevelVersion,
    /// whoever sends the object is told
    pub(crate) warn: LevelVersion,
}

/// A label whose value is no level or no version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LabelError {
    label: &'static str,
    value: Str,
    expected: &'static str,
}

impl LabelError {
    /// The pointer to the label in the namespace.
    pub(crate) fn pointer(&self) -> Pointer {
        Pointer::root().keys(&["metadata", "labels", self.label])
    }
}

impl fmt::Display for LabelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, value, expected } = self;
        write!(f, "metadata.labels[{label}]: Invalid value: {}: {expected}", go_quoted(value))
    }
}

/// Several errors as Kubernetes joins them: `[a, b]`, or just `a`.
pub(crate) fn aggregate(errors: &[String]) -> String {
    match errors {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

impl Channels {
    /// Whether none of them forbids anything.
    pub(crate) fn is_privileged(&self) -> bool {
        [self.enforce, self.audit, self.warn].iter().all(|c| c.level == Level::Privileged)
    }

    /// Whether both ask for the same.
    pub(crate) fn is_equivalent(&self, other: &Self) -> bool {
        self.enforce.is_equivalent(other.enforce)
            && self.audit.is_equivalent(other.audit)
            && self.warn.is_equivalent(other.warn)
    }

    /// What a namespace's labels ask for, on top of the defaults; with it what is wrong with the
    /// labels.
    ///
    /// What cannot be read fails closed for `enforce` and open for the others: the version then
    /// is `latest`, the level `restricted` or `privileged`.
    pub(crate) fn of_labels(labels: Option<&Map>, defaults: Self) -> (Self, Vec<LabelError>) {
        let mut channels = defaults;
        let mut labels = Labels { labels, errors: Vec::new() };
        let enforce = labels.level(ENFORCE);
        if let Some(level) = enforce {
            channels.enforce.level = level.unwrap_or(Level::Restricted);
        }
        labels.version(ENFORCE_VERSION, &mut channels.enforce.version);
        if let Some(level) = labels.level(AUDIT) {
            channels.audit.level = level.unwrap_or(Level::Privileged);
        }
        labels.version(AUDIT_VERSION, &mut channels.audit.version);
        let warn = labels.level(WARN);
        if let Some(level) = warn {
            channels.warn.level = level.unwrap_or(Level::Privileged);
        }
        let has_warn_version = labels.version(WARN_VERSION, &mut channels.warn.version);
        // A namespace that enforces more than is warned of by default is warned of as much.
        if let (Some(Some(level)), None) = (enforce, warn)
            && level > channels.warn.level
        {
            channels.warn.level = level;
            if !has_warn_version {
                channels.warn.version = channels.enforce.version;
            }
        }
        (channels, labels.errors)
    }

    /// The channels that labels set to something, as upstream shows them where they will be
    /// ignored: `enforce=baseline:latest, warn=restricted:latest`.
    pub(crate) fn set_by_labels(&self, labels: Option<&Map>) -> String {
        let has = |key: &str| labels.is_some_and(|labels| labels.contains_key(key));
        [
            ("enforce", self.enforce, [ENFORCE, ENFORCE_VERSION]),
            ("audit", self.audit, [AUDIT, AUDIT_VERSION]),
            ("warn", self.warn, [WARN, WARN_VERSION]),
        ]
        .into_iter()
        .filter(|(_, wanted, keys)| {
            wanted.level != Level::Privileged && keys.iter().any(|key| has(key))
        })
        .map(|(name, wanted, _)| format!("{name}={wanted}"))
        .collect::<Vec<_>>()
        .join(", ")
    }
}

struct Labels<'a> {
    labels: Option<&'a Map>,
    errors: Vec<LabelError>,
}

impl Labels<'_> {
    /// The level that a label names: `None` where there is no such label, `Some(None)` where its
    /// value is no level.
    fn level(&mut self, label: &'static str) -> Option<Option<Level>> {
        let value = self.labels?.get(label)?;
        let level = value.as_str().and_then(Level::parse);
        if level.is_none() {
            self.error(label, value, Level::EXPECTED);
        }
        Some(level)
    }

    /// Reads a version where there is such a label; says whether there is.
    fn version(&mut self, label: &'static str, version: &mut Version) -> bool {
        let Some(value) = self.labels.and_then(|labels| labels.get(label)) else {
            return false;
        };
        let read = value.as_str().and_then(Version::parse);
        if read.is_none() {
            self.error(label, value, Version::EXPECTED);
        }
        *version = read.unwrap_or(Version::Latest);
        true
    }

    fn error(&mut self, label: &'static str, value: &Value, expected: &'static str) {
        let value = match value {
            Value::String(text) => text.clone(),
            other => Str::new(other.to_json()),
        };
        self.errors.push(LabelError { label, value, expected });
    }
}

#[cfg(test)]
mod tests;
