//! What an ApplyConfiguration makes of an object: it is held against the schema, may replace
//! nothing as a whole, and is merged.
//!
//! Source of the rules: `ApplyStructuredMergeDiff` in `pkg/admission/plugin/policy/mutating/patch`
//! of `k8s.io/apiserver`, and `typed` of `sigs.k8s.io/structured-merge-diff`, whose words these
//! are.

use super::go_text;
use super::structure::{Place, Sort};
use sekisho_cel::kubernetes::{Configuration, Foreign};
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_policy::{Budget, BudgetExceeded};
use sekisho_value::{Map, Value};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Why a configuration cannot be applied.
#[derive(Debug)]
pub(super) enum Unapplied {
    /// the configuration or the object is at fault, in the words of the API server
    Refused(String),
    /// the schema of the kind is not known
    UnknownKind,
    Budget(BudgetExceeded),
}

impl From<BudgetExceeded> for Unapplied {
    fn from(exceeded: BudgetExceeded) -> Self {
        Self::Budget(exceeded)
    }
}

/// An object with a configuration applied.
pub(super) fn apply(
    schemas: &Schemas,
    gvk: &Gvk,
    object: &Value,
    mut configuration: Configuration,
    budget: &Budget<'_>,
) -> Result<Value, Unapplied> {
    let place = Place::of(schemas, gvk).ok_or(Unapplied::UnknownKind)?;
    if let Some(fields) = configuration.fields.as_object_mut() {
        fields.insert("apiVersion", gvk.api_version());
        fields.insert("kind", gvk.kind.clone());
    }
    let refused = |words: String| Unapplied::Refused(format!("error applying patch: {words}"));
    let made = &configuration;
    let check = |value: &Value, what: &str, duplicates: bool| {
        let made = (!duplicates).then_some(made);
        let mut checks = Checks { wrong: Vec::new(), duplicates, made, budget };
        checks.value(place, value, "")?;
        match told(checks.wrong) {
            None => Ok(()),
            Some(wrong) => {
                Err(refused(format!("failed to convert {what} object to typed object: {wrong}")))
            }
        }
    };
    check(&configuration.fields, "patch", false)?;
    let mut atomic = Vec::new();
    find_atomic(place, &configuration.fields, "", &mut atomic);
    if !atomic.is_empty() {
        let places = atomic.join(", ");
        return Err(refused(format!(
            "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: {places}"
        )));
    }
    check(object, "original", true)?;
    let merged = merge(place, Some(object), Some(&configuration.fields), budget)?;
    Ok(merged.unwrap_or(Value::Null))
}

/// Errors as one text.
fn told(mut wrong: Vec<String>) -> Option<String> {
    match wrong.len() {
        0 => None,
        1 => wrong.pop(),
        _ => {
            let lines: Vec<String> = wrong.into_iter().map(|one| format!("  {one}")).collect();
            Some(format!("errors:\n{}", lines.join("\n")))
        }
    }
}

/// Holds a value against the schema.
struct Checks<'a> {
    wrong: Vec<String>,
    /// items of a list may have the same key
    duplicates: bool,
    /// what the value was made of, where an expression made it
    made: Option<&'a Configuration>,
    budget: &'a Budget<'a>,
}

