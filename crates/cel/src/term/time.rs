use crate::EvalError;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A point in time: seconds since 1970 and nanoseconds, of the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanoseconds: u32,
    offset: Offset,
}

/// The seconds east of UTC in which a time was written. It is written so again, as Go does; to all
/// else it does not matter.
#[derive(Clone, Copy, Debug, Default)]
struct Offset(i32);

impl PartialEq for Offset {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Offset {}

impl PartialOrd for Offset {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Offset {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl Hash for Offset {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// A span of time in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    /// how many
    pub nanoseconds: i64,
}

/// The first second of the year 1.
const FIRST: i64 = -62_135_596_800;
/// The last second of the year 9999.
const LAST: i64 = 253_402_300_799;
const SECOND: i64 = 1_000_000_000;

impl Timestamp {
    /// The time that Go's zero value stands for: the first of the year 1.
    pub const ZERO: Self = Self { seconds: FIRST, nanoseconds: 0, offset: Offset(0) };

    /// The time of so many seconds since 1970, and nanoseconds.
    ///
    /// # Errors
    /// Where it is not of the years 1 to 9999.
    pub fn new(seconds: i64, nanoseconds: u32) -> Result<Self, EvalError> {
        if (FIRST..=LAST).contains(&seconds) {
            Ok(Self { seconds, nanoseconds, offset: Offset(0) })
        } else {
            Err(EvalError::new("timestamp overflow"))
        }
    }

    /// The same time, written so many seconds east of UTC.
    #[must_use]
    pub fn written_at(self, offset: i32) -> Self {
        Self { offset: Offset(offset), ..self }
    }

    /// How many seconds east of UTC it is written.
    #[must_use]
    pub fn offset(self) -> i32 {
        self.offset.0
    }

    /// Seconds since 1970, rounded down.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds of the second.
    #[must_use]
    pub fn nanoseconds(self) -> u32 {
        self.nanoseconds
    }

    /// This time, and a span later.
    ///
    /// # Errors
    /// Where it is not of the years 1 to 9999.
    pub fn plus(self, duration: Duration) -> Result<Self, EvalError> {
        let sum = i64::from(self.nanoseconds) + duration.nanoseconds.rem_euclid(SECOND);
        let seconds = self.seconds + duration.nanoseconds.div_euclid(SECOND) + sum / SECOND;
        let later = Self::new(seconds, u32::try_from(sum % SECOND).unwrap_or(0))?;
        Ok(later.written_at(self.offset()))
    }

    /// The span from another time to this.
    ///
    /// # Errors
    /// Where it is longer than 292 years.
    pub fn since(self, other: Self) -> Result<Duration, EvalError> {
        let nanoseconds = i64::from(self.nanoseconds) - i64::from(other.nanoseconds);
        (self.seconds - other.seconds)
            .checked_mul(SECOND)
            .and_then(|span| span.checked_add(nanoseconds))
            .map(|nanoseconds| Duration { nanoseconds })
            .ok_or_else(|| EvalError::new("duration overflow"))
    }

    /// This time, or the nearest that has room for any offset from UTC.
    pub(crate) fn to_jiff(self) -> jiff::Timestamp {
        let seconds = self.seconds.min(jiff::Timestamp::MAX.as_second());
        jiff::Timestamp::from_second(seconds).unwrap_or_default()
    }
}
