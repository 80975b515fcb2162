//! Rego's parser, in both versions: every error has a place in the text, and what is read without
//! an error can be printed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_rego::ast::{Version, to_json};
use sekisho_rego::{Diagnostic, Source, SourceId, syntax};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let source = Source::new("fuzz.rego", text);
    for version in [Version::V0, Version::V1] {
        let (module, errors) = syntax::parse(&source, SourceId(0), version);
        errors.iter().for_each(|error| told(error, text));
        if let (Some(module), []) = (module, errors.as_slice()) {
            let _ = to_json(&module, &source).to_json();
        }
        let (body, errors) = syntax::parse_query(&source, SourceId(0), version, &[]);
        errors.iter().for_each(|error| told(error, text));
        if errors.is_empty() {
            for statement in &body {
                assert!(!statement.to_string().is_empty());
            }
        }
    }
});

/// An error has a place within the text and a message.
fn told(error: &Diagnostic, text: &str) {
    let span = error.location.span;
    assert!(span.start as usize <= text.len(), "{error:?}");
    assert!(text.is_char_boundary(span.start as usize), "{error:?}");
    assert!(!error.message.is_empty(), "{error:?}");
    assert_ne!(error.help.as_deref(), Some(""));
}
