//! AssignImage: the domain, path and tag of an image.
//!
//! Source of the rules: `pkg/mutation/mutators/assignimage` of Gatekeeper v3.23. What a part may
//! be is limited so that the parts of the result are those that were put together.

/// What an AssignImage puts in; what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageParts {
    /// `registry.example.com:5000`
    pub domain: Option<String>,
    /// `team/web`
    pub path: Option<String>,
    /// `:v1` or `@sha256:…`
    pub tag: Option<String>,
}

/// Why parts cannot be put together, and which is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// there is nothing to put in
    #[error("one of assignDomain, assignPath and assignTag has to be set")]
    NoPart,
    /// no domain
    #[error("assignDomain `{0}` is neither a domain with a dot nor `localhost`")]
    Domain(String),
    /// no path
    #[error("assignPath `{0}` is no path of an image")]
    Path(String),
    /// no tag
    #[error("assignTag `{0}` is neither a tag with its `:` nor a digest with its `@`")]
    Tag(String),
    /// a path that would be read as domain and path
    #[error("the beginning of assignPath `{0}` would be read as a domain")]
    DomainInPath(String),
}

impl ImageParts {
    /// Checks the parts.
    ///
    /// # Errors
    /// The first that is none, in the order domain, path, tag.
    pub fn check(&self) -> Result<(), ImageError> {
        if self.domain.is_none() && self.path.is_none() && self.tag.is_none() {
            return Err(ImageError::NoPart);
        }
        if let Some(domain) = self.domain.as_ref().filter(|domain| !is_domain(domain)) {
            return Err(ImageError::Domain(domain.clone()));
        }
        if let Some(path) = self.path.as_ref().filter(|path| !is_path(path)) {
            return Err(ImageError::Path(path.clone()));
        }
        if let Some(tag) = self.tag.as_ref().filter(|tag| !is_tag(tag)) {
            return Err(ImageError::Tag(tag.clone()));
        }
        match &self.path {
            Some(path) if self.domain.is_none() && !split_domain(path).0.is_empty() => {
                Err(ImageError::DomainInPath(path.clone()))
            }
            _ => Ok(()),
        }
    }

    /// An image with the parts put in.
    #[must_use]
    pub fn put_into(&self, image: &str) -> String {
        let (domain, rest) = split_domain(image);
        let (path, tag) = rest.split_at(rest.find([':', '@']).unwrap_or(rest.len()));
        let domain = self.domain.as_deref().unwrap_or(domain);
        let path = self.path.as_deref().unwrap_or(path);
        let tag = self.tag.as_deref().unwrap_or(tag);
        let slash = if domain.is_empty() { "" } else { "/" };
        format!("{domain}{slash}{path}{tag}")
    }
}

/// The domain of an image, where its first part looks like one, and what stands behind it.
fn split_domain(image: &str) -> (&str, &str) {
    match image.split_once('/') {
        Some((domain, rest)) if domain.contains(['.', ':']) || domain == "localhost" => {
            (domain, rest)
        }
        _ => ("", image),
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// `localhost` or words with `-` and at least one dot, with a port or without.
fn is_domain(text: &str) -> bool {
    let host = match text.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
        Some(_) => return false,
        None => text,
    };
    let bytes = host.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    host == "localhost"
        || host.contains('.')
            && bytes.iter().all(|b| is_word(*b) || matches!(b, b'-' | b'.'))
            && ends.into_iter().all(|end| end.is_some_and(|end| is_word(*end)))
}

/// Lower case letters and digits, parted by one of `.`, `_`, `/`, by `__`, or by dashes.
fn is_path(text: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut rest = text.as_bytes();
    loop {
        let part = rest.iter().take_while(|b| is_part(**b)).count();
        rest = rest.get(part..).unwrap_or_default();
        if part == 0 || rest.is_empty() {
            return part != 0;
        }
        let dashes = rest.iter().take_while(|b| **b == b'-').count();
        let parted = match rest {
            [b'_', b'_', ..] => 2,
            [b'.' | b'_' | b'/', ..] => 1,
            _ if dashes > 0 => dashes,
            _ => return false,
        };
        rest = rest.get(parted..).unwrap_or_default();
    }
}

/// `:v1` or `@sha256:` and at least 32 hexadecimal digits.
fn is_tag(text: &str) -> bool {
    if let Some(tag) = text.strip_prefix(':') {
        let bytes = tag.as_bytes();
        return bytes.len() <= 128
            && bytes.first().is_some_and(|b| is_word(*b))
            && bytes.iter().all(|b| is_word(*b) || matches!(b, b'.' | b'-'));
    }
    let Some((algorithm, digest)) = text.strip_prefix('@').and_then(|text| text.split_once(':'))
    else {
        return false;
    };
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    algorithm.split(['-', '_', '+', '.']).all(is_part)
        && digest.len() >= 32
        && digest.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::{ImageParts, is_domain, is_path, is_tag};

    #[test]
    fn parts() {
        for (text, sound) in [
            ("localhost", true),
            ("localhost:5000", true),
            ("a.b", true),
            ("a-1_.b.c:80", true),
            ("1.1", true),
            ("a..b", true),
            ("ab", false),
            ("ab:80", false),
            (".a", false),
            ("-a.b", false),
            ("a.b.", false),
            ("a.b:", false),
            ("a.b:x", false),
            ("a.b:1:2", false),
            ("a.b/", false),
            ("ä.b", false),
            ("", false),
        ] {
            assert_eq!(is_domain(text), sound, "{text}");
        }
        for (text, sound) in [
            ("a", true),
            ("a/b", true),
            ("a.b_c__d---e/f9", true),
            ("A", false),
            ("a//b", false),
            ("a/", false),
            ("/a", false),
            ("a___b", false),
            ("a.-b", false),
            ("a:b", false),
            ("", false),
        ] {
            assert_eq!(is_path(text), sound, "{text}");
        }
        let digest = "a".repeat(32);
        for (text, sound) in [
            (":v1", true),
            (":_.-", true),
            (&format!(":{}", "a".repeat(128)), true),
            (&format!(":{}", "a".repeat(129)), false),
            (":", false),
            (":-a", false),
            ("v1", false),
            (&format!("@sha256:{digest}"), true),
            (&format!("@sha256+b64.x:{digest}AF09"), true),
            (&format!("@:{digest}"), false),
            (&format!("@2a:{digest}"), false),
            (&format!("@a+:{digest}"), false),
            (&format!("@sha256:{}", &digest[1..]), false),
            (&format!("@sha256:{digest}g"), false),
            ("@sha256", false),
        ] {
            assert_eq!(is_tag(text), sound, "{text}");
        }
    }

    #[test]
    fn images_are_put_together() {
        let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        for (domain, path, tag, image, wanted) in [
            ("a.b", "", "", "web", "a.b/web"),
            ("a.b", "", "", "c.d/web:1", "a.b/web:1"),
            ("a.b", "", "", "team/web", "a.b/team/web"),
            ("", "x/y", "", "localhost/web:1", "localhost/x/y:1"),
            ("", "", ":2", "c:5/web:1", "c:5/web:2"),
            ("", "", ":2", "web@sha256:00", "web:2"),
            ("", "", ":2", "", ":2"),
            ("a.b", "w", ":2", "", "a.b/w:2"),
        ] {
            let parts = ImageParts { domain: part(domain), path: part(path), tag: part(tag) };
            assert_eq!(parts.put_into(image), wanted, "{image}");
            assert_eq!(parts.put_into(wanted), wanted, "{image}: again");
        }
    }
}
