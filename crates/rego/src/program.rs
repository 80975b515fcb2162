//! The compact code that planning gives and the machine runs.
//!
//! A function of the program is a rule group (all rules of one path), a document of the rule tree,
//! or a query. Its code is a list of [`Op`]s on its registers. An operation that does not hold
//! jumps to its `fail` label, which planning has set to the innermost open loop's next step, or
//! to the end of the body: there is no search for where to go on, and no stack of choices.

use crate::builtins::{Builtin, Patterns, Release};
use crate::known::Known;
use crate::shared::Alike;
use crate::term::{Arena, Term};
use crate::{Location, Source, hir};
use sekisho_budget::BudgetExceeded;
use sekisho_value::{Str, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// A place in the code.
pub(crate) type Label = u32;
/// A register of the running function.
pub(crate) type Reg = u16;
/// Index of a function of the program.
pub(crate) type FunctionId = u32;

/// Where an operand comes from: a register or a constant.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Src(u32);

const CONSTANT: u32 = 1 << 31;

impl Src {
    pub(crate) fn reg(reg: Reg) -> Self {
        Self(u32::from(reg))
    }

    /// None where there are too many constants.
    pub(crate) fn constant(index: usize) -> Option<Self> {
        let index = u32::try_from(index).ok()?;
        (index < CONSTANT).then_some(Self(index | CONSTANT))
    }

    #[inline]
    pub(crate) fn read(self) -> From {
        match self.0 & CONSTANT {
            0 => From::Reg(self.0 as usize),
            _ => From::Const((self.0 & !CONSTANT) as usize),
        }
    }
}

impl std::fmt::Debug for Src {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.read() {
            From::Reg(reg) => write!(f, "r{reg}"),
            From::Const(index) => write!(f, "c{index}"),
        }
    }
}

/// What a [`Src`] says.
#[derive(Clone, Copy)]
pub(crate) enum From {
    Reg(usize),
    Const(usize),
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Whether it holds for values that compare so.
    #[inline]
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// What a loop-free collection is made into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Make {
    Array,
    Set,
    Object,
}

/// Why several values where one must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Conflict {
    /// of a complete rule
    Rule,
    /// of a function
    Function,
}

/// One operation.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) enum Op {
    /// goes on elsewhere
    Jump { to: Label },
    /// copies
    Move { dst: Reg, src: Src },
    /// the whole input
    Input { dst: Reg, fail: Label },
    /// the value at a place in the input
    InputPath { dst: Reg, place: u32, fail: Label },
    /// the value at a path of the base data; keys stand in `keys` and the registers after it
    Data { dst: Reg, keys: Reg, count: u16, fail: Label },
    /// the value at a constant path
    Path { dst: Reg, src: Reg, path: u32, fail: Label },
    /// the value at a key
    Get { dst: Reg, src: Src, key: Src, fail: Label },
    /// fails where it is `false`
    IsTrue { src: Src, fail: Label },
    /// fails where the comparison does not hold
    Compare { how: Comparison, left: Src, right: Src, fail: Label },
    /// fails where the value is no list of that length
    IsArray { src: Reg, len: u16, fail: Label },
    /// fails where the value is no object of that length
    IsObject { src: Reg, len: u16, fail: Label },
    /// the item of a list whose length is known
    Item { dst: Reg, src: Reg, index: u16 },
    /// starts to go through a collection; `state` and the register after it are the loop's
    Iterate { state: Reg, src: Src, fail: Label },
    /// the next entry
    Next { state: Reg, key: Reg, value: Reg, exit: Label },
    /// fails unless the value is a collection
    IsCollection { src: Src, fail: Label },
    /// makes a collection of `count` registers (of an object, twice as many: key, value)
    Make { what: Make, dst: Reg, start: Reg, count: u16 },
    /// starts to collect; the register is the collection's
    Begin { mark: Reg },
    /// collects
    Push { src: Src },
    /// makes a collection of what was collected since its `Begin`
    End { what: Make, dst: Reg, mark: Reg },
    /// makes nested objects of what was collected: triples of path, member or value, and whether
    /// it is a member
    EndNested { dst: Reg, mark: Reg },
    /// joins two objects, and objects in both; of other values in both `left` counts, or where it
    /// is strict they must agree
    Merge { dst: Reg, left: Src, right: Src, strict: bool },
    /// runs a built-in; its arguments stand in `args` and the registers after it
    Builtin { builtin: u16, args: Reg, dst: Reg, fail: Label },
    /// runs a function; its arguments stand in `args` and the registers after it
    Call { function: FunctionId, args: Reg, dst: Reg, fail: Label },
    /// where the callee is replaced by `with`, runs what replaces it and goes on at `done`
    Mocked { mock: u16, args: Reg, dst: Reg, labels: u32 },
    /// where a path of `data` is replaced by `with`, gives what replaces it and goes on at `done`
    Replaced { path: u32, dst: Reg, labels: u32 },
    /// enters the modifiers; their values stand in `values` and the registers after it
    Enter { with: u32, values: Reg },
    /// leaves the modifiers
    Leave,
    /// sets the mark of a value that may be there or not
    Flag { flag: Reg, set: bool },
    /// where it is a text: whether it is what it has to be, and goes on at `done`
    Matches { src: Src, matcher: u16, dst: Reg, done: Label },
    /// goes on where the table says for a text
    Switch { src: Reg, table: u32, other: Label },
    /// chooses the rules to try for a value; `state` and the two registers after it are the index's
    Candidates { state: Reg, src: Reg, index: u32 },
    /// goes on with the next of these rules
    Candidate { state: Reg, index: u32, end: Label },
    /// goes on elsewhere where the mark is set
    IfFlag { flag: Reg, to: Label },
    /// keeps a value; fails the evaluation where another one was kept before
    Keep { dst: Reg, flag: Reg, src: Src, conflict: Conflict },
    /// ends the function with a value
    Return { src: Src },
    /// ends the function without a value
    ReturnUndefined,
    /// prints; what stands in the register is a list of sets, an empty one of what is undefined
    Print { src: Reg },
}

