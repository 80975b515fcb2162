//! Queries: a body that is asked of the rules, whose variables are its results.

use super::cx::Cx;
use super::draft::Body;
use super::lift::Lift;
use super::lower::Lower;
use super::names::{Name, NameSet, Names};
use super::rule_tree::{Info, Key, Part};
use super::walk::Skip;
use super::{
    Answer, Options, dynamics, expr_terms, finish, functions, heads, locals, print, resolve,
    safety, templates, types, with,
};
use crate::ast;
use crate::hir::{self, Hir};
use crate::{Location, SourceId, Span};
use sekisho_budget::Budget;
use sekisho_value::Str;

/// Where a query is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct QueryContext<'q> {
    /// the query's own source
    pub source: SourceId,
    /// names of this package's rules stand for them
    pub package: Option<&'q [Str]>,
    /// what is imported for the query
    pub imports: &'q [ast::Import],
}

/// Finds the meaning of a query, and what is wrong with it. Its results are the variables of its
/// statements, those of comprehensions and the like aside, in the order of their first mention;
/// what `:=` declares is called in [`hir::Query::variables`] as it was written.
#[must_use]
pub fn analyze_query(
    query: &ast::Body,
    source: SourceId,
    against: &Hir,
    options: &Options,
    budget: &Budget<'_>,
) -> Answer {
    let context = QueryContext { source, ..QueryContext::default() };
    analyze_query_in(query, &context, against, options, budget)
}

/// As [`analyze_query`], within a package and with imports.
#[must_use]
pub fn analyze_query_in(
    query: &ast::Body,
    context: &QueryContext<'_>,
    against: &Hir,
    options: &Options,
    budget: &Budget<'_>,
) -> Answer {
    let mut cx =
        Cx::new(Names::new("__localq", options.release), &against.sources, options, budget);
    let query = run(&mut cx, query, context, against);
    let diagnostics = finish(cx);
    (query.filter(|_| diagnostics.is_empty()), diagnostics)
}

fn run(
    cx: &mut Cx<'_>,
    written: &ast::Body,
    context: &QueryContext<'_>,
    against: &Hir,
) -> Option<hir::Query> {
    let going = |cx: &Cx<'_>| (!cx.stop).then_some(());
    let environment = &against.environment;
    let tree = &environment.tree;
    let mut body = Lift {
        names: &mut cx.names,
        source: context.source,
        negation: cx.options.negation,
        withs: 0,
        templates: false,
    }
    .body(written);
    let rules: Vec<&Str> = match context.package {
        Some(package) => tree.rules.iter().filter_map(|info| rule_of(info, package)).collect(),
        None => Vec::new(),
    };
    let package = context.package.unwrap_or_default();
    let globals = resolve::globals(&mut cx.names, package, rules, context.imports);
    resolve::query(&globals, &mut body);
    locals::query(cx, &mut body);
    going(cx)?;
    let results = results(cx, &body);
    templates::body(cx, tree, &mut body, &NameSet::roots());
    going(cx)?;
    functions::check_void_in_query(cx, &body);
    going(cx)?;
    print::query(cx, tree, &mut body);
    going(cx)?;
    expr_terms::body(&mut cx.names, &mut body);
    heads::comprehensions_of_body(&mut cx.names, &mut body);
    with::body(cx, tree, &mut body);
    going(cx)?;
    functions::check_calls_of_query(cx, tree, &body);
    going(cx)?;
    safety::order_query(cx, tree, &mut body);
    going(cx)?;
    dynamics::body(&mut cx.names, &mut body);
    types::check_query(cx, tree, &environment.types, &body);
    functions::check_refused_in_query(cx, &body);
    if !cx.errors.is_empty() {
        return None;
    }
    let mut lower = Lower::new(&cx.names, tree);
    let meaning = lower.body(&body);
    let results: Vec<hir::Var> = results.into_iter().map(|name| lower.var(name)).collect();
    let mut variables = lower.variables;
    for (name, text) in lower.numbers.iter().map(|(name, var)| (*name, var.0 as usize)) {
        if let Some(slot) = variables.get_mut(text) {
            slot.clone_from(cx.names.shown(name));
        }
    }
    let first = written.first().map(|statement| statement.span).unwrap_or_default();
    let last = written.last().map(|statement| statement.span).unwrap_or_default();
    let span = Span { start: first.start, end: last.end };
    let location = Location { source: context.source, span };
    Some(hir::Query { body: meaning, results, variables, location })
}

/// The name of a rule of that package.
fn rule_of<'i>(info: &'i Info, package: &[Str]) -> Option<&'i Str> {
    let (own, rest) = info.path.split_at_checked(info.package)?;
    let same = own.len() == package.len()
        && own.iter().zip(package).all(|(a, b)| *a == Part::Key(Key::String(b.clone())));
    match rest.first() {
        Some(Part::Key(Key::String(name))) if same => Some(name),
        _ => None,
    }
}

/// The variables that are shown.
fn results(cx: &Cx<'_>, body: &Body) -> Vec<Name> {
    let skip = Skip { call_heads: true, closures: true, ..Skip::NOTHING };
    let mut seen = NameSet::roots();
    let mut results = Vec::new();
    for expr in body {
        skip.in_expr(expr, &mut |name| {
            let shown = cx.names.original(name).unwrap_or(name);
            let hidden = cx.names.is_wildcard(shown) || cx.names.is_generated(shown);
            if !seen.contains(name) && !hidden {
                seen.insert(name);
                results.push(name);
            }
        });
    }
    results
}
