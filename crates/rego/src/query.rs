//! Queries show the value of each of their expressions, as `opa eval` does.

use crate::Span;
use crate::ast::{Body, Expr, ExprKind, Statement, StatementKind};
use sekisho_value::Str;

/// A query whose expressions give their values to variables.
pub(crate) struct Captured {
    pub(crate) body: Body,
    /// of each expression as written: its place, and the variable that has its value
    pub(crate) expressions: Vec<(Span, Option<Str>)>,
}

const PREFIX: &str = "__captured_";

impl Captured {
    pub(crate) fn is_capture(&self, name: &str) -> bool {
        name.starts_with(PREFIX)
    }

    /// Whether a message tells of such a variable.
    pub(crate) fn is_mentioned(&self, message: &str) -> bool {
        message.contains(PREFIX)
    }
}

/// Gives every expression that has a value a variable for it. A single expression that goes
/// through nothing may be `false`; of any other it is asked that all hold.
pub(crate) fn capture(body: Body, arity: &dyn Fn(&str) -> Option<usize>) -> Captured {
    let ask = body.len() > 1 || body.iter().any(iterates);
    let mut captured = Captured { body: Vec::new(), expressions: Vec::new() };
    let mut tests = Vec::new();
    for (index, mut statement) in body.into_iter().enumerate() {
        let span = statement.span;
        let name = Str::from(format!("{PREFIX}{index}"));
        match statement.kind {
            StatementKind::Expr(expr) if !statement.negated && has_value(&expr, arity) => {
                let var = Expr { kind: ExprKind::Var(name.clone()), span };
                statement.kind = StatementKind::Expr(Expr {
                    kind: ExprKind::Call {
                        operator: Box::new(Expr { kind: ExprKind::Var("eq".into()), span }),
                        args: vec![var.clone(), expr],
                        infix: true,
                    },
                    span,
                });
                if ask {
                    let kind = StatementKind::Expr(var);
                    tests.push(Statement { negated: false, kind, with: Vec::new(), span });
                }
                captured.expressions.push((span, Some(name)));
            }
            _ => captured.expressions.push((span, None)),
        }
        captured.body.push(statement);
    }
    captured.body.extend(tests);
    captured
}

/// Whether an expression has a value to show: a call that names where its value goes has none.
fn has_value(expr: &Expr, arity: &dyn Fn(&str) -> Option<usize>) -> bool {
    let ExprKind::Call { operator, args, .. } = &expr.kind else { return true };
    let Some(name) = name_of(operator) else { return true };
    !matches!(name.as_str(), "eq" | "assign" | "print")
        && arity(&name).is_none_or(|arity| args.len() <= arity)
}

/// The name of what is called, dots included.
fn name_of(operator: &Expr) -> Option<String> {
    match &operator.kind {
        ExprKind::Var(name) => Some(name.to_string()),
        ExprKind::Ref { head, path } => {
            let mut name = head.as_var()?.to_string();
            for key in path {
                name.push('.');
                name.push_str(key.as_string()?);
            }
            Some(name)
        }
        _ => None,
    }
}

fn iterates(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Expr(expr) => goes_through(expr),
        StatementKind::SomeIn { .. } => true,
        StatementKind::Some(_) | StatementKind::Not(_) => false,
        StatementKind::Logical { left, right, .. } => {
            left.body.iter().chain(&right.body).any(iterates)
        }
        StatementKind::Every { domain, .. } => goes_through(domain),
    }
}

fn goes_through(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Ref { head, path } => {
            goes_through(head) || path.iter().any(|key| key.as_var().is_some() || goes_through(key))
        }
        ExprKind::Call { operator, args, .. } => {
            operator.as_var().is_some_and(|name| name == "walk") || args.iter().any(goes_through)
        }
        ExprKind::Array(items) | ExprKind::Set(items) => items.iter().any(goes_through),
        ExprKind::Object(entries) => {
            entries.iter().any(|(key, value)| goes_through(key) || goes_through(value))
        }
        _ => false,
    }
}
