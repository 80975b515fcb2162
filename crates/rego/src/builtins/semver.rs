//! `semver.*`: <https://semver.org>, with a `v` before the version or without.

use super::operands::{operand, quoted, string};
use super::{Context, Failure, Function};
use crate::term::Term;
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[(&str, Function)] =
    &[("semver.compare", compare), ("semver.is_valid", is_valid)];

struct Version<'t> {
    numbers: [i64; 3],
    pre_release: &'t str,
}

fn parse(text: &str) -> Option<Version<'_>> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (text, metadata) = cut(text, '+');
    if metadata.is_some_and(|metadata| !are_identifiers(metadata)) {
        return None;
    }
    let (text, pre_release) = cut(text, '-');
    let leading_zero = |part: &str| part.len() > 1 && part.starts_with('0') && is_number(part);
    if pre_release
        .is_some_and(|parts| !are_identifiers(parts) || parts.split('.').any(leading_zero))
    {
        return None;
    }
    let mut parts = text.split('.').map(|part| {
        let good = is_number(part) && !leading_zero(part);
        good.then(|| part.parse().ok()).flatten()
    });
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(Version { numbers, pre_release: pre_release.unwrap_or("") })
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn are_identifiers(text: &str) -> bool {
    text.split('.').all(|part| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Version<'_> {
    /// By <https://semver.org/#spec-item-11>.
    fn order(&self, other: &Self) -> Ordering {
        let numbers = self.numbers.cmp(&other.numbers);
        if numbers.is_ne() || self.pre_release == other.pre_release {
            return numbers;
        }
        match (self.pre_release, other.pre_release) {
            ("", _) => Ordering::Greater,
            (_, "") => Ordering::Less,
            (left, right) => pre_release_order(left, right),
        }
    }
}

fn pre_release_order(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => match (is_number(left), is_number(right)) {
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => left.cmp(right),
                (true, true) => {
                    // beyond 64 bits all are the same
                    let number = |text: &str| text.parse().unwrap_or(i64::MAX);
                    number(left).cmp(&number(right))
                }
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn compare<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let (left, right) = (string(operands, 1)?, string(operands, 2)?);
    cx.arena.budget().step(1 + (left.len() + right.len()) as u64 / 16)?;
    let version = |text, position| {
        parse(text).ok_or_else(|| {
            let text = quoted(text);
            Failure::error(format!("operand {position}: string {text} is not a valid SemVer"))
        })
    };
    let order = version(left, 1)?.order(&version(right, 2)?);
    Ok(Term::Int(order as i64))
}

fn is_valid<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let Some(text) = operand(operands, 1).as_str() else {
        return Ok(Term::Bool(false));
    };
    cx.arena.budget().step(1 + text.len() as u64 / 16)?;
    Ok(Term::Bool(parse(text).is_some()))
}
