//! Image references, and the pull policy that follows from them.
//!
//! The grammar is that of `github.com/distribution/reference` 0.6, in the normalised form in which
//! `ubuntu` means `docker.io/library/ubuntu`.

/// The pull policy of an image for which none is given: `Always` for the tag `latest`, be it
/// written or implied, else `IfNotPresent`; the latter also for what is no image reference.
pub(super) fn default_pull_policy(image: &str) -> &'static str {
    match parse(image) {
        Some(Reference { tag: Some("latest"), .. } | Reference { tag: None, digest: None }) => {
            "Always"
        }
        _ => "IfNotPresent",
    }
}

/// The parts of a reference that a pull policy depends on.
#[derive(Debug, PartialEq, Eq)]
struct Reference<'a> {
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

fn parse(image: &str) -> Option<Reference<'_>> {
    if is_identifier(image) {
        return None;
    }
    let (domain, remainder) = split_domain(image);
    let (rest, digest) = match remainder.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (remainder, None),
    };
    let (path, tag) = match rest.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (rest, None),
    };
    // A path on the default registry is shown with `library/` before it where it has one part.
    let implied = if domain.is_none() && !path.contains('/') { "library/".len() } else { 0 };
    let valid = domain.is_none_or(is_domain)
        && path.split('/').all(is_path_component)
        && path.len() + implied <= 255
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest);
    valid.then_some(Reference { tag, digest })
}

/// Sixty-four lower-case hexadecimal digits: an image id, which cannot be a name.
fn is_identifier(image: &str) -> bool {
    image.len() == 64 && image.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The registry, where the first part of the reference is one, and what follows.
fn split_domain(image: &str) -> (Option<&str>, &str) {
    match image.split_once('/') {
        // `docker.io`, as it is now called, and as it is when nothing is named.
        Some(("index.docker.io" | "docker.io", rest)) => (None, rest),
        Some((first, rest))
            if first == "localhost"
                || first.contains(['.', ':'])
                || first.chars().any(|c| c.to_lowercase().ne([c])) =>
        {
            (Some(first), rest)
        }
        _ => (None, image),
    }
}

/// A host name, an IPv4 address or a bracketed IPv6 address, and a port or none.
fn is_domain(domain: &str) -> bool {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(rest) = domain.strip_prefix('[') {
        let Some((address, rest)) = rest.split_once(']') else { return false };
        let is_address =
            !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
        return is_address && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port));
    }
    let (host, port) = match domain.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (domain, None),
    };
    port.is_none_or(is_port)
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

/// Lower-case letters and digits, joined by one `.`, one or two `_`, or any number of `-`.
fn is_path_component(component: &str) -> bool {
    let is_alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = component.as_bytes();
    bytes.first().is_some_and(is_alphanumeric)
        && bytes.last().is_some_and(is_alphanumeric)
        && bytes.split(is_alphanumeric).all(|separator| match separator {
            b"" | b"." | b"_" | b"__" => true,
            dashes => dashes.iter().all(|byte| *byte == b'-'),
        })
}

/// A letter, digit or `_`, and up to 127 more or `.` or `-`.
fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

/// A digest of an algorithm that the API server knows.
fn is_digest(digest: &str) -> bool {
    let Some((algorithm, encoded)) = digest.split_once(':') else { return false };
    let len = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    encoded.len() == len && encoded.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::default_pull_policy;

    #[test]
    fn images_of_the_tag_latest_are_always_pulled() {
        let sha256 = "a".repeat(64);
        for image in [
            "nginx",
            "nginx:latest",
            "library/nginx",
            "docker.io/nginx",
            "index.docker.io/nginx:latest",
            "localhost/nginx",
            "localhost:5000/nginx",
            "registry.example.com:5000/team/nginx",
            "Registry/nginx",
            "[::1]:5000/nginx",
            "[2001:db8::1]/nginx",
            "a__b/c--d/e.f",
            &format!("nginx:latest@sha256:{sha256}"),
            &"a".repeat(63),
        ] {
            assert_eq!(default_pull_policy(image), "Always", "{image}");
        }
    }

    #[test]
    fn other_images_are_pulled_where_not_present() {
        let (sha256, sha512) = ("a".repeat(64), "b".repeat(128));
        for image in [
            "",
            "nginx:1.27",
            "nginx:",
            "host:5000",
            "Nginx",
            "example.com/Nginx",
            "example.com/",
            "/nginx",
            "a//b",
            "a___b",
            "-a",
            "a-",
            "a..b",
            "nginx latest",
            "nginx:latest:1",
            "https://example.com/nginx",
            "example..com/nginx",
            "example.com:/nginx",
            "example.com:x/nginx",
            "[::1/nginx",
            "{{ .Values.image }}",
            &format!("nginx:{}", "t".repeat(129)),
            &format!("nginx@sha256:{sha256}"),
            &format!("nginx@sha512:{sha512}"),
            &format!("nginx:latest@sha256:{}", "a".repeat(63)),
            &format!("nginx:latest@sha256:{}", "A".repeat(64)),
            &format!("nginx:latest@md5:{}", "a".repeat(32)),
            &sha256,
            &"a".repeat(256),
            &"a".repeat(248),
        ] {
            assert_eq!(default_pull_policy(image), "IfNotPresent", "{image}");
        }
    }
}
