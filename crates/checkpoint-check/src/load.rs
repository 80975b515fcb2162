//! Reads the inputs into documents, several files at once.

use crate::Progress;
use crate::input::{Input, InputSource, reason};
use rayon::prelude::*;
use sekisho_manifest::{Document, ReadOptions};
use sekisho_policy::Digest;
use sekisho_report::{Diagnostic, Skipped};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Gives the bytes of standard input; called once at the most.
pub type Stdin<'a> = &'a (dyn Fn() -> std::io::Result<Vec<u8>> + Sync);

/// The largest file that is read, in bytes. What a file needs in memory is a small multiple of it.
const MAX_FILE: u64 = 512 << 20;

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// files that were read, or tried
    pub files: usize,
    /// every Kubernetes object, in reading order
    pub documents: Vec<Document>,
    /// documents and files that are passed over
    pub skipped: Vec<Skipped>,
    /// what could not be read
    pub errors: Vec<Diagnostic>,
    /// identifies the content of all files
    pub revision: String,
}

/// Reads the inputs; what cannot be read is an error of its own and hides nothing else.
#[must_use]
pub fn load(input: Input, stdin: Stdin<'_>, progress: &dyn Progress) -> Loaded {
    progress.files(input.sources.len());
    let mut loaded = Loaded {
        files: input.sources.len(),
        skipped: input.skipped,
        errors: input.errors,
        ..Loaded::default()
    };
    let read: Vec<OneFile> = input
        .sources
        .par_iter()
        .map(|source| {
            let file = read_source(source, stdin);
            progress.read_file();
            file
        })
        .collect();
    let revision = Digest::of(read.iter().map(|file| file.digest.as_slice()));
    loaded.revision = revision.to_string();
    loaded.documents.reserve(read.iter().map(|file| file.documents.len()).sum());
    for mut file in read {
        loaded.documents.append(&mut file.documents);
        loaded.skipped.append(&mut file.skipped);
        loaded.errors.append(&mut file.errors);
    }
    loaded
}

#[derive(Default)]
struct OneFile {
    documents: Vec<Document>,
    skipped: Vec<Skipped>,
    errors: Vec<Diagnostic>,
    digest: Vec<u8>,
}

fn read_source(source: &InputSource, stdin: Stdin<'_>) -> OneFile {
    let name = source.name();
    let bytes = match source {
        InputSource::Stdin => stdin().map_err(|error| reason(&error)),
        InputSource::File(path) => read_file(path),
    };
    match bytes {
        Ok(bytes) => read_bytes(&name, &bytes),
        Err(message) => {
            OneFile { errors: vec![Diagnostic::file(name, message)], ..OneFile::default() }
        }
    }
}

pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let mut file = File::open(path).map_err(|error| reason(&error))?;
    let size = file.metadata().map_err(|error| reason(&error))?;
    let too_large = || format!("larger than {} MiB", MAX_FILE >> 20);
    if size.len() > MAX_FILE {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size.len()).unwrap_or_default() + 1);
    // Pipes and devices have no size of their own.
    (&mut file).take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if bytes.len() as u64 > MAX_FILE { Err(too_large()) } else { Ok(bytes) }
}

fn read_bytes(name: &str, bytes: &[u8]) -> OneFile {
    let read = sekisho_manifest::read(name, bytes, &ReadOptions::default());
    let skipped = |skipped: sekisho_manifest::Skipped| Skipped {
        file: name.into(),
        line: skipped.line,
        reason: skipped.reason.to_string(),
    };
    OneFile {
        documents: read.documents,
        skipped: read.skipped.into_iter().map(skipped).collect(),
        errors: read.errors.iter().map(|error| crate::findings::read_error(name, error)).collect(),
        digest: Digest::of([name.as_bytes(), bytes]).as_bytes().to_vec(),
    }
}
