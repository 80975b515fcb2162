//! Which files may hold suites.

use crate::file::{self, Shown};
use crate::go;
use sekisho_report::Diagnostic;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that may hold a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// the path as it is shown
    pub(crate) name: Arc<str>,
    pub(crate) path: PathBuf,
}

/// What one path leads to.
#[derive(Debug, Default)]
pub(crate) struct Led {
    /// the path as it was given
    pub(crate) given: String,
    /// in byte order of their paths
    pub(crate) files: Vec<Candidate>,
    pub(crate) errors: Vec<Diagnostic>,
}

/// Finds the YAML files of folders and all below them, and the files that are given by name.
/// Links to files are followed, links to folders are not.
pub(crate) fn collect(paths: &[String]) -> Vec<Led> {
    let mut seen = HashSet::new();
    paths.iter().map(|path| lead(path, &mut seen)).collect()
}

fn lead(given: &str, seen: &mut HashSet<PathBuf>) -> Led {
    let mut led = Led { given: given.to_owned(), ..Led::default() };
    let path = given.strip_suffix("/...").unwrap_or(if given == "..." { "." } else { given });
    // As for gator, `..` is taken out of the text of a path, whatever is a link in it.
    let path = file::plain(if path.is_empty() { Path::new("/") } else { Path::new(path) });
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { &path };
    let mut files = Vec::new();
    match fs::metadata(path) {
        Err(error) => led.errors.push(unreadable(path, &error)),
        Ok(metadata) if metadata.is_dir() => walk(path, true, &mut files, &mut led.errors),
        Ok(_) if given.ends_with("/...") => {
            let message = "only folders are walked, and this is none";
            let error = Diagnostic::file(path.display().to_string(), message);
            led.errors.push(error.with_help("leave `/...` away"));
        }
        Ok(_) => files.push(path.to_path_buf()),
    }
    files.sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    for path in files {
        let path = file::plain(&path);
        if seen.insert(path.clone()) {
            led.files.push(Candidate { name: file::shown(&path, Shown::AsGiven), path });
        }
    }
    led
}

/// Finds what `gator verify` finds, and refuses what it refuses.
///
/// # Errors
/// What is wrong with the path, in gator's words.
pub(crate) fn collect_as_gator(given: &str) -> Result<Vec<Candidate>, String> {
    let recursive = given.ends_with("/...");
    let trimmed = if recursive { given.trim_end_matches("...") } else { given };
    let target = file::plain(Path::new(trimmed));
    let target = if target.as_os_str().is_empty() { Path::new(".") } else { &target };
    let name = file::shown(target, Shown::AsGator);
    let metadata =
        fs::metadata(target).map_err(|error| format!("stat {name}: {}", reason(&error)))?;
    let mut files = Vec::new();
    let mut errors = Vec::new();
    match (metadata.is_dir(), recursive) {
        (true, _) => walk(target, recursive, &mut files, &mut errors),
        (false, true) => {
            let name = go::quoted(&name);
            let what = "can only recursively traverse directories, not a directory";
            return Err(format!("{what}: {name}"));
        }
        (false, false) if !is_yaml(target) => {
            let extension = target.extension().unwrap_or_default().to_string_lossy();
            let extension =
                if extension.is_empty() { extension } else { format!(".{extension}").into() };
            return Err(format!("unsupported extension: {}", go::quoted(&extension)));
        }
        (false, false) => files.push(target.to_path_buf()),
    }
    if let Some(error) = errors.first() {
        let file = error.file.as_deref().unwrap_or_default();
        return Err(format!(
            "open {}: {}",
            file::shown(Path::new(file), Shown::AsGator),
            error.message
        ));
    }
    let mut found = Vec::new();
    for path in files {
        let absolute = file::shown(&path, Shown::AsGator);
        found.push((
            absolute.clone(),
            Candidate { name: input_path(trimmed, &absolute)?.into(), path },
        ));
    }
    found.sort_by(|(a, _), (b, _)| a.as_bytes().cmp(b.as_bytes()));
    Ok(found.into_iter().map(|(_, candidate)| candidate).collect())
}

/// How gator shows a suite: the path that was given, and what follows the first place at which it
/// stands within the whole path.
fn input_path(given: &str, absolute: &str) -> Result<String, String> {
    let cut = given.strip_prefix('/').unwrap_or(given);
    let mut cut = cut.strip_prefix("./").unwrap_or(cut);
    while let Some(rest) = cut.strip_prefix("../") {
        cut = rest;
    }
    match absolute.split_once(cut) {
        Some((_, after)) => Ok(format!("{given}{after}")),
        None => Err(format!("could not find {cut} in {absolute}")),
    }
}

