//! What to judge by, as the command line says it.

use crate::args::PolicyArgs;
use crate::config;
use crate::values::PodSecurity;
use anyhow::Result;
use sekisho_checkpoint_check::bundle_of_paths;
use sekisho_dialect_pod_security::{default_configuration, level_document, not_a_configuration};
use sekisho_packs::{bundle_files, origin};
use sekisho_policy::{Bundle, BundleFile, BundleManifest, Target};
use sekisho_report::Diagnostic;

/// Puts everything that says what to judge by into one bundle; the default policies where nothing
/// does.
pub(crate) fn bundle(args: &PolicyArgs) -> Result<(Bundle, Vec<Diagnostic>)> {
    let (given, errors) = given(args)?;
    if !args.policies.is_empty() || !given.files().is_empty() {
        return Ok((given, errors));
    }
    let default = BundleFile {
        path: "default policies".into(),
        bytes: default_configuration().as_bytes().into(),
    };
    Ok((Bundle::new(vec![default], given.manifest().clone()), errors))
}

/// Puts what is given to judge by into one bundle, which may be empty.
pub(crate) fn given(args: &PolicyArgs) -> Result<(Bundle, Vec<Diagnostic>)> {
    let (mut files, mut errors) = if args.policies.is_empty() {
        (Vec::new(), Vec::new())
    } else {
        bundle_of_paths(&args.policies)
    };
    let mut manifest = BundleManifest::default();
    if !args.pack.is_empty() {
        files.extend(bundle_files(&args.pack));
        manifest.origins.push(origin());
    }
    for PodSecurity { level, version } in &args.pod_security {
        files.push(BundleFile {
            path: format!("--pod-security {level}:{version}").into(),
            bytes: level_document(level, version).into_bytes().into(),
        });
    }
    if let Some(path) = &args.pod_security_config {
        let bytes = config::read(path)?;
        let path = path.display().to_string();
        errors.extend(not_a_configuration(&path, &bytes));
        files.push(BundleFile { path: path.into(), bytes: bytes.into() });
    }
    Ok((Bundle::new(files, manifest), errors))
}

/// What is judged for.
pub(crate) fn target(args: &PolicyArgs) -> Result<Target> {
    let mut target = match &args.target {
        Some(file) => config::target(file)?,
        None => Target::default(),
    };
    if let Some(version) = args.kubernetes_version {
        target.kubernetes_version = version;
        target.assumed = false;
    }
    Ok(target)
}
