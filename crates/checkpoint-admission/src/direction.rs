//! Which way a request goes that could not be judged.

use sekisho_policy::{Pattern, PolicyId};

/// Which way a request goes that could not be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailureDirection {
    /// it is refused
    #[default]
    Fail,
    /// it is let through, with a warning and an audit annotation
    Ignore,
}

/// The directions of the whole server, and of policies that have their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureDirections {
    /// where nothing else is said
    pub whole: FailureDirection,
    /// of policies whose id or name fits; the first that fits counts
    pub of: Vec<(Pattern, FailureDirection)>,
}

impl FailureDirections {
    /// The direction where a policy could not be evaluated; none is the server itself.
    #[must_use]
    pub fn of(&self, policy: Option<&PolicyId>) -> FailureDirection {
        let own =
            policy.and_then(|id| self.of.iter().find(|(pattern, _)| pattern.names(id.as_str())));
        own.map_or(self.whole, |(_, direction)| *direction)
    }
}

impl From<FailureDirection> for FailureDirections {
    fn from(whole: FailureDirection) -> Self {
        Self { whole, of: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::FailureDirection::{Fail, Ignore};
    use super::FailureDirections;
    use sekisho_policy::{Pattern, PolicyId};

    #[test]
    fn a_policy_has_its_own_or_the_servers() {
        let pair = |text, direction| (Pattern::new(text), direction);
        let of = vec![
            pair("local/gatekeeper/K8sRepos/*", Ignore),
            pair("local/gatekeeper/*", Fail),
            pair("team-*", Ignore),
        ];
        let directions = FailureDirections { whole: Fail, of };
        let id = |dialect, kind, name| PolicyId::new("local", dialect, kind, name);
        for (policy, wanted) in [
            (None, Fail),
            (Some(id("gatekeeper", "K8sRepos", "team-a")), Ignore),
            (Some(id("gatekeeper", "K8sLabels", "team-a")), Fail),
            (Some(id("other", "P", "team-a")), Ignore),
            (Some(id("other", "P", "x")), Fail),
        ] {
            assert_eq!(directions.of(policy.as_ref()), wanted, "{policy:?}");
        }
        assert_eq!(FailureDirections::from(Ignore).of(None), Ignore);
    }
}
