//! Takes calls out of terms: `f(g(x)) == 1` becomes `g(x, a); f(a, b); b == 1`. A collection that
//! a reference starts with gets a variable, so does the domain of `every`.

use super::draft::{Body, Clause, Expr, Kind, Part, Term, Value, append};
use super::names::Names;
use crate::Location;

/// Rewrites a clause. What its head calls is called at the end of its body.
pub(super) fn clause(names: &mut Names, clause: &mut Clause) {
    let mut support = Vec::new();
    for arg in &mut clause.head.args {
        term(names, arg, &mut support);
    }
    term(names, &mut clause.head.value, &mut support);
    append(&mut clause.body, support);
    body(names, &mut clause.body);
}

/// Rewrites a body.
pub(super) fn body(names: &mut Names, body: &mut Body) {
    let mut rewritten = Body::with_capacity(body.len());
    for each in std::mem::take(body) {
        expr(names, each, &mut rewritten);
    }
    *body = rewritten;
}

fn expr(names: &mut Names, mut expr: Expr, out: &mut Body) {
    for with in &mut expr.with {
        term(names, &mut with.value, out);
    }
    let mut support = Vec::new();
    match &mut expr.kind {
        Kind::Term(only) => term(names, only, &mut support),
        Kind::Call(terms) => {
            for operand in terms.iter_mut().skip(1) {
                term(names, operand, &mut support);
            }
        }
        Kind::Every(every) => {
            let at = every.domain.at;
            let local = Term::var(names.generate(), at);
            let domain = std::mem::replace(&mut every.domain, local.clone());
            let mut bound = Expr::unify(local, domain, at);
            bound.generated = true;
            bound.with.clone_from(&expr.with);
            self::expr(names, bound, out);
            body(names, &mut every.body);
        }
        Kind::Not(operand) => body(names, &mut operand.body),
        Kind::And(left, right) | Kind::Or(left, right) => {
            body(names, &mut left.body);
            body(names, &mut right.body);
        }
        Kind::Some(_) | Kind::SomeIn(_) => {}
    }
    for mut extra in support {
        extra.with.clone_from(&expr.with);
        out.push(extra);
    }
    out.push(expr);
}

fn generated(local: Term, value: Term, at: Location) -> Expr {
    Expr { generated: true, ..Expr::unify(local, value, at) }
}

/// Takes the calls out of a term; `support` is what must hold before it.
fn term(names: &mut Names, top: &mut Term, support: &mut Vec<Expr>) {
    match &mut top.value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Var(_) => {}
        Value::Call(terms) => {
            for operand in terms.iter_mut().skip(1) {
                term(names, operand, support);
            }
            let local = Term::var(names.generate(), top.at);
            let mut terms = std::mem::take(terms);
            terms.push(local.clone());
            support.push(Expr { generated: true, ..Expr::new(Kind::Call(terms), top.at) });
            *top = local;
        }
        Value::Ref(path) => {
            for part in path.iter_mut() {
                term(names, part, support);
            }
            // A scalar stays: nothing can be looked up in it, which the types tell.
            if let Some(head) = path.first_mut()
                && !matches!(
                    head.value,
                    Value::Var(_)
                        | Value::Null
                        | Value::Bool(_)
                        | Value::Number(_)
                        | Value::String(_)
                )
            {
                let local = Term::var(names.generate(), head.at);
                let at = head.at;
                let value = std::mem::replace(head, local.clone());
                support.push(generated(local, value, at));
            }
        }
        Value::Array(items) | Value::Set(items) => {
            items.iter_mut().for_each(|item| term(names, item, support));
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                term(names, key, support);
                term(names, value, support);
            }
        }
        Value::ArrayOf(item, inner) | Value::SetOf(item, inner) => {
            let mut own = Vec::new();
            term(names, item, &mut own);
            append(inner, own);
            body(names, inner);
        }
        Value::ObjectOf(key, value, inner) => {
            let mut own = Vec::new();
            term(names, key, &mut own);
            term(names, value, &mut own);
            append(inner, own);
            body(names, inner);
        }
        Value::Template(parts) => {
            for part in parts {
                if let Part::Term(each) = part {
                    term(names, each, support);
                }
            }
        }
    }
}
