//! The reader, by each of its entries.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_fuzz::{places, written};
use sekisho_manifest::{Read, ReadError, ReadOptions, read, read_document, read_value};

fuzz_target!(|bytes: &[u8]| {
    for gator in [false, true] {
        for client_kinds in [false, true] {
            for last_key_wins in [false, true] {
                let options = ReadOptions { gator, client_kinds, last_key_wins };
                stream(&read("fuzz.yaml", bytes, &options));
            }
        }
    }
    match read_document("fuzz.yaml", bytes) {
        Ok(document) => {
            places::check(&document);
            written::check(&document.value);
        }
        Err(error) => told(&error),
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let document = read_document("", bytes).map(|document| document.value);
        assert_eq!(read_value(text), document);
        written::check_json(text);
    }
});

fn stream(read: &Read) {
    for document in &read.documents {
        places::check(document);
        written::check(&document.value);
    }
    let lines = read.source.text().split(['\n', '\r']).count();
    for error in &read.errors {
        told(error);
        assert!(error.line as usize <= lines, "{error:?}");
    }
    for skipped in &read.skipped {
        assert!(skipped.line >= 1 && skipped.line as usize <= lines, "{skipped:?}");
        assert!(!skipped.reason.to_string().is_empty());
    }
}

/// An error has a place and a message of one line.
fn told(error: &ReadError) {
    assert!(error.line >= 1 && error.column >= 1, "{error:?}");
    assert!(!error.message.is_empty() && !error.message.contains('\n'), "{error:?}");
    assert_ne!(error.help.as_deref(), Some(""));
    assert!(error.message.len() < 2000, "{error:?}");
}
