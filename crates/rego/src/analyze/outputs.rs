//! Which variables an expression binds, given those that are bound before it.

use super::draft::{Body, Expr, Kind, Term, Value};
use super::names::{Name, NameSet};
use super::walk::{self, Into, Node, Skip};
use std::collections::BTreeMap;

/// How many arguments the function of an operator takes; none where there is no such function.
pub(super) type Arity<'a> = dyn Fn(&Term) -> Option<usize> + 'a;

/// What the expression binds.
pub(super) fn of_expr(expr: &Expr, arity: &Arity<'_>, safe: &NameSet) -> NameSet {
    let mut bound = NameSet::default();
    if expr.is_negated() {
        return bound;
    }
    let mut ready = true;
    for with in &expr.with {
        Skip::SAFETY.in_with(with, &mut |name| ready &= safe.contains(name));
    }
    if !ready {
        return bound;
    }
    match &expr.kind {
        Kind::Term(term) => {
            if !matches!(term.value, Value::Template(_)) {
                of_expr_terms(expr, safe, &mut bound);
            }
        }
        Kind::Call(terms) => {
            if expr.unified().is_some() {
                return of_unification(expr, safe);
            }
            if expr.call_of(Name::EQ).is_some() {
                return bound;
            }
            let Some(operator) = terms.first() else { return bound };
            let Some(arity) = arity(operator) else { return bound };
            of_expr_terms(expr, safe, &mut bound);
            let Some((inputs, outputs)) = terms.split_at_checked(arity + 1) else { return bound };
            if outputs.is_empty() {
                return bound;
            }
            let mut ready = true;
            for input in inputs {
                Skip::OUTPUT.in_term(input, &mut |name| {
                    ready &= safe.contains(name) || bound.contains(name);
                });
            }
            if !ready {
                return NameSet::default();
            }
            for output in outputs {
                Skip::OUTPUT.in_term(output, &mut |name| bound.insert(name));
            }
        }
        Kind::Every(every) => of_term(&every.domain, safe, &mut bound),
        Kind::Some(_) | Kind::SomeIn(_) | Kind::Not(_) | Kind::And(..) | Kind::Or(..) => {}
    }
    bound
}

/// What the body binds, beyond what is bound before it.
pub(super) fn of_body(body: &[Expr], arity: &Arity<'_>, safe: &NameSet) -> NameSet {
    let mut all = safe.clone();
    for expr in body {
        let bound = of_expr(expr, arity, &all);
        all.extend(&bound);
    }
    all.retain(|name| !safe.contains(name));
    all
}

fn of_expr_terms(expr: &Expr, safe: &NameSet, bound: &mut NameSet) {
    match &expr.kind {
        Kind::Term(term) => of_term(term, safe, bound),
        Kind::Call(terms) => terms.iter().for_each(|term| of_term(term, safe, bound)),
        _ => {}
    }
    for with in &expr.with {
        of_term(&with.target, safe, bound);
        of_term(&with.value, safe, bound);
    }
}

/// What stands in the brackets of references whose heads are bound.
fn of_term(term: &Term, safe: &NameSet, bound: &mut NameSet) {
    walk::term(term, &mut |node| match node {
        Node::Expr(_) => Into::Inside,
        Node::Term(term) => match &term.value {
            Value::ArrayOf(..) | Value::SetOf(..) | Value::ObjectOf(..) | Value::Template(_) => {
                Into::Past
            }
            Value::Ref(path) => {
                if !is_ref_safe(path, &|name| safe.contains(name)) {
                    return Into::Past;
                }
                Skip::BRACKETS.in_term(term, &mut |name| bound.insert(name));
                Into::Inside
            }
            _ => Into::Inside,
        },
    });
}

fn is_ref_safe(path: &[Term], safe: &dyn Fn(Name) -> bool) -> bool {
    let Some(head) = path.first() else { return false };
    is_safe(head, safe)
}

fn is_safe(term: &Term, safe: &dyn Fn(Name) -> bool) -> bool {
    let mut all = true;
    Skip::SAFETY.in_term(term, &mut |name| all &= safe(name));
    all
}

/// What `=` binds, given what is bound before it.
pub(super) fn of_unification(expr: &Expr, safe: &NameSet) -> NameSet {
    let mut bound = NameSet::default();
    let Some((left, right)) = expr.unified() else { return bound };
    of_expr_terms(expr, safe, &mut bound);
    let assignees = if expr.assigned { Skip::NOTHING.term(left) } else { NameSet::default() };
    let known =
        |name: Name| (safe.contains(name) || bound.contains(name)) && !assignees.contains(name);
    let unified = unify(&known, left, right);
    bound.retain(|name| !assignees.contains(name));
    bound.extend(&unified);
    bound.retain(|name| !safe.contains(name));
    bound
}

/// The variables that become bound when two terms are unified.
fn unify(safe: &dyn Fn(Name) -> bool, left: &Term, right: &Term) -> NameSet {
    let mut unifier = Unifier { safe, unified: NameSet::default(), unknown: BTreeMap::new() };
    unifier.unify(left, right);
    unifier.unified
}

struct Unifier<'s> {
    safe: &'s dyn Fn(Name) -> bool,
    unified: NameSet,
    /// what each waits for
    unknown: BTreeMap<Name, NameSet>,
}

