//! Collections that are made by the machine, constants among them.

use super::{EvalCode, EvalError, Machine};
use crate::program::{self, Make, Reg};
use crate::term::{Comparison, Term};
use bumpalo::collections::Vec as BumpVec;
use sekisho_budget::BudgetExceeded;

/// What becomes of a key that stands in an object twice, with different values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeated {
    /// of an object that is collected
    IsConflict,
    /// of one written out, whose entries are in OPA's order
    LastCounts,
}

impl<'a> Machine<'a> {
    pub(super) fn make(
        &mut self,
        what: Make,
        start: Reg,
        count: u16,
    ) -> Result<Term<'a>, EvalError> {
        let count = usize::from(count);
        let made = match what {
            Make::Array => self.arena.array(self.registers_from(start, count)),
            Make::Set => {
                let from = self.stack.len();
                let start = self.base + usize::from(start);
                let members = self.registers.get(start..start.saturating_add(count));
                self.stack.extend_from_slice_copy(members.unwrap_or_default());
                let made = self.set_of(from);
                self.stack.truncate(from);
                made
            }
            Make::Object => {
                let flat = self.registers_from(start, count.saturating_mul(2));
                return self.object_of(flat, Repeated::LastCounts);
            }
        };
        made.map_err(|cause| self.exceeded(cause))
    }

    /// A set of what stands on the stack from a place on, sorted where it stands.
    fn set_of(&mut self, from: usize) -> Result<Term<'a>, BudgetExceeded> {
        let budget = self.arena.budget();
        let members = self.stack.get_mut(from..).unwrap_or_default();
        budget.step(members.len() as u64)?;
        let comparison = Comparison::new(budget);
        members.sort_by(|left, right| comparison.compare(*left, *right));
        let mut kept = members.len().min(1);
        for at in 1..members.len() {
            let (Some(last), Some(next)) = (members.get(kept - 1), members.get(at)) else { break };
            if comparison.compare(*last, *next).is_ne() {
                members.swap(kept, at);
                kept += 1;
            }
        }
        comparison.end()?;
        self.arena.sorted_set(members.get(..kept).unwrap_or_default())
    }

    pub(super) fn push(&mut self, term: Term<'a>) -> Result<(), EvalError> {
        // The stack grows by half of it lying idle.
        let bytes = 2 * size_of::<Term<'a>>() as u64;
        self.arena.budget().allocate(bytes).map_err(|cause| self.exceeded(cause))?;
        self.stack.push(term);
        Ok(())
    }

    /// Ends what was collected since the mark.
    pub(super) fn end(&mut self, what: Make, mark: Reg) -> Result<Term<'a>, EvalError> {
        let mark = self.mark(mark);
        let collected = self.stack.get(mark..).unwrap_or_default();
        let made = match what {
            Make::Array => self.arena.array(collected),
            Make::Set => self.set_of(mark),
            Make::Object => Ok(self.object_of(collected, Repeated::IsConflict)?),
        };
        let made = made.map_err(|cause| self.exceeded(cause))?;
        self.stack.truncate(mark);
        Ok(made)
    }

    fn mark(&self, mark: Reg) -> usize {
        match self.reg(mark) {
            Term::Int(mark) => usize::try_from(mark).unwrap_or(0),
            _ => 0,
        }
    }

    /// An object of keys and values in turn.
    fn object_of(&self, flat: &[Term<'a>], repeated: Repeated) -> Result<Term<'a>, EvalError> {
        let pairs = flat.chunks_exact(2);
        let mut entries = BumpVec::with_capacity_in(pairs.len(), self.bump);
        entries.extend(pairs.filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))));
        let budget = self.arena.budget();
        let taken = budget.step(entries.len() as u64);
        taken
            .and_then(|()| budget.allocate(size_of_val(entries.as_slice()) as u64))
            .map_err(|cause| self.exceeded(cause))?;
        let comparison = Comparison::new(budget);
        let same = |left, right| comparison.compare(left, right).is_eq();
        entries.sort_by(|(left, _), (right, _)| comparison.compare(*left, *right));
        let is_conflict = |pair: &[(Term<'a>, Term<'a>)]| match pair {
            [(left, first), (right, second)] => same(*left, *right) && !same(*first, *second),
            _ => false,
        };
        let conflict = repeated == Repeated::IsConflict && entries.windows(2).any(is_conflict);
        if !conflict {
            entries.dedup_by(|(later, value), (kept, last)| {
                let repeats = same(*later, *kept);
                if repeats {
                    *last = *value;
                }
                repeats
            });
        }
        comparison.end().map_err(|cause| self.exceeded(cause))?;
        if conflict {
            return Err(self.conflicting_keys());
        }
        self.arena.sorted_object(&entries).map_err(|cause| self.exceeded(cause))
    }

    fn conflicting_keys(&self) -> EvalError {
        EvalError {
            code: EvalCode::Conflict,
            message: "object keys must be unique".to_owned(),
            location: self.location(),
            limit: None,
        }
    }

    /// Ends what was collected since the mark as nested objects.
    pub(super) fn end_nested(&mut self, mark: Reg) -> Result<Term<'a>, EvalError> {
        let mark = self.mark(mark);
        let collected = self.stack.get(mark..).unwrap_or_default();
        let budget = self.arena.budget();
        let entry = size_of::<Entry<'a>>() + 4 * size_of::<Term<'a>>();
        let bytes = entry.saturating_mul(collected.len() / 3) as u64;
        let taken = budget.step(collected.len() as u64).and_then(|()| budget.allocate(bytes));
        taken.map_err(|cause| self.exceeded(cause))?;
        let mut entries = Vec::with_capacity(collected.len() / 3);
        for triple in collected.chunks_exact(3) {
            let [path, value, member] = triple else { continue };
            let path: Vec<Term<'a>> = path.items().collect();
            entries.push(Entry { path, value: *value, member: matches!(member, Term::Bool(true)) });
        }
        let comparison = Comparison::new(budget);
        entries.sort_by(|left, right| {
            left.path
                .iter()
                .zip(&right.path)
                .map(|(l, r)| comparison.compare(*l, *r))
                .find(|order| order.is_ne())
                .unwrap_or_else(|| left.path.len().cmp(&right.path.len()))
        });
        let made = self.nest(&entries, 0, &comparison);
        comparison.end().map_err(|cause| self.exceeded(cause))?;
        let made = made?;
        self.stack.truncate(mark);
        Ok(made)
    }

    /// Entries with the same path up to `depth`. The recursion is as deep as a rule's head is
    /// long, which the parser limits.
    fn nest(
        &self,
        entries: &[Entry<'a>],
        depth: usize,
        comparison: &Comparison<'_>,
    ) -> Result<Term<'a>, EvalError> {
        let same = |left, right| comparison.compare(left, right).is_eq();
        let ends = entries.iter().filter(|entry| entry.path.len() == depth).count();
        if ends > 0 {
            let all_members = entries.iter().all(|entry| entry.member);
            if ends < entries.len() {
                return Err(self.conflicting_keys());
            }
            if all_members {
                let members = entries.iter().map(|entry| entry.value).collect();
                return self.arena.set(members).map_err(|cause| self.exceeded(cause));
            }
            let mut values = entries.iter().map(|entry| entry.value);
            let first = values.next().unwrap_or(Term::Null);
            if entries.iter().any(|entry| entry.member) || values.any(|value| !same(value, first)) {
                return Err(self.conflicting_keys());
            }
            return Ok(first);
        }
        let mut made = Vec::new();
        let key = |entry: &Entry<'a>| entry.path.get(depth).copied().unwrap_or(Term::Null);
        for group in entries.chunk_by(|left, right| same(key(left), key(right))) {
            if let Some(first) = group.first() {
                made.push((key(first), self.nest(group, depth + 1, comparison)?));
            }
        }
        self.arena.sorted_object(&made).map_err(|cause| self.exceeded(cause))
    }

    /// Joins two objects; see [`program::Op::Merge`]. The recursion is as deep as the values,
    /// whose depth is limited.
    pub(super) fn merge(
        &self,
        left: Term<'a>,
        right: Term<'a>,
        strict: bool,
    ) -> Result<Term<'a>, EvalError> {
        let is_object = |term: Term<'_>| matches!(term, Term::Object(..) | Term::JsonObject(_));
        if !is_object(left) || !is_object(right) {
            return match strict && self.order(left, right)?.is_ne() {
                true => Err(self.conflicting_keys()),
                false => Ok(left),
            };
        }
        let mut entries: Vec<(Term<'a>, Term<'a>)> = right.entries().collect();
        for (key, value) in left.entries() {
            let value = match self.find(right, key)? {
                Some(other) => self.merge(value, other, strict)?,
                None => value,
            };
            entries.push((key, value));
        }
        self.arena.object(entries).map_err(|cause| self.exceeded(cause))
    }

    /// A constant that no program can hold ready; built once for an evaluation.
    #[cold]
    pub(super) fn built_constant(&mut self, index: usize) -> Term<'a> {
        if let Some(Some(term)) = self.built.get(index) {
            return *term;
        }
        let program = self.program;
        let built = match program.constants.get(index) {
            Some(program::Constant::Members(members)) => self.arena.borrowed_set(members),
            Some(program::Constant::Other(constant)) => constant.build(self.arena),
            _ => {
                self.failed = Some(self.broken());
                return Term::Null;
            }
        };
        let term = match built {
            Ok(term) => term,
            Err(cause) => {
                self.failed = Some(self.exceeded(cause));
                return Term::Null;
            }
        };
        while self.built.len() <= index {
            self.built.push(None);
        }
        if let Some(place) = self.built.get_mut(index) {
            *place = Some(term);
        }
        term
    }
}

/// A value of a nested object, and where it stands.
struct Entry<'a> {
    path: Vec<Term<'a>>,
    value: Term<'a>,
    member: bool,
}
