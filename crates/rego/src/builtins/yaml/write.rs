//! YAML out, as goyaml v3 writes it with an indent of two.

use super::resolve::{Resolved, is_timestamp, resolve};
use crate::term::{Term, TermKind};
use sekisho_budget::{Budget, BudgetExceeded};
use std::cmp::Ordering;

/// The text of a value whose keys are text, and whose numbers are as they are to be written.
pub(super) fn write(
    term: Term<'_>,
    lists: Lists,
    budget: &Budget<'_>,
) -> Result<String, BudgetExceeded> {
    let mut writer = Writer { out: String::new(), lists, budget };
    writer.node(term, 0, Place::Root)?;
    if !writer.out.ends_with('\n') {
        writer.out.push('\n');
    }
    Ok(writer.out)
}

/// Where lists that are values of keys stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    /// further in than the key
    Within,
    /// as far in as the key
    AtKeys,
}

/// Behind what a value is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// `- `
    Item,
    /// `key:`
    Value,
    /// `? ` or `: ` of a key that is too long
    Long,
}

/// The longest key that is written without `?`, in bytes.
const MAX_KEY: usize = 128;

struct Writer<'b> {
    out: String,
    lists: Lists,
    budget: &'b Budget<'b>,
}

impl Writer<'_> {
    /// Values are of bounded depth, and so is the recursion.
    fn node(&mut self, term: Term<'_>, indent: usize, place: Place) -> Result<(), BudgetExceeded> {
        self.budget.step(1)?;
        let empty = term.len() == Some(0);
        match term.kind() {
            TermKind::Object if !empty => self.mapping(term, indent, place),
            TermKind::Array if !empty => self.sequence(term, indent, place),
            kind => {
                if place == Place::Value {
                    self.push(" ")?;
                }
                match (kind, term) {
                    (TermKind::Object, _) => self.push("{}"),
                    (TermKind::Array, _) => self.push("[]"),
                    (_, Term::Bool(bool)) => self.push(if bool { "true" } else { "false" }),
                    (_, Term::Int(int)) => self.push(&int.to_string()),
                    (_, Term::Number(literal)) => self.push(literal),
                    (_, Term::String(text)) => self.text(text, indent, false),
                    _ => self.push("null"),
                }
            }
        }
    }

    fn mapping(
        &mut self,
        term: Term<'_>,
        indent: usize,
        place: Place,
    ) -> Result<(), BudgetExceeded> {
        let mut entries: Vec<(&str, Term<'_>)> = Vec::new();
        for (key, value) in term.entries() {
            self.budget.allocate(40)?;
            entries.push((key.as_str().unwrap_or_default(), value));
        }
        entries.sort_by(|(left, _), (right, _)| natural(left, right));
        for (index, (key, value)) in entries.into_iter().enumerate() {
            if index > 0 || place == Place::Value {
                self.line(indent)?;
            }
            let analysis = Analysis::of(key);
            if !analysis.multiline && key.len() <= MAX_KEY {
                self.text(key, indent, true)?;
                self.push(":")?;
                self.node(value, indent + 2, Place::Value)?;
            } else {
                self.push("? ")?;
                self.text(key, indent + 2, false)?;
                self.line(indent)?;
                self.push(": ")?;
                self.node(value, indent + 2, Place::Long)?;
            }
        }
        Ok(())
    }

    fn sequence(
        &mut self,
        term: Term<'_>,
        indent: usize,
        place: Place,
    ) -> Result<(), BudgetExceeded> {
        let outdented = place == Place::Value && self.lists == Lists::AtKeys;
        let indent = if outdented { indent.saturating_sub(2) } else { indent };
        for (index, item) in term.items().enumerate() {
            if index > 0 || place == Place::Value {
                self.line(indent)?;
            }
            self.push("- ")?;
            self.node(item, indent + 2, Place::Item)?;
        }
        Ok(())
    }

    fn line(&mut self, indent: usize) -> Result<(), BudgetExceeded> {
        self.budget.allocate(indent as u64 + 1)?;
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
        Ok(())
    }

    fn push(&mut self, text: &str) -> Result<(), BudgetExceeded> {
        self.budget.allocate(text.len() as u64)?;
        self.out.push_str(text);
        Ok(())
    }

    fn text(&mut self, text: &str, indent: usize, key: bool) -> Result<(), BudgetExceeded> {
        self.budget.step(text.len() as u64 / 16)?;
        self.budget.allocate(2 * text.len() as u64)?;
        let analysis = Analysis::of(text);
        let resolves = resolve(text) != Resolved::Text || is_timestamp(text);
        if text.contains('\n') {
            if analysis.block_allowed && !key {
                return self.literal(text, indent);
            }
            self.double_quoted(text);
        } else if resolves || is_old(text) {
            self.double_quoted(text);
        } else if analysis.plain_allowed && !(key && analysis.multiline) {
            self.out.push_str(text);
        } else if analysis.single_quoted_allowed && !(key && analysis.multiline) {
            self.single_quoted(text, indent);
        } else {
            self.double_quoted(text);
        }
        Ok(())
    }

    /// A text of several lines, as it is.
    fn literal(&mut self, text: &str, indent: usize) -> Result<(), BudgetExceeded> {
        self.out.push('|');
        if text.starts_with([' ', '\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            self.out.push('2');
        }
        let mut backwards = text.chars().rev();
        match (backwards.next().is_some_and(is_break), backwards.next()) {
            (false, _) => self.out.push('-'),
            (true, before) if before.is_none_or(is_break) => self.out.push('+'),
            _ => {}
        }
        self.out.push('\n');
        let indent = indent.max(2);
        let mut fresh = true;
        for char in text.chars() {
            if is_break(char) {
                self.out.push(char);
                fresh = true;
            } else {
                if fresh {
                    self.budget.allocate(indent as u64)?;
                    self.out.extend(std::iter::repeat_n(' ', indent));
                    fresh = false;
                }
                self.out.push(char);
            }
        }
        Ok(())
    }

    fn single_quoted(&mut self, text: &str, indent: usize) {
        self.out.push('\'');
        let mut breaks = false;
        for char in text.chars() {
            if is_break(char) {
                self.out.push(char);
                breaks = true;
                continue;
            }
            if std::mem::take(&mut breaks) {
                // a line break that is not `\n` ends the line all the same
                self.out.extend(std::iter::repeat_n(' ', indent.max(2)));
            }
            if char == '\'' {
                self.out.push('\'');
            }
            self.out.push(char);
        }
        self.out.push('\'');
    }

    fn double_quoted(&mut self, text: &str) {
        self.out.push('"');
        for char in text.chars() {
            let escape = match char {
                '"' => '"',
                '\\' => '\\',
                '\0' => '0',
                '\u{7}' => 'a',
                '\u{8}' => 'b',
                '\t' => 't',
                '\n' => 'n',
                '\u{b}' => 'v',
                '\u{c}' => 'f',
                '\r' => 'r',
                '\u{1b}' => 'e',
                '\u{85}' => 'N',
                '\u{2028}' => 'L',
                '\u{2029}' => 'P',
                printable if is_printable(printable) => {
                    self.out.push(printable);
                    continue;
                }
                other => {
                    let code = u32::from(other);
                    self.out.push_str(&match code {
                        0..=0xff => format!("\\x{code:02X}"),
                        0x100..=0xffff => format!("\\u{code:04X}"),
                        _ => format!("\\U{code:08X}"),
                    });
                    continue;
                }
            };
            self.out.push('\\');
            self.out.push(escape);
        }
        self.out.push('"');
    }
}

fn is_break(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Characters beyond 16 bits are escaped, as goyaml does.
fn is_printable(char: char) -> bool {
    matches!(char, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && char != '\u{feff}'
}

/// What other readers take for a boolean or a number of base 60.
fn is_old(text: &str) -> bool {
    const BOOLEANS: [&str; 16] = [
        "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off",
        "OFF",
    ];
    BOOLEANS.contains(&text) || is_base60(text).is_some()
}

/// `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`
fn is_base60(text: &str) -> Option<()> {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let (whole, rest) = text.split_once(':')?;
    let (sixties, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let sixty = |text: &str| matches!(text.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    let good = whole.starts_with(|char: char| char.is_ascii_digit())
        && digits(whole)
        && digits(fraction)
        && sixties.split(':').all(sixty);
    good.then_some(())
}

/// How a text may be written (libyaml's `yaml_emitter_analyze_scalar`).
struct Analysis {
    multiline: bool,
    plain_allowed: bool,
    single_quoted_allowed: bool,
    block_allowed: bool,
}

impl Analysis {
    fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self {
                multiline: false,
                plain_allowed: false,
                single_quoted_allowed: true,
                block_allowed: false,
            };
        }
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut special, mut tab, mut breaks) = (false, false, false);
        let (mut break_space, mut space_break) = (false, false);
        let mut before: Option<char> = None;
        let mut chars = text.chars().peekable();
        while let Some(char) = chars.next() {
            let blank_follows = chars.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
            let blank_before =
                before.is_none_or(|char| matches!(char, ' ' | '\t' | '\0') || is_break(char));
            indicators |= match char {
                '#' if before.is_some() => blank_before,
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
                | '@' | '`' | '#' => before.is_none(),
                '?' | '-' => before.is_none() && blank_follows,
                ':' => blank_follows,
                _ => false,
            };
            tab |= char == '\t';
            special |= char != '\t' && !is_printable(char);
            break_space |= char == ' ' && before.is_some_and(is_break);
            space_break |= is_break(char) && before == Some(' ');
            breaks |= is_break(char);
            before = Some(char);
        }
        let edge = |char: Option<char>| char.is_some_and(|char| char == ' ' || is_break(char));
        let trailing_space = text.ends_with(' ');
        let quoted_only = break_space || space_break || tab || special;
        Self {
            multiline: breaks,
            plain_allowed: !(indicators
                || breaks
                || quoted_only
                || edge(text.chars().next())
                || edge(before)),
            single_quoted_allowed: !quoted_only,
            block_allowed: !(trailing_space || space_break || special),
        }
    }
}

/// The order of keys: letters before digits' end, and numbers within by value.
fn natural(left: &str, right: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut digits = false;
    for (index, (l, r)) in left.iter().zip(&right).enumerate() {
        if l == r {
            digits = l.is_numeric();
            continue;
        }
        let less = |less: bool| if less { Ordering::Less } else { Ordering::Greater };
        match (l.is_alphabetic(), r.is_alphabetic()) {
            (true, true) => return l.cmp(r),
            (true, false) => return less(digits),
            (false, true) => return less(!digits),
            (false, false) => {}
        }
        let zero_within = (*l == '0' || *r == '0')
            && left
                .get(..index)
                .unwrap_or_default()
                .iter()
                .rev()
                .take_while(|char| char.is_numeric())
                .any(|char| *char != '0');
        let start = i64::from(zero_within);
        let number = |text: &[char]| {
            let digits = text.get(index..).unwrap_or_default().iter();
            let digits: Vec<_> = digits.take_while(|char| char.is_numeric()).collect();
            let value = digits.iter().fold(start, |value, digit| {
                let digit = i64::from(u32::from(**digit)) - i64::from(b'0');
                value.wrapping_mul(10).wrapping_add(digit)
            });
            (value, digits.len())
        };
        return number(&left).cmp(&number(&right)).then(l.cmp(r));
    }
    left.len().cmp(&right.len())
}
