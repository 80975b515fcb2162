//! The copy of one kind's objects.

use crate::object::{Place, place, slim, weight};
use crate::{ApiResource, Error};
use sekisho_value::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How much may be kept of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheLimits {
    /// how many objects of all kinds together
    pub objects: usize,
    /// how many bytes they may take together, about
    pub bytes: usize,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self { objects: 200_000, bytes: 512 << 20 }
    }
}

/// What all copies share: what they take together, and who is told of changes.
#[derive(Debug)]
pub(crate) struct Shared {
    limits: CacheLimits,
    objects: AtomicUsize,
    bytes: AtomicUsize,
    changed: watch::Sender<u64>,
}

impl Shared {
    pub(crate) fn new(limits: CacheLimits) -> Self {
        let (objects, bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { limits, objects, bytes, changed: watch::Sender::new(0) }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(crate) fn tell(&self) {
        self.changed.send_modify(|revision| *revision += 1);
    }

    pub(crate) fn taken(&self) -> (usize, usize) {
        (self.objects.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    /// Takes room for some objects, and leaves that of others; not where it is more than there is.
    fn exchange(
        &self,
        taken: (usize, usize),
        left: (usize, usize),
        kind: &str,
    ) -> Result<(), Error> {
        let (objects, bytes) = self.taken();
        let after =
            ((objects + taken.0).saturating_sub(left.0), (bytes + taken.1).saturating_sub(left.1));
        let grows = taken.0 > left.0 || taken.1 > left.1;
        if grows && (after.0 > self.limits.objects || after.1 > self.limits.bytes) {
            let CacheLimits { objects, bytes } = self.limits;
            return Err(Error::TooMuch(format!(
                "`{kind}` do not fit: at most {objects} objects and {} MiB of the cluster are kept",
                bytes >> 20
            )));
        }
        self.objects.fetch_add(taken.0, Ordering::Relaxed);
        self.objects.fetch_sub(left.0, Ordering::Relaxed);
        self.bytes.fetch_add(taken.1, Ordering::Relaxed);
        self.bytes.fetch_sub(left.1, Ordering::Relaxed);
        Ok(())
    }
}

/// The copy of one kind's objects, and how well it is kept.
#[derive(Debug)]
pub(crate) struct Cache {
    pub(crate) resource: ApiResource,
    shared: Arc<Shared>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<Place, (Value, usize)>,
    bytes: usize,
    /// when the server was last heard of
    heard: Option<Instant>,
    /// why the copy is not kept at the moment
    fault: Option<Arc<Error>>,
    revision: u64,
}

impl Cache {
    pub(crate) fn new(resource: ApiResource, shared: Arc<Shared>) -> Self {
        Self { resource, shared, state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a whole list in the place of what is kept.
    pub(crate) fn replace(&self, objects: Vec<Value>) -> Result<(), Error> {
        let mut all = BTreeMap::new();
        let mut bytes = 0;
        for object in objects {
            let object = slim(object, &self.resource);
            let weight = weight(&object);
            bytes += weight;
            all.insert(place(&object), (object, weight));
        }
        let mut state = self.state();
        let (taken, left) = ((all.len(), bytes), (state.objects.len(), state.bytes));
        self.shared.exchange(taken, left, &self.resource.qualified())?;
        let is_new = state.heard.is_none() || !same(&state.objects, &all);
        (state.objects, state.bytes) = (all, bytes);
        state.heard = Some(Instant::now());
        state.fault = None;
        self.changed(state, is_new);
        Ok(())
    }

    /// Puts one object in the place of the one of its name.
    pub(crate) fn put(&self, object: Value) -> Result<(), Error> {
        let object = slim(object, &self.resource);
        let (at, weight) = (place(&object), weight(&object));
        let mut state = self.state();
        let before = state.objects.get(&at).map(|(_, weight)| *weight);
        let left = (usize::from(before.is_some()), before.unwrap_or(0));
        self.shared.exchange((1, weight), left, &self.resource.qualified())?;
        state.bytes = (state.bytes + weight).saturating_sub(left.1);
        state.objects.insert(at, (object, weight));
        self.hear(&mut state);
        self.changed(state, true);
        Ok(())
    }

    /// Takes one object away.
    pub(crate) fn remove(&self, object: &Value) {
        let mut state = self.state();
        let removed = state.objects.remove(&place(object));
        if let Some((_, weight)) = &removed {
            state.bytes = state.bytes.saturating_sub(*weight);
            // Less is always room enough.
            let _ = self.shared.exchange((0, 0), (1, *weight), "");
        }
        self.hear(&mut state);
        self.changed(state, removed.is_some());
    }

    /// The server was heard of, and nothing changed.
    pub(crate) fn heard(&self) {
        self.hear(&mut self.state());
    }

    fn hear(&self, state: &mut State) {
        state.heard = Some(Instant::now());
        state.fault = None;
    }

    /// The copy is not kept at the moment.
    pub(crate) fn failed(&self, error: Error) {
        let mut state = self.state();
        let is_new = state.fault.as_ref().map(|fault| fault.to_string()) != Some(error.to_string());
        state.fault = Some(Arc::new(error));
        self.changed(state, is_new);
    }

    fn changed(&self, mut state: std::sync::MutexGuard<'_, State>, is_new: bool) {
        if is_new {
            state.revision += 1;
            drop(state);
            self.shared.tell();
        }
    }

    /// The objects as they are; cheap to clone.
    pub(crate) fn objects(&self) -> Vec<Value> {
        self.state().objects.values().map(|(object, _)| object.clone()).collect()
    }

    /// How often it changed.
    pub(crate) fn revision(&self) -> u64 {
        self.state().revision
    }

    /// Whether a whole list came.
    pub(crate) fn is_synced(&self) -> bool {
        self.state().heard.is_some()
    }

    /// How long ago the server was last heard of; none before a whole list came.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.state().heard.map(|heard| heard.elapsed())
    }

    /// Why it is not kept at the moment.
    pub(crate) fn fault(&self) -> Option<Arc<Error>> {
        self.state().fault.clone()
    }
}

fn same(a: &BTreeMap<Place, (Value, usize)>, b: &BTreeMap<Place, (Value, usize)>) -> bool {
    let version = |object: &Value| {
        object.path_str(&["metadata", "resourceVersion"]).unwrap_or_default().to_owned()
    };
    a.len() == b.len()
        && a.iter().zip(b).all(|((a, (one, _)), (b, (other, _)))| {
            a == b && version(one) == version(other) && !version(one).is_empty()
        })
}

impl Drop for Cache {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = self.shared.exchange((0, 0), (state.objects.len(), state.bytes), "");
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache, CacheLimits, Shared};
    use crate::ApiResource;
    use sekisho_value::{Value, from_json};
    use std::sync::Arc;

    fn object(name: &str, version: u32) -> Value {
        let text = format!(r#"{{"metadata":{{"name":"{name}","resourceVersion":"{version}"}}}}"#);
        from_json(&text).unwrap()
    }

    #[test]
    fn no_more_is_kept_than_may_be_and_nothing_is_left_out_in_silence() {
        let shared = Arc::new(Shared::new(CacheLimits { objects: 3, bytes: 1 << 20 }));
        let resource = || ApiResource {
            group: "".into(),
            version: "v1".into(),
            kind: "Node".into(),
            plural: "nodes".into(),
            namespaced: false,
            listable: true,
            watchable: true,
        };
        let cache = Cache::new(resource(), Arc::clone(&shared));
        assert!(!cache.is_synced());
        cache.replace(vec![object("a", 1), object("b", 1)]).unwrap();
        cache.put(object("c", 2)).unwrap();
        cache.put(object("c", 3)).unwrap();
        let refused = cache.put(object("d", 4)).unwrap_err().to_string();
        assert_eq!(
            refused,
            "`nodes` do not fit: at most 3 objects and 1 MiB of the cluster are kept"
        );
        assert_eq!((cache.objects().len(), shared.taken().0), (3, 3));
        assert!(cache.replace((0..4).map(|n| object(&n.to_string(), 1)).collect()).is_err());
        assert_eq!(cache.objects().len(), 3, "what was kept stays");
        cache.remove(&object("a", 9));
        let before = cache.revision();
        cache.remove(&object("a", 9));
        cache.replace(vec![object("b", 1), object("c", 3)]).unwrap();
        assert_eq!(cache.revision(), before, "nothing changed");
        let text = "x".repeat(2 << 20);
        let large = from_json(&format!(r#"{{"metadata":{{"name":"a"}},"x":"{text}"}}"#)).unwrap();
        assert!(cache.put(large).is_err());
        let other = Cache::new(resource(), Arc::clone(&shared));
        assert!(other.replace(vec![object("x", 1), object("y", 1)]).is_err(), "all kinds together");
        drop(cache);
        assert_eq!(shared.taken(), (0, 0));
        other.replace(vec![object("x", 1), object("y", 1)]).unwrap();
    }
}
