//! Functions by their operators: whether they are there, how many arguments they take.

use super::cx::Cx;
use super::draft::{Expr, Module, Term, Value};
use super::names::{Name, Names};
use super::rule_tree::{Part, RuleTree};
use super::show;
use super::walk::{self, Into, Node};
use crate::builtins::{self, Builtin};
use crate::{Code, Diagnostic, Location};
use sekisho_value::Str;
use std::sync::LazyLock;

/// The built-in of an operator.
pub(super) fn builtin(names: &Names, operator: &Term) -> Option<&'static Builtin> {
    let path = match &operator.value {
        Value::Ref(path) => path,
        Value::Var(name) => return names.builtin(*name),
        _ => return None,
    };
    let (head, rest) = path.split_first()?;
    let root = head.as_var()?;
    if rest.is_empty() {
        return names.builtin(root);
    }
    // No built-in's name begins with `input` or `data`.
    if root.is_root() {
        return None;
    }
    let mut name = names.text(root).to_string();
    for part in rest {
        let Value::String(part) = &part.value else { return None };
        name.push('.');
        name.push_str(part);
    }
    builtins::find(&name)?.of(names.release)
}

/// The path below `data` of a reference that starts there; none where it starts elsewhere.
pub(super) fn data_path(term: &Term) -> Option<Vec<Part>> {
    let Value::Ref(path) = &term.value else { return None };
    let (head, rest) = path.split_first()?;
    (head.as_var() == Some(Name::DATA)).then(|| rest.iter().map(Part::of).collect())
}

/// The strings below `data` of a reference that starts there.
pub(super) fn data_strings(term: &Term) -> Option<Vec<Str>> {
    let Value::Ref(path) = &term.value else { return None };
    let (head, rest) = path.split_first()?;
    if head.as_var() != Some(Name::DATA) {
        return None;
    }
    rest.iter()
        .map(|part| match &part.value {
            Value::String(text) => Some(text.clone()),
            _ => None,
        })
        .collect()
}

/// How many arguments the function of an operator takes; none where there is no such function.
pub(super) fn arity(names: &Names, tree: &RuleTree, operator: &Term) -> Option<usize> {
    if let Some(builtin) = builtin(names, operator) {
        return Some(builtin.params().len());
    }
    let path = data_path(operator)?;
    let first = tree.rules_of(&path).first()?;
    tree.info(*first).map(|info| info.arity)
}

/// Reports calls of what is no function, and calls with too few or many arguments.
pub(super) fn check_calls(cx: &mut Cx<'_>, tree: &RuleTree, module: &Module) {
    let mut errors = Vec::new();
    for clause in module.rules.iter().flat_map(|rule| &rule.clauses) {
        walk::clause(clause, &mut |node| check_call(cx, tree, node, &mut errors));
    }
    tell(cx, errors);
}

/// See [`check_calls`].
pub(super) fn check_calls_of_query(cx: &mut Cx<'_>, tree: &RuleTree, body: &[Expr]) {
    let mut errors = Vec::new();
    for expr in body {
        walk::expr(expr, &mut |node| check_call(cx, tree, node, &mut errors));
    }
    tell(cx, errors);
}

fn tell(cx: &mut Cx<'_>, errors: Vec<(Location, String, Option<String>)>) {
    for (location, message, help) in errors {
        cx.stop = true;
        cx.tell(Diagnostic { code: Code::Type, message, location, help });
    }
}

fn check_call(
    cx: &Cx<'_>,
    tree: &RuleTree,
    node: Node<'_>,
    errors: &mut Vec<(Location, String, Option<String>)>,
) -> Into {
    let Node::Expr(expr) = node else { return Into::Inside };
    let Some((operator, operands)) = expr.call() else { return Into::Inside };
    let shown = || match &operator.value {
        Value::Ref(path) => show::reference(&cx.names, show::As::Written, path),
        _ => show::term(&cx.names, show::As::Written, operator),
    };
    let Some(arity) = arity(&cx.names, tree, operator) else {
        errors.push((expr.at, format!("undefined function {}", shown()), None));
        return Into::Past;
    };
    let fits = if expr.generated {
        operands.len() == arity + 1 || expr.call_of(Name::EQ).is_some()
    } else {
        operands.len() == arity || operands.len() == arity + 1
    };
    if fits {
        return Into::Inside;
    }
    let (message, help) = match builtin(&cx.names, operator) {
        Some(builtin) => {
            let (message, help) = super::types::arity_mismatch(builtin, &shown());
            (message, Some(help))
        }
        None => {
            let given = operands.len() - usize::from(expr.generated);
            let plural = if given == 1 { "" } else { "s" };
            let message =
                format!("function {} has arity {arity}, got {given} argument{plural}", shown());
            (message, None)
        }
    };
    errors.push((expr.at, message, help));
    Into::Past
}

