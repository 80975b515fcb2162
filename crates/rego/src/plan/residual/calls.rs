//! What is left of calls: built-ins that test a text, and functions that are gone into.

use super::{Bound, Reduction, Residue, Ways, any, truth};
use crate::builtins::Builtin;
use crate::hir::{Callee, Operand};
use crate::plan::fold::Computed;
use crate::plan::formula::Formula;
use crate::plan::matchers::texts_of;
use sekisho_value::{Str, Value};

/// Functions are gone into so deep.
const NESTED: usize = 12;

/// A value and when it is there; none where there never is one.
type Called = Option<(Residue, Formula)>;

impl Reduction<'_, '_> {
    pub(super) fn call(
        &mut self,
        callee: &Callee,
        args: &[Operand],
        out: Option<&Operand>,
        bound: Bound,
    ) -> Option<Ways<Formula>> {
        if self.planner.is_replaced(callee) {
            return None;
        }
        let mut ways = Vec::new();
        for (bound, args) in self.values(args, &bound)? {
            let called = match callee {
                Callee::Builtin(builtin) => self.builtin(builtin, &args)?,
                Callee::Function(path) => self.function(path, args)?,
            };
            let Some((value, when)) = called else { continue };
            let results = match out {
                Some(out) => self.equals(out, value, bound)?,
                None => vec![(bound, truth(&value)?)],
            };
            for (bound, formula) in results {
                ways.push((bound, when.clone().and(formula)?));
            }
        }
        Some(ways)
    }

    /// The value of a built-in, and when it has it; inner none where it has none.
    fn builtin(&mut self, builtin: &Builtin, args: &[Residue]) -> Option<Called> {
        let formula = match (builtin.name, args) {
            ("equal" | "eq", [left, right]) => self.equal(left, right)?,
            ("neq", [left, right]) => self.equal(left, right)?.not(),
            ("startswith", [Residue::Later(place), Residue::Known(Value::String(part))]) => {
                self.look(place)?;
                Formula::prefix(vec![part.clone()])
            }
            ("endswith", [Residue::Later(place), Residue::Known(Value::String(part))]) => {
                self.look(place)?;
                Formula::suffix(vec![part.clone()])
            }
            ("strings.any_prefix_match", [Residue::Later(place), parts]) => {
                self.look(place)?;
                Formula::prefix(texts(parts)?)
            }
            ("strings.any_suffix_match", [Residue::Later(place), parts]) => {
                self.look(place)?;
                Formula::suffix(texts(parts)?)
            }
            ("internal.member_2", [Residue::Later(place), of]) => {
                self.look(place)?;
                let entries = self.entries(of)?;
                let text = |(_, entry): (Value, Value)| match entry {
                    Value::String(text) => Some(text),
                    _ => None,
                };
                Formula::member(entries.into_iter().filter_map(text).collect())
            }
            ("any", [Residue::Truths(truths)]) => any(truths.iter().cloned())?,
            ("all", [Residue::Truths(truths)]) => {
                truths.iter().cloned().try_fold(Formula::Always, Formula::and)?
            }
            ("count", [Residue::Some(some)]) => {
                return Some(Some((Residue::Count(some.clone()), Formula::Always)));
            }
            ("gt", [Residue::Count(some), Residue::Known(zero)]) if zero.as_i64() == Some(0) => {
                some.clone()
            }
            ("gte", [Residue::Count(some), Residue::Known(one)]) if one.as_i64() == Some(1) => {
                some.clone()
            }
            _ => return self.compute(builtin, args),
        };
        Some(Some((Residue::Truth(formula), Formula::Always)))
    }

    fn compute(&mut self, builtin: &Builtin, args: &[Residue]) -> Option<Called> {
        match self.planner.compute(builtin, args)? {
            Computed::Value(value) => Some(Some((value, Formula::Always))),
            Computed::Undefined => Some(None),
        }
    }

    /// The value of a function, and when it has it; inner none where it has none.
    fn function(&mut self, path: &[Str], args: Vec<Residue>) -> Option<Called> {
        if self.nested >= NESTED {
            return None;
        }
        self.nested += 1;
        let found = self.function_rules(path, &args);
        self.nested -= 1;
        found
    }

    fn function_rules(&mut self, path: &[Str], args: &[Residue]) -> Option<Called> {
        let planner = self.planner;
        let node = planner.tree.node(planner.tree.find(path)?)?;
        let mut value: Option<Residue> = None;
        let mut when = Formula::Never;
        for rule in node.functions.iter().filter_map(|rule| planner.hir.rules.get(*rule)) {
            let [clause] = rule.clauses.as_slice() else { return None };
            if rule.default || rule.params.len() != args.len() {
                return None;
            }
            let mut ways = vec![(Bound::default(), Formula::Always)];
            for (param, arg) in rule.params.iter().zip(args) {
                let mut longer = Vec::new();
                for (bound, before) in ways {
                    for (bound, formula) in self.equals(param, arg.clone(), bound)? {
                        longer.push((bound, before.clone().and(formula)?));
                    }
                }
                ways = longer;
            }
            for (bound, before) in ways {
                if before == Formula::Never {
                    continue;
                }
                for (bound, formula) in self.exprs(&clause.body, bound)? {
                    let formula = before.clone().and(formula)?;
                    for (_, result) in self.value(&clause.value, &bound)? {
                        value = Some(match value {
                            Some(known) => one(known, result)?,
                            None => result,
                        });
                        when = when.or(formula.clone())?;
                    }
                }
            }
        }
        Some(value.map(|value| (value, when)))
    }
}

/// Two values that have to be the same: what differs may be a conflict.
fn one(left: Residue, right: Residue) -> Option<Residue> {
    match (&left, &right) {
        (Residue::Known(known), Residue::Known(other)) if known == other => Some(left),
        _ => None,
    }
}

fn texts(parts: &Residue) -> Option<Vec<Str>> {
    match parts {
        Residue::Known(Value::String(text)) => Some(vec![text.clone()]),
        Residue::Known(Value::Array(items)) => texts_of(items),
        Residue::Set(members) => texts_of(members),
        _ => None,
    }
}
