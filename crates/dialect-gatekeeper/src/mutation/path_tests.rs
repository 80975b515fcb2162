//! `pathTests`: what has to be there, or must not be, before a mutator writes.

use super::path::Path;

/// What a test asks of a step of the location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// it is there
    MustExist,
    /// it is not there
    MustNotExist,
}

/// The tests of a mutator, by the step of the location that they are about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathTests(Vec<Option<Condition>>);

/// Why tests cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathTestsError {
    /// a sub-path that leads elsewhere
    #[error("sub-path `{sub_path}` is no beginning of the location `{location}`")]
    NoPrefix {
        /// the number of the test
        index: usize,
        /// its path
        sub_path: String,
        /// where the mutator writes
        location: String,
    },
    /// a path that has to be there and not to be there
    #[error("`{sub_path}` is marked both MustExist and MustNotExist")]
    Both {
        /// the number of the test
        index: usize,
        /// its path
        sub_path: String,
    },
    /// MustExist behind MustNotExist
    #[error("a MustExist test stands behind a MustNotExist test")]
    Order {
        /// the number of the MustExist test
        index: usize,
    },
}

impl PathTestsError {
    /// The number of the test that is at fault.
    #[must_use]
    pub fn index(&self) -> usize {
        match self {
            Self::NoPrefix { index, .. } | Self::Both { index, .. } | Self::Order { index } => {
                *index
            }
        }
    }
}

impl PathTests {
    /// Orders tests by the step they are about. As Gatekeeper has it, no MustExist may stand
    /// behind a MustNotExist in the list, whichever leads deeper.
    ///
    /// # Errors
    /// The first thing that Gatekeeper does not take.
    pub fn new(location: &Path, tests: &[(Path, Condition)]) -> Result<Self, PathTestsError> {
        for (index, (sub_path, _)) in tests.iter().enumerate() {
            if !location.starts_with(sub_path) {
                let (sub_path, location) = (sub_path.to_string(), location.to_string());
                return Err(PathTestsError::NoPrefix { index, sub_path, location });
            }
        }
        // An empty sub-path is the object itself, which is never asked for.
        let step = |path: &Path| path.nodes().len().checked_sub(1);
        let mut by_step = vec![None; location.nodes().len()];
        for (path, condition) in tests {
            if let Some(entry) = step(path).and_then(|step| by_step.get_mut(step)) {
                *entry = Some(*condition);
            }
        }
        let both = |(path, condition): &(Path, Condition)| {
            tests.iter().any(|(other, wanted)| step(other) == step(path) && wanted != condition)
        };
        if let Some((index, (sub_path, _))) = tests.iter().enumerate().find(|(_, test)| both(test))
        {
            return Err(PathTestsError::Both { index, sub_path: sub_path.to_string() });
        }
        let conditions = || tests.iter().map(|(_, condition)| *condition);
        let first_not = conditions().position(|condition| condition == Condition::MustNotExist);
        let last_must = conditions().rposition(|condition| condition == Condition::MustExist);
        match (first_not, last_must) {
            (Some(not), Some(index)) if index > not => Err(PathTestsError::Order { index }),
            _ => Ok(Self(by_step)),
        }
    }

    /// The test that an AssignMetadata comes with: its label or annotation must not be there.
    #[must_use]
    pub fn last_must_not_exist(location: &Path) -> Self {
        let mut by_step = vec![None; location.nodes().len()];
        if let Some(last) = by_step.last_mut() {
            *last = Some(Condition::MustNotExist);
        }
        Self(by_step)
    }

    /// Whether the mutator may go on where what a step leads to is there, or is not.
    #[must_use]
    pub fn hold(&self, step: usize, exists: bool) -> bool {
        match self.0.get(step).copied().flatten() {
            None => true,
            Some(Condition::MustExist) => exists,
            Some(Condition::MustNotExist) => !exists,
        }
    }
}
