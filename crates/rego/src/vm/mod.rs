//! The machine: one loop, explicit stacks.
//!
//! All stacks stand in the arena of the evaluation. A function has one activation for each call;
//! there is no recursion in policies, so the depth of calls is limited by the program, and by the
//! caller's limit on top.

mod collect;
mod compare;
mod context;
mod error;
mod step;

pub use error::{EvalCode, EvalError, Limit};

use crate::Location;
use crate::builtins::{Context as BuiltinContext, Facts, Patterns};
use crate::policies::{OnCover, OnPrint, OnRead};
use crate::program::{From, FunctionId, Label, Program, Reg, Src};
use crate::shared::Shared;
use crate::term::{Arena, Term};
use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use context::{Memo, Modified};
use sekisho_budget::Budget;
use sekisho_value::Value;

/// What an evaluation is given.
pub(crate) struct Given<'a> {
    pub(crate) input: Option<&'a Value>,
    pub(crate) data: &'a Value,
    pub(crate) facts: &'a Facts,
    pub(crate) patterns: &'a Patterns,
    pub(crate) budget: &'a Budget<'a>,
    /// what other programs computed of the input
    pub(crate) shared: Option<&'a Shared>,
    /// how deep calls may nest
    pub(crate) depth: usize,
    /// a built-in that fails ends the evaluation
    pub(crate) strict_builtin_errors: bool,
    /// is told of every read of base data: the path, and whether something stands there
    pub(crate) reads: Option<&'a OnRead<'a>>,
    /// is given what `print` says
    pub(crate) print: Option<&'a OnPrint<'a>>,
    /// is told of every operation's place
    pub(crate) cover: Option<&'a OnCover<'a>>,
}

/// Room for the registers and calls of a small policy, so that nothing grows.
const REGISTERS: usize = 128;
const FRAMES: usize = 16;

/// One running call.
#[derive(Clone, Copy)]
struct Frame {
    function: FunctionId,
    /// where its registers start
    base: usize,
    /// where the caller goes on, with the value, and without
    returns: Label,
    fails: Label,
    /// the caller's register for the value
    dst: Reg,
    /// leaving it also leaves modifiers
    leaves: bool,
}

struct Machine<'a> {
    program: &'a Program,
    given: &'a Given<'a>,
    arena: Arena<'a>,
    builtins: BuiltinContext<'a>,
    registers: BumpVec<'a, Term<'a>>,
    /// where the registers of the running function start
    base: usize,
    /// where they end: those behind are free
    end: usize,
    frames: BumpVec<'a, Frame>,
    /// what is being collected, innermost last
    stack: BumpVec<'a, Term<'a>>,
    /// the state under the modifiers that hold
    now: Modified<'a>,
    /// the states around it, innermost last
    outer: BumpVec<'a, Modified<'a>>,
    /// constants that are built by the evaluation
    built: BumpVec<'a, Option<Term<'a>>>,
    /// why one of them could not be: ends the evaluation soon
    failed: Option<EvalError>,
    bump: &'a Bump,
    at: Label,
}

/// Runs a function without arguments; no value where it is undefined.
///
/// # Errors
/// Where values conflict, the budget is used up, or, if so wished, a built-in failed.
pub(crate) fn run<'a>(
    program: &'a Program,
    function: FunctionId,
    given: &'a Given<'a>,
    bump: &'a Bump,
) -> Result<Option<Term<'a>>, EvalError> {
    let arena = Arena::new(bump, given.budget);
    let mut machine = Machine {
        program,
        given,
        arena,
        builtins: BuiltinContext {
            arena,
            facts: given.facts,
            made: &program.patterns,
            patterns: given.patterns,
        },
        registers: BumpVec::with_capacity_in(REGISTERS, bump),
        base: 0,
        end: 0,
        frames: BumpVec::with_capacity_in(FRAMES, bump),
        stack: BumpVec::with_capacity_in(FRAMES, bump),
        now: Modified::none(given, &[]),
        outer: BumpVec::new_in(bump),
        built: BumpVec::new_in(bump),
        failed: None,
        bump,
        at: 0,
    };
    if let Some(known) = &program.known {
        let value = Term::borrowed(&known.value);
        machine.now.input = Some(machine.put(machine.now.input, &known.path, value)?);
    }
    machine.now.memos = machine.memos()?;
    machine.start(function)
}

impl<'a> Machine<'a> {
    /// Room for the values that are kept for the time of an evaluation.
    fn memos(&self) -> Result<&'a [std::cell::Cell<Memo<'a>>], EvalError> {
        let count = (self.program.memos as usize).saturating_add(self.program.inputs.len());
        let bytes = count.saturating_mul(size_of::<Memo<'a>>());
        self.arena.budget().allocate(bytes as u64).map_err(|cause| self.exceeded(cause))?;
        Ok(self.bump.alloc_slice_fill_with(count, |_| std::cell::Cell::new(Memo::Empty)))
    }

    /// A copy of a register. What stands in memory is copied as a whole and never taken apart on
    /// the way: that would cost more than the operation.
    #[inline(always)]
    fn reg(&self, reg: Reg) -> Term<'a> {
        *self.registers.get(self.base + usize::from(reg)).unwrap_or(&Term::Null)
    }

    #[inline(always)]
    fn set(&mut self, reg: Reg, term: Term<'a>) {
        if let Some(place) = self.registers.get_mut(self.base + usize::from(reg)) {
            *place = term;
        }
    }

    #[inline(always)]
    fn src(&mut self, src: Src) -> Term<'a> {
        match src.read() {
            From::Reg(reg) => *self.registers.get(self.base + reg).unwrap_or(&Term::Null),
            From::Const(index) => match self.program.constants.get(index) {
                Some(crate::program::Constant::Json(value)) => Term::borrowed(value),
                _ => self.built_constant(index),
            },
        }
    }

    /// The value at a place in the input, kept for the next time.
    ///
    /// A place is found from few others, and that is how deep the recursion is.
    fn input_at(&self, place: u32) -> Option<Term<'a>> {
        let program = self.program;
        let slot = (program.memos as usize).saturating_add(place as usize);
        let kept = self.now.memos.get(slot)?;
        match kept.get() {
            Memo::Value(term) => return Some(term),
            Memo::Undefined => return None,
            Memo::Empty => {}
        }
        let at = program.inputs.get(place as usize)?;
        let from = match at.above {
            Some(above) => self.input_at(above),
            None => self.now.input,
        };
        let found = from.and_then(|from| step::walk(from, &at.path));
        kept.set(found.map_or(Memo::Undefined, Memo::Value));
        found
    }

    fn registers_from(&self, start: Reg, count: usize) -> &[Term<'a>] {
        let start = self.base + usize::from(start);
        self.registers.get(start..start.saturating_add(count)).unwrap_or_default()
    }

    fn location(&self) -> Location {
        let at = (self.at as usize).saturating_sub(1);
        let locations = &self.program.locations;
        let is_known = |location: &&Location| location.span.end > 0;
        // Where a document is asked for, the question stands nowhere: its rules do.
        let here = locations.get(at).filter(is_known);
        here.or_else(|| locations.iter().find(is_known)).copied().unwrap_or_default()
    }
}
