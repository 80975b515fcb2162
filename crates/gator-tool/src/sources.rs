//! What `gator test` and `gator expand` read: files, folders and standard input.
//!
//! Source of the rules: `pkg/gator/reader` of Gatekeeper v3.23.

use crate::file::read_objects;
use crate::go;
use crate::objects::{AT_ONCE, group, is_constraint, without_kind};
use rayon::prelude::*;
use sekisho_checkpoint_check::{read_file, read_listed_file, read_stream};
use sekisho_dialect_gatekeeper::are_small_integers;
use sekisho_manifest::Document;
use sekisho_report::Diagnostic;
use sekisho_value::Str;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// Everything that was given, in reading order.
pub(crate) struct Sources {
    pub(crate) documents: Vec<Document>,
    /// what was seen of each document when it was read
    pub(crate) seen: Vec<Seen>,
}

/// A document, and what was seen of it.
#[derive(Clone, Copy)]
pub(crate) struct Given<'d> {
    pub(crate) document: &'d Document,
    pub(crate) seen: &'d Seen,
}

impl Sources {
    pub(crate) fn given(&self) -> impl Iterator<Item = Given<'_>> {
        self.documents.iter().zip(&self.seen).map(|(document, seen)| Given { document, seen })
    }
}

/// What is asked of every document, seen where it is read: by many threads, and while it is at
/// hand.
pub(crate) struct Seen {
    /// what makes objects one and the same: group, kind, name, namespace
    key: [Str; 4],
    /// its numbers are the same for all that read it, see [`are_small_integers`]; not said of
    /// constraints, which have those of their schema's defaults, too
    pub(crate) has_small_integers: bool,
    /// see [`without_kind`]
    pub(crate) lacks_kind: bool,
}

impl Seen {
    fn of(document: &Document) -> Self {
        let text = |keys: &[&str]| Str::new(document.value.path_str(keys).unwrap_or_default());
        let [kind, name] = [text(&["kind"]), text(&["metadata", "name"])];
        let group = group(document);
        Self {
            key: [Str::new(group), kind, name, text(&["metadata", "namespace"])],
            has_small_integers: !is_constraint(group) && are_small_integers(&document.value),
            lacks_kind: without_kind(document).is_some(),
        }
    }

    /// The API group that the document is of.
    pub(crate) fn group(&self) -> &str {
        &self.key[0]
    }
}

/// Reads files, what is below folders, and standard input where it is given. What stands twice is
/// told to `err`.
pub(crate) fn read(
    filenames: &[PathBuf],
    stdin: Option<&mut dyn io::Read>,
    err: &mut dyn Write,
) -> io::Result<Result<Sources, Vec<Diagnostic>>> {
    let mut all = Vec::new();
    let mut errors = Vec::new();
    for given in filenames {
        match files(given) {
            Ok(below) => all.extend(below),
            Err(error) => errors.push(error),
        }
    }
    let read = all.par_iter().with_max_len(AT_ONCE).map(FromOne::of_file);
    let mut read: Vec<FromOne> = read.collect();
    if let Some(stdin) = stdin {
        read.push(FromOne::new(STDIN.into(), read_stream(stdin)));
    }
    let mut documents = Vec::with_capacity(read.len());
    let mut seen = Vec::with_capacity(read.len());
    for of_one in read {
        documents.extend(of_one.documents);
        seen.extend(of_one.seen);
        errors.extend(of_one.errors);
    }
    let mut known = HashMap::with_capacity(documents.len());
    for (document, Seen { key, .. }) in documents.iter().zip(&seen) {
        if let Some(before) = known.insert(key, document) {
            let name = go::quoted(document.name().unwrap_or_default());
            let (origin, before) = (origin(document), origin(before));
            writeln!(
                err,
                "WARNING - Resource named {name} (from {origin}) is already defined in {before}"
            )?;
        }
    }
    Ok(if errors.is_empty() { Ok(Sources { documents, seen }) } else { Err(errors) })
}

/// What standard input is called.
const STDIN: &str = "-";

/// What a document was read of, as gator calls it.
fn origin(document: &Document) -> String {
    match &*document.source().name {
        STDIN => "stdin".to_owned(),
        path => format!("file: {}", go::quoted(path)),
    }
}

/// What was read of one file or stream.
#[derive(Default)]
struct FromOne {
    documents: Vec<Document>,
    seen: Vec<Seen>,
    errors: Vec<Diagnostic>,
}

/// A file that was given, or that stands below a folder that was.
struct File {
    path: PathBuf,
    /// its folder says that it is one, and no link
    listed: bool,
}

impl FromOne {
    fn of_file(File { path, listed }: &File) -> Self {
        let bytes = if *listed { read_listed_file(path) } else { read_file(path) };
        Self::new(path.display().to_string().into(), bytes)
    }

    fn new(name: Arc<str>, bytes: Result<Vec<u8>, String>) -> Self {
        let read =
            bytes.map_err(|reason| Diagnostic::file(Arc::clone(&name), reason)).and_then(|bytes| {
                read_objects(Arc::clone(&name), bytes).map_err(|fault| fault.diagnostic(&name))
            });
        let all = match read {
            Ok(all) => all,
            Err(error) => return Self { errors: vec![error], ..Self::default() },
        };
        // Gator passes over what holds nothing.
        let objects = all.into_iter().filter(|d| d.value.as_object().is_none_or(|m| !m.is_empty()));
        let (documents, others): (Vec<_>, Vec<_>) =
            objects.partition(|document| document.value.as_object().is_some());
        let wrong = |document: &Document| {
            let message = format!("an object is expected, found a {}", document.value.kind());
            Diagnostic::file(Arc::clone(&name), message)
        };
        let seen = documents.iter().map(Seen::of).collect();
        Self { documents, seen, errors: others.iter().map(wrong).collect() }
    }
}

/// A file, or the files below a folder in byte order.
fn files(given: &Path) -> Result<Vec<File>, Diagnostic> {
    let about = std::fs::metadata(given).map_err(|error| unreadable(given, &error))?;
    if !about.is_dir() {
        if !is_read(given) {
            let message = "the name does not end in .yaml, .yml or .json";
            return Err(Diagnostic::file(given.display().to_string(), message));
        }
        return Ok(vec![File { path: given.to_owned(), listed: false }]);
    }
    let mut found = Vec::new();
    let mut level = vec![given.to_owned()];
    while !level.is_empty() {
        let read: Vec<_> = level.par_iter().map(|folder| entries(folder)).collect();
        level.clear();
        for entries in read {
            let Entries { folders, files } = entries?;
            level.extend(folders);
            found.extend(files);
        }
    }
    // What is below a folder stands together, as where names are compared one by one.
    found.par_sort_by_cached_key(|file| {
        let bytes = file.path.as_os_str().as_encoded_bytes().iter();
        bytes.map(|byte| if *byte == b'/' { 0 } else { *byte }).collect::<Vec<u8>>()
    });
    Ok(found)
}

/// What a folder holds, in any order.
#[derive(Default)]
struct Entries {
    folders: Vec<PathBuf>,
    files: Vec<File>,
}

fn entries(folder: &Path) -> Result<Entries, Diagnostic> {
    let mut found = Entries::default();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let path = entry.path();
        // As Go's walk: links to folders are not followed.
        let kind = entry.file_type().map_err(|error| unreadable(&path, &error))?;
        match kind.is_dir() {
            true => found.folders.push(path),
            false if is_read(&path) => {
                found.files.push(File { listed: kind.is_file(), path });
            }
            false => {}
        }
    }
    Ok(found)
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::file(path.display().to_string(), error.to_string())
}

fn is_read(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}
