//! What is left of expressions when all that is constant in them is computed.
//!
//! Loops over constant collections are gone through here, and so are functions that are called
//! with constants. Where what is left tests one text that is given later (against members,
//! prefixes, suffixes), that is a [`Formula`]. Whatever cannot be said so is given up: every
//! function here gives none then. What is told holds for a text; of any other value nothing is
//! said.

mod calls;

use super::Planner;
use super::formula::Formula;
use crate::hir::{
    Body, Comprehension, ComprehensionKind, Constant, Expr, ExprKind, Operand, Ref, Root, Var,
};
use crate::numbers::NumberMap;
use crate::program::Src;
use crate::term::{Term, compare};
use sekisho_value::{Str, Value};
use std::sync::Arc;

/// Steps of one reduction.
const STEPS: usize = 50_000;
/// More ways to make something hold are given up.
const WAYS: usize = 20_000;

/// Where the text is that is given later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) from: Origin,
    pub(super) path: Vec<Str>,
}

/// What a [`Place`] stands below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Input,
    Value(Src),
}

/// What is known of a value.
#[derive(Clone, Debug)]
pub(super) enum Residue {
    Known(Value),
    /// a set of these
    Set(Arc<[Value]>),
    /// what stands there
    Later(Place),
    /// whether it holds
    Truth(Formula),
    /// a collection of booleans: of what is told
    Truths(Vec<Formula>),
    /// a collection that has something in it where that holds
    Some(Formula),
    /// the number of its entries
    Count(Formula),
}

/// Values of the variables of a rule.
#[derive(Clone, Default)]
struct Bound {
    values: NumberMap<Var, Residue>,
    /// others have the value that they have where the program is being written
    outer: bool,
}

/// One way to make something hold.
type Ways<T> = Vec<(Bound, T)>;

/// Computes what is left of some expressions.
pub(super) struct Reduction<'p, 'h> {
    planner: &'p Planner<'h>,
    /// where the text is
    pub(super) place: Option<Place>,
    /// something was tested that is given later
    pub(super) tests: bool,
    /// a collection was gone through
    pub(super) loops: bool,
    nested: usize,
    /// so many steps are left
    left: usize,
}

impl<'p, 'h> Reduction<'p, 'h> {
    pub(super) fn new(planner: &'p Planner<'h>) -> Self {
        Self { planner, place: None, tests: false, loops: false, nested: 0, left: STEPS }
    }

    /// When there is a way to make expressions hold.
    pub(super) fn holds(&mut self, exprs: &[Expr]) -> Option<Formula> {
        let bound = Bound { outer: true, ..Bound::default() };
        let ways = self.exprs(exprs, bound)?;
        any(ways.into_iter().map(|(_, formula)| formula))
    }

    /// The value of a comprehension that depends on nothing that is given later.
    pub(super) fn collected(&mut self, comprehension: &Comprehension) -> Option<Residue> {
        let bound = Bound { outer: true, ..Bound::default() };
        let value = self.comprehension(comprehension, &bound)?;
        (!self.tests && self.place.is_none()).then_some(value)
    }

