use std::collections::BTreeMap;
use std::fmt;

/// A minor version of Kubernetes, `v1.37`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesVersion {
    /// the `37` of `v1.37`
    pub minor: u16,
}

/// A text that is no Kubernetes version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a Kubernetes version, which looks like `v1.37`")]
pub struct ParseVersionError(String);

impl KubernetesVersion {
    /// The newest version whose rules are known here.
    pub const NEWEST: Self = Self { minor: 37 };

    /// Reads `v1.37`, `1.37` or `v1.37.2` (the patch does not matter).
    ///
    /// # Errors
    /// Where the text is none of these.
    pub fn parse(text: &str) -> Result<Self, ParseVersionError> {
        let number = |text: &str| {
            let plain = text == "0" || !text.starts_with('0');
            (plain && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
        };
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
        match (parts.next(), parts.next().and_then(number), parts.next(), parts.next()) {
            (Some("1"), Some(minor), None, None) => Ok(Self { minor }),
            (Some("1"), Some(minor), Some(patch), None) if number(patch).is_some() => {
                Ok(Self { minor })
            }
            _ => Err(ParseVersionError(text.to_owned())),
        }
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1.{}", self.minor)
    }
}

/// What is judged for: one cluster, or the clusters a change is meant for.
#[derive(Clone, Debug)]
pub struct Target {
    /// the target's name
    pub id: Option<String>,
    /// labels by which parameters, actions and exceptions select
    pub labels: BTreeMap<String, String>,
    /// sets Pod Security's `latest`
    pub kubernetes_version: KubernetesVersion,
    /// nobody gave the version
    pub assumed: bool,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            id: None,
            labels: BTreeMap::new(),
            kubernetes_version: KubernetesVersion::NEWEST,
            assumed: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::KubernetesVersion;

    #[test]
    fn versions() {
        for (text, minor) in [("v1.37", 37), ("1.0", 0), ("v1.25.3", 25)] {
            assert_eq!(KubernetesVersion::parse(text).unwrap().minor, minor);
        }
        for text in ["", "v1", "2.1", "v1.037", "v1.x", "v1.2.3.4", "v1.99999999", "vv1.2", "1.+2"]
        {
            assert!(KubernetesVersion::parse(text).is_err(), "{text}");
        }
    }
}
