use crate::{Key, Value};
use std::fmt;
use std::sync::Arc;

/// An object: entries sorted by key, cheap to clone, copied on write.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Map(Arc<Vec<(Key, Value)>>);

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
    pub fn from_entries(mut entries: Vec<(Key, Value)>) -> Result<Self, Key> {
        if !entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            let twice = entries.windows(2).find_map(|pair| match pair {
                [(a, _), (b, _)] if a == b => Some(a.clone()),
                _ => None,
            });
            if let Some(key) = twice {
                return Err(key);
            }
        }
        Ok(Self(Arc::new(entries)))
    }

    /// Of entries that are in the order of their keys, none twice.
    pub(crate) fn from_sorted(entries: Vec<(Key, Value)>) -> Self {
        debug_assert!(entries.is_sorted_by(|(a, _), (b, _)| a < b), "sorted, each key once");
        Self(Arc::new(entries))
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
        Arc::make_mut(&mut self.0).get_mut(index).map(|(_, value)| value)
    }

    /// Whether the key is there.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.position(key).is_ok()
    }

    /// Sets a key; gives back what it was.
    pub fn insert(&mut self, key: impl Into<Key>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        let position = self.position(&key);
        let entries = Arc::make_mut(&mut self.0);
        match position {
            Ok(index) => entries.get_mut(index).map(|entry| std::mem::replace(&mut entry.1, value)),
            Err(index) => {
                entries.insert(index, (key, value));
                None
            }
        }
    }

    /// Sets a key where it is absent, and gives its value to change.
    pub fn get_or_insert_with(&mut self, key: &str, value: impl FnOnce() -> Value) -> &mut Value {
        let position = self.position(key);
        let entries = Arc::make_mut(&mut self.0);
        let index = match position {
            Ok(index) => index,
            Err(index) => {
                entries.insert(index, (Key::new(key), value()));
                index
            }
        };
        #[expect(clippy::indexing_slicing, reason = "the entry was found or put there above")]
        &mut entries[index].1
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let index = self.position(key).ok()?;
        Some(Arc::make_mut(&mut self.0).remove(index).1)
    }

    /// Keeps the entries for which `keep` holds; copies nothing where all are kept.
    pub fn retain(&mut self, mut keep: impl FnMut(&Key, &mut Value) -> bool) {
        Arc::make_mut(&mut self.0).retain_mut(|(key, value)| keep(key, value));
    }

    /// The entries in the order of their keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Key, &Value)> + DoubleEndedIterator {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The entries, values to change; copies the entries where they are shared.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&Key, &mut Value)> {
        Arc::make_mut(&mut self.0).iter_mut().map(|(key, value)| (&*key, value))
    }

    /// The keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Key> {
        self.0.iter().map(|(key, _)| key)
    }

    /// Whether the entries of both are held in one place, or there are none: then they are the same,
    /// and nothing need be compared.
    #[must_use]
    pub fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.is_empty() && other.is_empty())
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
        let mut entries: Vec<(Key, Value)> =
            entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        // A stable sort leaves the last of equal keys last; keep that one.
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries.reverse();
        entries.dedup_by(|(a, _), (b, _)| a == b);
        entries.reverse();
        Self(Arc::new(entries))
    }
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
