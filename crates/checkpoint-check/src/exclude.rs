//! Files and folders to pass over.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::path::{Component, Path, PathBuf};

/// Globs on paths, or on any part of them.
#[derive(Debug)]
pub(crate) struct Excluded {
    globs: GlobSet,
    /// a glob that begins at the root of the file system is among them
    absolute: bool,
    /// where relative paths begin
    working_folder: Option<PathBuf>,
}

impl Excluded {
    /// The globs of `--exclude`. `./a`, `a/` and `a` are one.
    ///
    /// # Errors
    /// What is wrong with the first bad one.
    pub(crate) fn new(patterns: &[String]) -> Result<Self, String> {
        let plain = patterns.iter().map(|pattern| plain(pattern)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            globs: globs(&plain)?,
            absolute: plain.iter().any(|pattern| Path::new(pattern).is_absolute()),
            working_folder: std::env::current_dir().ok(),
        })
    }

    /// Whether a glob matches the whole path, any of the folders above the file, or the name of
    /// any part.
    pub(crate) fn covers(&self, path: &Path) -> bool {
        if self.globs.is_empty() {
            return false;
        }
        let within = |path: &Path| path.ancestors().any(|part| self.globs.is_match(part));
        let path: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
        let folder = self.working_folder.as_deref();
        within(&path)
            || path.components().any(|part| self.globs.is_match(Path::new(part.as_os_str())))
            || folder.is_some_and(|folder| match path.strip_prefix(folder) {
                Ok(relative) => within(relative),
                Err(_) => self.absolute && within(&folder.join(&path)),
            })
    }
}

/// A pattern without what the paths it is compared with do not have.
fn plain(pattern: &str) -> Result<&str, String> {
    let mut plain = pattern;
    while let Some(rest) = plain.strip_prefix("./") {
        plain = rest.trim_start_matches('/');
    }
    let plain = plain.trim_end_matches('/');
    match plain {
        "" | "." => Err(format!("`--exclude '{pattern}'` is no glob on files")),
        _ => Ok(plain),
    }
}

/// A set of globs in which `*` stays within a part of a path.
///
/// # Errors
/// What is wrong with the first bad one.
pub(crate) fn globs(patterns: &[&str]) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        set.add(glob.map_err(|error| format!("`{pattern}` is not a glob: {}", error.kind()))?);
    }
    set.build().map_err(|error| error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use super::Excluded;
    use std::path::Path;

    #[test]
    fn globs_cover_paths_and_parts_of_them() {
        let here = std::env::current_dir().unwrap();
        let here = here.to_str().unwrap();
        let absolute = |path: &str| format!("{here}/{path}");
        for (pattern, path, covered) in [
            ("a", "a/b.yaml", true),
            ("a/", "a/b.yaml", true),
            ("./a", "a/b.yaml", true),
            (".//./a/", "./a/b.yaml", true),
            ("a", "x/a/b.yaml", true),
            ("a/b.yaml", "x/a/b.yaml", false),
            ("**/a/b.yaml", "x/a/b.yaml", true),
            ("*.yaml", "x/a/b.yaml", true),
            ("b", "a/b.yaml", false),
            (&absolute("a"), "a/b.yaml", true),
            (&absolute("a/"), "./a/b.yaml", true),
            (&absolute("a"), &absolute("a/b.yaml"), true),
            (&absolute("b"), "a/b.yaml", false),
            ("a/b.yaml", &absolute("a/b.yaml"), true),
        ] {
            let excluded = Excluded::new(&[pattern.to_owned()]).unwrap();
            assert_eq!(excluded.covers(Path::new(path)), covered, "{pattern} {path}");
        }
    }

    #[test]
    fn what_names_no_files_is_refused() {
        for pattern in ["", ".", "./", "/", "[a"] {
            let error = Excluded::new(&[pattern.to_owned()]).unwrap_err();
            assert!(error.contains("glob"), "{pattern}: {error}");
        }
    }
}
