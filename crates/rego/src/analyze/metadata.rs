//! `rego.metadata.chain` and `rego.metadata.rule` become constants: the annotations of the rule
//! that calls them, and of what it stands in.

use super::cx::Cx;
use super::draft::{Clause, Expr, Kind, Module, Term, Value};
use super::names::{Name, Names};
use super::walk::{self, Into, Node};
use crate::ast::{self, Annotations};
use crate::{Code, Location};
use sekisho_value::Str;
use std::collections::HashMap;

/// Which of the two functions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Function {
    Chain,
    Rule,
}

fn called(names: &Names, expr: &Expr) -> Option<Function> {
    let (operator, _) = expr.call()?;
    match super::functions::builtin(names, operator)?.name {
        "rego.metadata.chain" => Some(Function::Chain),
        "rego.metadata.rule" => Some(Function::Rule),
        _ => None,
    }
}

/// The places of the first calls.
fn calls(names: &Names, clause: &Clause) -> (Option<Location>, Option<Location>) {
    let (mut chain, mut rule) = (None, None);
    walk::clause(clause, &mut |node| {
        if let Node::Expr(expr) = node {
            match called(names, expr) {
                Some(Function::Chain) => chain = chain.or(Some(expr.at)),
                Some(Function::Rule) => rule = rule.or(Some(expr.at)),
                None => {}
            }
        }
        Into::Inside
    });
    (chain, rule)
}

/// The annotations of all modules.
pub(super) struct Set<'m> {
    /// by module and rule, in source order
    rules: HashMap<(usize, usize), Vec<&'m Annotations>>,
    documents: HashMap<Vec<Str>, &'m Annotations>,
    packages: HashMap<Vec<Str>, &'m Annotations>,
    subpackages: HashMap<Vec<Str>, &'m Annotations>,
}

/// Rewrites all modules.
pub(super) fn rewrite(cx: &mut Cx<'_>, written: &[&ast::Module], modules: &mut [Module]) {
    let any = modules
        .iter()
        .flat_map(|module| &module.rules)
        .flat_map(|rule| &rule.clauses)
        .any(|clause| calls(&cx.names, clause) != (None, None));
    if !any {
        return;
    }
    let set = Set::new(cx, written, modules);
    for (module_at, module) in modules.iter_mut().enumerate() {
        for (rule_at, rule) in module.rules.iter_mut().enumerate() {
            for (position, clause) in rule.clauses.iter_mut().enumerate() {
                // Annotations belong to a rule, not to its `else`.
                let own = (position == 0).then(|| set.rules.get(&(module_at, rule_at))).flatten();
                let own = own.map(Vec::as_slice).unwrap_or_default();
                rewrite_clause(cx, &set, &module.package, clause, own);
            }
        }
    }
}

fn rewrite_clause(
    cx: &mut Cx<'_>,
    set: &Set<'_>,
    package: &[Str],
    clause: &mut Clause,
    own: &[&Annotations],
) {
    let (chain, rule) = calls(&cx.names, clause);
    let mut bound = Vec::new();
    let mut bind = |cx: &mut Cx<'_>, at: Option<Location>, value: &dyn Fn(Location) -> Term| {
        let at = at?;
        let local = cx.names.generate();
        let expr = Expr::unify(Term::var(local, at), value(at), at);
        bound.push(Expr { generated: true, ..expr });
        Some(local)
    };
    let chain = bind(cx, chain, &|at| set.chain(package, clause, own, at));
    let rule = bind(cx, rule, &|at| match own.first() {
        Some(annotations) => object(annotations, at),
        None => Term::new(Value::Object(Vec::new()), at),
    });
    if bound.is_empty() {
        return;
    }
    clause.body.splice(..0, bound);
    let names = &cx.names;
    walk::bodies_of_clause(clause, &mut |body| {
        for expr in body {
            let local = match called(names, expr) {
                Some(Function::Chain) => chain,
                Some(Function::Rule) => rule,
                None => None,
            };
            if let Some(local) = local {
                replace(expr, local);
            }
        }
    });
}

fn replace(expr: &mut Expr, local: Name) {
    let at = expr.at;
    let value = Term::var(local, at);
    let out = expr.call().and_then(|(_, operands)| operands.first().cloned());
    let kind = match out {
        Some(out) => Expr::unify(out, value, at).kind,
        None => Kind::Term(value),
    };
    *expr = Expr { generated: true, ..Expr::new(kind, at) };
}

