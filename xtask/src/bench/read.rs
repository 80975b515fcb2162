//! Reading YAML, beside YAML crates that give a JSON value. Ours also keeps a span for every
//! node.

use super::Figure;
use super::measure::{self, Contender};
use crate::{generate_tree, workspace};
use std::path::Path;

/// Reads generated manifests, and real ones where they are there.
pub(super) fn read() -> anyhow::Result<Vec<Figure>> {
    let generated: Vec<String> =
        generate_tree::manifests().take(2_000).map(|manifest| manifest.text).collect();
    let mut figures = vec![figure("generated manifests", &generated)];
    let real = workspace::corpora().join("real");
    if real.exists() {
        figures.push(figure("real manifests", &texts(&real)?));
    }
    Ok(figures)
}
