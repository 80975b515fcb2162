//! What modules of v1 must not do: import under one name twice, or call rules and variables
//! `input` or `data`.

use super::cx::Cx;
use super::draft::{Module, Term, Value};
use super::walk::{self, Into, Node};
use crate::ast::Version;
use crate::{Code, Location};
use sekisho_value::Str;
use std::collections::HashMap;

/// Reports rules, parameters and variables that are called `input` or `data`.
pub(super) fn check_names(cx: &mut Cx<'_>, module: &Module) {
    if module.version == Version::V0 {
        return;
    }
    let mut found: Vec<(Location, String)> = Vec::new();
    for rule in &module.rules {
        let Some(first) = rule.clauses.first() else { continue };
        let name = &first.head.name;
        if name == "input" || name == "data" {
            let message = format!("rules must not shadow {name} (use a different rule name)");
            found.push((first.at, message));
        }
    }
    for clause in module.rules.iter().flat_map(|rule| &rule.clauses) {
        walk::clause(clause, &mut |node| {
            if let Node::Expr(expr) = node
                && let Some([left, ..]) = expr.call_of(super::names::Name::ASSIGN)
                && let Some(root) = root(left)
            {
                let name = cx.names.text(root);
                let message =
                    format!("variables must not shadow {name} (use a different variable name)");
                found.push((expr.at, message));
            }
            Into::Inside
        });
    }
    for (at, message) in found {
        cx.recoverable(Code::Compile, at, message);
    }
}

fn root(term: &Term) -> Option<super::names::Name> {
    term.as_root_document().or(match term.value {
        Value::Var(name) => Some(name).filter(|name| name.is_root()),
        _ => None,
    })
}

/// Reports imports under a name that another has.
pub(super) fn check_imports(cx: &mut Cx<'_>, module: &Module) {
    if module.version == Version::V0 {
        return;
    }
    let mut seen: HashMap<&Str, String> = HashMap::new();
    for import in &module.imports {
        let Some(name) = import.alias.as_ref().or(import.path.last()) else { continue };
        let shown = {
            let root = import.path.first().cloned().unwrap_or_default();
            let rest = super::show::data_path(import.path.iter().skip(1));
            let path = format!("{root}{}", rest.strip_prefix("data").unwrap_or_default());
            match &import.alias {
                Some(alias) => format!("import {path} as {alias}"),
                None => format!("import {path}"),
            }
        };
        if let Some(before) = seen.get(name) {
            let message = format!("import must not shadow {before}");
            let at = Location { source: module.source, span: import.span };
            cx.recoverable(Code::Compile, at, message);
        } else {
            seen.insert(name, shown);
        }
    }
}
