//! Functions that are made for arguments of which something is known.

use super::fold::{Folded, KnownInput};
use super::loops::After;
use super::tree::NodeId;
use super::{Job, Planner};
use crate::hir::{Clause, Rule};
use crate::program::{From, FunctionId, Op, Reg, Src};
use sekisho_value::{Str, Value};
use std::sync::Arc;

/// What is known of an argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Argument {
    Any,
    /// the constant with that number
    Constant(usize),
    /// what stands at a path of the input
    Input(Vec<Str>),
}

/// So many functions may be made specially in one program.
const MOST: usize = 256;
/// A function is written while so many others are, at most: that is how deep the recursion is.
const NESTED: usize = 24;

/// A rule, and those of its branches that may hold.
pub(super) struct Branches<'h> {
    pub(super) rule: &'h Rule,
    pub(super) clauses: Vec<&'h Clause>,
}

impl<'h> Branches<'h> {
    pub(super) fn all(rule: &'h Rule) -> Self {
        Self { rule, clauses: rule.clauses.iter().collect() }
    }
}

impl<'h> Planner<'h> {
    /// Where something is known: writes the function at once, so that its callers know whether it
    /// does more than give a constant.
    pub(super) fn write_now_or_later(&mut self, id: FunctionId, job: Job) {
        if self.folding.is_none() || self.nested >= NESTED {
            self.jobs.push((id, job));
            return;
        }
        self.nested += 1;
        let outer = std::mem::take(&mut self.e);
        self.run(id, job);
        self.e = outer;
        self.nested -= 1;
    }

    /// Notes what a function gives where that is known.
    pub(super) fn summarise(&mut self, function: FunctionId, ops: &[Op]) {
        if self.folding.is_none() {
            return;
        }
        let summary = match ops {
            [Op::ReturnUndefined] => Folded::Undefined,
            [Op::Return { src }] if matches!(src.read(), From::Const(_)) => Folded::Value(*src),
            _ => return,
        };
        self.summaries.insert(function, summary);
    }

    /// Calls a function of the program, unless its value is known.
    pub(super) fn call_function(&mut self, function: FunctionId, args: &[Src]) -> Src {
        match self.summaries.get(&function).copied() {
            Some(Folded::Value(src)) => src,
            Some(Folded::Undefined) => self.undefined(),
            Some(Folded::Not) | None => {
                // What is known of an argument it knows, too.
                let special = self.special.contains(&function);
                let args: Vec<Option<Src>> = args
                    .iter()
                    .map(|arg| {
                        Some(*arg).filter(|_| !special || self.argument(*arg) == Argument::Any)
                    })
                    .collect();
                let start = self.in_row_where(&args);
                let dst = self.e.register();
                self.e.emit(Op::Call { function, args: start, dst, fail: self.e.fail });
                Src::reg(dst)
            }
        }
    }

    /// The function of a node for arguments of which something may be known.
    pub(super) fn function_for(&mut self, node: NodeId, args: &[Src]) -> FunctionId {
        if self.folding.is_none() || self.functions.len() > MOST {
            return self.function(Job::Function(node));
        }
        let known: Arc<[Argument]> = args.iter().map(|arg| self.argument(*arg)).collect();
        if known.iter().all(|argument| *argument == Argument::Any) {
            return self.function(Job::Function(node));
        }
        let function = self.function(Job::Special(node, known));
        self.special.insert(function);
        function
    }

    fn argument(&self, src: Src) -> Argument {
        match src.read() {
            From::Const(index) => Argument::Constant(index),
            From::Reg(_) => {
                self.alias(src).map_or(Argument::Any, |path| Argument::Input(path.to_vec()))
            }
        }
    }

    /// The path of the input that a register holds.
    pub(super) fn alias(&self, src: Src) -> Option<&[Str]> {
        let From::Reg(reg) = src.read() else { return None };
        self.e.aliases.get(&Reg::try_from(reg).ok()?).map(Vec::as_slice)
    }

    /// Where a parameter is found in the function that is being written.
    pub(super) fn parameter(&mut self, index: usize, args: &[Argument]) -> Src {
        match args.get(index) {
            Some(Argument::Constant(constant)) => Src::constant(*constant).unwrap_or(Src::reg(0)),
            // The caller has found something there.
            Some(Argument::Input(path)) => self.input_register(path.clone(), true),
            Some(Argument::Any) | None => Src::reg(Reg::try_from(index).unwrap_or(Reg::MAX)),
        }
    }

    /// Puts what stands at a path of the input into a register.
    pub(super) fn input_register(&mut self, path: Vec<Str>, found: bool) -> Src {
        let dst = self.e.register();
        let fail = self.e.fail;
        let safe = found || matches!(self.known_input(&path), KnownInput::Above);
        let op = if path.is_empty() {
            Op::Input { dst, fail }
        } else {
            // Paths become places when all of them are known.
            Op::InputPath { dst, place: self.path(path.clone()), fail }
        };
        if safe && self.folding.is_some() {
            self.e.emit_safe(op);
        } else {
            self.e.emit(op);
        }
        if self.folding.is_some() && !self.replaces_input {
            self.e.aliases.insert(dst, path);
        }
        Src::reg(dst)
    }

    /// The rules and branches that may hold, and their value where it is one constant.
    ///
    /// Each is written for trial, and what was written thrown away.
    pub(super) fn possible(
        &mut self,
        rules: &[&'h Rule],
        args: &[Argument],
    ) -> (Vec<Branches<'h>>, bool) {
        let mut values = Vec::new();
        let mut possible = Vec::new();
        for rule in rules {
            let mut clauses = Vec::new();
            for clause in &rule.clauses {
                let before = self.e.clone();
                let done = self.e.label();
                let scope = self.e.open(done);
                self.params(rule, args);
                self.body(&clause.body, After::Reads(&[&clause.value]));
                let value = self.value(&clause.value);
                let dead = self.e.is_dead();
                self.e.close(scope);
                self.e = before;
                if !dead {
                    values.push(value);
                    clauses.push(clause);
                }
            }
            if !clauses.is_empty() {
                possible.push(Branches { rule, clauses });
            }
        }
        let one = match values.split_first() {
            Some((first, rest)) => {
                matches!(first.read(), From::Const(_)) && rest.iter().all(|value| value == first)
            }
            None => false,
        };
        (possible, one)
    }

    /// `object.get` of the input where the key leads into what is known, or to the default.
    pub(super) fn fold_object_get(&mut self, args: &[Src]) -> Folded {
        let [object, key, default] = args else { return Folded::Not };
        let Some(mut path) = self.alias(*object).map(<[Str]>::to_vec) else { return Folded::Not };
        match self.known_value(*key) {
            Some(Value::String(key)) => path.push(key.clone()),
            _ => return Folded::Not,
        }
        match self.known_input(&path) {
            KnownInput::Value(src) => Folded::Value(src),
            KnownInput::Undefined => Folded::Value(*default),
            KnownInput::Above | KnownInput::Nothing => Folded::Not,
        }
    }
}
