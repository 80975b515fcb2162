//! Takes out of heads and comprehension terms what must be evaluated: they are to hold only
//! constants, variables and patterns of them.

use super::draft::{Body, Clause, Expr, Term, Value, append};
use super::names::Names;
use super::walk::{self, Into, Node};

/// Gives each part of a head's path that is no scalar or variable a variable.
pub(super) fn paths(names: &mut Names, clause: &mut Clause) {
    for part in &mut clause.head.path {
        if !part.value.is_scalar() && part.as_var().is_none() {
            hoist(names, part, &mut clause.body);
        }
    }
}

/// Gives member, value and arguments variables, where they need evaluation.
pub(super) fn values(names: &mut Names, clause: &mut Clause) {
    for term in [&mut clause.head.value].into_iter().chain(&mut clause.head.args) {
        if needs_evaluation(term) {
            hoist(names, term, &mut clause.body);
        }
    }
}

/// Gives the terms of all comprehensions of a clause variables, where they need evaluation.
pub(super) fn comprehensions(names: &mut Names, clause: &mut Clause) {
    for term in clause.head.args.iter_mut().chain([&mut clause.head.value]) {
        comprehensions_of_term(names, term);
    }
    comprehensions_of_body(names, &mut clause.body);
}

/// It holds a reference or a comprehension.
pub(super) fn needs_evaluation(term: &Term) -> bool {
    let mut found = false;
    walk::term(term, &mut |node| {
        if let Node::Term(term) = node {
            found |= matches!(term.value, Value::Ref(_)) || term.value.is_comprehension();
        }
        if found { Into::Past } else { Into::Inside }
    });
    found
}

/// Replaces a term by a variable that the body makes equal to it.
fn hoist(names: &mut Names, term: &mut Term, body: &mut Body) {
    let at = term.at;
    let local = Term::var(names.generate(), at);
    let value = std::mem::replace(term, local.clone());
    append(body, [Expr { generated: true, ..Expr::unify(local, value, at) }]);
}

/// See [`comprehensions`].
pub(super) fn comprehensions_of_body(names: &mut Names, body: &mut Body) {
    use super::draft::Kind;
    for expr in body {
        match &mut expr.kind {
            Kind::Term(term) => comprehensions_of_term(names, term),
            Kind::Call(terms) => {
                terms.iter_mut().for_each(|term| comprehensions_of_term(names, term));
            }
            Kind::Every(every) => {
                comprehensions_of_term(names, &mut every.domain);
                comprehensions_of_body(names, &mut every.body);
            }
            Kind::Not(operand) => comprehensions_of_body(names, &mut operand.body),
            Kind::And(left, right) | Kind::Or(left, right) => {
                comprehensions_of_body(names, &mut left.body);
                comprehensions_of_body(names, &mut right.body);
            }
            Kind::Some(_) | Kind::SomeIn(_) => {}
        }
        for with in &mut expr.with {
            comprehensions_of_term(names, &mut with.value);
        }
    }
}

fn comprehensions_of_term(names: &mut Names, term: &mut Term) {
    match &mut term.value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Var(_) => {}
        Value::Ref(terms) | Value::Call(terms) | Value::Array(terms) | Value::Set(terms) => {
            terms.iter_mut().for_each(|each| comprehensions_of_term(names, each));
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                comprehensions_of_term(names, key);
                comprehensions_of_term(names, value);
            }
        }
        Value::ArrayOf(item, body) | Value::SetOf(item, body) => {
            if needs_evaluation(item) {
                hoist(names, item, body);
            }
            comprehensions_of_body(names, body);
        }
        Value::ObjectOf(key, value, body) => {
            for term in [key, value] {
                if needs_evaluation(term) {
                    hoist(names, term, body);
                }
            }
            comprehensions_of_body(names, body);
        }
        Value::Template(_) => {}
    }
}