impl Checks<'_> {
    fn tell(&mut self, path: &str, words: &str) {
        let words = if path.is_empty() { words.to_owned() } else { format!("{path}: {words}") };
        self.wrong.push(words);
    }

    fn value(&mut self, place: Place<'_>, value: &Value, path: &str) -> Result<(), BudgetExceeded> {
        self.budget.step(1)?;
        let sort = place.sort();
        if let Value::String(text) = value
            && let Some(foreign) = self.made.and_then(|made| made.foreign(text))
        {
            let Foreign { plain, syntax } = foreign;
            let words = match sort {
                Sort::Any | Sort::Map => format!("expected map, got &{{{plain}}}"),
                Sort::List => format!("expected list, got &{{{plain}}}"),
                Sort::Bool => format!("expected boolean, got &{{{plain}}}"),
                Sort::Number => format!("expected numeric (int or float), got {plain}"),
                Sort::String => {
                    format!("expected string, got &value.valueUnstructured{{Value:{syntax}}}")
                }
            };
            self.tell(path, &words);
            return Ok(());
        }
        match (sort, value) {
            (_, Value::Null)
            | (Sort::Any, Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_))
            | (Sort::Bool, Value::Bool(_))
            | (Sort::Number, Value::Number(_))
            | (Sort::String, Value::String(_)) => {}
            (Sort::Any | Sort::Map, Value::Object(fields)) => {
                for (key, value) in fields.iter() {
                    let path = format!("{path}.{key}");
                    self.budget.allocate(path.len() as u64)?;
                    match place.key(key) {
                        Some(place) => self.value(place, value, &path)?,
                        // An API server that is newer than the schemas knows what it sends.
                        None if self.made.is_none() => {}
                        None => {
                            self.tell(&path, "field not declared in schema");
                            break;
                        }
                    }
                }
            }
            (Sort::List, Value::Array(items)) => self.items(place, items, path)?,
            (Sort::Map, _) => {
                self.tell(path, &format!("expected map, got &{{{}}}", go_text::plain(value)));
            }
            (Sort::List, _) => {
                self.tell(path, &format!("expected list, got &{{{}}}", go_text::plain(value)));
            }
            (Sort::Bool, _) => {
                self.tell(path, &format!("expected boolean, got &{{{}}}", go_text::plain(value)));
            }
            (Sort::Number, _) => {
                let found = go_text::type_name(value);
                self.tell(path, &format!("expected numeric (int or float), got {found}"));
            }
            (Sort::String, _) => {
                let found = go_text::syntax(value);
                let words =
                    format!("expected string, got &value.valueUnstructured{{Value:{found}}}");
                self.tell(path, &words);
            }
        }
        Ok(())
    }

    fn items(
        &mut self,
        place: Place<'_>,
        items: &[Value],
        path: &str,
    ) -> Result<(), BudgetExceeded> {
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let step = if place.is_atomic_list() {
                format!("[{index}]")
            } else {
                let identity = match place.identity(item) {
                    Ok(identity) => identity,
                    Err(why) => {
                        self.tell(path, &format!("element {index}: {why}"));
                        return Ok(());
                    }
                };
                let step = element(&identity);
                let is_new = seen.insert(identity.to_json());
                if !is_new && !self.duplicates {
                    self.tell(path, &format!("duplicate entries for key {step}"));
                }
                step
            };
            self.value(place.item(), item, &format!("{path}{step}"))?;
        }
        Ok(())
    }
}

/// An item by what tells it apart: `[name="web"]`, `[="value"]`.
fn element(identity: &Value) -> String {
    match identity {
        Value::Object(keys) => {
            let keys: Vec<String> =
                keys.iter().map(|(key, value)| format!("{key}={}", value.to_json())).collect();
            format!("[{}]", keys.join(","))
        }
        value => format!("[={}]", value.to_json()),
    }
}

