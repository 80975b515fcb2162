//! Expressions as OPA prints them in messages.

use super::order::{sorted, sorted_pairs};
use super::{
    Body, Expr, ExprKind, LogicalOperator, Operand, Statement, StatementKind, TemplatePart, With,
};
use crate::syntax::{Keywords, Kind};
use crate::term::quote::quoted;
use std::fmt::{self, Display, Formatter, Write as _};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Null => f.write_str("null"),
            ExprKind::Bool(bool) => write!(f, "{bool}"),
            ExprKind::Number(literal) => f.write_str(literal),
            ExprKind::String(text) => f.write_str(&quoted(text)),
            ExprKind::Var(name) => f.write_str(name),
            ExprKind::Ref { head, path } => reference(f, head, path),
            ExprKind::Call { operator, args, .. } => {
                write!(f, "{operator}(")?;
                list(f, args)?;
                f.write_char(')')
            }
            ExprKind::Array(items) => {
                f.write_char('[')?;
                list(f, items)?;
                f.write_char(']')
            }
            ExprKind::Object(pairs) => {
                f.write_char('{')?;
                for (index, (key, value)) in sorted_pairs(pairs).into_iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{key}: {value}")?;
                }
                f.write_char('}')
            }
            ExprKind::Set(items) if items.is_empty() => f.write_str("set()"),
            ExprKind::Set(items) => {
                f.write_char('{')?;
                list(f, sorted(items))?;
                f.write_char('}')
            }
            ExprKind::ArrayComprehension(head, body) => write!(f, "[{head} | {}]", Joined(body)),
            ExprKind::SetComprehension(head, body) => write!(f, "{{{head} | {}}}", Joined(body)),
            ExprKind::ObjectComprehension(key, value, body) => {
                write!(f, "{{{key}: {value} | {}}}", Joined(body))
            }
            ExprKind::Template(parts) => template(f, parts),
        }
    }
}

/// `a.b["c d"][x]`
fn reference(f: &mut Formatter<'_>, head: &Expr, path: &[Expr]) -> fmt::Result {
    write!(f, "{head}")?;
    for part in path {
        match &part.kind {
            ExprKind::String(text) if is_name(text) => write!(f, ".{text}")?,
            _ => write!(f, "[{part}]")?,
        }
    }
    Ok(())
}

/// Whether OPA writes a key behind a dot: a name that is no keyword.
fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    let kind = Kind::of_word(text);
    if kind.is_base_keyword() || Keywords::V1.has(kind) {
        return false;
    }
    let first = chars.next().is_some_and(|char| char.is_ascii_alphabetic() || char == '_');
    first && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
}

fn list<'e>(f: &mut Formatter<'_>, items: impl IntoIterator<Item = &'e Expr>) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{item}")?;
    }
    Ok(())
}

fn template(f: &mut Formatter<'_>, parts: &[TemplatePart]) -> fmt::Result {
    f.write_str("$\"")?;
    for part in parts {
        match part {
            TemplatePart::Text(text) => template_text(f, text)?,
            TemplatePart::Expr(statement) => match &statement.kind {
                StatementKind::Expr(expr) if statement.with.is_empty() => match &expr.kind {
                    ExprKind::String(text) => template_text(f, text)?,
                    ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) => {
                        write!(f, "{expr}")?;
                    }
                    _ => write!(f, "{{{statement}}}")?,
                },
                _ => write!(f, "{{{statement}}}")?,
            },
        }
    }
    f.write_char('"')
}

fn template_text(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let quoted = quoted(text);
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    f.write_str(&inner.unwrap_or_default().replace('{', "\\{"))
}

/// Statements joined by semicolons.
pub(crate) struct Joined<'b>(pub(crate) &'b Body);

impl Display for Joined<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, statement) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{statement}")?;
        }
        Ok(())
    }
}

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("not ")?;
        }
        match &self.kind {
            StatementKind::Expr(expr) => match &expr.kind {
                // Of all operators OPA writes this one alone between its operands.
                ExprKind::Call { operator, args, .. } => match (operator.as_var(), args.as_slice())
                {
                    (Some(name), [left, right]) if name == "eq" => write!(f, "{left} = {right}")?,
                    _ => write!(f, "{expr}")?,
                },
                _ => write!(f, "{expr}")?,
            },
            StatementKind::Some(names) => {
                f.write_str("some ")?;
                list(f, names)?;
            }
            StatementKind::SomeIn { key, value, collection } => {
                f.write_str("some ")?;
                if let Some(key) = key {
                    write!(f, "{key}, ")?;
                }
                write!(f, "{value} in {collection}")?;
            }
            StatementKind::Every { key, value, domain, body } => {
                f.write_str("every ")?;
                if let Some(key) = key {
                    write!(f, "{key}, ")?;
                }
                write!(f, "{value} in {domain} {{ {} }}", Joined(body))?;
            }
            StatementKind::Not(operand) => write!(f, "not {operand}")?,
            StatementKind::Logical { operator, left, right } => {
                let word = match operator {
                    LogicalOperator::And => "and",
                    LogicalOperator::Or => "or",
                };
                write!(f, "{left} {word} {right}")?;
            }
        }
        for with in &self.with {
            write!(f, " {with}")?;
        }
        Ok(())
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.explicit {
            return write!(f, "{{ {} }}", Joined(&self.body));
        }
        write!(f, "{}", Joined(&self.body))
    }
}

impl Display for With {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "with {} as {}", self.target, self.value)
    }
}
