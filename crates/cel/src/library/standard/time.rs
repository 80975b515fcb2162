//! Points and spans of time.

use crate::library::Overload;
use crate::term::{Duration, Term, Timestamp};
use crate::{EvalError, Evaluation};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

type Outcome<'a> = Result<Term<'a>, EvalError>;

macro_rules! getters {
    ($($name:literal $id:literal $zoned:literal $get:ident),* $(,)?) => {
        &[$(
            Overload::new($id, concat!("timestamp::", $name, "() -> int"), |_, args| {
                calendar(args, $get)
            }),
            Overload::new($zoned, concat!("timestamp::", $name, "(string) -> int"), |_, args| {
                calendar(args, $get)
            }),
        )*
            Overload::new("duration_to_hours", "duration::getHours() -> int", |_, args| {
                span(args, 3_600_000_000_000)
            }),
            Overload::new("duration_to_minutes", "duration::getMinutes() -> int", |_, args| {
                span(args, 60_000_000_000)
            }),
            Overload::new("duration_to_seconds", "duration::getSeconds() -> int", |_, args| {
                span(args, 1_000_000_000)
            }),
            Overload::new("duration_to_milliseconds", "duration::getMilliseconds() -> int",
                milliseconds),
        ]
    };
}

pub(super) const FUNCTIONS: &[Overload] = getters![
    "getFullYear" "timestamp_to_year" "timestamp_to_year_with_tz" year,
    "getMonth" "timestamp_to_month" "timestamp_to_month_with_tz" month,
    "getDayOfYear" "timestamp_to_day_of_year" "timestamp_to_day_of_year_with_tz" day_of_year,
    "getDayOfMonth" "timestamp_to_day_of_month" "timestamp_to_day_of_month_with_tz" day_from_0,
    "getDate" "timestamp_to_day_of_month_1_based" "timestamp_to_day_of_month_1_based_with_tz" day,
    "getDayOfWeek" "timestamp_to_day_of_week" "timestamp_to_day_of_week_with_tz" day_of_week,
    "getHours" "timestamp_to_hours" "timestamp_to_hours_with_tz" hour,
    "getMinutes" "timestamp_to_minutes" "timestamp_to_minutes_with_tz" minute,
    "getSeconds" "timestamp_to_seconds" "timestamp_to_seconds_with_tz" second,
    "getMilliseconds" "timestamp_to_milliseconds" "timestamp_to_milliseconds_with_tz" millisecond,
];

fn year(date: DateTime) -> i64 {
    date.year().into()
}

fn month(date: DateTime) -> i64 {
    i64::from(date.month()) - 1
}

fn day_of_year(date: DateTime) -> i64 {
    i64::from(date.day_of_year()) - 1
}

fn day_from_0(date: DateTime) -> i64 {
    i64::from(date.day()) - 1
}

fn day(date: DateTime) -> i64 {
    date.day().into()
}

fn day_of_week(date: DateTime) -> i64 {
    date.weekday().to_sunday_zero_offset().into()
}

fn hour(date: DateTime) -> i64 {
    date.hour().into()
}

fn minute(date: DateTime) -> i64 {
    date.minute().into()
}

fn second(date: DateTime) -> i64 {
    date.second().into()
}

fn millisecond(date: DateTime) -> i64 {
    date.millisecond().into()
}

fn calendar<'a>(args: &[Term<'a>], get: fn(DateTime) -> i64) -> Outcome<'a> {
    let (time, offset) = match args {
        [Term::Timestamp(time)] => (*time, 0),
        [Term::Timestamp(time), Term::String(zone)] => {
            (*time, time_zone(zone)?.to_offset(time.to_jiff()).seconds().into())
        }
        _ => return Err(EvalError::no_such_overload()),
    };
    let overflow = || EvalError::new("timestamp overflow");
    if let Some(date) = civil(time, offset) {
        return Ok(Term::Int(get(date)));
    }
    // East of UTC, the last hours of 9999 are in a year that the calendar does not have. It is as
    // the year 400 before it, but for its number, which nothing else is as large as.
    let date = civil(time, offset - CYCLE).ok_or_else(overflow)?;
    let value = get(date);
    Ok(Term::Int(if value == year(date) { value + 400 } else { value }))
}

