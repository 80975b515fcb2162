//! What the server is started by, and what the chart does not give it: files that are nowhere, and
//! rights that nobody grants.

use super::text;
use crate::args::{Cli, Command, ServeArgs};
use crate::commands::{command, serve};
use crate::output;
use anyhow::{Context as _, Result, bail};
use clap::FromArgMatches as _;
use sekisho_install::defaults;
use sekisho_manifest::Document;
use sekisho_value::{Map, Value};
use std::path::{Path, PathBuf};

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

/// The arguments that the server will be started with.
pub(super) fn arguments(objects: &[Document]) -> Result<ServeArgs> {
    let deployment = objects.iter().find(|object| object.kind() == "Deployment");
    let containers =
        deployment.and_then(|d| d.value.path(&["spec", "template", "spec", "containers"]));
    let first = containers.and_then(Value::as_array).and_then(<[Value]>::first);
    let given = first.and_then(|container| container.get("args")).and_then(Value::as_array);
    let given = given.unwrap_or_default().iter().filter_map(Value::as_str);
    let wrong = "the server would not start by `policies.args`, `server.failurePolicies` and \
                 `server.extraArgs`";
    let matches = command().try_get_matches_from(std::iter::once("sekisho").chain(given)).map_err(
        |error| {
            let text = error.to_string();
            let said = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            anyhow::anyhow!("{wrong}: {said}")
        },
    )?;
    match Cli::from_arg_matches(&matches)?.command {
        Command::Serve(serve) => {
            serve::sound(&serve).context(wrong)?;
            Ok(*serve)
        }
        _ => bail!("{wrong}"),
    }
}

/// What the server would not have: files and rights. An image of one's own may hold the files, which
/// is told.
pub(super) fn lacking(values: &Value, objects: &[Document], serve: &ServeArgs) -> Vec<String> {
    let mut lacking = rights(values, serve);
    let repository = ["image", "repository"];
    let is_ours = text(values, &repository) == text(&defaults(), &repository);
    for (told, help) in files(values, objects, serve) {
        if is_ours {
            lacking.push(format!("{told}, and its image holds no files: {help}"));
        } else {
            output::note(&format!("note: {told}, and is to be in its image: {help}"));
        }
    }
    lacking
}

/// What asks an API server where nothing is granted, nor mounted to ask by.
fn rights(values: &Value, serve: &ServeArgs) -> Vec<String> {
    // Who names an API server has rights there.
    if serve.cluster.kubeconfig.is_some() {
        return Vec::new();
    }
    let is = |path: &[&str]| values.path(path).and_then(Value::as_bool) == Some(true);
    let config_map = text(values, &["policies", "configMap"]).is_some();
    let admission_policies = is(&["policies", "admissionPolicies"]);
    let all = [
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
    ];
    let lacking = all.into_iter().filter(|(_, given, granted, _)| *given && !granted);
    let told = |(option, _, _, value)| {
        format!(
            "`{option}` is given to the server, and nothing is granted for it: set `{value}` in its \
             place"
        )
    };
    lacking.map(told).collect()
}

/// The files that are in no volume, and what helps.
fn files(values: &Value, objects: &[Document], serve: &ServeArgs) -> Vec<(String, &'static str)> {
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
    let all = all.chain(serve.cluster.kubeconfig.iter().map(of("--kubeconfig", NONE)));
    let all = all.chain(serve.settings.config.iter().map(of("--config", NONE)));
    let mounts = mounts(objects);
    let is_there = |path: &Path| {
        let mounted = mounts.iter().any(|mount| path.starts_with(mount));
        mounted && path.strip_prefix(MOUNTED).map_or(true, |below| is_packed(values, below))
    };
    let lacking = all.filter(|(_, _, path)| !is_there(path));
    let told = |(option, help, path): (&str, _, &PathBuf)| {
        (format!("`{option}={}` is in no volume of the server", path.display()), help)
    };
    lacking.map(told).collect()
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
