//! Policies on their way into a ConfigMap: packed, and compiled as the server will compile them.

use super::reach::MOUNTED;
use super::unasked;
use crate::args::{PolicyArgs, ServeArgs};
use crate::commands::serve;
use crate::{output, policies};
use anyhow::{Context as _, Result, bail};
use sekisho_checkpoint_admission::Basis;
use sekisho_checkpoint_check::bundle_of_paths;
use sekisho_cluster::{ApiResource, CacheLimits, Client, bundle_file, discover, list_once, origin};
use sekisho_dialects::{DIALECTS, unsupported};
use sekisho_engine::BuildOptions;
use sekisho_install::merge;
use sekisho_policy::{Bundle, BundleFile};
use sekisho_report::{Diagnostic, Level, RenderOptions, render_diagnostic};
use sekisho_value::{Map, Value};
use std::path::{Path, PathBuf};

/// How many bytes a ConfigMap may hold.
///
/// Source: `MaxSecretSize` of k8s.io/kubernetes/pkg/apis/core, which holds for both.
const CONFIG_MAP: usize = 1 << 20;

/// Policies under the names that they have where they come from.
pub(super) type Files = Vec<BundleFile>;

/// Puts policies into the values as files of a ConfigMap.
pub(super) fn pack(values: &mut Value, paths: &[PathBuf]) -> Result<Files> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let (files, errors) = bundle_of_paths(paths);
    refuse(&errors)?;
    let mut of_map = Map::new();
    for file in &files {
        let text = std::str::from_utf8(&file.bytes)
            .with_context(|| format!("{} is not UTF-8", file.path))?;
        if of_map.insert(key(&file.path), text).is_some() {
            bail!(
                "two policy files are both `{}` in the ConfigMap, {} among them: rename one",
                key(&file.path),
                file.path
            );
        }
    }
    let policies = Value::Object(Map::from_iter([("files", Value::Object(of_map))]));
    merge(values, &Value::Object(Map::from_iter([("policies", policies)])))?;
    Ok(files)
}

/// A path as a key of a ConfigMap.
fn key(path: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '.' };
    let key: String = path.chars().map(plain).collect();
    key.trim_start_matches('.').to_owned()
}

/// The constraint templates of a cluster whose policies the server will follow.
pub(super) async fn templates(client: &Client, values: &Value) -> Result<Files> {
    if values.path(&["policies", "cluster"]).and_then(Value::as_bool) != Some(true) {
        return Ok(Vec::new());
    }
    let is_template =
        |of: &ApiResource| of.group == "templates.gatekeeper.sh" && of.kind == "ConstraintTemplate";
    let found = discover(client).await?;
    let kept = list_once(client, &found, is_template, CacheLimits::default()).await?;
    Ok(kept.iter().map(|(kind, template)| bundle_file(kind, template)).collect())
}

/// Compiles what the server will judge by; what the server would not start by is refused.
/// `templates` are those of the cluster, where it is asked.
pub(super) fn compile(
    values: &Value,
    serve: &ServeArgs,
    of_paths: Files,
    templates: Option<Files>,
) -> Result<()> {
    let packed = values.path(&["policies", "files"]).and_then(Value::as_object);
    let packed = || packed.into_iter().flat_map(Map::iter);
    let bytes: usize = packed().map(|(_, text)| text.as_str().map_or(0, str::len)).sum();
    if bytes > CONFIG_MAP {
        bail!(
            "the policies have {bytes} bytes, and a ConfigMap holds {CONFIG_MAP}: keep some in the \
             cluster, see `policies.cluster`"
        );
    }
    let given = PolicyArgs { policies: Vec::new(), ..serve.policies.clone() };
    let is_mounted = |path: &Path| path.starts_with(MOUNTED);
    // What else is mounted is not here.
    let given =
        PolicyArgs { pod_security_config: None, target: None, inventory: Vec::new(), ..given };
    let (bundle, errors) = policies::given(&given)?;
    refuse(&errors)?;
    let mut files = bundle.files().to_vec();
    let of_packs = files.len();
    let names: Vec<String> = of_paths.iter().map(|file| key(&file.path)).collect();
    files.extend(of_paths);
    for (name, text) in packed().filter(|(name, _)| !names.iter().any(|one| one == name.as_str())) {
        let bytes = text.as_str().unwrap_or_default().as_bytes().into();
        files.push(BundleFile { path: format!("policies.files.{name}").into(), bytes });
    }
    let elsewhere = serve.policies.policies.iter().any(|path| !is_mounted(path))
        || serve.policies.pod_security_config.is_some();
    let given_here = files.get(of_packs..).unwrap_or_default();
    unasked::deletions(values, given_here);
    unasked::resources(values, given_here);
    if files.is_empty() && (elsewhere || serve.cluster.cluster) {
        return Ok(());
    }
    let asked = templates.is_some();
    files.extend(templates.unwrap_or_default());
    let bundle = Bundle::new(files, bundle.manifest().clone());
    let target = policies::target(&given)?;
    let options = BuildOptions { dialects: DIALECTS, unsupported, target: &target, strict: false };
    let built = Basis::build(&bundle, &options, &[]);
    if let Ok(basis) = &built {
        unasked::mutations(values, &basis.set);
    }
    match built {
        // What is named may be where this does not see it.
        Ok(_) if elsewhere || serve.cluster.cluster => Ok(()),
        Ok(basis) => serve::named_policies(serve, basis.set.states()),
        Err(errors) if serve.cluster.cluster => refuse(&not_of_cluster(errors, asked)),
        Err(errors) => refuse(&errors),
    }
}

/// What is wrong with policies beside those of a cluster: the server goes on with what is faulty
/// there. Where the cluster is not asked, templates may be there, which is told.
fn not_of_cluster(mut errors: Vec<Diagnostic>, asked: bool) -> Vec<Diagnostic> {
    let (of_cluster, _) = origin();
    errors.retain(|error| !error.file.as_ref().is_some_and(|file| file.starts_with(&of_cluster)));
    let may_be_there = |error: &Diagnostic| error.message.contains("there is no template for");
    if !asked && let Some(first) = errors.iter().find(|error| may_be_there(error)) {
        let file = first.file.as_deref().unwrap_or_default();
        output::note(&format!(
            "note: {file}: {} here: it is to be in the cluster, which `--apply` looks up",
            first.message
        ));
        errors.retain(|error| !may_be_there(error));
    }
    errors
}

/// Tells what is wrong with policies, as `check` does.
fn refuse(errors: &[Diagnostic]) -> Result<()> {
    if errors.is_empty() {
        return Ok(());
    }
    let options = RenderOptions { color: false, ..RenderOptions::default() };
    for error in errors {
        let mut text = Vec::new();
        // Writing to memory cannot fail.
        let _ = render_diagnostic(Level::Error, error, &options, &mut text);
        output::note(String::from_utf8_lossy(&text).trim_end());
    }
    bail!("the policies are faulty: nothing is installed")
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
