//! The copies of all kinds that are wanted of a cluster, started and ended as kinds come and go.

use crate::cache::{Cache, CacheLimits, Shared};
use crate::watcher::{Selection, keep};
use crate::{ApiResource, Client, Discovered, Error, discover};
use sekisho_policy::KindNeeded;
use sekisho_value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often kinds are discovered anew where nothing tells of new ones.
const DISCOVERY: Duration = Duration::from_secs(300);
/// How long after a change of the definitions they are discovered: a new kind is served a moment
/// later.
const SETTLE: Duration = Duration::from_millis(500);
/// How soon again where a kind is wanted and not there, or a group could not be asked.
const SOON: Duration = Duration::from_secs(5);

/// Tells of a group and kind whether its objects are policies.
pub type IsPolicy = dyn Fn(&str, &str) -> bool + Send + Sync;

/// What is wanted of a cluster.
pub struct Wanted {
    /// which kinds are policies
    pub is_policy: Box<IsPolicy>,
    /// a ConfigMap with policies: namespace and name
    pub config_map: Option<(String, String)>,
}

/// What is kept of a cluster.
pub struct Caches {
    client: Client,
    wanted: Wanted,
    shared: Arc<Shared>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: BTreeMap<Key, Running>,
    needed: BTreeSet<KindNeeded>,
    /// needed kinds that the server does not serve
    absent: BTreeSet<KindNeeded>,
    discovered: bool,
    fault: Option<String>,
}

/// Why a kind is kept; it may be for several reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Role {
    Policy,
    Inventory,
    Definition,
    ConfigMap,
}

type Key = (Role, ApiResource);

