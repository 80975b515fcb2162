//! From drafts to the meaning that the planner reads.

use super::draft::{
    Body, Clause, Expr, Kind, Module, Operand, Rule, Term, Value, With, is_empty_body,
};
use super::names::{Name, Names};
use super::rule_tree::RuleTree;
use super::{functions, key_order};
use crate::hir::{
    self, Callee, ComprehensionKind, Constant, ExprKind, Operand as Out, Root, RuleKind, Var,
    WithTarget,
};
use crate::numbers::NumberMap;
use sekisho_value::Str;
use std::collections::HashSet;

/// Lowers one rule or query.
pub(super) struct Lower<'n> {
    names: &'n Names,
    tree: &'n RuleTree,
    /// by variable
    pub(super) numbers: NumberMap<Name, Var>,
    /// the names of its variables
    pub(super) variables: Vec<Str>,
}

/// The meaning of a rule.
pub(super) fn rule(
    names: &Names,
    tree: &RuleTree,
    module: &Module,
    rule: &Rule,
) -> Option<hir::Rule> {
    let mut lower = Lower::new(names, tree);
    let first = rule.clauses.first()?;
    let head = &first.head;
    let mut path = module.package.clone();
    path.push(head.name.clone());
    let strings = head.path.iter().map_while(|part| match &part.value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    });
    path.extend(strings);
    let constant = path.len() - module.package.len() - 1;
    let rest = head.path.iter().skip(constant).map(|part| lower.operand(part)).collect();
    let params = head.args.iter().map(|arg| lower.operand(arg)).collect();
    let mut clauses = Vec::with_capacity(rule.clauses.len());
    for (position, clause) in rule.clauses.iter().enumerate() {
        if position > 0 {
            for (ours, theirs) in head.args.iter().zip(&clause.head.args) {
                lower.alias(ours, theirs);
            }
        }
        clauses.push(lower.clause(clause));
    }
    Some(hir::Rule {
        path,
        rest,
        kind: match (!head.args.is_empty(), head.member) {
            (true, _) => RuleKind::Function,
            (_, true) => RuleKind::Member,
            _ => RuleKind::Single,
        },
        params,
        clauses,
        default: rule.default,
        variables: lower.variables,
        location: first.at,
        written: (module.source, rule.index),
    })
}

impl<'n> Lower<'n> {
    pub(super) fn new(names: &'n Names, tree: &'n RuleTree) -> Self {
        Self { names, tree, numbers: NumberMap::default(), variables: Vec::new() }
    }

    /// The number of a variable.
    pub(super) fn var(&mut self, name: Name) -> Var {
        if let Some(var) = self.numbers.get(&name) {
            return *var;
        }
        let var = Var(u32::try_from(self.variables.len()).unwrap_or(u32::MAX));
        self.variables.push(self.names.text(name).clone());
        self.numbers.insert(name, var);
        var
    }

    /// The parameters of an `else` are those of its rule, whatever they are called.
    fn alias(&mut self, ours: &Term, theirs: &Term) {
        match (&ours.value, &theirs.value) {
            (Value::Var(ours), Value::Var(theirs)) => {
                let var = self.var(*ours);
                self.numbers.insert(*theirs, var);
            }
            (Value::Array(ours), Value::Array(theirs)) => {
                ours.iter().zip(theirs).for_each(|(a, b)| self.alias(a, b));
            }
            (Value::Object(ours), Value::Object(theirs)) => {
                ours.iter().zip(theirs).for_each(|((_, a), (_, b))| self.alias(a, b));
            }
            _ => {}
        }
    }

    fn clause(&mut self, clause: &Clause) -> hir::Clause {
        let body = if is_empty_body(&clause.body) { Vec::new() } else { self.body(&clause.body) };
        hir::Clause { body, value: self.operand(&clause.head.value), location: clause.at }
    }

    /// The meaning of a body.
    pub(super) fn body(&mut self, body: &Body) -> hir::Body {
        let mut out = Vec::with_capacity(body.len());
        for expr in body {
            self.expr(expr, &mut out);
        }
        out
    }