impl Unifier<'_> {
    fn is_safe(&self, name: Name) -> bool {
        (self.safe)(name) || self.unified.contains(name)
    }

    fn unify(&mut self, a: &Term, b: &Term) {
        match (&a.value, &b.value) {
            (Value::Var(x), Value::Var(y)) => {
                if self.is_safe(*y) {
                    self.mark_safe(*x);
                } else if self.is_safe(*x) {
                    self.mark_safe(*y);
                } else {
                    self.unknown.entry(*x).or_default().insert(*y);
                    self.unknown.entry(*y).or_default().insert(*x);
                }
            }
            (Value::Var(x), Value::Array(_) | Value::Object(_)) => self.unify_all(*x, b),
            (Value::Array(_) | Value::Object(_), Value::Var(y)) => self.unify_all(*y, a),
            (Value::Var(x), Value::Ref(path)) => self.mark_if(is_ref_safe(path, self.safe), *x),
            (Value::Ref(path), Value::Var(y)) => self.mark_if(is_ref_safe(path, self.safe), *y),
            (Value::Var(x), Value::Call(_)) => self.mark_if(is_safe(b, self.safe), *x),
            (Value::Call(_), Value::Var(y)) => self.mark_if(is_safe(a, self.safe), *y),
            (Value::Var(x), _) => self.mark_safe(*x),
            (_, Value::Var(y)) => self.mark_safe(*y),
            (Value::Ref(path), Value::Array(_) | Value::Object(_)) => {
                self.mark_all_if(is_ref_safe(path, self.safe), b);
            }
            (Value::Array(_) | Value::Object(_), Value::Ref(path)) => {
                self.mark_all_if(is_ref_safe(path, self.safe), a);
            }
            (Value::Call(_), Value::Array(_) | Value::Object(_)) => {
                self.mark_all_if(is_safe(a, self.safe), b);
            }
            (Value::Array(_) | Value::Object(_), Value::Call(_)) => {
                self.mark_all_if(is_safe(b, self.safe), a);
            }
            (Value::ArrayOf(..), Value::Array(_)) | (Value::ObjectOf(..), Value::Object(_)) => {
                self.mark_all_safe(b);
            }
            (Value::Array(_), Value::ArrayOf(..) | Value::ObjectOf(..) | Value::SetOf(..)) => {
                self.mark_all_safe(a);
            }
            (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
                x.iter().zip(y).for_each(|(x, y)| self.unify(x, y));
            }
            (Value::Object(x), Value::Object(y)) if x.len() == y.len() => {
                for (key, value) in x {
                    let same = y.iter().find(|(other, _)| super::same::terms(key, other));
                    if let Some((_, other)) = same {
                        self.unify(value, other);
                    }
                }
            }
            _ => {}
        }
    }

    fn mark_if(&mut self, safe: bool, name: Name) {
        if safe {
            self.mark_safe(name);
        }
    }

    fn mark_all_if(&mut self, safe: bool, pattern: &Term) {
        if safe {
            self.mark_all_safe(pattern);
        }
    }

    fn mark_all_safe(&mut self, pattern: &Term) {
        for name in Skip::PATTERN.term(pattern).iter() {
            self.mark_safe(name);
        }
    }

    /// It is bound, and with it what it waits for, and what waits for nothing else.
    fn mark_safe(&mut self, name: Name) {
        let mut work = vec![name];
        while let Some(name) = work.pop() {
            self.unified.insert(name);
            if let Some(waits_for) = self.unknown.remove(&name) {
                work.extend(waits_for.iter());
            }
            let mut done = Vec::new();
            for (other, waits_for) in &mut self.unknown {
                if waits_for.contains(name) {
                    waits_for.remove(name);
                    if waits_for.is_empty() {
                        done.push(*other);
                    }
                }
            }
            for other in &done {
                self.unknown.remove(other);
            }
            work.extend(done);
        }
    }

    fn unify_all(&mut self, name: Name, pattern: &Term) {
        if self.is_safe(name) {
            return self.mark_all_safe(pattern);
        }
        let mut unsafe_ = Skip::PATTERN.term(pattern);
        unsafe_.retain(|name| !self.is_safe(name));
        if unsafe_.is_empty() {
            self.mark_safe(name);
        } else {
            self.unknown.entry(name).or_default().extend(&unsafe_);
        }
    }
}

/// Variables that an operand of `not`, `and` or `or` that is not between braces takes from
/// outside: those that its statements do not pass among themselves.
pub(super) fn needed_by_operand(body: &Body, arity: &Arity<'_>) -> NameSet {
    let mut occurrences: BTreeMap<Name, usize> = BTreeMap::new();
    for expr in body {
        for name in Skip::SAFETY.expr(expr).iter() {
            *occurrences.entry(name).or_default() += 1;
        }
    }
    if body.len() <= 1 {
        return occurrences.into_keys().collect();
    }
    let mut safe = NameSet::roots();
    occurrences.keys().for_each(|name| safe.insert(*name));
    for expr in body {
        if let Some((left, right)) = expr.unified() {
            [left, right].into_iter().filter_map(Term::as_var).for_each(|name| safe.remove(name));
        }
    }
    let mut bound = NameSet::default();
    let mut changed = true;
    while changed {
        changed = false;
        for expr in body {
            for name in of_unification(expr, &safe).iter() {
                if !bound.contains(name) {
                    bound.insert(name);
                    safe.insert(name);
                    changed = true;
                }
            }
        }
    }
    for expr in body {
        let Some((operator, operands)) = expr.call() else { continue };
        if expr.call_of(Name::EQ).is_some() {
            continue;
        }
        let outputs = arity(operator).and_then(|arity| operands.get(arity..));
        for output in outputs.unwrap_or_default() {
            Skip::OUTPUT.in_term(output, &mut |name| bound.insert(name));
        }
    }
    occurrences
        .into_iter()
        .filter(|(name, count)| !bound.contains(*name) || *count == 1)
        .map(|(name, _)| name)
        .collect()
}