const _: () = assert!(size_of::<Op>() <= 16);

/// The name of the function of a query.
pub(crate) const QUERY: &str = "query";

/// A function of the program.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    /// the first operation
    pub(crate) entry: Label,
    /// how many registers it has; arguments come first
    pub(crate) registers: u16,
    /// how many arguments
    pub(crate) params: u16,
    /// where its value is kept for the time of an evaluation
    pub(crate) memo: Option<u32>,
    /// the functions of other programs that give the same for the same input; none where it may
    /// depend on something else
    pub(crate) alike: Option<Alike>,
    /// its path, for messages
    pub(crate) name: Str,
}

/// A place in the input, whose value is kept for the time of an evaluation.
#[derive(Clone, Debug)]
pub(crate) struct InputPlace {
    /// the place from which it is found; none where that is the input
    pub(crate) above: Option<u32>,
    /// from there
    pub(crate) path: Vec<Str>,
}

/// What a text is tested for: that it is one of some texts, or begins or ends with one of some.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Matcher {
    /// it has to be none of them
    pub(crate) not: bool,
    /// sorted
    pub(crate) members: Vec<Str>,
    /// sorted, none the beginning of another
    pub(crate) prefixes: Vec<Str>,
    /// sorted as they read from their end, none the end of another
    pub(crate) suffixes: Vec<Str>,
}

impl Matcher {
    /// Whether the text is what it has to be.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.not != (self.is_member(text) || self.is_begun(text) || self.is_ended(text))
    }

    fn is_member(&self, text: &str) -> bool {
        self.members.binary_search_by(|member| member.as_str().cmp(text)).is_ok()
    }

    fn is_begun(&self, text: &str) -> bool {
        let behind = self.prefixes.partition_point(|prefix| prefix.as_str() <= text);
        let last = behind.checked_sub(1).and_then(|last| self.prefixes.get(last));
        last.is_some_and(|prefix| text.starts_with(prefix.as_str()))
    }

    fn is_ended(&self, text: &str) -> bool {
        let not_behind = |suffix: &Str| suffix.bytes().rev().le(text.bytes().rev());
        let behind = self.suffixes.partition_point(not_behind);
        let last = behind.checked_sub(1).and_then(|last| self.suffixes.get(last));
        last.is_some_and(|suffix| text.ends_with(suffix.as_str()))
    }
}

/// Which rules of a group to try for a value that many of them test first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    /// sorted: the rules that hold for this value alone
    pub(crate) keys: Vec<(Key, Vec<u32>)>,
    /// the rules that hold whatever the value
    pub(crate) rest: Vec<u32>,
    /// where each rule begins
    pub(crate) labels: Vec<Label>,
}

/// A value that has one form only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    Null,
    Bool(bool),
    Int(i64),
    Text(Str),
}

/// The rules that an index has for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// those at that place of its keys, and those for any value
    At(usize),
    /// those for any value
    Rest,
    /// all
    All,
}

