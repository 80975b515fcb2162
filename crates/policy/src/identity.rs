use sha2::{Digest as _, Sha256};
use std::fmt;
use std::sync::Arc;

/// A SHA-256 digest, shown as `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// How many bytes are gathered before they are hashed.
const SMALL: usize = 1024;

impl Digest {
    /// The digest of parts; each part's length goes in before it, so that parts cannot flow
    /// into each other.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = Sha256::new();
        // Small parts, as those of a finding's key, are hashed together.
        let mut small = Vec::with_capacity(SMALL);
        for part in parts {
            small.extend_from_slice(&(part.len() as u64).to_be_bytes());
            if small.len() + part.len() > SMALL {
                hasher.update(&small);
                hasher.update(part);
                small.clear();
            } else {
                small.extend_from_slice(part);
            }
        }
        hasher.update(&small);
        Self(hasher.finalize().into())
    }

    /// The first `digits` hexadecimal digits, 64 at the most.
    #[must_use]
    pub fn short(&self, digits: usize) -> String {
        let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
        let all = self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]);
        all.take(digits).collect()
    }

    /// The raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.short(64))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `ORIGIN/DIALECT/KIND/NAME`: what a policy is, wherever it is loaded. Never renamed. Cheap to
/// clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(Arc<str>);

impl PolicyId {
    /// The origin of policies that were given by path.
    pub const LOCAL: &'static str = "local";

    /// Puts an id together.
    #[must_use]
    pub fn new(origin: &str, dialect: &str, kind: &str, name: &str) -> Self {
        Self(format!("{origin}/{dialect}/{kind}/{name}").into())
    }

    /// The text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The dialect's name within the id.
    #[must_use]
    pub fn dialect(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }

    /// The policy's own name within the id: the `metadata.name` of its document.
    #[must_use]
    pub fn name(&self) -> &str {
        name_of(&self.0)
    }
}

/// The name within the text of an id.
pub(crate) fn name_of(id: &str) -> &str {
    id.splitn(4, '/').nth(3).unwrap_or_default()
}

impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Digest, PolicyId};

    #[test]
    fn digests_are_shown_in_hexadecimal() {
        // SHA-256 of nothing, FIPS 180-4.
        let digest = Digest::of([]);
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest.to_string(), format!("sha256:{hex}"));
        for digits in [0, 1, 7, 32, 64] {
            assert_eq!(digest.short(digits), hex[..digits]);
        }
        assert_eq!(digest.short(100), hex);
    }

    #[test]
    fn ids_have_parts() {
        let id = PolicyId::new("local", "kyverno", "Policy", "shop/web");
        assert_eq!(id.as_str(), "local/kyverno/Policy/shop/web");
        assert_eq!((id.dialect(), id.name()), ("kyverno", "shop/web"));
    }

    #[test]
    fn parts_do_not_flow_into_each_other() {
        assert_ne!(Digest::of([&b"ab"[..], b"c"]), Digest::of([&b"a"[..], b"bc"]));
        assert_ne!(Digest::of([&b""[..]]), Digest::of([]));
    }
}
