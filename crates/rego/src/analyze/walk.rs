//! Walks over drafts: their terms, expressions and variables.

use super::draft::{Body, Clause, Expr, Head, Kind, Part, Term, Value};
use super::names::{Name, NameSet};

/// What a visitor says of a node: whether to look into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Into {
    Inside,
    Past,
}

/// A node of a draft.
#[derive(Clone, Copy)]
pub(super) enum Node<'d> {
    Term(&'d Term),
    Expr(&'d Expr),
}

/// Calls the visitor for every term and expression of a body, nested ones included, in the order
/// in which they are written.
pub(super) fn body<'d>(body: &'d Body, visit: &mut dyn FnMut(Node<'d>) -> Into) {
    for each in body {
        expr(each, visit);
    }
}

/// See [`body`].
pub(super) fn expr<'d>(expr: &'d Expr, visit: &mut dyn FnMut(Node<'d>) -> Into) {
    if visit(Node::Expr(expr)) == Into::Past {
        return;
    }
    match &expr.kind {
        Kind::Term(only) => term(only, visit),
        Kind::Call(terms) | Kind::Some(terms) => terms.iter().for_each(|each| term(each, visit)),
        Kind::SomeIn(some) => {
            some.key.iter().for_each(|key| term(key, visit));
            term(&some.value, visit);
            term(&some.collection, visit);
        }
        Kind::Every(every) => {
            every.key.iter().for_each(|key| term(key, visit));
            term(&every.value, visit);
            term(&every.domain, visit);
            body(&every.body, visit);
        }
        Kind::Not(operand) => body(&operand.body, visit),
        Kind::And(left, right) | Kind::Or(left, right) => {
            body(&left.body, visit);
            body(&right.body, visit);
        }
    }
    for with in &expr.with {
        term(&with.target, visit);
        term(&with.value, visit);
    }
}

/// See [`body`].
pub(super) fn term<'d>(top: &'d Term, visit: &mut dyn FnMut(Node<'d>) -> Into) {
    if visit(Node::Term(top)) == Into::Past {
        return;
    }
    match &top.value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Var(_) => {}
        Value::Ref(terms) | Value::Call(terms) | Value::Array(terms) | Value::Set(terms) => {
            terms.iter().for_each(|each| term(each, visit));
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                term(key, visit);
                term(value, visit);
            }
        }
        Value::ArrayOf(item, inner) | Value::SetOf(item, inner) => {
            term(item, visit);
            body(inner, visit);
        }
        Value::ObjectOf(key, value, inner) => {
            term(key, visit);
            term(value, visit);
            body(inner, visit);
        }
        Value::Template(parts) => {
            for part in parts {
                match part {
                    Part::Term(each) => term(each, visit),
                    Part::Expr(each) => expr(each, visit),
                }
            }
        }
    }
}

/// The terms of a head in OPA's order: arguments, member or value. The path is not among them.
pub(super) fn head<'d>(head: &'d Head, visit: &mut dyn FnMut(Node<'d>) -> Into) {
    head.args.iter().for_each(|arg| term(arg, visit));
    term(&head.value, visit);
}

/// Head, then body.
pub(super) fn clause<'d>(clause: &'d Clause, visit: &mut dyn FnMut(Node<'d>) -> Into) {
    head(&clause.head, visit);
    body(&clause.body, visit);
}

/// Calls `rewrite` for every body that a term holds, inner ones after outer ones.
pub(super) fn bodies_of_term(term: &mut Term, rewrite: &mut dyn FnMut(&mut Body)) {
    match &mut term.value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Var(_) => {}
        Value::Ref(terms) | Value::Call(terms) | Value::Array(terms) | Value::Set(terms) => {
            terms.iter_mut().for_each(|each| bodies_of_term(each, rewrite));
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                bodies_of_term(key, rewrite);
                bodies_of_term(value, rewrite);
            }
        }
        Value::ArrayOf(item, inner) | Value::SetOf(item, inner) => {
            bodies_of_term(item, rewrite);
            bodies_of_body(inner, rewrite);
        }
        Value::ObjectOf(key, value, inner) => {
            bodies_of_term(key, rewrite);
            bodies_of_term(value, rewrite);
            bodies_of_body(inner, rewrite);
        }
        Value::Template(parts) => {
            for part in parts {
                match part {
                    Part::Term(each) => bodies_of_term(each, rewrite),
                    Part::Expr(each) => bodies_of_expr(each, rewrite),
                }
            }
        }
    }
}

