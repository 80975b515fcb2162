//! References: into the input, into values, and into `data`, where rules and base data meet.

use super::fold::{Folded, KnownInput};
use super::tree::{NodeId, Tree};
use super::with::vars_of;
use super::{Job, Planner};
use crate::hir::{Constant, Operand, Ref, Root, Var};
use crate::program::{Comparison, FunctionId, Make, Op, Reg, Src};
use sekisho_value::Str;

impl Planner<'_> {
    pub(super) fn reference(&mut self, reference: &Ref) -> Src {
        match reference.root {
            Root::Input => self.input(&reference.path),
            Root::Data => self.data(Tree::ROOT, &mut Vec::new(), &reference.path),
            Root::Var(var) => {
                let src = self.e.bound.get(&var).copied().unwrap_or(Src::reg(0));
                self.within(src, &reference.path)
            }
        }
    }

    pub(super) fn input(&mut self, path: &[Operand]) -> Src {
        let keys: Vec<Str> = path.iter().map_while(Self::text).cloned().collect();
        let rest = path.get(keys.len()..).unwrap_or_default();
        match self.known_input(&keys) {
            KnownInput::Value(src) => return self.within(src, rest),
            KnownInput::Undefined => return self.undefined(),
            KnownInput::Above | KnownInput::Nothing => {}
        }
        let value = self.input_register(keys, false);
        self.within(value, rest)
    }

    /// What stands at a path within a value. Variables without a value take every key in turn.
    pub(super) fn within(&mut self, value: Src, path: &[Operand]) -> Src {
        let mut value = value;
        let mut rest = path;
        while let Some((first, others)) = rest.split_first() {
            let keys: Vec<Str> = rest.iter().map_while(Self::text).cloned().collect();
            if !keys.is_empty() {
                if let Some(path) = self.alias(value) {
                    let path: Vec<Operand> = path
                        .iter()
                        .map(|key| Operand::Const(Constant::String(key.clone())))
                        .chain(rest.iter().cloned())
                        .collect();
                    return self.input(&path);
                }
                match self.fold_path(value, &keys) {
                    Folded::Value(found) => {
                        rest = rest.get(keys.len()..).unwrap_or_default();
                        value = found;
                        continue;
                    }
                    Folded::Undefined => return self.undefined(),
                    Folded::Not => {}
                }
                let (src, dst) = (self.in_register(value), self.e.register());
                rest = rest.get(keys.len()..).unwrap_or_default();
                self.note_one_of(value, &keys, dst);
                let path = self.path(keys);
                self.e.emit(Op::Path { dst, src, path, fail: self.e.fail });
                value = Src::reg(dst);
                continue;
            }
            if self.is_known(first) {
                let key = self.value(first);
                match self.fold_get(value, key) {
                    Folded::Value(found) => value = found,
                    Folded::Undefined => return self.undefined(),
                    Folded::Not => {
                        let dst = self.e.register();
                        self.e.emit(Op::Get { dst, src: value, key, fail: self.e.fail });
                        value = Src::reg(dst);
                    }
                }
            } else {
                let (key, entry) = self.each(value);
                self.unify_value(first, Src::reg(key));
                value = Src::reg(entry);
            }
            rest = others;
        }
        value
    }

    /// There is no value, whatever the input.
    pub(super) fn undefined(&mut self) -> Src {
        self.e.retry();
        self.constant(&Constant::Null)
    }

    /// What stands at a path below a node of the rule tree.
    fn data(&mut self, node: NodeId, prefix: &mut Vec<Str>, path: &[Operand]) -> Src {
        let Some(here) = self.tree.node(node) else { return Src::reg(0) };
        if !here.rules.is_empty() {
            let job = if here.children.is_empty() { Job::Rules(node) } else { Job::Document(node) };
            let value = self.document_of(job, prefix);
            return self.within(value, path);
        }
        let Some((first, rest)) = path.split_first() else {
            return self.document_of(Job::Document(node), prefix);
        };
        match Self::text(first) {
            Some(key) => match self.tree.child(node, key) {
                Some(child) => {
                    prefix.push(key.clone());
                    let value = self.data(child, prefix, rest);
                    prefix.pop();
                    value
                }
                None => self.base(prefix, path),
            },
            None if here.children.is_empty() => self.base(prefix, path),
            None => self.any_child(node, prefix, path),
        }
    }

    /// The value of a document of the rule tree, or what a modifier put in its place.
    fn document_of(&mut self, job: Job, path: &[Str]) -> Src {
        let dst = self.e.register();
        let done = self.e.label();
        let replaceable = self.unless_replaced(path, dst, done);
        let function = self.function(job);
        if !replaceable && self.summaries.contains_key(&function) {
            return self.call_function(function, &[]);
        }
        self.e.emit(Op::Call { function, args: 0, dst, fail: self.e.fail });
        self.e.place(done);
        Src::reg(dst)
    }

    /// Where some modifier may replace the path: asks at run time.
    fn unless_replaced(&mut self, path: &[Str], dst: Reg, done: u32) -> bool {
        let replaceable = self.replaced.iter().any(|replaced| path.starts_with(replaced));
        if replaceable {
            let labels = self.exits(done);
            let path = self.path(path.to_vec());
            self.e.emit(Op::Replaced { path, dst, labels });
        }
        replaceable
    }

    /// What stands at a path in the base data.
    fn base(&mut self, prefix: &[Str], path: &[Operand]) -> Src {
        let known = path.iter().take_while(|operand| self.is_known(operand)).count();
        let (keys, rest) = path.split_at(known);
        let mut sources: Vec<Src> = prefix.iter().map(|key| self.string(key)).collect();
        for key in keys {
            sources.push(self.value(key));
        }
        let start = self.e.run(sources.len());
        let mut at = start;
        for src in &sources {
            self.e.emit(Op::Move { dst: at, src: *src });
            at = at.saturating_add(1);
        }
        let dst = self.e.register();
        let count = at - start;
        self.e.emit(Op::Data { dst, keys: start, count, fail: self.e.fail });
        self.within(Src::reg(dst), rest)
    }

    /// A path whose first key is not a constant, below a node with children: every child and the
    /// base data are tried, what each gives is collected, and the results are gone through.
    fn any_child(&mut self, node: NodeId, prefix: &mut Vec<Str>, path: &[Operand]) -> Src {
        let Some((first, rest)) = path.split_first() else { return Src::reg(0) };
        let mut vars: Vec<Var> = Vec::new();
        path.iter().for_each(|operand| vars_of(operand, &mut vars));
        vars.sort();
        vars.dedup();
        vars.retain(|var| !self.e.bound.contains_key(var));
        let children: Vec<(Str, NodeId)> = match self.tree.node(node) {
            Some(node) => node.children.iter().map(|(key, id)| (key.clone(), *id)).collect(),
            None => Vec::new(),
        };
        let (mark, results) = (self.e.register(), self.e.register());
        self.e.emit(Op::Begin { mark });
        self.one_way(&vars, |planner| planner.beside_children(&children, prefix, first, path));
        for (key, child) in children {
            let defines_value = self
                .tree
                .node(child)
                .is_some_and(|node| node.functions.is_empty() || !node.rules.is_empty());
            if !defines_value {
                continue;
            }
            self.one_way(&vars, |planner| {
                let name = planner.string(&key);
                planner.unify_value(first, name);
                prefix.push(key);
                let value = planner.data(child, prefix, rest);
                prefix.pop();
                value
            });
        }
        self.e.emit(Op::End { what: Make::Array, dst: results, mark });
        let (_, tuple) = self.each(Src::reg(results));
        self.take_tuple(&vars, tuple);
        let dst = self.e.register();
        let index = u16::try_from(vars.len()).unwrap_or(u16::MAX);
        self.e.emit(Op::Item { dst, src: tuple, index });
        Src::reg(dst)
    }

    /// What stands at a path of the base data whose first key is none of the children's.
    fn beside_children(
        &mut self,
        children: &[(Str, NodeId)],
        prefix: &[Str],
        first: &Operand,
        path: &[Operand],
    ) -> Src {
        // A key that is known is looked up; base data finds a number by its text.
        let (key, entry) = if self.is_known(first) {
            (self.value(first), None)
        } else {
            let base = self.base(prefix, &[]);
            let (key, value) = self.each(base);
            (Src::reg(key), Some(value))
        };
        for (child, _) in children {
            let right = self.string(child);
            let fail = self.e.fail;
            self.e.emit(Op::Compare { how: Comparison::NotEqual, left: key, right, fail });
        }
        match entry {
            None => self.base(prefix, path),
            Some(entry) => {
                self.unify_value(first, key);
                self.within(Src::reg(entry), path.get(1..).unwrap_or_default())
            }
        }
    }

    /// Collects the values of variables, and one more, for one way to have them.
    fn one_way(&mut self, vars: &[Var], way: impl FnOnce(&mut Self) -> Src) {
        let done = self.e.label();
        let scope = self.e.open(done);
        let value = way(self);
        let tuple = self.tuple(vars, Some(value));
        self.e.emit(Op::Push { src: Src::reg(tuple) });
        self.e.retry();
        self.e.close(scope);
        self.e.place(done);
    }

    /// A function that gives the document at a path.
    pub(super) fn start_document(&mut self, path: &[Str]) -> FunctionId {
        let id = self.declare(path.join(".").into(), 0, false);
        self.begin();
        let undefined = self.e.label();
        self.e.fail = undefined;
        let operands: Vec<Operand> =
            path.iter().map(|key| Operand::Const(Constant::String(key.clone()))).collect();
        let src = self.data(Tree::ROOT, &mut Vec::new(), &operands);
        self.e.emit(Op::Return { src });
        self.e.place(undefined);
        self.e.emit(Op::ReturnUndefined);
        self.end(id);
        id
    }

    /// The whole document of a node: its rules, what lies below it, and base data.
    pub(super) fn document(&mut self, node: NodeId) {
        let Some(here) = self.tree.node(node) else { return };
        let mut prefix = here.path.clone();
        let has_rules = !here.rules.is_empty();
        let children: Vec<(Str, NodeId)> =
            here.children.iter().map(|(key, id)| (key.clone(), *id)).collect();
        let (mark, below) = (self.e.register(), self.e.register());
        self.e.emit(Op::Begin { mark });
        for (key, child) in children {
            let only_function = self.tree.node(child).is_some_and(|node| {
                !node.functions.is_empty() && node.rules.is_empty() && node.children.is_empty()
            });
            if only_function {
                continue;
            }
            let done = self.e.label();
            let scope = self.e.open(done);
            prefix.push(key.clone());
            let value = self.data(child, &mut prefix, &[]);
            prefix.pop();
            let key = self.string(&key);
            self.e.emit(Op::Push { src: key });
            self.e.emit(Op::Push { src: value });
            self.e.close(scope);
            self.e.place(done);
        }
        self.e.emit(Op::End { what: Make::Object, dst: below, mark });
        let alone = self.e.label();
        self.e.fail = alone;
        let (left, strict) = if has_rules {
            let dst = self.e.register();
            let function = self.function(Job::Rules(node));
            self.e.emit(Op::Call { function, args: 0, dst, fail: alone });
            (Src::reg(dst), true)
        } else {
            (self.base(&prefix, &[]), false)
        };
        let dst = self.e.register();
        self.e.emit(Op::Merge { dst, left, right: Src::reg(below), strict });
        self.e.emit(Op::Return { src: Src::reg(dst) });
        self.e.place(alone);
        self.e.emit(Op::Return { src: Src::reg(below) });
    }
}
