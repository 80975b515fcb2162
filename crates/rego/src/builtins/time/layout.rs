//! Layouts of Go's `time` package: how `Mon Jan 2 15:04:05 MST 2006` is written is how any time is.

use super::civil::{Civil, MONTHS};
use super::zone::Offset;

/// An element of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    ZoneName,
    Zone(ZoneForm),
    /// so many digits, behind a point or comma; all of them, or none that are zero at the end
    Fraction {
        digits: usize,
        separator: u8,
        trim: bool,
    },
}

/// How an offset from UTC is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ZoneForm {
    /// `Z` for UTC
    pub(super) z: bool,
    pub(super) colon: bool,
    pub(super) minutes: bool,
    pub(super) seconds: bool,
}

/// The named layouts.
pub(super) const NAMED: &[(&str, &str)] = &[
    ("ANSIC", "Mon Jan _2 15:04:05 2006"),
    ("UnixDate", "Mon Jan _2 15:04:05 MST 2006"),
    ("RubyDate", "Mon Jan 02 15:04:05 -0700 2006"),
    ("RFC822", "02 Jan 06 15:04 MST"),
    ("RFC822Z", "02 Jan 06 15:04 -0700"),
    ("RFC850", "Monday, 02-Jan-06 15:04:05 MST"),
    ("RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"),
    ("RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"),
    ("RFC3339", RFC3339),
    ("RFC3339Nano", RFC3339_NANO),
];

pub(in super::super) const RFC3339: &str = "2006-01-02T15:04:05Z07:00";
pub(super) const RFC3339_NANO: &str = "2006-01-02T15:04:05.999999999Z07:00";

/// The layout of this name, or what is no name itself.
pub(super) fn named(layout: &str) -> &str {
    NAMED.iter().find(|(name, _)| *name == layout).map_or(layout, |(_, layout)| layout)
}

const OFFSETS: &[(&str, ZoneForm)] = &[
    ("070000", ZoneForm { z: false, colon: false, minutes: true, seconds: true }),
    ("07:00:00", ZoneForm { z: false, colon: true, minutes: true, seconds: true }),
    ("0700", ZoneForm { z: false, colon: false, minutes: true, seconds: false }),
    ("07:00", ZoneForm { z: false, colon: true, minutes: true, seconds: false }),
    ("07", ZoneForm { z: false, colon: false, minutes: false, seconds: false }),
];

/// The first element of a layout: the text before it, the element, its own text, what follows.
pub(super) fn next(layout: &str) -> (&str, Option<(Element, &str)>, &str) {
    for (start, _) in layout.char_indices() {
        let rest = layout.get(start..).unwrap_or_default();
        if let Some((skipped, element, len)) = element(rest) {
            let (prefix, rest) = layout.split_at(start + skipped);
            let (text, suffix) = rest.split_at(len);
            return (prefix, Some((element, text)), suffix);
        }
    }
    (layout, None, "")
}

/// The element that a text begins with, how much before it is literal, and its length.
fn element(text: &str) -> Option<(usize, Element, usize)> {
    let bytes = text.as_bytes();
    let at = |index: usize| bytes.get(index).copied();
    let lower_follows = |len| at(len).is_some_and(|byte| byte.is_ascii_lowercase());
    let found = match *bytes.first()? {
        b'J' if text.starts_with("January") => (Element::LongMonth, 7),
        b'J' if text.starts_with("Jan") && !lower_follows(3) => (Element::Month, 3),
        b'M' if text.starts_with("Monday") => (Element::LongWeekday, 6),
        b'M' if text.starts_with("Mon") && !lower_follows(3) => (Element::Weekday, 3),
        b'M' if text.starts_with("MST") => (Element::ZoneName, 3),
        b'0' => match (at(1), at(2)) {
            (Some(b'1'), _) => (Element::ZeroMonth, 2),
            (Some(b'2'), _) => (Element::ZeroDay, 2),
            (Some(b'3'), _) => (Element::ZeroHour12, 2),
            (Some(b'4'), _) => (Element::ZeroMinute, 2),
            (Some(b'5'), _) => (Element::ZeroSecond, 2),
            (Some(b'6'), _) => (Element::Year, 2),
            (Some(b'0'), Some(b'2')) => (Element::ZeroYearDay, 3),
            _ => return None,
        },
        b'1' if at(1) == Some(b'5') => (Element::Hour, 2),
        b'1' => (Element::NumMonth, 1),
        b'2' if text.starts_with("2006") => (Element::LongYear, 4),
        b'2' => (Element::Day, 1),
        b'_' if text.starts_with("_2006") => return Some((1, Element::LongYear, 4)),
        b'_' if at(1) == Some(b'2') => (Element::UnderDay, 2),
        b'_' if text.starts_with("__2") => (Element::UnderYearDay, 3),
        b'3' => (Element::Hour12, 1),
        b'4' => (Element::Minute, 1),
        b'5' => (Element::Second, 1),
        b'P' if at(1) == Some(b'M') => (Element::UpperPm, 2),
        b'p' if at(1) == Some(b'm') => (Element::LowerPm, 2),
        sign @ (b'-' | b'Z') => {
            let after = text.get(1..)?;
            let (form, zone) = OFFSETS.iter().find(|(form, _)| after.starts_with(form))?;
            (Element::Zone(ZoneForm { z: sign == b'Z', ..*zone }), form.len() + 1)
        }
        separator @ (b'.' | b',') => {
            let digit = at(1).filter(|digit| matches!(digit, b'0' | b'9'))?;
            let digits = bytes.iter().skip(1).take_while(|byte| **byte == digit).count();
            if at(1 + digits).is_some_and(|byte| byte.is_ascii_digit()) {
                return None;
            }
            (Element::Fraction { digits, separator, trim: digit == b'9' }, 1 + digits)
        }
        _ => return None,
    };
    let (element, len) = found;
    Some((0, element, len))
}

