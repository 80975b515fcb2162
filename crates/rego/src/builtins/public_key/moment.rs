//! The points in time of certificates.

use super::super::Failure;
use super::super::time::Civil;
use super::der::{Reader, tag};

/// A second, and the zone that it is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// since 1970
    pub(super) seconds: i128,
    /// of the zone, east of UTC
    offset: i128,
}

impl Moment {
    /// Reads `UTCTime` or `GeneralizedTime`.
    pub(super) fn read(der: &mut Reader<'_>) -> Result<Self, Failure> {
        if der.peek(tag::UTC_TIME) {
            let text = der.read(tag::UTC_TIME).and_then(Self::utc_time);
            text.ok_or_else(|| Failure::error("x509: malformed UTCTime"))
        } else if der.peek(tag::GENERALIZED_TIME) {
            let text = der.read(tag::GENERALIZED_TIME).and_then(Self::generalized);
            text.ok_or_else(|| Failure::error("x509: malformed GeneralizedTime"))
        } else {
            Err(Failure::error("x509: unsupported time format"))
        }
    }

    /// `YYMMDDhhmm[ss]Z`, or with `+hhmm` in the place of `Z`; years are those from 1950.
    fn utc_time(text: &[u8]) -> Option<Self> {
        let year = number(text.get(..2)?)?;
        let century = if year < 50 { 2000 } else { 1900 };
        let seconds = text.get(10).is_some_and(u8::is_ascii_digit);
        Self::of(century + year, text.get(2..)?, seconds)
    }

    /// `YYYYMMDDhhmmssZ`, or with `+hhmm` in the place of `Z`
    fn generalized(text: &[u8]) -> Option<Self> {
        Self::of(number(text.get(..4)?)?, text.get(4..)?, true)
    }

    fn of(year: i64, text: &[u8], with_seconds: bool) -> Option<Self> {
        let part = |at: usize| number(text.get(at..at + 2)?);
        let civil = Civil {
            year,
            month: part(0)?,
            day: part(2)?,
            hour: part(4)?,
            minute: part(6)?,
            second: if with_seconds { part(8)? } else { 0 },
            nanosecond: 0,
        };
        let clock = civil.hour < 24 && civil.minute < 60 && civil.second < 60;
        let seconds = civil.seconds();
        let same_day = Civil::of(seconds * 1_000_000_000).day == civil.day;
        if !clock || !(1..=12).contains(&civil.month) || !same_day || civil.day > 31 {
            return None;
        }
        let zone = text.get(if with_seconds { 10 } else { 8 }..)?;
        let offset = match zone {
            b"Z" => 0,
            [sign @ (b'+' | b'-'), digits @ ..] if digits.len() == 4 => {
                let (hours, minutes) = digits.split_at(2);
                let (hours, minutes) = (number(hours)?, number(minutes)?);
                let offset = i128::from(hours * 3600 + minutes * 60);
                // That of no offset is written `Z`.
                if hours > 23 || minutes > 59 || offset == 0 {
                    return None;
                }
                if *sign == b'-' { -offset } else { offset }
            }
            _ => return None,
        };
        Some(Self { seconds: seconds - offset, offset })
    }

    /// As RFC 3339 has it.
    pub(super) fn text(self) -> String {
        let Civil { year, month, day, hour, minute, second, .. } =
            Civil::of((self.seconds + self.offset) * 1_000_000_000);
        let zone = match self.offset {
            0 => "Z".to_owned(),
            offset => {
                let sign = if offset < 0 { '-' } else { '+' };
                let minutes = offset.abs() / 60;
                format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        };
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}")
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    let digit =
        |value: i64, byte: &u8| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'));
    digits.iter().try_fold(0, digit)
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn utc_times() {
        for (text, shown) in [
            ("260102030405Z", Some("2026-01-02T03:04:05Z")),
            ("500102030405Z", Some("1950-01-02T03:04:05Z")),
            ("491231235959Z", Some("2049-12-31T23:59:59Z")),
            ("2601020304Z", Some("2026-01-02T03:04:00Z")),
            ("260102030405+0130", Some("2026-01-02T03:04:05+01:30")),
            ("260102030405-0800", Some("2026-01-02T03:04:05-08:00")),
            ("260102030405+0000", None),
            ("260230030405Z", None),
            ("260132030405Z", None),
            ("260002030405Z", None),
            ("261302030405Z", None),
            ("260100030405Z", None),
            ("260102240405Z", None),
            ("260102030460Z", None),
            ("260102030405", None),
            ("260102030405z", None),
            ("26010203040Z", None),
            ("", None),
        ] {
            let read = Moment::utc_time(text.as_bytes());
            assert_eq!(read.map(Moment::text).as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn generalized_times() {
        for (text, shown) in [
            ("20240229000000Z", Some("2024-02-29T00:00:00Z")),
            ("99991231235959Z", Some("9999-12-31T23:59:59Z")),
            ("20230229000000Z", None),
            ("20240229000000.5Z", None),
            ("202402290000Z", None),
        ] {
            let read = Moment::generalized(text.as_bytes());
            assert_eq!(read.map(Moment::text).as_deref(), shown, "{text}");
        }
    }
}
