//! The rules of one path.

use super::Planner;
use super::loops::After;
use super::special::{Argument, Branches};
use super::tree::NodeId;
use crate::hir::{Clause, Constant, Operand, Rule, RuleKind};
use crate::program::{Conflict, Label, Make, Op, Reg, Src};
use sekisho_value::Str;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Where the value of a group is kept until all of its rules have been asked.
#[derive(Clone, Copy)]
struct Kept {
    dst: Reg,
    flag: Reg,
    conflict: Conflict,
}

impl<'h> Planner<'h> {
    /// The rules that define the document of a node.
    pub(super) fn rules(&mut self, node: NodeId) {
        let rules = self.rules_of(node, false);
        let Some(first) = rules.first() else {
            self.e.emit(Op::ReturnUndefined);
            return;
        };
        self.e.location = first.location.start();
        let flat = rules.iter().all(|rule| rule.rest.is_empty());
        if flat && rules.iter().all(|rule| rule.kind == RuleKind::Single) {
            self.single(&rules, &[], Conflict::Rule);
            return;
        }
        let all: Vec<Branches<'h>> = rules.iter().map(|rule| Branches::all(rule)).collect();
        if flat {
            self.set(&all);
        } else {
            self.object(&all);
        }
    }

    /// The rules that define the function of a node.
    pub(super) fn function_rules(&mut self, node: NodeId, args: &[Argument]) {
        let rules = self.rules_of(node, true);
        let Some(first) = rules.first() else {
            self.e.emit(Op::ReturnUndefined);
            return;
        };
        self.e.location = first.location.start();
        self.e.run(first.params.len());
        self.single(&rules, args, Conflict::Function);
    }

