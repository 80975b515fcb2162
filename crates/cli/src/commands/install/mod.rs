//! `sekisho install`

mod apply;
mod policies;
mod reach;
mod unasked;

use crate::{config, output};
use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use sekisho_checkpoint_admission::{Certificate, Issued};
use sekisho_cluster::{Client, Config};
use sekisho_install::{
    Release, defaults, is_webhook, manifests, merge, path, problems, set, stays,
};
use sekisho_kube_model::{Problem, ProblemKind, Schemas};
use sekisho_manifest::{Document, to_yaml};
use sekisho_value::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

/// Print or apply the manifests of the admission webhook
///
/// They are those of the Helm chart, filled in by its values. The policies that are given are
/// compiled first, and what is faulty is not installed.
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
    #[arg(short, long, value_name = "PATH", conflicts_with = "uninstall")]
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

/// How many bytes an object may have for `kubectl apply`, which notes all of it in an annotation.
///
/// Source: `TotalAnnotationSizeLimitB` of k8s.io/apimachinery.
const ANNOTATIONS: usize = 256 << 10;

pub(crate) fn run(args: &InstallArgs) -> Result<ExitCode> {
    if args.namespace == "default" || args.namespace.starts_with("kube-") {
        bail!("`{}` is a namespace of the cluster's own: give another with -n", args.namespace);
    }
    let mut values = values(args)?;
    if args.uninstall {
        if !args.apply {
            let source = text(&values, &["tls", "source"]).unwrap_or_default().to_owned();
            let of_cert_manager = |d: &Document| d.api_version().starts_with("cert-manager.io/");
            // A client that does not know the kinds would stop at them.
            let mut all = everything(args, &values)?;
            all.retain(|one| source == "certManager" || !of_cert_manager(one));
            print(&all)?;
            return Ok(ExitCode::SUCCESS);
        }
        let all = everything(args, &values)?;
        return with_cluster(args, async |client| apply::uninstall(&client, &all).await);
    }
    let of_paths = policies::pack(&mut values, &args.policies)?;
    if !args.apply {
        if certify(&mut values, &args.namespace)? {
            output::note(
                "note: the certificate is another one at each printing: `--apply` keeps the one \
                 that is there, and with `tls.source=cluster` none is printed",
            );
        }
        let objects = sound(args, &values, of_paths, None)?;
        print(&objects)?;
        return Ok(ExitCode::SUCCESS);
    }
    with_cluster(args, async |client| {
        apply::keep_certificate(&client, &mut values, &args.namespace).await?;
        certify(&mut values, &args.namespace)?;
        let templates = policies::templates(&client, &values).await?;
        let objects = sound(args, &values, of_paths, Some(templates))?;
        let outdated = apply::not_of_others(&client, &values, &objects).await?;
        apply::install(&client, &objects, outdated, args).await?;
        apply::prune(&client, &objects, &everything(args, &values)?).await
    })
}

fn with_cluster(
    args: &InstallArgs,
    with: impl AsyncFnOnce(Client) -> Result<()>,
) -> Result<ExitCode> {
    let config = Config::load(args.kubeconfig.as_deref(), args.context.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { with(Client::new(&config)?).await })?;
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
        set(&mut values, assignment).context("--set")?;
    }
    Ok(values)
}

fn text<'v>(values: &'v Value, path: &[&str]) -> Option<&'v str> {
    values.path_str(path).filter(|text| !text.is_empty())
}

/// Makes a certificate where nobody gives one that is to be given; whether it did.
fn certify(values: &mut Value, namespace: &str) -> Result<bool> {
    let given = ["caBundle", "crt", "key"].iter().any(|key| text(values, &["tls", key]).is_some());
    if text(values, &["tls", "source"]) != Some("values") || given {
        return Ok(false);
    }
    let issued = Issued::new(&[format!("sekisho.{namespace}.svc")])?;
    for (key, pem) in
        [("caBundle", &issued.authority), ("crt", &issued.chain), ("key", &issued.key)]
    {
        set(values, &format!("tls.{key}={}", STANDARD.encode(pem)))?;
    }
    Ok(true)
}

