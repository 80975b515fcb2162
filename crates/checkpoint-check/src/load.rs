//! Reads the inputs into documents, several files at once.

use crate::file::read_file;
use crate::input::{Input, InputSource};
use crate::{AT_ONCE, Progress};
use rayon::prelude::*;
use sekisho_engine::unread;
use sekisho_manifest::{Document, ReadOptions};
use sekisho_policy::Digest;
use sekisho_report::{Diagnostic, Skipped};

/// Gives the bytes of standard input, or what is wrong with it; called once at the most.
pub type Stdin<'a> = &'a (dyn Fn() -> Result<Vec<u8>, String> + Sync);

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
        .with_max_len(AT_ONCE)
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
        InputSource::Stdin => stdin(),
        InputSource::File(path) => read_file(path),
    };
    let mut file = match bytes {
        Ok(bytes) => read_bytes(&name, &bytes),
        Err(message) => {
            OneFile { errors: vec![Diagnostic::file(&*name, message)], ..OneFile::default() }
        }
    };
    if *source == InputSource::Stdin && file.documents.is_empty() && file.errors.is_empty() {
        // What was to write to the pipe has failed, most likely.
        file.errors.push(Diagnostic::file(name, "standard input holds no object"));
    }
    file
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
        errors: unread(name, bytes, &read.errors),
        digest: Digest::of([name.as_bytes(), bytes]).as_bytes().to_vec(),
    }
}
