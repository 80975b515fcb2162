//! Times as of RFC 3339, read as `metav1.Time` and `metav1.MicroTime` read them: stored in UTC,
//! to the second and to the microsecond.

use sekisho_value::Value;

const WHY: &str = "it is no time as of RFC 3339";

/// What is stored for a time; `None` where it is stored as it stands.
pub(super) fn seconds(text: &str) -> Result<Option<Value>, &'static str> {
    let time = Time::parse(text).ok_or(WHY)?;
    Ok(changed(text, time.stored(None)))
}

/// What is stored for a time with microseconds, of which there must be six digits.
pub(super) fn micros(text: &str) -> Result<Option<Value>, &'static str> {
    let time = Time::parse(text).ok_or(WHY)?;
    if time.fraction.len() != 6 {
        return Err("it wants six digits of microseconds");
    }
    Ok(changed(text, time.stored(Some(time.fraction))))
}

fn changed(text: &str, stored: Value) -> Option<Value> {
    (stored.as_str() != Some(text)).then_some(stored)
}

struct Time<'a> {
    /// since 0001-01-01T00:00:00Z, which Go holds for no time at all
    seconds: i64,
    fraction: &'a str,
}

impl<'a> Time<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let [_, _, _, _, b'-', _, _, b'-', _, _] = date.as_bytes() else { return None };
        let year = number(date, 0..4)?;
        let month = number(date, 5..7).filter(|month| (1..=12).contains(month))?;
        let last = days_in(year, month);
        let day = number(date, 8..10).filter(|day| (1..=last).contains(day))?;

        // Go lets the hour be of one digit.
        let (hour, rest) = rest.strip_prefix('T')?.split_once(':')?;
        let hour = match hour.len() {
            1 | 2 => number(hour, 0..hour.len()).filter(|hour| *hour < 24)?,
            _ => return None,
        };
        let (clock, rest) = rest.split_at_checked(5)?;
        let [_, _, b':', _, _] = clock.as_bytes() else { return None };
        let minute = number(clock, 0..2).filter(|minute| *minute < 60)?;
        let second = number(clock, 3..5).filter(|second| *second < 60)?;
        let (fraction, zone) = match rest.strip_prefix(['.', ',']) {
            Some(rest) => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                if digits == 0 {
                    return None;
                }
                rest.split_at_checked(digits)?
            }
            None => ("", rest),
        };
        let local = days_before(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
        Some(Self { seconds: local - offset(zone)?, fraction })
    }

    fn stored(&self, fraction: Option<&str>) -> Value {
        if self.seconds == 0 && self.fraction.bytes().all(|digit| digit == b'0') {
            return Value::Null;
        }
        let (mut days, clock) = (self.seconds.div_euclid(86_400), self.seconds.rem_euclid(86_400));
        // An estimate that is never too late, then year by year.
        let mut year = days.div_euclid(366);
        while days_before(year + 1, 1, 1) <= days {
            year += 1;
        }
        days -= days_before(year, 1, 1);
        let mut month = 1;
        while days >= days_in(year, month) {
            days -= days_in(year, month);
            month += 1;
        }
        let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
        let dot = if fraction.is_some() { "." } else { "" };
        let fraction = fraction.unwrap_or_default();
        let day = days + 1;
        // Go writes the year before 0000 as -0001.
        let width = if year < 0 { 5 } else { 4 };
        Value::from(format!(
            "{year:0width$}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{dot}{fraction}Z"
        ))
    }
}

/// The seconds that a zone is east of UTC.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let [sign @ (b'+' | b'-'), _, _, b':', _, _] = zone.as_bytes() else { return None };
    let hours = number(zone, 1..3).filter(|hours| *hours <= 24)?;
    let minutes = number(zone, 4..6).filter(|minutes| *minutes < 60)?;
    let seconds = hours * 3600 + minutes * 60;
    Some(if *sign == b'-' { -seconds } else { seconds })
}

fn number(text: &str, range: std::ops::Range<usize>) -> Option<i64> {
    let digits = text.get(range)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The days from 0001-01-01 to a date of the Gregorian calendar.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let past = year - 1;
    let years = past * 365 + past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400);
    years + (1..month).map(|month| days_in(year, month)).sum::<i64>() + day - 1
}

#[cfg(test)]
mod tests {
    use super::{micros, seconds};
    use sekisho_value::Value;

    #[test]
    fn times_are_stored_in_utc_to_the_second() {
        for (given, stored) in [
            ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"),
            ("2024-02-29T23:59:59.987654321Z", "2024-02-29T23:59:59Z"),
            ("2024-03-01T00:30:00+01:00", "2024-02-29T23:30:00Z"),
            ("1999-12-31T20:00:00-05:30", "2000-01-01T01:30:00Z"),
            ("0001-01-01T00:00:01Z", "0001-01-01T00:00:01Z"),
            ("0001-01-01T00:00:00+01:00", "0000-12-31T23:00:00Z"),
            ("0000-01-01T00:00:00+01:00", "-0001-12-31T23:00:00Z"),
            ("2024-01-01T4:05:06Z", "2024-01-01T04:05:06Z"),
            ("2024-01-01T00:00:00,5Z", "2024-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
            ("2100-02-28T12:00:00Z", "2100-02-28T12:00:00Z"),
            ("2000-12-31T00:00:00Z", "2000-12-31T00:00:00Z"),
        ] {
            let found = seconds(given).unwrap().unwrap_or_else(|| given.into());
            assert_eq!(found, Value::from(stored), "{given}");
        }
        assert_eq!(seconds("0001-01-01T00:00:00Z"), Ok(Some(Value::Null)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-01-01",
            "2024-01-01 00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z",
            "2024-01-01T00:00:00",
            "2024-01-01T00:00:00z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00+0100",
            "2024-01-01T004:00:00Z",
            "2024-01-01T:00:00Z",
            "2024-01-01T00:00:00Zx",
            "2024-01-01T00:00:00€",
            "20240-01-01T00:00:00Z",
            "+024-01-01T00:00:00Z",
        ] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn microseconds_want_six_digits() {
        let given = "2024-01-01T00:00:00.000100Z";
        assert_eq!(micros(given), Ok(None));
        let east = micros("2024-01-01T01:00:00.000100+01:00");
        assert_eq!(east, Ok(Some(given.into())));
        assert!(micros("2024-01-01T00:00:00Z").is_err());
        assert!(micros("2024-01-01T00:00:00.1Z").is_err());
    }
}
