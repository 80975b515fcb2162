//! What may be a name.
//!
//! Source of the rules: `pkg/util/validation` and `pkg/api/validate/content` of
//! `k8s.io/apimachinery`, and `isCELIdentifier` of Kubernetes' `admissionregistration/validation`.

use sekisho_cel::kubernetes;

/// Whether it is a part of a DNS name, however long: RFC 1123, section 2.1.
fn is_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(byte) || *byte == b'-')
}

/// Whether it is a DNS label that begins with a letter: RFC 1035, section 2.3.1.
pub(super) fn is_dns1035_label(text: &str) -> bool {
    is_part(text) && text.len() <= 63 && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
}

/// Whether it is a DNS subdomain: parts, and dots between them.
pub(super) fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_part)
}

/// Whether it is a qualified name: up to 63 characters, with a DNS subdomain and a slash before
/// them or without.
pub(super) fn is_qualified_name(text: &str) -> bool {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    let bytes = name.as_bytes();
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    prefix.is_none_or(is_subdomain)
        && name.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Whether it may stand in a path as an object's name.
pub(super) fn is_path_segment(text: &str) -> bool {
    text != "." && text != ".." && !text.contains(['/', '%'])
}

/// Whether it may be the name of a variable of CEL.
pub(super) fn is_cel_identifier(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    text.bytes().next().is_some_and(letter)
        && text.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
        && !kubernetes::RESERVED.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::{
        is_cel_identifier, is_dns1035_label, is_path_segment, is_qualified_name, is_subdomain,
    };

    #[test]
    fn names() {
        let long = "a".repeat(64);
        for (is_name, good, bad) in [
            (
                is_subdomain as fn(&str) -> bool,
                &["a", "a-b.c", "1.2", &long][..],
                &["", "A", "a..b", "-a", "a-", "a_b"][..],
            ),
            (is_dns1035_label, &["v1", "v1beta1"], &["", "1v", "v-", "V1", &long]),
            (
                is_qualified_name,
                &["a", "A_b.c", "example.com/a"],
                &["", "a/b/c", "/a", "a/", "-a", "Ex/a", &long],
            ),
            (is_path_segment, &["a", "A b", ""], &[".", "..", "a/b", "a%b"]),
            (is_cel_identifier, &["a", "_a1", "objects"], &["", "1a", "a-b", "in", "namespace"]),
        ] {
            for name in good {
                assert!(is_name(name), "{name}");
            }
            for name in bad {
                assert!(!is_name(name), "{name}");
            }
        }
    }
}
