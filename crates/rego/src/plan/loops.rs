//! Loops over collections that are known when the program is made.

use super::Planner;
use super::formula::Formula;
use super::residual::{Origin, Place, Reduction, Residue};
use super::visit::{Part, each_part, vars_in, vars_within};
use crate::hir::{Comprehension, Constant, Expr, ExprKind, Operand, Var};
use crate::numbers::NumberMap;
use crate::program::{Op, Src};

/// Expressions that are looked at together.
const TOGETHER: usize = 8;

/// What is done for every way to make a body hold.
#[derive(Clone, Copy)]
pub(super) enum After<'a> {
    /// it counts how often the body holds
    Counts,
    /// it only reads these, and the same again changes nothing
    Reads(&'a [&'a Operand]),
}

impl Planner<'_> {
    /// Where expressions at the beginning of some go through collections that are known, and
    /// nothing is read afterwards that they bind: writes one test in their place. Gives how many
    /// they are.
    pub(super) fn constant_loop(&mut self, exprs: &[Expr], after: After<'_>) -> usize {
        let After::Reads(read) = after else { return 0 };
        if self.folding.is_none() || self.prints || self.e.is_dead() {
            return 0;
        }
        if !exprs.first().is_some_and(|expr| self.may_loop(expr)) {
            return 0;
        }
        // How many expressions have to go together for nothing else to read what they bind.
        let mut together = 0;
        for (at, needed) in self.read_until(exprs, read).into_iter().take(TOGETHER).enumerate() {
            let count = at + 1;
            together = needed.max(together);
            if together > count {
                continue;
            }
            let segment = exprs.get(..count).unwrap_or_default();
            let mut reduction = Reduction::new(self);
            let Some(formula) = reduction.holds(segment) else { continue };
            if !reduction.loops {
                return 0;
            }
            match (reduction.tests, reduction.place.take(), formula) {
                (false, _, Formula::Always) => {}
                (false, _, Formula::Never) => self.e.retry(),
                (true, Some(place), formula) => self.test(segment, &place, formula),
                _ => continue,
            }
            return count;
        }
        0
    }

    /// Whether an expression itself may go through a collection.
    fn may_loop(&self, expr: &Expr) -> bool {
        if matches!(expr.kind, ExprKind::Every { .. }) {
            return true;
        }
        let mut may = false;
        each_part(std::slice::from_ref(expr), &mut |part| match part {
            Part::Operand(Operand::Comprehension(_)) => may = true,
            Part::Operand(Operand::Ref(reference)) => {
                let open = |operand: &Operand| match operand {
                    Operand::Var(var) => !self.e.bound.contains_key(var),
                    _ => false,
                };
                may |= reference.path.iter().any(open);
            }
            _ => {}
        });
        may
    }

    /// For each expression: the number of the first expressions that hold every mention of the
    /// variables that it may bind; more than there are where those are read afterwards.
    fn read_until(&self, exprs: &[Expr], read: &[&Operand]) -> Vec<usize> {
        let mut mentions: Vec<(usize, Var)> = Vec::new();
        let mut last: NumberMap<Var, usize> = NumberMap::default();
        for (at, expr) in exprs.iter().enumerate() {
            vars_in(std::slice::from_ref(expr), &mut |var| {
                if !self.e.bound.contains_key(&var) && last.insert(var, at + 1) != Some(at + 1) {
                    mentions.push((at, var));
                }
            });
        }
        for operand in read {
            vars_within(operand, &mut |var| {
                if let Some(last) = last.get_mut(&var) {
                    *last = usize::MAX;
                }
            });
        }
        let mut until = vec![0; exprs.len()];
        for (at, var) in mentions {
            if let (Some(until), Some(last)) = (until.get_mut(at), last.get(&var)) {
                *until = (*until).max(*last);
            }
        }
        until
    }

    /// Tests what stands at a place. What is no text is left to the expressions themselves.
    fn test(&mut self, segment: &[Expr], place: &Place, formula: Formula) {
        let outer = self.e.fail;
        let dst = self.e.register();
        let (written, missed, decided) = (self.e.label(), self.e.label(), self.e.label());
        let scope = self.e.open(written);
        let path: Vec<Operand> =
            place.path.iter().map(|key| Operand::Const(Constant::String(key.clone()))).collect();
        let src = match place.from {
            Origin::Input => self.input(&path),
            Origin::Value(src) => self.within(src, &path),
        };
        self.matches(src, formula, dst, decided);
        self.e.close(scope);
        self.e.place(written);
        let scope = self.e.open(missed);
        for expr in segment {
            self.expr(expr);
        }
        let holds = self.constant(&Constant::Bool(true));
        self.e.emit(Op::Move { dst, src: holds });
        self.e.emit(Op::Jump { to: decided });
        self.e.close(scope);
        self.e.place(missed);
        self.e.emit(Op::Jump { to: outer });
        self.e.place(decided);
        self.e.emit(Op::IsTrue { src: Src::reg(dst), fail: outer });
    }

    /// A comprehension over what is known.
    pub(super) fn fold_comprehension(&mut self, comprehension: &Comprehension) -> Option<Src> {
        if self.folding.is_none() || self.prints || self.e.is_dead() {
            return None;
        }
        match Reduction::new(self).collected(comprehension)? {
            Residue::Known(value) => Some(self.json(value)),
            Residue::Set(members) => {
                let members = members.iter().map(super::fold::constant_of_json).collect();
                Some(self.constant(&Constant::Set(members)))
            }
            _ => None,
        }
    }
}
