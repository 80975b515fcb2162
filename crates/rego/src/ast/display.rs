//! Expressions as OPA prints them in messages.

use super::{
    Body, Expr, ExprKind, LogicalOperator, Operand, Statement, StatementKind, TemplatePart, With,
};
use std::fmt::{self, Display, Formatter, Write as _};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Null => f.write_str("null"),
            ExprKind::Bool(bool) => write!(f, "{bool}"),
            ExprKind::Number(literal) => f.write_str(literal),
            ExprKind::String(text) => quoted(f, text),
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
                for (index, (key, value)) in pairs.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{key}: {value}")?;
                }
                f.write_char('}')
            }
            ExprKind::Set(items) if items.is_empty() => f.write_str("set()"),
            ExprKind::Set(items) => {
                f.write_char('{')?;
                list(f, items)?;
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
    let first = chars.next().is_some_and(|char| char.is_ascii_alphabetic() || char == '_');
    first && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
}

fn list(f: &mut Formatter<'_>, items: &[Expr]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{item}")?;
    }
    Ok(())
}

fn template(f: &mut Formatter<'_>, parts: &[TemplatePart]) -> fmt::Result {
    f.write_str("$\"")?;
    for part in parts {
        match part {
            TemplatePart::Text(text) => {
                let mut inner = String::new();
                go_quoted(&mut inner, text)?;
                f.write_str(&inner.replace('{', "\\{"))?;
            }
            TemplatePart::Expr(statement) => write!(f, "{{{statement}}}")?,
        }
    }
    f.write_char('"')
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    go_quoted(f, text)?;
    f.write_char('"')
}

/// The text between quotes as Go's `strconv.Quote` writes it.
fn go_quoted(f: &mut impl fmt::Write, text: &str) -> fmt::Result {
    for char in text.chars() {
        match char {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\u{7}' => f.write_str("\\a")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{b}' => f.write_str("\\v")?,
            '\u{c}' => f.write_str("\\f")?,
            char if u32::from(char) < 0x20 || char == '\u{7f}' => {
                write!(f, "\\x{:02x}", u32::from(char))?;
            }
            char => f.write_char(char)?,
        }
    }
    Ok(())
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

/// The sign of an operator by its function's name.
fn sign(function: &Expr) -> Option<&'static str> {
    Some(match &function.kind {
        ExprKind::Var(name) => match name.as_str() {
            "assign" => ":=",
            "eq" => "=",
            "equal" => "==",
            "neq" => "!=",
            "lt" => "<",
            "lte" => "<=",
            "gt" => ">",
            "gte" => ">=",
            "plus" => "+",
            "minus" => "-",
            "mul" => "*",
            "div" => "/",
            "rem" => "%",
            "and" => "&",
            "or" => "|",
            _ => return None,
        },
        ExprKind::Ref { head, path } => match (head.as_var()?.as_str(), path.as_slice()) {
            ("internal", [name]) if name.as_string()? == "member_2" => "in",
            _ => return None,
        },
        _ => return None,
    })
}

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("not ")?;
        }
        match &self.kind {
            StatementKind::Expr(expr) => match &expr.kind {
                ExprKind::Call { operator, args, .. } => match (sign(operator), args.as_slice()) {
                    (Some(sign), [left, right]) => write!(f, "{left} {sign} {right}")?,
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
