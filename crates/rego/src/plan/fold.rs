//! What is computed when a program is made: references into the part of the input that is known,
//! and pure built-ins, comparisons and lookups of constants.
//!
//! Nothing is folded where a modifier may change what it depends on, and no built-in that fails:
//! whether that is undefined or an error is for the evaluation to say.

use super::Planner;
use super::residual::{Residue, residue};
use crate::builtins::{Builtin, Context, Facts, Failure, Patterns};
use crate::hir::Constant;
use crate::known::Known;
use crate::program::{self, Comparison, From, Op, Reg, Src};
use crate::term::{Arena, Term, TermKind, compare};
use bumpalo::Bump;
use sekisho_budget::Budget;
use sekisho_value::{Map, Str, Value};
use std::sync::Arc;

/// What making one program may compute in all.
const STEPS: u64 = 1_000_000;
const MEMORY: u64 = 16 << 20;

/// What is known while a program is made.
pub(super) struct Folding {
    /// the known part of the input; none where a modifier replaces something of the input
    known: Option<Known>,
    pub(super) budget: Budget<'static>,
    patterns: Patterns,
    facts: Facts,
}

impl Folding {
    pub(super) fn new(known: Option<Known>) -> Self {
        Self {
            known,
            budget: Budget::new(STEPS, MEMORY, None),
            patterns: Patterns::default(),
            facts: Facts::default(),
        }
    }
}

impl Folding {
    /// Runs a built-in; inner none where it is undefined.
    fn run<'a>(
        &'a self,
        builtin: &Builtin,
        arena: Arena<'a>,
        args: &[Term<'a>],
    ) -> Option<Option<Term<'a>>> {
        let function = builtin.function?;
        if builtin.nondeterministic || builtin.network || builtin.relation || builtin.timed {
            return None;
        }
        let patterns = &self.patterns;
        let mut context = Context { arena, facts: &self.facts, made: patterns, patterns };
        match function(&mut context, args) {
            Ok(term) => Some(Some(term)),
            Err(Failure::Undefined) => Some(None),
            Err(Failure::Error { .. } | Failure::Budget(_)) => None,
        }
    }
}

/// What became of something that may be computed now.
#[derive(Clone, Copy, Debug)]
pub(super) enum Folded {
    Value(Src),
    Undefined,
    /// it is for the evaluation
    Not,
}

/// What a built-in gives for constants.
pub(super) enum Computed {
    Value(Residue),
    Undefined,
}

/// What is known of a path of the input.
pub(super) enum Part<'a> {
    Value(&'a Value),
    Undefined,
    /// the known part lies below it
    Above,
    Nothing,
}

/// What is known of a path of the input, as a constant.
pub(super) enum KnownInput {
    Value(Src),
    Undefined,
    /// the known part lies below it
    Above,
    Nothing,
}

