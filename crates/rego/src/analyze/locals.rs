//! Makes local variables unique: what `:=`, `some`, `every` and parameters declare gets a name of
//! its own, `x := y` becomes `x = y`, `some x in xs` becomes `x = xs[_]`, and a `some` without
//! `in` goes away. Declared twice, or used before it is declared, a variable is an error.

use super::cx::Cx;
use super::draft::{Body, Clause, Every, Expr, Kind, Operand, Part, Rule, SomeIn, Term, Value};
use super::names::{Name, NameSet};
use super::outputs;
use super::rename::rename;
use super::resolve::{declared_in, declared_in_body};
use super::walk::{self, Into, Node, Skip};
use crate::numbers::NumberMap;
use crate::{Code, Location};

/// How a variable came into a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Occurrence {
    Arg,
    Seen,
    Assigned,
    Declared,
}

/// The variables of a scope: what they are called now, and how they came.
#[derive(Clone, Debug, Default)]
struct Scope {
    known: NumberMap<Name, (Name, Occurrence)>,
}

/// Scopes, from the outermost.
struct Locals<'c, 'a> {
    cx: &'c mut Cx<'a>,
    scopes: Vec<Scope>,
    failed: bool,
    /// `some` declared what nothing uses; no more of these are looked for
    unused: bool,
}

const IN_NOT: &str = "cannot assign vars inside negated expression";
const IN_AND: &str = "cannot assign vars inside implicit and operand";
const IN_OR: &str = "cannot assign vars inside implicit or operand";

/// Rewrites a rule and its `else` branches, which share its parameters.
pub(super) fn rule(cx: &mut Cx<'_>, rule: &mut Rule) {
    let mut params = Scope::default();
    if let Some(first) = rule.clauses.first_mut() {
        let mut locals = Locals::new(cx, vec![params]);
        for arg in &mut first.head.args {
            locals.param(arg);
        }
        params = locals.scopes.pop().unwrap_or_default();
    }
    for each in &mut rule.clauses {
        clause(cx, each, &params);
    }
}

/// Rewrites the body of a query.
pub(super) fn query(cx: &mut Cx<'_>, body: &mut Body) {
    Locals::new(cx, vec![Scope::default()]).body(body, &NameSet::default());
}

fn clause(cx: &mut Cx<'_>, clause: &mut Clause, params: &Scope) {
    let mut used = NameSet::default();
    let scalar = clause.head.value.value.is_scalar()
        && clause.head.args.iter().chain(&clause.head.path).all(|term| term.value.is_scalar());
    if !scalar {
        // Comprehensions of a head have scopes apart from that of the body.
        for arg in &mut clause.head.args {
            nested_in_head(cx, arg);
        }
        nested_in_head(cx, &mut clause.head.value);
        for term in clause.head.path.iter().chain([&clause.head.value]) {
            Skip::NOTHING.in_term(term, &mut |name| used.insert(name));
        }
    }
    let mut locals = Locals::new(cx, vec![params.clone()]);
    locals.hide_builtins(clause);
    locals.body(&mut clause.body, &used);
    if scalar {
        return;
    }
    let declared = locals.scopes.pop().unwrap_or_default();
    let head = &mut clause.head;
    for term in head.args.iter_mut().chain(&mut head.path).chain([&mut head.value]) {
        rename(term, &|name| declared.known.get(&name).map(|(now, _)| *now));
    }
}

/// Rewrites what stands within a head and has a scope of its own.
fn nested_in_head(cx: &mut Cx<'_>, term: &mut Term) {
    match &mut term.value {
        Value::Ref(terms) | Value::Call(terms) | Value::Array(terms) | Value::Set(terms) => {
            terms.iter_mut().for_each(|each| nested_in_head(cx, each));
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                nested_in_head(cx, key);
                nested_in_head(cx, value);
            }
        }
        Value::ArrayOf(..) | Value::SetOf(..) | Value::ObjectOf(..) => {
            Locals::new(cx, vec![Scope::default()]).term(term);
        }
        Value::Template(parts) => {
            let mut locals = Locals::new(cx, vec![Scope::default()]);
            for part in parts {
                if let Part::Expr(expr) = part {
                    locals.scoped(|locals| locals.expr(expr));
                }
            }
        }
        _ => {}
    }
}