/// The seconds of 400 years, after which the calendar begins anew.
const CYCLE: i64 = 146_097 * 86_400;

/// The date of a time so many seconds east of UTC. The calendar reaches further than `jiff`'s
/// points in time, which leave room for offsets.
fn civil(time: Timestamp, offset: i64) -> Option<DateTime> {
    let seconds = SignedDuration::new(time.seconds() + offset, 0);
    let nanoseconds = SignedDuration::from_nanos(time.nanoseconds().into());
    EPOCH.checked_add(seconds).ok()?.checked_add(nanoseconds).ok()
}

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// A time zone by its IANA name, or as an offset of hours and minutes (`-08:00`).
fn time_zone(name: &str) -> Result<TimeZone, EvalError> {
    let unknown = || EvalError::new(format!("unknown time zone {name}"));
    let Some((hours, minutes)) = name.split_once(':') else {
        return match name {
            "" | "UTC" => Ok(TimeZone::UTC),
            // Names that only a machine's own settings give a meaning.
            "Local" => Err(unknown()),
            name => TimeZone::get(name).map_err(|_| unknown()),
        };
    };
    let number = |text: &str| {
        text.parse::<i32>().map_err(|_| {
            EvalError::new(format!("strconv.Atoi: parsing \"{text}\": invalid syntax"))
        })
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let minutes = if name.starts_with('-') {
        hours.saturating_mul(60).saturating_sub(minutes)
    } else {
        hours.saturating_mul(60).saturating_add(minutes)
    };
    Offset::from_seconds(minutes.saturating_mul(60)).map(TimeZone::fixed).map_err(|_| unknown())
}

fn span<'a>(args: &[Term<'a>], unit: i64) -> Outcome<'a> {
    match args {
        [Term::Duration(duration)] => Ok(Term::Int(duration.nanoseconds / unit)),
        _ => Err(EvalError::no_such_overload()),
    }
}

/// The milliseconds of the last second, as the conformance cases have it.
fn milliseconds<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::Duration(duration)] => {
            Ok(Term::Int(duration.nanoseconds / 1_000_000 % MILLISECONDS))
        }
        _ => Err(EvalError::no_such_overload()),
    }
}

const MILLISECONDS: i64 = 1000;

/// A duration as Go's `time.ParseDuration` reads it: `1h30m`, `-1.5s`.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(Duration { nanoseconds: 0 });
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, after) = rest.split_at_checked(digits(rest))?;
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => after.split_at_checked(digits(after))?,
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end)?;
        let unit = unit_of(unit)?;
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let part = whole.checked_mul(unit)?.checked_add(fraction_of(fraction, unit))?;
        total = total.checked_add(part).filter(|total| *total <= 1 << 63)?;
        rest = after;
    }
    let nanoseconds =
        if negative { 0_i64.checked_sub_unsigned(total)? } else { i64::try_from(total).ok()? };
    Some(Duration { nanoseconds })
}