impl<'m> Set<'m> {
    pub(super) fn new(cx: &mut Cx<'_>, written: &[&'m ast::Module], modules: &[Module]) -> Self {
        let mut set = Self {
            rules: HashMap::new(),
            documents: HashMap::new(),
            packages: HashMap::new(),
            subpackages: HashMap::new(),
        };
        for (module_at, (tree, module)) in written.iter().zip(modules).enumerate() {
            for annotations in &tree.annotations {
                let rule = annotations.rule.and_then(|rule| {
                    let clause = module.rules.get(rule)?.clauses.first()?;
                    Some((rule, clause))
                });
                let (map, path) = match (annotations.scope.as_str(), rule) {
                    ("rule", Some((rule, _))) => {
                        set.rules.entry((module_at, rule)).or_default().push(annotations);
                        continue;
                    }
                    ("document", Some((_, clause))) => {
                        (&mut set.documents, path(&module.package, clause))
                    }
                    ("package", _) => (&mut set.packages, module.package.clone()),
                    ("subpackages", _) => (&mut set.subpackages, module.package.clone()),
                    _ => continue,
                };
                let at = Location { source: module.source, span: annotations.span };
                match map.get(&path) {
                    Some(_) => {
                        let message = format!("{} annotation redeclared", annotations.scope);
                        cx.error(Code::Type, at, message);
                    }
                    None => {
                        map.insert(path, annotations);
                    }
                }
            }
        }
        set
    }

    /// The annotations that hold for a branch of a rule, the outermost first.
    pub(super) fn outside_in(
        &self,
        package: &[Str],
        clause: &Clause,
        place: (usize, usize),
        position: usize,
    ) -> Vec<&'m Annotations> {
        let outer = (0..=package.len())
            .filter_map(|length| self.subpackages.get(package.get(..length).unwrap_or_default()));
        let mut found: Vec<&'m Annotations> = outer.copied().collect();
        found.extend(self.packages.get(package));
        found.extend(self.documents.get(&path(package, clause)));
        // Annotations belong to a rule, not to its `else`.
        if position == 0 {
            found.extend(self.rules.get(&place).into_iter().flatten());
        }
        found
    }

    /// The annotations of a rule, from the innermost, with their paths.
    fn chain(&self, package: &[Str], clause: &Clause, own: &[&Annotations], at: Location) -> Term {
        let rule = path(package, clause);
        let mut links = Vec::new();
        if own.is_empty() {
            links.push(link(&rule, None, at));
        }
        links.extend(own.iter().rev().map(|annotations| link(&rule, Some(annotations), at)));
        let document = self.documents.get(&rule);
        links.extend(document.map(|annotations| link(&rule, Some(annotations), at)));
        let of_package = self.packages.get(package);
        links.extend(of_package.map(|annotations| link(package, Some(annotations), at)));
        for length in (0..=package.len()).rev() {
            let outer = package.get(..length).unwrap_or_default();
            let found = self.subpackages.get(outer);
            links.extend(found.map(|annotations| link(outer, Some(annotations), at)));
        }
        Term::new(Value::Array(links), at)
    }
}

/// The constant part of a clause's path below `data`.
fn path(package: &[Str], clause: &Clause) -> Vec<Str> {
    let mut path = package.to_vec();
    path.push(clause.head.name.clone());
    path.extend(clause.head.path.iter().map_while(|part| match &part.value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }));
    path
}

fn link(path: &[Str], annotations: Option<&Annotations>, at: Location) -> Term {
    let key = |text| Term::string(&Str::new_static(text), at);
    let path = path.iter().map(|part| Term::string(part, at)).collect();
    let mut entries = vec![(key("path"), Term::new(Value::Array(path), at))];
    entries.extend(annotations.map(|annotations| (key("annotations"), object(annotations, at))));
    Term::new(Value::Object(entries), at)
}

fn object(annotations: &Annotations, at: Location) -> Term {
    let mut value = annotations.value.clone();
    if let Some(map) = value.as_object_mut() {
        map.remove("compile");
    }
    constant(&value, at)
}

fn constant(value: &sekisho_value::Value, at: Location) -> Term {
    use sekisho_value::Value as Json;
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(Str::from(number.literal())),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::Array(items.iter().map(|item| constant(item, at)).collect()),
        Json::Object(map) => Value::Object(
            map.iter().map(|(key, value)| (Term::string(key, at), constant(value, at))).collect(),
        ),
    };
    Term::new(value, at)
}
