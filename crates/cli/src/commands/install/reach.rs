//! What the server is started by, and what the chart does not give it: files that are nowhere, and
//! rights that nobody grants.

use super::text;
use crate::args::ServeArgs;
use crate::output;
use anyhow::{Result, bail};
use sekisho_install::defaults;
use sekisho_manifest::Document;
use sekisho_value::{Map, Value};
use std::path::Path;

/// Where the server finds the ConfigMap.
pub(super) const MOUNTED: &str = "/policies";

/// Tells of an image that may be another one tomorrow.
pub(super) fn image(values: &Value) {
    if text(values, &["image", "digest"]).is_none() {
        output::note(
            "note: the image has no digest: its tag may be moved, and `--pack restricted` refuses it: \
             see `image.digest`",
        );
    }
}

/// Refuses what asks an API server where nothing is granted, nor mounted to ask by.
pub(super) fn rights(values: &Value, serve: &ServeArgs) -> Result<()> {
    let is = |path: &[&str]| values.path(path).and_then(Value::as_bool) == Some(true);
    let config_map = text(values, &["policies", "configMap"]).is_some();
    let admission_policies = is(&["policies", "admissionPolicies"]);
    for (option, given, granted, value) in [
        ("--cluster", serve.cluster.cluster, is(&["policies", "cluster"]), "policies.cluster=true"),
        (
            "--admission-policies",
            serve.admission_policies,
            admission_policies,
            "policies.admissionPolicies=true",
        ),
        (
            "--policy-config-map",
            serve.cluster.policy_config_map.is_some(),
            config_map,
            "policies.configMap=NAME",
        ),
        ("--events", serve.events, is(&["server", "events"]), "server.events=true"),
    ] {
        // Who names an API server has rights there.
        if given && !granted && serve.cluster.kubeconfig.is_none() {
            bail!(
                "`{option}` is given to the server, and nothing is granted for it: set `{value}` in \
                 its place"
            );
        }
    }
    Ok(())
}

/// Refuses files that the server would not find. An image of one's own may hold them, which is told.
pub(super) fn files(values: &Value, objects: &[Document], serve: &ServeArgs) -> Result<()> {
    const PACKED: &str = "`policies.files` holds policies, and -p puts them there";
    const LOOKED_UP: &str = "`policies.cluster=true` looks up what the cluster holds";
    const NONE: &str = "no value of the chart holds it";
    let given = &serve.policies;
    let of = |option, help| move |path| (option, help, path);
    let all = given.policies.iter().map(of("--policies", PACKED));
    let all = all.chain(given.pod_security_config.iter().map(of("--pod-security-config", PACKED)));
    let all = all.chain(given.inventory.iter().map(of("--inventory", LOOKED_UP)));
    let all = all.chain(given.target.iter().map(of("--target", NONE)));
    let all = all.chain(given.external_data.iter().map(of("--external-data", NONE)));
    let mut all = all.chain(serve.cluster.kubeconfig.iter().map(of("--kubeconfig", NONE)));
    let mounts = mounts(objects);
    let is_there = |path: &Path| {
        let mounted = mounts.iter().any(|mount| path.starts_with(mount));
        mounted && path.strip_prefix(MOUNTED).map_or(true, |below| is_packed(values, below))
    };
    let Some((option, help, path)) = all.find(|(_, _, path)| !is_there(path)) else {
        return Ok(());
    };
    let path = path.display();
    let told = format!("`{option}={path}` is in no volume of the server");
    let repository = ["image", "repository"];
    if text(values, &repository) == text(&defaults(), &repository) {
        bail!("{told}, and its image holds no files: {help}");
    }
    output::note(&format!("note: {told}, and is to be in its image: {help}"));
    Ok(())
}

/// Whether the ConfigMap has a file, or is asked for as a whole.
fn is_packed(values: &Value, below: &Path) -> bool {
    let files = values.path(&["policies", "files"]).and_then(Value::as_object);
    let mut names = files.into_iter().flat_map(Map::keys);
    below.as_os_str().is_empty() || names.any(|name| below == Path::new(name.as_str()))
}

/// Where the server's volumes are.
fn mounts(objects: &[Document]) -> Vec<&str> {
    let containers = ["spec", "template", "spec", "containers"];
    let deployments = objects.iter().filter(|object| object.kind() == "Deployment");
    let containers = deployments.flat_map(|deployment| list(deployment.value.path(&containers)));
    let mounts = containers.flat_map(|container| list(container.get("volumeMounts")));
    mounts.filter_map(|mount| mount.path_str(&["mountPath"])).collect()
}

fn list(of: Option<&Value>) -> &[Value] {
    of.and_then(Value::as_array).unwrap_or_default()
}
