//! `cargo xtask generate-tree`: a tree of manifests as a fleet of teams would keep it.
//!
//! The same count gives the same bytes everywhere, so that figures can be compared. Most
//! workloads are ordinary, some are hardened, and some break Pod Security in one way or another.

mod app;
mod objects;
mod random;
mod workload;

use anyhow::Context as _;
use app::App;
use random::Random;
use std::path::{Path, PathBuf};

/// How many manifests the benchmarks use.
pub(crate) const COUNT: usize = 10_000;

/// The arguments of `cargo xtask generate-tree`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder to write to; it is made if need be
    dir: PathBuf,
    /// How many manifests to write, one a file
    #[arg(long, default_value_t = COUNT)]
    count: usize,
}

/// One file of the tree.
pub(crate) struct Manifest {
    /// relative to the tree
    pub(crate) path: String,
    /// YAML
    pub(crate) text: String,
}

/// Writes the tree and says how large it is.
///
/// # Errors
/// Where a file cannot be written.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let bytes = write(&arguments.dir, arguments.count)?;
    println!("{} manifests, {bytes} bytes", arguments.count);
    Ok(())
}

/// Writes a tree and gives its size in bytes.
///
/// # Errors
/// Where a file cannot be written.
pub(crate) fn write(dir: &Path, count: usize) -> anyhow::Result<usize> {
    let mut bytes = 0;
    for manifest in manifests().take(count) {
        let path = dir.join(&manifest.path);
        let parent = path.parent().context("a manifest has no folder")?;
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot create `{}`", parent.display()))?;
        std::fs::write(&path, &manifest.text)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        bytes += manifest.text.len();
    }
    Ok(bytes)
}

/// The manifests of one application after the other, without end.
pub(crate) fn manifests() -> impl Iterator<Item = Manifest> {
    (0..).flat_map(|number| {
        let mut random = Random::new(number);
        let app = App::new(number, &mut random);
        let mut files = vec![workload::write(&app, &mut random)];
        files.extend(objects::write(&app, &mut random));
        files
            .into_iter()
            .map(move |(name, text)| Manifest { path: app.path(name), text })
            .collect::<Vec<_>>()
    })
}

#[cfg(test)]
mod tests {
    use super::manifests;

    #[test]
    fn the_same_every_time() {
        let first: Vec<_> = manifests().take(50).map(|file| (file.path, file.text)).collect();
        let again: Vec<_> = manifests().take(50).map(|file| (file.path, file.text)).collect();
        assert_eq!(first, again);
        let mut paths: Vec<_> = first.into_iter().map(|(path, _)| path).collect();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), 50);
    }

    #[test]
    fn as_large_as_real_ones() {
        let bytes: usize = manifests().take(2_000).map(|file| file.text.len()).sum();
        let mean = bytes / 2_000;
        assert!((1_200..1_400).contains(&mean), "{mean} bytes a manifest");
    }
}
