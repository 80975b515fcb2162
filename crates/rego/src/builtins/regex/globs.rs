//! `regex.globs_match`: whether two patterns of characters, `.`, `[…]`, `*` and `+` have a text in
//! common.
//!
//! The answers are those of the library that OPA asks
//! (<https://github.com/yashtewari/glob-intersection>), where its search gives up early, too. Its
//! recursion is a table here.

use super::{Outcome, string};
use crate::builtins::{Context, Failure};
use crate::term::Term;
use sekisho_budget::{Budget, BudgetExceeded};

pub(super) fn globs_match<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (left, right) = (string(operands, 1)?, string(operands, 2)?);
    let budget = context.arena.budget();
    budget.step(1 + (left.len() + right.len()) as u64)?;
    budget.allocate((left.len() + right.len()) as u64 * size_of::<Token>() as u64)?;
    let left = simplified(Reader::new(left).tokens().map_err(Failure::error)?);
    let right = simplified(Reader::new(right).tokens().map_err(Failure::error)?);
    let Some((left, right)) = trimmed(&left, &right) else { return Ok(Term::Bool(false)) };
    Ok(Term::Bool(intersect(left, right, budget)?))
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Any,
    /// ranges, in order, apart from each other
    Set(Vec<(char, char)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flag {
    None,
    Plus,
    Star,
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    /// one character, not a set of one
    single: bool,
    flag: Flag,
}

impl Token {
    fn meets(&self, other: &Self) -> bool {
        let (Kind::Set(left), Kind::Set(right)) = (&self.kind, &other.kind) else { return true };
        let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
        while let (Some((low, high)), Some((other_low, other_high))) = (left.peek(), right.peek()) {
            if high < other_low {
                left.next();
            } else if other_high < low {
                right.next();
            } else {
                return true;
            }
        }
        false
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0 }
    }

    fn fail(&self, at: usize, what: &str) -> String {
        let text: String = self.chars.iter().collect();
        format!("input:{text}, pos:{at}, {what}: the input provided is invalid")
    }

    /// The next character, and whether it was escaped.
    fn next(&mut self) -> Result<Option<(char, bool)>, String> {
        let Some(c) = self.chars.get(self.at).copied() else { return Ok(None) };
        if c != '\\' {
            self.at += 1;
            return Ok(Some((c, false)));
        }
        match self.chars.get(self.at + 1) {
            Some(escaped) => {
                self.at += 2;
                Ok(Some((*escaped, true)))
            }
            None => Err(self.fail(self.at, r"input ends with a \ (escape) character")),
        }
    }

    fn tokens(mut self) -> Result<Vec<Token>, String> {
        let mut tokens = Vec::new();
        while let Some((c, escaped)) = self.next()? {
            let single = escaped || !matches!(c, '.' | '[');
            let kind = match c {
                '.' if !escaped => Kind::Any,
                '[' if !escaped => self.set()?,
                ']' if !escaped => {
                    return Err(self.fail(self.at, "set-close ']' with no preceding '['"));
                }
                '+' | '*' if !escaped => {
                    let what = format!("flag '{c}' must be preceded by a non-flag");
                    return Err(self.fail(self.at, &what));
                }
                c => Kind::Set(vec![(c, c)]),
            };
            let before = self.at;
            let flag = match self.next()? {
                Some(('+', false)) => Flag::Plus,
                Some(('*', false)) => Flag::Star,
                _ => {
                    self.at = before;
                    Flag::None
                }
            };
            tokens.push(Token { kind, single, flag });
        }
        Ok(tokens)
    }

    fn set(&mut self) -> Result<Kind, String> {
        let mut ranges: Vec<(char, char)> = Vec::new();
        let mut previous = None;
        while let Some((c, escaped)) = self.next()? {
            match c {
                ']' if !escaped => return Ok(Kind::Set(in_order(ranges))),
                '-' if !escaped => {
                    let range = |what| format!("range character '-' {what}");
                    let Some(low) = previous.take() else {
                        let what = range("must be preceded by a Unicode character");
                        return Err(self.fail(self.at, &what));
                    };
                    if self.at + 1 >= self.chars.len() {
                        let what = range("must be followed by a Unicode character");
                        return Err(self.fail(self.at, &what));
                    }
                    let Some((high, escaped)) = self.next()? else { break };
                    if !escaped && matches!(high, ']' | '-') {
                        let what = range("cannot be followed by a special symbol");
                        return Err(self.fail(self.at, &what));
                    }
                    if high < low {
                        let what = format!(
                            "range is out of order: '{high}' comes before '{low}' in Unicode"
                        );
                        return Err(self.fail(self.at, &what));
                    }
                    ranges.push((low, high));
                }
                c => {
                    ranges.push((c, c));
                    previous = Some(c);
                }
            }
        }
        Err(self.fail(self.at, "found [ without matching ]"))
    }
}

fn in_order(mut ranges: Vec<(char, char)>) -> Vec<(char, char)> {
    ranges.sort_unstable();
    let mut merged: Vec<(char, char)> = Vec::with_capacity(ranges.len());
    for (low, high) in ranges {
        match merged.last_mut() {
            Some((_, last)) if u32::from(low) <= u32::from(*last) + 1 => *last = high.max(*last),
            _ => merged.push((low, high)),
        }
    }
    merged
}