impl Index {
    /// Which rules to try for a value.
    pub(crate) fn find(&self, value: Term<'_>) -> Found {
        let found = match value {
            Term::Null => self.keys.binary_search_by(|(key, _)| key.cmp(&Key::Null)),
            Term::Bool(bool) => self.keys.binary_search_by(|(key, _)| key.cmp(&Key::Bool(bool))),
            Term::Int(int) => self.keys.binary_search_by(|(key, _)| key.cmp(&Key::Int(int))),
            Term::String(text) => self.keys.binary_search_by(|(key, _)| match key {
                Key::Text(key) => key.as_str().cmp(text),
                _ => Ordering::Less,
            }),
            // It may equal a number that is written otherwise.
            Term::Number(_) => return Found::All,
            _ => return Found::Rest,
        };
        found.map_or(Found::Rest, Found::At)
    }

    /// Where the next rule begins; `at` and `rest` say how many were tried, of those for the value
    /// alone and of the others.
    pub(crate) fn next(&self, found: Found, at: &mut usize, rest: &mut usize) -> Option<Label> {
        let own = match found {
            Found::At(place) => self.keys.get(place).map(|(_, rules)| rules.as_slice()),
            Found::Rest => None,
            Found::All => {
                *at += 1;
                return self.labels.get(*at - 1).copied();
            }
        };
        let own = own.and_then(|rules| rules.get(*at));
        let rule = match (own, self.rest.get(*rest)) {
            (Some(own), other) if other.is_none_or(|other| own < other) => {
                *at += 1;
                own
            }
            (_, Some(other)) => {
                *rest += 1;
                other
            }
            (_, None) => return None,
        };
        self.labels.get(*rule as usize).copied()
    }
}

/// Modifiers that are entered together.
#[derive(Clone, Debug)]
pub(crate) struct Modifiers {
    pub(crate) targets: Vec<Target>,
}

/// What a modifier replaces. Where it is replaced by a value, that is the next of the values.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Input(Vec<Str>),
    Data(Vec<Str>),
    /// a path of which a part is no text
    Nowhere,
    /// the callee with that number, by a function
    Function(u16, FunctionId),
    /// the callee with that number, by a built-in
    Builtin(u16, u16),
    /// the callee with that number, by a value
    Value(u16),
}

/// A constant.
#[derive(Clone, Debug, Hash)]
pub(crate) enum Constant {
    /// borrowed by every evaluation
    Json(Value),
    /// a set, sorted, none twice: listed by every evaluation that needs it
    Members(Arc<[Value]>),
    /// other sets, and objects with other keys: built by an evaluation that needs it
    Other(hir::Constant),
}

impl hir::Constant {
    /// The value, built in an arena.
    ///
    /// # Errors
    /// Where the memory is used up.
    pub(crate) fn build<'a>(&'a self, arena: Arena<'a>) -> Result<Term<'a>, BudgetExceeded> {
        Ok(match self {
            Self::Null => Term::Null,
            Self::Bool(bool) => Term::Bool(*bool),
            Self::Number(literal) => match literal.parse::<i64>() {
                Ok(int) if int.to_string() == literal.as_str() => Term::Int(int),
                _ => Term::Number(literal),
            },
            Self::String(text) => Term::String(text),
            Self::Array(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| item.build(arena)).collect();
                arena.array(&items?)?
            }
            Self::Set(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| item.build(arena)).collect();
                arena.set(items?)?
            }
            Self::Object(entries) => {
                let entries: Result<Vec<_>, _> = entries
                    .iter()
                    .map(|(key, value)| Ok((key.build(arena)?, value.build(arena)?)))
                    .collect();
                arena.object(entries?)?
            }
        })
    }
}

/// Compiled policies: evaluated from many threads.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) ops: Vec<Op>,
    /// of each operation
    pub(crate) locations: Vec<Location>,
    pub(crate) functions: Vec<Function>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) paths: Vec<Vec<Str>>,
    /// places in the input that are read
    pub(crate) inputs: Vec<InputPlace>,
    pub(crate) builtins: Vec<&'static Builtin>,
    pub(crate) modifiers: Vec<Modifiers>,
    /// pairs of `done` and `fail`
    pub(crate) exits: Vec<(Label, Label)>,
    /// what texts are tested for
    pub(crate) matchers: Vec<Matcher>,
    /// texts, sorted, and where to go on for each
    pub(crate) tables: Vec<Vec<(Str, Label)>>,
    /// which rules to try
    pub(crate) indexes: Vec<Index>,
    /// patterns that are constants
    pub(crate) patterns: Patterns,
    /// how many values are kept for the time of an evaluation
    pub(crate) memos: u32,
    /// a part of the input that evaluations put there themselves
    pub(crate) known: Option<Known>,
    /// whose words errors have
    pub(crate) release: Release,
    /// whose text the locations mean
    pub(crate) sources: Vec<Source>,
}
