//! What Kubernetes holds literals against once their types are known: lists and maps of one type,
//! and formats that fit what they format.
//!
//! Source of the rules: `cel/validator.go` and `ext/formatting.go` of cel-go 0.26.

use super::{Checked, advice};
use crate::Diagnostic;
use crate::ast::{Element, Entry, Expr, ExprKind, Literal};
use crate::types::Type;

/// The function whose arguments may be of different types.
const FORMAT: &str = "format";

/// What is wrong with the literals of an expression, and maybe with what it formats.
pub(super) fn validate(text: &str, checked: &Checked, formats: bool) -> Vec<Diagnostic> {
    let mut validator = Validator { text, checked, formats, wrong: Vec::new() };
    validator.expr(&checked.expr, false);
    validator.wrong
}

struct Validator<'e> {
    text: &'e str,
    checked: &'e Checked,
    formats: bool,
    wrong: Vec<Diagnostic>,
}

impl Validator<'_> {
    fn expr(&mut self, expr: &Expr, formatted: bool) {
        let mut formatted = formatted;
        match &expr.kind {
            ExprKind::List(items) if !formatted => self.list(items),
            ExprKind::Map(entries) if !formatted => self.map(entries),
            ExprKind::Call { target, function, args } if function == FORMAT => {
                formatted = true;
                if self.formats
                    && let (Some(target), [args]) = (target, args.as_slice())
                    && let ExprKind::Literal(Literal::String(format)) = &target.kind
                    && let ExprKind::List(args) = &args.kind
                {
                    self.format(expr, format, args);
                }
            }
            _ => {}
        }
        expr.for_each_child(&mut |child| self.expr(child, formatted));
    }

    /// The type of what an item or entry holds.
    fn of(&self, expr: &Expr, optional: bool) -> Type {
        let of = self.checked.type_of(expr);
        if optional { of.param(0) } else { of.clone() }
    }

    fn mismatch(&mut self, expr: &Expr, expected: &Type, found: &Type) {
        let message = format!("expected type '{expected}' but found '{found}'");
        let diagnostic = Diagnostic::new(self.text, expr.span, message);
        self.wrong.push(diagnostic.with_help(advice::mismatch(expected, found)));
    }

    fn list(&mut self, items: &[Element]) {
        let Some(first) = items.first() else { return };
        let wanted = self.of(&first.value, first.optional);
        for item in items {
            let found = self.of(&item.value, item.optional);
            if found != wanted {
                self.mismatch(&item.value, &wanted, &found);
                return;
            }
        }
    }

    fn map(&mut self, entries: &[Entry]) {
        let Some(first) = entries.first() else { return };
        let wanted = (self.of(&first.key, false), self.of(&first.value, first.optional));
        for entry in entries {
            let found = (self.of(&entry.key, false), self.of(&entry.value, entry.optional));
            if found.0 != wanted.0 {
                self.mismatch(&entry.key, &wanted.0, &found.0);
            }
            if found.1 != wanted.1 {
                self.mismatch(&entry.value, &wanted.1, &found.1);
            }
        }
    }

    fn format(&mut self, call: &Expr, format: &str, args: &[Element]) {
        let mut used = 0;
        let mut rest = format;
        while let Some((_, after)) = rest.split_once('%') {
            if let Some(after) = after.strip_prefix('%') {
                rest = after;
                continue;
            }
            if after.is_empty() {
                return self.tell(call, "unexpected end of string".to_owned());
            }
            let Some(arg) = args.get(used) else {
                return self.tell(call, format!("index {used} out of range"));
            };
            used += 1;
            let after = match precision_end(after) {
                Ok(after) => after,
                Err(why) => {
                    let message = format!(
                        "could not parse formatting clause: error while parsing precision: {why}"
                    );
                    return self.tell(call, message);
                }
            };
            let verb = after.chars().next().unwrap_or('\0');
            rest = after.get(verb.len_utf8()..).unwrap_or_default();
            match self.misfit(verb, &arg.value) {
                None => {}
                Some(Misfit::Clause) => {
                    let message = format!(
                        "could not parse formatting clause: unrecognized formatting clause \
                         \"{verb}\""
                    );
                    return self.tell(call, message);
                }
                Some(Misfit::Argument(what, of)) => {
                    let message = format!("error during formatting: {what}, was given {of}");
                    return self.tell(&arg.value, message);
                }
            }
        }
        if args.len() > used {
            let message = format!(
                "too many arguments supplied to string.format (expected {used}, got {})",
                args.len()
            );
            self.tell(call, message);
        }
    }

    fn tell(&mut self, expr: &Expr, message: String) {
        self.wrong.push(Diagnostic::new(self.text, expr.span, message));
    }

    fn misfit(&self, verb: char, arg: &Expr) -> Option<Misfit> {
        let of = self.checked.type_of(arg);
        let (what, fits) = match verb {
            's' => {
                let what = "string clause can only be used on strings, bools, bytes, ints, \
                            doubles, maps, lists, types, durations, and timestamps";
                return self.unshown(arg).map(|of| Misfit::Argument(what, of));
            }
            'd' => (
                "decimal clause can only be used on integers",
                matches!(of, Type::Int | Type::Uint),
            ),
            'f' => (
                "fixed-point clause can only be used on doubles",
                matches!(of, Type::Double | Type::String),
            ),
            'e' => (
                "scientific clause can only be used on doubles",
                matches!(of, Type::Double | Type::String),
            ),
            'b' => (
                "only integers and bools can be formatted as binary",
                matches!(of, Type::Int | Type::Uint | Type::Bool),
            ),
            'x' | 'X' => (
                "only integers, byte buffers, and strings can be formatted as hex",
                matches!(of, Type::Int | Type::Uint | Type::String | Type::Bytes),
            ),
            'o' => {
                ("octal clause can only be used on integers", matches!(of, Type::Int | Type::Uint))
            }
            _ => return Some(Misfit::Clause),
        };
        (!fits && *of != Type::Dyn).then(|| Misfit::Argument(what, of.runtime_name().to_owned()))
    }

    /// The type of what `%s` cannot show, where there is some.
    fn unshown(&self, expr: &Expr) -> Option<String> {
        let of = self.checked.type_of(expr);
        let shown = matches!(
            of,
            Type::Dyn
                | Type::List(_)
                | Type::Map(_)
                | Type::Int
                | Type::Uint
                | Type::Double
                | Type::Bool
                | Type::String
                | Type::Timestamp
                | Type::Bytes
                | Type::Duration
                | Type::Type(_)
                | Type::Null
        );
        if !shown {
            return Some(of.runtime_name().to_owned());
        }
        match &expr.kind {
            ExprKind::List(items) => items.iter().find_map(|item| self.unshown(&item.value)),
            ExprKind::Map(entries) => entries
                .iter()
                .find_map(|entry| self.unshown(&entry.key).or_else(|| self.unshown(&entry.value))),
            _ => None,
        }
    }
}

/// Why an argument cannot be formatted.
enum Misfit {
    /// there is no such clause
    Clause,
    /// what the clause takes, and the type it was given
    Argument(&'static str, String),
}

/// What follows a precision.
fn precision_end(text: &str) -> Result<&str, &'static str> {
    let Some(after) = text.strip_prefix('.') else { return Ok(text) };
    let rest = after.trim_start_matches(|char: char| char.is_ascii_digit());
    if rest.is_empty() {
        return Err("could not find end of precision specifier");
    }
    if rest.len() == after.len() || after.len() - rest.len() > 18 {
        return Err("error while converting precision to integer");
    }
    Ok(rest)
}
