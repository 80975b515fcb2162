//! What providers of external data answer, from files: nothing is asked over the network.

use crate::file::read_file;
use sekisho_engine::ExternalAnswers;
use sekisho_policy::Digest;
use sekisho_report::Diagnostic;
use std::path::{Path, PathBuf};

/// What providers of external data answer, as files say it.
#[derive(Default)]
pub struct Answers {
    /// of all files that can be read
    pub answers: ExternalAnswers,
    /// what is wrong with the files
    pub errors: Vec<Diagnostic>,
    /// of the contents of all files; empty where there is none
    pub revision: String,
}

impl Answers {
    /// Reads files that hold one document each.
    #[must_use]
    pub fn read(paths: &[PathBuf]) -> Self {
        let mut all = Self::default();
        let mut contents = Vec::new();
        for path in paths {
            match read(path, &mut all.answers) {
                Ok(bytes) => contents.push(bytes),
                Err(error) => all.errors.push(error),
            }
        }
        if !contents.is_empty() {
            all.revision = Digest::of(contents.iter().map(Vec::as_slice)).to_string();
        }
        all
    }
}

fn read(path: &Path, answers: &mut ExternalAnswers) -> Result<Vec<u8>, Diagnostic> {
    let name = path.display().to_string();
    let bytes = read_file(path).map_err(|message| Diagnostic::file(name.clone(), message))?;
    let document = sekisho_manifest::read_document(&name, bytes.as_slice())
        .map_err(|error| Diagnostic::at(name.clone(), error.line, error.column, error.message))?;
    answers.read(&document.value).map_err(|(pointer, message)| {
        let place = document.locate(&pointer);
        Diagnostic::at(name.clone(), place.line, place.column, message)
    })?;
    Ok(bytes)
}
