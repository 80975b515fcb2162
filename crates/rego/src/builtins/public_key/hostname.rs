//! Whether a certificate is for a host (RFC 6125, 6.4), as Go judges it.

use super::certificate::Certificate;
use sekisho_go_net::{self as go_net, Address};

/// Whether the certificate is valid for this host.
pub(super) fn matches(certificate: &Certificate<'_>, host: &str) -> bool {
    let names = &certificate.said.names;
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = bracketed.filter(|inner| !inner.is_empty()).unwrap_or(host);
    if let Some(address) = Address::parse_plain(address) {
        return names.addresses.iter().any(|bytes| {
            let bits = bytes.iter().fold(0, |bits: u128, byte| bits << 8 | u128::from(*byte));
            let bits = if bytes.len() == 4 { go_net::MAPPED | bits } else { bits };
            bits == address.bits
        });
    }
    let name = host.to_ascii_lowercase();
    let valid = is_host(name.strip_suffix('.').unwrap_or(&name), false);
    names.domains.iter().any(|pattern| {
        if valid && is_host(pattern, true) {
            has_labels(pattern, name.strip_suffix('.').unwrap_or(&name))
        } else {
            let nothing = |text: &str| matches!(text, "" | ".");
            !nothing(pattern) && !nothing(&name) && pattern.eq_ignore_ascii_case(&name)
        }
    })
}

/// Whether it is a name of a host; of a pattern, the first label may be `*`.
fn is_host(name: &str, pattern: bool) -> bool {
    let label = |(index, label): (usize, &str)| {
        let wildcard = pattern && index == 0 && label == "*";
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        wildcard || !label.is_empty() && !label.starts_with('-') && label.bytes().all(allowed)
    };
    name != "*" && name.split('.').enumerate().all(label)
}

fn has_labels(pattern: &str, name: &str) -> bool {
    let mut pairs = pattern.split('.').zip(name.split('.')).enumerate();
    let same = |(index, (pattern, label)): (usize, (&str, &str))| {
        index == 0 && pattern == "*" || pattern.eq_ignore_ascii_case(label)
    };
    pattern.split('.').count() == name.split('.').count() && pairs.all(same)
}

#[cfg(test)]
mod tests {
    use super::{has_labels, is_host};

    #[test]
    fn hosts() {
        for (name, host, pattern) in [
            ("a.example", true, true),
            ("*.example", false, true),
            ("a.*.example", false, false),
            ("*", false, false),
            ("a_b", true, true),
            ("-a", false, false),
            ("a..b", false, false),
            ("", false, false),
        ] {
            assert_eq!((is_host(name, false), is_host(name, true)), (host, pattern), "{name}");
        }
        assert!(has_labels("*.Example", "a.example") && has_labels("a", "a"));
        assert!(!has_labels("*.example", "a.b.example") && !has_labels("a.*", "a.b"));
    }
}
