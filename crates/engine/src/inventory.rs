use crate::ExternalAnswers;
use sekisho_kube_model::Gvk;
use sekisho_policy::{Inventory, InventoryKey, Shown};
use sekisho_value::{Map, Str, Value};
use std::collections::BTreeMap;
use std::sync::OnceLock;

type Objects = BTreeMap<(Str, Str), Held>;

#[derive(Debug)]
struct Held {
    object: Value,
    /// readers of the tree make nothing else of it
    is_shown_as_is: bool,
}

/// An inventory held in memory, filled from files.
#[derive(Debug, Default)]
pub struct MemoryInventory {
    kinds: BTreeMap<(Str, Str), Objects>,
    complete: bool,
    /// all objects as policies of some dialects read them, made when first asked for
    tree: OnceLock<Value>,
    /// what providers of external data answer, where anybody tells
    external: Value,
}

impl MemoryInventory {
    /// An empty inventory that does not claim to hold everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty inventory that holds everything that exists, once it is filled.
    #[must_use]
    pub fn complete() -> Self {
        Self { complete: true, ..Self::default() }
    }

    /// Adds an object; one of the same kind, namespace and name is replaced.
    pub fn insert(&mut self, object: Value) {
        self.hold(Held { object, is_shown_as_is: false });
    }

    /// Adds an object of which every reader of the tree is known to make nothing else, as by
    /// [`Inventory::tree`]'s `shown`: it is not asked again.
    pub fn insert_shown_as_is(&mut self, object: Value) {
        self.hold(Held { object, is_shown_as_is: true });
    }

    fn hold(&mut self, held: Held) {
        let object = &held.object;
        let Some(gvk) = Gvk::of(object) else {
            return;
        };
        self.tree = OnceLock::new();
        let text = |keys: &[&str]| Str::new(object.path_str(keys).unwrap_or_default());
        let key = (text(&["metadata", "namespace"]), text(&["metadata", "name"]));
        self.kinds.entry((gvk.group, gvk.kind)).or_default().insert(key, held);
    }

    /// What providers of external data answer.
    pub fn set_external(&mut self, answers: &ExternalAnswers) {
        self.external = answers.to_value();
    }
}

impl Inventory for MemoryInventory {
    fn get(&self, key: &InventoryKey) -> Option<Value> {
        let objects = self.kinds.get(&(key.group.clone(), key.kind.clone()))?;
        let held = objects.get(&(key.namespace.clone(), key.name.clone()))?;
        Some(held.object.clone())
    }

    fn list(&self, range: &InventoryKey) -> Vec<Value> {
        let Some(objects) = self.kinds.get(&(range.group.clone(), range.kind.clone())) else {
            return Vec::new();
        };
        let within = |namespace: &Str| range.namespace.is_empty() || *namespace == range.namespace;
        objects
            .iter()
            .filter(|((ns, _), _)| within(ns))
            .map(|(_, held)| held.object.clone())
            .collect()
    }

    fn is_complete(&self) -> bool {
        self.complete
    }

    fn external(&self) -> Value {
        match &self.external {
            Value::Null => Value::object(),
            external => external.clone(),
        }
    }

    fn tree(&self, shown: Shown) -> Value {
        let objects = || self.kinds.values().flat_map(BTreeMap::iter);
        self.tree
            .get_or_init(|| tree(objects().map(|(key, held)| (&key.0, &key.1, held)), shown))
            .clone()
    }
}

/// `cluster`, group and version, kind, name; `namespace`, its name, group and version, kind, name:
/// the document that Gatekeeper gives policies as `data.inventory`.
fn tree<'a>(objects: impl Iterator<Item = (&'a Str, &'a Str, &'a Held)>, shown: Shown) -> Value {
    type Kinds<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Vec<(Str, Value)>>>;
    let mut cluster = Kinds::new();
    let mut namespaces: BTreeMap<&str, Kinds<'_>> = BTreeMap::new();
    for (namespace, name, Held { object, is_shown_as_is }) in objects {
        let text = |key: &str| object.path_str(&[key]).unwrap_or_default();
        let kinds = match namespace.as_str() {
            "" => &mut cluster,
            namespace => namespaces.entry(namespace).or_default(),
        };
        let of_kind = kinds.entry(text("apiVersion")).or_default().entry(text("kind")).or_default();
        let other = if *is_shown_as_is { None } else { shown(object) };
        of_kind.push((name.clone(), other.unwrap_or_else(|| object.clone())));
    }
    let kinds = |kinds: Kinds<'_>| {
        let versions = kinds.into_iter().map(|(version, kinds)| {
            let kinds = kinds.into_iter().map(|(kind, objects)| (kind, Map::from_iter(objects)));
            (version, Map::from_iter(kinds))
        });
        Map::from_iter(versions)
    };
    let mut tree = Map::new();
    // What is not there is undefined, as it is in a cluster that nothing was synced from.
    if !cluster.is_empty() {
        tree.insert("cluster", kinds(cluster));
    }
    if !namespaces.is_empty() {
        let of_namespaces = namespaces.into_iter().map(|(name, of)| (name, kinds(of)));
        tree.insert("namespace", Map::from_iter(of_namespaces));
    }
    Value::Object(tree)
}

#[cfg(test)]
mod tests {
    use super::MemoryInventory;
    use sekisho_policy::Inventory;
    use sekisho_value::{Value, from_json};

    #[test]
    fn objects_stand_in_a_tree() {
        let mut inventory = MemoryInventory::new();
        assert_eq!(inventory.tree(|_| None), Value::object());
        for object in [
            r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}"#,
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","namespace":"s"}}"#,
            r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"a","namespace":"s"}}"#,
            r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"b","namespace":"s"}}"#,
        ] {
            inventory.insert(from_json(object).unwrap());
        }
        let tree = inventory.tree(|_| None);
        let kind = |path: &[&str]| tree.path(path).and_then(|object| object.path_str(&["kind"]));
        assert_eq!(kind(&["cluster", "v1", "Node", "n"]), Some("Node"));
        assert_eq!(kind(&["namespace", "s", "apps/v1", "Deployment", "d"]), Some("Deployment"));
        assert_eq!(kind(&["namespace", "s", "v1", "Service", "b"]), Some("Service"));
        inventory.insert(
            from_json(r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"m"}}"#).unwrap(),
        );
        assert!(inventory.tree(|_| None).path(&["cluster", "v1", "Node", "m"]).is_some());
    }
    #[test]
    fn readers_of_the_tree_are_asked_what_they_make_of_an_object_unless_that_is_known() {
        let mut inventory = MemoryInventory::new();
        let object = |name: &str| {
            let text = r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"NAME"}}"#;
            from_json(&text.replace("NAME", name)).unwrap()
        };
        inventory.insert(object("asked"));
        inventory.insert_shown_as_is(object("known"));
        let tree = inventory.tree(|_| Some(Value::from("another")));
        let node = |name: &str| tree.path(&["cluster", "v1", "Node", name]).cloned();
        assert_eq!(node("asked"), Some(Value::from("another")));
        assert_eq!(node("known"), Some(object("known")));
    }
}
