//! Small YAML documents that settings are read from: errors name file, line and column.

use anyhow::{Result, anyhow, bail};
use sekisho_checkpoint_check::read_file;
use sekisho_manifest::{Document, read_document};
use sekisho_policy::{KubernetesVersion, Target};
use sekisho_value::{Pointer, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// Reads one YAML or JSON document.
pub(crate) fn document(name: &str, bytes: &[u8]) -> Result<Document> {
    read_document(name, bytes).map_err(|error| {
        let place = format!("{name}:{}:{}: {}", error.line, error.column, error.message);
        match error.help {
            Some(help) => anyhow!("{place}\nhelp: {help}"),
            None => anyhow!(place),
        }
    })
}

/// An error at a place of a document.
pub(crate) fn error(document: &Document, at: &Pointer, message: &str) -> anyhow::Error {
    let place = document.locate(at);
    anyhow!("{}:{}:{}: {message}", document.source().name, place.line, place.column)
}

/// Reads a file that an option names.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    read_file(path).map_err(|reason| anyhow!("{}: {reason}", path.display()))
}

/// Reads a target file.
pub(crate) fn target(path: &Path) -> Result<Target> {
    let bytes = read(path)?;
    let name = &path.display().to_string();
    let document = document(name, &bytes)?;
    let Value::Object(map) = &document.value else {
        bail!("{name}: a target has `id`, `labels` and `kubernetesVersion`");
    };
    let mut target = Target::default();
    for (key, value) in map.iter() {
        let at = Pointer::root().key(key);
        let text = |value: &Value, at: &Pointer| {
            let text = value.as_str().map(str::to_owned);
            text.ok_or_else(|| error(&document, at, &format!("`{key}` wants a string")))
        };
        match key.as_str() {
            "id" => target.id = Some(text(value, &at)?),
            "kubernetesVersion" => {
                let version = KubernetesVersion::parse(&text(value, &at)?);
                target.kubernetes_version =
                    version.map_err(|e| error(&document, &at, &e.to_string()))?;
                target.assumed = false;
            }
            "labels" => {
                let Value::Object(labels) = value else {
                    return Err(error(&document, &at, "`labels` wants an object"));
                };
                let labels: Result<BTreeMap<String, String>> = labels
                    .iter()
                    .map(|(key, value)| Ok((key.to_string(), text(value, &at.key(key))?)))
                    .collect();
                target.labels = labels?;
            }
            _ => {
                let message = format!(
                    "unknown field `{key}`: a target has `id`, `labels` and `kubernetesVersion`"
                );
                return Err(error(&document, &at, &message));
            }
        }
    }
    Ok(target)
}
