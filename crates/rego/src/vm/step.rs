//! The loop.

use super::context::Memo;
use super::{EvalCode, EvalError, Frame, Limit, Machine};
use crate::builtins::{Failure, Release};
use crate::program::{Comparison, Conflict, Found, Function, FunctionId, Label, Op, QUERY, Reg};
use crate::term::{Term, TermKind};
use sekisho_budget::BudgetExceeded;
use sekisho_value::Str;

/// After so many operations the budget is asked.
const BATCH: u32 = 512;

impl<'a> Machine<'a> {
    /// Runs a function without arguments to its end.
    ///
    /// Every operation is written out here: what holds goes straight on with the next one, and
    /// nothing is handed out to be looked at again.
    pub(super) fn start(&mut self, function: FunctionId) -> Result<Option<Term<'a>>, EvalError> {
        self.call(function, 0, 0, Label::MAX, Label::MAX, false)?;
        let mut left = BATCH;
        let (ops, cover) = (self.program.ops.as_slice(), self.given.cover);
        loop {
            left -= 1;
            if left == 0 {
                self.spend(BATCH)?;
                left = BATCH;
            }
            let Some(op) = ops.get(self.at as usize) else { return Err(self.broken()) };
            self.at += 1;
            if let Some(cover) = cover {
                cover(self.location());
            }
            match *op {
                Op::Jump { to } => self.at = to,
                Op::Move { dst, src } => {
                    let term = self.src(src);
                    self.set(dst, term);
                }
                Op::Input { dst, fail } => {
                    let input = self.now.input;
                    self.give(dst, input, fail);
                }
                Op::InputPath { dst, place, fail } => {
                    let found = self.input_at(place);
                    self.give(dst, found, fail);
                }
                Op::Path { dst, src, path, fail } => {
                    let found = walk(self.reg(src), self.path(path));
                    self.give(dst, found, fail);
                }
                Op::Data { dst, keys, count, fail } => self.data(dst, keys, count, fail)?,
                Op::Get { dst, src, key, fail } => {
                    let (src, key) = (self.src(src), self.src(key));
                    let found = self.find(src, key)?;
                    self.give(dst, found, fail);
                }
                Op::IsTrue { src, fail } => {
                    if matches!(self.src(src), Term::Bool(false)) {
                        self.at = fail;
                    }
                }
                Op::Compare { how, left, right, fail } => {
                    let (left, right) = (self.src(left), self.src(right));
                    if !self.compares(how, left, right)? {
                        self.at = fail;
                    }
                }
                Op::IsArray { src, len, fail } => {
                    let term = self.reg(src);
                    if term.kind() != TermKind::Array || term.len() != Some(usize::from(len)) {
                        self.at = fail;
                    }
                }
                Op::IsObject { src, len, fail } => {
                    let term = self.reg(src);
                    if term.kind() != TermKind::Object || term.len() != Some(usize::from(len)) {
                        self.at = fail;
                    }
                }
                Op::Item { dst, src, index } => {
                    let item = self.reg(src).entry(usize::from(index));
                    self.set(dst, item.map_or(Term::Null, |(_, item)| item));
                }
                Op::Iterate { state, src, fail } => {
                    let collection = self.src(src);
                    if collection.len().is_some() {
                        self.set(state, collection);
                        self.set(state + 1, Term::Int(0));
                    } else {
                        self.at = fail;
                    }
                }
                Op::Next { state, key, value, exit } => self.next(state, key, value, exit),
                Op::IsCollection { src, fail } => {
                    if self.src(src).len().is_none() {
                        self.at = fail;
                    }
                }
                Op::Make { what, dst, start, count } => {
                    let made = self.make(what, start, count)?;
                    self.set(dst, made);
                }
                Op::Begin { mark } => {
                    let len = i64::try_from(self.stack.len()).unwrap_or(i64::MAX);
                    self.set(mark, Term::Int(len));
                }
                Op::Push { src } => {
                    let term = self.src(src);
                    self.push(term)?;
                }
                Op::End { what, dst, mark } => {
                    let made = self.end(what, mark)?;
                    self.set(dst, made);
                }
                Op::EndNested { dst, mark } => {
                    let made = self.end_nested(mark)?;
                    self.set(dst, made);
                }
                Op::Merge { dst, left, right, strict } => {
                    let (left, right) = (self.src(left), self.src(right));
                    let merged = self.merge(left, right, strict)?;
                    self.set(dst, merged);
                }
                Op::Builtin { builtin, args, dst, fail } => {
                    if !self.builtin(builtin, args, dst)? {
                        self.at = fail;
                    }
                }
                Op::Call { function, args, dst, fail } => {
                    self.call(function, args, dst, self.at, fail, false)?;
                }
                Op::Mocked { mock, args, dst, labels } => {
                    let (done, fail) = self.exits(labels);
                    self.mocked(mock, args, dst, done, fail)?;
                }
                Op::Replaced { path, dst, labels } => {
                    let (done, fail) = self.exits(labels);
                    if let Some(found) = self.replacement(self.path(path))? {
                        self.at = done;
                        self.give(dst, found, fail);
                    }
                }
                Op::Enter { with, values } => self.enter(with, values)?,
                Op::Leave => self.leave(),
                Op::Flag { flag, set } => self.set(flag, Term::Bool(set)),
                Op::Matches { src, matcher, dst, done } => {
                    let matcher = self.program.matchers.get(usize::from(matcher));
                    if let (Term::String(text), Some(matcher)) = (self.src(src), matcher) {
                        self.set(dst, Term::Bool(matcher.matches(text)));
                        self.at = done;
                    }
                }
                Op::Switch { src, table, other } => self.at = self.switch_to(src, table, other),
                Op::Candidates { state, src, index } => self.choose(state, src, index),
                Op::Candidate { state, index, end } => self.at = self.next_rule(state, index, end),
                Op::IfFlag { flag, to } => {
                    if matches!(self.reg(flag), Term::Bool(true)) {
                        self.at = to;
                    }
                }
                Op::Keep { dst, flag, src, conflict } => {
                    let term = self.src(src);
                    if !matches!(self.reg(flag), Term::Bool(true)) {
                        self.set(flag, Term::Bool(true));
                        self.set(dst, term);
                    } else if self.order(self.reg(dst), term)?.is_ne() {
                        return Err(self.conflict(conflict));
                    }
                }
                Op::Return { src } => {
                    let term = self.src(src);
                    if self.leave_function(Some(term))? {
                        return self.end_of(function, Some(term), BATCH - left);
                    }
                }
                Op::ReturnUndefined => {
                    if self.leave_function(None)? {
                        return self.end_of(function, None, BATCH - left);
                    }
                }
                Op::Print { src } => self.print(src)?,
            }
        }
    }

    /// The value of the function that was begun with, and the steps that were not taken yet.
    fn end_of(
        &mut self,
        function: FunctionId,
        value: Option<Term<'a>>,
        steps: u32,
    ) -> Result<Option<Term<'a>>, EvalError> {
        // It has left the code: an error now is told where it began.
        let began = self.program.functions.get(function as usize);
        self.at = began.map_or(0, |began| began.entry.saturating_add(1));
        self.spend(steps)?;
        Ok(value)
    }

    /// Takes steps for so many operations.
    fn spend(&mut self, steps: u32) -> Result<(), EvalError> {
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        self.arena.budget().step(u64::from(steps)).map_err(|cause| self.exceeded(cause))
    }

    #[inline]
    fn give(&mut self, dst: Reg, found: Option<Term<'a>>, fail: Label) {
        match found {
            Some(term) => self.set(dst, term),
            None => self.at = fail,
        }
    }

    /// Where the table says to go on.
    fn switch_to(&self, src: Reg, table: u32, other: Label) -> Label {
        let Term::String(text) = self.reg(src) else { return other };
        let table = self.program.tables.get(table as usize).map(Vec::as_slice).unwrap_or_default();
        let found = table.binary_search_by(|(key, _)| key.as_str().cmp(text)).ok();
        found.and_then(|at| table.get(at)).map_or(other, |(_, label)| *label)
    }

    /// Chooses the rules to try. Where it is noted what is evaluated, all are.
    fn choose(&mut self, state: Reg, src: Reg, index: u32) {
        let index = self.program.indexes.get(index as usize);
        let found = match (self.given.cover, index) {
            (None, Some(index)) => index.find(self.reg(src)),
            _ => Found::All,
        };
        let found = match found {
            Found::All => Term::Null,
            Found::Rest => Term::Bool(false),
            Found::At(place) => number(place),
        };
        self.set(state, found);
        self.set(state + 1, Term::Int(0));
        self.set(state + 2, Term::Int(0));
    }

    /// Where the next of the chosen rules begins.
    fn next_rule(&mut self, state: Reg, index: u32, end: Label) -> Label {
        let Some(index) = self.program.indexes.get(index as usize) else { return end };
        let found = match self.reg(state) {
            Term::Null => Found::All,
            Term::Int(place) => Found::At(usize::try_from(place).unwrap_or(usize::MAX)),
            _ => Found::Rest,
        };
        let count = |term: Term<'_>| match term {
            Term::Int(count) => usize::try_from(count).unwrap_or(usize::MAX),
            _ => usize::MAX,
        };
        let (mut at, mut rest) = (count(self.reg(state + 1)), count(self.reg(state + 2)));
        let next = index.next(found, &mut at, &mut rest);
        self.set(state + 1, number(at));
        self.set(state + 2, number(rest));
        next.unwrap_or(end)
    }

    fn path(&self, path: u32) -> &'a [Str] {
        let program = self.program;
        program.paths.get(path as usize).map(Vec::as_slice).unwrap_or_default()
    }

    fn exits(&self, labels: u32) -> (Label, Label) {
        self.program.exits.get(labels as usize).copied().unwrap_or_default()
    }

    #[inline]
    fn next(&mut self, state: Reg, key: Reg, value: Reg, exit: Label) {
        let Term::Int(position) = self.reg(state + 1) else { return };
        match self.reg(state).entry(usize::try_from(position).unwrap_or(usize::MAX)) {
            Some((at, entry)) => {
                self.set(state + 1, Term::Int(position + 1));
                self.set(key, at);
                self.set(value, entry);
            }
            None => self.at = exit,
        }
    }

    #[inline]
    fn compares(
        &self,
        how: Comparison,
        left: Term<'a>,
        right: Term<'a>,
    ) -> Result<bool, EvalError> {
        Ok(how.holds(self.order(left, right)?))
    }

    fn data(&mut self, dst: Reg, keys: Reg, count: u16, fail: Label) -> Result<(), EvalError> {
        let root = self.now.data;
        let keys = self.registers_from(keys, usize::from(count));
        let found = keys.iter().try_fold(root, |at, key| match (at, *key) {
            // Base documents are found by text: `data[2]` is `data["2"]`.
            (Term::Object(..) | Term::JsonObject(_), Term::Int(int)) => at.field(&int.to_string()),
            (at, key) => at.get(key),
        });
        if let Some(reads) = self.given.reads {
            reads(keys, found.is_some());
        }
        self.give(dst, found, fail);
        Ok(())
    }

    /// Runs a built-in; gives whether it has a value.
    pub(super) fn builtin(&mut self, builtin: u16, args: Reg, dst: Reg) -> Result<bool, EvalError> {
        let program = self.program;
        let Some(builtin) = program.builtins.get(usize::from(builtin)) else {
            return Err(self.broken());
        };
        let Some(function) = builtin.function else { return Err(self.broken()) };
        let start = self.base + usize::from(args);
        let count = builtin.params().len();
        let end = start.saturating_add(count);
        let args = self.registers.get(start..end).unwrap_or_default();
        match function(&mut self.builtins, args) {
            Ok(term) => {
                self.set(dst, term);
                Ok(true)
            }
            Err(Failure::Undefined) => Ok(false),
            Err(Failure::Budget(cause)) => Err(self.exceeded(cause)),
            Err(Failure::Error { wrong_type, message }) => {
                if !self.given.strict_builtin_errors {
                    return Ok(false);
                }
                let code = if wrong_type { EvalCode::Type } else { EvalCode::Builtin };
                let message = format!("{}: {message}", builtin.name);
                Err(EvalError { code, message, location: self.location(), limit: None })
            }
        }
    }

    /// Enters a function, or where its value is kept already goes on with that.
    pub(super) fn call(
        &mut self,
        function: FunctionId,
        args: Reg,
        dst: Reg,
        returns: Label,
        fails: Label,
        leaves: bool,
    ) -> Result<(), EvalError> {
        let program = self.program;
        let Some(callee) = program.functions.get(function as usize) else {
            return Err(self.broken());
        };
        match self.memo(callee) {
            Memo::Empty => {}
            Memo::Undefined => {
                self.at = fails;
                return Ok(());
            }
            Memo::Value(term) => {
                self.set(dst, term);
                self.at = returns;
                return Ok(());
            }
        }
        self.deepen()?;
        let (base, params) = (self.end, usize::from(callee.params));
        self.end = base + params.max(usize::from(callee.registers));
        if self.registers.len() < self.end {
            self.registers.resize(self.end, Term::Null);
        }
        let arguments = self.base + usize::from(args);
        if arguments + params <= base {
            self.registers.copy_within(arguments..arguments + params, base);
        }
        // The other registers hold what they held: code writes each before it reads it.
        if cfg!(debug_assertions)
            && let Some(rest) = self.registers.get_mut(base + params..self.end)
        {
            rest.fill(Term::String("what was never written"));
        }
        self.frames.push(Frame { function, base: self.base, returns, fails, dst, leaves });
        self.base = base;
        self.at = callee.entry;
        Ok(())
    }

    fn memo(&self, function: &Function) -> Memo<'a> {
        let memo = function.memo.and_then(|slot| self.now.memos.get(slot as usize));
        let Some(memo) = memo else { return Memo::Empty };
        if let (Memo::Empty, Some(alike)) = (memo.get(), &function.alike) {
            memo.set(self.computed_before(alike));
        }
        memo.get()
    }

    /// Goes back to the caller; gives whether there is none.
    fn leave_function(&mut self, value: Option<Term<'a>>) -> Result<bool, EvalError> {
        let Some(frame) = self.frames.pop() else { return Err(self.broken()) };
        let program = self.program;
        let function = program.functions.get(frame.function as usize);
        if let Some(slot) = function.and_then(|function| function.memo)
            && let Some(memo) = self.now.memos.get(slot as usize)
        {
            memo.set(value.map_or(Memo::Undefined, Memo::Value));
            self.share(function.and_then(|function| function.alike.as_ref()), value);
        }
        if self.frames.is_empty() {
            return Ok(true);
        }
        self.end = self.base;
        self.base = frame.base;
        if frame.leaves {
            self.leave();
        }
        self.at = match value {
            Some(term) => {
                self.set(frame.dst, term);
                frame.returns
            }
            None => frame.fails,
        };
        Ok(false)
    }

    /// What is printed for every combination of the arguments' values.
    fn print(&mut self, src: Reg) -> Result<(), EvalError> {
        let Some(print) = self.given.print else { return Ok(()) };
        let args: Vec<Term<'a>> = self.reg(src).items().collect();
        let mut lines = vec![String::new()];
        for arg in args {
            let mut longer = Vec::new();
            let values: Vec<String> = match arg.len() {
                Some(0) => vec!["<undefined>".to_owned()],
                _ => arg
                    .items()
                    .map(|term| match term {
                        Term::String(text) => text.to_owned(),
                        other => other.to_string(),
                    })
                    .collect(),
            };
            for line in &lines {
                for value in &values {
                    let bytes = line.len().saturating_add(value.len()) as u64;
                    self.arena.budget().allocate(bytes).map_err(|cause| self.exceeded(cause))?;
                    longer.push(match line.is_empty() {
                        true => value.clone(),
                        false => format!("{line} {value}"),
                    });
                }
            }
            lines = longer;
        }
        for line in &lines {
            print(line, self.location());
        }
        Ok(())
    }

    fn conflict(&self, conflict: Conflict) -> EvalError {
        let running = self.frames.last().map_or(0, |frame| frame.function as usize);
        let name = self.program.functions.get(running).map_or("", |running| running.name.as_str());
        let message = match (conflict, self.program.release) {
            (Conflict::Rule, Release::V1_17) => {
                "complete rules must not produce multiple outputs".to_owned()
            }
            (Conflict::Function, Release::V1_17) => {
                "functions must not produce multiple outputs for same inputs".to_owned()
            }
            (Conflict::Rule, Release::V1_22) => {
                format!("rule data.{name} produced conflicting values")
            }
            (Conflict::Function, Release::V1_22) => {
                format!("function data.{name} produced conflicting values for the same inputs")
            }
        };
        EvalError { code: EvalCode::Conflict, message, location: self.location(), limit: None }
    }

    pub(super) fn exceeded(&self, cause: BudgetExceeded) -> EvalError {
        EvalError {
            code: EvalCode::Budget,
            message: format!("{cause}{}", self.running()),
            location: self.location(),
            limit: Limit::of(cause),
        }
    }

    /// The rule that is being evaluated, as messages name it.
    pub(super) fn running(&self) -> String {
        let function = self.frames.iter().rev().find_map(|frame| {
            let function = self.program.functions.get(frame.function as usize)?;
            (function.name != QUERY).then_some(&function.name)
        });
        function.map(|name| format!(", in `data.{name}`")).unwrap_or_default()
    }

    /// A program that planning cannot have written.
    pub(super) fn broken(&self) -> EvalError {
        EvalError {
            code: EvalCode::Budget,
            message: "the program is broken; this is a defect of the engine".to_owned(),
            location: self.location(),
            limit: None,
        }
    }
}

fn number<'a>(number: usize) -> Term<'a> {
    Term::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// What stands at a path of text keys.
#[inline]
pub(super) fn walk<'a>(term: Term<'a>, path: &'a [Str]) -> Option<Term<'a>> {
    path.iter().try_fold(term, |at, key| match at {
        Term::JsonObject(map) => map.get(key).map(Term::borrowed),
        other => other.get(Term::String(key)),
    })
}
