//! Mutators that take one place for different things.
//!
//! A location implies what its steps are: in `spec.containers[name: main].image`, `containers` is
//! a list. Where two mutators of one kind and operation imply different things of one place, both
//! are out of force.
//!
//! Source of the rules: `pkg/mutation/schema` of Gatekeeper v3.23.

use super::mutator::Mutator;
use super::path::Node;
use super::setter::Setter;
use sekisho_value::Str;
use std::collections::{BTreeMap, BTreeSet};

/// What a location implies of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Implied {
    Object,
    List,
    /// a list of values that stand once each
    Set,
    String,
    /// anything: it is in nobody's way
    Unknown,
}

/// The numbers of mutators.
type Numbers = BTreeSet<usize>;

/// A place: the mutators that lead there, those that forbid others to go on from there, and the
/// places below by name and by what is implied of them.
#[derive(Debug, Default)]
struct Place {
    led_to_by: Numbers,
    ends_at: Numbers,
    below: BTreeMap<Str, BTreeMap<Implied, Place>>,
}

/// One kind in one version, and whether it is created (or changed).
type Binding<'a> = (&'a str, &'a str, &'a str, bool);

/// For each mutator, by its number in the list, the numbers of those that it is in conflict with.
pub(super) fn find(mutators: &[Mutator]) -> Vec<Numbers> {
    let mut roots: BTreeMap<Binding<'_>, Place> = BTreeMap::new();
    for (number, mutator) in mutators.iter().enumerate() {
        for binding in bindings(mutator) {
            let mut place = roots.entry(binding).or_default();
            place.led_to_by.insert(number);
            let nodes = mutator.path.nodes();
            for (step, node) in nodes.iter().enumerate() {
                let name = match node {
                    Node::Field(field) => field,
                    Node::Items(items) => &items.key,
                };
                let implied = match nodes.get(step + 1) {
                    Some(Node::Field(_)) => Implied::Object,
                    Some(Node::Items(_)) => Implied::List,
                    None => of_end(&mutator.setter),
                };
                let of_name = place.below.entry(name.clone()).or_default();
                place = of_name.entry(implied).or_default();
                place.led_to_by.insert(number);
            }
            if mutator.must_terminate() {
                place.ends_at.insert(number);
            }
        }
    }
    let mut found = vec![Numbers::new(); mutators.len()];
    let mut open: Vec<&Place> = roots.values().collect();
    while let Some(place) = open.pop() {
        for of_name in place.below.values() {
            let conflict = conflict(of_name);
            for number in &conflict {
                if let Some(with) = found.get_mut(*number) {
                    with.extend(conflict.iter().filter(|other| *other != number));
                }
            }
            open.extend(of_name.values());
        }
    }
    found
}

fn bindings(mutator: &Mutator) -> BTreeSet<Binding<'_>> {
    let mut bindings = BTreeSet::new();
    for one in mutator.apply_to.iter().flatten() {
        for group in &one.groups {
            for version in &one.versions {
                for kind in &one.kinds {
                    let operations = [(one.on_create, true), (one.on_update, false)];
                    for (_, creates) in operations.into_iter().filter(|(on, _)| *on) {
                        bindings.insert((group.as_str(), version.as_str(), kind.as_str(), creates));
                    }
                }
            }
        }
    }
    bindings
}

/// What a mutator takes the end of its location for.
fn of_end(setter: &Setter) -> Implied {
    match setter {
        Setter::Assign(_) => Implied::Unknown,
        Setter::ModifySet { .. } => Implied::Set,
        Setter::Image(_) => Implied::String,
    }
}

/// Those that do not agree on one name.
fn conflict(of_name: &BTreeMap<Implied, Place>) -> Numbers {
    let mut conflict = Numbers::new();
    let known = of_name.keys().filter(|implied| **implied != Implied::Unknown).count();
    for (implied, place) in of_name {
        let two_keys = *implied == Implied::List && place.below.len() > 1;
        if *implied != Implied::Unknown && (known > 1 || two_keys) {
            conflict.extend(&place.led_to_by);
        }
    }
    let ends = of_name.values().any(|place| !place.ends_at.is_empty());
    let goes_on = of_name.values().any(|place| !place.below.is_empty());
    if ends && goes_on {
        for place in of_name.values() {
            conflict.extend(&place.ends_at);
            let below = place.below.values().flat_map(BTreeMap::values);
            below.for_each(|below| conflict.extend(&below.led_to_by));
        }
    }
    conflict
}
