//! The words that several renderers share.

use crate::model::{Action, Finding};
use std::borrow::Cow;

/// What is wrong, as a sentence. A finding about the pods of a controller says so; the message
/// itself stays the policy's.
pub(crate) fn sentence(finding: &Finding) -> Cow<'_, str> {
    if !finding.implied {
        return Cow::Borrowed(&finding.message);
    }
    let fate = match finding.action {
        Action::Deny => "refused",
        Action::Warn => "warned about",
        Action::Audit | Action::Off => "recorded",
    };
    let resource = &finding.resource;
    Cow::Owned(format!(
        "pods of {} {} would be {fate}: {}",
        resource.kind, resource.name, finding.message
    ))
}

/// `pod-security/hostNamespaces`: the rule's id, unique over all dialects.
pub(crate) fn qualified_rule(dialect: &str, rule: &str) -> String {
    if rule.strip_prefix(dialect).is_some_and(|rest| rest.starts_with('/')) {
        rule.to_owned()
    } else {
        format!("{dialect}/{rule}")
    }
}

/// `baseline:v1.37/hostNamespaces`: policy, binding where there is one, and rule, without
/// saying the same twice.
pub(crate) fn label(finding: &Finding) -> String {
    let mut label = finding.policy.clone();
    let binding = finding.binding.as_deref().unwrap_or_default();
    if !binding.is_empty() && binding != finding.policy {
        label.push('/');
        label.push_str(binding);
    }
    let rule = finding.rule.as_str();
    if rule.strip_prefix(finding.policy.as_str()).is_some_and(|rest| rest.starts_with('/')) {
        // `schema/unknown-field` of the policy `schema`
        label.push_str(rule.get(finding.policy.len()..).unwrap_or_default());
    } else if !rule.is_empty() && rule != finding.policy && rule != binding {
        label.push('/');
        label.push_str(rule);
    }
    label
}

/// The path as report formats want it: relative ones without a leading `./`, with `/` between
/// folders.
pub(crate) fn path(file: &str) -> Cow<'_, str> {
    let trimmed = file.trim_start_matches("./");
    let trimmed = if trimmed.is_empty() { file } else { trimmed };
    if cfg!(windows) && trimmed.contains('\\') {
        Cow::Owned(trimmed.replace('\\', "/"))
    } else {
        Cow::Borrowed(trimmed)
    }
}

/// What marks standard input as a file.
pub(crate) const STDIN: &str = "<stdin>";

/// `1 file`, `2 files`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
