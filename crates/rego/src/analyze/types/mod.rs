//! The type checker: what can never hold is a fault at compile time. Types of rules are found in
//! the order of their dependencies; input and base documents may be anything, or what schemas say.
//!
//! As OPA's (`v1/ast/check.go`), but for this: in an expression with modifiers every document may
//! be anything, where OPA follows which are replaced; and types of more than a thousand parts are
//! any type.

mod check;
mod documents;
mod infer;
mod message;
mod refs;
mod schema;
mod subjects;
mod tree;
mod ty;

pub(super) use documents::Documents;
pub(super) use schema::SchemaTypes;
pub(super) use tree::RuleTypes;

use super::cx::Cx;
use super::draft::{Body, Clause, Module};
use super::rule_tree::{Key, RuleId, RuleTree};
use super::schemas::RuleSchemas;
use crate::builtins::Builtin;
use crate::{Code, Diagnostic};
use check::{Builtins, Checker};
use message::Fault;
use ty::Ty;

/// The message of a call with too few or many arguments, and what is wanted.
pub(super) fn arity_mismatch(builtin: &Builtin, shown: &str) -> (String, String) {
    let ty = Ty::from(&builtin.signature);
    let wanted = ty.as_function().map(|function| message::parameters(function, Some(builtin)));
    (format!("{shown}: arity mismatch"), format!("want: {}", wanted.unwrap_or_default()))
}

/// Checks all rules, in an order in which each stands after those it depends on: their types.
pub(super) fn check(
    cx: &mut Cx<'_>,
    modules: &[Module],
    tree: &RuleTree,
    order: &[RuleId],
    schemas: &mut RuleSchemas<'_>,
    known: &RuleTypes,
) -> RuleTypes {
    let mut types = known.clone();
    types.documents = schemas.input().clone();
    let mut builtins = Builtins::default();
    for rule in order {
        let Some(info) = tree.info(*rule) else { continue };
        let (Some(place), Some((module, written))) = (info.place, info.written(modules)) else {
            continue;
        };
        for (position, clause) in written.clauses.iter().enumerate() {
            let documents = schemas.documents(cx, module, place, (position, clause));
            cx.at = clause.at;
            let (path, ty) = check_clause(cx, tree, (&types, &documents), &mut builtins, clause);
            let mut whole: Vec<Key> = module.package.iter().cloned().map(Key::String).collect();
            whole.extend(path);
            match ty {
                Checked::Ty(ty) => types.insert(&whole, ty),
                // What uses the rule is not to blame for its faults.
                Checked::Faulty => types.put(&whole, Ty::any()),
                Checked::Unknown => {}
            }
        }
        if !cx.step(1) || cx.stop {
            break;
        }
    }
    types
}

enum Checked {
    Ty(Ty),
    Unknown,
    Faulty,
}

fn check_clause(
    cx: &mut Cx<'_>,
    tree: &RuleTree,
    types: (&RuleTypes, &Documents),
    builtins: &mut Builtins,
    clause: &Clause,
) -> (Vec<Key>, Checked) {
    let (path, checked, faults) = {
        let step = |steps: usize| cx.has(steps);
        let mut checker = Checker::new(&cx.names, tree, types, builtins, &step, &clause.body);
        checker.check();
        let faulty = !checker.faults.is_empty();
        let (path, ty) = checker.clause(clause);
        let checked = match ty {
            _ if faulty => Checked::Faulty,
            Some(ty) => Checked::Ty(ty),
            None => Checked::Unknown,
        };
        (path, checked, checker.faults)
    };
    report(cx, faults);
    (path, checked)
}

/// Checks a query.
pub(super) fn check_query(cx: &mut Cx<'_>, tree: &RuleTree, types: &RuleTypes, body: &Body) {
    let faults = {
        let mut builtins = Builtins::default();
        let step = |steps: usize| cx.has(steps);
        let mut checker =
            Checker::new(&cx.names, tree, (types, &types.documents), &mut builtins, &step, body);
        checker.check();
        checker.faults
    };
    report(cx, faults);
}

fn report(cx: &mut Cx<'_>, faults: Vec<Fault>) {
    cx.step(faults.len());
    for fault in faults {
        cx.tell(Diagnostic {
            code: Code::Type,
            message: fault.message,
            location: fault.at,
            help: fault.details,
        });
    }
}