fn unit_of(name: &str) -> Option<u64> {
    Some(match name {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// The nanoseconds of the digits behind the point.
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let mut scale = 1_u128;
    let mut value = 0_u128;
    for digit in digits.bytes().take(18) {
        value = value * 10 + u128::from(digit - b'0');
        scale *= 10;
    }
    u64::try_from(value * u128::from(unit) / scale).unwrap_or(0)
}

/// A duration as `string()` writes it: seconds, as many decimals as needed.
pub(crate) fn duration_text(duration: Duration) -> String {
    #[expect(clippy::cast_precision_loss, reason = "cel-go writes the nearest double")]
    let (whole, part) = (
        (duration.nanoseconds / 1_000_000_000) as f64,
        (duration.nanoseconds % 1_000_000_000) as f64,
    );
    format!("{}s", whole + part / 1e9)
}

/// A time as RFC 3339 writes it, as many decimals as needed.
pub(super) fn timestamp_text(time: Timestamp) -> String {
    let offset = time.offset();
    let date = civil(time, offset.into()).unwrap_or(EPOCH);
    let mut text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        date.year(),
        date.month(),
        date.day(),
        date.hour(),
        date.minute(),
        date.second()
    );
    if time.nanoseconds() > 0 {
        let decimals = format!(".{:09}", time.nanoseconds());
        text.push_str(decimals.trim_end_matches('0'));
    }
    match offset {
        0 => text.push('Z'),
        _ => {
            let sign = if offset < 0 { '-' } else { '+' };
            let minutes = offset.abs() / 60;
            text.push_str(&format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
        }
    }
    text
}

/// A time as RFC 3339 writes it, with any offset.
pub(crate) fn parse_timestamp(text: &str) -> Result<Timestamp, EvalError> {
    read_timestamp(text).ok_or_else(|| {
        EvalError::new(
            "type conversion error from 'string' to 'google.protobuf.Timestamp'".to_owned(),
        )
    })?
}

fn read_timestamp(text: &str) -> Option<Result<Timestamp, EvalError>> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let sign = |at: usize, sign: u8| bytes.get(at) == Some(&sign);
    let form = sign(4, b'-') && sign(7, b'-') && sign(10, b'T') && sign(13, b':') && sign(16, b':');
    if !form {
        return None;
    }
    let small = |value: i64| i8::try_from(value).ok();
    let date = DateTime::new(
        i16::try_from(number(0, 4)?).ok()?,
        small(number(5, 7)?)?,
        small(number(8, 10)?)?,
        small(number(11, 13)?)?,
        small(number(14, 16)?)?,
        small(number(17, 19)?)?,
        0,
    )
    .ok()?;
    let rest = text.get(19..)?;
    let (nanoseconds, zone) = match rest.strip_prefix(['.', ',']) {
        None => (0, rest),
        Some(rest) => {
            let end = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, zone) = rest.split_at_checked(end)?;
            if digits.is_empty() {
                return None;
            }
            (u32::try_from(fraction_of(digits, 1_000_000_000)).ok()?, zone)
        }
    };
    let offset = offset_of(zone)?;
    let seconds = date.duration_since(EPOCH).as_secs() - offset;
    let written_at = i32::try_from(offset).ok()?;
    Some(Timestamp::new(seconds, nanoseconds).map(|time| time.written_at(written_at)))
}

/// `Z`, or hours and minutes east of UTC, in seconds.
fn offset_of(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, digits) = match zone.as_bytes() {
        [b'+', ..] => (1, zone.get(1..)?),
        [b'-', ..] => (-1, zone.get(1..)?),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::{duration_text, parse_duration, parse_timestamp, timestamp_text};

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, nanoseconds) in [
            ("0", Some(0)),
            ("1h30m", Some(5_400_000_000_000)),
            ("-1.5s", Some(-1_500_000_000)),
            (".5ms", Some(500_000)),
            ("1us1µs", Some(2_000)),
            ("-9223372036854775808ns", Some(i64::MIN)),
            ("9223372036854775808ns", None),
            ("", None),
            ("1", None),
            ("1d", None),
            (".s", None),
        ] {
            assert_eq!(parse_duration(text).map(|read| read.nanoseconds), nanoseconds, "{text}");
        }
        assert_eq!(duration_text(parse_duration("1m1.25s").unwrap()), "61.25s");
    }

    #[test]
    fn times_are_read_and_written() {
        for (text, shown) in [
            ("2009-02-13T23:31:30Z", Some("2009-02-13T23:31:30Z")),
            ("2009-02-13T23:31:30.120+01:30", Some("2009-02-13T23:31:30.12+01:30")),
            ("2009-02-13T23:31:30-08:00", Some("2009-02-13T23:31:30-08:00")),
            ("2009-02-13T23:31:30+00:00", Some("2009-02-13T23:31:30Z")),
            ("0001-01-01T00:00:00Z", Some("0001-01-01T00:00:00Z")),
            ("9999-12-31T23:59:59.999999999Z", Some("9999-12-31T23:59:59.999999999Z")),
            ("0000-01-01T00:00:00Z", None),
            ("2009-02-30T00:00:00Z", None),
            ("2009-02-13 23:31:30Z", None),
            ("2009-02-13T23:31:30", None),
        ] {
            assert_eq!(parse_timestamp(text).ok().map(timestamp_text).as_deref(), shown, "{text}");
        }
    }
}
