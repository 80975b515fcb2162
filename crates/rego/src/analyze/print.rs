//! `print` shows undefined values instead of failing: each argument becomes a set comprehension.
//! Where nobody reads what is printed, the calls go away.

use super::cx::Cx;
use super::draft::{Body, Clause, Expr, Kind, Term, Value};
use super::names::NameSet;
use super::rule_tree::RuleTree;
use super::templates::bound_by;
use super::walk::{self, Into, Node, Skip};
use crate::Code;
use sekisho_value::Str;

/// Rewrites the calls of a clause, or drops them.
pub(super) fn clause(cx: &mut Cx<'_>, tree: &RuleTree, clause: &mut Clause) {
    let print = cx.names.intern(&Str::new_static("print"));
    let mut found = false;
    walk::clause(clause, &mut |node| {
        found |= matches!(node, Node::Expr(expr) if expr.call_of(print).is_some());
        Into::Inside
    });
    if !found {
        return;
    }
    if !cx.options.print {
        return walk::bodies_of_clause(clause, &mut |body| erase(cx, body));
    }
    let mut bound = NameSet::roots();
    bound.extend(&walk::args(clause));
    walk::bodies_of_term(&mut clause.head.value, &mut |inner| body(cx, tree, inner, &bound));
    body(cx, tree, &mut clause.body, &bound);
}

/// Rewrites the calls of a query, or drops them.
pub(super) fn query(cx: &mut Cx<'_>, tree: &RuleTree, query: &mut Body) {
    if cx.options.print {
        body(cx, tree, query, &NameSet::roots());
    } else {
        walk::bodies_of_body(query, &mut |body| erase(cx, body));
    }
}

fn erase(cx: &mut Cx<'_>, body: &mut Body) {
    let print = cx.names.intern(&Str::new_static("print"));
    let at = body.first().map(|expr| expr.at).unwrap_or_default();
    body.retain(|expr| expr.call_of(print).is_none());
    if body.is_empty() {
        body.push(Expr::always(at));
    }
}

fn body(cx: &mut Cx<'_>, tree: &RuleTree, body: &mut Body, bound: &NameSet) {
    let print = cx.names.intern(&Str::new_static("print"));
    let mut done = Body::with_capacity(body.len());
    for mut expr in std::mem::take(body) {
        let mut has_closure = false;
        walk::expr(&expr, &mut |node| {
            has_closure |= match node {
                Node::Term(term) => term.value.is_comprehension(),
                Node::Expr(expr) => !matches!(expr.kind, Kind::Term(_) | Kind::Call(_)),
            };
            Into::Inside
        });
        if has_closure {
            let mut safe = bound_by(cx, tree, &done, bound);
            closures(cx, tree, &mut expr, &mut safe);
        }
        if expr.call_of(print).is_some() {
            let mut safe = bound_by(cx, tree, &done, bound);
            for name in Skip::NOTHING.body(&done).iter() {
                if cx.names.is_generated(name) {
                    safe.insert(name);
                }
            }
            call(cx, &mut expr, &safe);
        }
        done.push(expr);
    }
    *body = done;
}

/// The bodies right below an expression.
fn closures(cx: &mut Cx<'_>, tree: &RuleTree, expr: &mut Expr, safe: &mut NameSet) {
    match &mut expr.kind {
        Kind::Every(every) => {
            closures_of_term(cx, tree, &mut every.domain, safe);
            for term in every.key.iter().chain([&every.value]) {
                safe.extend(&Skip::NOTHING.term(term));
            }
            body(cx, tree, &mut every.body, safe);
        }
        Kind::Not(operand) => body(cx, tree, &mut operand.body, safe),
        Kind::And(left, right) | Kind::Or(left, right) => {
            body(cx, tree, &mut left.body, safe);
            body(cx, tree, &mut right.body, safe);
        }
        Kind::Term(term) => closures_of_term(cx, tree, term, safe),
        Kind::Call(terms) => {
            terms.iter_mut().for_each(|term| closures_of_term(cx, tree, term, safe));
        }
        Kind::Some(_) | Kind::SomeIn(_) => {}
    }
    for with in &mut expr.with {
        closures_of_term(cx, tree, &mut with.value, safe);
    }
}

fn closures_of_term(cx: &mut Cx<'_>, tree: &RuleTree, term: &mut Term, safe: &NameSet) {
    match &mut term.value {
        Value::Ref(terms) | Value::Call(terms) | Value::Array(terms) | Value::Set(terms) => {
            terms.iter_mut().for_each(|each| closures_of_term(cx, tree, each, safe));
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                closures_of_term(cx, tree, key, safe);
                closures_of_term(cx, tree, value, safe);
            }
        }
        Value::ArrayOf(_, inner) | Value::SetOf(_, inner) | Value::ObjectOf(_, _, inner) => {
            body(cx, tree, inner, safe);
        }
        _ => {}
    }
}

fn call(cx: &mut Cx<'_>, expr: &mut Expr, safe: &NameSet) {
    let Kind::Call(terms) = &mut expr.kind else { return };
    let mut failed = false;
    for operand in terms.iter().skip(1) {
        let mut missing = Skip::SAFETY.term(operand);
        missing.retain(|name| !safe.contains(name));
        for name in missing.by_text(&cx.names) {
            failed = true;
            let message = format!("var {} is undeclared", cx.names.written(name));
            cx.error(Code::Compile, operand.at, message);
        }
    }
    if failed {
        return;
    }
    let operands = terms.split_off(1).into_iter().map(|operand| {
        let at = operand.at;
        let local = Term::var(cx.names.generate(), at);
        let capture = Expr::unify(local.clone(), operand, at);
        Term::new(Value::SetOf(Box::new(local), vec![capture]), at)
    });
    let operands = Term::new(Value::Array(operands.collect()), expr.at);
    let internal = cx.names.intern(&Str::new_static("internal"));
    let operator = Term::path(internal, [&Str::new_static("print")], expr.at);
    // As OPA has it, modifiers are dropped here.
    *expr = Expr::new(Kind::Call(vec![operator, operands]), expr.at);
}