/// Finds YAML files in a folder; those below it where asked to.
fn walk(folder: &Path, recursive: bool, files: &mut Vec<PathBuf>, errors: &mut Vec<Diagnostic>) {
    let mut pending = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                errors.push(unreadable(&folder, &error));
                continue;
            }
        };
        for entry in entries {
            match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))) {
                Ok((path, kind)) if kind.is_dir() => {
                    if recursive && path.file_name() != Some(OsStr::new(".git")) {
                        pending.push(path);
                    }
                }
                // A folder, a pipe or a device is no file, whatever its name ends with; a link
                // that leads nowhere is told when it is read.
                Ok((path, kind)) if is_yaml(&path) => {
                    let kind = if kind.is_symlink() { fs::metadata(&path).ok() } else { None }
                        .map_or(kind, |metadata| metadata.file_type());
                    if kind.is_file() || kind.is_symlink() {
                        files.push(path);
                    }
                }
                Ok(_) => {}
                Err(error) => errors.push(unreadable(&folder, &error)),
            }
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::file(path.display().to_string(), reason(error))
}

/// What the system says, without Rust's `(os error 2)`, and in lower case as Go has it.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let plain = text.split(" (os error").next().unwrap_or_default();
    let mut chars = plain.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

#[cfg(test)]
mod tests {
    use super::{collect, collect_as_gator, input_path};
    use std::fs;

    #[test]
    fn paths_of_suites_are_shown_as_gator_shows_them() {
        for (given, absolute, wanted) in [
            ("a", "w/a/suite.yaml", "a/suite.yaml"),
            ("a/", "w/a/suite.yaml", "a/suite.yaml"),
            ("./a/", "w/a/suite.yaml", "./a/suite.yaml"),
            ("../a/", "a/suite.yaml", "../a/suite.yaml"),
            ("./", "w/a/suite.yaml", "./w/a/suite.yaml"),
            ("a/suite.yaml", "w/a/suite.yaml", "a/suite.yaml"),
            ("/w/a/", "w/a/suite.yaml", "/w/a/suite.yaml"),
        ] {
            assert_eq!(input_path(given, absolute).as_deref(), Ok(wanted), "{given}");
        }
        assert!(input_path("./a/../b/", "w/b/suite.yaml").is_err());
    }

    #[test]
    fn folders_are_walked_and_links_lead_in_no_circle() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for path in ["b.yaml", "a/z.yml", "a/b/c.yaml", "a.json", ".git/x.yaml", "d.yaml/e.yaml"] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink(root, root.join("a/loop")).unwrap();
            symlink(root, root.join("a/loop.yaml")).unwrap();
            symlink(root.join("b.yaml"), root.join("link.yaml")).unwrap();
        }
        let given = root.display().to_string();
        let names = |led: &super::Led| -> Vec<String> {
            let name = |file: &super::Candidate| {
                file.path.strip_prefix(root).unwrap().display().to_string()
            };
            led.files.iter().map(name).collect()
        };
        for path in [given.clone(), format!("{given}/...")] {
            let led = collect(&[path]);
            let wanted = ["a/b/c.yaml", "a/z.yml", "b.yaml", "d.yaml/e.yaml", "link.yaml"];
            assert_eq!(names(&led[0]), wanted);
            assert!(led[0].errors.is_empty(), "{:?}", led[0].errors);
        }
        // A file is found once.
        let led = collect(&[format!("{given}/b.yaml"), given.clone()]);
        assert_eq!(names(&led[0]), ["b.yaml"]);
        assert!(!names(&led[1]).contains(&"b.yaml".to_owned()));
        let led = collect(&[format!("{given}/nowhere"), format!("{given}/b.yaml/...")]);
        assert_eq!(led[0].errors[0].message, "no such file or directory");
        assert_eq!(led[1].errors[0].message, "only folders are walked, and this is none");

        let found = collect_as_gator(&given).unwrap();
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(collect_as_gator(&format!("{given}/...")).unwrap().len(), 5);
        let error = collect_as_gator(&format!("{given}/a.json")).unwrap_err();
        assert_eq!(error, "unsupported extension: \".json\"");
        let error = collect_as_gator(&format!("{given}/nowhere")).unwrap_err();
        assert!(
            error.starts_with("stat ") && error.ends_with("/nowhere: no such file or directory")
        );
    }
}