/// Of equal neighbours that may repeat, one stays.
fn simplified(tokens: Vec<Token>) -> Vec<Token> {
    let mut simple: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        match simple.last_mut() {
            Some(last)
                if last.flag != Flag::None
                    && token.flag != Flag::None
                    && last.single == token.single
                    && last.kind == token.kind =>
            {
                if token.flag == Flag::Plus {
                    last.flag = Flag::Plus;
                }
            }
            _ => simple.push(token),
        }
    }
    simple
}

/// Without the ends that match one by one, but for one token of each; none where they differ.
fn trimmed<'t>(left: &'t [Token], right: &'t [Token]) -> Option<(&'t [Token], &'t [Token])> {
    let plain = |(a, b): &(&Token, &Token)| a.flag == Flag::None && b.flag == Flag::None;
    let starts = left.iter().zip(right).take_while(plain);
    let mut start = 0;
    for (a, b) in starts {
        if !a.meets(b) {
            return None;
        }
        start += 1;
    }
    let start = usize::saturating_sub(start, 1);
    let (left, right) = (left.get(start..)?, right.get(start..)?);
    let ends = left.iter().rev().zip(right.iter().rev()).take_while(plain);
    let mut end = 0;
    for (a, b) in ends {
        if !a.meets(b) {
            return None;
        }
        end += 1;
    }
    let end = usize::saturating_sub(end, 1);
    Some((left.get(..left.len() - end)?, right.get(..right.len() - end)?))
}

/// Answers for the ends of two patterns, from `at` in the one and `at` in the other.
struct Table {
    width: usize,
    /// first pattern first; second pattern first
    known: [Vec<bool>; 2],
}

impl Table {
    fn get(&self, swapped: bool, first: usize, second: usize) -> bool {
        let (left, right) = if swapped { (second, first) } else { (first, second) };
        let known = if swapped { &self.known[1] } else { &self.known[0] };
        known.get(left * self.width + right).copied().unwrap_or(false)
    }

    fn set(&mut self, swapped: bool, left: usize, right: usize, answer: bool) {
        let known = if swapped { &mut self.known[1] } else { &mut self.known[0] };
        if let Some(known) = known.get_mut(left * self.width + right) {
            *known = answer;
        }
    }
}

fn intersect(left: &[Token], right: &[Token], budget: &Budget<'_>) -> Result<bool, BudgetExceeded> {
    let width = right.len() + 1;
    let cells = (left.len() + 1).saturating_mul(width);
    budget.allocate(2 * cells as u64)?;
    let mut table = Table { width, known: [vec![false; cells], vec![false; cells]] };
    table.set(false, left.len(), right.len(), true);
    table.set(true, left.len(), right.len(), true);
    for at in (0..left.len()).rev() {
        budget.step(1 + right.len() as u64)?;
        for other in (0..right.len()).rev() {
            for swapped in [false, true] {
                let answer = if swapped {
                    ends(&table, swapped, (right, other), (left, at), budget)?
                } else {
                    ends(&table, swapped, (left, at), (right, other), budget)?
                };
                table.set(swapped, at, other, answer);
            }
        }
    }
    Ok(table.get(false, 0, 0))
}

type End<'t> = (&'t [Token], usize);

fn ends(
    table: &Table,
    swapped: bool,
    first: End<'_>,
    second: End<'_>,
    budget: &Budget<'_>,
) -> Result<bool, BudgetExceeded> {
    let (Some(a), Some(b)) = (first.0.get(first.1), second.0.get(second.1)) else {
        return Ok(false);
    };
    match (a.flag, b.flag) {
        (Flag::None, Flag::None) => Ok(a.meets(b) && table.get(swapped, first.1 + 1, second.1 + 1)),
        (Flag::None, Flag::Plus) => plus(table, !swapped, second, first, budget),
        (Flag::None, Flag::Star) => star(table, !swapped, second, first, budget),
        (Flag::Plus, _) => plus(table, swapped, first, second, budget),
        (Flag::Star, _) => star(table, swapped, first, second, budget),
    }
}

fn plus(
    table: &Table,
    swapped: bool,
    plussed: End<'_>,
    other: End<'_>,
    budget: &Budget<'_>,
) -> Result<bool, BudgetExceeded> {
    let (Some(token), Some(against)) = (plussed.0.get(plussed.1), other.0.get(other.1)) else {
        return Ok(false);
    };
    if !token.meets(against) {
        return Ok(false);
    }
    if star(table, swapped, plussed, (other.0, other.1 + 1), budget)? {
        return Ok(true);
    }
    Ok(against.flag != Flag::None && table.get(swapped, plussed.1 + 1, other.1))
}

fn star(
    table: &Table,
    swapped: bool,
    starred: End<'_>,
    other: End<'_>,
    budget: &Budget<'_>,
) -> Result<bool, BudgetExceeded> {
    let Some(token) = starred.0.get(starred.1) else { return Ok(false) };
    let next = starred.0.get(starred.1 + 1);
    for (at, against) in other.0.iter().enumerate().skip(other.1) {
        budget.step(1)?;
        let stop = next.is_some_and(|next| against.meets(next));
        if stop && table.get(swapped, starred.1 + 1, at) {
            return Ok(true);
        }
        if !against.meets(token) {
            return Ok(false);
        }
    }
    Ok(next.is_none())
}
