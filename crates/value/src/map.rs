use crate::{Key, Value};
use ecow::EcoVec;
use std::fmt;

/// An object: entries sorted by key, cheap to clone, copied on write.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Map(EcoVec<(Key, Value)>);

/// So many entries are gone through one by one.
const FEW: usize = 16;

impl Map {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sorts `entries`; the first key that stands twice is the error.
    ///
    /// # Errors
    /// The duplicate key.
    pub fn from_entries(entries: impl IntoIterator<Item = (Key, Value)>) -> Result<Self, Key> {
        let mut entries: EcoVec<_> = entries.into_iter().collect();
        if !is_sorted(&entries) {
            entries.make_mut().sort_by(|(a, _), (b, _)| a.cmp(b));
            if let Some(key) = twice(&entries) {
                return Err(key.clone());
            }
        }
        Ok(Self(entries))
    }

    /// Of entries that are in the order of their keys, none twice.
    pub(crate) fn from_sorted(entries: EcoVec<(Key, Value)>) -> Self {
        debug_assert!(is_sorted(&entries), "sorted, each key once");
        Self(entries)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a key.
    #[must_use]
    #[inline]
    pub fn get(&self, key: &str) -> Option<&Value> {
        // Among few keys most are ruled out by their length and first byte: quicker than halving.
        if self.0.len() <= FEW {
            let (len, first) = (key.len(), key.as_bytes().first());
            let is_key = |other: &str| {
                other.len() == len && other.as_bytes().first() == first && other == key
            };
            let found = self.0.iter().find(|(other, _)| is_key(other));
            return found.map(|(_, value)| value);
        }
        let index = self.position(key).ok()?;
        self.0.get(index).map(|(_, value)| value)
    }

    /// The value of a key, to change; copies the entries where they are shared.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let index = self.position(key).ok()?;
        self.0.make_mut().get_mut(index).map(|(_, value)| value)
    }

    /// Whether the key is there.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.position(key).is_ok()
    }

    /// Sets a key; gives back what it was.
    pub fn insert(&mut self, key: impl Into<Key>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        match self.position(&key) {
            Ok(index) => {
                let entry = self.0.make_mut().get_mut(index);
                entry.map(|(_, held)| std::mem::replace(held, value))
            }
            Err(index) => {
                self.0.insert(index, (key, value));
                None
            }
        }
    }

    /// Sets a key where it is absent, and gives its value to change.
    pub fn get_or_insert_with(&mut self, key: &str, value: impl FnOnce() -> Value) -> &mut Value {
        let index = match self.position(key) {
            Ok(index) => index,
            Err(index) => {
                self.0.insert(index, (Key::new(key), value()));
                index
            }
        };
        #[expect(clippy::indexing_slicing, reason = "the entry was found or put there above")]
        &mut self.0.make_mut()[index].1
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let index = self.position(key).ok()?;
        Some(self.0.remove(index).1)
    }

    /// Keeps the entries for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&Key, &mut Value) -> bool) {
        self.0.retain(|(key, value)| keep(key, value));
    }

    /// The entries in the order of their keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Key, &Value)> + DoubleEndedIterator {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The entries, values to change; copies the entries where they are shared.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&Key, &mut Value)> {
        self.0.make_mut().iter_mut().map(|(key, value)| (&*key, value))
    }

    /// The keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Key> {
        self.0.iter().map(|(key, _)| key)
    }

    /// Whether the entries of both are held in one place, or there are none: then they are the same,
    /// and nothing need be compared.
    #[must_use]
    pub fn is_shared_with(&self, other: &Self) -> bool {
        std::ptr::eq(self.0.as_slice(), other.0.as_slice()) || (self.is_empty() && other.is_empty())
    }

    /// The entry at a position in key order.
    #[must_use]
    pub fn entry_at(&self, index: usize) -> Option<(&Key, &Value)> {
        self.0.get(index).map(|(key, value)| (key, value))
    }

    /// Where a key stands in key order, or where it would.
    ///
    /// # Errors
    /// The position at which the key would be inserted.
    #[inline]
    pub fn position(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.as_str().cmp(key))
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Later entries replace earlier ones of the same key.
impl<K: Into<Key>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value.into()));
        let mut entries: EcoVec<(Key, Value)> = entries.collect();
        if !is_sorted(&entries) {
            entries.make_mut().sort_by(|(a, _), (b, _)| a.cmp(b));
            if twice(&entries).is_some() {
                // A stable sort leaves the last of equal keys last; keep that one.
                let mut unique: Vec<(Key, Value)> = entries.into_iter().rev().collect();
                unique.dedup_by(|(a, _), (b, _)| a == b);
                entries = unique.into_iter().rev().collect();
            }
        }
        Self(entries)
    }
}

/// Whether entries are in the order of their keys, none twice.
fn is_sorted(entries: &[(Key, Value)]) -> bool {
    entries.is_sorted_by(|(a, _), (b, _)| a < b)
}

/// The first key that stands twice among entries in the order of their keys.
fn twice(entries: &[(Key, Value)]) -> Option<&Key> {
    entries.windows(2).find_map(|pair| match pair {
        [(a, _), (b, _)] if a == b => Some(a),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::{FEW, Map};
    use crate::Value;

    #[test]
    fn entries_are_sorted_and_unique() {
        let map = Map::from_iter([("b", 1), ("a", 2), ("b", 3)]);
        assert_eq!(map.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(map.get("b"), Some(&Value::from(3)));
        let in_order = Map::from_iter([("a", 1), ("a", 2), ("a", 3), ("b", 4), ("b", 5)]);
        assert_eq!(in_order, Map::from_iter([("a", 3), ("b", 5)]));
        let twice = Map::from_entries(vec![
            ("x".into(), Value::Null),
            ("y".into(), Value::Null),
            ("x".into(), Value::Null),
        ]);
        assert_eq!(twice.unwrap_err(), "x");
    }

    #[test]
    fn few_and_many_keys_are_found() {
        for count in [0, 1, FEW - 1, FEW, FEW + 1, 3 * FEW] {
            let map: Map = (0..count).map(|at| (format!("k{at}"), at as i64)).collect();
            for at in 0..count {
                assert_eq!(map.get(&format!("k{at}")), Some(&Value::from(at as i64)));
            }
            assert_eq!(map.get("k"), None);
            assert_eq!(map.get(&format!("k{count}")), None);
        }
    }

    #[test]
    fn writes_do_not_reach_other_holders() {
        let mut map = Map::from_iter([("a", 1)]);
        let before = map.clone();
        map.insert("b", 2);
        *map.get_or_insert_with("a", || Value::Null) = Value::from(5);
        assert_eq!(map.remove("b"), Some(Value::from(2)));
        assert_eq!(before, Map::from_iter([("a", 1)]));
        assert_eq!(map, Map::from_iter([("a", 5)]));
    }
}
