//! Packs: what to judge by, under one name.

use crate::library::{LIBRARY, Library, PACKS};
use sekisho_policy::{Action, BundleFile};
use sekisho_value::Value;
use std::collections::BTreeMap;

/// The first part of the ids of policies that come with Sekisho.
pub const ORIGIN: &str = "sekisho";

/// Constraints, and what is done about their violations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// as in `--pack NAME`
    pub name: String,
    /// one line about it
    pub about: String,
    /// the names of policies, and what is done about their violations
    pub constraints: BTreeMap<String, Action>,
}

/// The packs, in the order in which they are documented.
#[must_use]
pub fn packs() -> Vec<Pack> {
    let value = sekisho_manifest::read_value(PACKS).unwrap_or_default();
    let packs = value.get("packs").and_then(Value::as_array).unwrap_or_default();
    packs.iter().map(pack).collect()
}

fn pack(value: &Value) -> Pack {
    let text = |key| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let constraints = value.get("constraints").and_then(Value::as_object);
    let actions = constraints.into_iter().flat_map(|constraints| constraints.iter());
    let constraints = actions
        .filter_map(|(name, action)| Some((name.to_string(), Action::parse(action.as_str()?)?)));
    Pack { name: text("name"), about: text("about"), constraints: constraints.collect() }
}

/// The files of packs: the templates of all policies, for constraints of the user's own, and the
/// constraints of the packs. What stands in several packs has the strongest of their actions.
#[must_use]
pub fn bundle_files(packs: &[Pack]) -> Vec<BundleFile> {
    let mut actions: BTreeMap<&str, Action> = BTreeMap::new();
    for (name, action) in packs.iter().flat_map(|pack| &pack.constraints) {
        let strongest = actions.entry(name).or_insert(*action);
        *strongest = (*strongest).max(*action);
    }
    let mut files = Vec::with_capacity(2 * LIBRARY.len());
    for policy in LIBRARY {
        files.push(file(policy, "template", policy.template.to_owned()));
        if let Some(action) = actions.get(policy.name) {
            files.push(file(policy, "constraint", with_action(policy.constraint, *action)));
        }
    }
    files
}

/// How the paths of those files begin, and whose they are: for the bundle's manifest.
#[must_use]
pub fn origin() -> (String, String) {
    (format!("{ORIGIN}:"), ORIGIN.to_owned())
}

fn file(policy: &Library, part: &str, text: String) -> BundleFile {
    let path = format!("{ORIGIN}:{}/{part}.yaml", policy.name);
    BundleFile { path: path.into(), bytes: text.into_bytes().into() }
}

/// A constraint with another action: the one line that says it is replaced.
fn with_action(constraint: &str, action: Action) -> String {
    let word = match action {
        Action::Deny => "deny",
        Action::Warn => "warn",
        Action::Audit | Action::Off => "dryrun",
    };
    let mut text = String::with_capacity(constraint.len());
    for line in constraint.lines() {
        match line.strip_prefix(ACTION) {
            Some(_) => text.extend([ACTION, word]),
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// How the line begins that says what is done about violations.
const ACTION: &str = "  enforcementAction: ";