impl Planner<'_> {
    /// What is known of a path of the input, as a constant.
    pub(super) fn known_input(&mut self, path: &[Str]) -> KnownInput {
        match self.known_part(path) {
            Part::Value(value) => {
                let value = value.clone();
                KnownInput::Value(self.json(value))
            }
            Part::Undefined => KnownInput::Undefined,
            Part::Above => KnownInput::Above,
            Part::Nothing => KnownInput::Nothing,
        }
    }

    /// What is known of a path of the input.
    pub(super) fn known_part(&self, path: &[Str]) -> Part<'_> {
        let known = self.folding.as_ref().and_then(|folding| folding.known.as_ref());
        let Some(Known { path: at, value }) = known else { return Part::Nothing };
        let Some(rest) = path.strip_prefix(at.as_slice()) else {
            return if at.starts_with(path) { Part::Above } else { Part::Nothing };
        };
        let found = rest.iter().try_fold(value, |at, key| at.get(key));
        found.map_or(Part::Undefined, Part::Value)
    }

    /// A constant that is JSON.
    pub(super) fn json(&mut self, value: Value) -> Src {
        if let Some(src) = self.values.get(&value) {
            return *src;
        }
        let src = self.new_constant(program::Constant::Json(value.clone()));
        self.values.insert(value, src);
        src
    }

    /// The value of a constant that is JSON.
    pub(super) fn known_value(&self, src: Src) -> Option<&Value> {
        let From::Const(index) = src.read() else { return None };
        match self.program.constants.get(index)? {
            program::Constant::Json(value) if self.folding.is_some() => Some(value),
            _ => None,
        }
    }

    /// Where something reads the input as a whole, or what lies above the known part, evaluations
    /// have to put the known part there.
    pub(super) fn note_whole_input(&mut self) {
        let Some(known) = self.folding.as_ref().and_then(|folding| folding.known.as_ref()) else {
            return;
        };
        let whole = self.program.ops.iter().any(|op| match op {
            Op::Input { .. } => true,
            Op::InputPath { place, .. } => {
                let path = self.program.paths.get(*place as usize);
                path.is_some_and(|path| known.path.starts_with(path))
            }
            _ => false,
        });
        if whole {
            self.program.known = Some(known.clone());
        }
    }

    /// What stands at a path of a constant.
    pub(super) fn fold_path(&mut self, value: Src, path: &[Str]) -> Folded {
        let Some(value) = self.known_value(value) else { return Folded::Not };
        match path.iter().try_fold(value, |at, key| at.get(key)).cloned() {
            Some(found) => Folded::Value(self.json(found)),
            None => Folded::Undefined,
        }
    }

    /// What stands at a key of a constant.
    pub(super) fn fold_get(&mut self, value: Src, key: Src) -> Folded {
        let (Some(value), Some(key)) = (self.known_value(value), self.known_value(key)) else {
            return Folded::Not;
        };
        let found = match (value, key) {
            (Value::Object(map), Value::String(key)) => map.get(key),
            (Value::Array(items), Value::Number(index)) => match index.held() {
                Ok(index) => usize::try_from(index).ok().and_then(|index| items.get(index)),
                Err(_) => return Folded::Not,
            },
            _ => None,
        };
        match found.cloned() {
            Some(found) => Folded::Value(self.json(found)),
            None => Folded::Undefined,
        }
    }

    /// Emits a comparison, unless it is decided already.
    pub(super) fn compare(&mut self, how: Comparison, left: Src, right: Src) {
        if let (Some(left), Some(right)) = (self.known_value(left), self.known_value(right)) {
            let order = compare(Term::borrowed(left), Term::borrowed(right));
            if !how.holds(order) {
                self.e.retry();
            }
            return;
        }
        self.e.emit(Op::Compare { how, left, right, fail: self.e.fail });
    }

    /// Emits the test that something is not `false`, unless it is decided already.
    pub(super) fn is_true(&mut self, src: Src) {
        match self.known_value(src) {
            Some(Value::Bool(false)) => self.e.retry(),
            Some(_) => {}
            None => self.e.emit(Op::IsTrue { src, fail: self.e.fail }),
        }
    }

    /// Goes through a collection: what follows is planned once, and run for each entry.
    pub(super) fn each(&mut self, collection: Src) -> (Reg, Reg) {
        let empty = self.known_value(collection).is_some_and(|value| match value {
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => true,
        });
        if empty {
            self.e.retry();
        }
        let values = self.known_value(collection).map(entries_of);
        let (key, value) = self.e.each(collection);
        if let Some(values) = values {
            self.e.one_of.insert(value, values);
        }
        (key, value)
    }

    /// A list of constants.
    pub(super) fn fold_array(&mut self, items: &[Src]) -> Option<Src> {
        let items: Option<Vec<Value>> =
            items.iter().map(|item| self.known_value(*item).cloned()).collect();
        Some(self.json(Value::Array(items?.into())))
    }

    /// An object of constants, keys and values in turn. Of equal keys the last one counts.
    pub(super) fn fold_object(&mut self, flat: &[Src]) -> Option<Src> {
        let mut map = Map::new();
        for pair in flat.chunks_exact(2) {
            let [key, value] = pair else { return None };
            let Value::String(key) = self.known_value(*key)?.clone() else { return None };
            map.insert(key, self.known_value(*value)?.clone());
        }
        Some(self.json(Value::Object(map)))
    }

    /// The value of a built-in for constants.
    pub(super) fn fold_builtin(&mut self, builtin: &Builtin, args: &[Src]) -> Folded {
        if builtin.name == "object.get"
            && let folded @ Folded::Value(_) = self.fold_object_get(args)
        {
            return folded;
        }
        let Some(folding) = &self.folding else { return Folded::Not };
        let bump = Bump::new();
        let arena = Arena::new(&bump, &folding.budget);
        let terms: Option<Vec<_>> =
            args.iter().map(|arg| self.constant_term(*arg, arena)).collect();
        let computed = terms.and_then(|terms| folding.run(builtin, arena, &terms));
        match computed.map(|computed| computed.map(constant_of)) {
            Some(Some(constant)) => Folded::Value(self.constant(&constant)),
            Some(None) => Folded::Undefined,
            None => Folded::Not,
        }
    }

    /// The value of a built-in for what is known; none where that is for the evaluation to say.
    pub(super) fn compute(&self, builtin: &Builtin, args: &[Residue]) -> Option<Computed> {
        let folding = self.folding.as_ref()?;
        let bump = Bump::new();
        let arena = Arena::new(&bump, &folding.budget);
        let terms: Option<Vec<_>> = args.iter().map(|arg| term_of(arg, arena)).collect();
        Some(match folding.run(builtin, arena, &terms?)? {
            Some(term) => Computed::Value(residue(&constant_of(term))?),
            None => Computed::Undefined,
        })
    }

    /// A constant of the program.
    pub(super) fn constant_at(&self, src: Src) -> Option<Residue> {
        let From::Const(index) = src.read() else { return None };
        match self.program.constants.get(index)? {
            program::Constant::Json(value) => Some(Residue::Known(value.clone())),
            program::Constant::Members(members) => Some(Residue::Set(members.clone())),
            program::Constant::Other(constant) => residue(constant),
        }
    }

    fn constant_term<'a>(&'a self, src: Src, arena: Arena<'a>) -> Option<Term<'a>> {
        let From::Const(index) = src.read() else { return None };
        match self.program.constants.get(index)? {
            program::Constant::Json(value) => Some(Term::borrowed(value)),
            program::Constant::Members(members) => arena.borrowed_set(members).ok(),
            program::Constant::Other(constant) => constant.build(arena).ok(),
        }
    }
}

