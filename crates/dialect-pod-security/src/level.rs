//! Levels and versions of the Pod Security Standards, as labels and configuration name them.
//!
//! Source of the rules: `api/helpers.go` of k8s.io/pod-security-admission.

use sekisho_policy::KubernetesVersion;
use std::fmt;

/// A level of the Pod Security Standards, the most permissive first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// everything is allowed
    Privileged,
    /// known privilege escalations are prevented
    Baseline,
    /// current hardening practice
    Restricted,
}

impl Level {
    /// What upstream answers where a text is no level.
    pub(crate) const EXPECTED: &'static str = "must be one of privileged, baseline, restricted";

    /// The word for the level.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }

    /// Reads the word for a level.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Privileged, Self::Baseline, Self::Restricted]
            .into_iter()
            .find(|level| level.as_str() == text)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A version of the Pod Security Standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// the newest that the target knows
    Latest,
    /// `v1.N`
    Minor(u32),
}

impl Version {
    /// What upstream answers where a text is no version.
    pub(crate) const EXPECTED: &'static str = "must be \"latest\" or \"v1.x\"";

    /// Reads `latest` or `v1.N`, and nothing else: no patch, no leading zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "latest" {
            return Some(Self::Latest);
        }
        let minor = text.strip_prefix("v1.")?;
        let plain = minor == "0" || !minor.starts_with('0');
        if minor.is_empty() || !plain || !minor.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        minor.parse().ok().map(Self::Minor)
    }

    /// The minor version whose rules apply for a target: a version newer than the target's, or
    /// than all that are known, means the newest rules there are.
    #[must_use]
    pub(crate) fn resolve(self, target: KubernetesVersion) -> u16 {
        let newest = target.min(KubernetesVersion::NEWEST).minor;
        match self {
            Self::Latest => newest,
            Self::Minor(minor) => u16::try_from(minor).unwrap_or(u16::MAX).min(newest),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str("latest"),
            Self::Minor(minor) => write!(f, "v1.{minor}"),
        }
    }
}

/// A level in a version: `baseline:latest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LevelVersion {
    /// the level
    pub level: Level,
    /// the version
    pub version: Version,
}

impl LevelVersion {
    /// Everything is allowed.
    pub(crate) const PRIVILEGED: Self = Self { level: Level::Privileged, version: Version::Latest };

    /// `baseline:latest`
    #[must_use]
    pub(crate) fn text(self) -> String {
        match self.version {
            Version::Latest => [self.level.as_str(), ":latest"].concat(),
            Version::Minor(_) => self.to_string(),
        }
    }

    /// Whether both ask for the same; the version of `privileged` does not matter.
    #[must_use]
    pub(crate) fn is_equivalent(self, other: Self) -> bool {
        self == other || (self.level == Level::Privileged && other.level == Level::Privileged)
    }
}

impl fmt::Display for LevelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.level, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, LevelVersion, Version};
    use sekisho_policy::KubernetesVersion;

    #[test]
    fn versions_are_read_as_upstream_reads_them() {
        for (text, version) in [
            ("latest", Some(Version::Latest)),
            ("v1.0", Some(Version::Minor(0))),
            ("v1.37", Some(Version::Minor(37))),
            ("v1.4294967295", Some(Version::Minor(u32::MAX))),
            ("v1.00", None),
            ("v1.07", None),
            ("v1.", None),
            ("v1.2.3", None),
            ("v1.+2", None),
            ("v2.1", None),
            ("1.2", None),
            ("Latest", None),
            ("", None),
        ] {
            assert_eq!(Version::parse(text), version, "{text}");
        }
    }

    #[test]
    fn newer_versions_mean_the_newest_known() {
        let target = |minor| KubernetesVersion { minor };
        for (version, known, resolved) in [
            (Version::Latest, 37, 37),
            (Version::Latest, 30, 30),
            (Version::Latest, 99, 37),
            (Version::Minor(20), 30, 20),
            (Version::Minor(35), 30, 30),
            (Version::Minor(99), 37, 37),
            (Version::Minor(u32::MAX), 99, 37),
        ] {
            assert_eq!(version.resolve(target(known)), resolved, "{version} on v1.{known}");
        }
    }

    #[test]
    fn levels_are_ordered_and_read_back() {
        assert!(Level::Privileged < Level::Baseline && Level::Baseline < Level::Restricted);
        for text in ["privileged", "baseline", "restricted"] {
            assert_eq!(Level::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Level::parse("Baseline"), None);
        let old = LevelVersion { level: Level::Privileged, version: Version::Minor(3) };
        assert!(old.is_equivalent(LevelVersion::PRIVILEGED));
    }
}
