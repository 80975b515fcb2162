//! What is judged by: policies and what they look up, of the cluster and as given by path.

use crate::audit::AuditOptions;
use sekisho_cluster::{
    ApiResource, CacheLimits, Client, Discovered, Error, bundle_file, config_map_files, list_once,
    origin,
};
use sekisho_engine::{BuildOptions, MemoryInventory, PolicySet, is_exception};
use sekisho_kube_model::{Created, Schemas};
use sekisho_manifest::Document;
use sekisho_policy::{Bundle, BundleFile, KindNeeded};
use sekisho_report::Diagnostic;
use sekisho_value::{Str, Value};
use std::collections::BTreeSet;

/// What objects are judged by.
pub(crate) struct Known {
    pub(crate) set: PolicySet,
    pub(crate) schemas: Schemas,
    pub(crate) inventory: MemoryInventory,
    pub(crate) errors: Vec<Diagnostic>,
}

/// Fetches what objects are judged by.
pub(crate) async fn fetch(
    client: &Client,
    found: &Discovered,
    options: &AuditOptions<'_>,
) -> Result<Known, Error> {
    let mut files: Vec<BundleFile> = options.bundle.files().to_vec();
    let mut manifest = options.bundle.manifest().clone();
    if options.policies_of_cluster {
        files.extend(policies(client, found, options).await?);
        manifest.origins.push(origin());
    }
    let bundle = Bundle::new(files, manifest);
    let build = BuildOptions {
        dialects: options.dialects,
        unsupported: options.unsupported,
        target: options.target,
        strict: options.strict,
    };
    let (set, mut errors) = PolicySet::build(&bundle, &build);
    let is_definition =
        |r: &ApiResource| r.kind == "CustomResourceDefinition" && r.group == "apiextensions.k8s.io";
    let definitions = list_once(client, found, is_definition, CacheLimits::default()).await?;
    let given: Vec<&Document> = set.objects().iter().chain(options.objects).collect();
    let of_given = given.iter().filter(|d| d.kind() == "CustomResourceDefinition");
    let of_given = of_given.map(|d| &d.value);
    let of_cluster = definitions.iter().map(|(_, definition)| definition);
    // What the API server took is in order.
    let (schemas, _) = Schemas::with_crds(of_given.chain(of_cluster));
    let mut inventory = MemoryInventory::new();
    inventory.set_external(options.external);
    for document in given {
        let Created { decoded, .. } = schemas.create(&document.value, "default");
        if decoded.is_readable() {
            inventory.insert(decoded.object);
            continue;
        }
        errors.extend(decoded.problems.iter().map(|problem| {
            let place = document.locate(&problem.pointer);
            let file = document.source().name.clone();
            Diagnostic::at(file, place.line, place.column, problem.message.clone())
        }));
    }
    let looked_up = look_up(client, found, set.needs(), &mut errors).await?;
    looked_up.into_iter().for_each(|object| inventory.insert(object));
    Ok(Known { set, schemas, inventory, errors })
}

async fn policies(
    client: &Client,
    found: &Discovered,
    options: &AuditOptions<'_>,
) -> Result<Vec<BundleFile>, Error> {
    let is_policy = |r: &ApiResource| {
        options.dialects.iter().any(|dialect| dialect.reads(&r.group, &r.kind))
            || is_exception(&r.group, &r.kind)
    };
    let policies = list_once(client, found, is_policy, CacheLimits::default()).await?;
    let mut files: Vec<BundleFile> =
        policies.iter().map(|(kind, policy)| bundle_file(kind, policy)).collect();
    if let Some((namespace, name)) = options.config_map {
        let path = format!("/api/v1/namespaces/{namespace}/configmaps/{name}");
        files.extend(config_map_files(&client.get(&path).await?));
    }
    Ok(files)
}

/// Namespaces and whatever else policies look up.
async fn look_up(
    client: &Client,
    found: &Discovered,
    needs: &BTreeSet<KindNeeded>,
    errors: &mut Vec<Diagnostic>,
) -> Result<Vec<Value>, Error> {
    let (group, version) = (Str::default(), Str::default());
    let namespace = KindNeeded { group, version, kind: "Namespace".into(), offline: false };
    let mut objects = Vec::new();
    let needs = needs.iter().filter(|need| !need.offline);
    for need in std::iter::once(&namespace).chain(needs) {
        let served = found.resources.iter().find(|r| r.group == need.group && r.kind == need.kind);
        let Some(served) = served else {
            let message =
                format!("policies look up `{}`, which the API server does not serve", need.kind);
            errors.push(Diagnostic::general(message));
            continue;
        };
        let mut wanted = served.clone();
        if !need.version.is_empty() {
            wanted.version = need.version.clone();
        }
        let one = Discovered { resources: vec![wanted], ..Discovered::default() };
        let listed = list_once(client, &one, |_| true, CacheLimits::default()).await?;
        objects.extend(listed.into_iter().map(|(_, object)| object));
    }
    Ok(objects)
}