/// The values of a collection.
fn entries_of(collection: &Value) -> Arc<[Value]> {
    match collection {
        Value::Array(items) => items.iter().cloned().collect(),
        Value::Object(map) => map.iter().map(|(_, value)| value.clone()).collect(),
        _ => Arc::default(),
    }
}

/// A value that is known, as a built-in takes it.
fn term_of<'a>(residue: &'a Residue, arena: Arena<'a>) -> Option<Term<'a>> {
    match residue {
        Residue::Known(value) => Some(Term::borrowed(value)),
        Residue::Set(members) => arena.borrowed_set(members).ok(),
        _ => None,
    }
}

pub(super) fn constant_of_json(value: &Value) -> Constant {
    constant_of(Term::borrowed(value))
}

/// A value as a constant.
fn constant_of(term: Term<'_>) -> Constant {
    match term {
        Term::Null => Constant::Null,
        Term::Bool(bool) => Constant::Bool(bool),
        Term::Int(int) => Constant::Number(int.to_string().into()),
        Term::Number(literal) => Constant::Number(literal.into()),
        Term::String(text) => Constant::String(text.into()),
        _ => match term.kind() {
            TermKind::Array => Constant::Array(term.items().map(constant_of).collect()),
            TermKind::Set => Constant::Set(term.items().map(constant_of).collect()),
            _ => {
                let entries = term.entries();
                Constant::Object(entries.map(|(k, v)| (constant_of(k), constant_of(v))).collect())
            }
        },
    }
}
