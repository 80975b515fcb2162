//! The code of one function, as it is written.

use crate::Location;
use crate::hir::Var;
use crate::numbers::{NumberMap, NumberSet};
use crate::program::{Index, Label, Op, Reg, Src};
use sekisho_value::{Str, Value};
use std::sync::Arc;

/// Writes the code of one function.
#[derive(Clone, Debug, Default)]
pub(super) struct Emitter {
    pub(super) ops: Vec<Op>,
    pub(super) locations: Vec<Location>,
    /// pairs of labels that do not fit into their operation
    pub(super) exits: Vec<(Label, Label)>,
    /// where to go on for texts
    pub(super) tables: Vec<Vec<(Str, Label)>>,
    /// which rules to try
    pub(super) indexes: Vec<Index>,
    /// where each label stands
    pub(super) labels: Vec<Place>,
    /// nothing comes to what would be written now
    dead: bool,
    /// registers that hold what stands at a path of the input
    pub(super) aliases: NumberMap<Reg, Vec<Str>>,
    /// registers that hold one of some constants
    pub(super) one_of: NumberMap<Reg, Arc<[Value]>>,
    /// how many registers are read at the start of a row
    pub(super) rows: NumberMap<Reg, usize>,
    /// what does nothing is taken out at the end
    pub(super) tidies: bool,
    /// operations that cannot fail, whatever their label
    pub(super) safe: NumberSet<usize>,
    free: Reg,
    /// the most registers in use at once
    pub(super) registers: Reg,
    /// where an operation goes that does not hold
    pub(super) fail: Label,
    /// where the values of the variables are that have one here
    pub(super) bound: Bound,
    pub(super) location: Location,
    /// it needs more registers than there are
    pub(super) too_large: bool,
}

/// Where a label stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) at: Option<Label>,
    /// something goes there
    used: bool,
}

/// The code of one function, to be joined to the program's.
pub(super) struct Written {
    pub(super) ops: Vec<Op>,
    pub(super) locations: Vec<Location>,
    pub(super) exits: Vec<(Label, Label)>,
    pub(super) tables: Vec<Vec<(Str, Label)>>,
    pub(super) indexes: Vec<Index>,
}

/// How many pairs of labels, tables and indexes the program has before those of a function.
#[derive(Clone, Copy)]
pub(super) struct Before {
    pub(super) exits: u32,
    pub(super) tables: u32,
    pub(super) indexes: u32,
}

/// What a scope ends with giving back.
pub(super) struct Scope {
    fail: Label,
    bound: Bound,
    free: Reg,
}

/// Where the values of variables are, by their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Bound(Vec<Option<Src>>);

impl Bound {
    pub(super) fn get(&self, var: &Var) -> Option<&Src> {
        self.0.get(var.0 as usize).and_then(Option::as_ref)
    }

    pub(super) fn contains_key(&self, var: &Var) -> bool {
        self.get(var).is_some()
    }

    pub(super) fn insert(&mut self, var: Var, src: Src) {
        let at = var.0 as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, None);
        }
        if let Some(place) = self.0.get_mut(at) {
            *place = Some(src);
        }
    }
}

impl Emitter {
    pub(super) fn emit(&mut self, mut op: Op) {
        if self.dead {
            return;
        }
        if let Some(label) = target(&mut op) {
            let label = *label;
            self.goes_to(label);
        }
        self.dead = matches!(
            op,
            Op::Jump { .. } | Op::Candidate { .. } | Op::Return { .. } | Op::ReturnUndefined
        );
        self.ops.push(op);
        self.locations.push(self.location);
    }

    /// Emits an operation that cannot fail.
    pub(super) fn emit_safe(&mut self, op: Op) {
        if !self.dead {
            self.safe.insert(self.ops.len());
        }
        self.emit(op);
    }

    pub(super) fn goes_to(&mut self, label: Label) {
        if let (false, Some(place)) = (self.dead, self.labels.get_mut(label as usize)) {
            place.used = true;
        }
    }

    /// Whether nothing comes to what would be written now.
    pub(super) fn is_dead(&self) -> bool {
        self.dead
    }

    /// A label that stands nowhere yet.
    pub(super) fn label(&mut self) -> Label {
        self.labels.push(Place::default());
        Label::try_from(self.labels.len() - 1).unwrap_or(Label::MAX)
    }

    /// The label stands here.
    pub(super) fn place(&mut self, label: Label) {
        let here = Label::try_from(self.ops.len()).unwrap_or(Label::MAX);
        if let Some(place) = self.labels.get_mut(label as usize) {
            place.at = Some(here);
            self.dead &= !place.used;
        }
    }

