//! Gives the variables of a term other names.

use super::draft::{Body, Expr, Kind, Part, Term, Value};
use super::names::Name;

/// Gives the variables of a term, those of its comprehensions too, the names that they have in a
/// body.
pub(super) fn rename(term: &mut Term, declared: &dyn Fn(Name) -> Option<Name>) {
    let document = term.as_root_document().is_some();
    let rename_body = |body: &mut Body| body.iter_mut().for_each(|e| rename_in_expr(e, declared));
    match &mut term.value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        Value::Var(name) => {
            if let Some(now) = declared(*name) {
                *name = now;
            }
        }
        Value::Ref(terms) => {
            terms.iter_mut().for_each(|each| rename(each, declared));
            // `input`, where it is a variable of the body.
            if let (true, Some(name)) = (document, terms.first().and_then(Term::as_var))
                && !name.is_root()
            {
                term.value = Value::Var(name);
            }
        }
        Value::Call(terms) | Value::Array(terms) | Value::Set(terms) => {
            terms.iter_mut().for_each(|each| rename(each, declared));
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                rename(key, declared);
                rename(value, declared);
            }
        }
        Value::ArrayOf(item, body) | Value::SetOf(item, body) => {
            rename(item, declared);
            rename_body(body);
        }
        Value::ObjectOf(key, value, body) => {
            rename(key, declared);
            rename(value, declared);
            rename_body(body);
        }
        Value::Template(parts) => {
            for part in parts {
                match part {
                    Part::Term(each) => rename(each, declared),
                    Part::Expr(each) => rename_in_expr(each, declared),
                }
            }
        }
    }
}

fn rename_in_expr(expr: &mut Expr, declared: &dyn Fn(Name) -> Option<Name>) {
    let rename_body = |body: &mut Body| body.iter_mut().for_each(|e| rename_in_expr(e, declared));
    match &mut expr.kind {
        Kind::Term(term) => rename(term, declared),
        Kind::Call(terms) | Kind::Some(terms) => {
            terms.iter_mut().for_each(|term| rename(term, declared));
        }
        Kind::SomeIn(some) => {
            some.key.iter_mut().for_each(|key| rename(key, declared));
            rename(&mut some.value, declared);
            rename(&mut some.collection, declared);
        }
        Kind::Every(every) => {
            every.key.iter_mut().for_each(|key| rename(key, declared));
            rename(&mut every.value, declared);
            rename(&mut every.domain, declared);
            rename_body(&mut every.body);
        }
        Kind::Not(operand) => rename_body(&mut operand.body),
        Kind::And(left, right) | Kind::Or(left, right) => {
            rename_body(&mut left.body);
            rename_body(&mut right.body);
        }
    }
    for with in &mut expr.with {
        rename(&mut with.target, declared);
        rename(&mut with.value, declared);
    }
}
