//! Policy files into a bundle.

use crate::input::{Input, InputSource, collect};
use crate::load::read_file;
use sekisho_policy::BundleFile;
use sekisho_report::Diagnostic;

/// Reads policy files, folders and globs as the files of a bundle.
#[must_use]
pub fn bundle_of_paths(paths: &[String]) -> (Vec<BundleFile>, Vec<Diagnostic>) {
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
    if files.is_empty() && errors.is_empty() {
        let message = format!("no policy file in {}", paths.join(", "));
        errors.push(Diagnostic::general(message));
    }
    (files, errors)
}
