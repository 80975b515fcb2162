//! What `gator test` and `gator expand` read: files, folders and standard input.
//!
//! Source of the rules: `pkg/gator/reader` of Gatekeeper v3.23.

use crate::file::Text;
use crate::go;
use rayon::prelude::*;
use sekisho_checkpoint_check::{read_file, read_stream};
use sekisho_manifest::Document;
use sekisho_report::Diagnostic;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// Everything that was given, in reading order.
pub(crate) struct Sources {
    pub(crate) documents: Vec<Document>,
}

/// Reads files, what is below folders, and standard input where it is given. What stands twice is
/// told to `err`.
pub(crate) fn read(
    filenames: &[PathBuf],
    stdin: Option<&mut dyn io::Read>,
    err: &mut dyn Write,
) -> io::Result<Result<Sources, Vec<Diagnostic>>> {
    let mut paths = Vec::new();
    let mut errors = Vec::new();
    for given in filenames {
        match files(given) {
            Ok(below) => paths.extend(below),
            Err(error) => errors.push(error),
        }
    }
    let mut read: Vec<FromOne> = paths.par_iter().map(|path| read_path(path)).collect();
    if let Some(stdin) = stdin {
        let name: Arc<str> = "-".into();
        read.push(match read_stream(stdin) {
            Ok(bytes) => of_text("stdin".to_owned(), name, bytes),
            Err(reason) => FromOne::failed(Diagnostic::file(name, reason)),
        });
    }
    let mut documents = Vec::new();
    let mut origins = Vec::new();
    for FromOne { origin, documents: of_one, errors: wrong } in read {
        origins.extend(of_one.iter().map(|_| Arc::clone(&origin)));
        documents.extend(of_one);
        errors.extend(wrong);
    }
    let mut seen: HashMap<[&str; 4], &str> = HashMap::new();
    for (document, origin) in documents.iter().zip(&origins) {
        if let Some(before) = seen.insert(key(document), origin) {
            let name = go::quoted(document.name().unwrap_or_default());
            writeln!(
                err,
                "WARNING - Resource named {name} (from {origin}) is already defined in {before}"
            )?;
        }
    }
    Ok(if errors.is_empty() { Ok(Sources { documents }) } else { Err(errors) })
}

/// What was read of one file or stream.
struct FromOne {
    /// as gator calls it
    origin: Arc<str>,
    documents: Vec<Document>,
    errors: Vec<Diagnostic>,
}

impl FromOne {
    fn failed(error: Diagnostic) -> Self {
        Self { origin: "".into(), documents: Vec::new(), errors: vec![error] }
    }
}

fn read_path(path: &Path) -> FromOne {
    let name: Arc<str> = path.display().to_string().into();
    match read_file(path) {
        Ok(bytes) => of_text(format!("file: {}", go::quoted(&name)), name, bytes),
        Err(reason) => FromOne::failed(Diagnostic::file(name, reason)),
    }
}

fn of_text(origin: String, name: Arc<str>, bytes: Vec<u8>) -> FromOne {
    let all = match Text::of_objects(Arc::clone(&name), bytes).into_all() {
        Ok(all) => all,
        Err(fault) => return FromOne::failed(fault.diagnostic(&name)),
    };
    // Gator passes over what holds nothing.
    let objects = all.into_iter().filter(|d| d.value.as_object().is_none_or(|m| !m.is_empty()));
    let (documents, others): (Vec<_>, Vec<_>) =
        objects.partition(|document| document.value.as_object().is_some());
    let wrong = |document: &Document| {
        let message = format!("an object is expected, found a {}", document.value.kind());
        Diagnostic::file(Arc::clone(&name), message)
    };
    FromOne { origin: origin.into(), documents, errors: others.iter().map(wrong).collect() }
}

/// What makes objects one and the same: group, kind, name, namespace.
fn key(document: &Document) -> [&str; 4] {
    let text = |keys: &[&str]| document.value.path_str(keys).unwrap_or_default();
    let group = document.api_version().split_once('/').map_or("", |(group, _)| group);
    [group, text(&["kind"]), text(&["metadata", "name"]), text(&["metadata", "namespace"])]
}

/// A file, or the files below a folder in byte order.
fn files(given: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    let shown = given.display().to_string();
    let unreadable = |path: &Path, error: io::Error| {
        Diagnostic::file(path.display().to_string(), error.to_string())
    };
    let about = std::fs::metadata(given).map_err(|error| unreadable(given, error))?;
    if !about.is_dir() {
        if !is_read(given) {
            let message = "the name does not end in .yaml, .yml or .json";
            return Err(Diagnostic::file(shown, message));
        }
        return Ok(vec![given.to_owned()]);
    }
    let mut found = Vec::new();
    let mut pending = vec![given.to_owned()];
    while let Some(folder) = pending.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| unreadable(&folder, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&folder, error))?;
            // As Go's walk: links to folders are not followed.
            let kind = entry.file_type().map_err(|error| unreadable(&entry.path(), error))?;
            match kind.is_dir() {
                true => pending.push(entry.path()),
                false if is_read(&entry.path()) => found.push(entry.path()),
                false => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_read(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}
