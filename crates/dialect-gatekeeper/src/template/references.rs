//! The references in a module. Recursion follows the nesting of the tree, which the parser limits.

use sekisho_rego::Span;
use sekisho_rego::ast::{
    Body, Expr, ExprKind, Module, Operand, Statement, StatementKind, TemplatePart,
};
use sekisho_value::Str;

/// The function that asks a provider of external data.
pub(super) const EXTERNAL_DATA: &str = "external_data";

/// What a module refers to.
#[derive(Debug, Default)]
pub(super) struct References {
    /// of `data`: the keys that are plain strings up to the first that is not, which is `None`
    pub(super) data: Vec<(Vec<Option<Str>>, Span)>,
    /// the text `namespaceObject` stands somewhere, as a key or an argument
    pub(super) names_namespace_object: bool,
    /// `external_data` is called
    pub(super) asks_providers: bool,
    /// of `data`, as above, within another term
    pub(super) within: Vec<(Vec<Option<Str>>, Span)>,
    /// within how many terms the tree is read
    depth: usize,
}

/// What a module refers to, imports aside.
pub(super) fn references(module: &Module) -> References {
    let mut found = References::default();
    for rule in &module.rules {
        let head = &rule.head;
        found.expr(&head.reference);
        head.args.iter().flatten().for_each(|arg| found.expr(arg));
        head.key.iter().chain(&head.value).for_each(|expr| found.expr(expr));
        rule.body.iter().for_each(|body| found.body(body));
        for branch in &rule.elses {
            branch.value.iter().for_each(|value| found.expr(value));
            branch.body.iter().for_each(|body| found.body(body));
        }
    }
    found
}

impl References {
    fn body(&mut self, body: &Body) {
        body.iter().for_each(|statement| self.statement(statement));
    }

    fn operand(&mut self, operand: &Operand) {
        self.body(&operand.body);
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Expr(Expr { kind: ExprKind::Call { operator, args, .. }, .. }) => {
                self.call(operator, args);
            }
            StatementKind::Expr(expr) => self.expr(expr),
            StatementKind::Some(exprs) => exprs.iter().for_each(|expr| self.expr(expr)),
            // These are a call that is made of them.
            StatementKind::SomeIn { key, value, collection } => self.within(|found| {
                key.iter().chain([value, collection]).for_each(|expr| found.expr(expr));
            }),
            StatementKind::Every { key, value, domain, body } => {
                key.iter().chain([value, domain]).for_each(|expr| self.expr(expr));
                self.body(body);
            }
            StatementKind::Not(operand) => self.operand(operand),
            StatementKind::Logical { left, right, .. } => {
                self.operand(left);
                self.operand(right);
            }
        }
        for with in &statement.with {
            self.expr(&with.target);
            self.expr(&with.value);
        }
    }

    fn call(&mut self, operator: &Expr, args: &[Expr]) {
        self.asks_providers |= operator.as_var().is_some_and(|name| name == EXTERNAL_DATA);
        self.expr(operator);
        args.iter().for_each(|arg| self.expr(arg));
    }

    fn within(&mut self, read: impl FnOnce(&mut Self)) {
        self.depth += 1;
        read(self);
        self.depth -= 1;
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) => {}
            ExprKind::String(text) => self.names_namespace_object |= text == "namespaceObject",
            ExprKind::Var(name) => {
                if name == "data" {
                    self.data.push((Vec::new(), expr.span));
                }
            }
            ExprKind::Ref { head, path } => {
                if head.as_var().is_some_and(|head| head == "data") {
                    let mut keys: Vec<Option<Str>> =
                        path.iter().map_while(|key| key.as_string().cloned().map(Some)).collect();
                    if keys.len() < path.len() {
                        keys.push(None);
                    }
                    if self.depth > 0 {
                        self.within.push((keys.clone(), expr.span));
                    }
                    self.data.push((keys, expr.span));
                } else {
                    self.expr(head);
                }
                self.within(|found| path.iter().for_each(|key| found.expr(key)));
            }
            others => self.within(|found| found.composite(others)),
        }
    }

    /// What holds other terms.
    fn composite(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Call { operator, args, .. } => self.call(operator, args),
            ExprKind::Array(items) | ExprKind::Set(items) => {
                items.iter().for_each(|item| self.expr(item));
            }
            ExprKind::Object(entries) => entries.iter().for_each(|(key, value)| {
                self.expr(key);
                self.expr(value);
            }),
            ExprKind::ArrayComprehension(term, body) | ExprKind::SetComprehension(term, body) => {
                self.expr(term);
                self.body(body);
            }
            ExprKind::ObjectComprehension(key, value, body) => {
                self.expr(key);
                self.expr(value);
                self.body(body);
            }
            ExprKind::Template(parts) => {
                for part in parts {
                    if let TemplatePart::Expr(statement) = part {
                        self.statement(statement);
                    }
                }
            }
            _ => {}
        }
    }
}
