//! Interpolated strings become calls of `internal.template_string`: each expression is put into a
//! set comprehension, so that an undefined one shows as `<undefined>`.

use super::cx::Cx;
use super::draft::{Body, Clause, Expr, Kind, Part, Term, Value};
use super::functions;
use super::names::{NameSet, Names};
use super::outputs;
use super::rule_tree::RuleTree;
use super::walk::{self, Into, Node, Skip};
use crate::{Code, Location};
use sekisho_value::Str;

/// Rewrites a clause.
pub(super) fn clause(cx: &mut Cx<'_>, tree: &RuleTree, clause: &mut Clause) {
    let mut found = false;
    let mut look = |node: Node<'_>| {
        found |= matches!(node, Node::Term(Term { value: Value::Template(_), .. }));
        Into::Inside
    };
    walk::clause(clause, &mut look);
    if !found {
        return;
    }
    let mut bound = NameSet::roots();
    bound.extend(&walk::args(clause));
    let bound = body(cx, tree, &mut clause.body, &bound);
    let mut templates = Templates { cx, tree };
    for term in clause.head.args.iter_mut().chain([&mut clause.head.value]) {
        templates.term(term, &bound);
    }
}

/// Rewrites a body: what it binds, and what is bound before it.
pub(super) fn body(cx: &mut Cx<'_>, tree: &RuleTree, body: &mut Body, bound: &NameSet) -> NameSet {
    Templates { cx, tree }.body(body, bound)
}

/// What a body binds, beside what is bound before it.
pub(super) fn bound_by(
    cx: &mut Cx<'_>,
    tree: &RuleTree,
    body: &[Expr],
    bound: &NameSet,
) -> NameSet {
    cx.step(body.len());
    let names: &Names = &cx.names;
    let arity = |operator: &Term| functions::arity(names, tree, operator);
    let mut all = outputs::of_body(body, &arity, bound);
    all.extend(bound);
    all
}

struct Templates<'t, 'a> {
    cx: &'t mut Cx<'a>,
    tree: &'t RuleTree,
}

impl Templates<'_, '_> {
    fn body(&mut self, body: &mut Body, bound: &NameSet) -> NameSet {
        let bound = bound_by(self.cx, self.tree, body, bound);
        body.iter_mut().for_each(|expr| self.expr(expr, &bound));
        bound
    }

    fn expr(&mut self, expr: &mut Expr, bound: &NameSet) {
        match &mut expr.kind {
            Kind::Term(term) => self.term(term, bound),
            Kind::Call(terms) | Kind::Some(terms) => {
                terms.iter_mut().for_each(|term| self.term(term, bound));
            }
            Kind::SomeIn(some) => self.term(&mut some.collection, bound),
            Kind::Every(every) => {
                self.term(&mut every.domain, bound);
                let mut inner = bound.clone();
                for term in every.key.iter().chain([&every.value]) {
                    inner.extend(&Skip::NOTHING.term(term));
                }
                self.body(&mut every.body, &inner);
            }
            Kind::Not(operand) => {
                self.body(&mut operand.body, bound);
            }
            Kind::And(left, right) | Kind::Or(left, right) => {
                self.body(&mut left.body, bound);
                self.body(&mut right.body, bound);
            }
        }
        for with in &mut expr.with {
            self.term(&mut with.value, bound);
        }
    }

    fn term(&mut self, term: &mut Term, bound: &NameSet) {
        match &mut term.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Var(_) => {}
            Value::Ref(terms) | Value::Call(terms) | Value::Array(terms) | Value::Set(terms) => {
                terms.iter_mut().for_each(|each| self.term(each, bound));
            }
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.term(key, bound);
                    self.term(value, bound);
                }
            }
            Value::ArrayOf(item, body) | Value::SetOf(item, body) => {
                let bound = self.body(body, bound);
                self.term(item, &bound);
            }
            Value::ObjectOf(key, value, body) => {
                let bound = self.body(body, bound);
                self.term(key, &bound);
                self.term(value, &bound);
            }
            Value::Template(parts) => {
                let parts = std::mem::take(parts);
                let at = term.at;
                let parts: Vec<Term> =
                    parts.into_iter().filter_map(|part| self.part(part, at, bound)).collect();
                let parts = match parts.is_empty() {
                    true => vec![Term::string(&Str::default(), at)],
                    false => parts,
                };
                let internal = self.cx.names.intern(&Str::new_static("internal"));
                let operator = Term::path(internal, [&Str::new_static("template_string")], at);
                term.value = Value::Call(vec![operator, Term::new(Value::Array(parts), at)]);
            }
        }
    }

    fn part(&mut self, part: Part, at: Location, bound: &NameSet) -> Option<Term> {
        let mut expr = match part {
            Part::Term(term) => return Some(term),
            Part::Expr(expr) => *expr,
        };
        self.expr(&mut expr, bound);
        let term = match expr.kind {
            Kind::Term(term) => term,
            Kind::Call(terms) => {
                let relation = terms.first().and_then(|o| functions::builtin(&self.cx.names, o));
                if let Some(builtin) = relation.filter(|builtin| builtin.relation) {
                    let message = format!(
                        "illegal call to relation built-in '{}' that may cause multiple outputs",
                        builtin.name
                    );
                    self.cx.error(Code::Compile, expr.at, message);
                    return None;
                }
                Term::new(Value::Call(terms), expr.at)
            }
            _ => {
                self.cx.error(Code::Compile, at, "unexpected template-string expression");
                return None;
            }
        };
        let known =
            functions::data_path(&term).is_some_and(|path| self.tree.is_known_defined(&path));
        if expr.with.is_empty() && (known || term.as_var().is_some()) {
            return Some(Term::new(Value::Set(vec![term]), expr.at));
        }
        let mut missing = Skip::SAFETY.term(&term);
        missing.retain(|name| !bound.contains(name));
        for name in missing.by_text(&self.cx.names) {
            let message = format!("var {} is undeclared", self.cx.names.written(name));
            self.cx.error(Code::Compile, term.at, message);
        }
        let at = term.at;
        let local = Term::var(self.cx.names.generate(), at);
        let mut capture = Expr::unify(local.clone(), term, at);
        capture.with = expr.with;
        Some(Term::new(Value::SetOf(Box::new(local), vec![capture]), at))
    }
}
