//! An installation in a cluster: made, kept and taken out.

use super::{InstallArgs, named, text};
use crate::output;
use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sekisho_checkpoint_admission::trusted;
use sekisho_cluster::{Client, Error};
use sekisho_install::{is_webhook, path, set};
use sekisho_manifest::Document;
use sekisho_value::Value;
use std::time::{Duration, Instant};

/// How long API servers may go on asking a webhook that is deleted.
const FORGET: Duration = Duration::from_secs(3);

async fn there(client: &Client, path: &str) -> Result<Option<Value>, Error> {
    match client.get(path).await {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where an API server has an object.
fn place(object: &Document) -> Result<String> {
    path(&object.value).with_context(|| format!("{} has no path", named(object)))
}

/// Whether an installation made an object.
fn is_ours(object: &Value) -> bool {
    let label = ["metadata", "labels", "app.kubernetes.io/name"];
    object.path_str(&label) == Some("sekisho") || trusted(object).is_some()
}

/// Keeps the certificate of an installation that is there: replicas would serve the old one for a
/// while after API servers trust another.
pub(super) async fn keep_certificate(
    client: &Client,
    values: &mut Value,
    namespace: &str,
) -> Result<()> {
    if text(values, &["tls", "source"]) != Some("values") {
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
        && is_ours(&secret)
        && trusted(&secret).is_none()
    {
        for (field, kept) in [("caBundle", authority), ("crt", crt), ("key", key)] {
            set(values, &format!("tls.{field}={kept}"))?;
        }
    }
    Ok(())
}

/// Where the Secret is of an installation that had its certificate from elsewhere: what comes in its
/// place is another one.
pub(super) struct Outdated(Option<String>);

impl Outdated {
    async fn delete(&mut self, client: &Client) -> Result<()> {
        let Some(path) = self.0.take() else { return Ok(()) };
        delete(client, &path, "Secret", path.rsplit('/').next().unwrap_or_default()).await
    }
}

/// Refuses what would take over a namespace or a Secret of others. Nothing is changed yet.
pub(super) async fn not_of_others(
    client: &Client,
    values: &Value,
    objects: &[Document],
) -> Result<Outdated> {
    for object in objects.iter().filter(|object| object.kind() == "Namespace") {
        if there(client, &place(object)?).await?.is_some_and(|there| !is_ours(&there)) {
            let name = object.name().unwrap_or_default();
            bail!(
                "namespace `{name}` is there, and Sekisho did not make it: install into it as it \
                 is with `--set namespace.create=false`, or name another with -n"
            );
        }
    }
    let source = text(values, &["tls", "source"]).unwrap_or_default();
    let name = text(values, &["tls", "secretName"]).unwrap_or_default();
    let account = objects.iter().find(|object| object.kind() == "ServiceAccount");
    let namespace = account.and_then(|a| a.value.path_str(&["metadata", "namespace"]));
    let path = format!("/api/v1/namespaces/{}/secrets/{name}", namespace.unwrap_or_default());
    let Some(secret) = there(client, &path).await? else {
        if source == "secret" {
            bail!("there is no Secret `{name}`, which `tls.source=secret` takes: make it first");
        }
        return Ok(Outdated(None));
    };
    let of_replicas = trusted(&secret).is_some();
    match source {
        "cluster" | "values" if !is_ours(&secret) => bail!(
            "Secret `{name}` is there, and Sekisho did not make it: take it with \
             `tls.source=secret`, or name another in `tls.secretName`"
        ),
        "cluster" if !of_replicas => Ok(Outdated(Some(path))),
        "values" if of_replicas => Ok(Outdated(Some(path))),
        _ => Ok(Outdated(None)),
    }
}

pub(super) async fn install(
    client: &Client,
    objects: &[Document],
    mut outdated: Outdated,
    args: &InstallArgs,
) -> Result<()> {
    let (webhooks, others): (Vec<_>, Vec<_>) =
        objects.iter().partition(|object| is_webhook(&object.value));
    for object in others {
        if object.kind() == "Secret" {
            outdated.delete(client).await?;
        }
        apply(client, object, &object.value).await?;
        // Its replicas make another one.
        if object.kind() == "Deployment" {
            outdated.delete(client).await?;
        }
    }
    if args.wait > 0 {
        wait(client, &args.namespace, Duration::from_secs(args.wait)).await?;
    }
    for object in webhooks {
        // What the replicas put in themselves is there from the first moment.
        let label = ["metadata", "labels", "sekisho.dev/certificate"];
        let authorities = match object.value.path_str(&label) {
            None => None,
            Some(secret) => {
                let path = format!("/api/v1/namespaces/{}/secrets/{secret}", args.namespace);
                there(client, &path).await?.as_ref().and_then(trusted)
            }
        };
        let value = match authorities {
            Some(authorities) => trusting(&object.value, &authorities),
            None => object.value.clone(),
        };
        apply(client, object, &value).await?;
    }
    Ok(())
}

/// A webhook configuration that trusts authorities.
fn trusting(configuration: &Value, authorities: &str) -> Value {
    let mut configuration = configuration.clone();
    let webhooks = configuration.get_mut("webhooks").and_then(Value::as_array_mut);
    for webhook in webhooks.into_iter().flatten() {
        let client = webhook.get_mut("clientConfig").and_then(Value::as_object_mut);
        client.map(|client| client.insert("caBundle", STANDARD.encode(authorities)));
    }
    configuration
}

async fn apply(client: &Client, object: &Document, value: &Value) -> Result<()> {
    client.apply(&place(object)?, value).await.with_context(|| named(object))?;
    output::note(&format!("applied {}", named(object)));
    Ok(())
}

/// Waits until all replicas are those that were applied, and answer, as `kubectl rollout status`
/// does: before that, webhooks would refuse everything.
async fn wait(client: &Client, namespace: &str, most: Duration) -> Result<()> {
    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/sekisho");
    let started = Instant::now();
    loop {
        let deployment = client.get(&path).await?;
        let number = |path: [&str; 2]| deployment.path(&path).and_then(Value::as_i64).unwrap_or(0);
        let is_seen =
            number(["status", "observedGeneration"]) >= number(["metadata", "generation"]);
        let (wanted, there) = (number(["spec", "replicas"]), number(["status", "replicas"]));
        let updated = number(["status", "updatedReplicas"]);
        let available = number(["status", "availableReplicas"]);
        if is_seen && updated >= wanted && there == updated && available >= wanted {
            return Ok(());
        }
        if started.elapsed() > most {
            bail!(
                "the replicas are not ready after {} s: the webhooks are not applied, and nothing is \
                 asked of them; see `kubectl -n {namespace} get pods`",
                most.as_secs()
            );
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Takes away what an earlier installation made, and this one does not make.
pub(super) async fn prune(
    client: &Client,
    objects: &[Document],
    everything: &[Document],
) -> Result<()> {
    let made: Vec<Option<String>> = objects.iter().map(|object| path(&object.value)).collect();
    let of_others = ["Namespace", "Secret"];
    for object in everything.iter().filter(|object| !of_others.contains(&object.kind())) {
        let path = place(object)?;
        if made.contains(&Some(path.clone())) {
            continue;
        }
        if there(client, &path).await?.is_some_and(|there| is_ours(&there)) {
            delete(client, &path, object.kind(), object.name().unwrap_or_default()).await?;
        }
    }
    Ok(())
}

/// Takes out all of it, webhooks first.
pub(super) async fn uninstall(client: &Client, everything: &[Document]) -> Result<()> {
    let mut waited = false;
    for object in everything {
        let path = place(object)?;
        if !is_webhook(&object.value) && !waited {
            tokio::time::sleep(FORGET).await;
            waited = true;
        }
        match there(client, &path).await.with_context(|| named(object))? {
            None => {}
            Some(there) if !is_ours(&there) => {
                output::note(&format!("{} stays: Sekisho did not make it", named(object)));
            }
            Some(_) => {
                delete(client, &path, object.kind(), object.name().unwrap_or_default()).await?;
            }
        }
    }
    let exceptions =
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/exceptions.sekisho.dev";
    if there(client, exceptions).await?.is_some() {
        output::note(
            "CustomResourceDefinition exceptions.sekisho.dev stays: all Exceptions would go with it",
        );
    }
    Ok(())
}

async fn delete(client: &Client, path: &str, kind: &str, name: &str) -> Result<()> {
    match client.delete(path).await {
        Ok(_) => output::note(&format!("deleted {kind} {name}")),
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error).with_context(|| format!("{kind} {name}")),
    }
    Ok(())
}