    fn step(&mut self) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        self.planner.folding.as_ref()?.budget.step(1).ok()
    }

    fn exprs(&mut self, exprs: &[Expr], bound: Bound) -> Option<Ways<Formula>> {
        let mut ways = vec![(bound, Formula::Always)];
        for expr in exprs {
            let mut longer = Vec::new();
            for (bound, before) in ways {
                for (bound, formula) in self.expr(expr, bound)? {
                    let formula = before.clone().and(formula)?;
                    if formula != Formula::Never {
                        longer.push((bound, formula));
                    }
                }
                if longer.len() > WAYS {
                    return None;
                }
            }
            ways = longer;
        }
        Some(ways)
    }

    fn expr(&mut self, expr: &Expr, bound: Bound) -> Option<Ways<Formula>> {
        self.step()?;
        if !expr.with.is_empty() {
            return None;
        }
        match &expr.kind {
            ExprKind::Unify(left, right) => self.unify(left, right, bound),
            ExprKind::Test(operand) => {
                let values = self.value(operand, &bound)?;
                values.into_iter().map(|(bound, value)| Some((bound, truth(&value)?))).collect()
            }
            ExprKind::Call { callee, args, out } => self.call(callee, args, out.as_ref(), bound),
            ExprKind::Not(body) => {
                let ways = self.exprs(body, bound.clone())?;
                let formula = any(ways.into_iter().map(|(_, formula)| formula))?;
                Some(vec![(bound, formula.not())])
            }
            ExprKind::Every { key, value, domain, body } => {
                self.every(key.as_ref(), value, domain, body, bound)
            }
            ExprKind::Print(_) => None,
        }
    }

    fn every(
        &mut self,
        key: Option<&Operand>,
        value: &Operand,
        domain: &Operand,
        body: &Body,
        bound: Bound,
    ) -> Option<Ways<Formula>> {
        let mut ways = Vec::new();
        for (bound, domain) in self.value(domain, &bound)? {
            let mut all = Formula::Always;
            for (at, entry) in self.entries(&domain)? {
                let mut inner = bound.clone();
                if let Some(key) = key {
                    inner.values.insert(var(key)?, Residue::Known(at));
                }
                inner.values.insert(var(value)?, Residue::Known(entry));
                let ways = self.exprs(body, inner)?;
                all = all.and(any(ways.into_iter().map(|(_, formula)| formula))?)?;
            }
            ways.push((bound, all));
        }
        Some(ways)
    }

    /// The entries of a collection that is known.
    fn entries(&mut self, collection: &Residue) -> Option<Vec<(Value, Value)>> {
        self.loops = true;
        let entries: Vec<_> = match collection {
            Residue::Known(Value::Array(items)) => (0_i64..)
                .zip(items.iter())
                .map(|(at, item)| (Value::from(at), item.clone()))
                .collect(),
            Residue::Known(Value::Object(map)) => {
                map.iter().map(|(key, value)| (Value::String(key.clone()), value.clone())).collect()
            }
            Residue::Set(members) => {
                members.iter().map(|member| (member.clone(), member.clone())).collect()
            }
            _ => return None,
        };
        (entries.len() <= WAYS).then_some(entries)
    }

    fn unify(&mut self, left: &Operand, right: &Operand, bound: Bound) -> Option<Ways<Formula>> {
        let (left, right) = match self.is_open(left, &bound) {
            true => (right, left),
            false => (left, right),
        };
        let mut ways = Vec::new();
        for (bound, value) in self.value(left, &bound)? {
            ways.extend(self.equals(right, value, bound)?);
        }
        Some(ways)
    }

    /// Makes an operand equal to a value.
    fn equals(
        &mut self,
        operand: &Operand,
        value: Residue,
        mut bound: Bound,
    ) -> Option<Ways<Formula>> {
        if self.is_open(operand, &bound) {
            bound.values.insert(var(operand)?, value);
            return Some(vec![(bound, Formula::Always)]);
        }
        let others = self.value(operand, &bound)?;
        others
            .into_iter()
            .map(|(bound, other)| Some((bound, self.equal(&value, &other)?)))
            .collect()
    }

    fn is_open(&self, operand: &Operand, bound: &Bound) -> bool {
        match operand {
            Operand::Var(var) => self.variable(*var, bound).is_none(),
            _ => false,
        }
    }

    fn equal(&mut self, left: &Residue, right: &Residue) -> Option<Formula> {
        Some(match (left, right) {
            (Residue::Known(left), Residue::Known(right)) => Formula::of(same(left, right)),
            (Residue::Later(place), Residue::Known(known))
            | (Residue::Known(known), Residue::Later(place)) => {
                self.look(place)?;
                match known {
                    Value::String(text) => Formula::member(vec![text.clone()]),
                    _ => Formula::Never,
                }
            }
            (Residue::Truth(formula), Residue::Known(Value::Bool(wanted)))
            | (Residue::Known(Value::Bool(wanted)), Residue::Truth(formula)) => match wanted {
                true => formula.clone(),
                false => formula.clone().not(),
            },
            (Residue::Count(some), Residue::Known(known))
            | (Residue::Known(known), Residue::Count(some))
                if known.as_i64() == Some(0) =>
            {
                some.clone().not()
            }
            _ => return None,
        })
    }

    /// Notes that what stands there is tested.
    fn look(&mut self, place: &Place) -> Option<()> {
        self.tests = true;
        match &self.place {
            Some(known) => (known == place).then_some(()),
            None => {
                self.place = Some(place.clone());
                Some(())
            }
        }
    }

    fn variable(&self, var: Var, bound: &Bound) -> Option<Residue> {
        if let Some(value) = bound.values.get(&var) {
            return Some(value.clone());
        }
        let src = *self.planner.e.bound.get(&var).filter(|_| bound.outer)?;
        Some(match self.planner.constant_at(src) {
            Some(value) => value,
            None => Residue::Later(Place { from: Origin::Value(src), path: Vec::new() }),
        })
    }

    fn value(&mut self, operand: &Operand, bound: &Bound) -> Option<Ways<Residue>> {
        self.step()?;
        let value = match operand {
            Operand::Const(constant) => residue(constant)?,
            Operand::Var(var) => self.variable(*var, bound)?,
            Operand::Ref(reference) => return self.reference(reference, bound),
            Operand::Comprehension(comprehension) => self.comprehension(comprehension, bound)?,
            Operand::Array(items) => return self.array(items, bound),
            Operand::Set(_) | Operand::Object(_) => return None,
        };
        Some(vec![(bound.clone(), value)])
    }

    fn array(&mut self, items: &[Operand], bound: &Bound) -> Option<Ways<Residue>> {
        let mut ways = Vec::new();
        for (bound, values) in self.values(items, bound)? {
            let items: Option<Vec<Value>> = values
                .into_iter()
                .map(|value| match value {
                    Residue::Known(value) => Some(value),
                    _ => None,
                })
                .collect();
            ways.push((bound, Residue::Known(Value::Array(items?.into()))));
        }
        Some(ways)
    }

    /// The values of several operands.
    fn values(&mut self, operands: &[Operand], bound: &Bound) -> Option<Ways<Vec<Residue>>> {
        let mut ways = vec![(bound.clone(), Vec::new())];
        for operand in operands {
            let mut longer = Vec::new();
            for (bound, values) in ways {
                for (bound, value) in self.value(operand, &bound)? {
                    let mut values: Vec<Residue> = values.clone();
                    values.push(value);
                    longer.push((bound, values));
                }
            }
            ways = longer;
        }
        Some(ways)
    }

    fn reference(&mut self, reference: &Ref, bound: &Bound) -> Option<Ways<Residue>> {
        let (root, path) = match reference.root {
            Root::Var(var) => (self.variable(var, bound)?, reference.path.as_slice()),
            Root::Data => return None,
            Root::Input => {
                let texts = reference.path.iter().map_while(Planner::text);
                let keys: Vec<Str> = texts.cloned().collect();
                let rest = reference.path.get(keys.len()..).unwrap_or_default();
                match self.planner.known_part(&keys) {
                    super::fold::Part::Value(value) => (Residue::Known(value.clone()), rest),
                    super::fold::Part::Undefined => return Some(Vec::new()),
                    super::fold::Part::Above => return None,
                    super::fold::Part::Nothing => {
                        (Residue::Later(Place { from: Origin::Input, path: keys }), rest)
                    }
                }
            }
        };
        let mut ways = vec![(bound.clone(), root)];
        for key in path {
            let mut longer = Vec::new();
            for (bound, value) in ways {
                self.step()?;
                self.at_key(value, key, bound, &mut longer)?;
                if longer.len() > WAYS {
                    return None;
                }
            }
            ways = longer;
        }
        Some(ways)
    }

    /// What stands at a key, or at every key where it is a variable without a value.
    fn at_key(
        &mut self,
        value: Residue,
        key: &Operand,
        mut bound: Bound,
        ways: &mut Ways<Residue>,
    ) -> Option<()> {
        if let Residue::Later(mut place) = value {
            place.path.push(Planner::text(key)?.clone());
            ways.push((bound, Residue::Later(place)));
            return Some(());
        }
        if self.is_open(key, &bound) {
            let name = var(key)?;
            for (at, entry) in self.entries_or_none(&value)? {
                bound.values.insert(name, Residue::Known(at));
                ways.push((bound.clone(), Residue::Known(entry)));
            }
            return Some(());
        }
        for (bound, key) in self.value(key, &bound)? {
            let Residue::Known(key) = key else { return None };
            let found = match &value {
                Residue::Known(value) => find(value, &key)?.cloned(),
                Residue::Set(members) => members.iter().find(|at| same(at, &key)).cloned(),
                _ => return None,
            };
            ways.extend(found.map(|found| (bound, Residue::Known(found))));
        }
        Some(())
    }

    /// As [`Self::entries`]; what is no collection has none.
    fn entries_or_none(&mut self, value: &Residue) -> Option<Vec<(Value, Value)>> {
        match value {
            Residue::Known(Value::Array(_) | Value::Object(_)) | Residue::Set(_) => {
                self.entries(value)
            }
            Residue::Known(_) => Some(Vec::new()),
            _ => None,
        }
    }

    fn comprehension(&mut self, of: &Comprehension, bound: &Bound) -> Option<Residue> {
        let (value, list) = match &of.kind {
            ComprehensionKind::Array(value) => (value, true),
            ComprehensionKind::Set(value) => (value, false),
            ComprehensionKind::Object(..) => return None,
        };
        let mut items = Vec::new();
        for (bound, formula) in self.exprs(&of.body, bound.clone())? {
            for (_, value) in self.value(value, &bound)? {
                items.push((formula.clone(), value));
            }
        }
        if items.iter().any(|(formula, _)| *formula != Formula::Always) {
            return Some(Residue::Some(any(items.into_iter().map(|(formula, _)| formula))?));
        }
        let known = |(_, value): &(Formula, Residue)| match value {
            Residue::Known(value) => Some(value.clone()),
            _ => None,
        };
        if let Some(mut values) = items.iter().map(known).collect::<Option<Vec<Value>>>() {
            if list {
                return Some(Residue::Known(Value::Array(values.into())));
            }
            values.sort_by(|left, right| compare(Term::borrowed(left), Term::borrowed(right)));
            values.dedup_by(|left, right| same(left, right));
            return Some(Residue::Set(values.into()));
        }
        let truths = items.into_iter().map(|(_, value)| match value {
            Residue::Truth(formula) => Some(formula),
            Residue::Known(Value::Bool(bool)) => Some(Formula::of(bool)),
            _ => None,
        });
        Some(Residue::Truths(truths.collect::<Option<_>>()?))
    }
}