    fn expr(&mut self, expr: &Expr, out: &mut hir::Body) {
        let kind = match &expr.kind {
            Kind::Term(term) => ExprKind::Test(self.operand(term)),
            Kind::Call(terms) => match self.call(terms) {
                Some(call) => call,
                None => return,
            },
            Kind::Every(every) => ExprKind::Every {
                key: every.key.as_ref().map(|key| self.operand(key)),
                value: self.operand(&every.value),
                domain: self.operand(&every.domain),
                body: self.body(&every.body),
            },
            Kind::Not(operand) => ExprKind::Not(self.body(&operand.body)),
            Kind::And(left, right) => {
                // Both hold: each is its own scope, which binds nothing outside.
                for side in [left, right] {
                    let fails = self.not(side, expr);
                    self.push(ExprKind::Not(vec![fails]), expr, out);
                }
                return;
            }
            Kind::Or(left, right) => {
                let fail = [left, right].map(|side| self.not(side, expr));
                ExprKind::Not(fail.into())
            }
            Kind::Some(_) | Kind::SomeIn(_) => return,
        };
        if expr.negated {
            let inner = hir::Expr { kind, with: Vec::new(), location: expr.at };
            self.push(ExprKind::Not(vec![inner]), expr, out);
        } else {
            self.push(kind, expr, out);
        }
    }

    fn push(&mut self, kind: ExprKind, expr: &Expr, out: &mut hir::Body) {
        let with = expr.with.iter().filter_map(|with| self.with(with)).collect();
        out.push(hir::Expr { kind, with, location: expr.at });
    }

    fn not(&mut self, operand: &Operand, expr: &Expr) -> hir::Expr {
        let kind = ExprKind::Not(self.body(&operand.body));
        hir::Expr { kind, with: Vec::new(), location: expr.at }
    }

    fn call(&mut self, terms: &[Term]) -> Option<ExprKind> {
        let (operator, operands) = terms.split_first()?;
        if let [left, right] = operands
            && operator.is_operator(Name::EQ)
        {
            return Some(ExprKind::Unify(self.operand(left), self.operand(right)));
        }
        let callee = self.callee(operator)?;
        if let Callee::Builtin(builtin) = &callee
            && builtin.name == "internal.print"
            && let [Term { value: Value::Array(shown), .. }] = operands
        {
            return Some(ExprKind::Print(shown.iter().map(|term| self.shown(term)).collect()));
        }
        let arity = functions::arity(self.names, self.tree, operator)?;
        let mut args: Vec<Out> = operands.iter().map(|term| self.operand(term)).collect();
        let out = if args.len() > arity { args.pop() } else { None };
        Some(ExprKind::Call { callee, args, out })
    }

    /// What `print` shows: the members of the set that was collected.
    fn shown(&mut self, set: &Term) -> Out {
        let Some(name) = set.as_var() else { return self.operand(set) };
        let member = Var(u32::try_from(self.variables.len()).unwrap_or(u32::MAX));
        self.variables.push(Str::new_static("_"));
        let path = vec![Out::Var(member)];
        let root = Root::Var(self.var(name));
        Out::Ref(Box::new(hir::Ref { root, path, location: set.at }))
    }

    fn callee(&self, operator: &Term) -> Option<Callee> {
        if let Some(builtin) = functions::builtin(self.names, operator) {
            return Some(Callee::Builtin(builtin));
        }
        functions::data_strings(operator).map(|path| Callee::Function(path.into()))
    }

    fn with(&mut self, with: &With) -> Option<hir::With> {
        let target = self.with_target(with)?;
        Some(hir::With { target, location: with.at })
    }

