//! `regex.template_match`: a text that holds patterns between delimiters.

use super::{Outcome, compiled, string};
use crate::builtins::{Context, Failure};
use crate::term::Term;
use crate::term::quote::quoted;
use sekisho_go_regex::Pattern;

pub(super) fn template_match<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (template, text) = (string(operands, 1)?, string(operands, 2)?);
    let (start, end) = (string(operands, 3)?, string(operands, 4)?);
    let (open, close) = match (start.as_bytes(), end.as_bytes()) {
        ([open], [close]) => (*open, *close),
        (open, _) => {
            // the message about the end gives the length of the start, too
            let which = if open.len() == 1 { "end" } else { "start" };
            let len = open.len();
            let message = format!("{which} delimiter has to be exactly one character long but is");
            return Err(Failure::error(format!("{message} {len} long")));
        }
    };
    context.arena.budget().step(1 + template.len() as u64 / 16)?;
    context.arena.budget().allocate(template.len() as u64 * 2)?;
    let pattern = compiled(context, &whole_pattern(template, open, close)?)?;
    Ok(Term::Bool(pattern.search(text, context.arena.budget())?.is_match()?))
}

fn whole_pattern(template: &str, open: u8, close: u8) -> Result<String, Failure> {
    let unbalanced = || Failure::error(format!("unbalanced braces in {}", quoted(template)));
    let mut pattern = "^".to_owned();
    let (mut level, mut start, mut end) = (0_u32, 0, 0);
    for (at, byte) in template.bytes().enumerate() {
        if byte == open {
            level += 1;
            if level == 1 {
                start = at;
            }
        } else if byte == close {
            level = level.checked_sub(1).ok_or_else(unbalanced)?;
            if level == 0 {
                push_literal(&mut pattern, template.get(end..start).unwrap_or(""));
                let inner = template.get(start + 1..at).unwrap_or("");
                end = at + 1;
                Pattern::read(&format!("^{inner}$"))?;
                pattern.push_str(&format!("({inner})"));
            }
        }
    }
    if level != 0 {
        return Err(unbalanced());
    }
    push_literal(&mut pattern, template.get(end..).unwrap_or(""));
    pattern.push('$');
    Ok(pattern)
}

fn push_literal(pattern: &mut String, text: &str) {
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
}
