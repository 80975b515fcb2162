//! Checks what modifiers replace, and binds values that need evaluation ahead of them.

use super::cx::Cx;
use super::draft::{Body, Clause, Expr, Term, Value, With};
use super::functions;
use super::heads::needs_evaluation;
use super::names::Name;
use super::rule_tree::{Part, RuleTree};
use super::show;
use super::walk;
use crate::Code;
use std::collections::HashMap;

/// Rewrites all bodies of a clause.
pub(super) fn clause(cx: &mut Cx<'_>, tree: &RuleTree, clause: &mut Clause) {
    walk::bodies_of_clause(clause, &mut |body| rewrite(cx, tree, body));
}

/// Rewrites a query's body and those within it.
pub(super) fn body(cx: &mut Cx<'_>, tree: &RuleTree, body: &mut Body) {
    walk::bodies_of_body(body, &mut |body| rewrite(cx, tree, body));
}

fn rewrite(cx: &mut Cx<'_>, tree: &RuleTree, body: &mut Body) {
    if body.iter().all(|expr| expr.with.is_empty()) {
        return;
    }
    let mut rewritten = Body::with_capacity(body.len());
    // Copies of a modifier share the variable of its value.
    let mut bound: HashMap<u32, Term> = HashMap::new();
    for mut expr in std::mem::take(body) {
        for with in &mut expr.with {
            if let Some(local) = bound.get(&with.id) {
                check(cx, tree, with);
                with.value = local.clone();
            } else if check(cx, tree, with) {
                let at = with.value.at;
                let local = Term::var(cx.names.generate(), at);
                let value = std::mem::replace(&mut with.value, local.clone());
                bound.insert(with.id, local.clone());
                rewritten.push(Expr { generated: true, ..Expr::unify(local, value, at) });
            }
        }
        rewritten.push(expr);
    }
    *body = rewritten;
}

/// Checks a modifier: whether its value is to be evaluated first.
fn check(cx: &mut Cx<'_>, tree: &RuleTree, with: &mut With) -> bool {
    for term in [&mut with.target, &mut with.value] {
        if let Value::Var(name) = term.value
            && cx.names.is_builtin(name)
        {
            term.value = Value::Ref(vec![Term::var(name, term.at)]);
        }
    }
    let at = with.target.at;
    if let Some(path) = functions::data_path(&with.target) {
        return check_data(cx, tree, with, &path);
    }
    if matches!(&with.target.value, Value::Ref(path) if path.first().and_then(Term::as_var) == Some(Name::INPUT))
    {
        return needs_evaluation(&with.value);
    }
    let Some(builtin) = functions::builtin(&cx.names, &with.target) else {
        cx.error(
            Code::Type,
            at,
            "with keyword target must reference existing input, data, or a function",
        );
        return false;
    };
    let replacing = "with keyword replacing built-in function";
    let shown = show::term(&cx.names, show::As::Is, &with.target);
    let refused = match builtin.name {
        "eq" | "rego.metadata.chain" | "rego.metadata.rule" => {
            Some(format!("{replacing}: replacement of \"{}\" invalid", builtin.name))
        }
        name if name.starts_with("internal.") => {
            Some(format!("{replacing}: replacement of internal function \"{shown}\" invalid"))
        }
        _ if builtin.relation => Some(format!("{replacing}: target must not be a relation")),
        _ if builtin.result().is_none() => {
            Some(format!("{replacing}: target must not be a void function"))
        }
        _ => None,
    };
    if let Some(message) = refused {
        cx.error(Code::Compile, at, message);
        return false;
    }
    if is_function_or_rule(cx, tree, &with.value) {
        return false;
    }
    needs_evaluation(&with.value)
}

fn check_data(cx: &mut Cx<'_>, tree: &RuleTree, with: &With, path: &[Part]) -> bool {
    let (last, before) = match path.split_last() {
        Some((last, before)) => (Some(last), before),
        None => (None, path),
    };
    let mut at = Some(0);
    for part in before {
        at = match (at, part) {
            (Some(node), Part::Key(key)) => tree.child(node, key),
            _ => None,
        };
        let Some(node) = at else { break };
        if !tree.rules_at(node).is_empty() {
            let message = "with keyword cannot partially replace virtual document(s)";
            cx.error(Code::Compile, with.target.at, message);
            return false;
        }
    }
    let target = match (at, last) {
        (Some(node), Some(Part::Key(key))) => tree.child(node, key),
        _ => None,
    };
    let has_function = |node| {
        tree.rules_at(node).iter().filter_map(|rule| tree.info(*rule)).any(|info| info.arity > 0)
    };
    if target.is_some_and(has_function) && is_function_or_rule(cx, tree, &with.value) {
        return false;
    }
    let value = functions::data_path(&with.value).and_then(|path| tree.find(&path));
    if value.is_some_and(has_function) {
        return false;
    }
    needs_evaluation(&with.value)
}

/// It names a path of the rule tree, or a built-in.
fn is_function_or_rule(cx: &Cx<'_>, tree: &RuleTree, value: &Term) -> bool {
    functions::data_path(value).is_some_and(|path| tree.find(&path).is_some())
        || functions::builtin(&cx.names, value).is_some()
}
