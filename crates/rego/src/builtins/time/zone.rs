//! Time zones, from the database that is built in.

use crate::builtins::Failure;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::sync::LazyLock;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A zone; none is UTC.
pub(super) struct Zone(Option<TimeZone>);

/// What a zone's clocks show, against UTC.
pub(super) struct Offset {
    /// the abbreviation
    pub(super) name: String,
    pub(super) seconds: i64,
}

impl Zone {
    /// UTC. `Local` is UTC too: the engine asks no environment.
    pub(super) fn utc() -> Self {
        Self(None)
    }

    pub(super) fn get(name: &str) -> Result<Self, Failure> {
        if matches!(name, "" | "UTC" | "Local") {
            return Ok(Self::utc());
        }
        if name.contains("..") || name.starts_with(['/', '\\']) {
            return Err(Failure::error("time: invalid location name"));
        }
        // Names are told apart by case.
        let zone = ZONES.get(name).ok().filter(|zone| zone.iana_name() == Some(name));
        match zone {
            Some(zone) => Ok(Self(Some(zone))),
            None => Err(Failure::error(format!("unknown time zone {name}"))),
        }
    }

    /// The offset at a number of seconds since 1970.
    pub(super) fn offset(&self, seconds: i128) -> Offset {
        let utc = || Offset { name: "UTC".to_owned(), seconds: 0 };
        let Some(zone) = &self.0 else {
            return utc();
        };
        let (least, most) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        let seconds = seconds.clamp(least.into(), most.into());
        let second = i64::try_from(seconds).unwrap_or(0);
        let Ok(timestamp) = Timestamp::from_second(second) else {
            return utc();
        };
        let info = zone.to_offset_info(timestamp);
        Offset { name: info.abbreviation().to_owned(), seconds: info.offset().seconds().into() }
    }

    /// The seconds since 1970 at which the zone's clocks show what UTC's show at these.
    pub(super) fn resolve(&self, shown: i128) -> i128 {
        let offset = self.offset(shown).seconds;
        if offset == 0 {
            return shown;
        }
        shown - i128::from(self.offset(shown - i128::from(offset)).seconds)
    }
}
