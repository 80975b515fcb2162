use crate::Severity;

/// The documentation of one check: what `sekisho explain` prints.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// the id, as in findings: `hostNamespaces`
    pub id: &'static str,
    /// one line, as a heading
    pub title: &'static str,
    /// how bad a violation is
    pub severity: Severity,
    /// what is looked at, and since which version
    pub what: &'static str,
    /// why a violation is dangerous
    pub why: &'static str,
    /// a manifest that violates it
    pub example: &'static str,
    /// the manifest mended
    pub fix: &'static str,
    /// where the rule comes from, and guidance on it
    pub references: &'static [Reference],
}

/// A source or guidance.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// what it is: `Pod Security Standards: Baseline`
    pub title: &'static str,
    /// where it is
    pub url: &'static str,
}
