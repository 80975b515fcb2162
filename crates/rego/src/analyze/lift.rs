//! From the tree of a module to its draft: names get numbers, each `_` one of its own, bare
//! `input` and `data` become references, a head without value gets `true`.

use super::draft::{
    Body, Clause, Every, Expr, Head, Kind, Module, Operand, Part, Rule, SomeIn, Term, Value, With,
};
use super::names::{Name, Names};
use super::{Negation, key_order};
use crate::ast::{self, LogicalOperator, StatementKind, TemplatePart};
use crate::{Location, SourceId, Span};
use sekisho_value::Str;

/// Makes drafts.
pub(super) struct Lift<'n> {
    pub(super) names: &'n mut Names,
    pub(super) source: SourceId,
    pub(super) negation: Negation,
    /// how many modifiers there are so far
    pub(super) withs: u32,
    /// there are interpolated strings
    pub(super) templates: bool,
}

impl Lift<'_> {
    fn at(&self, span: Span) -> Location {
        Location { source: self.source, span }
    }

    /// The draft of a module.
    pub(super) fn module(&mut self, module: &ast::Module) -> Module {
        self.source = module.source;
        let rules = module
            .rules
            .iter()
            .enumerate()
            .map(|(index, rule)| self.rule(u32::try_from(index).unwrap_or(u32::MAX), rule))
            .collect();
        Module {
            source: module.source,
            version: module.version,
            package: module.package.path.clone(),
            package_at: self.at(module.package.span),
            imports: module.imports.clone(),
            rules,
        }
    }

    fn rule(&mut self, index: u32, rule: &ast::Rule) -> Rule {
        let mut clauses = Vec::with_capacity(1 + rule.elses.len());
        let value = rule.head.value.as_ref();
        clauses.push(self.clause(&rule.head, value, rule.body.as_ref(), rule.span));
        for branch in &rule.elses {
            let mut clause =
                self.clause(&rule.head, branch.value.as_ref(), branch.body.as_ref(), branch.span);
            clause.head.at = clause.at;
            clauses.push(clause);
        }
        Rule { default: rule.default, index, clauses }
    }

    fn clause(
        &mut self,
        head: &ast::Head,
        value: Option<&ast::Expr>,
        body: Option<&ast::Body>,
        span: Span,
    ) -> Clause {
        let at = self.at(span);
        let (name, path): (Str, &[ast::Expr]) = match &head.reference.kind {
            ast::ExprKind::Ref { head, path } => {
                (head.as_var().cloned().unwrap_or_default(), path.as_slice())
            }
            ast::ExprKind::Var(name) => (name.clone(), &[]),
            _ => (Str::default(), &[]),
        };
        // The rule's own name is a variable of the module too: no generated one may be called so.
        self.names.intern(&name);
        let head_at = self.at(head.span);
        let value = match head.key.as_ref().or(value) {
            Some(value) => self.term(value),
            None => Term::new(Value::Bool(true), head_at),
        };
        let head = Head {
            name,
            path: path.iter().map(|part| self.term(part)).collect(),
            args: self.terms(head.args.as_deref().unwrap_or_default()),
            member: head.key.is_some(),
            value,
            at: head_at,
        };
        let body = match body {
            Some(body) => self.body(body),
            None => vec![Expr::always(at)],
        };
        Clause { head, body, at }
    }

    /// The draft of a body.
    pub(super) fn body(&mut self, body: &ast::Body) -> Body {
        body.iter().map(|statement| self.statement(statement)).collect()
    }

    fn operand(&mut self, operand: &ast::Operand) -> Operand {
        Operand { body: self.body(&operand.body), explicit: operand.explicit }
    }

    fn statement(&mut self, statement: &ast::Statement) -> Expr {
        let at = self.at(statement.span);
        let kind = match &statement.kind {
            StatementKind::Expr(expr) => match &expr.kind {
                ast::ExprKind::Call { operator, args, .. } => Kind::Call(self.call(operator, args)),
                _ => Kind::Term(self.term(expr)),
            },
            StatementKind::Some(names) => Kind::Some(self.terms(names)),
            StatementKind::SomeIn { key, value, collection } => Kind::SomeIn(Box::new(SomeIn {
                key: key.as_ref().map(|key| self.term(key)),
                value: self.term(value),
                collection: self.term(collection),
            })),
            StatementKind::Every { key, value, domain, body } => Kind::Every(Box::new(Every {
                key: key.as_ref().map(|key| self.term(key)),
                value: self.term(value),
                domain: self.term(domain),
                body: self.body(body),
            })),
            StatementKind::Not(operand) => Kind::Not(self.operand(operand)),
            StatementKind::Logical { operator, left, right } => {
                let (left, right) = (self.operand(left), self.operand(right));
                match operator {
                    LogicalOperator::And => Kind::And(left, right),
                    LogicalOperator::Or => Kind::Or(left, right),
                }
            }
        };
        let with = statement.with.iter().map(|with| self.with(with)).collect();
        let mut expr = Expr::new(kind, at);
        if statement.negated && self.negation == Negation::Whole {
            expr = Expr::new(Kind::Not(Operand { body: vec![expr], explicit: false }), at);
        } else {
            expr.negated = statement.negated;
        }
        expr.with = with;
        expr
    }

    fn with(&mut self, with: &ast::With) -> With {
        self.withs += 1;
        With {
            id: self.withs,
            target: self.term(&with.target),
            value: self.term(&with.value),
            at: self.at(with.span),
        }
    }

    fn terms(&mut self, exprs: &[ast::Expr]) -> Vec<Term> {
        exprs.iter().map(|expr| self.term(expr)).collect()
    }

    fn name(&mut self, text: &Str) -> Name {
        if text == "_" { self.names.wildcard() } else { self.names.intern(text) }
    }

    fn call(&mut self, operator: &ast::Expr, args: &[ast::Expr]) -> Vec<Term> {
        let mut terms = Vec::with_capacity(args.len() + 2);
        terms.push(self.operator(operator));
        terms.extend(args.iter().map(|arg| self.term(arg)));
        terms
    }

    /// Always a reference; `internal.member_2` may be given as one word.
    fn operator(&mut self, operator: &ast::Expr) -> Term {
        let at = self.at(operator.span);
        if let Some(word) = operator.as_var() {
            let mut parts = word.split('.').map(Str::from);
            let root = parts.next().unwrap_or_default();
            let root = self.name(&root);
            return Term::path(root, &parts.collect::<Vec<_>>(), at);
        }
        self.term(operator)
    }

    /// The draft of an expression within a statement.
    pub(super) fn term(&mut self, expr: &ast::Expr) -> Term {
        let at = self.at(expr.span);
        let value = match &expr.kind {
            ast::ExprKind::Null => Value::Null,
            ast::ExprKind::Bool(value) => Value::Bool(*value),
            ast::ExprKind::Number(literal) => Value::Number(literal.clone()),
            ast::ExprKind::String(text) => Value::String(text.clone()),
            ast::ExprKind::Var(text) => {
                let name = self.name(text);
                match name.is_root() {
                    true => Value::Ref(vec![Term::var(name, at)]),
                    false => Value::Var(name),
                }
            }
            ast::ExprKind::Ref { head, path } => {
                let mut parts = Vec::with_capacity(path.len() + 1);
                parts.push(match head.as_var() {
                    Some(text) => Term::var(self.name(text), self.at(head.span)),
                    None => self.term(head),
                });
                parts.extend(path.iter().map(|part| self.term(part)));
                Value::Ref(parts)
            }
            ast::ExprKind::Call { operator, args, .. } => Value::Call(self.call(operator, args)),
            ast::ExprKind::Array(items) => Value::Array(self.terms(items)),
            ast::ExprKind::Object(entries) => {
                let mut entries: Vec<(Term, Term)> =
                    entries.iter().map(|(key, value)| (self.term(key), self.term(value))).collect();
                key_order::sort(self.names, &mut entries);
                Value::Object(entries)
            }
            ast::ExprKind::Set(items) => Value::Set(self.terms(items)),
            ast::ExprKind::ArrayComprehension(item, body) => {
                Value::ArrayOf(Box::new(self.term(item)), self.body(body))
            }
            ast::ExprKind::SetComprehension(item, body) => {
                Value::SetOf(Box::new(self.term(item)), self.body(body))
            }
            ast::ExprKind::ObjectComprehension(key, value, body) => Value::ObjectOf(
                Box::new(self.term(key)),
                Box::new(self.term(value)),
                self.body(body),
            ),
            ast::ExprKind::Template(parts) => {
                self.templates = true;
                Value::Template(parts.iter().map(|part| self.part(part, at)).collect())
            }
        };
        Term::new(value, at)
    }

    fn part(&mut self, part: &TemplatePart, at: Location) -> Part {
        match part {
            TemplatePart::Text(text) => Part::Term(Term::string(text, at)),
            TemplatePart::Expr(statement) => {
                let expr = self.statement(statement);
                match expr.kind {
                    Kind::Term(term) if term.value.is_scalar() && expr.with.is_empty() => {
                        Part::Term(term)
                    }
                    _ => Part::Expr(Box::new(expr)),
                }
            }
        }
    }
}
