//! A run that no policy is in force in judges nothing, whatever its exit code would say.

use sekisho_engine::PolicySet;
use sekisho_manifest::Document;
use sekisho_report::{Diagnostic, PolicyState, PolicyStatus};
use std::collections::BTreeMap;

/// How many kinds a message names.
const MOST_KINDS: usize = 5;

/// The error of a set that has no policy, with what its files hold instead.
pub(crate) fn error(set: &PolicySet, now: jiff::Timestamp) -> Option<Diagnostic> {
    if !set.is_empty() {
        return None;
    }
    if set.mutates() {
        let message = "no policy is in force: the files given hold policies that mutate, and none \
                       that judges";
        let help = "`sekisho mutate` shows what they make of the manifests";
        return Some(Diagnostic::general(message).with_help(help));
    }
    if let Some(error) = all_off(set) {
        return Some(error);
    }
    let exceptions = set.exception_uses(now).map(|(_, document, _)| document);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for kind in set.objects().iter().chain(exceptions).map(Document::kind) {
        *kinds.entry(kind).or_default() += 1;
    }
    let named =
        kinds.iter().take(MOST_KINDS).map(|(kind, count)| format!("{count} of kind `{kind}`"));
    let mut found: Vec<String> = named.collect();
    if kinds.len() > MOST_KINDS {
        found.push("others".to_owned());
    }
    let found = match found.as_slice() {
        [] => "no document".to_owned(),
        [one] => format!("no policy, but {one}"),
        [others @ .., last] => format!("no policy, but {} and {last}", others.join(", ")),
    };
    let message = format!("no policy is in force: the files given hold {found}");
    let help = "policies that are given replace the default ones: give a policy, or \
                `--pod-security LEVEL` besides";
    Some(Diagnostic::general(message).with_help(help))
}

/// What of a set does nothing, and why: the first, and how many more.
pub(crate) fn off(set: &PolicySet) -> Option<String> {
    let is_off = |state: &&PolicyState| state.status == PolicyStatus::Off;
    let off: Vec<String> = set.states().iter().filter(is_off).map(told).collect();
    let (first, others) = off.split_first()?;
    Some(match others.len() {
        0 => first.clone(),
        count => format!("{first} (and {count} more)"),
    })
}

/// The error of a set whose policies are there, and do nothing.
fn all_off(set: &PolicySet) -> Option<Diagnostic> {
    let message = format!("no policy is in force: {}", off(set)?);
    let help = match set.states().iter().all(|state| state.id.contains("AdmissionPolicy/")) {
        true => "an admission policy judges by its bindings: give them besides",
        false => "a template of Gatekeeper judges by its constraints: give them besides",
    };
    Some(Diagnostic::general(message).with_help(help))
}

/// `ORIGIN/DIALECT/KIND/NAME`, and why it does nothing.
fn told(state: &PolicyState) -> String {
    let mut parts = state.id.splitn(4, '/').skip(2);
    let (kind, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let reason = state.reason.as_deref().unwrap_or("it is off");
    format!("{kind} `{name}` does nothing: {reason}")
}
