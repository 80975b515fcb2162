//! Which files are read: paths, folders, globs and standard input.

use crate::exclude::{Excluded, globs};
use crate::file::{is_readable, reason};
use globset::GlobSet;
use ignore::WalkBuilder;
use sekisho_report::{Diagnostic, Skipped};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The inputs of a run, and what could not be one.
#[derive(Debug, Default)]
pub struct Input {
    /// in the order given, each folder in byte order of paths; no file twice
    pub sources: Vec<InputSource>,
    /// files that are passed over, with the reason
    pub skipped: Vec<Skipped>,
    /// what could not be found or listed
    pub errors: Vec<Diagnostic>,
}

/// Where text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputSource {
    /// standard input
    Stdin,
    /// a file
    File(PathBuf),
}

impl InputSource {
    /// The name in output.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "<stdin>".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }
}

/// Endings of the files that are read in folders. Files given by name are read whatever theirs.
const EXTENSIONS: &[&str] = &["yaml", "yml", "json"];

/// Sekisho's own settings, which are no manifest.
const SETTINGS: &str = ".sekisho.yaml";

/// Finds the files of `paths`, less those that match one of the `exclude` globs.
#[must_use]
pub fn collect<P: AsRef<Path>>(paths: &[P], exclude: &[String]) -> Input {
    let mut collector = Collector::default();
    match Excluded::new(exclude) {
        Ok(exclude) => paths.iter().for_each(|path| collector.add(path.as_ref(), &exclude)),
        Err(message) => collector.input.errors.push(Diagnostic::general(message)),
    }
    collector.input
}

#[derive(Default)]
struct Collector {
    input: Input,
    seen: HashSet<PathBuf>,
    stdin: bool,
}

impl Collector {
    fn error(&mut self, file: &Path, message: String, help: &str) {
        let diagnostic = Diagnostic::file(file.display().to_string(), message);
        self.input.errors.push(if help.is_empty() {
            diagnostic
        } else {
            diagnostic.with_help(help)
        });
    }

    fn add(&mut self, path: &Path, exclude: &Excluded) {
        if path == Path::new("-") {
            if !std::mem::replace(&mut self.stdin, true) {
                self.input.sources.push(InputSource::Stdin);
            }
            return;
        }
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.folder(path, exclude),
            Ok(metadata) if is_readable(&metadata) => self.file(path, exclude),
            Ok(_) => self.error(path, "is neither a file nor a pipe".to_owned(), ""),
            Err(error) => match path.to_str().filter(|text| is_glob(text) && !path.is_symlink()) {
                Some(pattern) => self.glob(pattern, exclude),
                None => {
                    let what = if path.is_symlink() { "broken link: " } else { "" };
                    self.error(path, format!("{what}{}", reason(&error)), "");
                }
            },
        }
    }

    /// A folder that was given. One that gives nothing to judge is a mistake of whoever gave it,
    /// and would pass for clean.
    fn folder(&mut self, folder: &Path, exclude: &Excluded) {
        let told = self.input.skipped.len() + self.input.errors.len();
        let found = self.walk(folder, exclude, None);
        if found == 0 && told == self.input.skipped.len() + self.input.errors.len() {
            let help = "files are read whose name ends in `.yaml`, `.yml` or `.json`, less those \
                        that `--exclude` or a `.gitignore` names";
            self.error(folder, "no manifest in this folder".to_owned(), help);
        }
    }

    fn file(&mut self, path: &Path, exclude: &Excluded) {
        if !exclude.covers(path) && self.seen.insert(path.to_path_buf()) {
            self.input.sources.push(InputSource::File(path.to_path_buf()));
        }
    }

    fn glob(&mut self, pattern: &str, exclude: &Excluded) {
        let wanted = match globs(&[pattern]) {
            Ok(wanted) => wanted,
            Err(message) => return self.input.errors.push(Diagnostic::general(message)),
        };
        let literal: PathBuf = Path::new(pattern)
            .components()
            .take_while(|part| !part.as_os_str().to_str().is_some_and(is_glob))
            .collect();
        let base = if literal.as_os_str().is_empty() { Path::new(".") } else { &literal };
        let before = self.input.sources.len();
        if base.is_dir() {
            self.walk(base, exclude, Some(&wanted));
        }
        if self.input.sources.len() == before {
            self.error(Path::new(pattern), "no file matches".to_owned(), "");
        }
    }

    /// Walks a folder: `.gitignore` files are honoured, other ignore files and settings of the
    /// machine are not, so that every machine reads the same files. Links are followed. Gives the
    /// number of files that were found, those that were there before included.
    fn walk(&mut self, folder: &Path, exclude: &Excluded, only: Option<&GlobSet>) -> usize {
        let mut walk = WalkBuilder::new(folder);
        walk.hidden(false)
            .ignore(false)
            .git_global(false)
            .git_exclude(false)
            .require_git(false)
            .follow_links(true)
            .filter_entry(|entry| entry.file_name() != ".git");
        let mut files = Vec::new();
        let mut skipped = Vec::new();
        for entry in walk.build() {
            match entry {
                Ok(entry) => {
                    let path = plain(entry.path(), folder);
                    let settings = entry.file_name() == SETTINGS;
                    let wanted = match only {
                        Some(globs) => globs.is_match(&path) && !settings,
                        None => is_manifest(&path) && !settings,
                    };
                    let kind = entry.file_type();
                    if !wanted || exclude.covers(&path) || kind.is_none_or(|k| k.is_dir()) {
                        continue;
                    }
                    if kind.is_some_and(|kind| kind.is_file()) {
                        files.push(path);
                    } else {
                        skipped.push(path);
                    }
                }
                Err(error) => self.walk_error(folder, &error, exclude),
            }
        }
        for paths in [&mut files, &mut skipped] {
            paths.sort_by(|a: &PathBuf, b| {
                a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes())
            });
        }
        self.input.skipped.extend(skipped.iter().map(|path| Skipped {
            file: path.display().to_string().into(),
            line: 1,
            reason: "not a regular file".to_owned(),
        }));
        let found = files.len();
        for path in files {
            if self.seen.insert(path.clone()) {
                self.input.sources.push(InputSource::File(path));
            }
        }
        found
    }

    fn walk_error(&mut self, folder: &Path, error: &ignore::Error, exclude: &Excluded) {
        let (path, message) = describe(error);
        let path = path.map_or_else(|| folder.to_path_buf(), |path| plain(&path, folder));
        let link = path.is_symlink();
        // A broken link to something that would not have been read is nobody's loss.
        if exclude.covers(&path) || (link && !is_manifest(&path) && !message.contains("loop")) {
            return;
        }
        let what = if link && !message.contains("loop") { "broken link: " } else { "" };
        self.error(&path, format!("{what}{message}"), "");
    }
}

