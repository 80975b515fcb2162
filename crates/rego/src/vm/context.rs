//! What modifiers (`with`) change, and what is kept for the time of an evaluation.

use super::{EvalCode, EvalError, Given, Limit, Machine};
use crate::program::{FunctionId, Label, Modifiers, Reg, Target};
use crate::shared::{Alike, Kept, Shared};
use crate::term::Term;
use sekisho_value::Str;
use std::cell::Cell;

/// The value of a function without arguments, kept.
#[derive(Clone, Copy)]
pub(super) enum Memo<'a> {
    Empty,
    Undefined,
    Value(Term<'a>),
}

/// What a call is replaced by.
#[derive(Clone, Copy)]
pub(super) enum Replacement<'a> {
    Function(FunctionId),
    Builtin(u16),
    Value(Term<'a>),
}

/// The state under modifiers.
#[derive(Clone, Copy)]
pub(super) struct Modified<'a> {
    pub(super) input: Option<Term<'a>>,
    pub(super) data: Term<'a>,
    /// paths of `data` that are replaced, outer ones first
    pub(super) replaced: &'a [&'a [Str]],
    pub(super) mocks: &'a [(u16, Replacement<'a>)],
    pub(super) memos: &'a [Cell<Memo<'a>>],
}

impl<'a> Modified<'a> {
    pub(super) fn none(given: &Given<'a>, memos: &'a [Cell<Memo<'a>>]) -> Self {
        Self {
            input: given.input.map(Term::borrowed),
            data: Term::borrowed(given.data),
            replaced: &[],
            mocks: &[],
            memos,
        }
    }
}

impl<'a> Machine<'a> {
    /// Enters modifiers whose values stand in registers.
    pub(super) fn enter(&mut self, with: u32, values: Reg) -> Result<(), EvalError> {
        let program = self.program;
        let Some(Modifiers { targets }) = program.modifiers.get(with as usize) else {
            return Err(self.broken());
        };
        let mut now = self.now;
        let mut mocks = now.mocks.to_vec();
        let mut replaced = now.replaced.to_vec();
        let mut next = values;
        for target in targets {
            let mut value = || {
                let value = self.reg(next);
                next = next.saturating_add(1);
                value
            };
            match target {
                Target::Nowhere => return Err(self.no_such_path()),
                Target::Input(path) => {
                    let value = value();
                    let is_object = now.input.is_none_or(|input| {
                        matches!(input, Term::Object(..) | Term::JsonObject(_))
                    });
                    if path.len() == 1 && !is_object {
                        return Err(self.no_such_path());
                    }
                    now.input = Some(self.put(now.input, path, value)?);
                }
                Target::Data(path) => {
                    let value = value();
                    now.data = self.put(Some(now.data), path, value)?;
                    replaced.push(path);
                }
                Target::Function(mock, function) => {
                    mocks.push((*mock, Replacement::Function(*function)));
                }
                Target::Builtin(mock, builtin) => {
                    mocks.push((*mock, Replacement::Builtin(*builtin)));
                }
                Target::Value(mock) => mocks.push((*mock, Replacement::Value(value()))),
            }
        }
        now.mocks = self.arena.keep(&mocks).map_err(|cause| self.exceeded(cause))?;
        now.replaced = self.arena.keep(&replaced).map_err(|cause| self.exceeded(cause))?;
        now.memos = self.memos()?;
        self.switch(now)
    }

    fn switch(&mut self, inner: Modified<'a>) -> Result<(), EvalError> {
        self.deepen()?;
        self.outer.push(std::mem::replace(&mut self.now, inner));
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        if let Some(outer) = self.outer.pop() {
            self.now = outer;
        }
    }

    /// A modifier puts a value where none can be.
    fn no_such_path(&self) -> EvalError {
        EvalError {
            code: EvalCode::Conflict,
            message: "bad document path".to_owned(),
            location: self.location(),
            limit: None,
        }
    }