struct Running {
    cache: Arc<Cache>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The objects that are kept, by what they are for.
#[derive(Debug, Default)]
pub struct Kept {
    /// policies, and the kind that each is of
    pub policies: Vec<(ApiResource, Value)>,
    /// the ConfigMap with policies
    pub config_map: Option<Value>,
    /// CustomResourceDefinitions, without their descriptions
    pub definitions: Vec<Value>,
    /// namespaces and whatever else policies look up
    pub inventory: Vec<Value>,
}

/// How one kind is kept.
#[derive(Clone, Debug)]
pub struct CacheState {
    /// the kind, `pods`
    pub resource: String,
    /// how long ago the API server was last heard of; none before a whole list came
    pub age: Option<Duration>,
    /// why it is not kept at the moment
    pub fault: Option<String>,
}

impl Caches {
    /// Keeps what is wanted; [`Self::keep`] does it.
    #[must_use]
    pub fn new(client: Client, limits: CacheLimits, wanted: Wanted) -> Self {
        let shared = Arc::new(Shared::new(limits));
        Self { client, wanted, shared, state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of changes, faults included: the number grows with each.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.subscribe()
    }

    /// The kinds that policies look up. Those that are new are kept from now on.
    pub fn need(&self, kinds: impl IntoIterator<Item = KindNeeded>) {
        let needed: BTreeSet<KindNeeded> = kinds.into_iter().collect();
        let mut state = self.state();
        if state.needed != needed {
            state.needed = needed;
            state.discovered = false;
            drop(state);
            self.shared.tell();
        }
    }

    /// Discovers kinds and keeps them, until the future is dropped.
    pub async fn keep(&self) {
        let mut changes = self.changes();
        let mut soon = false;
        loop {
            let known = self.of_discovery();
            let again = match discover(&self.client).await {
                Ok(found) => self.follow(&found),
                Err(error) => {
                    self.state().fault = Some(format!("kinds cannot be discovered: {error}"));
                    self.shared.tell();
                    true
                }
            };
            // Something that is missing comes soon, or, where it does not, is not asked for often.
            let pause = if again && !soon { SOON } else { DISCOVERY.min(SOON * 12) };
            let pause = if again { pause } else { DISCOVERY };
            soon = again;
            let until = tokio::time::Instant::now() + pause;
            loop {
                if self.of_discovery() != known {
                    tokio::time::sleep(SETTLE).await;
                    soon = false;
                    break;
                }
                tokio::select! {
                    _ = changes.changed() => {}
                    () = tokio::time::sleep_until(until) => break,
                }
            }
        }
    }

    /// What discovery goes by: definitions, needs, and kinds that are gone.
    fn of_discovery(&self) -> (u64, BTreeSet<KindNeeded>, usize) {
        let state = self.state();
        let definitions = state.running.iter().filter(|((role, _), _)| *role == Role::Definition);
        let revision = definitions.map(|(_, running)| running.cache.revision()).sum();
        let gone = state.running.values().filter_map(|running| running.cache.fault());
        let gone = gone.filter(|fault| fault.is_not_found()).count();
        (revision, state.needed.clone(), gone)
    }

    /// Starts what is wanted and served, and ends what is not; tells whether to look again soon.
    fn follow(&self, found: &Discovered) -> bool {
        let mut state = self.state();
        let needed = state.needed.clone();
        let wanted = self.keys(found, &needed);
        // Of a group that could not be asked nothing is known: what is kept of it stays.
        let unknown = |resource: &ApiResource| {
            found.missing.iter().any(|(group, _)| *group == resource.api_version())
        };
        state.running.retain(|key, _| wanted.contains(key) || unknown(&key.1));
        for key in wanted {
            let (role, resource) = &key;
            let selection = match (role, &self.wanted.config_map) {
                (Role::ConfigMap, Some((namespace, name))) => {
                    Selection { namespace: Some(namespace.clone()), name: Some(name.clone()) }
                }
                _ => Selection::default(),
            };
            let resource = resource.clone();
            state.running.entry(key).or_insert_with(|| {
                let cache = Arc::new(Cache::new(resource, Arc::clone(&self.shared)));
                let kept = keep(self.client.clone(), Arc::clone(&cache), selection);
                Running { cache, task: tokio::spawn(kept) }
            });
        }
        let served = |need: &KindNeeded| found.resources.iter().any(|r| answers(need, r));
        state.absent = needed.into_iter().filter(|need| !served(need)).collect();
        state.discovered = true;
        let missing: Vec<String> =
            found.missing.iter().map(|(group, error)| format!("`{group}`: {error}")).collect();
        state.fault = match missing.as_slice() {
            [] => None,
            _ => Some(format!("kinds cannot be discovered of {}", missing.join("; "))),
        };
        let again = !state.absent.is_empty() || state.fault.is_some();
        drop(state);
        self.shared.tell();
        again
    }

    fn keys(&self, found: &Discovered, needed: &BTreeSet<KindNeeded>) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        for resource in found.resources.iter().filter(|r| r.listable && r.watchable) {
            let mut add = |role| keys.insert((role, resource.clone()));
            let (group, kind) = (resource.group.as_str(), resource.kind.as_str());
            if (self.wanted.is_policy)(group, kind) {
                add(Role::Policy);
            }
            if (group, kind) == ("", "Namespace") {
                add(Role::Inventory);
            }
            if (group, kind) == ("apiextensions.k8s.io", "CustomResourceDefinition") {
                add(Role::Definition);
            }
            if (group, kind) == ("", "ConfigMap") && self.wanted.config_map.is_some() {
                add(Role::ConfigMap);
            }
            for need in needed.iter().filter(|need| answers(need, resource)) {
                let mut resource = resource.clone();
                if !need.version.is_empty() {
                    resource.version = need.version.clone();
                }
                keys.insert((Role::Inventory, resource));
            }
        }
        keys
    }

    /// Whether everything that is wanted came once. A kind of policies that may not be read, or is
    /// not there, does not keep the others waiting: [`Self::faults`] tells of it.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.synced(|_| true)
    }

    /// Whether all policies came once.
    #[must_use]
    pub fn has_policies(&self) -> bool {
        self.synced(|role| role != Role::Inventory)
    }

    fn synced(&self, of: impl Fn(Role) -> bool) -> bool {
        let state = self.state();
        let settled = |(role, _): &Key, cache: &Cache| {
            let refused = || {
                let fault = cache.fault();
                fault.is_some_and(|fault| matches!(fault.code(), Some(403..=405)))
            };
            cache.is_synced() || *role != Role::Inventory && refused()
        };
        // A new need is not discovered yet.
        let discovered = state.discovered || !of(Role::Inventory) && !state.running.is_empty();
        let mut wanted = state.running.iter().filter(|((role, _), _)| of(*role));
        discovered && wanted.all(|(key, running)| settled(key, &running.cache))
    }