    fn with_target(&mut self, with: &With) -> Option<WithTarget> {
        let is_function = |term: &Term| {
            let path = functions::data_path(term);
            let first = path.and_then(|path| self.tree.rules_of(&path).first().copied());
            first.and_then(|rule| self.tree.info(rule)).is_some_and(|info| info.arity > 0)
        };
        let target_is_function = is_function(&with.target);
        let value_is_function = is_function(&with.value);
        let Value::Ref(path) = &with.target.value else { return None };
        let root = path.first().and_then(Term::as_var)?;
        if root.is_root() && !target_is_function {
            let strings = path.iter().skip(1).map(|part| match &part.value {
                Value::String(text) => Some(text.clone()),
                _ => None,
            });
            let strings: Option<Vec<Str>> = strings.collect();
            let value = self.operand(&with.value);
            return Some(match (root, strings) {
                (_, None) => WithTarget::Nowhere(value),
                (Name::INPUT, Some(strings)) => WithTarget::Input(strings, value),
                (_, Some(strings)) => WithTarget::Data(strings, value),
            });
        }
        let target = self.callee(&with.target)?;
        if value_is_function || functions::builtin(self.names, &with.value).is_some() {
            return Some(WithTarget::Call(target, self.callee(&with.value)?));
        }
        Some(WithTarget::Value(target, self.operand(&with.value)))
    }

    fn operands(&mut self, terms: &[Term]) -> Vec<Out> {
        terms.iter().map(|term| self.operand(term)).collect()
    }

    /// A term of a rewritten body.
    pub(super) fn operand(&mut self, term: &Term) -> Out {
        if let Some(constant) = constant(term) {
            return Out::Const(constant);
        }
        match &term.value {
            Value::Var(name) if name.is_root() => self.reference(std::slice::from_ref(term), term),
            Value::Var(name) => Out::Var(self.var(*name)),
            Value::Ref(path) => self.reference(path, term),
            Value::Array(items) => Out::Array(self.operands(items)),
            Value::Set(items) => Out::Set(self.operands(items)),
            Value::Object(entries) => Out::Object(
                key_order::in_order(self.names, entries)
                    .into_iter()
                    .map(|(key, value)| (self.operand(key), self.operand(value)))
                    .collect(),
            ),
            Value::ArrayOf(item, body) => {
                let body = self.body(body);
                let kind = ComprehensionKind::Array(self.operand(item));
                comprehension(kind, body, term)
            }
            Value::SetOf(item, body) => {
                let body = self.body(body);
                let kind = ComprehensionKind::Set(self.operand(item));
                comprehension(kind, body, term)
            }
            Value::ObjectOf(key, value, body) => {
                let body = self.body(body);
                let kind = ComprehensionKind::Object(self.operand(key), self.operand(value));
                // OPA tells of conflicts where the key stands
                comprehension(kind, body, key)
            }
            // Calls and interpolated strings have been rewritten; the rest are constants.
            _ => Out::Const(Constant::Null),
        }
    }

    fn reference(&mut self, path: &[Term], term: &Term) -> Out {
        let Some((head, rest)) = path.split_first() else { return Out::Const(Constant::Null) };
        let root = match head.as_var() {
            Some(Name::INPUT) => Root::Input,
            Some(Name::DATA) => Root::Data,
            Some(name) if rest.is_empty() => return Out::Var(self.var(name)),
            Some(name) => Root::Var(self.var(name)),
            None => return Out::Const(Constant::Null),
        };
        Out::Ref(Box::new(hir::Ref { root, path: self.operands(rest), location: term.at }))
    }
}

fn comprehension(kind: ComprehensionKind, body: hir::Body, term: &Term) -> Out {
    Out::Comprehension(Box::new(hir::Comprehension { kind, body, location: term.at }))
}

/// The constant that a term is. Of equal keys the last one counts.
fn constant(term: &Term) -> Option<Constant> {
    let list = |items: &[Term]| items.iter().map(constant).collect::<Option<Vec<_>>>();
    Some(match &term.value {
        Value::Null => Constant::Null,
        Value::Bool(value) => Constant::Bool(*value),
        Value::Number(literal) => Constant::Number(literal.clone()),
        Value::String(text) => Constant::String(text.clone()),
        Value::Array(items) => Constant::Array(list(items)?),
        Value::Set(items) => Constant::Set(list(items)?),
        Value::Object(entries) => {
            let mut out = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                out.push((constant(key)?, constant(value)?));
            }
            let mut seen = HashSet::new();
            let mut last: Vec<(Constant, Constant)> =
                out.into_iter().rev().filter(|(key, _)| seen.insert(key.clone())).collect();
            last.reverse();
            Constant::Object(last)
        }
        _ => return None,
    })
}