/// What of a configuration would replace something as a whole.
fn find_atomic(place: Place<'_>, value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) if matches!(place.sort(), Sort::Map | Sort::Any) => {
            if place.is_atomic_map() {
                found.push(path.to_owned());
            }
            for (key, value) in fields.iter().filter(|(key, _)| place.names(key)) {
                if let Some(place) = place.key(key) {
                    find_atomic(place, value, &format!("{path}.{key}"), found);
                }
            }
        }
        Value::Array(items) if matches!(place.sort(), Sort::List | Sort::Any) => {
            if place.is_atomic_list() {
                found.push(path.to_owned());
            }
            for (index, item) in items.iter().enumerate() {
                find_atomic(place.item(), item, &format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}

/// Two values of a place made one; the right one counts where they differ.
fn merge(
    place: Place<'_>,
    left: Option<&Value>,
    right: Option<&Value>,
    budget: &Budget<'_>,
) -> Result<Option<Value>, Unapplied> {
    budget.step(1)?;
    let (Some(left), Some(right)) = (left, right) else {
        return Ok(right.or(left).cloned());
    };
    match (left, right) {
        (Value::Object(left), Value::Object(right)) if !place.is_atomic_map() => {
            merge_maps(place, left, right, budget)
        }
        // Nothing, given for a map or a list that holds something, changes nothing.
        (Value::Object(fields), Value::Null) if !fields.is_empty() && !place.is_atomic_map() => {
            Ok(Some(left.clone()))
        }
        (Value::Array(items), Value::Null) if !items.is_empty() && !place.is_atomic_list() => {
            Ok(Some(left.clone()))
        }
        (Value::Array(left), Value::Array(right)) if !place.is_atomic_list() => {
            merge_lists(place, left, right, budget)
        }
        _ => Ok(Some(right.clone())),
    }
}

fn merge_maps(
    place: Place<'_>,
    left: &Map,
    right: &Map,
    budget: &Budget<'_>,
) -> Result<Option<Value>, Unapplied> {
    let mut merged = left.clone();
    for (key, value) in right.iter() {
        let place = place.key(key).ok_or_else(|| {
            Unapplied::Refused(format!(
                "failed to merge patch: .{key}: field not declared in schema"
            ))
        })?;
        if let Some(value) = merge(place, left.get(key), Some(value), budget)? {
            merged.insert(key.clone(), value);
        }
    }
    Ok(Some(Value::Object(merged)))
}

/// The items of a list with their identities, by which each is found.
struct Items<'v> {
    identities: Vec<String>,
    by_identity: BTreeMap<String, Option<&'v Value>>,
}

impl<'v> Items<'v> {
    fn of(place: Place<'_>, items: &'v [Value]) -> Result<Self, Unapplied> {
        let mut indexed = Self { identities: Vec::new(), by_identity: BTreeMap::new() };
        for (index, item) in items.iter().enumerate() {
            let identity = place.identity(item).map_err(|why| {
                Unapplied::Refused(format!("failed to merge patch: element {index}: {why}"))
            })?;
            let identity = identity.to_json();
            match indexed.by_identity.entry(identity.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert(Some(item));
                }
                // Of items that stand twice none is merged.
                Entry::Occupied(mut entry) => {
                    entry.insert(None);
                }
            }
            indexed.identities.push(identity);
        }
        Ok(indexed)
    }

    fn has(&self, identity: &str) -> bool {
        self.by_identity.contains_key(identity)
    }

    fn get(&self, identity: &str) -> Option<&'v Value> {
        self.by_identity.get(identity).copied().flatten()
    }
}

/// Items of both lists, told apart by their keys. The order is that of the right list, into which
/// the items that the left one alone has are put where they stood.
fn merge_lists(
    place: Place<'_>,
    left: &[Value],
    right: &[Value],
    budget: &Budget<'_>,
) -> Result<Option<Value>, Unapplied> {
    let (of_left, of_right) = (Items::of(place, left)?, Items::of(place, right)?);
    let (lefts, rights) = (&of_left.identities, &of_right.identities);
    let mut shared = rights.iter().filter(|identity| of_left.has(identity));
    let mut next_shared = shared.next();
    let mut merged: Vec<Value> = Vec::new();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let (mut l, mut r) = (0, 0);
    while l < lefts.len() || r < rights.len() {
        budget.step(1)?;
        if let (Some(this), Some(that)) = (lefts.get(l), rights.get(r)) {
            if this == that {
                done.insert(that);
                merged.extend(merge(place.item(), of_left.get(this), of_right.get(that), budget)?);
                (l, r) = (l + 1, r + 1);
                next_shared = shared.next();
                continue;
            }
            if of_right.has(this) && next_shared.is_some_and(|next| next != this) {
                // It comes in another round.
                l += 1;
                continue;
            }
        }
        if let (Some(this), Some(item)) = (lefts.get(l), left.get(l)) {
            if !of_right.has(this) {
                merged.push(item.clone());
                l += 1;
                continue;
            }
            if done.contains(this.as_str()) {
                l += 1;
            }
        }
        if let Some(that) = rights.get(r) {
            done.insert(that);
            merged.extend(merge(place.item(), of_left.get(that), of_right.get(that), budget)?);
            r += 1;
            if next_shared == Some(that) {
                next_shared = shared.next();
            }
        }
    }
    Ok(Some(Value::from(merged)))
}
