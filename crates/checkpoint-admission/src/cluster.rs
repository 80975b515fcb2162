//! Policies and whatever they look up, as they are in a cluster.

use crate::basis::{Basis, stored};
use crate::current::Read;
use sekisho_cluster::{
    CacheLimits, CacheState, Caches, Client, LiveInventory, Wanted, bundle_file, config_map_files,
    origin,
};
use sekisho_engine::{BuildOptions, PolicySet, is_exception};
use sekisho_kube_model::Schemas;
use sekisho_manifest::Document;
use sekisho_policy::{Bundle, BundleFile, BundleManifest, Dialect, Digest, KindNeeded};
use sekisho_report::Diagnostic;
use sekisho_value::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the inventory is made anew at most: after so long, and so many times what that takes.
const PAUSE: (Duration, u32) = (Duration::from_millis(50), 10);

/// The group of the policies that an API server enforces itself.
const OF_API_SERVER: &str = "admissionregistration.k8s.io";

/// Which of a cluster's policies are followed, beside those that are always.
#[derive(Clone, Debug, Default)]
pub struct Followed {
    /// namespace and name of a ConfigMap whose values are policies
    pub config_map: Option<(String, String)>,
    /// the cluster's admission policies, too: its API server enforces them itself, and says what
    /// they say a second time
    pub admission_policies: bool,
}

/// Follows a cluster until it is dropped.
pub struct Cluster {
    caches: Arc<Caches>,
    inventory: LiveInventory,
    /// what is given by path and known beside what is in the cluster
    given: Arc<Mutex<Vec<Value>>>,
    last: Mutex<Option<Last>>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

/// What was made last, so that it is not made again.
struct Last {
    revision: Vec<(String, u64)>,
    files: Vec<BundleFile>,
    definitions: Vec<Value>,
    /// the digest that a set was built of, and what its policies look up
    built: Option<(Digest, BTreeSet<KindNeeded>)>,
}

/// What is given by path, beside what is in the cluster.
pub struct Given<'a> {
    /// policies
    pub bundle: &'a Bundle,
    /// objects that are known
    pub objects: &'a [Document],
    /// identifies the content of all of it
    pub revision: Digest,
}

