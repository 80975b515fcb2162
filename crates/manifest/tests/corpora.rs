//! Manifests as real projects ship them.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_manifest::{ReadOptions, read, read_value, to_yaml};
use std::path::{Path, PathBuf};

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

#[test]
fn every_document_is_an_object_or_skipped_or_an_error() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/real");
    if !root.is_dir() {
        println!("skipped: {} is not there", root.display());
        return;
    }
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let (mut documents, mut refused) = (0, Vec::new());
    for path in &paths {
        let bytes = std::fs::read(path).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let empty = text.lines().all(|line| line.trim().is_empty() || line.starts_with(['#', '-']));
        let read = read(&path.to_string_lossy(), bytes, &ReadOptions::default());
        let found = read.documents.len() + read.skipped.len() + read.errors.len();
        assert!(found > 0 || empty, "{} is passed over silently", path.display());
        documents += read.documents.len();
        for document in &read.documents {
            assert!(!document.kind().is_empty() && !document.api_version().is_empty());
            let again = read_value(&to_yaml(&document.value));
            assert_eq!(again.as_ref(), Ok(&document.value), "{}", path.display());
        }
        refused.extend(read.errors.iter().map(|error| (path.clone(), error.message.clone())));
    }
    assert!(documents > 600, "{documents} documents in {} files", paths.len());
    for (path, message) in &refused {
        assert!(message.contains("is already set on line"), "{}: {message}", path.display());
    }
    assert!(refused.len() < 10, "{refused:?}");
}
