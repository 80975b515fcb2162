//! From an object's root along a location to what is written.
//!
//! Source of the rules: `pkg/mutation/mutators/core/mutation_function.go` of Gatekeeper v3.23.

use super::external::Placeholders;
use super::fault::MutateFault;
use super::path::{Items, Node, Path};
use super::path_tests::PathTests;
use super::setter::{Set, Setter};
use sekisho_policy::Budget;
use sekisho_value::{Map, Pointer, Value};

/// One application of a mutator to an object.
pub(super) struct Walk<'a> {
    pub(super) path: &'a Path,
    pub(super) tests: &'a PathTests,
    pub(super) setter: &'a Setter,
    /// the value of a setter that assigns
    pub(super) assigned: Value,
    pub(super) placeholders: &'a mut Placeholders,
    pub(super) budget: &'a Budget<'a>,
    /// where the walk is
    pub(super) at: Pointer,
}

/// What became of a part: `None` where it stays as it is.
type Changed = Result<Option<Value>, MutateFault>;

impl Walk<'_> {
    /// Writes into an object.
    pub(super) fn apply(&mut self, object: &Value) -> Changed {
        self.step(object, 0)
    }

    fn step(&mut self, current: &Value, step: usize) -> Changed {
        self.budget.step(1)?;
        // The path outlives the walk's own changes.
        let path = self.path;
        match path.nodes().get(step) {
            Some(Node::Field(field)) => self.field(current, field, step),
            Some(Node::Items(items)) => self.items(current, items, step),
            None => Ok(None),
        }
    }

    fn is_last(&self, step: usize) -> bool {
        step + 1 == self.path.nodes().len()
    }

    fn wrong(&self, message: String) -> MutateFault {
        MutateFault::Shape { pointer: self.at.clone(), message }
    }

    /// What stands here is not what the location goes on with.
    fn mismatch(&self, wanted: &str, found: &Value) -> MutateFault {
        let found = match self.placeholders.key(found) {
            Some(_) => "string".to_owned(),
            None => found.kind().to_string(),
        };
        self.wrong(format!("the location `{}` wants {wanted} here, found {found}", self.path))
    }

    fn field(&mut self, current: &Value, field: &str, step: usize) -> Changed {
        let Value::Object(map) = current else {
            return Err(self.mismatch("an object", current));
        };
        let old = map.get(field);
        if !self.tests.hold(step, old.is_some()) {
            return Ok(None);
        }
        self.at.push_key(field);
        let new = if self.is_last(step) {
            self.budget.step(self.setter.cost(old))?;
            match self.setter.set(old, &self.assigned, self.placeholders) {
                Set::Same => None,
                // The parents were made all the same.
                Set::Absent => {
                    self.at.pop();
                    return Ok(Some(current.clone()));
                }
                Set::Wrong(message) => return Err(self.wrong(message)),
                Set::To(new) => {
                    self.budget.allocate(weight(&new))?;
                    Some(new)
                }
            }
        } else {
            match old {
                Some(old) => self.step(old, step + 1)?,
                None => {
                    let made = self.made(step)?;
                    self.step(&made, step + 1)?
                }
            }
        };
        self.at.pop();
        let Some(new) = new else {
            return Ok(None);
        };
        self.budget.step(map.len() as u64)?;
        let mut map = map.clone();
        map.insert(field, new);
        Ok(Some(Value::Object(map)))
    }

    /// What is put where a step leads to nothing, for the next step to go on in.
    fn made(&self, step: usize) -> Result<Value, MutateFault> {
        let next = self.path.nodes().get(step + 1);
        let empty = match next {
            Some(Node::Items(_)) => Value::from(Vec::new()),
            _ => Value::object(),
        };
        match self.path.nodes().get(step) {
            Some(Node::Items(Items { key, value: Some(value) })) => {
                Ok(Value::Object(Map::from_iter([(key.clone(), value.clone())])))
            }
            Some(Node::Items(Items { value: None, .. })) => {
                Err(self.wrong("a list of all items has none to add".to_owned()))
            }
            _ => Ok(empty),
        }
    }

    fn items(&mut self, current: &Value, items: &Items, step: usize) -> Changed {
        let Value::Array(list) = current else {
            return Err(self.mismatch("a list", current));
        };
        if self.placeholders.key(current).is_some() {
            return Err(self.mismatch("a list", current));
        }
        self.budget.step(list.len() as u64)?;
        if self.is_last(step) {
            return self.item(list, items, step);
        }
        if items.value.is_none() && !self.tests.hold(step, true) {
            return Ok(None);
        }
        let mut changed: Option<Vec<Value>> = None;
        let mut found = false;
        for (index, item) in list.iter().enumerate() {
            if let Some(value) = &items.value {
                if item.get(&items.key) != Some(value) {
                    continue;
                }
                if !self.tests.hold(step, true) {
                    return Ok(None);
                }
                found = true;
            }
            self.at.push_index(index);
            let new = self.step(item, step + 1)?;
            self.at.pop();
            if let Some(new) = new
                && let Some(place) = changed.get_or_insert_with(|| list.to_vec()).get_mut(index)
            {
                *place = new;
            }
        }
        if items.value.is_some() && !found {
            if !self.tests.hold(step, false) {
                return Ok(None);
            }
            self.at.push_index(list.len());
            let made = self.made(step)?;
            let new = self.step(&made, step + 1)?;
            self.at.pop();
            if let Some(new) = new {
                self.budget.allocate(weight(&made))?;
                changed.get_or_insert_with(|| list.to_vec()).push(new);
            }
        }
        Ok(changed.map(Value::from))
    }

    /// The location ends with an item: it is replaced, or added where it is missing.
    fn item(&mut self, list: &[Value], items: &Items, step: usize) -> Changed {
        let (Setter::Assign(_), Some(value), Value::Object(new)) =
            (self.setter, &items.value, &self.assigned)
        else {
            return Err(self.wrong(format!("nothing can be put in the place of `{items}`")));
        };
        for (index, item) in list.iter().enumerate() {
            if item.as_object().is_none() {
                self.at.push_index(index);
                return Err(self.mismatch("an object", item));
            }
            if item.get(&items.key) != Some(value) {
                continue;
            }
            if new.get(&items.key) != Some(value) {
                return Err(self.wrong("the key of a replaced item must not change".to_owned()));
            }
            if !self.tests.hold(step, true) || *item == self.assigned {
                return Ok(None);
            }
            self.budget.allocate(weight(&self.assigned))?;
            let mut list = list.to_vec();
            if let Some(place) = list.get_mut(index) {
                *place = self.assigned.clone();
            }
            return Ok(Some(Value::from(list)));
        }
        if !self.tests.hold(step, false) {
            return Ok(None);
        }
        self.budget.allocate(weight(&self.assigned))?;
        let mut list = list.to_vec();
        list.push(self.assigned.clone());
        Ok(Some(Value::from(list)))
    }
}

/// About how many bytes a value takes as JSON: objects must not grow without end, however little
/// memory the copies that they share take.
fn weight(value: &Value) -> u64 {
    match value {
        Value::String(text) => 4 + text.len() as u64,
        Value::Array(items) => items.iter().map(weight).fold(4, u64::saturating_add),
        Value::Object(map) => {
            let entry =
                |(key, value): (&sekisho_value::Key, &Value)| 4 + key.len() as u64 + weight(value);
            map.iter().map(entry).fold(4, u64::saturating_add)
        }
        _ => 8,
    }
}