    fn rules_of(&self, node: NodeId, functions: bool) -> Vec<&'h Rule> {
        let Some(node) = self.tree.node(node) else { return Vec::new() };
        let indices = if functions { &node.functions } else { &node.rules };
        indices.iter().filter_map(|index| self.hir.rules.get(*index)).map(Arc::as_ref).collect()
    }

    /// One value.
    fn single(&mut self, rules: &[&'h Rule], args: &[Argument], conflict: Conflict) {
        let (defaults, others): (Vec<&'h Rule>, Vec<&'h Rule>) =
            rules.iter().partition(|rule| rule.default);
        let kept = Kept { dst: self.e.register(), flag: self.e.register(), conflict };
        let (others, one) = if self.folding.is_some() {
            self.possible(&others, args)
        } else {
            let one = one_constant(&others);
            (others.iter().map(|rule| Branches::all(rule)).collect(), one)
        };
        let at_once = one || others.is_empty();
        if !at_once {
            self.e.emit(Op::Flag { flag: kept.flag, set: false });
        }
        if let Some((src, keys)) = by_text(&others, args) {
            self.switch((src, &keys), &others, args, kept, at_once);
        } else {
            let index = self.index(&others, args);
            self.in_turn(index, args, others.len(), |planner, at| {
                // The only rule without loops gives its value at once, too: nothing can contradict
                // it.
                if let Some(branches) = others.get(at) {
                    planner.chain(branches, args, kept, at_once, others.len() == 1);
                }
            });
        }
        if !at_once {
            let none = self.e.label();
            let some = self.e.label();
            self.e.emit(Op::IfFlag { flag: kept.flag, to: some });
            self.e.emit(Op::Jump { to: none });
            self.e.place(some);
            self.e.emit(Op::Return { src: Src::reg(kept.dst) });
            self.e.place(none);
        }
        for rule in defaults {
            for clause in &rule.clauses {
                let done = self.e.label();
                let scope = self.e.open(done);
                self.e.location = clause.location;
                self.params(rule, args);
                self.body(&clause.body, After::Reads(&[&clause.value]));
                let src = self.value(&clause.value);
                self.e.emit(Op::Return { src });
                self.e.close(scope);
                self.e.place(done);
            }
        }
        self.e.emit(Op::ReturnUndefined);
    }

    /// Functions of which at most one takes the text in a register.
    fn switch(
        &mut self,
        (src, keys): (Reg, &[Str]),
        rules: &[Branches<'h>],
        args: &[Argument],
        kept: Kept,
        at_once: bool,
    ) {
        let other = self.e.label();
        let mut table: Vec<(Str, Label)> =
            keys.iter().map(|key| (key.clone(), self.e.label())).collect();
        let labels: Vec<Label> = table.iter().map(|(_, label)| *label).collect();
        table.sort();
        let index = u32::try_from(self.e.tables.len()).unwrap_or(u32::MAX);
        self.e.tables.push(table);
        labels.iter().for_each(|label| self.e.goes_to(*label));
        self.e.emit(Op::Switch { src, table: index, other });
        for (label, branches) in labels.into_iter().zip(rules) {
            self.e.place(label);
            self.chain(branches, args, kept, at_once, true);
            self.e.emit(Op::Jump { to: other });
        }
        self.e.place(other);
    }

    pub(super) fn params(&mut self, rule: &Rule, args: &[Argument]) {
        for (index, param) in rule.params.iter().enumerate() {
            let value = self.parameter(index, args);
            self.unify_value(param, value);
        }
    }

    /// A rule and its `else` branches, each of which is tried where those before gave nothing.
    fn chain(
        &mut self,
        Branches { rule, clauses }: &Branches<'h>,
        args: &[Argument],
        kept: Kept,
        at_once: bool,
        only: bool,
    ) {
        let chain_flag = self.e.register();
        let end = self.e.label();
        let branches = clauses.len() > 1;
        if branches && !at_once {
            self.e.emit(Op::Flag { flag: chain_flag, set: false });
        }
        for clause in clauses {
            let flag = branches.then_some(chain_flag);
            let looped = self.clause((rule, clause), args, kept, at_once, only, flag);
            if branches && !at_once && (looped || !only) {
                self.e.emit(Op::IfFlag { flag: chain_flag, to: end });
            }
        }
        self.e.place(end);
    }

    /// Gives whether the body goes through a collection.
    fn clause(
        &mut self,
        (rule, clause): (&Rule, &Clause),
        args: &[Argument],
        kept: Kept,
        at_once: bool,
        only: bool,
        chain_flag: Option<Reg>,
    ) -> bool {
        let done = self.e.label();
        let scope = self.e.open(done);
        self.e.location = clause.location.start();
        self.params(rule, args);
        self.e.location = clause.location;
        self.body(&clause.body, After::Reads(&[&clause.value]));
        let src = self.value(&clause.value);
        let looped = self.e.fail != done;
        if at_once || (only && !looped) {
            self.e.emit(Op::Return { src });
        } else {
            self.e.emit(Op::Keep { dst: kept.dst, flag: kept.flag, src, conflict: kept.conflict });
            if let Some(flag) = chain_flag {
                self.e.emit(Op::Flag { flag, set: true });
            }
            self.e.retry();
        }
        self.e.close(scope);
        self.e.place(done);
        self.e.location = clause.location.start();
        looped
    }

    /// The members of a set.
    fn set(&mut self, rules: &[Branches<'h>]) {
        let (mark, dst) = (self.e.register(), self.e.register());
        self.e.emit(Op::Begin { mark });
        self.each_branch(rules, |planner, _, clause| planner.push(&clause.value));
        self.e.emit(Op::End { what: Make::Set, dst, mark });
        self.e.emit(Op::Return { src: Src::reg(dst) });
    }

    /// An object, with further objects or sets in it.
    fn object(&mut self, rules: &[Branches<'h>]) {
        let (mark, dst) = (self.e.register(), self.e.register());
        self.e.emit(Op::Begin { mark });
        let single = |rule: &Rule| rule.rest.len() == 1 && rule.kind == RuleKind::Single;
        let simple = rules.iter().all(|branches| single(branches.rule));
        self.each_branch(rules, |planner, rule, clause| {
            match rule.rest.first() {
                Some(key) if simple => planner.push(key),
                _ => {
                    let path = planner.value(&Operand::Array(rule.rest.clone()));
                    planner.e.emit(Op::Push { src: path });
                }
            }
            planner.push(&clause.value);
            if !simple {
                let member = rule.kind == RuleKind::Member;
                let member = planner.constant(&Constant::Bool(member));
                planner.e.emit(Op::Push { src: member });
            }
        });
        if simple {
            self.e.emit(Op::End { what: Make::Object, dst, mark });
        } else {
            self.e.emit(Op::EndNested { dst, mark });
        }
        self.e.emit(Op::Return { src: Src::reg(dst) });
    }

    /// Collects something for every way to make a rule hold.
    fn each_branch(
        &mut self,
        rules: &[Branches<'h>],
        mut collect: impl FnMut(&mut Self, &'h Rule, &'h Clause),
    ) {
        let index = self.index(rules, &[]);
        self.in_turn(index, &[], rules.len(), |planner, at| {
            let Some(branches) = rules.get(at) else { return };
            for clause in &branches.clauses {
                let done = planner.e.label();
                let scope = planner.e.open(done);
                planner.e.location = clause.location;
                let read: Vec<&Operand> =
                    branches.rule.rest.iter().chain([&clause.value]).collect();
                planner.body(&clause.body, After::Reads(&read));
                collect(planner, branches.rule, clause);
                planner.e.retry();
                planner.e.close(scope);
                planner.e.place(done);
                planner.e.location = clause.location.start();
            }
        });
    }
}

/// Fewer are asked one after the other.
const TABLE: usize = 4;

/// The parameter that is another text for each of the rules, and these texts.
fn by_text(rules: &[Branches<'_>], args: &[Argument]) -> Option<(Reg, Vec<Str>)> {
    if rules.len() < TABLE {
        return None;
    }
    let params = rules.first()?.rule.params.len();
    let any = |at: &usize| matches!(args.get(*at), None | Some(Argument::Any));
    (0..params).filter(any).find_map(|at| {
        let text = |branches: &Branches<'_>| match branches.rule.params.get(at) {
            Some(Operand::Const(Constant::String(text))) => Some(text.clone()),
            _ => None,
        };
        let keys: Vec<Str> = rules.iter().map(text).collect::<Option<_>>()?;
        let distinct: BTreeSet<&Str> = keys.iter().collect();
        (distinct.len() == keys.len()).then_some((Reg::try_from(at).ok()?, keys))
    })
}

/// Whether all rules give the same constant, so that the first that holds decides.
fn one_constant(rules: &[&Rule]) -> bool {
    let mut values = rules.iter().flat_map(|rule| &rule.clauses).map(|clause| &clause.value);
    let Some(Operand::Const(first)) = values.next() else { return false };
    values.all(|value| matches!(value, Operand::Const(other) if other == first))
}
