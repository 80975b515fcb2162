//! The type checker.

use super::cx::Cx;
use super::draft::{Body, Module, Term};
use super::graph::Graph;
use super::rule_tree::{RuleId, RuleTree};
use crate::builtins::Builtin;

/// The types of rules.
#[derive(Clone, Debug, Default)]
pub(super) struct RuleTypes;

/// The message of a call with too few or many arguments.
pub(super) fn arity_mismatch(_builtin: &Builtin, shown: &str, _operands: &[Term]) -> String {
    format!("{shown}: arity mismatch")
}

/// Checks all rules.
pub(super) fn check(
    _cx: &mut Cx<'_>,
    _modules: &[Module],
    _tree: &RuleTree,
    _graph: &Graph,
    _order: &[RuleId],
) -> RuleTypes {
    RuleTypes
}

/// Checks a query.
pub(super) fn check_query(_cx: &mut Cx<'_>, _tree: &RuleTree, _types: &RuleTypes, _body: &Body) {}
