//! From trees to meaning: names resolved, statements rewritten and ordered, faults found.
//!
//! Each pass does what a stage of OPA's compiler does (`v1/ast/compile.go`), in the same order,
//! since later passes see what earlier ones leave. All passes of a kind run over all modules
//! before the next; after a pass that found faults none follows, unless the faults are of a kind
//! that the next ones do not trip over.
//!
//! **Invariant:** recursion here follows the nesting of the tree, which the parser limits; what
//! goes over rules (the order of rules, recursion among them) loops.

mod advice;
mod conflicts;
mod cx;
mod draft;
mod dynamics;
mod expr_terms;
mod functions;
mod gather;
mod graph;
mod heads;
mod key_order;
mod lift;
mod locals;
mod lower;
mod metadata;
mod names;
mod narrow;
mod outputs;
mod print;
#[cfg(test)]
mod printed;
mod query;
mod rename;
mod resolve;
mod rule_tree;
mod safety;
mod same;
mod schemas;
mod shadows;
mod show;
mod templates;
#[cfg(test)]
mod tests;
mod types;
mod walk;
mod with;

pub use query::{QueryContext, analyze_query, analyze_query_in};
pub use schemas::Schemas;

use crate::ast;
use crate::builtins::Release;
use crate::hir::{self, Hir};
use crate::{Code, Diagnostic, Limit, Source, SourceId};
use cx::Cx;
use draft::{Clause, Module};
use lift::Lift;
use names::Names;
use rule_tree::RuleTree;
use sekisho_budget::Budget;
use sekisho_value::Str;
use std::sync::Arc;

/// How modules are understood.
#[derive(Clone, Debug)]
pub struct Options {
    /// what `not` says of an expression that is undefined in part
    pub negation: Negation,
    /// `print` shows its arguments; otherwise calls of it are dropped
    pub print: bool,
    /// what built-ins give is as this release of OPA has it
    pub release: Release,
    /// functions that ask the network may be called
    pub network: bool,
    /// what documents are; without, annotations that say so are passed over
    pub schemas: Option<Schemas>,
    /// no more faults than these are told
    pub error_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            negation: Negation::AsOpa,
            print: true,
            release: Release::default(),
            network: false,
            schemas: None,
            error_limit: 1_000,
        }
    }
}

/// What `not f(g(x))` means where `g(x)` is undefined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Negation {
    /// As OPA has it: arguments are evaluated before the `not`, so that it is undefined itself
    #[default]
    AsOpa,
    /// the whole is negated, so that it holds: as where `future.keywords.not` is imported
    Whole,
}

/// What queries need to know of the rules beside their meaning.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    tree: RuleTree,
    types: types::RuleTypes,
}

/// Finds the meaning of modules, and what is wrong with them. There is no meaning where something
/// is wrong.
#[must_use]
pub fn analyze(
    modules: &[ast::Module],
    sources: &[Source],
    options: &Options,
    budget: &Budget<'_>,
) -> (Option<Hir>, Vec<Diagnostic>) {
    let modules: Vec<&ast::Module> = modules.iter().collect();
    analyze_upon(&Hir::default(), modules, sources, options, budget)
}

/// As [`analyze`], of modules that may use what is understood already: their meaning and its. What
/// is understood must read nothing that the modules define, at no path of theirs.
pub(crate) fn analyze_upon(
    base: &Hir,
    modules: Vec<&ast::Module>,
    sources: &[Source],
    options: &Options,
    budget: &Budget<'_>,
) -> (Option<Hir>, Vec<Diagnostic>) {
    let mut cx = Cx::new(Names::new("__local", options.release), sources, options, budget);
    let hir = run(&mut cx, modules, base);
    let diagnostics = finish(cx);
    (hir.filter(|_| diagnostics.is_empty()), diagnostics)
}

/// The faults in the order of their places.
fn finish(cx: Cx<'_>) -> Vec<Diagnostic> {
    let Cx { mut errors, exceeded, at, sources, .. } = cx;
    if let Some(exceeded) = exceeded {
        let limit = Limit::of(exceeded).unwrap_or(Limit::Calls);
        let what = match limit {
            Limit::Steps => "took more operations than it may",
            Limit::Memory => "took more memory than it may",
            Limit::Time => "took longer than it may",
            Limit::Calls => "nests deeper than it may",
        };
        errors.push(Diagnostic {
            code: Code::Budget(limit),
            message: format!("compiling the policies {what}"),
            location: at,
            help: Some("raise the budget, or compile fewer policies at once".to_owned()),
        });
    }
    let name = |source: SourceId| sources.get(usize::from(source.0)).map(|source| &source.name);
    errors.sort_by(|a, b| {
        let (left, right) = (a.location, b.location);
        name(left.source)
            .cmp(&name(right.source))
            .then(left.source.cmp(&right.source))
            .then(left.span.start.cmp(&right.span.start))
    });
    errors.dedup();
    for error in errors.iter_mut().filter(|error| error.help.is_none()) {
        error.help = advice::advice(error);
    }
    errors
}

fn each(cx: &mut Cx<'_>, modules: &mut [Module], pass: impl Fn(&mut Cx<'_>, &mut Clause)) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        for clause in &mut rule.clauses {
            cx.at = clause.at;
            pass(cx, clause);
        }
        if !cx.step(1) {
            return;
        }
    }
}

