//! Reading a time by a layout, as Go's `time.Parse` does, with its messages.

use super::civil::{Civil, DAYS, MONTHS, days_in, is_leap};
use super::layout::{Element, ZoneForm, next};
use crate::builtins::Failure;

/// Why an element cannot be read.
enum Wrong {
    /// it is not there
    Bad,
    /// its value is out of range
    Range(&'static str),
}

type Read<T> = Result<T, Wrong>;

/// What is read so far. Absent parts are as Go has them.
struct Parts {
    civil: Civil,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    am: bool,
    pm: bool,
    utc: bool,
    /// -1 where there is none: Go does not tell it from an offset of one second
    offset: i64,
}

struct Cursor<'t> {
    rest: &'t [u8],
}

/// The nanoseconds since 1970 of a time that is written by a layout.
pub(in super::super) fn parse(layout: &str, value: &str) -> Result<i128, Failure> {
    let mut cursor = Cursor { rest: value.as_bytes() };
    let zero = Civil { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0 };
    let mut parts = Parts {
        civil: zero,
        month: None,
        day: None,
        year_day: None,
        am: false,
        pm: false,
        utc: false,
        offset: -1,
    };
    let cannot = |of: &[u8], element: &str| {
        let (value, layout) = (quote(value.as_bytes()), quote(layout.as_bytes()));
        let (of, element) = (quote(of), quote(element.as_bytes()));
        Failure::error(format!("parsing time {value} as {layout}: cannot parse {of} as {element}"))
    };
    let wrong = |message: &str| {
        Failure::error(format!("parsing time {}{message}", quote(value.as_bytes())))
    };
    let mut remaining = layout;
    loop {
        let (prefix, element, suffix) = next(remaining);
        if cursor.skip(prefix.as_bytes()).is_err() {
            return Err(cannot(cursor.rest, prefix));
        }
        let Some((element, text)) = element else {
            if cursor.rest.is_empty() {
                break;
            }
            return Err(wrong(&format!(": extra text: {}", quote(cursor.rest))));
        };
        remaining = suffix;
        let hold = cursor.rest;
        match cursor.element(&mut parts, element, suffix) {
            Ok(()) => {}
            Err(Wrong::Range(what)) => return Err(wrong(&format!(": {what} out of range"))),
            Err(Wrong::Bad) => return Err(cannot(hold, text)),
        }
    }
    parts.finish().map_err(|message| wrong(&format!(": {message}")))
}

impl Parts {
    fn finish(mut self) -> Result<i128, &'static str> {
        let civil = &mut self.civil;
        if self.pm && civil.hour < 12 {
            civil.hour += 12;
        } else if self.am && civil.hour == 12 {
            civil.hour = 0;
        }
        if let Some(year_day) = self.year_day {
            let length = 365 + i64::from(is_leap(civil.year));
            if year_day < 1 || year_day > length {
                return Err("day-of-year out of range");
            }
            let (mut month, mut day) = (1, year_day);
            while day > days_in(month, civil.year) {
                day -= days_in(month, civil.year);
                month += 1;
            }
            if self.month.is_some_and(|seen| seen != month) {
                return Err("day-of-year does not match month");
            }
            if self.day.is_some_and(|seen| seen != day) {
                return Err("day-of-year does not match day");
            }
            (self.month, self.day) = (Some(month), Some(day));
        }
        civil.month = self.month.unwrap_or(1);
        civil.day = self.day.unwrap_or(1);
        if civil.day < 1 || civil.day > days_in(civil.month, civil.year) {
            return Err("day out of range");
        }
        // A zone that is only named counts as UTC.
        let offset = if self.utc || self.offset == -1 { 0 } else { self.offset };
        let seconds = civil.seconds() - i128::from(offset);
        Ok(seconds * 1_000_000_000 + i128::from(civil.nanosecond))
    }
}