/// Calls `rewrite` for the body, then for every body within it.
pub(super) fn bodies_of_body(body: &mut Body, rewrite: &mut dyn FnMut(&mut Body)) {
    rewrite(body);
    body.iter_mut().for_each(|expr| bodies_of_expr(expr, rewrite));
}

/// Calls `rewrite` for every body within an expression.
pub(super) fn bodies_of_expr(expr: &mut Expr, rewrite: &mut dyn FnMut(&mut Body)) {
    match &mut expr.kind {
        Kind::Term(only) => bodies_of_term(only, rewrite),
        Kind::Call(terms) | Kind::Some(terms) => {
            terms.iter_mut().for_each(|each| bodies_of_term(each, rewrite));
        }
        Kind::SomeIn(some) => {
            some.key.iter_mut().for_each(|key| bodies_of_term(key, rewrite));
            bodies_of_term(&mut some.value, rewrite);
            bodies_of_term(&mut some.collection, rewrite);
        }
        Kind::Every(every) => {
            bodies_of_term(&mut every.domain, rewrite);
            bodies_of_body(&mut every.body, rewrite);
        }
        Kind::Not(operand) => bodies_of_body(&mut operand.body, rewrite),
        Kind::And(left, right) | Kind::Or(left, right) => {
            bodies_of_body(&mut left.body, rewrite);
            bodies_of_body(&mut right.body, rewrite);
        }
    }
    for with in &mut expr.with {
        bodies_of_term(&mut with.target, rewrite);
        bodies_of_term(&mut with.value, rewrite);
    }
}

/// Calls `rewrite` for every body of a clause, those of its head included.
pub(super) fn bodies_of_clause(clause: &mut Clause, rewrite: &mut dyn FnMut(&mut Body)) {
    clause.head.path.iter_mut().for_each(|part| bodies_of_term(part, rewrite));
    clause.head.args.iter_mut().for_each(|arg| bodies_of_term(arg, rewrite));
    bodies_of_term(&mut clause.head.value, rewrite);
    bodies_of_body(&mut clause.body, rewrite);
}

/// Which variables count.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Skip {
    /// not the heads of references
    pub(super) ref_heads: bool,
    /// not the heads of called functions, and of references that modifiers name
    pub(super) call_heads: bool,
    pub(super) object_keys: bool,
    pub(super) sets: bool,
    /// not those within comprehensions, interpolated strings, `not`, `and`, `or` and the body of
    /// `every`
    pub(super) closures: bool,
}

impl Skip {
    /// What the safety check looks at.
    pub(super) const SAFETY: Self = Self {
        ref_heads: false,
        call_heads: true,
        object_keys: false,
        sets: false,
        closures: true,
    };
    /// What a pattern binds.
    pub(super) const PATTERN: Self =
        Self { ref_heads: true, call_heads: false, object_keys: true, sets: false, closures: true };
    /// What the result of a call binds.
    pub(super) const OUTPUT: Self =
        Self { ref_heads: true, call_heads: false, object_keys: true, sets: true, closures: true };
    /// Only what stands within the brackets of references.
    pub(super) const BRACKETS: Self = Self {
        ref_heads: true,
        call_heads: false,
        object_keys: false,
        sets: false,
        closures: false,
    };
    /// All of them.
    pub(super) const NOTHING: Self = Self {
        ref_heads: false,
        call_heads: false,
        object_keys: false,
        sets: false,
        closures: false,
    };

    /// The variables of a term.
    pub(super) fn term(self, term: &Term) -> NameSet {
        let mut found = NameSet::default();
        self.in_term(term, &mut |name| found.insert(name));
        found
    }

    /// The variables of an expression.
    pub(super) fn expr(self, expr: &Expr) -> NameSet {
        let mut found = NameSet::default();
        self.in_expr(expr, &mut |name| found.insert(name));
        found
    }

    /// The variables of a body.
    pub(super) fn body(self, body: &Body) -> NameSet {
        let mut found = NameSet::default();
        body.iter().for_each(|expr| self.in_expr(expr, &mut |name| found.insert(name)));
        found
    }

