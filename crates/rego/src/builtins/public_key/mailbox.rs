//! Mail addresses (RFC 2821, 4.1.2), as Go reads them in certificates.

/// A mail address. Its domain is in lower case.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mailbox {
    local: Vec<u8>,
    pub(super) domain: String,
}

impl Mailbox {
    pub(super) fn read(text: &str) -> Option<Self> {
        let (local, rest) = match text.as_bytes().strip_prefix(b"\"") {
            Some(quoted) => quoted_part(quoted)?,
            None => plain_part(text.as_bytes())?,
        };
        let domain = std::str::from_utf8(rest.strip_prefix(b"@")?).ok()?;
        let label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_graphic());
        let sound = domain.is_empty() || domain.split('.').all(label);
        sound.then(|| Self { local, domain: domain.to_ascii_lowercase() })
    }
}

/// What stands before a quotation mark, without its escapes, and what after it.
fn quoted_part(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut local = Vec::new();
    let mut rest = text;
    loop {
        let (byte, after) = rest.split_first()?;
        rest = after;
        match byte {
            b'"' => return Some((local, rest)),
            b'\\' => {
                let (escaped, after) = rest.split_first()?;
                if !matches!(escaped, 1..=9 | 11 | 12 | 14..=127) {
                    return None;
                }
                local.push(*escaped);
                rest = after;
            }
            1..=8 | 11 | 12 | 14..=33 | 35..=91 | 93..=127 => local.push(*byte),
            _ => return None,
        }
    }
}

/// Atoms and points, without escapes, and what comes after them.
fn plain_part(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut local = Vec::new();
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        if *byte == b'\\' {
            let (escaped, after) = after.split_first()?;
            local.push(*escaped);
            rest = after;
        } else if byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(byte) {
            local.push(*byte);
            rest = after;
        } else {
            break;
        }
    }
    let points = local.starts_with(b".")
        || local.ends_with(b".")
        || local.windows(2).any(|pair| pair == b"..");
    (!local.is_empty() && !points).then_some((local, rest))
}

#[cfg(test)]
mod tests {
    use super::Mailbox;

    #[test]
    fn mailboxes() {
        for (text, read) in [
            ("a@b.example", Some(("a", "b.example"))),
            ("A.b@B.Example", Some(("A.b", "b.example"))),
            ("\"a b\\\"c\"@d", Some(("a b\"c", "d"))),
            ("a\\@b@c", Some(("a@b", "c"))),
            ("a@", Some(("a", ""))),
            ("a", None),
            ("@b", None),
            (".a@b", None),
            ("a..b@c", None),
            ("a@b..c", None),
            ("a@b.", None),
            ("a b@c", None),
            ("\"a@b", None),
            ("", None),
        ] {
            let mailbox = Mailbox::read(text);
            let want = read.map(|(a, b): (&str, &str)| (a.as_bytes().to_vec(), b.to_owned()));
            assert_eq!(mailbox.map(|mailbox| (mailbox.local, mailbox.domain)), want, "{text}");
        }
    }
}