fn run(cx: &mut Cx<'_>, written: Vec<&ast::Module>, base: &Hir) -> Option<Hir> {
    let mut sorted = written;
    let name = |module: &ast::Module| {
        cx.sources.get(usize::from(module.source.0)).map(|source| source.name.clone())
    };
    sorted.sort_by_key(|module| (name(module), module.source));
    let mut lift = Lift {
        names: &mut cx.names,
        source: SourceId::default(),
        negation: cx.options.negation,
        withs: 0,
        templates: false,
    };
    let mut modules: Vec<Module> = sorted.iter().map(|module| lift.module(module)).collect();
    let written = Written { modules: &sorted, templates: lift.templates, withs: lift.withs > 0 };
    let known = &base.environment;
    let tree = rewrite(cx, &known.tree, &written, &mut modules)?;
    let modules = &modules;
    let graph = graph::Graph::new(cx, modules, &tree);
    graph::check_recursion(cx, modules, &tree, &graph);
    if cx.stop {
        return None;
    }
    let order = graph.order();
    let mut schemas = schemas::RuleSchemas::new(cx, &sorted, modules);
    let types = types::check(cx, modules, &tree, &order, &mut schemas, &known.types);
    for module in modules {
        functions::check_refused(cx, module);
    }
    if !cx.errors.is_empty() {
        return None;
    }
    let mut rules: Vec<_> = order
        .iter()
        .filter_map(|rule| {
            let place = tree.info(*rule)?.place?;
            let module = modules.get(place.0)?;
            lower::rule(&cx.names, &tree, module, module.rules.get(place.1)?)
        })
        .collect();
    gather::gather(&mut rules);
    Some(Hir {
        rules: base.rules.iter().cloned().chain(rules.into_iter().map(Arc::new)).collect(),
        sources: cx.sources.to_vec(),
        packages: packages(base, modules),
        release: cx.options.release,
        environment: Arc::new(Environment { tree, types }),
    })
}

fn packages(base: &Hir, modules: &[Module]) -> Vec<Vec<Str>> {
    let own = modules.iter().map(|module| &module.package);
    let mut packages: Vec<Vec<Str>> = base.packages.iter().chain(own).cloned().collect();
    packages.sort();
    packages.dedup();
    packages
}

/// The modules as they are written, and what is in them: passes that rewrite something else are
/// for others.
struct Written<'m> {
    modules: &'m [&'m ast::Module],
    templates: bool,
    withs: bool,
}

/// All passes that rewrite. None where a fault ends them.
fn rewrite(
    cx: &mut Cx<'_>,
    known: &RuleTree,
    written: &Written<'_>,
    modules: &mut [Module],
) -> Option<RuleTree> {
    let going = |cx: &Cx<'_>| (!cx.stop).then_some(());
    resolve_all(cx, modules);
    going(cx)?;
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        if let Some(first) = rule.clauses.first_mut() {
            heads::paths(&mut cx.names, first);
        }
    }
    for module in modules.iter() {
        shadows::check_names(cx, module);
        shadows::check_imports(cx, module);
    }
    let tree = RuleTree::upon(known, modules);
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        locals::rule(cx, rule);
    }
    going(cx)?;
    if written.templates {
        each(cx, modules, |cx, clause| templates::clause(cx, &tree, clause));
        going(cx)?;
    }
    if functions::may_call(&cx.names, |builtin| builtin.result().is_none()) {
        modules.iter().for_each(|module| functions::check_void(cx, module));
        going(cx)?;
    }
    if cx.names.is_written("print") {
        each(cx, modules, |cx, clause| print::clause(cx, &tree, clause));
        going(cx)?;
    }
    each(cx, modules, |cx, clause| expr_terms::clause(&mut cx.names, clause));
    if cx.names.is_written("rego") {
        metadata::rewrite(cx, written.modules, modules);
        going(cx)?;
    }
    each(cx, modules, |cx, clause| heads::comprehensions(&mut cx.names, clause));
    each(cx, modules, |cx, clause| heads::values(&mut cx.names, clause));
    if written.withs {
        each(cx, modules, |cx, clause| with::clause(cx, &tree, clause));
        going(cx)?;
    }
    conflicts::check(cx, modules, &tree);
    going(cx)?;
    for module in modules.iter() {
        functions::check_calls(cx, &tree, module);
    }
    going(cx)?;
    let scopes: Vec<safety::Scopes> =
        modules.iter().map(|module| safety::Scopes::new(cx, module)).collect();
    for (module, scopes) in modules.iter().zip(&scopes) {
        for clause in module.rules.iter().flat_map(|rule| &rule.clauses) {
            safety::check_head(cx, clause, scopes);
        }
    }
    going(cx)?;
    for (module, scopes) in modules.iter_mut().zip(&scopes) {
        for clause in module.rules.iter_mut().flat_map(|rule| &mut rule.clauses) {
            cx.at = clause.at;
            safety::order_clause(cx, &tree, clause, scopes);
        }
    }
    going(cx)?;
    each(cx, modules, |cx, clause| {
        dynamics::equals(&mut cx.names, &mut clause.body);
        dynamics::body(&mut cx.names, &mut clause.body);
    });
    going(cx)?;
    Some(tree)
}

fn resolve_all(cx: &mut Cx<'_>, modules: &mut [Module]) {
    let globals: Vec<resolve::Globals> = {
        let exports = resolve::exports(modules);
        let of = |module: &Module, names: &mut Names| {
            let rules = exports.get(module.package.as_slice()).into_iter().flatten().copied();
            resolve::globals(names, &module.package, rules, &module.imports)
        };
        modules.iter().map(|module| of(module, &mut cx.names)).collect()
    };
    for (module, globals) in modules.iter_mut().zip(&globals) {
        for clause in module.rules.iter_mut().flat_map(|rule| &mut rule.clauses) {
            if let Err(root) = resolve::clause(globals, clause) {
                let name = cx.names.text(root);
                let message =
                    format!("args must not shadow {name} (use a different variable name)");
                cx.error(Code::Compile, clause.at, message);
            }
        }
    }
}

/// The meaning of a query, see [`analyze_query`].
type Answer = (Option<hir::Query>, Vec<Diagnostic>);
