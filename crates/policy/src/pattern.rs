use crate::identity::name_of;
use std::fmt;

/// A name in which `*` stands for any run of characters; nothing else is special.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern(String);

impl Pattern {
    /// Any text is a pattern.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether a name matches; linear in the name for each `*`.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let Some((head, tail)) = self.0.split_once('*') else {
            return self.0 == name;
        };
        let Some(mut rest) = name.strip_prefix(head) else {
            return false;
        };
        let mut parts = tail.split('*').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return rest.ends_with(part);
            }
            match rest.find(part) {
                Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        true
    }

    /// Whether it is the id of a policy that matches, or the name within it.
    #[must_use]
    pub fn names(&self, policy: &str) -> bool {
        self.matches(policy) || self.matches(name_of(policy))
    }

    /// The one name that matches, where it is only one.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        (!self.0.contains('*')).then_some(&self.0)
    }

    /// The text of the pattern.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn stars_stand_for_runs() {
        for (pattern, name, matches) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("kube-*", "kube-system", true),
            ("*-system", "kube-system", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXcYb", false),
            ("a*a", "a", false),
            ("**", "x", true),
            ("*ab", "aab", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(name), matches, "{pattern} {name}");
        }
    }

    #[test]
    fn policies_are_named_by_id_or_name() {
        let id = "local/gatekeeper/Found/only";
        for (pattern, named) in
            [(id, true), ("only", true), ("on*", true), ("*/Found/*", true), ("Found", false)]
        {
            assert_eq!(Pattern::new(pattern).names(id), named, "{pattern}");
        }
    }
}
