//! `regex.replace`: `$1`, `$name` and `${name}` stand for what a group matched.

use super::{Outcome, Pattern, compiled, each_match, string};
use crate::builtins::Context;
use crate::term::{Term, Text};
use sekisho_go_regex::Captures;

pub(super) fn replace<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (text, pattern) = (string(operands, 1)?, string(operands, 2)?);
    let template = parts(string(operands, 3)?);
    let pattern = compiled(context, pattern)?;
    let search = pattern.search(text, context.arena.budget())?;
    let mut out = Text::new(context.arena.budget());
    let mut last = 0;
    for found in search.captures_iter() {
        let found = found?;
        let whole = found.range();
        each_match(context, text.len() - whole.end)?;
        context.arena.budget().step(template.len() as u64)?;
        out.push_str(text.get(last..whole.start).unwrap_or(""))?;
        for part in &template {
            out.push_str(match part {
                Part::Text(text) => text,
                Part::Group(name) => group(&pattern, &found, name),
            })?;
        }
        last = whole.end;
    }
    if last == 0 && out.as_str().is_empty() {
        return Ok(Term::String(text));
    }
    out.push_str(text.get(last..).unwrap_or(""))?;
    Ok(context.arena.string(out.as_str())?)
}

enum Part<'t> {
    Text(&'t str),
    Group(&'t str),
}

/// What a group matched; empty where there is none of that name or number.
fn group<'t>(pattern: &Pattern, found: &Captures<'t>, name: &str) -> &'t str {
    let digits = name.bytes().all(|b| b.is_ascii_digit());
    let number = digits && (name == "0" || !name.starts_with('0')) && name.len() < 9;
    let number: Option<usize> = if number { name.parse().ok() } else { None };
    let found = match number {
        Some(number) => found.get(number),
        None => (pattern.names().iter().enumerate())
            .filter(|(_, each)| !each.is_empty() && *each == name)
            .find_map(|(at, _)| found.get(at + 1)),
    };
    found.unwrap_or("")
}

fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        parts.push(Part::Text(before));
        if let Some(after) = after.strip_prefix('$') {
            parts.push(Part::Text("$"));
            rest = after;
        } else if let Some((name, after)) = reference(after) {
            parts.push(Part::Group(name));
            rest = after;
        } else {
            parts.push(Part::Text("$"));
            rest = after;
        }
    }
    parts.push(Part::Text(rest));
    parts
}

/// `name…` or `{name}…`: the name is as long as it can be.
fn reference(text: &str) -> Option<(&str, &str)> {
    let brace = text.strip_prefix('{');
    let inner = brace.unwrap_or(text);
    let in_name = |c: char| c == '_' || c.is_alphanumeric();
    let end = inner.find(|c: char| !in_name(c)).unwrap_or(inner.len());
    let (name, after) = inner.split_at_checked(end).filter(|(name, _)| !name.is_empty())?;
    match brace {
        Some(_) => after.strip_prefix('}').map(|after| (name, after)),
        None => Some((name, after)),
    }
}