    /// What is wrong at the moment, a line each.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let state = self.state();
        let of_kinds = state.running.values().filter_map(|running| {
            let fault = running.cache.fault()?;
            Some(format!("`{}` cannot be watched: {fault}", running.cache.resource.qualified()))
        });
        let absent = state.absent.iter().map(|need| {
            format!("policies look up `{}`, which the API server does not serve", need.kind)
        });
        let mut faults: Vec<String> =
            state.fault.iter().cloned().chain(of_kinds).chain(absent).collect();
        faults.dedup();
        faults
    }

    /// How each kind is kept.
    #[must_use]
    pub fn states(&self) -> Vec<CacheState> {
        let state = self.state();
        let of = |running: &Running| CacheState {
            resource: running.cache.resource.qualified(),
            age: running.cache.age(),
            fault: running.cache.fault().map(|fault| fault.to_string()),
        };
        state.running.values().map(of).collect()
    }

    /// How long ago the API server was last heard of, of the kind that waits longest.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.state().running.values().filter_map(|running| running.cache.age()).max()
    }

    /// How many objects are kept, and about how many bytes they take.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.shared.taken()
    }

    /// Changes where policies, definitions or the ConfigMap do.
    #[must_use]
    pub fn policies_revision(&self) -> Vec<(String, u64)> {
        self.revision(|role| role != Role::Inventory)
    }

    /// Changes where the inventory does.
    #[must_use]
    pub fn inventory_revision(&self) -> Vec<(String, u64)> {
        self.revision(|role| role == Role::Inventory)
    }

    fn revision(&self, of: impl Fn(Role) -> bool) -> Vec<(String, u64)> {
        let state = self.state();
        let wanted = state.running.iter().filter(|((role, _), _)| of(*role));
        wanted.map(|((_, kind), r)| (kind.qualified(), r.cache.revision())).collect()
    }

    /// The objects that policies look up.
    #[must_use]
    pub fn inventory(&self) -> Vec<Value> {
        self.kept(|role| role == Role::Inventory).inventory
    }

    /// The policies and what belongs to them.
    #[must_use]
    pub fn policies(&self) -> Kept {
        self.kept(|role| role != Role::Inventory)
    }

    fn kept(&self, of: impl Fn(Role) -> bool) -> Kept {
        let caches: Vec<(Role, Arc<Cache>)> = {
            let state = self.state();
            let wanted = state.running.iter().filter(|((role, _), _)| of(*role));
            wanted.map(|((role, _), running)| (*role, Arc::clone(&running.cache))).collect()
        };
        let mut kept = Kept::default();
        for (role, cache) in caches {
            let objects = cache.objects();
            match role {
                Role::Policy => {
                    let of_kind = objects.into_iter().map(|o| (cache.resource.clone(), o));
                    kept.policies.extend(of_kind);
                }
                Role::Inventory => kept.inventory.extend(objects),
                Role::Definition => kept.definitions.extend(objects),
                Role::ConfigMap => kept.config_map = objects.into_iter().next(),
            }
        }
        kept
    }
}

/// Whether a kind that is served is one that is needed.
pub(crate) fn answers(need: &KindNeeded, resource: &ApiResource) -> bool {
    resource.group == need.group && resource.kind == need.kind
}

/// Lists what is wanted once.
///
/// # Errors
/// Where anything of it cannot be listed.
pub async fn list_once(
    client: &Client,
    found: &Discovered,
    of: impl Fn(&ApiResource) -> bool,
    limits: CacheLimits,
) -> Result<Vec<(ApiResource, Value)>, Error> {
    let mut all = Vec::new();
    let mut bytes = 0;
    for resource in found.resources.iter().filter(|resource| resource.listable && of(resource)) {
        let mut pages = crate::Pages::new(client, resource, None);
        while let Some(page) = pages.next().await? {
            bytes += page.iter().map(crate::object::weight).sum::<usize>();
            all.extend(page.into_iter().map(|object| (resource.clone(), object)));
            if all.len() > limits.objects || bytes > limits.bytes {
                return Err(Error::TooMuch(format!(
                    "`{}` do not fit: at most {} objects and {} MiB of the cluster are kept",
                    resource.qualified(),
                    limits.objects,
                    limits.bytes >> 20
                )));
            }
        }
    }
    Ok(all)
}