/// The path of an error of a walk, and what is wrong.
fn describe(error: &ignore::Error) -> (Option<PathBuf>, String) {
    match error {
        ignore::Error::WithPath { path, err } => {
            let (_, message) = describe(err);
            (Some(path.clone()), message)
        }
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            describe(err)
        }
        ignore::Error::Loop { ancestor, child } => {
            let message = format!("link loop: leads back to `{}`", ancestor.display());
            (Some(child.clone()), message)
        }
        ignore::Error::Io(error) => (None, reason(error)),
        other => (None, other.to_string()),
    }
}

/// A path without the `./` that a walk of `.` puts before it.
fn plain(path: &Path, folder: &Path) -> PathBuf {
    let dot = folder == Path::new(".");
    let plain = if dot { path.strip_prefix(".").unwrap_or(path) } else { path };
    plain.to_path_buf()
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|e| EXTENSIONS.iter().any(|wanted| e.eq_ignore_ascii_case(wanted)))
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

#[cfg(test)]
mod tests {
    use super::{InputSource, collect};
    use std::fs;

    fn names(input: &super::Input, root: &std::path::Path) -> Vec<String> {
        let relative = |source: &InputSource| match source {
            InputSource::Stdin => "-".to_owned(),
            InputSource::File(path) => {
                path.strip_prefix(root).unwrap_or(path).display().to_string()
            }
        };
        input.sources.iter().map(relative).collect()
    }

    #[test]
    fn folders_are_walked_in_byte_order_and_gitignore_is_honoured() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for (path, text) in [
            ("b.yaml", ""),
            ("B.yaml", ""),
            ("a/z.yml", ""),
            ("a.json", ""),
            ("notes.txt", ""),
            (".github/workflows/ci.yaml", ""),
            (".git/x.yaml", ""),
            ("out/generated.yaml", ""),
            (".gitignore", "out/\n"),
            (".sekisho.yaml", ""),
        ] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let given = root.display().to_string();
        let input = collect(std::slice::from_ref(&given), &[]);
        let found = names(&input, root);
        assert_eq!(found, [".github/workflows/ci.yaml", "B.yaml", "a.json", "a/z.yml", "b.yaml"]);
        assert!(input.errors.is_empty(), "{:?}", input.errors);

        let input = collect(std::slice::from_ref(&given), &["a".to_owned(), "*.json".to_owned()]);
        assert_eq!(names(&input, root), [".github/workflows/ci.yaml", "B.yaml", "b.yaml"]);

        let input =
            collect(&[format!("{given}/*.yaml"), format!("{given}/out/generated.yaml")], &[]);
        assert_eq!(names(&input, root), ["B.yaml", "b.yaml", "out/generated.yaml"]);

        let input = collect(&[format!("{given}/*.nix"), format!("{given}/absent.yaml")], &[]);
        assert_eq!(input.errors.len(), 2, "{:?}", input.errors);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_broken_or_looping_ones_reported() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir(root.join("real")).unwrap();
        fs::write(root.join("real/a.yaml"), "").unwrap();
        symlink(root.join("real/a.yaml"), root.join("link.yaml")).unwrap();
        symlink(root.join("nowhere.yaml"), root.join("broken.yaml")).unwrap();
        symlink(root, root.join("real/loop")).unwrap();
        let input = collect(&[root.display().to_string()], &[]);
        assert_eq!(names(&input, root), ["link.yaml", "real/a.yaml"]);
        let messages: Vec<_> = input.errors.iter().map(|e| e.message.as_str()).collect();
        assert_eq!(messages.len(), 2, "{messages:?}");
        assert!(messages.iter().any(|m| m.starts_with("broken link: ")), "{messages:?}");
        assert!(messages.iter().any(|m| m.starts_with("link loop: ")), "{messages:?}");
    }
}
