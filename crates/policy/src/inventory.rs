use crate::{AccessReviews, Watch};
use sekisho_value::{Str, Value};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// A kind whose objects policies look up: who reads from a cluster keeps a copy of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindNeeded {
    /// the API group, empty for the core group
    pub group: Str,
    /// the version in which they are read; empty for any
    pub version: Str,
    /// the kind
    pub kind: Str,
    /// it is looked up only where no API server can be asked, see [`Inventory::access`]
    pub offline: bool,
}

/// Names one object, or with an empty name all objects of a kind in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InventoryKey {
    /// the API group, empty for the core group
    pub group: Str,
    /// the kind
    pub kind: Str,
    /// the namespace; empty for cluster-scoped objects
    pub namespace: Str,
    /// the name; empty for a range
    pub name: Str,
}

/// What a reader of all objects makes of one; `None` where that is the object as it is stored. A
/// tree is made with that of its first reader.
pub type Shown = fn(&Value) -> Option<Value>;

/// The objects that are known beside the one that is judged: namespaces, parameters, and what
/// policies ask for. A checkpoint fills it from files, from watches or from a bundle. One that says
/// nothing of itself knows nothing, and is not complete.
pub trait Inventory: Send + Sync {
    /// The inventory that this one puts something before: it answers what this one leaves alone.
    fn beneath(&self) -> Option<&dyn Inventory> {
        None
    }
    /// One object as it is stored.
    fn get(&self, key: &InventoryKey) -> Option<Value> {
        self.beneath()?.get(key)
    }
    /// All objects of a kind in a namespace (an empty namespace: in all), in a stable order.
    fn list(&self, range: &InventoryKey) -> Vec<Value> {
        self.beneath().map_or_else(Vec::new, |beneath| beneath.list(range))
    }
    /// Whether it holds everything that exists.
    fn is_complete(&self) -> bool {
        self.beneath().is_some_and(Inventory::is_complete)
    }
    /// All objects: `cluster`, group and version, kind, name; and `namespace`, its name, group and
    /// version, kind, name. Made once; who reads it tells [`Reads`] of what was read, and gives
    /// what it makes of an object: `None` where it is as it is stored.
    fn tree(&self, shown: Shown) -> Value {
        self.beneath().map_or_else(Value::object, |beneath| beneath.tree(shown))
    }
    /// What providers of external data answer: by provider, the `answers` by key, each an object
    /// with the `value`, or with the `error` that tells why there is none; or a `systemError` that
    /// tells why there are none at all. What is not there was not asked for.
    fn external(&self) -> Value {
        self.beneath().map_or_else(Value::object, Inventory::external)
    }
    /// The pods of a namespace, for who tightens what holds in it; `None` where they could not be
    /// listed within this time.
    fn pods(&self, namespace: &str, within: Duration) -> Option<Vec<Value>> {
        match self.beneath() {
            Some(beneath) => beneath.pods(namespace, within),
            None => Some(self.list(&key("", "Pod", namespace, ""))),
        }
    }
    /// Whom to ask who may do what: not roles and bindings that it holds, where there is somebody.
    fn access(&self) -> Option<Arc<dyn AccessReviews>> {
        self.beneath()?.access()
    }
    /// Who wants to be told what evaluations on it do, where somebody does.
    fn watch(&self) -> Option<&dyn Watch> {
        self.beneath()?.watch()
    }
}

/// What an evaluation asked the inventory for, misses included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadSet {
    /// single objects
    pub keys: BTreeSet<InventoryKey>,
    /// ranges
    pub ranges: BTreeSet<InventoryKey>,
}

/// The one way from an evaluation to the inventory; records what is read where asked to.
pub struct Reads<'a> {
    inventory: &'a dyn Inventory,
    recorded: Option<RefCell<ReadSet>>,
}

impl<'a> Reads<'a> {
    /// Reads without a record.
    #[must_use]
    pub fn new(inventory: &'a dyn Inventory) -> Self {
        Self { inventory, recorded: None }
    }

    /// Reads with a record.
    #[must_use]
    pub fn recording(inventory: &'a dyn Inventory) -> Self {
        Self { inventory, recorded: Some(RefCell::default()) }
    }

    /// One object as it is stored.
    #[must_use]
    pub fn get(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let key = key(group, kind, namespace, name);
        let found = self.inventory.get(&key);
        if let Some(recorded) = &self.recorded {
            recorded.borrow_mut().keys.insert(key);
        }
        found
    }

    /// All objects of a kind in a namespace; an empty namespace means all namespaces.
    #[must_use]
    pub fn list(&self, group: &str, kind: &str, namespace: &str) -> Vec<Value> {
        let range = key(group, kind, namespace, "");
        let found = self.inventory.list(&range);
        if let Some(recorded) = &self.recorded {
            recorded.borrow_mut().ranges.insert(range);
        }
        found
    }

    /// The pods of a namespace, see [`Inventory::pods`].
    #[must_use]
    pub fn pods(&self, namespace: &str, within: Duration) -> Option<Vec<Value>> {
        if let Some(recorded) = &self.recorded {
            recorded.borrow_mut().ranges.insert(key("", "Pod", namespace, ""));
        }
        self.inventory.pods(namespace, within)
    }

    /// Whether the inventory holds everything that exists.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.inventory.is_complete()
    }

    /// All objects as a tree, see [`Inventory::tree`]. The reader notes what it reads of it.
    #[must_use]
    pub fn tree(&self, shown: Shown) -> Value {
        self.inventory.tree(shown)
    }

    /// What providers of external data answer, see [`Inventory::external`]. The reader notes what
    /// it reads of it.
    #[must_use]
    pub fn external(&self) -> Value {
        self.inventory.external()
    }

    /// Whom to ask who may do what, see [`Inventory::access`].
    #[must_use]
    pub fn access(&self) -> Option<Arc<dyn AccessReviews>> {
        self.inventory.access()
    }

    /// Who wants to be told what the evaluation does, see [`Inventory::watch`].
    #[must_use]
    pub fn watch(&self) -> Option<&dyn Watch> {
        self.inventory.watch()
    }

    /// Whether reads are recorded: for readers of the tree, which have to tell.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.recorded.is_some()
    }

    /// Notes what was read of the tree: an object, or with an empty name or kind a range.
    pub fn note(&self, key: InventoryKey) {
        if let Some(recorded) = &self.recorded {
            let mut recorded = recorded.borrow_mut();
            if key.name.is_empty() {
                recorded.ranges.insert(key);
            } else {
                recorded.keys.insert(key);
            }
        }
    }

    /// A namespace.
    #[must_use]
    pub fn namespace(&self, name: &str) -> Option<Value> {
        self.get("", "Namespace", "", name)
    }

    /// What was read so far; empty where nothing is recorded.
    #[must_use]
    pub fn into_read_set(self) -> ReadSet {
        self.recorded.map(RefCell::into_inner).unwrap_or_default()
    }
}

impl std::fmt::Debug for Reads<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reads").field("recorded", &self.recorded).finish_non_exhaustive()
    }
}

fn key(group: &str, kind: &str, namespace: &str, name: &str) -> InventoryKey {
    InventoryKey {
        group: group.into(),
        kind: kind.into(),
        namespace: namespace.into(),
        name: name.into(),
    }
}
