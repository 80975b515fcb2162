use sekisho_kube_model::Gvk;
use sekisho_policy::{Inventory, InventoryKey};
use sekisho_value::{Str, Value};
use std::collections::BTreeMap;

type Objects = BTreeMap<(Str, Str), Value>;

/// An inventory held in memory, filled from files.
#[derive(Debug, Default)]
pub struct MemoryInventory {
    kinds: BTreeMap<(Str, Str), Objects>,
    complete: bool,
}

impl MemoryInventory {
    /// An empty inventory that does not claim to hold everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an object; one of the same kind, namespace and name is replaced.
    pub fn insert(&mut self, object: Value) {
        let Some(gvk) = Gvk::of(&object) else {
            return;
        };
        let text = |keys: &[&str]| Str::new(object.path_str(keys).unwrap_or_default());
        let key = (text(&["metadata", "namespace"]), text(&["metadata", "name"]));
        self.kinds.entry((gvk.group, gvk.kind)).or_default().insert(key, object);
    }
}

impl Inventory for MemoryInventory {
    fn get(&self, key: &InventoryKey) -> Option<Value> {
        let objects = self.kinds.get(&(key.group.clone(), key.kind.clone()))?;
        objects.get(&(key.namespace.clone(), key.name.clone())).cloned()
    }

    fn list(&self, range: &InventoryKey) -> Vec<Value> {
        let Some(objects) = self.kinds.get(&(range.group.clone(), range.kind.clone())) else {
            return Vec::new();
        };
        let within = |namespace: &Str| range.namespace.is_empty() || *namespace == range.namespace;
        objects.iter().filter(|((ns, _), _)| within(ns)).map(|(_, object)| object.clone()).collect()
    }

    fn is_complete(&self) -> bool {
        self.complete
    }
}
