//! Resolves names: `p` of package `test` becomes `data.test.p`, an import's name the path that is
//! imported. Names that a body declares, and parameters, hide both.

use super::draft::{Body, Clause, Expr, Kind, Module, Operand, Part, Term, Value};
use super::names::{Name, NameSet, Names};
use super::walk::{self, Into, Node, Skip};
use crate::Location;
use crate::numbers::NumberMap;
use sekisho_value::Str;
use std::collections::{HashMap, HashSet};

/// What a name of a module stands for: where the path starts, and the rest.
pub(super) type Globals = NumberMap<Name, (Name, Vec<Str>)>;

/// The names of all rules, by package.
pub(super) fn exports<'m>(modules: &'m [Module]) -> HashMap<&'m [Str], HashSet<&'m Str>> {
    let mut exports: HashMap<&'m [Str], HashSet<&'m Str>> = HashMap::new();
    for module in modules {
        let names = exports.entry(module.package.as_slice()).or_default();
        names.extend(module.rules.iter().flat_map(|rule| &rule.clauses).map(|c| &c.head.name));
    }
    exports
}

/// What the names of a module stand for: the rules of its package, then its imports.
pub(super) fn globals<'s>(
    names: &mut Names,
    package: &[Str],
    rules: impl IntoIterator<Item = &'s Str>,
    imports: &[crate::ast::Import],
) -> Globals {
    let mut globals = Globals::default();
    for rule in rules {
        let mut path = package.to_vec();
        path.push(rule.clone());
        globals.insert(names.intern(rule), (Name::DATA, path));
    }
    for import in imports {
        let Some((root, rest)) = import.path.split_first() else { continue };
        if root == "future" || root == "rego" {
            continue;
        }
        let name = import.alias.as_ref().or(import.path.last()).unwrap_or(root);
        let entry = (names.intern(root), rest.to_vec());
        globals.insert(names.intern(name), entry);
    }
    globals
}

/// The first argument that is called `input` or `data`, in a pattern too.
fn shadowing_arg(clause: &Clause) -> Option<(Name, Location)> {
    let mut found = None;
    for arg in &clause.head.args {
        walk::term(arg, &mut |node| match node {
            Node::Term(term) => {
                if found.is_none()
                    && let Some(root) = term.as_root_document()
                {
                    found = Some((root, term.at));
                }
                match term.value {
                    Value::Set(_)
                    | Value::ArrayOf(..)
                    | Value::SetOf(..)
                    | Value::ObjectOf(..)
                    | Value::Call(_) => Into::Past,
                    _ => Into::Inside,
                }
            }
            Node::Expr(_) => Into::Past,
        });
    }
    found
}

/// What the arguments of a clause declare.
fn declared_by_args(clause: &Clause) -> NameSet {
    let mut found = NameSet::default();
    let skip = Skip { object_keys: true, sets: true, closures: true, ..Skip::NOTHING };
    for arg in &clause.head.args {
        if !matches!(arg.value, Value::Call(_)) {
            skip.in_term(arg, &mut |name| found.insert(name));
        }
    }
    found
}

/// Resolves the names of a clause.
///
/// # Errors
/// The root document that an argument hides.
pub(super) fn clause(globals: &Globals, clause: &mut Clause) -> Result<(), Name> {
    if let Some((root, _)) = shadowing_arg(clause) {
        return Err(root);
    }
    let hidden = vec![declared_by_args(clause), declared_in_body(&clause.body)];
    let mut resolver = Resolver { globals, hidden };
    clause.head.path.iter_mut().for_each(|part| resolver.term(part));
    resolver.term(&mut clause.head.value);
    resolver.body(&mut clause.body);
    Ok(())
}

/// Resolves the names of a query.
pub(super) fn query(globals: &Globals, body: &mut Body) {
    let hidden = vec![declared_in_body(body)];
    Resolver { globals, hidden }.body(body);
}

struct Resolver<'g> {
    globals: &'g Globals,
    hidden: Vec<NameSet>,
}