impl Cluster {
    /// Begins to follow a cluster, on the runtime that this is called on.
    #[must_use]
    pub fn start(
        client: Client,
        limits: CacheLimits,
        followed: Followed,
        dialects: &'static [&'static dyn Dialect],
    ) -> Self {
        let Followed { config_map, admission_policies } = followed;
        let is_policy = move |group: &str, kind: &str| {
            let reads = dialects.iter().any(|dialect| dialect.reads(group, kind));
            let is_left_out = !admission_policies && group == OF_API_SERVER;
            reads && !is_left_out || is_exception(group, kind)
        };
        let wanted = Wanted { is_policy: Box::new(is_policy), config_map };
        let caches = Arc::new(Caches::new(client.clone(), limits, wanted));
        let inventory = LiveInventory::new(client);
        let given: Arc<Mutex<Vec<Value>>> = Arc::default();
        let following = {
            let caches = Arc::clone(&caches);
            tokio::spawn(async move { caches.keep().await })
        };
        let renewing = {
            let (caches, inventory, given) =
                (Arc::clone(&caches), inventory.clone(), Arc::clone(&given));
            tokio::spawn(async move { renew(&caches, &inventory, &given).await })
        };
        let tasks = vec![following, renewing];
        Self { caches, inventory, given, last: Mutex::default(), tasks }
    }

    /// Ends at the next change.
    pub async fn changed(&self) {
        let mut changes = self.caches.changes();
        changes.mark_unchanged();
        // Who tells lives as long as this.
        let _ = changes.changed().await;
    }

    /// Whether the policies of the cluster came once.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.caches.has_policies()
    }

    /// What is wrong at the moment, a line each.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        self.caches.faults()
    }

    /// How each kind is kept.
    #[must_use]
    pub fn states(&self) -> Vec<CacheState> {
        self.caches.states()
    }

    /// How long ago the API server was last heard of, of the kind that waits longest.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.caches.age()
    }

    /// The policies of the cluster and those that are given. `last` is the digest of those that
    /// were read before.
    #[must_use]
    pub fn read(
        &self,
        given: &Given<'_>,
        options: &BuildOptions<'_>,
        last: Option<Digest>,
    ) -> Read {
        if !self.caches.has_policies() {
            return Read::Pending;
        }
        let mut memory = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let revision = self.caches.policies_revision();
        if memory.as_ref().is_none_or(|last| last.revision != revision) {
            *memory = Some(self.look(revision));
        }
        let Some(memory) = memory.as_mut() else { return Read::Pending };
        let bundle = bundle(given.bundle, &memory.files);
        let of_definitions = Value::from(memory.definitions.clone()).to_json();
        let digest = Digest::of([
            bundle.digest().as_bytes().as_slice(),
            given.revision.as_bytes(),
            of_definitions.as_bytes(),
        ]);
        if last == Some(digest) {
            return Read::Unchanged;
        }
        // What policies look up is there before they are in force.
        if let Some((_, needs)) = memory.built.as_ref().filter(|(built, _)| *built == digest) {
            self.caches.need(needs.iter().cloned());
            if !self.caches.is_synced() {
                return Read::Pending;
            }
        }
        let (basis, given, diagnostics) =
            build(&bundle, options, given.objects, &memory.definitions, &self.inventory);
        let needs = basis.set.needs().iter().filter(|need| !need.offline);
        let needs: BTreeSet<KindNeeded> = needs.cloned().collect();
        self.caches.need(needs.iter().cloned());
        memory.built = Some((digest, needs));
        if !self.caches.is_synced() {
            return Read::Pending;
        }
        let mut known = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        *known = given;
        self.inventory.replace(known.iter().cloned().chain(self.caches.inventory()));
        drop(known);
        match diagnostics.is_empty() {
            true => Read::Changed(Box::new(basis), digest),
            false => Read::Partly(Box::new(basis), digest, diagnostics),
        }
    }

    fn look(&self, revision: Vec<(String, u64)>) -> Last {
        let kept = self.caches.policies();
        let policies = kept.policies.iter().map(|(kind, policy)| bundle_file(kind, policy));
        let of_config_map = kept.config_map.iter().flat_map(config_map_files);
        let files = policies.chain(of_config_map).collect();
        Last { revision, files, definitions: kept.definitions, built: None }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

/// What is given by path and what is in the cluster, as one bundle.
fn bundle(given: &Bundle, of_cluster: &[BundleFile]) -> Bundle {
    let files = given.files().iter().chain(of_cluster).cloned().collect();
    let mut manifest: BundleManifest = given.manifest().clone();
    manifest.origins.push(origin());
    Bundle::new(files, manifest)
}

/// The basis, what it knows beside what is in the cluster, and what is wrong with the rest.
fn build(
    bundle: &Bundle,
    options: &BuildOptions<'_>,
    objects: &[Document],
    definitions: &[Value],
    inventory: &LiveInventory,
) -> (Basis, Vec<Value>, Vec<Diagnostic>) {
    let (set, mut diagnostics) = PolicySet::build(bundle, options);
    let known: Vec<&Document> = set.objects().iter().chain(objects).collect();
    let given = known.iter().filter(|d| d.kind() == "CustomResourceDefinition").map(|d| &d.value);
    // What the API server took is in order.
    let (schemas, _) = Schemas::with_crds(given.chain(definitions));
    let (given, wrong) = stored(known.into_iter(), &schemas);
    diagnostics.extend(wrong);
    let basis = Basis { set, schemas, inventory: Box::new(inventory.clone()) };
    (basis, given, diagnostics)
}

/// Keeps the inventory as the cluster is.
async fn renew(caches: &Caches, inventory: &LiveInventory, given: &Mutex<Vec<Value>>) {
    let mut changes = caches.changes();
    let mut revision = Vec::new();
    while changes.changed().await.is_ok() {
        let now = caches.inventory_revision();
        if now == revision {
            continue;
        }
        let began = Instant::now();
        {
            let known = given.lock().unwrap_or_else(PoisonError::into_inner);
            inventory.replace(known.iter().cloned().chain(caches.inventory()));
        }
        revision = now;
        let (least, times) = PAUSE;
        tokio::time::sleep(least.max(began.elapsed() * times)).await;
    }
}
