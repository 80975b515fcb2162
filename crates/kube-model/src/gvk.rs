use sekisho_value::Value;
use smol_str::SmolStr;
use std::fmt;

/// A group, a version and a kind: what `apiVersion` and `kind` name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gvk {
    /// empty for the core group
    pub group: SmolStr,
    /// for example `v1`
    pub version: SmolStr,
    /// for example `Deployment`
    pub kind: SmolStr,
}

/// A group, a version and a resource: what paths and admission rules name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gvr {
    /// empty for the core group
    pub group: SmolStr,
    /// for example `v1`
    pub version: SmolStr,
    /// the plural, for example `deployments`
    pub resource: SmolStr,
}

/// Why a value names no kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GvkError {
    /// `apiVersion` or `kind` is absent or empty.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// `apiVersion` or `kind` is no string.
    #[error("`{0}` wants a string")]
    NoString(&'static str),
    /// `apiVersion` has more than one slash.
    #[error("`apiVersion` wants `VERSION` or `GROUP/VERSION`, found `{0}`")]
    ApiVersion(String),
}

impl GvkError {
    /// The field that is wrong.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Missing(field) | Self::NoString(field) => field,
            Self::ApiVersion(_) => "apiVersion",
        }
    }
}

impl Gvk {
    /// A group (empty for the core group), a version and a kind.
    pub fn new(
        group: impl Into<SmolStr>,
        version: impl Into<SmolStr>,
        kind: impl Into<SmolStr>,
    ) -> Self {
        Self { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// What an object says it is; `None` where `apiVersion` or `kind` is missing or wrong.
    #[must_use]
    pub fn of(object: &Value) -> Option<Self> {
        Self::read(object).ok()
    }

    /// What an object says it is.
    ///
    /// # Errors
    /// Where `apiVersion` or `kind` is missing or wrong.
    pub fn read(object: &Value) -> Result<Self, GvkError> {
        let field = |name: &'static str| match object.get(name) {
            None | Some(Value::Null) => Err(GvkError::Missing(name)),
            Some(Value::String(text)) if text.is_empty() => Err(GvkError::Missing(name)),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(GvkError::NoString(name)),
        };
        let api_version = field("apiVersion")?;
        let kind = field("kind")?;
        match split_api_version(&api_version) {
            Some((group, version)) => {
                Ok(Self { group: SmolStr::new(group), version: SmolStr::new(version), kind })
            }
            None => Err(GvkError::ApiVersion(api_version.to_string())),
        }
    }

    /// `VERSION` for the core group, else `GROUP/VERSION`.
    #[must_use]
    pub fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// Whether group and kind are these, whatever the version.
    #[must_use]
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.kind == kind && self.group == group
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.group.is_empty() {
            write!(f, "{}/", self.group)?;
        }
        write!(f, "{} {}", self.version, self.kind)
    }
}

/// Splits an `apiVersion` into group (empty for the core group) and version, as
/// `schema.ParseGroupVersion` of apimachinery does; `None` where it has more than one slash.
#[must_use]
pub fn split_api_version(api_version: &str) -> Option<(&str, &str)> {
    match api_version.split_once('/') {
        None => Some(("", api_version)),
        Some((_, version)) if version.contains('/') => None,
        Some(split) => Some(split),
    }
}

pub(crate) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

#[cfg(test)]
mod tests {
    use super::{Gvk, GvkError};
    use sekisho_value::from_json;

    #[test]
    fn kinds_are_read_from_objects() {
        for (json, want) in [
            (r#"{"apiVersion":"v1","kind":"Pod"}"#, Ok(Gvk::new("", "v1", "Pod"))),
            (
                r#"{"apiVersion":"apps/v1","kind":"Deployment"}"#,
                Ok(Gvk::new("apps", "v1", "Deployment")),
            ),
            (r#"{"kind":"Pod"}"#, Err(GvkError::Missing("apiVersion"))),
            (r#"{"apiVersion":"v1","kind":""}"#, Err(GvkError::Missing("kind"))),
            (r#"{"apiVersion":"v1","kind":null}"#, Err(GvkError::Missing("kind"))),
            (r#"{"apiVersion":1,"kind":"Pod"}"#, Err(GvkError::NoString("apiVersion"))),
            (r#"{"apiVersion":"a/b/c","kind":"Pod"}"#, Err(GvkError::ApiVersion("a/b/c".into()))),
            ("[]", Err(GvkError::Missing("apiVersion"))),
        ] {
            assert_eq!(Gvk::read(&from_json(json).unwrap()), want, "{json}");
        }
    }

    #[test]
    fn kinds_are_written() {
        assert_eq!(Gvk::new("", "v1", "Pod").to_string(), "v1 Pod");
        assert_eq!(Gvk::new("apps", "v1", "Deployment").to_string(), "apps/v1 Deployment");
        assert_eq!(Gvk::new("apps", "v1", "Deployment").api_version(), "apps/v1");
    }
}
