//! Checks expressions: both sides of `=`, the arguments of calls, references.

use super::documents::Documents;
use super::message::{self, Fault};
use super::subjects;
use super::tree::RuleTypes;
use super::ty::{Field, Ty};
use crate::analyze::draft::{Body, Clause, Expr, Kind, Part, Term, Value};
use crate::analyze::functions;
use crate::analyze::names::{Name, Names};
use crate::analyze::rule_tree::{Key, RuleTree};
use crate::builtins::Builtin;
use crate::numbers::NumberMap;
use std::collections::HashMap;

/// The type checker of a body.
pub(super) struct Checker<'c> {
    pub(super) names: &'c Names,
    pub(super) tree: &'c RuleTree,
    pub(super) rules: &'c RuleTypes,
    pub(super) builtins: &'c mut Builtins,
    /// what schemas say of documents
    pub(super) documents: &'c Documents,
    /// of variables, from the outermost body
    pub(super) vars: Vec<NumberMap<Name, Ty>>,
    /// of comprehensions, by where their bodies are kept
    comprehensions: NumberMap<usize, Ty>,
    pub(super) faults: Vec<Fault>,
    /// of the expression that is checked: its modifiers may replace any document
    pub(super) replaced: bool,
    step: &'c dyn Fn(usize) -> bool,
    /// the outermost body
    whole: &'c Body,
}