impl Resolver<'_> {
    fn global(&self, name: Name) -> Option<&(Name, Vec<Str>)> {
        let global = self.globals.get(&name)?;
        (!self.hidden.iter().any(|scope| scope.contains(name))).then_some(global)
    }

    fn body(&mut self, body: &mut Body) {
        body.iter_mut().for_each(|expr| self.expr(expr));
    }

    fn terms(&mut self, terms: &mut [Term]) {
        terms.iter_mut().for_each(|term| self.term(term));
    }

    fn operand(&mut self, operand: &mut Operand) {
        self.body(&mut operand.body);
    }

    fn expr(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            Kind::Term(term) => self.term(term),
            Kind::Call(terms) => self.terms(terms),
            Kind::Some(_) => {}
            Kind::SomeIn(some) => {
                some.key.iter_mut().for_each(|key| self.term(key));
                self.term(&mut some.value);
                self.term(&mut some.collection);
            }
            Kind::Every(every) => {
                let mut own = Skip::NOTHING.term(&every.value);
                every.key.iter().for_each(|key| own.extend(&Skip::NOTHING.term(key)));
                self.hidden.push(own);
                self.term(&mut every.domain);
                self.body(&mut every.body);
                self.hidden.pop();
            }
            Kind::Not(operand) => self.operand(operand),
            Kind::And(left, right) | Kind::Or(left, right) => {
                self.operand(left);
                self.operand(right);
            }
        }
        for with in &mut expr.with {
            self.term(&mut with.target);
            self.term(&mut with.value);
        }
    }

    fn term(&mut self, term: &mut Term) {
        match &mut term.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            Value::Var(name) => {
                if let Some((root, rest)) = self.global(*name) {
                    *term = Term::path(*root, rest, term.at);
                }
            }
            Value::Ref(parts) => {
                let head = parts.first().and_then(Term::as_var);
                let global = head.and_then(|head| self.global(head));
                if let (Some((root, rest)), Some(at)) = (global, parts.first().map(|h| h.at)) {
                    let mut path = vec![Term::var(*root, at)];
                    path.extend(rest.iter().map(|part| Term::string(part, at)));
                    parts.splice(..1, path);
                }
                for part in parts.iter_mut().skip(usize::from(head.is_some())) {
                    self.term(part);
                }
            }
            Value::Call(terms) | Value::Array(terms) | Value::Set(terms) => self.terms(terms),
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.term(key);
                    self.term(value);
                }
            }
            Value::ArrayOf(item, body) | Value::SetOf(item, body) => {
                self.hidden.push(declared_in_body(body));
                self.term(item);
                self.body(body);
                self.hidden.pop();
            }
            Value::ObjectOf(key, value, body) => {
                self.hidden.push(declared_in_body(body));
                self.term(key);
                self.term(value);
                self.body(body);
                self.hidden.pop();
            }
            Value::Template(parts) => {
                for part in parts {
                    if let Part::Expr(expr) = part {
                        self.expr(expr);
                    }
                }
            }
        }
    }
}

/// What the statements of a body declare by `:=` and `some`, in `every` and `not` too, but not in
/// comprehensions.
pub(super) fn declared_in_body(body: &Body) -> NameSet {
    let mut found = NameSet::default();
    body.iter().for_each(|expr| declared_in(expr, &mut found));
    found
}

/// What a statement declares, see [`declared_in_body`].
pub(super) fn declared_in(expr: &Expr, found: &mut NameSet) {
    walk::expr(expr, &mut |node| match node {
        Node::Term(term) if term.value.is_comprehension() => Into::Past,
        Node::Term(_) => Into::Inside,
        Node::Expr(expr) => {
            match &expr.kind {
                Kind::Some(terms) => {
                    terms.iter().filter_map(Term::as_var).for_each(|name| found.insert(name));
                }
                Kind::SomeIn(some) => {
                    for pattern in some.key.iter().chain([&some.value]) {
                        Skip::NOTHING.in_term(pattern, &mut |name| found.insert(name));
                    }
                }
                _ => {
                    if let Some([left, _]) = expr.call_of(Name::ASSIGN) {
                        Skip::NOTHING.in_term(left, &mut |name| found.insert(name));
                    }
                }
            }
            Into::Inside
        }
    });
}