    /// The value with another one put at a path in it; what is no object on the way gives way to
    /// one.
    pub(super) fn put(
        &self,
        into: Option<Term<'a>>,
        path: &'a [Str],
        value: Term<'a>,
    ) -> Result<Term<'a>, EvalError> {
        // From the outside in, then built from the inside out.
        let mut levels = Vec::with_capacity(path.len());
        let mut at = into;
        for key in path {
            let object = at.filter(|term| matches!(term, Term::Object(..) | Term::JsonObject(_)));
            levels.push((object, key));
            at = object.and_then(|object| object.field(key));
        }
        let mut value = value;
        for (object, key) in levels.into_iter().rev() {
            let mut entries: Vec<_> = object.map(|o| o.entries().collect()).unwrap_or_default();
            entries.push((Term::String(key), value));
            value = self.arena.object(entries).map_err(|cause| self.exceeded(cause))?;
        }
        Ok(value)
    }

    /// The value at a path of `data`, where a modifier put something there or above.
    pub(super) fn replacement(&self, path: &[Str]) -> Result<Option<Option<Term<'a>>>, EvalError> {
        let now = self.now;
        if !now.replaced.iter().any(|replaced| path.starts_with(replaced)) {
            return Ok(None);
        }
        let found = path.iter().try_fold(now.data, |at, key| at.field(key));
        Ok(Some(found))
    }

    /// Where the callee is replaced, runs what replaces it; gives whether it is.
    pub(super) fn mocked(
        &mut self,
        mock: u16,
        args: Reg,
        dst: Reg,
        done: Label,
        fail: Label,
    ) -> Result<bool, EvalError> {
        let now = self.now;
        let found = now.mocks.iter().rev().find(|(number, _)| *number == mock);
        let Some((_, replacement)) = found else { return Ok(false) };
        match *replacement {
            Replacement::Value(value) => {
                self.set(dst, value);
                self.at = done;
            }
            Replacement::Builtin(builtin) => {
                self.at = match self.builtin(builtin, args, dst)? {
                    true => done,
                    false => fail,
                };
            }
            Replacement::Function(function) => {
                // What replaces a function is evaluated as if nothing were replaced.
                let mut inner = now;
                inner.mocks = &[];
                inner.memos = self.memos()?;
                self.switch(inner)?;
                self.call(function, args, dst, done, fail, true)?;
            }
        }
        Ok(true)
    }

    /// What other programs computed of the input: under no modifier is it the one that was given.
    fn shared(&self) -> Option<&'a Shared> {
        self.given.shared.filter(|_| self.outer.is_empty())
    }

    /// What another program computed that has the same rule.
    pub(super) fn computed_before(&self, rule: &Alike) -> Memo<'a> {
        match self.shared().and_then(|shared| shared.get(rule)) {
            None => Memo::Empty,
            Some(Kept::Undefined) => Memo::Undefined,
            Some(Kept::Json(value)) => Memo::Value(Term::borrowed(value)),
            // Without memory for it, it is as if there were none.
            Some(Kept::Set(members)) => {
                self.arena.borrowed_set(members).map_or(Memo::Empty, Memo::Value)
            }
        }
    }

    /// Lets other programs have the value of a rule.
    pub(super) fn share(&self, rule: Option<&Alike>, value: Option<Term<'a>>) {
        if let (Some(rule), Some(shared)) = (rule, self.shared()) {
            shared.keep(rule, value);
        }
    }

    /// Refuses to nest deeper than the limit.
    pub(super) fn deepen(&self) -> Result<(), EvalError> {
        let depth = self.frames.len().saturating_add(self.outer.len());
        if depth > self.given.depth {
            return Err(EvalError {
                code: EvalCode::Budget,
                message: format!("calls nest deeper than {}{}", self.given.depth, self.running()),
                location: self.location(),
                limit: Some(Limit::Calls),
            });
        }
        Ok(())
    }
}