/// Types of built-ins, converted once.
#[derive(Default)]
pub(super) struct Builtins(HashMap<&'static str, Ty>);

impl Builtins {
    fn ty(&mut self, builtin: &'static Builtin) -> Ty {
        let entry = self.0.entry(builtin.name);
        entry.or_insert_with(|| Ty::from(&builtin.signature)).clone()
    }
}

impl<'c> Checker<'c> {
    pub(super) fn new(
        names: &'c Names,
        tree: &'c RuleTree,
        (rules, documents): (&'c RuleTypes, &'c Documents),
        builtins: &'c mut Builtins,
        step: &'c dyn Fn(usize) -> bool,
        whole: &'c Body,
    ) -> Self {
        Self {
            names,
            tree,
            rules,
            documents,
            builtins,
            vars: vec![NumberMap::default()],
            comprehensions: NumberMap::default(),
            faults: Vec::new(),
            replaced: false,
            step,
            whole,
        }
    }

    /// A reference as messages show it.
    pub(super) fn written(&self, path: &[Term]) -> Vec<Term> {
        subjects::replaced(self.names, self.whole, path)
    }

    /// Checks the expressions of the body in their order.
    pub(super) fn check(&mut self) {
        for expr in self.whole {
            if !(self.step)(1) {
                return;
            }
            self.replaced = !expr.with.is_empty();
            self.expr(expr);
            self.replaced = false;
        }
    }

    fn expr(&mut self, expr: &Expr) {
        let before = self.faults.len();
        self.closures(expr);
        self.refs_of_expr(expr);
        let earlier = self.faults.len() > before;
        if let Some(fault) = self.with(expr).or_else(|| self.call(expr)) {
            // What is not known since something else is wrong is not told again.
            if !(earlier && fault.unknown) {
                self.faults.push(fault);
            }
        }
    }

    /// Checks the comprehensions of an expression, and remembers their types.
    fn closures(&mut self, expr: &Expr) {
        match &expr.kind {
            Kind::Term(term) => self.closures_of(term),
            Kind::Call(terms) => terms.iter().for_each(|term| self.closures_of(term)),
            Kind::Every(every) => self.closures_of(&every.domain),
            _ => {}
        }
    }

    fn closures_of(&mut self, term: &Term) {
        let ty = match &term.value {
            Value::Ref(terms) | Value::Array(terms) | Value::Set(terms) => {
                return terms.iter().for_each(|each| self.closures_of(each));
            }
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.closures_of(key);
                    self.closures_of(value);
                }
                return;
            }
            Value::ArrayOf(item, body) => self.closure(body, |checker| {
                let item = checker.term(item);
                Ty::array(Vec::new(), Some(item).filter(|item| *item != Ty::Unknown))
            }),
            Value::SetOf(item, body) => self.closure(body, |checker| {
                let item = checker.term(item);
                Ty::set(item)
            }),
            Value::ObjectOf(key, value, body) => self.closure(body, |checker| {
                let (key, value) = (checker.term(key), checker.term(value));
                Ty::object(Vec::new(), Some((key, value)))
            }),
            _ => return,
        };
        self.comprehensions.insert(place(term), ty);
    }

    fn closure(&mut self, body: &Body, ty: impl FnOnce(&mut Self) -> Ty) -> Ty {
        let before = self.faults.len();
        let replaced = self.replaced;
        self.vars.push(NumberMap::default());
        for expr in body {
            if !(self.step)(1) {
                break;
            }
            self.replaced = replaced || !expr.with.is_empty();
            self.expr(expr);
        }
        self.replaced = replaced;
        let ty = if self.faults.len() > before { Ty::Unknown } else { ty(self) };
        self.vars.pop();
        ty
    }

    pub(super) fn var(&self, name: Name) -> Ty {
        self.vars.iter().rev().find_map(|vars| vars.get(&name)).cloned().unwrap_or(Ty::Unknown)
    }

    pub(super) fn set_var(&mut self, name: Name, ty: Ty) {
        if let Some(vars) = self.vars.last_mut() {
            vars.insert(name, ty);
        }
    }

    /// The type of a term, as far as it is known.
    pub(super) fn term(&self, term: &Term) -> Ty {
        match &term.value {
            Value::Null => Ty::Null,
            Value::Bool(_) => Ty::Boolean,
            Value::Number(_) => Ty::Number,
            Value::String(_) | Value::Template(_) => Ty::String,
            Value::Var(name) => self.var(*name),
            Value::Array(items) => {
                Ty::array(items.iter().map(|item| self.term(item)).collect(), None)
            }
            Value::Object(entries) => {
                let mut known = Vec::new();
                let mut rest = None;
                for (key, value) in entries {
                    match constant_field(key) {
                        Some(field) => known.push((field, self.term(value))),
                        None => rest = Some((self.term(key), self.term(value))),
                    }
                }
                Ty::object(known, rest)
            }
            Value::Set(items) => {
                Ty::set(items.iter().map(|item| self.term(item)).fold(Ty::Unknown, Ty::or))
            }
            Value::Ref(path) => self.reference(path),
            Value::ArrayOf(..) | Value::SetOf(..) | Value::ObjectOf(..) => {
                self.comprehensions.get(&place(term)).cloned().unwrap_or(Ty::Unknown)
            }
            Value::Call(_) => Ty::Unknown,
        }
    }

    /// The type of what a reference means.
    pub(super) fn reference(&self, path: &[Term]) -> Ty {
        let Some((head, rest)) = path.split_first() else { return Ty::Unknown };
        match head.as_var() {
            Some(Name::INPUT) if self.replaced => Ty::any(),
            Some(Name::INPUT) => select(self.documents.input(), rest),
            Some(Name::DATA) if self.replaced => Ty::any(),
            Some(Name::DATA) => self.data(rest),
            Some(name) => select(self.var(name), rest),
            None => Ty::Unknown,
        }
    }

    fn data(&self, path: &[Term]) -> Ty {
        if let Some((ty, parts)) = self.documents.data(path) {
            return select(ty.clone(), path.get(parts..).unwrap_or_default());
        }
        let mut at = 0;
        for (position, part) in path.iter().enumerate() {
            let tail = path.get(position..).unwrap_or_default();
            let child = constant_key(part).and_then(|key| self.rules.child(at, &key));
            match (self.rules.ty(at), child) {
                (_, Some(child)) => at = child,
                (Some(ty), None) => return select(ty.clone(), tail),
                (None, None) if constant_key(part).is_none() => {
                    return select(self.rules.extent(at), tail);
                }
                (None, None) => return Ty::any(),
            }
        }
        self.rules.extent(at)
    }

    /// The function that an operator means.
    fn function(&mut self, operator: &Term) -> Ty {
        if let Some(builtin) = functions::builtin(self.names, operator) {
            return self.builtins.ty(builtin);
        }
        match &operator.value {
            Value::Ref(path) => self.reference(path),
            _ => Ty::Unknown,
        }
    }

    fn call(&mut self, expr: &Expr) -> Option<Fault> {
        let (operator, operands) = expr.call()?;
        if operator.is_operator(Name::EQ) {
            return self.unification(expr, operands);
        }
        let builtin = functions::builtin(self.names, operator);
        if let Some(builtin) = builtin
            && let "internal.member_2" | "internal.member_3" = builtin.name
            && let Some(fault) = self.member(expr, operands, builtin.params().len())
        {
            return Some(fault);
        }
        let ty = self.function(operator);
        if ty.is_any() {
            return None;
        }
        let shown = || message::operator(self.names, operator);
        let Some(function) = ty.as_function() else {
            return Some(Fault::new(expr.at, format!("undefined function {}", shown())));
        };
        let wanted = || message::wanted(function, builtin);
        let mut params = function.params.clone();
        let count = params.len();
        params.extend(function.result.clone());
        let have: Vec<Ty> = operands.iter().map(|operand| self.term(operand)).collect();
        let fault = |why: &str, have: &[Ty]| {
            Some(Fault::arguments(expr.at, &format!("{}: {why}", shown()), have, &wanted()))
        };
        if operands.len() > params.len() && function.variadic.is_none() {
            return fault("too many arguments", &have);
        }
        if operands.len() < count {
            return fault("too few arguments", &have);
        }
        for (position, operand) in operands.iter().enumerate() {
            let param = params.get(position).or(function.variadic.as_ref());
            let (Some(param), Some(known)) = (param, have.get(position)) else { continue };
            if !known.is_open() && !known.unifies(param) {
                return fault("invalid argument(s)", &have);
            }
            if !self.infer(operand, param, false) {
                let have: Vec<Ty> = operands.iter().map(|operand| self.term(operand)).collect();
                return fault("invalid argument(s)", &have);
            }
        }
        None
    }

    /// `x in xs`
    fn member(&mut self, expr: &Expr, operands: &[Term], arity: usize) -> Option<Fault> {
        let collection = self.term(operands.get(arity.checked_sub(1)?)?);
        let values = collection.values();
        if values == Ty::Unknown {
            return None;
        }
        if arity == 3
            && let Some(fault) = self.held(expr, operands.first()?, &collection.keys())
        {
            return Some(fault);
        }
        self.held(expr, operands.get(arity.checked_sub(2)?)?, &values)
    }

    fn held(&mut self, expr: &Expr, term: &Term, ty: &Ty) -> Option<Fault> {
        if ty.is_open() {
            return None;
        }
        let have = self.term(term);
        let refused = !have.is_open() && !have.unifies(ty);
        if refused || !self.infer(term, ty, false) {
            return Some(Fault::mismatch(expr.at, &have, ty));
        }
        None
    }

    fn unification(&mut self, expr: &Expr, operands: &[Term]) -> Option<Fault> {
        let [left, right] = operands else {
            let have: Vec<Ty> = operands.iter().map(|operand| self.term(operand)).collect();
            let why = if operands.len() < 2 { "too few arguments" } else { "too many arguments" };
            return Some(Fault::arguments(expr.at, &format!("eq: {why}"), &have, "(any, any)"));
        };
        let (a, b) = (self.term(left), self.term(right));
        if self.unify(left, &a, right, &b) {
            return None;
        }
        Some(Fault::mismatch(expr.at, &a, &b))
    }

    /// A function may stand in for another where its parameters fit.
    fn with(&mut self, expr: &Expr) -> Option<Fault> {
        for with in &expr.with {
            let is_function = |term: &Term| {
                functions::arity(self.names, self.tree, term).is_some_and(|arity| {
                    arity > 0 || functions::builtin(self.names, term).is_some()
                })
            };
            if !is_function(&with.target) || !is_function(&with.value) {
                continue;
            }
            let replaced = std::mem::replace(&mut self.replaced, false);
            let (target, value) = (self.function(&with.target), self.function(&with.value));
            self.replaced = replaced;
            let (Some(wanted), Some(have)) = (target.as_function(), value.as_function()) else {
                continue;
            };
            if !target.unifies(&value) {
                let builtin = functions::builtin(self.names, &with.target);
                let shown = message::operator(self.names, &with.target);
                let wanted = message::parameters(wanted, builtin);
                let why = format!("{shown}: arity mismatch");
                return Some(Fault::arguments(with.at, &why, &have.params, &wanted));
            }
        }
        None
    }

    /// The type of a rule's clause, once its body is checked.
    pub(super) fn clause(&mut self, clause: &Clause) -> (Vec<Key>, Option<Ty>) {
        let head = &clause.head;
        let mut path = vec![Key::String(head.name.clone())];
        // A function without parameters is a rule.
        if !head.args.is_empty() {
            path.extend(head.path.iter().filter_map(constant_key));
            for arg in &head.args {
                self.open_vars_are_any(arg);
            }
            let params = head.args.iter().map(|arg| self.term(arg)).collect();
            let result = self.term(&head.value);
            return (path, Some(Ty::function(params, Some(result))));
        }
        let mut ty = self.term(&head.value);
        if head.member && ty != Ty::Unknown {
            ty = Ty::set(ty);
        }
        let known = head.path.iter().take_while(|part| part.value.is_scalar()).count();
        path.extend(head.path.iter().take(known).filter_map(constant_key));
        for part in head.path.iter().skip(known).rev() {
            let key = self.term(part);
            if ty == Ty::Unknown || key == Ty::Unknown {
                return (path, None);
            }
            ty = Ty::object(Vec::new(), Some((key, ty)));
        }
        (path, (ty != Ty::Unknown).then_some(ty))
    }

    fn open_vars_are_any(&mut self, term: &Term) {
        for name in crate::analyze::walk::Skip::NOTHING.term(term).iter() {
            if self.var(name) == Ty::Unknown {
                self.set_var(name, Ty::any());
            }
        }
    }

    /// Checks the references of an expression.
    fn refs_of_expr(&mut self, expr: &Expr) {
        match &expr.kind {
            Kind::Call(terms) => terms.iter().skip(1).for_each(|term| self.refs_of(term)),
            Kind::Term(term) => self.refs_of(term),
            Kind::Not(operand) => operand.body.iter().for_each(|expr| self.refs_of_expr(expr)),
            Kind::Every(every) => {
                self.refs_of(&every.domain);
                every.body.iter().for_each(|expr| self.refs_of_expr(expr));
            }
            Kind::And(left, right) | Kind::Or(left, right) => {
                let both = left.body.iter().chain(&right.body);
                both.for_each(|expr| self.refs_of_expr(expr));
            }
            Kind::Some(_) | Kind::SomeIn(_) => {}
        }
    }

    fn refs_of(&mut self, term: &Term) {
        match &term.value {
            Value::Ref(path) => {
                self.check_reference(path);
                path.iter().for_each(|part| self.refs_of(part));
            }
            Value::Array(terms) | Value::Set(terms) => {
                terms.iter().for_each(|each| self.refs_of(each));
            }
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.refs_of(key);
                    self.refs_of(value);
                }
            }
            Value::Template(parts) => {
                for part in parts {
                    if let Part::Term(term) = part {
                        self.refs_of(term);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Where a comprehension is kept, by which its type is found again.
fn place(term: &Term) -> usize {
    std::ptr::from_ref(term).addr()
}

/// The constant that a part of a reference is.
pub(super) fn constant_key(term: &Term) -> Option<Key> {
    match crate::analyze::rule_tree::Part::of(term) {
        crate::analyze::rule_tree::Part::Key(key) => Some(key),
        crate::analyze::rule_tree::Part::Dynamic => None,
    }
}

/// The property that a constant key of an object names.
pub(super) fn constant_field(term: &Term) -> Option<Field> {
    constant_key(term).map(|key| super::tree::field(&key))
}

/// The type of what the parts of a reference lead to.
pub(super) fn select(ty: Ty, path: &[Term]) -> Ty {
    path.iter().fold(ty, |ty, part| match constant_field(part) {
        _ if ty == Ty::Unknown => ty,
        Some(field) => ty.select(&field),
        None => ty.values(),
    })
}
