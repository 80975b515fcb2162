//! Files as the file system tells of them: what nobody wrote is not read again.

use sekisho_checkpoint_check::{InputSource, collect};
use std::collections::BTreeSet;
use std::fs::metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A file that was changed so short a time ago may have been changed again since, and look the
/// same: clocks of file systems tick slowly.
const SETTLED: Duration = Duration::from_secs(1);

/// After how long files are read whatever is told of them.
const TRUSTED: Duration = Duration::from_secs(60);

/// What is told of files.
#[derive(Debug)]
pub(super) struct Seen {
    files: BTreeSet<Told>,
    at: Instant,
    /// none of them was changed a moment ago
    is_settled: bool,
}

/// What is told of one: its path, and device, number, size and time of change of what is there.
type Told = (PathBuf, Option<(u64, u64, u64, (i64, i64))>);

impl Seen {
    /// What is told now of files, of what folders hold, and of what globs find.
    pub(super) fn now(paths: &[PathBuf]) -> Self {
        let found = collect(paths, &[]).sources.into_iter().filter_map(|source| match source {
            InputSource::Stdin => None,
            InputSource::File(path) => Some(path),
        });
        let told = |path: PathBuf| {
            let told = metadata(&path).ok();
            let told =
                told.map(|of| (of.dev(), of.ino(), of.size(), (of.ctime(), of.ctime_nsec())));
            (path, told)
        };
        let files: BTreeSet<Told> = found.chain(paths.iter().cloned()).map(told).collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let settled = i64::try_from(now.saturating_sub(SETTLED).as_secs()).unwrap_or(i64::MAX);
        let is_settled = files.iter().filter_map(|(_, told)| *told).all(|told| told.3.0 < settled);
        Self { files, at: Instant::now(), is_settled }
    }

    /// Whether what was read since then would be read again now.
    pub(super) fn is_still(&self, now: &Self) -> bool {
        let is_trusted = self.is_settled && now.at.duration_since(self.at) < TRUSTED;
        is_trusted && self.files == now.files
    }
}

#[cfg(test)]
mod tests {
    use super::{Seen, TRUSTED};
    use std::fs;
    use std::path::PathBuf;

    /// Files that were written long ago, as far as anybody knows.
    fn settled(paths: &[PathBuf]) -> Seen {
        Seen { is_settled: true, ..Seen::now(paths) }
    }

    #[test]
    fn what_changes_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let (folder, file, absent) = (at("folder"), at("file.yaml"), at("absent"));
        fs::create_dir(&folder).unwrap();
        let inner = folder.join("inner.yaml");
        fs::write(&inner, "a").unwrap();
        fs::write(&file, "a").unwrap();
        let paths = [folder.clone(), file.clone(), absent.clone()];
        let still = |before: &Seen| before.is_still(&Seen::now(&paths));

        assert!(!still(&Seen::now(&paths)), "it was written just now");
        assert!(still(&settled(&paths)));
        let before = Seen { at: settled(&paths).at, ..settled(&paths) };
        let later = Seen { at: before.at + TRUSTED, ..Seen::now(&paths) };
        assert!(!before.is_still(&later), "nothing is believed for ever");

        let changes: [(&str, &dyn Fn()); 6] = [
            ("written", &|| fs::write(&file, "ab").unwrap()),
            ("put in its place", &|| {
                fs::write(at("new"), "ab").unwrap();
                fs::rename(at("new"), &file).unwrap();
            }),
            ("within", &|| fs::write(&inner, "ab").unwrap()),
            ("added", &|| fs::write(folder.join("added.yaml"), "a").unwrap()),
            ("removed", &|| fs::remove_file(&inner).unwrap()),
            ("come", &|| fs::write(&absent, "a").unwrap()),
        ];
        for (how, change) in changes {
            let before = settled(&paths);
            change();
            assert!(!still(&before), "{how}");
        }
    }

    /// A kubelet updates a mounted ConfigMap so.
    #[test]
    fn a_link_that_is_swapped_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in ["old", "new"] {
            fs::create_dir(at(name)).unwrap();
            fs::write(at(name).join("p.yaml"), "a").unwrap();
        }
        std::os::unix::fs::symlink("old", at("..data")).unwrap();
        std::os::unix::fs::symlink("..data/p.yaml", at("p.yaml")).unwrap();
        let paths = [at("p.yaml")];
        let before = settled(&paths);
        assert!(before.is_still(&Seen::now(&paths)));
        std::os::unix::fs::symlink("new", at("..swapped")).unwrap();
        fs::rename(at("..swapped"), at("..data")).unwrap();
        assert!(!before.is_still(&Seen::now(&paths)));
    }
}
