//! Whom and what a configuration exempts.

use std::collections::BTreeSet;

/// Names, compared exactly.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exemptions {
    /// the users that send the request
    pub(crate) usernames: BTreeSet<String>,
    /// the namespaces of objects
    pub(crate) namespaces: BTreeSet<String>,
    /// the runtime classes of pods
    pub(crate) runtime_classes: BTreeSet<String>,
}

impl Exemptions {
    pub(crate) fn namespace(&self, name: &str) -> bool {
        !name.is_empty() && self.namespaces.contains(name)
    }

    pub(crate) fn user(&self, name: &str) -> bool {
        !name.is_empty() && self.usernames.contains(name)
    }

    pub(crate) fn runtime_class(&self, name: Option<&str>) -> bool {
        name.is_some_and(|name| !name.is_empty() && self.runtime_classes.contains(name))
    }
}
