//! `time.*`: Go's layouts and durations; the clock is the caller's.

mod civil;
mod duration;
mod layout;
mod parse;
mod zone;

pub(super) use civil::Civil;
pub(super) use layout::RFC3339;
pub(super) use parse::parse;

use super::operands::{int, operand, string, string_term};
use super::{Context, Failure, Function};
use crate::term::{Term, TermKind};
use layout::{RFC3339_NANO, format, named};
use zone::{Offset, Zone};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("time.add_date", add_date),
    ("time.clock", clock),
    ("time.date", date),
    ("time.diff", diff),
    ("time.format", format_time),
    ("time.now_ns", now),
    ("time.parse_duration_ns", parse_duration),
    ("time.parse_ns", parse_time),
    ("time.parse_rfc3339_ns", parse_rfc3339),
    ("time.weekday", weekday),
];

/// A time of UTC as a layout writes it.
pub(super) fn format_utc(time: &Civil, layout: &str) -> String {
    format(time, &Zone::utc().offset(0), layout)
}

/// A time in a zone.
struct Zoned<'a> {
    nanoseconds: i128,
    zone: Zone,
    layout: &'a str,
}

impl Zoned<'_> {
    fn offset(&self) -> Offset {
        self.zone.offset(self.nanoseconds.div_euclid(1_000_000_000))
    }

    /// What the zone's clocks show.
    fn civil(&self) -> Civil {
        Civil::of(self.nanoseconds + i128::from(self.offset().seconds) * 1_000_000_000)
    }
}

const EXPECTED: &str = "either number (ns) or [number (ns), string (tz)]";

/// Reads nanoseconds, or a list of nanoseconds, a zone and a layout.
fn zoned<'a>(operands: &[Term<'a>], position: usize) -> Result<Zoned<'a>, Failure> {
    let given = operand(operands, position);
    let mut zone = Zone::utc();
    let mut layout = "";
    let number = match given.kind() {
        TermKind::Number => given,
        TermKind::Array => {
            let mut items = given.items();
            let Some(number) = items.next() else {
                return Err(Failure::operand_type(1, given, &[EXPECTED]));
            };
            if number.kind() != TermKind::Number {
                return Err(Failure::operand_type(1, number, &["number"]));
            }
            if let Some(name) = items.next() {
                zone = Zone::get(string_term(name, 1)?)?;
            }
            if let Some(text) = items.next() {
                layout = string_term(text, 1)?;
            }
            number
        }
        _ => return Err(Failure::operand_type(1, given, &[EXPECTED])),
    };
    let nanoseconds = whole(number).ok_or_else(|| Failure::error("timestamp too big"))?;
    Ok(Zoned { nanoseconds: nanoseconds.into(), zone, layout })
}

/// The value of a number that is an integer of 64 bits, however it is written.
fn whole(number: Term<'_>) -> Option<i64> {
    match number {
        Term::Int(int) => Some(int),
        Term::Number(literal) => literal.parse().ok().or_else(|| {
            let double: f64 = literal.parse().ok()?;
            let bound = -(i64::MIN as f64);
            let fits = double.fract() == 0.0 && (-bound..bound).contains(&double);
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and fits")]
            fits.then_some(double as i64)
        }),
        _ => None,
    }
}

/// A time that has 64 bits of nanoseconds.
fn nanoseconds<'a>(time: i128) -> Result<Term<'a>, Failure> {
    i64::try_from(time).map(Term::Int).map_err(|_| Failure::error("time outside of valid range"))
}

fn now<'a>(cx: &mut Context<'a>, _: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    Ok(Term::Int(cx.facts.now))
}

fn parse_time<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let (layout, value) = (string(operands, 1)?, string(operands, 2)?);
    cx.arena.budget().step(4 + (layout.len() + value.len()) as u64 / 8)?;
    nanoseconds(parse(named(layout), value)?)
}

fn parse_rfc3339<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let value = string(operands, 1)?;
    cx.arena.budget().step(4 + value.len() as u64 / 8)?;
    nanoseconds(parse(RFC3339, value)?)
}

fn parse_duration<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let text = string(operands, 1)?;
    cx.arena.budget().step(1 + text.len() as u64 / 8)?;
    duration::parse(text).map(Term::Int)
}

fn format_time<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let time = zoned(operands, 1)?;
    // an element is written with at most eleven times its length
    cx.arena.budget().step(4 + time.layout.len() as u64 / 4)?;
    cx.arena.budget().allocate(11 * time.layout.len() as u64)?;
    let layout = if time.layout.is_empty() { RFC3339_NANO } else { named(time.layout) };
    Ok(cx.arena.string(&format(&time.civil(), &time.offset(), layout))?)
}

fn date<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    cx.arena.budget().step(4)?;
    let Civil { year, month, day, .. } = zoned(operands, 1)?.civil();
    Ok(cx.arena.array(&[year, month, day].map(Term::Int))?)
}

fn clock<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    cx.arena.budget().step(4)?;
    let Civil { hour, minute, second, .. } = zoned(operands, 1)?.civil();
    Ok(cx.arena.array(&[hour, minute, second].map(Term::Int))?)
}

fn weekday<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    cx.arena.budget().step(4)?;
    Ok(Term::String(zoned(operands, 1)?.civil().weekday()))
}

/// No date that is farther away has 64 bits of nanoseconds.
const FARTHEST: i64 = 1 << 40;

fn add_date<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    cx.arena.budget().step(4)?;
    let time = zoned(operands, 1)?;
    let (years, months, days) = (int(operands, 2)?, int(operands, 3)?, int(operands, 4)?);
    if [years, months, days].iter().any(|count| !(-FARTHEST..FARTHEST).contains(count)) {
        return Err(Failure::error("time outside of valid range"));
    }
    let civil = time.civil();
    let later = Civil {
        year: civil.year + years,
        month: civil.month + months,
        day: civil.day + days,
        ..civil
    };
    let seconds = time.zone.resolve(later.seconds());
    nanoseconds(seconds * 1_000_000_000 + i128::from(civil.nanosecond))
}

/// Years, months, days, hours, minutes and seconds between two times, in the first one's zone.
fn diff<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    cx.arena.budget().step(8)?;
    let mut first = zoned(operands, 1)?;
    let mut second = zoned(operands, 2)?.nanoseconds;
    if first.nanoseconds > second {
        std::mem::swap(&mut first.nanoseconds, &mut second);
    }
    let from = first.civil();
    first.nanoseconds = second;
    let to = first.civil();
    let mut parts = [
        to.year - from.year,
        to.month - from.month,
        to.day - from.day,
        to.hour - from.hour,
        to.minute - from.minute,
        to.second - from.second,
    ];
    let of_month = civil::days_in(from.month, from.year);
    let wraps = [0, 12, of_month, 24, 60, 60];
    for index in (1..parts.len()).rev() {
        if let (Some([above, part]), Some(wrap)) =
            (parts.get_mut(index - 1..=index), wraps.get(index))
            && *part < 0
        {
            *part += wrap;
            *above -= 1;
        }
    }
    Ok(cx.arena.array(&parts.map(Term::Int))?)
}
