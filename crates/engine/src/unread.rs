//! Texts that could not be read: what their errors may tell.

use sekisho_manifest::ReadError;
use sekisho_report::Diagnostic;

/// The errors of a text. Those within a Secret do not repeat what stands there: a password that
/// YAML takes for something else, or a line of a key that lost its indentation.
#[must_use]
pub fn unread(name: &str, bytes: &[u8], errors: &[ReadError]) -> Vec<Diagnostic> {
    if errors.is_empty() {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(bytes);
    let secrets = secrets(&text);
    let diagnostic = |error: &ReadError| {
        let document = secrets.partition_point(|(last, _)| *last < error.line);
        let secret = secrets.get(document).is_some_and(|(_, secret)| *secret);
        let shown = |text: &str| if secret { concealed(text) } else { text.to_owned() };
        let diagnostic = Diagnostic::at(name, error.line, error.column, shown(&error.message));
        Diagnostic { help: error.help.clone(), ..diagnostic }
    };
    errors.iter().map(diagnostic).collect()
}

/// The last line of each document, and whether it may be or hold a Secret.
fn secrets(text: &str) -> Vec<(u32, bool)> {
    let mut documents = Vec::new();
    let mut secret = false;
    for (before, line) in (0..).zip(text.lines()) {
        if line.starts_with("---") && before > 0 {
            documents.push((before, std::mem::take(&mut secret)));
        }
        secret |= line.contains("Secret") && line.contains("kind");
    }
    documents.push((u32::MAX, secret));
    documents
}

/// A message without what it quotes, signs aside.
fn concealed(message: &str) -> String {
    let mut parts = message.split('`');
    let mut concealed = parts.next().unwrap_or_default().to_owned();
    let mut quoted = true;
    for part in parts {
        concealed.push('`');
        if quoted && part.contains(|c: char| c.is_alphanumeric()) {
            concealed.push('…');
        } else {
            concealed.push_str(part);
        }
        quoted = !quoted;
    }
    concealed
}

#[cfg(test)]
mod tests {
    use super::{concealed, secrets, unread};
    use sekisho_manifest::ReadOptions;

    #[test]
    fn what_a_secret_holds_is_not_told() {
        let tell = |kind: &str| {
            let text = format!("apiVersion: v1\nkind: {kind}\nstringData: {{a: *hunter2}}\n");
            let read = sekisho_manifest::read("f", text.as_bytes(), &ReadOptions::default());
            let told = unread("f", text.as_bytes(), &read.errors);
            told.iter().map(|error| error.message.clone()).collect::<Vec<_>>().join("\n")
        };
        assert!(tell("ConfigMap").contains("`hunter2`"), "{}", tell("ConfigMap"));
        assert!(!tell("Secret").contains("hunter2"), "{}", tell("Secret"));
    }

    #[test]
    fn quotes_are_left_out_and_signs_kept() {
        for (message, want) in [
            ("unknown anchor `hunter2`", "unknown anchor `…`"),
            ("`:` with a value cannot stand here", "`:` with a value cannot stand here"),
            ("expected `,` or `}`", "expected `,` or `}`"),
            ("`a1` is not `b2`", "`…` is not `…`"),
            ("odd ` quote hunter2", "odd `…"),
            ("none", "none"),
        ] {
            assert_eq!(concealed(message), want);
        }
    }

    #[test]
    fn documents_that_hold_secrets_are_known() {
        let text = "kind: Pod\n---\nkind: Secret\nx: y\n---\nkind: Pod\n--- {kind: Secret}\n";
        assert_eq!(secrets(text), [(1, false), (4, true), (6, false), (u32::MAX, true)]);
        assert_eq!(secrets("---\nkind: Secret\n---\na: b\n"), [(2, true), (u32::MAX, false)]);
        assert_eq!(secrets(""), [(u32::MAX, false)]);
    }
}
