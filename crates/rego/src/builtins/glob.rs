//! `glob.*`: the patterns of <https://pkg.go.dev/github.com/gobwas/glob>.
//!
//! `*` is any text without delimiters, `**` any text, `?` one character that is no delimiter,
//! `[abc]`, `[a-c]`, `[!abc]` a class, `{a,b}` one of several patterns. A pattern becomes a
//! regular expression, which decides in linear time.

use super::arithmetic::Outcome;
use super::operands::{operand, string};
use super::patterns::read;
use super::{Context, Failure, Function};
use crate::term::{Term, TermKind, Text};
use regex::escape;
use sekisho_budget::BudgetExceeded;
use sekisho_go_regex::Pattern;
use std::sync::Arc;

pub(super) const FUNCTIONS: &[(&str, Function)] =
    &[("glob.match", glob_match), ("glob.quote_meta", quote_meta)];

fn glob_match<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let source = string(operands, 1)?;
    let delimiters = delimiters(operand(operands, 2))?;
    let text = string(operands, 3)?;
    let budget = context.arena.budget();
    budget.step(1 + (source.len() + text.len()) as u64 / 16)?;
    let pattern = compiled(context, source, &delimiters)?;
    Ok(Term::Bool(pattern.search(text, budget)?.is_match()?))
}

/// Makes the pattern of a call, to be kept.
pub(super) fn prepare(context: &Context<'_>, operands: &[Term<'_>]) -> Result<(), Failure> {
    let delimiters = delimiters(operand(operands, 2))?;
    compiled(context, string(operands, 1)?, &delimiters).map(drop)
}

/// A pattern, from those that are kept or new.
fn compiled(
    context: &Context<'_>,
    source: &str,
    delimiters: &str,
) -> Result<Arc<Pattern>, Failure> {
    let key = format!("{delimiters}\0{source}");
    let known = context.made.globs.get(&key);
    if let Some(pattern) = known.or_else(|| context.patterns.globs.get(&key)) {
        return Ok(pattern);
    }
    let translated = Translator::new(source, delimiters).translate()?;
    let pattern = read(&translated, context.arena.budget())?;
    Ok(context.patterns.globs.keep(&key, pattern))
}

/// No delimiters for `null`, a point for the empty list.
fn delimiters(term: Term<'_>) -> Result<String, Failure> {
    match term.kind() {
        TermKind::Null => Ok(String::new()),
        TermKind::Array => {
            let mut delimiters = String::new();
            for item in term.items() {
                let Some(text) = item.as_str() else {
                    return Err(Failure::operand_element(2, term, item, &["string"]));
                };
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) => delimiters.push(c),
                    _ => return Err(Failure::operand_element(2, term, item, &["rune"])),
                }
            }
            Ok(if delimiters.is_empty() { ".".to_owned() } else { delimiters })
        }
        _ => Err(Failure::operand_type(2, term, &["array", "null"])),
    }
}

fn quote_meta<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let source = string(operands, 1)?;
    let mut quoted = Text::new(context.arena.budget());
    for c in source.chars() {
        if matches!(c, '*' | '?' | '\\' | '[' | ']' | '{' | '}') {
            quoted.push('\\')?;
        }
        quoted.push(c)?;
    }
    Ok(context.arena.string(quoted.as_str())?)
}

/// Braces nested deeper are refused.
const MAX_NESTING: usize = 200;

struct Translator<'p> {
    source: &'p str,
    at: usize,
    /// one character that is no delimiter
    single: String,
    nesting: usize,
    out: String,
}

impl<'p> Translator<'p> {
    fn new(source: &'p str, delimiters: &str) -> Self {
        let single = match delimiters {
            "" => "(?s:.)".to_owned(),
            delimiters => format!("[^{}]", class_of(delimiters.chars())),
        };
        Self { source, at: 0, single, nesting: 0, out: r"\A".to_owned() }
    }

    fn peek(&self) -> Option<char> {
        self.source.get(self.at..).and_then(|rest| rest.chars().next())
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn fail(&self, what: &str) -> Failure {
        Failure::error(format!("glob: syntax error at {}: {what}", self.at))
    }

    fn translate(mut self) -> Result<String, Failure> {
        while let Some(c) = self.next() {
            match c {
                '{' => {
                    self.nesting += 1;
                    if self.nesting > MAX_NESTING {
                        return Err(BudgetExceeded::Depth.into());
                    }
                    self.out.push_str("(?:");
                }
                ',' if self.nesting > 0 => self.out.push('|'),
                '}' if self.nesting > 0 => {
                    self.nesting -= 1;
                    self.out.push(')');
                }
                '[' => self.class()?,
                '?' => self.out.push_str(&self.single),
                '*' if self.peek() == Some('*') => {
                    self.next();
                    self.out.push_str("(?s:.)*");
                }
                '*' => {
                    self.out.push_str(&self.single);
                    self.out.push('*');
                }
                '\\' => match self.next() {
                    Some(c) => self.literal(c),
                    None => return Err(self.fail("trailing backslash")),
                },
                c => self.literal(c),
            }
        }
        if self.nesting > 0 {
            return Err(self.fail("unclosed `{`"));
        }
        self.out.push_str(r"\z");
        Ok(self.out)
    }

    fn literal(&mut self, c: char) {
        self.out.push_str(&escape(c.encode_utf8(&mut [0; 4])));
    }

    /// Behind `[`: a range or characters, and the bracket that closes it.
    fn class(&mut self) -> Result<(), Failure> {
        let not = self.peek() == Some('!');
        if not {
            self.next();
        }
        let Some(first) = self.peek() else {
            return Err(self.fail("unexpected end of input"));
        };
        let behind = self.source.get(self.at + first.len_utf8()..).unwrap_or("");
        let items = if behind.starts_with('-') {
            self.at += first.len_utf8() + 1;
            let high = self.next().ok_or_else(|| self.fail("unexpected end of input"))?;
            self.close()?;
            if high < first {
                return Err(self.fail("range hi character is less than lo"));
            }
            format!(r"\x{{{:x}}}-\x{{{:x}}}", u32::from(first), u32::from(high))
        } else {
            let mut chars = Vec::new();
            while let Some(c) = self.peek().filter(|c| *c != ']') {
                self.next();
                match c {
                    '\\' => match self.next() {
                        Some(c) => chars.push(c),
                        None => return Err(self.fail("unexpected end of input")),
                    },
                    c => chars.push(c),
                }
            }
            self.close()?;
            if chars.is_empty() {
                return Err(self.fail("could not parse range"));
            }
            class_of(chars.into_iter())
        };
        self.out.push_str(if not { "[^" } else { "[" });
        self.out.push_str(&items);
        self.out.push(']');
        Ok(())
    }

    fn close(&mut self) -> Result<(), Failure> {
        match self.next() {
            Some(']') => Ok(()),
            Some(_) => Err(self.fail("expected close range character")),
            None => Err(self.fail("unexpected end of input")),
        }
    }
}

fn class_of(chars: impl Iterator<Item = char>) -> String {
    chars.map(|c| format!(r"\x{{{:x}}}", u32::from(c))).collect()
}
