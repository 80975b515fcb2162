//! `replace`, `strings.replace_n`: as Go's `strings.Replacer`, the first pair that fits a place is
//! taken, and what was put in is not looked at again.

use super::walk_over;
use crate::builtins::arithmetic::Outcome;
use crate::builtins::operands::{object, string};
use crate::builtins::{Context, Failure, Function};
use crate::term::{Term, Text};
use sekisho_budget::{Budget, BudgetExceeded};

pub(in crate::builtins) const FUNCTIONS: &[(&str, Function)] =
    &[("replace", replace), ("strings.replace_n", replace_n)];

fn replace<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let text = string(operands, 1)?;
    let (old, new) = (string(operands, 2)?, string(operands, 3)?);
    if !old.is_empty() && !text.contains(old) {
        walk_over(context.arena.budget(), text)?;
        return Ok(Term::String(text));
    }
    let replaced = replaced(text, &[(old, new)], context.arena.budget())?;
    Ok(context.arena.string(&replaced)?)
}

fn replace_n<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let patterns = object(operands, 1)?;
    let text = string(operands, 2)?;
    let budget = context.arena.budget();
    budget.step(patterns.entries().len() as u64)?;
    let mut pairs = Vec::new();
    for (old, new) in patterns.entries() {
        let wrong =
            |what| Failure::operand(1, format!("non-string {what} found in pattern object"));
        let old = old.as_str().ok_or_else(|| wrong("key"))?;
        pairs.push((old, new.as_str().ok_or_else(|| wrong("value"))?));
    }
    let replaced = replaced(text, &pairs, budget)?;
    Ok(context.arena.string(&replaced)?)
}

fn replaced_by_one(
    text: &str,
    old: &str,
    new: &str,
    budget: &Budget<'_>,
) -> Result<String, BudgetExceeded> {
    walk_over(budget, text)?;
    let mut out = Text::new(budget);
    for (position, part) in text.split(old).enumerate() {
        if position > 0 {
            out.push_str(new)?;
        }
        out.push_str(part)?;
    }
    Ok(out.into_string())
}

fn replaced(
    text: &str,
    pairs: &[(&str, &str)],
    budget: &Budget<'_>,
) -> Result<String, BudgetExceeded> {
    if let [(old, new)] = pairs
        && !old.is_empty()
    {
        return replaced_by_one(text, old, new, budget);
    }
    // which pairs may fit where a byte stands, in their order
    let mut by_byte: Vec<Vec<(&[u8], &[u8])>> = vec![Vec::new(); 256];
    let mut empty: Option<&[u8]> = None;
    for (old, new) in pairs {
        match old.as_bytes().first().and_then(|byte| by_byte.get_mut(usize::from(*byte))) {
            Some(pairs) => pairs.push((old.as_bytes(), new.as_bytes())),
            None if empty.is_none() => empty = Some(new.as_bytes()),
            None => {}
        }
    }
    let mut out = Vec::new();
    let mut push = |bytes: &[u8]| {
        budget.allocate(bytes.len() as u64)?;
        out.extend_from_slice(bytes);
        Ok(())
    };
    let mut rest = text.as_bytes();
    let mut after_empty = false;
    loop {
        let candidates = rest.first().and_then(|byte| by_byte.get(usize::from(*byte)));
        let candidates = candidates.map(Vec::as_slice).unwrap_or_default();
        budget.step(1 + candidates.len() as u64 / 4)?;
        // the keys of an object are sorted, so that the empty one comes first
        if let Some(new) = empty.filter(|_| !after_empty) {
            push(new)?;
            after_empty = true;
            continue;
        }
        after_empty = false;
        match candidates.iter().find(|(old, _)| rest.starts_with(old)) {
            Some((old, new)) => {
                push(new)?;
                rest = rest.get(old.len()..).unwrap_or_default();
            }
            None => {
                let Some((byte, behind)) = rest.split_first() else { break };
                push(&[*byte])?;
                rest = behind;
            }
        }
    }
    // an empty text fits between the bytes of a character, too
    Ok(String::from_utf8(out)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}
