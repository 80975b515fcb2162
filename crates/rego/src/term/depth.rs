use super::Term;
use sekisho_budget::BudgetExceeded;

/// How deep a collection is nested: what walks over a value by recursion stays within it.
///
/// A collection knows its depth, so that making one costs a look at its members, not at all that
/// lies below them. Borrowed data counts as deep as it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Depth(u16);

impl Depth {
    /// The deepest value that can be made: borrowed data, nested as deep again.
    pub const LIMIT: usize = 2 * sekisho_value::MAX_DEPTH;

    /// The depth of a collection of these.
    ///
    /// # Errors
    /// Where it would be deeper than [`Self::LIMIT`].
    pub fn above<'a>(members: impl Iterator<Item = Term<'a>>) -> Result<Self, BudgetExceeded> {
        let deepest = members.map(Self::of).max().unwrap_or(Self(0));
        match deepest.0.checked_add(1) {
            Some(depth) if usize::from(depth) <= Self::LIMIT => Ok(Self(depth)),
            _ => Err(BudgetExceeded::Depth),
        }
    }

    fn of(term: Term<'_>) -> Self {
        match term {
            Term::Array(_, depth) | Term::Object(_, depth) | Term::Set(_, depth) => depth,
            Term::JsonArray(_) | Term::JsonObject(_) => {
                Self(u16::try_from(sekisho_value::MAX_DEPTH).unwrap_or(u16::MAX))
            }
            _ => Self(0),
        }
    }
}
