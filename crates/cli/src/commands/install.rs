//! `sekisho install`

use crate::{config, output};
use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use sekisho_checkpoint_admission::Issued;
use sekisho_checkpoint_check::bundle_of_paths;
use sekisho_cluster::{Client, Config, Error};
use sekisho_install::{Release, defaults, is_webhook, manifests, merge, path, set};
use sekisho_manifest::{Document, to_yaml};
use sekisho_value::{Map, Value};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Print or apply the manifests of the admission webhook
///
/// They are those of the Helm chart, filled in by its values. With none for a certificate, one is
/// made, with an authority of its own.
#[derive(Debug, Args)]
pub(crate) struct InstallArgs {
    /// The namespace to install into
    #[arg(short, long, default_value = "sekisho-system", value_parser = crate::values::namespace)]
    namespace: String,

    /// Values of the chart; repeatable, later ones win
    #[arg(long, value_name = "FILE")]
    values: Vec<PathBuf>,

    /// One value of the chart; repeatable, wins over files
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,

    /// Policy file or folder to put into a ConfigMap; repeatable
    #[arg(short, long, value_name = "PATH")]
    policies: Vec<PathBuf>,

    /// Apply the manifests to a cluster: webhooks last, once a replica is ready
    #[arg(long)]
    apply: bool,

    /// Print what an installation has, in the order in which it is to be deleted, webhooks first;
    /// with --apply, delete it
    #[arg(long)]
    uninstall: bool,

    /// How many seconds a replica may take to become ready; 0 does not wait
    #[arg(long, value_name = "SECONDS", default_value_t = 120, requires = "apply")]
    wait: u64,

    /// How the cluster's API server is reached [default: $KUBECONFIG, else ~/.kube/config]
    #[arg(long, value_name = "FILE", requires = "apply")]
    kubeconfig: Option<PathBuf>,

    /// The context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "NAME", requires = "apply",
          value_parser = NonEmptyStringValueParser::new())]
    context: Option<String>,
}

/// How long API servers may go on asking a webhook that is deleted.
const FORGET: Duration = Duration::from_secs(3);

/// What a ConfigMap may hold.
const CONFIG_MAP: usize = 1 << 20;