impl<'t> Cursor<'t> {
    /// Passes over literal text; white space counts as any amount of it.
    fn skip(&mut self, prefix: &[u8]) -> Result<(), ()> {
        let trim = |text: &'t [u8]| {
            let spaces = text.iter().take_while(|byte| **byte == b' ').count();
            text.get(spaces..).unwrap_or_default()
        };
        let mut index = 0;
        while let Some(expected) = prefix.get(index) {
            if *expected == b' ' {
                if self.rest.first().is_some_and(|byte| *byte != b' ') {
                    return Err(());
                }
                while prefix.get(index) == Some(&b' ') {
                    index += 1;
                }
                self.rest = trim(self.rest);
                continue;
            }
            if self.rest.first() != Some(expected) {
                return Err(());
            }
            self.rest = self.rest.get(1..).unwrap_or_default();
            index += 1;
        }
        Ok(())
    }

    fn take(&mut self, count: usize) -> Read<&'t [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Wrong::Bad)?;
        self.rest = rest;
        Ok(taken)
    }

    fn digit(&self, index: usize) -> Option<i64> {
        let byte = self.rest.get(index).filter(|byte| byte.is_ascii_digit())?;
        Some(i64::from(byte - b'0'))
    }

    /// One digit or two; with `fixed` two.
    fn number(&mut self, fixed: bool) -> Read<i64> {
        let first = self.digit(0).ok_or(Wrong::Bad)?;
        match self.digit(1) {
            Some(second) => self.take(2).map(|_| first * 10 + second),
            None if fixed => Err(Wrong::Bad),
            None => self.take(1).map(|_| first),
        }
    }

    fn within(&mut self, fixed: bool, limit: i64, what: &'static str) -> Read<i64> {
        let number = self.number(fixed)?;
        if number < limit { Ok(number) } else { Err(Wrong::Range(what)) }
    }

    fn name(&mut self, names: &[&str], len: Option<usize>) -> Read<i64> {
        for (index, name) in names.iter().enumerate() {
            let name = name.get(..len.unwrap_or(name.len())).unwrap_or(name);
            let text = self.rest.get(..name.len());
            if text.is_some_and(|text| text.eq_ignore_ascii_case(name.as_bytes())) {
                self.take(name.len())?;
                return i64::try_from(index).map_err(|_| Wrong::Bad);
            }
        }
        Err(Wrong::Bad)
    }

    fn space(&mut self) {
        if self.rest.first() == Some(&b' ') {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
    }

    fn element(&mut self, parts: &mut Parts, element: Element, suffix: &str) -> Read<()> {
        match element {
            Element::Year => {
                let year = signed(self.take(2)?).ok_or(Wrong::Bad)?;
                parts.civil.year = year + if year >= 69 { 1900 } else { 2000 };
            }
            Element::LongYear => {
                self.digit(0).ok_or(Wrong::Bad)?;
                parts.civil.year = signed(self.take(4)?).ok_or(Wrong::Bad)?;
            }
            Element::Month => parts.month = Some(self.name(&MONTHS, Some(3))? + 1),
            Element::LongMonth => parts.month = Some(self.name(&MONTHS, None)? + 1),
            Element::NumMonth | Element::ZeroMonth => {
                let month = self.number(element == Element::ZeroMonth)?;
                if !(1..=12).contains(&month) {
                    return Err(Wrong::Range("month"));
                }
                parts.month = Some(month);
            }
            Element::Weekday => drop(self.name(&DAYS, Some(3))?),
            Element::LongWeekday => drop(self.name(&DAYS, None)?),
            Element::Day | Element::UnderDay | Element::ZeroDay => {
                if element == Element::UnderDay {
                    self.space();
                }
                parts.day = Some(self.number(element == Element::ZeroDay)?);
            }
            Element::UnderYearDay | Element::ZeroYearDay => {
                let fixed = element == Element::ZeroYearDay;
                if !fixed {
                    self.space();
                    self.space();
                }
                let digits = (0..3).map_while(|index| self.digit(index)).collect::<Vec<_>>();
                if digits.is_empty() || fixed && digits.len() != 3 {
                    return Err(Wrong::Bad);
                }
                self.take(digits.len())?;
                parts.year_day = Some(digits.iter().fold(0, |day, digit| day * 10 + digit));
            }
            Element::Hour => parts.civil.hour = self.within(false, 24, "hour")?,
            Element::Hour12 | Element::ZeroHour12 => {
                let fixed = element == Element::ZeroHour12;
                parts.civil.hour = self.within(fixed, 13, "hour")?;
            }
            Element::Minute | Element::ZeroMinute => {
                let fixed = element == Element::ZeroMinute;
                parts.civil.minute = self.within(fixed, 60, "minute")?;
            }
            Element::Second | Element::ZeroSecond => {
                let fixed = element == Element::ZeroSecond;
                parts.civil.second = self.within(fixed, 60, "second")?;
                let in_layout = matches!(next(suffix).1, Some((Element::Fraction { .. }, _)));
                if !in_layout && self.fraction_follows() {
                    parts.civil.nanosecond = self.fraction()?;
                }
            }
            Element::UpperPm | Element::LowerPm => {
                let (am, pm) =
                    if element == Element::UpperPm { (b"AM", b"PM") } else { (b"am", b"pm") };
                let text = self.take(2)?;
                match text {
                    _ if text == am => parts.am = true,
                    _ if text == pm => parts.pm = true,
                    _ => return Err(Wrong::Bad),
                }
            }
            Element::ZoneName => {
                if self.rest.starts_with(b"UTC") {
                    parts.utc = true;
                    self.take(3)?;
                } else {
                    self.take(zone_name(self.rest).ok_or(Wrong::Bad)?)?;
                }
            }
            Element::Zone(form) => self.zone(parts, form)?,
            Element::Fraction { digits, trim: false, .. } => {
                let text = self.take(1 + digits)?;
                parts.civil.nanosecond = nanoseconds(text)?;
            }
            Element::Fraction { .. } => {
                if self.fraction_follows() {
                    parts.civil.nanosecond = self.fraction()?;
                }
            }
        }
        Ok(())
    }

    fn fraction_follows(&self) -> bool {
        matches!(self.rest.first(), Some(b'.' | b',')) && self.digit(1).is_some()
    }

    fn fraction(&mut self) -> Read<i64> {
        let digits = self.rest.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
        nanoseconds(self.take(1 + digits)?)
    }

    fn zone(&mut self, parts: &mut Parts, form: ZoneForm) -> Read<()> {
        if form.z && self.rest.first() == Some(&b'Z') {
            self.take(1)?;
            parts.utc = true;
            return Ok(());
        }
        let colons = usize::from(form.colon) * (1 + usize::from(form.seconds));
        let len = 3 + 2 * (usize::from(form.minutes) + usize::from(form.seconds)) + colons;
        let text = self.rest.get(..len).ok_or(Wrong::Bad)?;
        let step = 2 + usize::from(form.colon);
        if form.colon {
            for colon in (3..len).step_by(3) {
                if text.get(colon) != Some(&b':') {
                    return Err(Wrong::Bad);
                }
            }
        }
        let pair = |index: usize| -> Read<i64> {
            let start = 1 + step * index;
            Cursor { rest: text.get(start..start + 2).unwrap_or_default() }.number(true)
        };
        let hours = pair(0);
        let minutes = if form.minutes { pair(1) } else { Ok(0) };
        let seconds = if form.seconds { pair(2) } else { Ok(0) };
        // What can be read is held against its range even where the rest cannot be read; of
        // several parts out of range the last is named.
        let read = |part: &Read<i64>| part.as_ref().ok().copied().unwrap_or(0);
        let minutes = if hours.is_ok() { minutes } else { Ok(0) };
        let seconds = if minutes.is_ok() { seconds } else { Ok(0) };
        for (part, limit, what) in [
            (&seconds, 60, "time zone offset second"),
            (&minutes, 60, "time zone offset minute"),
            (&hours, 24, "time zone offset hour"),
        ] {
            if read(part) > limit {
                return Err(Wrong::Range(what));
            }
        }
        let offset = (hours? * 60 + minutes?) * 60 + seconds?;
        parts.offset = match text.first() {
            Some(b'+') => offset,
            Some(b'-') => -offset,
            _ => return Err(Wrong::Bad),
        };
        self.take(len).map(drop)
    }
}

