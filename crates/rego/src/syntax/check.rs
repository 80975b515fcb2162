//! What OPA's parser checks of rules that it has read.

use super::parser::{Parse, Parser, is_root, kind_name};
use super::token::{Keywords, Kind};
use crate::ast::{Body, Expr, ExprKind, Rule, TemplatePart};
use std::collections::HashSet;

impl Parser<'_> {
    /// The value of a `default` rule is constant, its parameters are plain variables.
    pub(super) fn check_default(&mut self, rule: &Rule) -> Parse<()> {
        let dotted =
            matches!(&rule.head.reference.kind, ExprKind::Ref { path, .. } if path.len() == 1);
        match &rule.head.value {
            None if dotted && rule.head.args.is_none() => {
                return self.fail(rule.span, "illegal default rule (must have a value)");
            }
            None => {}
            Some(value) => {
                if let Some(what) = not_constant(value) {
                    let message = format!("illegal default rule (value cannot contain {what})");
                    let failed = self.fail(rule.span, message);
                    self.help("move what is computed into a rule of its own");
                    return failed;
                }
            }
        }
        let mut names = HashSet::new();
        for arg in rule.head.args.iter().flatten() {
            let message = match &arg.kind {
                ExprKind::Var(name) if !is_root(name) => {
                    if name == "_" || names.insert(name.clone()) {
                        continue;
                    }
                    format!("illegal default rule (arguments cannot be repeated {name})")
                }
                _ => {
                    let name = kind_name(arg);
                    format!("illegal default rule (arguments cannot contain {name})")
                }
            };
            return self.fail(rule.span, message);
        }
        Ok(())
    }

    /// What v1 asks of every rule.
    pub(super) fn check_v1(&mut self, rule: &Rule) {
        let head = &rule.head;
        let what = if head.args.as_ref().is_some_and(|args| !args.is_empty()) {
            "function"
        } else {
            "rule"
        };
        if let Some(name) = head.reference.as_var() {
            let kind = Kind::of_word(name);
            if kind.is_base_keyword() || kind.is_future_keyword() && Keywords::V1.has(kind) {
                let message = format!("{name} keyword cannot be used for rule name");
                self.report(rule.span, message);
            }
        }
        let nothing = head.value.is_none() && head.key.is_none() && head.args.is_none();
        if rule.body.is_none() && nothing && !rule.default {
            let message = format!("{what} must have value assignment and/or body declaration");
            self.report(rule.span, message);
            self.help_later("write `:= true`, or `if` and a body");
        }
        if rule.body.is_some() && !head.has_if {
            self.report(rule.span, format!("`if` keyword is required before {what} body"));
            self.help_later("write `if` before the opening brace, or parse as v0");
        }
        if head.key.is_some() && !head.has_contains {
            self.report(rule.span, "`contains` keyword is required for partial set rules");
            self.help_later(format!("write `{} contains …`", head.reference));
        }
        for branch in &rule.elses {
            if branch.body.is_some() && !branch.has_if {
                self.report(branch.span, format!("`if` keyword is required before {what} body"));
                self.help_later("write `if` before the opening brace, or parse as v0");
            }
        }
    }
}

/// What makes a value no constant: comprehensions are, whatever they hold.
fn not_constant(value: &Expr) -> Option<&'static str> {
    match &value.kind {
        ExprKind::Var(_) | ExprKind::Ref { .. } | ExprKind::Call { .. } => Some(kind_name(value)),
        ExprKind::Array(items) | ExprKind::Set(items) => items.iter().find_map(not_constant),
        ExprKind::Object(pairs) => {
            pairs.iter().find_map(|(key, value)| not_constant(key).or_else(|| not_constant(value)))
        }
        ExprKind::Template(parts) => parts.iter().find_map(|part| match part {
            TemplatePart::Text(_) => None,
            TemplatePart::Expr(statement) => match &statement.kind {
                crate::ast::StatementKind::Expr(expr) => not_constant(expr),
                _ => Some("call"),
            },
        }),
        _ => None,
    }
}

/// Whether an expression holds no variable.
pub(crate) fn is_ground(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) => true,
        ExprKind::Var(name) => is_root(name),
        ExprKind::Ref { head, path } => {
            (head.as_var().is_some() || is_ground(head)) && path.iter().all(is_ground)
        }
        ExprKind::Call { args, .. } => args.iter().all(is_ground),
        ExprKind::Array(items) | ExprKind::Set(items) => items.iter().all(is_ground),
        ExprKind::Object(pairs) => {
            pairs.iter().all(|(key, value)| is_ground(key) && is_ground(value))
        }
        ExprKind::ArrayComprehension(..)
        | ExprKind::SetComprehension(..)
        | ExprKind::ObjectComprehension(..)
        | ExprKind::Template(_) => false,
    }
}

/// Whether a statement is nothing but one of the words that are keywords of heads.
pub(super) fn head_keyword(body: &Body) -> Option<&'static str> {
    match body.as_slice() {
        [statement] => match &statement.kind {
            crate::ast::StatementKind::Expr(expr) => match expr.as_var()?.as_str() {
                "if" => Some("if"),
                "contains" => Some("contains"),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}
