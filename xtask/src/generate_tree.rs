//! `cargo xtask generate-tree`: a tree of manifests as a fleet of teams would keep it.
//!
//! The same count gives the same bytes everywhere, so that figures can be compared. Most
//! workloads are ordinary, some are hardened, and some break Pod Security in one way or another.

mod app;
mod cluster;
mod objects;
mod random;
mod workload;

use anyhow::Context as _;
use app::App;
use random::Random;
use std::iter;
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
    /// Write what a cluster holds: namespaces and pods, too
    #[arg(long)]
    cluster: bool,
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
    let bytes = match arguments.cluster {
        true => write_all(&arguments.dir, cluster().take(arguments.count))?,
        false => write(&arguments.dir, arguments.count)?,
    };
    println!("{} manifests, {bytes} bytes", arguments.count);
    Ok(())
}

/// Writes a tree and gives its size in bytes.
///
/// # Errors
/// Where a file cannot be written.
pub(crate) fn write(dir: &Path, count: usize) -> anyhow::Result<usize> {
    write_all(dir, manifests().take(count))
}

/// Writes manifests and gives their size in bytes.
///
/// # Errors
/// Where a file cannot be written.
pub(crate) fn write_all(
    dir: &Path,
    manifests: impl Iterator<Item = Manifest>,
) -> anyhow::Result<usize> {
    let mut bytes = 0;
    for manifest in manifests {
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
        let workload = workload::write(&app, &mut random);
        let beside = objects::write(&app, &mut random);
        iter::once((workload.file, workload.text))
            .chain(beside)
            .map(move |(name, text)| Manifest { path: app.path(name), text })
            .collect::<Vec<_>>()
    })
}

/// What a cluster holds: its namespaces, then one application after the other with its pods,
/// without end.
pub(crate) fn cluster() -> impl Iterator<Item = Manifest> {
    let of_apps = (0..).flat_map(|number| {
        let mut random = Random::new(number);
        let app = App::new(number, &mut random);
        let workload = workload::write(&app, &mut random);
        let mut files = vec![(workload.file.to_owned(), workload.text)];
        let beside = objects::write(&app, &mut random);
        files.extend(beside.into_iter().map(|(name, text)| (name.to_owned(), text)));
        files.extend(cluster::write(&app, workload.file, &workload.template, &mut random));
        files
            .into_iter()
            .map(move |(name, text)| Manifest { path: app.path(&name), text })
            .collect::<Vec<_>>()
    });
    cluster::namespaces().chain(of_apps)
}

#[cfg(test)]
mod tests {
    use super::{cluster, manifests};

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

    #[test]
    fn objects_of_a_cluster_are_there_once() {
        let count = 5_000;
        let mut paths: Vec<_> = cluster().take(count).map(|file| file.path).collect();
        assert!(paths.iter().filter(|path| path.contains("pod-")).count() > 500);
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), count);
    }
}
