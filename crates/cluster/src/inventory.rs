//! What policies look up, as it is in the cluster now.

use crate::{ApiResource, Client, Error, Pages};
use sekisho_engine::MemoryInventory;
use sekisho_policy::{AccessReviews, Inventory, InventoryKey, Shown};
use sekisho_value::{Map, Value};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::runtime::Handle;

/// How many pods of a namespace are listed at most; further ones are only counted.
const MOST_PODS: usize = 10_000;

/// An inventory whose content is replaced as the cluster changes. An evaluation that asks it twice
/// may be told of two states of the cluster. All clones are replaced together.
#[derive(Clone)]
pub struct LiveInventory {
    current: Arc<RwLock<Arc<MemoryInventory>>>,
    client: Client,
    runtime: Handle,
}

impl LiveInventory {
    /// An empty one. `client` is asked for pods of namespaces, on the runtime that this is called
    /// on.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { current: Arc::default(), client, runtime: Handle::current() }
    }

    /// Puts other objects in the place of those that are known; of two of one name the last counts.
    pub fn replace(&self, objects: impl IntoIterator<Item = Value>) {
        let mut inventory = MemoryInventory::new();
        for object in objects {
            inventory.insert(object);
        }
        let inventory = Arc::new(inventory);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, inventory);
        drop(current);
        // It may be large, and nobody is to wait while it goes.
        drop(old);
    }

    fn current(&self) -> Arc<MemoryInventory> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inventory for LiveInventory {
    fn get(&self, key: &InventoryKey) -> Option<Value> {
        self.current().get(key)
    }

    fn list(&self, range: &InventoryKey) -> Vec<Value> {
        self.current().list(range)
    }

    fn is_complete(&self) -> bool {
        false
    }

    fn tree(&self, shown: Shown) -> Value {
        self.current().tree(shown)
    }

    fn external(&self) -> Value {
        self.current().external()
    }

    /// Asks the API server, since pods are too many to be kept. To be called on a thread that may
    /// wait.
    fn pods(&self, namespace: &str, within: Duration) -> Option<Vec<Value>> {
        let listed = self
            .runtime
            .block_on(async { tokio::time::timeout(within, pods(&self.client, namespace)).await });
        listed.ok()?.ok()
    }

    fn access(&self) -> Option<Arc<dyn AccessReviews>> {
        Some(Arc::new(Access { client: self.client.clone(), runtime: self.runtime.clone() }))
    }
}

/// Asks an API server who may do what.
#[derive(Debug)]
struct Access {
    client: Client,
    runtime: Handle,
}

impl AccessReviews for Access {
    fn review(&self, spec: &Value, within: Duration) -> Result<Value, String> {
        const PATH: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
        let review = Value::Object(Map::from_iter([
            ("apiVersion", "authorization.k8s.io/v1".into()),
            ("kind", "SubjectAccessReview".into()),
            ("spec", spec.clone()),
        ]));
        let asked = self.runtime.block_on(async {
            tokio::time::timeout(within, self.client.create(PATH, &review)).await
        });
        let answer = asked.map_err(|_| format!("nothing came within {} ms", within.as_millis()))?;
        let answer = answer.map_err(|error| error.to_string())?;
        answer.get("status").cloned().ok_or_else(|| "its answer has no status".to_owned())
    }
}

async fn pods(client: &Client, namespace: &str) -> Result<Vec<Value>, Error> {
    let resource = ApiResource {
        group: "".into(),
        version: "v1".into(),
        kind: "Pod".into(),
        plural: "pods".into(),
        namespaced: true,
        listable: true,
        watchable: true,
    };
    let mut pages = Pages::new(client, &resource, Some(namespace));
    let mut all = Vec::new();
    while let Some(page) = pages.next().await? {
        all.extend(page);
        if all.len() >= MOST_PODS {
            // They are told as unchecked.
            let more = pages.remaining().unwrap_or(0);
            all.extend((0..more).map(|_| Value::object()));
            break;
        }
    }
    Ok(all)
}
