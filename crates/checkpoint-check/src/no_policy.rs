//! A run that no policy is in force in judges nothing, whatever its exit code would say.

use sekisho_engine::PolicySet;
use sekisho_manifest::Document;
use sekisho_report::Diagnostic;
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