impl<'c, 'a> Locals<'c, 'a> {
    fn new(cx: &'c mut Cx<'a>, scopes: Vec<Scope>) -> Self {
        Self { cx, scopes, failed: false, unused: false }
    }

    fn error(&mut self, at: Location, message: impl std::fmt::Display) {
        self.failed = true;
        self.cx.error(Code::Compile, at, message.to_string());
    }

    fn scoped<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.push(Scope::default());
        let result = run(self);
        self.scopes.pop();
        result
    }

    fn insert(&mut self, name: Name, now: Name, occurrence: Occurrence) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.known.insert(name, (now, occurrence));
        }
        if name != now {
            self.cx.names.set_original(now, name);
        }
    }

    fn declared(&self, name: Name) -> Option<(Name, Occurrence)> {
        self.scopes.iter().rev().find_map(|scope| scope.known.get(&name).copied())
    }

    /// How it came into the innermost scope.
    fn occurrence(&self, name: Name) -> Option<Occurrence> {
        self.scopes.last()?.known.get(&name).map(|(_, occurrence)| *occurrence)
    }

    /// Declares a variable in the innermost scope: its new name.
    fn declare(&mut self, name: Name, how: Occurrence, at: Location) -> Option<Name> {
        if let Some(before) = self.occurrence(name) {
            let text = self.cx.names.text(name).clone();
            let message = match before {
                Occurrence::Seen => format!("var {text} referenced above"),
                Occurrence::Assigned => format!("var {text} assigned above"),
                Occurrence::Declared => format!("var {text} declared above"),
                Occurrence::Arg => format!("arg {text} redeclared"),
            };
            self.error(at, message);
            return None;
        }
        let now = self.cx.names.generate();
        self.insert(name, now, how);
        Some(now)
    }

    fn param(&mut self, term: &mut Term) {
        match &mut term.value {
            Value::Var(name) => match self.declared(*name) {
                Some((now, _)) => *name = now,
                None => {
                    let now = self.cx.names.generate();
                    self.insert(*name, now, Occurrence::Arg);
                    *name = now;
                }
            },
            Value::Object(entries) => {
                entries.iter_mut().for_each(|(_, value)| self.param(value));
            }
            Value::Call(_) => self.error(term.at, "rule arguments cannot contain calls"),
            Value::Ref(terms) | Value::Array(terms) => {
                terms.iter_mut().for_each(|each| self.param(each));
            }
            _ => {}
        }
    }

    /// A variable of a body that is called as a built-in is a local variable.
    fn hide_builtins(&mut self, clause: &Clause) {
        let skip = Skip { call_heads: true, closures: true, ..Skip::NOTHING };
        let mut candidates = skip.body(&clause.body);
        candidates.retain(|name| self.cx.names.is_builtin(name));
        if candidates.is_empty() {
            return;
        }
        let declared = declared_in_body(&clause.body);
        let mut replaced = NameSet::default();
        walk::clause(clause, &mut |node| {
            if let Node::Expr(expr) = node {
                for with in &expr.with {
                    let skip = Skip { call_heads: true, ..Skip::NOTHING };
                    for term in [&with.target, &with.value] {
                        skip.in_term(term, &mut |name| replaced.insert(name));
                    }
                }
            }
            Into::Inside
        });
        for name in candidates.by_text(&self.cx.names) {
            let hidden = declared.contains(name) || replaced.contains(name);
            if !hidden && self.declared(name).is_none() {
                let now = self.cx.names.generate();
                self.insert(name, now, Occurrence::Seen);
            }
        }
    }

    fn body(&mut self, body: &mut Body, used: &NameSet) {
        // Messages name the statement that declares a variable as it was written.
        let written: Vec<(NameSet, Location)> = body
            .iter()
            .map(|expr| {
                let mut declared = NameSet::default();
                declared_in(expr, &mut declared);
                (declared, expr.at)
            })
            .collect();
        let at = body.first().map(|expr| expr.at).unwrap_or_default();
        let mut rewritten = Body::with_capacity(body.len());
        for mut expr in std::mem::take(body) {
            if self.statement(&mut expr) {
                rewritten.push(expr);
            }
        }
        if rewritten.is_empty() {
            rewritten.push(Expr::always(at));
        }
        *body = rewritten;
        self.check_unused(body, &written, used);
    }

    /// `some x` without any use of `x` is an error.
    fn check_unused(&mut self, body: &Body, written: &[(NameSet, Location)], used: &NameSet) {
        if self.failed || self.unused {
            return;
        }
        let Some(scope) = self.scopes.last() else { return };
        let mut declared: Vec<(Name, Name)> = scope
            .known
            .iter()
            .filter(|(_, (_, how))| *how == Occurrence::Declared)
            .map(|(name, (now, _))| (*name, *now))
            .collect();
        if declared.is_empty() {
            return;
        }
        let mut mentioned = Skip::NOTHING.body(body);
        for name in used.iter() {
            mentioned.insert(self.declared(name).map_or(name, |(now, _)| now));
        }
        let names = &self.cx.names;
        declared.retain(|(_, now)| !mentioned.contains(*now) && !used.contains(*now));
        declared.retain(|(name, _)| !names.is_generated(*name));
        declared.sort_by_key(|(_, now)| now.0);
        for (name, _) in declared {
            let first = written.iter().find(|(declared, _)| declared.contains(name));
            let at = first.or(written.first()).map(|(_, at)| *at).unwrap_or_default();
            let message = format!("declared var {} unused", self.cx.names.text(name));
            self.unused = true;
            self.cx.recoverable(Code::Compile, at, message);
        }
    }

    /// Rewrites a statement: whether it stays.
    fn statement(&mut self, expr: &mut Expr) -> bool {
        if expr.call_of(Name::ASSIGN).is_some() {
            self.assignment(expr);
            return true;
        }
        match &mut expr.kind {
            Kind::Some(terms) => {
                for term in std::mem::take(terms) {
                    if let Some(name) = term.as_var()
                        && self.declare(name, Occurrence::Declared, expr.at).is_none()
                    {
                        break;
                    }
                }
                return false;
            }
            Kind::SomeIn(_) => return self.some_in(expr),
            Kind::Every(every) => {
                self.term(&mut every.domain);
                self.scopes.push(Scope::default());
                self.every(every, expr.at);
                self.with(expr);
                self.scopes.pop();
            }
            Kind::Not(_) | Kind::And(..) | Kind::Or(..) => self.logical(expr),
            Kind::Term(_) | Kind::Call(_) => self.expr(expr),
        }
        true
    }

    fn every(&mut self, every: &mut Every, at: Location) {
        match &mut every.key {
            Some(key) => self.iterator(key, at),
            None => every.key = Some(Term::var(self.cx.names.generate(), at)),
        }
        self.iterator(&mut every.value, at);
        self.body(&mut every.body, &NameSet::default());
    }

    /// The variable of an `every`.
    fn iterator(&mut self, term: &mut Term, at: Location) {
        if let Value::Var(name) = &mut term.value
            && !self.cx.names.is_wildcard(*name)
            && let Some(now) = self.declare(*name, Occurrence::Declared, at)
        {
            *name = now;
        }
    }

    fn some_in(&mut self, expr: &mut Expr) -> bool {
        let at = expr.at;
        let Kind::SomeIn(some) = std::mem::replace(&mut expr.kind, Kind::Some(Vec::new())) else {
            return false;
        };
        let SomeIn { key, value, collection } = *some;
        let key = key.unwrap_or_else(|| Term::var(self.cx.names.generate(), at));
        let mut bound = Skip::PATTERN.term(&key);
        bound.extend(&Skip::PATTERN.term(&value));
        let skip = Skip { closures: true, ..Skip::NOTHING };
        let domain = skip.term(&collection);
        bound.retain(|name| domain.contains(name) && !self.cx.names.is_wildcard(name));
        if !bound.is_empty() {
            for name in bound.by_text(&self.cx.names) {
                let message = format!("var {} assigned before", self.cx.names.text(name));
                self.error(at, message);
            }
            return false;
        }
        let safe = Skip::NOTHING.term(&collection);
        let place = collection.at;
        let path = match collection.value {
            Value::Ref(mut path) => {
                path.push(key);
                path
            }
            _ => vec![collection, key],
        };
        *expr = Expr {
            with: std::mem::take(&mut expr.with),
            ..Expr::unify(value, Term::new(Value::Ref(path), place), at)
        };
        for name in outputs::of_unification(expr, &safe).by_text(&self.cx.names) {
            if self.declare(name, Occurrence::Declared, at).is_none() {
                return false;
            }
        }
        self.expr(expr);
        true
    }

    fn assignment(&mut self, expr: &mut Expr) {
        if expr.negated {
            return self.error(expr.at, IN_NOT);
        }
        let before = std::mem::replace(&mut self.failed, false);
        let Kind::Call(terms) = &mut expr.kind else { return };
        if let [operator, left, right] = terms.as_mut_slice() {
            self.term(right);
            for with in &mut expr.with {
                self.term(&mut with.value);
            }
            self.assign(left);
            if !self.failed {
                *operator = Term::path(Name::EQ, [], operator.at);
                expr.assigned = true;
            }
        }
        self.failed |= before;
    }

    /// Declares what stands on the left of `:=`.
    fn assign(&mut self, term: &mut Term) {
        match &mut term.value {
            Value::Var(name) => {
                if let Some(now) = self.declare(*name, Occurrence::Assigned, term.at) {
                    *name = now;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.assign(item)),
            Value::Object(entries) => {
                entries.iter_mut().for_each(|(_, value)| self.assign(value));
            }
            other => {
                let kind = other.kind_name();
                match term.as_root_document() {
                    Some(root) => {
                        if let Some(now) = self.declare(root, Occurrence::Assigned, term.at) {
                            term.value = Value::Var(now);
                        }
                    }
                    None => self.error(term.at, format_args!("cannot assign to {kind}")),
                }
            }
        }
    }

    /// Rewrites `not`, `and`, `or`.
    fn logical(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            Kind::Not(operand) => {
                if operand.explicit {
                    self.scopes.push(Scope::default());
                    self.body(&mut operand.body, &NameSet::default());
                    self.with(expr);
                    self.scopes.pop();
                    return;
                }
                self.implicit(operand, IN_NOT, Some(expr.at));
            }
            Kind::And(left, right) => {
                self.operand(left, IN_AND);
                self.operand(right, IN_AND);
            }
            Kind::Or(left, right) => {
                self.operand(left, IN_OR);
                self.operand(right, IN_OR);
            }
            _ => {}
        }
        self.with(expr);
    }

    fn operand(&mut self, operand: &mut Operand, message: &str) {
        if operand.explicit {
            self.scoped(|locals| locals.body(&mut operand.body, &NameSet::default()));
            operand.body.iter().for_each(|expr| self.mark_seen(expr));
        } else {
            self.implicit(operand, message, None);
        }
    }

    /// A body that is not between braces declares nothing. Faults are told at `at`, where it is
    /// given.
    fn implicit(&mut self, operand: &mut Operand, message: &str, at: Option<Location>) {
        for expr in &mut operand.body {
            match &expr.kind {
                Kind::Not(_) | Kind::And(..) | Kind::Or(..) => {
                    self.logical(expr);
                    if matches!(&expr.kind, Kind::Not(inner) if inner.explicit) {
                        self.mark_seen(expr);
                    }
                }
                _ if expr.call_of(Name::ASSIGN).is_some() => {
                    self.error(at.unwrap_or(expr.at), message);
                }
                Kind::Some(_) | Kind::SomeIn(_) | Kind::Every(_) => {
                    self.statement(expr);
                }
                Kind::Term(_) | Kind::Call(_) => self.expr(expr),
            }
        }
    }

    /// The variables of an explicit operand count as used where it stands.
    fn mark_seen(&mut self, expr: &Expr) {
        let skip = Skip { call_heads: true, closures: true, ..Skip::NOTHING };
        let mut found = NameSet::default();
        walk::expr(expr, &mut |node| match node {
            Node::Term(term) if term.value.is_comprehension() => Into::Past,
            Node::Term(term) => {
                skip.in_term(term, &mut |name| found.insert(name));
                Into::Past
            }
            Node::Expr(_) => Into::Inside,
        });
        for name in found.iter() {
            if !name.is_root() && self.declared(name).is_none() {
                self.insert(name, name, Occurrence::Seen);
            }
        }
    }

    /// Rewrites a plain expression and its modifiers.
    fn expr(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            Kind::Term(term) => self.term(term),
            Kind::Call(terms) => terms.iter_mut().for_each(|term| self.term(term)),
            _ => {}
        }
        self.with(expr);
    }

    /// `with input as …` means the document, whatever is called `input` here.
    fn with(&mut self, expr: &mut Expr) {
        for with in &mut expr.with {
            let names_input = match &with.target.value {
                Value::Ref(path) => path.first().and_then(Term::as_var) == Some(Name::INPUT),
                _ => false,
            };
            self.term(&mut with.target);
            if names_input {
                match &mut with.target.value {
                    Value::Ref(path) => {
                        if let Some(head) = path.first_mut() {
                            head.value = Value::Var(Name::INPUT);
                        }
                    }
                    _ => with.target = Term::path(Name::INPUT, [], with.target.at),
                }
            }
            self.term(&mut with.value);
        }
    }

    fn terms(&mut self, terms: &mut [Term]) {
        terms.iter_mut().for_each(|term| self.term(term));
    }

    fn var(&mut self, name: &mut Name) {
        match self.declared(*name) {
            Some((now, _)) => *name = now,
            None => self.insert(*name, *name, Occurrence::Seen),
        }
    }

    fn term(&mut self, term: &mut Term) {
        if let Some(root) = term.as_root_document() {
            if let Some((now, how)) = self.declared(root)
                && how != Occurrence::Seen
            {
                term.value = Value::Var(now);
            }
            return;
        }
        match &mut term.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            Value::Var(name) => self.var(name),
            Value::Ref(terms) | Value::Array(terms) | Value::Set(terms) => self.terms(terms),
            Value::Call(_) => {
                self.check_operator(term);
                if let Value::Call(terms) = &mut term.value {
                    self.terms(terms);
                }
            }
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.term(key);
                    self.term(value);
                }
            }
            Value::ArrayOf(item, body) | Value::SetOf(item, body) => {
                let used = Skip::NOTHING.term(item);
                self.scoped(|locals| {
                    locals.body(body, &used);
                    locals.term(item);
                });
            }
            Value::ObjectOf(key, value, body) => {
                let mut used = Skip::NOTHING.term(key);
                used.extend(&Skip::NOTHING.term(value));
                self.scoped(|locals| {
                    locals.body(body, &used);
                    locals.term(key);
                    locals.term(value);
                });
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

    /// A variable is no function.
    fn check_operator(&mut self, term: &Term) {
        let Value::Call(terms) = &term.value else { return };
        let Some(operator) = terms.first() else { return };
        let renamed = Skip::NOTHING
            .term(operator)
            .iter()
            .any(|name| self.declared(name).is_some_and(|(now, _)| now != name));
        if renamed {
            let message = format!("called function {} shadowed", self.cx.show_operator(operator));
            self.error(term.at, message);
        }
    }
}