pub(crate) fn run(args: &InstallArgs) -> Result<ExitCode> {
    if args.namespace == "default" || args.namespace.starts_with("kube-") {
        bail!("`{}` is a namespace of the cluster's own: give another with -n", args.namespace);
    }
    let mut values = values(args)?;
    if !args.apply {
        if !args.uninstall {
            certify(&mut values, &args.namespace)?;
        }
        print(&objects(args, &mut values)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let config = Config::load(args.kubeconfig.as_deref(), args.context.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = Client::new(&config)?;
        if args.uninstall {
            return uninstall(&client, &objects(args, &mut values)?).await;
        }
        keep_certificate(&client, &mut values, &args.namespace).await?;
        certify(&mut values, &args.namespace)?;
        install(&client, &objects(args, &mut values)?, args).await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The chart's values, with what the arguments say over them.
fn values(args: &InstallArgs) -> Result<Value> {
    let mut values = defaults();
    set(&mut values, "namespace.create=true")?;
    for file in &args.values {
        let name = file.display().to_string();
        let over = config::document(&name, &config::read(file)?)?;
        merge(&mut values, &over.value).context(name)?;
    }
    for assignment in &args.set {
        set(&mut values, assignment)?;
    }
    if !args.policies.is_empty() {
        let (files, errors) = bundle_of_paths(&args.policies);
        if let Some(error) = errors.first() {
            bail!("{}", error.message);
        }
        let mut of_map = Map::new();
        let mut bytes = 0;
        for file in &files {
            let text = std::str::from_utf8(&file.bytes)
                .with_context(|| format!("{} is not UTF-8", file.path))?;
            bytes += text.len();
            if of_map.insert(key(&file.path), text).is_some() {
                bail!(
                    "two policy files are both `{}` in the ConfigMap, {} among them: rename one",
                    key(&file.path),
                    file.path
                );
            }
        }
        if bytes > CONFIG_MAP {
            bail!("the policies have {bytes} bytes, and a ConfigMap holds {CONFIG_MAP}");
        }
        let policies = Value::Object(Map::from_iter([("files", Value::Object(of_map))]));
        merge(&mut values, &Value::Object(Map::from_iter([("policies", policies)])))?;
    }
    let is = |path: [&str; 2]| values.path(&path).and_then(Value::as_bool) == Some(true);
    if is(["tls", "cluster"]) && !is(["policies", "cluster"]) {
        bail!("`tls.cluster` is true and `policies.cluster` is not: replicas could not keep it");
    }
    Ok(values)
}

/// A path as a key of a ConfigMap.
fn key(path: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '.' };
    let key: String = path.chars().map(plain).collect();
    key.trim_start_matches('.').to_owned()
}

fn text<'v>(values: &'v Value, path: &[&str]) -> Option<&'v str> {
    values.path_str(path).filter(|text| !text.is_empty())
}

/// Makes a certificate where nobody gives one.
fn certify(values: &mut Value, namespace: &str) -> Result<()> {
    let given = text(values, &["tls", "crt"]).or(text(values, &["tls", "caBundle"]));
    let by = |maker: &str| values.path(&["tls", maker]).and_then(Value::as_bool) == Some(true);
    if given.is_some() || by("certManager") || by("cluster") {
        return Ok(());
    }
    let issued = Issued::new(&[format!("sekisho.{namespace}.svc")])?;
    for (key, pem) in
        [("caBundle", &issued.authority), ("crt", &issued.chain), ("key", &issued.key)]
    {
        set(values, &format!("tls.{key}={}", STANDARD.encode(pem)))?;
    }
    Ok(())
}

/// Keeps the certificate of an installation that is there: replicas would serve the old one for a
/// while after API servers trust another.
async fn keep_certificate(client: &Client, values: &mut Value, namespace: &str) -> Result<()> {
    if values.path(&["tls", "cluster"]).and_then(Value::as_bool) == Some(true) {
        return Ok(());
    }
    let name = text(values, &["tls", "secretName"]).unwrap_or_default();
    let secret = format!("/api/v1/namespaces/{namespace}/secrets/{name}");
    let webhook = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/sekisho";
    let (Some(secret), Some(webhook)) =
        (there(client, &secret).await?, there(client, webhook).await?)
    else {
        return Ok(());
    };
    let authority = webhook
        .get("webhooks")
        .and_then(Value::as_array)
        .and_then(|webhooks| webhooks.first())
        .and_then(|webhook| text(webhook, &["clientConfig", "caBundle"]));
    let crt = text(&secret, &["data", "tls.crt"]);
    let key = text(&secret, &["data", "tls.key"]);
    if let (Some(authority), Some(crt), Some(key), None) =
        (authority, crt, key, text(values, &["tls", "crt"]))
    {
        for (field, kept) in [("caBundle", authority), ("crt", crt), ("key", key)] {
            set(values, &format!("tls.{field}={kept}"))?;
        }
    }
    Ok(())
}

async fn there(client: &Client, path: &str) -> Result<Option<Value>, Error> {
    match client.get(path).await {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is made, or what is deleted, in that order.
fn objects(args: &InstallArgs, values: &mut Value) -> Result<Vec<Document>> {
    if args.uninstall {
        // Whatever the values were when it was installed.
        for change in [
            "policies.cluster=true",
            "policies.files.any=any",
            "tls.cluster=true",
            "tls.crt=any",
            "webhooks.mutating.enabled=true",
        ] {
            set(values, change)?;
        }
    }
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let release = Release { namespace: args.namespace.clone(), version };
    let mut objects = manifests(values, &release)?;
    if args.uninstall {
        objects.reverse();
        objects.sort_by_key(|object| !is_webhook(&object.value));
    }
    Ok(objects)
}

fn print(objects: &[Document]) -> Result<()> {
    output::to_stdout(|out| {
        for object in objects {
            write!(out, "---\n{}", to_yaml(&object.value))?;
        }
        Ok(())
    })
}

async fn install(client: &Client, objects: &[Document], args: &InstallArgs) -> Result<()> {
    let (webhooks, others): (Vec<_>, Vec<_>) =
        objects.iter().partition(|object| is_webhook(&object.value));
    for object in others {
        if is_of_others(client, object).await? {
            bail!(
                "namespace `{}` is there, and Sekisho did not make it: install into it as it is \
                 with `--set namespace.create=false`, or name another with -n",
                args.namespace
            );
        }
        apply(client, object).await?;
    }
    if args.wait > 0 {
        wait(client, &args.namespace, Duration::from_secs(args.wait)).await?;
    }
    for object in webhooks {
        apply(client, object).await?;
    }
    Ok(())
}

/// Whether an object is a Namespace that no installation made.
async fn is_of_others(client: &Client, object: &Document) -> Result<bool> {
    if object.kind() != "Namespace" {
        return Ok(false);
    }
    let path = path(&object.value).context("the namespace has no path")?;
    let label = ["metadata", "labels", "app.kubernetes.io/name"];
    let there = there(client, &path).await?;
    Ok(there.is_some_and(|there| there.path_str(&label) != Some("sekisho")))
}

async fn apply(client: &Client, object: &Document) -> Result<()> {
    let name = format!("{} {}", object.kind(), object.name().unwrap_or_default());
    let path = path(&object.value).with_context(|| format!("{name} has no path"))?;
    client.apply(&path, &object.value).await.with_context(|| name.clone())?;
    output::note(&format!("applied {name}"));
    Ok(())
}

/// Waits until a replica answers: before that, webhooks would refuse everything.
async fn wait(client: &Client, namespace: &str, most: Duration) -> Result<()> {
    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/sekisho");
    let started = Instant::now();
    loop {
        let deployment = client.get(&path).await?;
        let number = |path: [&str; 2]| deployment.path(&path).and_then(Value::as_i64).unwrap_or(0);
        let is_seen =
            number(["status", "observedGeneration"]) >= number(["metadata", "generation"]);
        let updated = number(["status", "updatedReplicas"]);
        if is_seen && updated > 0 && number(["status", "availableReplicas"]) > 0 {
            return Ok(());
        }
        if started.elapsed() > most {
            bail!(
                "no replica is ready after {} s: the webhooks are not applied, and nothing is \
                 asked of them",
                most.as_secs()
            );
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn uninstall(client: &Client, objects: &[Document]) -> Result<()> {
    let mut waited = false;
    for object in objects {
        if !is_webhook(&object.value) && !waited {
            tokio::time::sleep(FORGET).await;
            waited = true;
        }
        let name = format!("{} {}", object.kind(), object.name().unwrap_or_default());
        let path = path(&object.value).with_context(|| format!("{name} has no path"))?;
        if is_of_others(client, object).await? {
            output::note(&format!("{name} stays: Sekisho did not make it"));
            continue;
        }
        match client.delete(&path).await {
            Ok(_) => output::note(&format!("deleted {name}")),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error).with_context(|| name.clone()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn paths_are_keys_of_a_config_map() {
        for (path, wanted) in [
            ("policies/a b.yaml", "policies.a.b.yaml"),
            ("./x/y.yaml", "x.y.yaml"),
            ("/etc/p.yml", "etc.p.yml"),
        ] {
            assert_eq!(key(path), wanted);
        }
    }
}