/// Whether something that is written may call a built-in of some kind: it begins as its name does.
pub(super) fn may_call(names: &Names, kind: impl Fn(&Builtin) -> bool) -> bool {
    static CHECKED: LazyLock<Vec<&Builtin>> = LazyLock::new(|| {
        let checked = |builtin: &&Builtin| {
            builtin.network || builtin.deprecated || builtin.result().is_none()
        };
        builtins::all().filter(checked).collect()
    });
    let first = |builtin: &Builtin| builtin.name.split('.').next().unwrap_or_default();
    CHECKED.iter().any(|builtin| kind(builtin) && names.is_written(first(builtin)))
}

/// Reports calls without a value that stand where a value is needed.
pub(super) fn check_void(cx: &mut Cx<'_>, module: &Module) {
    for clause in module.rules.iter().flat_map(|rule| &rule.clauses) {
        let mut found = Vec::new();
        walk::clause(clause, &mut |node| void_call(cx, node, &mut found));
        for (at, message) in found {
            cx.error(Code::Type, at, message);
        }
    }
}

/// See [`check_void`].
pub(super) fn check_void_in_query(cx: &mut Cx<'_>, body: &[Expr]) {
    let mut found = Vec::new();
    for expr in body {
        walk::expr(expr, &mut |node| void_call(cx, node, &mut found));
    }
    for (at, message) in found {
        cx.error(Code::Type, at, message);
    }
}

fn void_call(cx: &Cx<'_>, node: Node<'_>, found: &mut Vec<(Location, String)>) -> Into {
    if let Node::Term(term) = node
        && let Value::Call(terms) = &term.value
        && let Some(operator) = terms.first()
        && builtin(&cx.names, operator).is_some_and(|builtin| builtin.result().is_none())
    {
        let shown = show::term(&cx.names, show::As::Is, term);
        found.push((term.at, format!("{shown} used as value")));
    }
    Into::Inside
}

/// Reports calls that the caller does not allow, and of functions that are deprecated where they
/// are refused: in modules of v1.
pub(super) fn check_refused(cx: &mut Cx<'_>, module: &Module) {
    let deprecated = module.version != crate::ast::Version::V0;
    let network = !cx.options.network;
    let refused_kind =
        |builtin: &Builtin| builtin.network && network || builtin.deprecated && deprecated;
    if !may_call(&cx.names, refused_kind) {
        return;
    }
    let mut found = Vec::new();
    for clause in module.rules.iter().flat_map(|rule| &rule.clauses) {
        walk::clause(clause, &mut |node| refused(cx, node, deprecated, &mut found));
    }
    tell_refused(cx, found);
}

/// See [`check_refused`]; of queries deprecated functions are not refused.
pub(super) fn check_refused_in_query(cx: &mut Cx<'_>, body: &[Expr]) {
    let mut found = Vec::new();
    for expr in body {
        walk::expr(expr, &mut |node| refused(cx, node, false, &mut found));
    }
    tell_refused(cx, found);
}

fn tell_refused(cx: &mut Cx<'_>, found: Vec<(Location, String)>) {
    for (at, message) in found {
        cx.recoverable(Code::Type, at, message);
    }
}

fn refused(
    cx: &Cx<'_>,
    node: Node<'_>,
    deprecated: bool,
    found: &mut Vec<(Location, String)>,
) -> Into {
    if let Node::Expr(expr) = node
        && let Some((operator, _)) = expr.call()
        && let Some(builtin) = builtin(&cx.names, operator)
    {
        let kinds = [
            (builtin.network && !cx.options.network, "unsafe"),
            (builtin.deprecated && deprecated, "deprecated"),
        ];
        for (_, kind) in kinds.iter().filter(|(holds, _)| *holds) {
            let name = builtin.name;
            let message = format!("{kind} built-in function calls in expression: {name}");
            found.push((expr.at, message));
        }
    }
    Into::Inside
}
