//! Loops.

use super::Frame;
use super::node::{Fold, FoldKind, Inserted, Node};
use crate::evaluation::Slot;
use crate::term::{Term, key_order};
use crate::{EvalError, cost};

type Outcome<'a> = Result<Term<'a>, EvalError>;

impl Fold {
    #[inline(never)]
    pub(super) fn value<'a>(&'a self, frame: &Frame<'a>) -> Outcome<'a> {
        let range = self.range.value(frame)?;
        let Some(count) = range.len() else {
            return Err(no_range(range, self.second.is_some()));
        };
        match &self.kind {
            FoldKind::All(predicate) => self.quantify(frame, range, count, predicate, false),
            FoldKind::Exists(predicate) => self.quantify(frame, range, count, predicate, true),
            FoldKind::ExistsOne(predicate) => self.exists_one(frame, range, count, predicate),
            FoldKind::Collect { filter, item, start } => {
                frame.charge(*start)?;
                self.collect(frame, range, count, filter.as_ref(), item)
            }
            FoldKind::Insert { filter, inserted, start } => {
                frame.charge(*start)?;
                self.insert(frame, range, count, filter.as_ref(), inserted)
            }
            FoldKind::General { accumulator, init, condition, step, result } => {
                let value = init.value(frame)?;
                frame.set(*accumulator, Slot::Value(value));
                for position in 0..count {
                    self.enter(frame, range, position)?;
                    if matches!(condition.value(frame)?, Term::Bool(false)) {
                        break;
                    }
                    let value = step.value(frame)?;
                    frame.set(*accumulator, Slot::Value(value));
                }
                result.value(frame)
            }
        }
    }

    /// Sets the variables to what stands at a position.
    fn enter<'a>(
        &self,
        frame: &Frame<'a>,
        range: Term<'a>,
        position: usize,
    ) -> Result<(), EvalError> {
        frame.evaluation.step(1)?;
        let (first, second) = match range {
            Term::List(_) | Term::JsonList(_) => {
                let item = range.item(position).unwrap_or(Term::Null);
                let index = Term::Int(i64::try_from(position).unwrap_or(i64::MAX));
                if self.second.is_some() { (index, item) } else { (item, Term::Null) }
            }
            _ => range.entry(position).unwrap_or((Term::Null, Term::Null)),
        };
        frame.set(self.first, Slot::Value(first));
        if let Some(slot) = self.second {
            frame.set(slot, Slot::Value(second));
        }
        Ok(())
    }

    /// `all`, or `exists` where `true` decides.
    fn quantify<'a>(
        &'a self,
        frame: &Frame<'a>,
        range: Term<'a>,
        count: usize,
        predicate: &'a Node,
        decisive: bool,
    ) -> Outcome<'a> {
        // The condition reads what is accumulated (and turns it), then the step reads it.
        let each = if decisive { 4 } else { 3 };
        let mut problem = None;
        for position in 0..count {
            self.enter(frame, range, position)?;
            frame.charge(each)?;
            match predicate.value(frame) {
                Ok(Term::Bool(value)) if value == decisive => {
                    // The condition is evaluated once more before the loop ends.
                    let last = position + 1 == count;
                    frame.charge(if last { 1 } else { each })?;
                    return Ok(Term::Bool(decisive));
                }
                Ok(Term::Bool(_)) => {}
                Err(error) if error.is_fatal() => return Err(error),
                other if problem.is_none() => {
                    problem = Some(other.err().unwrap_or_else(EvalError::no_such_overload));
                }
                _ => {}
            }
        }
        frame.charge(1)?;
        problem.map_or(Ok(Term::Bool(!decisive)), Err)
    }

    fn exists_one<'a>(
        &'a self,
        frame: &Frame<'a>,
        range: Term<'a>,
        count: usize,
        predicate: &'a Node,
    ) -> Outcome<'a> {
        let mut found = 0_usize;
        for position in 0..count {
            self.enter(frame, range, position)?;
            match predicate.value(frame)? {
                Term::Bool(true) => {
                    frame.charge(2)?;
                    found += 1;
                }
                Term::Bool(false) => {}
                _ => return Err(EvalError::no_such_overload()),
            }
        }
        frame.charge(2)?;
        Ok(Term::Bool(found == 1))
    }

    /// Whether what stands at the position that was entered is kept.
    fn kept<'a>(frame: &Frame<'a>, filter: Option<&'a Node>) -> Result<bool, EvalError> {
        let Some(filter) = filter else { return Ok(true) };
        match filter.value(frame)? {
            Term::Bool(kept) => Ok(kept),
            _ => Err(EvalError::no_such_overload()),
        }
    }

    fn collect<'a>(
        &'a self,
        frame: &Frame<'a>,
        range: Term<'a>,
        count: usize,
        filter: Option<&'a Node>,
        item: &'a Node,
    ) -> Outcome<'a> {
        let mut items = Vec::new();
        for position in 0..count {
            self.enter(frame, range, position)?;
            if Self::kept(frame, filter)? {
                // Adding a list of one item to what is accumulated.
                frame.charge(cost::LIST + 2)?;
                items.push(item.value(frame)?);
            }
        }
        frame.charge(1)?;
        frame.evaluation.list(&items)
    }

    fn insert<'a>(
        &'a self,
        frame: &Frame<'a>,
        range: Term<'a>,
        count: usize,
        filter: Option<&'a Node>,
        inserted: &'a Inserted,
    ) -> Outcome<'a> {
        let mut entries: Vec<(Term<'a>, Term<'a>)> = Vec::new();
        for position in 0..count {
            self.enter(frame, range, position)?;
            if !Self::kept(frame, filter)? {
                continue;
            }
            frame.charge(2)?;
            match inserted {
                Inserted::Entry(key, value) => {
                    entries.push((key.value(frame)?, value.value(frame)?));
                }
                Inserted::Entries(map) => {
                    let map = map.value(frame)?;
                    if !map.is_map() {
                        return Err(EvalError::no_such_overload());
                    }
                    frame.evaluation.step(map.len().unwrap_or(0))?;
                    entries.extend(map.entries());
                }
            }
        }
        frame.charge(1)?;
        entries.sort_by(|(a, _), (b, _)| key_order(*a, *b));
        let twice = entries.windows(2).find_map(|pair| match pair {
            [(a, _), (b, _)] if key_order(*a, *b).is_eq() => Some(*b),
            _ => None,
        });
        match twice {
            Some(key) => Err(EvalError::new(format!("insert failed: key {key} already exists"))),
            None => frame.evaluation.map(entries),
        }
    }
}

/// What a macro goes through is no list or map, in Go's words.
#[cold]
fn no_range(range: Term<'_>, two_variables: bool) -> EvalError {
    let name = match range {
        Term::Null => "types.Null",
        Term::Bool(_) => "types.Bool",
        Term::Int(_) => "types.Int",
        Term::Uint(_) => "types.Uint",
        Term::Double(_) => "types.Double",
        Term::String(_) => "types.String",
        Term::Bytes(_) => "types.Bytes",
        Term::Timestamp(_) => "types.Timestamp",
        Term::Duration(_) => "types.Duration",
        other => other.type_name(),
    };
    EvalError::new(if two_variables {
        format!("unsupported comprehension range type: {name}")
    } else {
        format!("got '{name}', expected iterable type")
    })
}
