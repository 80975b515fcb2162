//! Policy files into a bundle.

use crate::file::read_file;
use crate::input::{Input, InputSource, collect};
use sekisho_policy::BundleFile;
use sekisho_report::Diagnostic;
use std::path::Path;

/// Reads policy files, folders and globs as the files of a bundle.
#[must_use]
pub fn bundle_of_paths<P: AsRef<Path>>(paths: &[P]) -> (Vec<BundleFile>, Vec<Diagnostic>) {
    let Input { sources, skipped, mut errors } = collect(paths, &[]);
    errors.extend(skipped.into_iter().map(|s| Diagnostic::file(s.file, s.reason)));
    let mut files = Vec::with_capacity(sources.len());
    for source in sources {
        let name = source.name();
        match source {
            InputSource::Stdin => {
                let message = "policies are not read from standard input";
                errors.push(Diagnostic::general(message).with_help("give a file or folder"));
            }
            InputSource::File(path) => match read_file(&path) {
                Ok(bytes) => files.push(BundleFile { path: name.into(), bytes: bytes.into() }),
                Err(message) => errors.push(Diagnostic::file(name, message)),
            },
        }
    }
    (files, errors)
}