/// The objects that are made, where values, policies and what they make are sound. `templates` are
/// those of the cluster, where it is asked.
fn sound(
    args: &InstallArgs,
    values: &Value,
    of_paths: policies::Files,
    templates: Option<policies::Files>,
) -> Result<Vec<Document>> {
    refuse(&problems(values))?;
    certificate(values)?;
    let objects = manifests(values, &release(args))?;
    refuse(&objects.iter().flat_map(of_schema).collect::<Vec<_>>())?;
    let serve = reach::arguments(&objects)?;
    refuse(&reach::lacking(values, &objects, &serve))?;
    policies::compile(values, &serve, of_paths, templates)?;
    reach::image(values);
    Ok(objects)
}

fn refuse(problems: &[String]) -> Result<()> {
    match problems {
        [] => Ok(()),
        _ => bail!("{}", problems.join("\nerror: ")),
    }
}

/// What an API server would hold against an object.
fn of_schema(object: &Document) -> Vec<String> {
    let name = named(object);
    let problems = Schemas::builtin().decode(&object.value).problems.into_iter();
    let told = |problem: Problem| {
        let help = problem.help.map_or(String::new(), |help| format!(" ({help})"));
        format!("the values make no {name} of it: {}{help}", problem.message)
    };
    problems.filter(|problem| problem.kind != ProblemKind::UnservedVersion).map(told).collect()
}

/// Whether the certificate that is given can be served, and its authority is one.
fn certificate(values: &Value) -> Result<()> {
    let pem = |key: &str| -> Result<Option<Vec<u8>>> {
        let Some(text) = text(values, &["tls", key]) else { return Ok(None) };
        let packed: String = text.split_whitespace().collect();
        let pem = STANDARD.decode(packed).with_context(|| format!("`tls.{key}` is no base64"))?;
        Ok(Some(pem))
    };
    if let Some(authority) = pem("caBundle")?
        && !String::from_utf8_lossy(&authority).contains("-----BEGIN CERTIFICATE-----")
    {
        bail!("`tls.caBundle` is to be base64 of PEM, and holds no certificate");
    }
    if let (Some(chain), Some(key)) = (pem("crt")?, pem("key")?) {
        Certificate::from_pem(&chain, &key).context("`tls.crt` and `tls.key`")?;
    }
    Ok(())
}

fn release(args: &InstallArgs) -> Release {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Release { namespace: args.namespace.clone(), version }
}

/// Kind and name.
fn named(object: &Document) -> String {
    format!("{} {}", object.kind(), object.name().unwrap_or_default())
}

/// Everything that an installation may have made, whatever its values were, in the order in which
/// it is deleted. What stays is not in it.
fn everything(args: &InstallArgs, values: &Value) -> Result<Vec<Document>> {
    let mut all: Vec<Document> = Vec::new();
    let mut paths = BTreeSet::new();
    for source in ["cluster", "values", "certManager"] {
        let mut values = values.clone();
        for change in [
            "policies.cluster=true",
            "policies.files.any=any",
            "networkPolicy.enabled=true",
            "server.events=true",
            "webhooks.mutating.enabled=true",
            "priorityClassName=any",
            "tls.crt=any",
            "tls.key=any",
            &format!("tls.source={source}"),
        ] {
            set(&mut values, change)?;
        }
        let made = manifests(&values, &release(args))?.into_iter();
        all.extend(made.filter(|one| !stays(&one.value) && paths.insert(path(&one.value))));
    }
    // The namespace is the first that is made.
    all.sort_by_key(|one| one.kind() != "Namespace");
    all.reverse();
    all.sort_by_key(|one| !is_webhook(&one.value));
    Ok(all)
}

fn print(objects: &[Document]) -> Result<()> {
    let large: Vec<&Document> =
        objects.iter().filter(|object| object.value.to_json().len() > ANNOTATIONS).collect();
    for object in &large {
        output::note(&format!(
            "note: {} is too large for `kubectl apply`: give it `--server-side`",
            named(object)
        ));
    }
    output::to_stdout(|out| {
        for object in objects {
            let is_large = large.iter().any(|large| std::ptr::eq(*large, object));
            let note = if is_large { "# for `kubectl apply --server-side` alone\n" } else { "" };
            write!(out, "---\n{note}{}", to_yaml(&object.value))?;
        }
        Ok(())
    })
}
