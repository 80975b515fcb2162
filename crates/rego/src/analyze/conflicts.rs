//! Rules that cannot stand side by side: of one path but different kinds or numbers of
//! parameters, below a rule of one value, or at the path of a package.

use super::cx::Cx;
use super::draft::Module;
use super::graph::rule_path;
use super::rule_tree::{Info, NodeId, RuleTree};
use super::show;
use crate::Code;
use std::fmt::Write as _;

/// Reports conflicts.
pub(super) fn check(cx: &mut Cx<'_>, modules: &[Module], tree: &RuleTree) {
    let mut work = vec![0];
    while let Some(at) = work.pop() {
        let Some(node) = tree.node(at) else { continue };
        if check_node(cx, modules, tree, at) {
            work.extend(node.children.values().rev());
        }
        if !cx.step(1 + node.rules.len()) {
            return;
        }
    }
    check_packages(cx, modules, tree);
}

fn shown(cx: &Cx<'_>, modules: &[Module], info: &Info) -> String {
    let Some((module, rule)) = info.written(modules) else { return String::new() };
    let clause = rule.clauses.first();
    clause.map_or_else(String::new, |clause| rule_path(&cx.names, &module.package, clause))
}

/// Whether to look below the node.
fn check_node(cx: &mut Cx<'_>, modules: &[Module], tree: &RuleTree, at: NodeId) -> bool {
    let infos: Vec<&Info> = tree.rules_at(at).iter().filter_map(|rule| tree.info(*rule)).collect();
    let (Some(first), Some(last)) = (infos.first(), infos.last()) else { return true };
    let members = infos.iter().filter(|info| info.member).count();
    let complete = infos.iter().filter(|info| !info.member && info.is_ground()).count();
    let ground_members = infos.iter().filter(|info| info.member && info.is_ground()).count();
    let mixed_kinds = members > 0 && members < infos.len();
    let mixed_arity = infos.iter().any(|info| info.arity != first.arity);
    let mixed_complete = complete > 0 && complete < infos.len();
    let mixed_members = ground_members > 0 && ground_members < members;

    let ground = infos.iter().any(|info| info.is_ground());
    let general = infos.iter().any(|info| !info.is_ground());
    let has_children = tree.node(at).is_some_and(|node| !node.children.is_empty());
    let mut below = Vec::new();
    if has_children && ground {
        below = rules_below(tree, at, &|_| true);
    }
    if has_children && below.is_empty() && general {
        below = rules_below(tree, at, &|info| info.arity > 0);
    }
    if !below.is_empty() {
        let mut message = format!("rule {} conflicts with:", shown(cx, modules, last));
        let mut named: Vec<(String, String)> =
            below.iter().map(|info| (shown(cx, modules, info), cx.place(info.at))).collect();
        named.sort();
        for (rule, place) in named {
            // Writing to a string does not fail.
            let _ = write!(message, "\n  rule {rule} at {place}");
        }
        cx.error(Code::Type, first.at, message);
    } else if mixed_kinds || mixed_arity || mixed_complete || mixed_members {
        let message = format!("conflicting rules {} found", shown(cx, modules, last));
        cx.error(Code::Type, first.at, message);
    } else {
        let defaults: Vec<&&Info> = infos.iter().filter(|info| info.default).collect();
        if let [one, _, ..] = defaults.as_slice() {
            let places: Vec<String> = defaults.iter().map(|info| cx.place(info.at)).collect();
            let message = format!(
                "multiple default rules {} found at {}",
                shown(cx, modules, last),
                places.join(", ")
            );
            let package = one.written(modules).map(|(module, _)| module.package_at);
            cx.error(Code::Type, package.unwrap_or(one.at), message);
        }
    }
    true
}

/// The rules below a node, without those below others of them.
fn rules_below<'t>(
    tree: &'t RuleTree,
    at: NodeId,
    counts: &dyn Fn(&Info) -> bool,
) -> Vec<&'t Info> {
    let mut found = Vec::new();
    let mut work: Vec<NodeId> = Vec::new();
    work.extend(tree.node(at).into_iter().flat_map(|node| node.children.values()));
    while let Some(at) = work.pop() {
        let here = tree.rules_at(at).iter().filter_map(|rule| tree.info(*rule));
        match here.into_iter().find(|info| counts(info)) {
            Some(info) => found.push(info),
            None => {
                work.extend(tree.node(at).into_iter().flat_map(|node| node.children.values()));
            }
        }
    }
    found
}

/// A package must not stand where a rule does.
fn check_packages(cx: &mut Cx<'_>, modules: &[Module], tree: &RuleTree) {
    let mut packages = std::collections::HashMap::new();
    for module in modules {
        packages.entry(module.package.as_slice()).or_insert(module);
    }
    for info in &tree.rules {
        if !info.is_ground() {
            continue;
        }
        let Some((module, rule)) = info.written(modules) else { continue };
        let Some(clause) = rule.clauses.first() else { continue };
        let mut path = module.package.clone();
        path.push(clause.head.name.clone());
        for part in &clause.head.path {
            if let super::draft::Value::String(text) = &part.value {
                path.push(text.clone());
            }
        }
        if path.len() != info.path.len() {
            continue;
        }
        if let Some(other) = packages.get(path.as_slice()) {
            let package = show::data_path(&other.package);
            let package = package.trim_start_matches("data").trim_start_matches('.');
            let own = show::data_path(&module.package);
            let rule = rule_path(&cx.names, &module.package, clause);
            let rule = rule.strip_prefix(&own).unwrap_or(&rule).trim_start_matches('.');
            let message = format!(
                "package {package} conflicts with rule {rule} defined at {}",
                cx.place(clause.at)
            );
            cx.error(Code::Type, module.package_at, message);
        }
    }
}
