//! Modifiers: `with input as …`, `with data.a as …`, `with f as g`.

use super::{Job, Name, Planner};
use crate::hir::{Callee, Expr, ExprKind, Operand, Root, Var, With, WithTarget};
use crate::program::{Make, Modifiers, Op, Src, Target};

impl Planner<'_> {
    /// Plans an expression under its modifiers.
    ///
    /// What the expression binds is used outside of them, so an expression that binds something
    /// is evaluated wholly, its results collected, and these gone through.
    pub(super) fn expr_with(&mut self, expr: &Expr) {
        let values = self.modifier_values(&expr.with);
        let with = self.modifiers(&expr.with);
        let outputs = self.outputs(expr);
        if outputs.is_empty() {
            let (holds, fails) = (self.e.label(), self.e.label());
            self.e.emit(Op::Enter { with, values });
            let scope = self.e.open(fails);
            self.expr_kind(expr);
            self.e.emit(Op::Leave);
            self.e.emit(Op::Jump { to: holds });
            self.e.close(scope);
            self.e.place(fails);
            self.e.emit(Op::Leave);
            self.e.retry();
            self.e.place(holds);
            return;
        }
        let (mark, results) = (self.e.register(), self.e.register());
        self.e.emit(Op::Enter { with, values });
        self.e.emit(Op::Begin { mark });
        let done = self.e.label();
        let scope = self.e.open(done);
        self.expr_kind(expr);
        let tuple = self.tuple(&outputs, None);
        self.e.emit(Op::Push { src: Src::reg(tuple) });
        self.e.retry();
        self.e.close(scope);
        self.e.place(done);
        self.e.emit(Op::End { what: Make::Array, dst: results, mark });
        self.e.emit(Op::Leave);
        let (_, value) = self.each(Src::reg(results));
        self.take_tuple(&outputs, value);
    }

    /// The variables that an expression binds: all that it names outside of nested bodies and that
    /// have no value yet.
    fn outputs(&self, expr: &Expr) -> Vec<Var> {
        let mut named = Vec::new();
        match &expr.kind {
            ExprKind::Unify(left, right) => {
                vars_of(left, &mut named);
                vars_of(right, &mut named);
            }
            ExprKind::Test(operand) => vars_of(operand, &mut named),
            ExprKind::Call { args, out, .. } => {
                for operand in args.iter().chain(out) {
                    vars_of(operand, &mut named);
                }
            }
            ExprKind::Every { domain, .. } => vars_of(domain, &mut named),
            ExprKind::Not(_) | ExprKind::Print(_) => {}
        }
        named.sort();
        named.dedup();
        named.retain(|var| !self.e.bound.contains_key(var));
        named
    }

    fn modifier_values(&mut self, with: &[With]) -> u16 {
        let operands: Vec<&Operand> = with
            .iter()
            .filter_map(|with| match &with.target {
                WithTarget::Input(_, value)
                | WithTarget::Data(_, value)
                | WithTarget::Nowhere(value)
                | WithTarget::Value(_, value) => Some(value),
                WithTarget::Call(..) => None,
            })
            .collect();
        self.row(&operands)
    }

    fn modifiers(&mut self, with: &[With]) -> u32 {
        let mut targets = Vec::new();
        for with in with {
            targets.push(match &with.target {
                WithTarget::Input(path, _) => Target::Input(path.clone()),
                WithTarget::Data(path, _) => Target::Data(path.clone()),
                WithTarget::Nowhere(_) => Target::Nowhere,
                WithTarget::Value(callee, _) => Target::Value(self.mock_number(callee)),
                WithTarget::Call(callee, replacement) => {
                    let number = self.mock_number(callee);
                    match replacement {
                        Callee::Builtin(builtin) => Target::Builtin(number, self.builtin(builtin)),
                        Callee::Function(path) => match self.tree.find(path) {
                            Some(node) => {
                                Target::Function(number, self.function(Job::Function(node)))
                            }
                            None => Target::Value(number),
                        },
                    }
                }
            });
        }
        let index = u32::try_from(self.program.modifiers.len()).unwrap_or(u32::MAX);
        self.program.modifiers.push(Modifiers { targets });
        index
    }

    fn mock_number(&self, callee: &Callee) -> u16 {
        self.mocks.get(&Name::of(callee)).copied().unwrap_or(u16::MAX)
    }

    /// Puts the values of variables, and one more, into a list.
    pub(super) fn tuple(&mut self, vars: &[Var], more: Option<Src>) -> u16 {
        let sources: Vec<Src> = vars
            .iter()
            .map(|var| self.e.bound.get(var).copied().unwrap_or(Src::reg(0)))
            .chain(more)
            .collect();
        let (start, dst) = (self.e.run(sources.len()), self.e.register());
        for (at, src) in sources.iter().enumerate() {
            let at = u16::try_from(at).unwrap_or(u16::MAX);
            self.e.emit(Op::Move { dst: start.saturating_add(at), src: *src });
        }
        let count = u16::try_from(sources.len()).unwrap_or(u16::MAX);
        self.e.emit(Op::Make { what: Make::Array, dst, start, count });
        dst
    }

    /// Binds variables to the items of a list.
    pub(super) fn take_tuple(&mut self, vars: &[Var], tuple: u16) {
        for (at, var) in vars.iter().enumerate() {
            let dst = self.e.register();
            let index = u16::try_from(at).unwrap_or(u16::MAX);
            self.e.emit(Op::Item { dst, src: tuple, index });
            self.e.bound.insert(*var, Src::reg(dst));
        }
    }
}

/// The variables of an operand, those of comprehensions left out.
pub(super) fn vars_of(operand: &Operand, vars: &mut Vec<Var>) {
    match operand {
        Operand::Const(_) | Operand::Comprehension(_) => {}
        Operand::Var(var) => vars.push(*var),
        Operand::Ref(reference) => {
            if let Root::Var(var) = reference.root {
                vars.push(var);
            }
            reference.path.iter().for_each(|operand| vars_of(operand, vars));
        }
        Operand::Array(items) | Operand::Set(items) => {
            items.iter().for_each(|operand| vars_of(operand, vars));
        }
        Operand::Object(entries) => {
            for (key, value) in entries {
                vars_of(key, vars);
                vars_of(value, vars);
            }
        }
    }
}