    pub(super) fn register(&mut self) -> Reg {
        self.run(1)
    }

    /// The first of so many registers in a row.
    pub(super) fn run(&mut self, count: usize) -> Reg {
        let first = self.free;
        match u16::try_from(count).ok().and_then(|count| first.checked_add(count)) {
            Some(free) => {
                if !self.aliases.is_empty() {
                    self.aliases.retain(|reg, _| !(first..free).contains(reg));
                }
                if !self.one_of.is_empty() {
                    self.one_of.retain(|reg, _| !(first..free).contains(reg));
                }
                self.free = free;
                self.registers = self.registers.max(free);
            }
            None => self.too_large = true,
        }
        first
    }

    /// Opens a scope: what fails in it goes to `fail`, and what is bound in it is forgotten with
    /// it.
    pub(super) fn open(&mut self, fail: Label) -> Scope {
        let fail = std::mem::replace(&mut self.fail, fail);
        Scope { fail, bound: self.bound.clone(), free: self.free }
    }

    pub(super) fn close(&mut self, scope: Scope) {
        self.fail = scope.fail;
        self.bound = scope.bound;
        self.free = scope.free;
    }

    /// Goes on with the next way to make the body hold.
    pub(super) fn retry(&mut self) {
        self.emit(Op::Jump { to: self.fail });
    }

    /// Goes through a collection: what follows is run for each entry.
    pub(super) fn each(&mut self, collection: Src) -> (Reg, Reg) {
        let state = self.run(2);
        let (key, value) = (self.register(), self.register());
        self.emit(Op::Iterate { state, src: collection, fail: self.fail });
        let next = self.label();
        self.place(next);
        self.emit(Op::Next { state, key, value, exit: self.fail });
        self.fail = next;
        (key, value)
    }

    /// The code with its labels as places, `base` being the place of its first operation.
    pub(super) fn finish(mut self, base: Label, before: Before) -> Written {
        if self.tidies {
            self.tidy();
        }
        let labels = std::mem::take(&mut self.labels);
        let place = |label: &mut Label| {
            let at = labels.get(*label as usize).and_then(|place| place.at).unwrap_or(0);
            *label = base.saturating_add(at);
        };
        for op in &mut self.ops {
            match op {
                Op::Mocked { labels, .. } | Op::Replaced { labels, .. } => {
                    *labels += before.exits;
                }
                Op::Switch { table, .. } => *table += before.tables,
                Op::Candidates { index, .. } | Op::Candidate { index, .. } => {
                    *index += before.indexes;
                }
                _ => {}
            }
            if let Some(label) = target(op) {
                place(label);
            }
        }
        for (done, fail) in &mut self.exits {
            place(done);
            place(fail);
        }
        for (_, label) in self.tables.iter_mut().flatten() {
            place(label);
        }
        for label in self.indexes.iter_mut().flat_map(|index| &mut index.labels) {
            place(label);
        }
        let Self { ops, locations, exits, tables, indexes, .. } = self;
        Written { ops, locations, exits, tables, indexes }
    }
}

/// The label of an operation.
pub(super) fn target(op: &mut Op) -> Option<&mut Label> {
    match op {
        Op::Jump { to } | Op::IfFlag { to, .. } => Some(to),
        Op::Next { exit, .. } => Some(exit),
        Op::Switch { other, .. } => Some(other),
        Op::Candidate { end, .. } => Some(end),
        Op::Matches { done, .. } => Some(done),
        Op::Input { fail, .. }
        | Op::InputPath { fail, .. }
        | Op::Data { fail, .. }
        | Op::Path { fail, .. }
        | Op::Get { fail, .. }
        | Op::IsTrue { fail, .. }
        | Op::Compare { fail, .. }
        | Op::IsArray { fail, .. }
        | Op::IsObject { fail, .. }
        | Op::Iterate { fail, .. }
        | Op::IsCollection { fail, .. }
        | Op::Builtin { fail, .. }
        | Op::Call { fail, .. } => Some(fail),
        Op::Move { .. }
        | Op::Item { .. }
        | Op::Make { .. }
        | Op::Begin { .. }
        | Op::Push { .. }
        | Op::End { .. }
        | Op::EndNested { .. }
        | Op::Merge { .. }
        | Op::Mocked { .. }
        | Op::Replaced { .. }
        | Op::Enter { .. }
        | Op::Leave
        | Op::Candidates { .. }
        | Op::Flag { .. }
        | Op::Keep { .. }
        | Op::Return { .. }
        | Op::ReturnUndefined
        | Op::Print { .. } => None,
    }
}
