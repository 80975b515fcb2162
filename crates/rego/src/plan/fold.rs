//! What is computed when a program is made: references into the part of the input that is known,
//! and pure built-ins, comparisons and lookups of constants.
//!
//! Nothing is folded where a modifier may change what it depends on, and no built-in that fails:
//! whether that is undefined or an error is for the evaluation to say.

use super::Planner;
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
    budget: Budget<'static>,
    patterns: Patterns,
}

impl Folding {
    pub(super) fn new(known: Option<Known>) -> Self {
        Self { known, budget: Budget::new(STEPS, MEMORY, None), patterns: Patterns::default() }
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

/// What is known of a path of the input.
pub(super) enum KnownInput {
    Value(Src),
    Undefined,
    /// the known part lies below it
    Above,
    Nothing,
}

impl Planner<'_> {
    /// What is known of a path of the input.
    pub(super) fn known_input(&mut self, path: &[Str]) -> KnownInput {
        let known = self.folding.as_ref().and_then(|folding| folding.known.as_ref());
        let Some(Known { path: at, value }) = known else { return KnownInput::Nothing };
        let Some(rest) = path.strip_prefix(at.as_slice()) else {
            return if at.starts_with(path) { KnownInput::Above } else { KnownInput::Nothing };
        };
        match rest.iter().try_fold(value, |at, key| at.get(key)) {
            Some(found) => {
                let found = found.clone();
                KnownInput::Value(self.json(found))
            }
            None => KnownInput::Undefined,
        }
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
        self.e.each(collection)
    }

    /// A list of constants.
    pub(super) fn fold_array(&mut self, items: &[Src]) -> Option<Src> {
        let items: Option<Vec<Value>> =
            items.iter().map(|item| self.known_value(*item).cloned()).collect();
        Some(self.json(Value::Array(Arc::new(items?))))
    }

    /// An object of constants, keys and values in turn.
    pub(super) fn fold_object(&mut self, flat: &[Src]) -> Option<Src> {
        let mut map = Map::new();
        for pair in flat.chunks_exact(2) {
            let [key, value] = pair else { return None };
            let Value::String(key) = self.known_value(*key)?.clone() else { return None };
            if map.insert(key, self.known_value(*value)?.clone()).is_some() {
                return None;
            }
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
        let Some(function) = builtin.function else { return Folded::Not };
        if builtin.nondeterministic || builtin.network || builtin.relation || builtin.timed {
            return Folded::Not;
        }
        let bump = Bump::new();
        let arena = Arena::new(&bump, &folding.budget);
        let mut terms = Vec::with_capacity(args.len());
        for arg in args {
            match self.constant_term(*arg, arena) {
                Some(term) => terms.push(term),
                None => return Folded::Not,
            }
        }
        let facts = Facts::default();
        let mut context = Context { arena, facts: &facts, patterns: &folding.patterns };
        match function(&mut context, &terms) {
            Ok(term) => {
                let constant = constant_of(term);
                Folded::Value(self.constant(&constant))
            }
            Err(Failure::Undefined) => Folded::Undefined,
            Err(Failure::Error { .. } | Failure::Budget(_)) => Folded::Not,
        }
    }

    fn constant_term<'a>(&'a self, src: Src, arena: Arena<'a>) -> Option<Term<'a>> {
        let From::Const(index) = src.read() else { return None };
        match self.program.constants.get(index)? {
            program::Constant::Json(value) => Some(Term::borrowed(value)),
            program::Constant::Other(constant) => constant.build(arena).ok(),
        }
    }
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