/// An integer with a sign or without; a sign alone is zero.
fn signed(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let mut value: i64 = 0;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
    }
    Some(if negative { -value } else { value })
}

/// Of a point or comma and digits; digits beyond the ninth are passed over.
fn nanoseconds(text: &[u8]) -> Read<i64> {
    let text = text.get(..10).unwrap_or(text);
    let [b'.' | b',', digits @ ..] = text else {
        return Err(Wrong::Bad);
    };
    let value = signed(digits).ok_or(Wrong::Bad)?;
    if value < 0 {
        return Err(Wrong::Range("fractional second"));
    }
    Ok((digits.len()..9).fold(value, |value, _| value * 10))
}

/// How long the abbreviation of a zone is that a text begins with.
fn zone_name(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if text.starts_with(b"GMT") {
        return Some(3 + signed_offset(text.get(3..).unwrap_or_default()));
    }
    if matches!(text.first(), Some(b'+' | b'-')) {
        return Some(signed_offset(text)).filter(|len| *len > 0);
    }
    let upper = text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count();
    match upper {
        5 if text.get(4) == Some(&b'T') => Some(5),
        4 if text.get(3) == Some(&b'T') || text.starts_with(b"WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

fn signed_offset(text: &[u8]) -> usize {
    let [b'+' | b'-', digits @ ..] = text else {
        return 0;
    };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match digits.get(..count).and_then(signed) {
        Some(0..=23) if count > 0 => 1 + count,
        _ => 0,
    }
}

/// As Go's `time` quotes a text: bytes that are not printable ASCII are escaped one by one.
pub(super) fn quote(text: &[u8]) -> String {
    let mut out = String::from('"');
    for byte in text {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(*byte));
            }
            b' '..=0x7f => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}