    /// Calls `found` for the variables of a term.
    pub(super) fn in_term(self, term: &Term, found: &mut dyn FnMut(Name)) {
        match &term.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            Value::Var(name) => found(*name),
            Value::Ref(terms) => {
                let terms = if self.ref_heads { terms.get(1..) } else { terms.get(..) };
                self.in_terms(terms.unwrap_or_default(), found);
            }
            Value::Call(terms) => self.in_call(terms, found),
            Value::Array(terms) => self.in_terms(terms, found),
            Value::Set(terms) => {
                if !self.sets {
                    self.in_terms(terms, found);
                }
            }
            Value::Object(entries) => {
                for (key, value) in entries {
                    if !self.object_keys {
                        self.in_term(key, found);
                    }
                    self.in_term(value, found);
                }
            }
            Value::ArrayOf(item, body) | Value::SetOf(item, body) => {
                if !self.closures {
                    self.in_term(item, found);
                    body.iter().for_each(|expr| self.in_expr(expr, found));
                }
            }
            Value::ObjectOf(key, value, body) => {
                if !self.closures {
                    self.in_term(key, found);
                    self.in_term(value, found);
                    body.iter().for_each(|expr| self.in_expr(expr, found));
                }
            }
            Value::Template(parts) => {
                if !self.closures {
                    for part in parts {
                        match part {
                            Part::Term(term) => self.in_term(term, found),
                            Part::Expr(expr) => self.in_expr(expr, found),
                        }
                    }
                }
            }
        }
    }

    fn in_terms(self, terms: &[Term], found: &mut dyn FnMut(Name)) {
        terms.iter().for_each(|term| self.in_term(term, found));
    }

    fn in_call(self, terms: &[Term], found: &mut dyn FnMut(Name)) {
        if !self.call_heads {
            return self.in_terms(terms, found);
        }
        if let Some((operator, operands)) = terms.split_first() {
            self.without_head(operator, found);
            self.in_terms(operands, found);
        }
    }

    fn without_head(self, term: &Term, found: &mut dyn FnMut(Name)) {
        if let Value::Ref(path) = &term.value {
            self.in_terms(path.get(1..).unwrap_or_default(), found);
        }
    }

    /// Calls `found` for the variables of an expression.
    pub(super) fn in_expr(self, expr: &Expr, found: &mut dyn FnMut(Name)) {
        match &expr.kind {
            Kind::Term(term) => self.in_term(term, found),
            Kind::Call(terms) => self.in_call(terms, found),
            Kind::Some(terms) => self.in_terms(terms, found),
            Kind::SomeIn(some) => {
                some.key.iter().for_each(|key| self.in_term(key, found));
                self.in_term(&some.value, found);
                self.in_term(&some.collection, found);
            }
            Kind::Every(every) => {
                if self.closures {
                    // The modifiers of `every` are not looked at either.
                    return self.in_term(&every.domain, found);
                }
                every.key.iter().for_each(|key| self.in_term(key, found));
                self.in_term(&every.value, found);
                self.in_term(&every.domain, found);
                every.body.iter().for_each(|expr| self.in_expr(expr, found));
            }
            Kind::Not(operand) => self.in_operand(&operand.body, found),
            Kind::And(left, right) | Kind::Or(left, right) => {
                self.in_operand(&left.body, found);
                self.in_operand(&right.body, found);
            }
        }
        for with in &expr.with {
            self.in_with(with, found);
        }
    }

    fn in_operand(self, body: &Body, found: &mut dyn FnMut(Name)) {
        if !self.closures {
            body.iter().for_each(|expr| self.in_expr(expr, found));
        }
    }

    /// Calls `found` for the variables of a modifier.
    pub(super) fn in_with(self, with: &super::draft::With, found: &mut dyn FnMut(Name)) {
        if self.call_heads {
            self.without_head(&with.target, found);
            match &with.value.value {
                Value::Ref(_) => self.without_head(&with.value, found),
                _ => self.in_term(&with.value, found),
            }
        } else {
            self.in_term(&with.target, found);
            self.in_term(&with.value, found);
        }
    }
}

/// What the argument patterns of a clause bind.
pub(super) fn args(clause: &Clause) -> NameSet {
    let mut found = NameSet::default();
    for arg in &clause.head.args {
        Skip::NOTHING.in_term(arg, &mut |name| found.insert(name));
    }
    found
}
