//! Comprehensions.

use super::{Local, Planner};
use crate::ast::{Comprehension, Expr, ExprKind, Form, operator};
use crate::cost;
use crate::macros::MAP_INSERT;
use crate::program::node::{Fold, FoldKind, Inserted, Node};
use std::sync::Arc;

impl Planner<'_> {
    pub(super) fn comprehension(&mut self, fold: &Comprehension) -> Node {
        // An empty list to go through costs what a list costs, unless constants cost nothing.
        let empty =
            |cost: u64| if self.environment.libraries.options.fold_constants { 0 } else { cost };
        let (list, map) = (empty(cost::LIST), empty(cost::MAP));
        match fold.form {
            Form::Bind => {
                let init = Arc::new(self.expr(&fold.init));
                let slot = self.new_slot();
                self.scopes.push((fold.accumulator.clone(), Local::Lazy(slot, init)));
                let result = Box::new(self.expr(&fold.result));
                self.scopes.pop();
                Node::Bind { slot, result, cost: list }
            }
            Form::OptionalTarget => {
                let target = Box::new(self.expr(&fold.init));
                let slot = self.new_slot();
                // cel-go has the target itself where we read the variable.
                self.scopes.push((fold.accumulator.clone(), Local::Target(slot)));
                let result = Box::new(self.expr(&fold.result));
                self.scopes.pop();
                Node::OptionalTarget { slot, target, result, cost: 0 }
            }
            _ => {
                let range = self.expr(&fold.range);
                let first = self.new_slot();
                let second = fold.variable2.as_ref().map(|_| self.new_slot());
                let kind = self
                    .fold_kind(fold, first, second, (list, map))
                    .unwrap_or_else(|| self.general(fold, first, second));
                Node::Fold(Box::new(Fold { range, first, second, kind }))
            }
        }
    }

    fn enter(&mut self, fold: &Comprehension, first: usize, second: Option<usize>) -> usize {
        let scopes = self.scopes.len();
        self.scopes.push((fold.variable.clone(), Local::Set(first)));
        if let (Some(name), Some(slot)) = (&fold.variable2, second) {
            self.scopes.push((name.clone(), Local::Set(slot)));
        }
        scopes
    }

    fn fold_kind(
        &mut self,
        fold: &Comprehension,
        first: usize,
        second: Option<usize>,
        (list, map): (u64, u64),
    ) -> Option<FoldKind> {
        let args = match &fold.step.kind {
            ExprKind::Call { args, .. } => args,
            _ => return None,
        };
        let scopes = self.enter(fold, first, second);
        let kind = match (fold.form, args.as_slice()) {
            (Form::All, [_, predicate]) => Some(FoldKind::All(self.expr(predicate))),
            (Form::Exists, [_, predicate]) => Some(FoldKind::Exists(self.expr(predicate))),
            (Form::ExistsOne, [predicate, ..]) => Some(FoldKind::ExistsOne(self.expr(predicate))),
            (Form::Collect | Form::Insert, _) => {
                let (filter, step) = match &fold.step.kind {
                    ExprKind::Call { function, args, .. } if function == operator::CONDITIONAL => {
                        (args.first(), args.get(1))
                    }
                    _ => (None, Some(&fold.step)),
                };
                let filter = filter.map(|filter| self.expr(filter));
                step.and_then(|step| self.collected(filter, step, list, map))
            }
            _ => None,
        };
        self.scopes.truncate(scopes);
        kind
    }

    fn collected(
        &mut self,
        filter: Option<Node>,
        step: &Expr,
        list: u64,
        map: u64,
    ) -> Option<FoldKind> {
        let ExprKind::Call { function, args, .. } = &step.kind else { return None };
        match (function.as_str(), args.as_slice()) {
            (operator::ADD, [_, Expr { kind: ExprKind::List(items), .. }]) => {
                let item = self.expr(&items.first()?.value);
                Some(FoldKind::Collect { filter, item, start: list })
            }
            (MAP_INSERT, [_, key, value]) => {
                let inserted = Inserted::Entry(self.expr(key), self.expr(value));
                Some(FoldKind::Insert { filter, inserted, start: map })
            }
            (MAP_INSERT, [_, entries]) => {
                let inserted = Inserted::Entries(self.expr(entries));
                Some(FoldKind::Insert { filter, inserted, start: map })
            }
            _ => None,
        }
    }

    fn general(&mut self, fold: &Comprehension, first: usize, second: Option<usize>) -> FoldKind {
        let init = self.expr(&fold.init);
        let accumulator = self.new_slot();
        let outer = self.scopes.len();
        self.scopes.push((fold.accumulator.clone(), Local::Set(accumulator)));
        let scopes = self.enter(fold, first, second);
        let condition = self.expr(&fold.condition);
        let step = self.expr(&fold.step);
        self.scopes.truncate(scopes);
        let result = self.expr(&fold.result);
        self.scopes.truncate(outer);
        FoldKind::General { accumulator, init, condition, step, result }
    }
}