/// A time as a layout writes it.
pub(super) fn format(time: &Civil, offset: &Offset, layout: &str) -> String {
    let mut out = String::new();
    let mut layout = layout;
    while !layout.is_empty() {
        let (prefix, element, suffix) = next(layout);
        out.push_str(prefix);
        if let Some((element, _)) = element {
            push(&mut out, time, offset, element);
        }
        layout = suffix;
    }
    out
}

fn push(out: &mut String, time: &Civil, offset: &Offset, element: Element) {
    let month = usize::try_from(time.month - 1).unwrap_or(0);
    let month = MONTHS.get(month).copied().unwrap_or("");
    let short = |name: &'static str| name.get(..3).unwrap_or(name);
    let hour12 = match time.hour % 12 {
        0 => 12,
        hour => hour,
    };
    let text = match element {
        Element::LongMonth => month.to_owned(),
        Element::Month => short(month).to_owned(),
        Element::NumMonth => time.month.to_string(),
        Element::ZeroMonth => format!("{:02}", time.month),
        Element::LongWeekday => time.weekday().to_owned(),
        Element::Weekday => short(time.weekday()).to_owned(),
        Element::Day => time.day.to_string(),
        Element::UnderDay => format!("{:2}", time.day),
        Element::ZeroDay => format!("{:02}", time.day),
        Element::UnderYearDay => format!("{:3}", time.year_day()),
        Element::ZeroYearDay => format!("{:03}", time.year_day()),
        Element::Hour => format!("{:02}", time.hour),
        Element::Hour12 => hour12.to_string(),
        Element::ZeroHour12 => format!("{hour12:02}"),
        Element::Minute => time.minute.to_string(),
        Element::ZeroMinute => format!("{:02}", time.minute),
        Element::Second => time.second.to_string(),
        Element::ZeroSecond => format!("{:02}", time.second),
        Element::LongYear => format!("{:04}", time.year),
        Element::Year => format!("{:02}", time.year.abs() % 100),
        Element::UpperPm => if time.hour >= 12 { "PM" } else { "AM" }.to_owned(),
        Element::LowerPm => if time.hour >= 12 { "pm" } else { "am" }.to_owned(),
        Element::ZoneName => offset.name.clone(),
        Element::Zone(form) => zone(offset.seconds, form),
        Element::Fraction { digits, separator, trim } => {
            fraction(time.nanosecond, digits, char::from(separator), trim)
        }
    };
    out.push_str(&text);
}

fn zone(seconds: i64, form: ZoneForm) -> String {
    if seconds == 0 && form.z {
        return "Z".to_owned();
    }
    let minutes = seconds / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let mut out = format!("{sign}{:02}", (minutes / 60).abs());
    let colon = if form.colon { ":" } else { "" };
    if form.minutes {
        out.push_str(&format!("{colon}{:02}", (minutes % 60).abs()));
    }
    if form.seconds {
        let of_minute = if minutes < 0 { -seconds } else { seconds } % 60;
        out.push_str(&format!("{colon}{of_minute:02}"));
    }
    out
}

fn fraction(nanosecond: i64, digits: usize, separator: char, trim: bool) -> String {
    if trim && nanosecond == 0 {
        return String::new();
    }
    let mut out = format!("{separator}{nanosecond:09}");
    out.truncate(1 + digits.min(9));
    if trim {
        let kept = out.trim_end_matches('0').trim_end_matches(separator).len();
        out.truncate(kept);
    }
    out
}
