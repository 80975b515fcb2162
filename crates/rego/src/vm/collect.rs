//! Collections that are made by the machine, constants among them.

use super::{EvalCode, EvalError, Machine};
use crate::program::{self, Make, Reg};
use crate::term::{Term, compare};

impl<'a> Machine<'a> {
    pub(super) fn make(&self, what: Make, start: Reg, count: u16) -> Result<Term<'a>, EvalError> {
        let count = usize::from(count);
        let made = match what {
            Make::Array => self.arena.array(self.registers_from(start, count)),
            Make::Set => self.arena.set(self.registers_from(start, count).to_vec()),
            Make::Object => {
                let flat = self.registers_from(start, count.saturating_mul(2));
                return self.object_of(flat);
            }
        };
        made.map_err(|cause| self.exceeded(cause))
    }

    pub(super) fn push(&mut self, term: Term<'a>) -> Result<(), EvalError> {
        let bytes = size_of::<Term<'a>>() as u64;
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
            Make::Set => self.arena.set(collected.to_vec()),
            Make::Object => Ok(self.object_of(collected)?),
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

    /// An object of keys and values in turn; a key with two values is a conflict.
    fn object_of(&self, flat: &[Term<'a>]) -> Result<Term<'a>, EvalError> {
        let mut entries: Vec<(Term<'a>, Term<'a>)> =
            flat.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect();
        let steps = entries.len() as u64;
        self.arena.budget().step(steps).map_err(|cause| self.exceeded(cause))?;
        entries.sort_by(|(left, _), (right, _)| compare(*left, *right));
        let conflict = entries.windows(2).any(|pair| match pair {
            [(left, first), (right, second)] => left == right && first != second,
            _ => false,
        });
        if conflict {
            return Err(self.conflicting_keys());
        }
        entries.dedup_by(|(later, _), (kept, _)| later == kept);
        self.arena.sorted_object(&entries).map_err(|cause| self.exceeded(cause))
    }

    fn conflicting_keys(&self) -> EvalError {
        EvalError {
            code: EvalCode::Conflict,
            message: "object keys must be unique".to_owned(),
            location: self.location(),
        }
    }

    /// Ends what was collected since the mark as nested objects.
    pub(super) fn end_nested(&mut self, mark: Reg) -> Result<Term<'a>, EvalError> {
        let mark = self.mark(mark);
        let collected = self.stack.get(mark..).unwrap_or_default();
        let mut entries = Vec::with_capacity(collected.len() / 3);
        for triple in collected.chunks_exact(3) {
            let [path, value, member] = triple else { continue };
            let path: Vec<Term<'a>> = path.items().collect();
            entries.push(Entry { path, value: *value, member: matches!(member, Term::Bool(true)) });
        }
        entries.sort_by(|left, right| {
            left.path
                .iter()
                .zip(&right.path)
                .map(|(l, r)| compare(*l, *r))
                .find(|order| order.is_ne())
                .unwrap_or_else(|| left.path.len().cmp(&right.path.len()))
        });
        let made = self.nest(&entries, 0)?;
        self.stack.truncate(mark);
        Ok(made)
    }

    /// Entries with the same path up to `depth`. The recursion is as deep as a rule's head is
    /// long, which the parser limits.
    fn nest(&self, entries: &[Entry<'a>], depth: usize) -> Result<Term<'a>, EvalError> {
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
            if entries.iter().any(|entry| entry.member) || values.any(|value| value != first) {
                return Err(self.conflicting_keys());
            }
            return Ok(first);
        }
        let mut made = Vec::new();
        let key = |entry: &Entry<'a>| entry.path.get(depth).copied().unwrap_or(Term::Null);
        for same in entries.chunk_by(|left, right| key(left) == key(right)) {
            if let Some(first) = same.first() {
                made.push((key(first), self.nest(same, depth + 1)?));
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
            return match strict && left != right {
                true => Err(self.conflicting_keys()),
                false => Ok(left),
            };
        }
        let mut entries: Vec<(Term<'a>, Term<'a>)> = right.entries().collect();
        for (key, value) in left.entries() {
            let value = match right.get(key) {
                Some(other) => self.merge(value, other, strict)?,
                None => value,
            };
            entries.push((key, value));
        }
        self.arena.object(entries).map_err(|cause| self.exceeded(cause))
    }

    /// A constant that no program can hold ready; built once for an evaluation.
    pub(super) fn built_constant(&mut self, index: usize) -> Result<Term<'a>, EvalError> {
        if let Some(Some(term)) = self.built.get(index) {
            return Ok(*term);
        }
        let program = self.program;
        let Some(program::Constant::Other(constant)) = program.constants.get(index) else {
            return Err(self.broken());
        };
        let term = constant.build(self.arena).map_err(|cause| self.exceeded(cause))?;
        while self.built.len() <= index {
            self.built.push(None);
        }
        if let Some(place) = self.built.get_mut(index) {
            *place = Some(term);
        }
        Ok(term)
    }
}

/// A value of a nested object, and where it stands.
struct Entry<'a> {
    path: Vec<Term<'a>>,
    value: Term<'a>,
    member: bool,
}
