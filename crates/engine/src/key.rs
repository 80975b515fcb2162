use sekisho_policy::{Digest, PolicyId};

/// Whose finding it is: group, kind, namespace and name of the owner's root.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// the API group, empty for the core group
    pub group: String,
    /// the kind
    pub kind: String,
    /// empty for cluster-scoped objects
    pub namespace: String,
    /// the name, or the fixed part of a generated one
    pub name: String,
}

/// The key of a finding: 32 hexadecimal digits of a digest of what stays the same when a manifest
/// is reordered, reformatted, rolled out, or its images are bumped.
///
/// `loci` name the offending fields with list items by their map key; where there are none, the
/// message stands in for them.
#[must_use]
pub fn finding_key(
    policy: &PolicyId,
    rule: &str,
    subject: &Subject,
    loci: &[String],
    message: &str,
) -> String {
    let mut loci: Vec<&str> = loci.iter().map(String::as_str).collect();
    loci.sort_unstable();
    loci.dedup();
    let count = loci.len().to_string();
    let Subject { group, kind, namespace, name } = subject;
    let head = [policy.as_str(), rule, group, kind, namespace, name, &count];
    let message = loci.is_empty().then_some(message);
    let parts = head.into_iter().chain(message).chain(loci);
    Digest::of(parts.map(str::as_bytes)).short(32)
}
