//! Between which bounds sizes and costs are.

use super::scaled;

/// How large a value may be: scalars, bytes, items or entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeEstimate {
    /// at least
    pub min: u64,
    /// at most
    pub max: u64,
}

/// What something may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CostEstimate {
    /// at least
    pub min: u64,
    /// at most
    pub max: u64,
}

/// What a call may cost, and how large its result may be.
#[derive(Clone, Copy, Debug)]
pub struct CallEstimate {
    /// its cost, without that of its arguments
    pub cost: CostEstimate,
    /// the size of its result
    pub size: Option<SizeEstimate>,
}

impl SizeEstimate {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { min: 0, max: u64::MAX };

    /// Exactly so large.
    #[must_use]
    pub fn fixed(size: u64) -> Self {
        Self { min: size, max: size }
    }

    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { min: self.min.saturating_add(other.min), max: self.max.saturating_add(other.max) }
    }

    /// The product of both.
    #[must_use]
    pub fn product(self, other: Self) -> Self {
        Self { min: self.min.saturating_mul(other.min), max: self.max.saturating_mul(other.max) }
    }

    /// Either of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }

    /// A cost for each unit.
    #[must_use]
    pub fn times(self, cost: CostEstimate) -> CostEstimate {
        CostEstimate {
            min: self.min.saturating_mul(cost.min),
            max: self.max.saturating_mul(cost.max),
        }
    }

    /// A part of a cost for each unit.
    #[must_use]
    pub fn scaled(self, factor: f64) -> CostEstimate {
        CostEstimate { min: scaled(self.min, factor), max: scaled(self.max, factor) }
    }
}

impl CostEstimate {
    /// Exactly so much.
    #[must_use]
    pub fn fixed(cost: u64) -> Self {
        Self { min: cost, max: cost }
    }

    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { min: self.min.saturating_add(other.min), max: self.max.saturating_add(other.max) }
    }

    /// Either of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }

    /// A part of it, rounded up.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { min: scaled(self.min, factor), max: scaled(self.max, factor) }
    }

    /// The product of both.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        Self { min: self.min.saturating_mul(other.min), max: self.max.saturating_mul(other.max) }
    }
}