fn any(mut formulas: impl Iterator<Item = Formula>) -> Option<Formula> {
    formulas.try_fold(Formula::Never, Formula::or)
}

/// When a value is there and not `false`.
fn truth(value: &Residue) -> Option<Formula> {
    match value {
        Residue::Known(value) => Some(Formula::of(*value != Value::Bool(false))),
        Residue::Truth(formula) => Some(formula.clone()),
        Residue::Set(_) | Residue::Truths(_) | Residue::Some(_) | Residue::Count(_) => {
            Some(Formula::Always)
        }
        Residue::Later(_) => None,
    }
}

fn var(operand: &Operand) -> Option<Var> {
    match operand {
        Operand::Var(var) => Some(*var),
        _ => None,
    }
}

fn same(left: &Value, right: &Value) -> bool {
    compare(Term::borrowed(left), Term::borrowed(right)).is_eq()
}

/// What stands at a key; none where that is for the evaluation to say.
fn find<'v>(value: &'v Value, key: &Value) -> Option<Option<&'v Value>> {
    Some(match (value, key) {
        (Value::Object(map), Value::String(key)) => map.get(key),
        (Value::Array(items), Value::Number(index)) => {
            let index = index.held().ok()?;
            usize::try_from(index).ok().and_then(|index| items.get(index))
        }
        _ => None,
    })
}

/// A constant, JSON or a set of JSON.
pub(super) fn residue(constant: &Constant) -> Option<Residue> {
    match constant {
        Constant::Set(members) => {
            let members: Option<Vec<Value>> = members.iter().map(super::as_json).collect();
            let mut members = members?;
            members.sort_by(|left, right| compare(Term::borrowed(left), Term::borrowed(right)));
            members.dedup_by(|left, right| same(left, right));
            Some(Residue::Set(members.into()))
        }
        _ => super::as_json(constant).map(Residue::Known),
    }
}
