//! Rules that depend on the input alone, told by their code: programs that have the same code for
//! one need evaluate it once.

use super::Planner;
use super::emit::target;
use crate::numbers::NumberMap;
use crate::program::{From, FunctionId, Label, Op, Program, Src};
use crate::shared::{Alike, Digest};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::LazyLock;

/// Calls are followed so deep.
const DEEPEST: usize = 32;

impl Planner<'_> {
    /// Marks rules that collect something of the input: what others give is quick to compute.
    pub(super) fn mark_alike(&mut self, entries: &[FunctionId]) {
        // Where modifiers or what is known change the input, it is no longer the one given.
        if self.folding.is_none() || self.program.known.is_some() {
            return;
        }
        let mut digests = Digests::of(&self.program);
        let mut marks = Vec::new();
        for (id, function) in (0..).zip(&self.program.functions) {
            let collects = || digests.code(id).iter().any(|op| matches!(op, Op::Begin { .. }));
            if function.memo.is_some() && !entries.contains(&id) && collects() {
                marks.push((id, digests.function(id, 0)));
            }
        }
        for (id, digest) in marks {
            if let Some(function) = self.program.functions.get_mut(id as usize) {
                function.alike = digest.map(Alike::of);
            }
        }
    }
}

/// What is to be hashed, as a whole: hashing it bit by bit takes several times as long.
#[derive(Default)]
struct Gathered(Vec<u8>);

impl Gathered {
    /// Two hashes: that both agree by chance for different code is out of the question, and nobody
    /// knows their keys.
    fn digest(&self) -> Digest {
        static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
        let [first, second] = &*KEYS;
        (first.hash_one(&self.0), second.hash_one(&self.0))
    }
}

impl Hasher for Gathered {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        self.digest().0
    }
}

struct Digests<'p> {
    program: &'p Program,
    /// where functions begin, ascending
    entries: Vec<Label>,
    /// none of those that depend on something else than the input and their arguments
    done: NumberMap<FunctionId, Option<Digest>>,
}

impl<'p> Digests<'p> {
    fn of(program: &'p Program) -> Self {
        let mut entries: Vec<Label> = program.functions.iter().map(|of| of.entry).collect();
        entries.sort_unstable();
        Self { program, entries, done: NumberMap::default() }
    }

    fn code(&self, function: FunctionId) -> &'p [Op] {
        let Some(function) = self.program.functions.get(function as usize) else { return &[] };
        let behind = self.entries.partition_point(|entry| *entry <= function.entry);
        let end = self.entries.get(behind).map(|end| *end as usize);
        let code = self.program.ops.get(function.entry as usize..);
        let code = code.unwrap_or_default();
        let end = end.map(|end| end.saturating_sub(function.entry as usize));
        code.get(..end.unwrap_or(code.len())).unwrap_or_default()
    }

    fn function(&mut self, id: FunctionId, depth: usize) -> Option<Digest> {
        if let Some(digest) = self.done.get(&id) {
            return *digest;
        }
        let function = self.program.functions.get(id as usize).filter(|_| depth < DEEPEST)?;
        let mut gathered = Gathered::default();
        function.params.hash(&mut gathered);
        let mut ops = self.code(id).iter();
        let whole = ops.all(|op| self.op(*op, function.entry, depth, &mut gathered).is_some());
        let digest = whole.then(|| gathered.digest());
        self.done.insert(id, digest);
        digest
    }

    /// An operation, with what its numbers mean in place of them.
    fn op(&mut self, mut op: Op, entry: Label, depth: usize, to: &mut impl Hasher) -> Option<()> {
        let program = self.program;
        if let Some(label) = target(&mut op) {
            *label = label.wrapping_sub(entry);
        }
        match &mut op {
            Op::Input { .. }
            | Op::Data { .. }
            | Op::Mocked { .. }
            | Op::Replaced { .. }
            | Op::Enter { .. }
            | Op::Leave
            | Op::Print { .. } => return None,
            Op::InputPath { place: path, .. } | Op::Path { path, .. } => {
                program.paths.get(std::mem::take(path) as usize)?.hash(to);
            }
            Op::Builtin { builtin, .. } => {
                let builtin = program.builtins.get(usize::from(std::mem::take(builtin)))?;
                if builtin.nondeterministic || builtin.network || builtin.timed {
                    return None;
                }
                builtin.name.hash(to);
            }
            Op::Call { function, .. } => {
                self.function(std::mem::take(function), depth + 1)?.hash(to);
            }
            Op::Matches { matcher, .. } => {
                program.matchers.get(usize::from(std::mem::take(matcher)))?.hash(to);
            }
            Op::Switch { table, .. } => {
                for (text, label) in program.tables.get(std::mem::take(table) as usize)? {
                    (text, label.wrapping_sub(entry)).hash(to);
                }
            }
            Op::Candidates { index, .. } | Op::Candidate { index, .. } => {
                let index = program.indexes.get(std::mem::take(index) as usize)?;
                (&index.keys, &index.rest).hash(to);
                index.labels.iter().for_each(|label| label.wrapping_sub(entry).hash(to));
            }
            _ => {}
        }
        for src in sources(&mut op).into_iter().flatten() {
            if let From::Const(constant) = src.read() {
                program.constants.get(constant)?.hash(to);
                *src = Src::constant(0)?;
            }
        }
        op.hash(to);
        Some(())
    }
}

/// The operands of an operation that may be constants.
fn sources(op: &mut Op) -> [Option<&mut Src>; 2] {
    match op {
        Op::Move { src, .. }
        | Op::IsTrue { src, .. }
        | Op::IsCollection { src, .. }
        | Op::Iterate { src, .. }
        | Op::Matches { src, .. }
        | Op::Push { src }
        | Op::Keep { src, .. }
        | Op::Return { src } => [Some(src), None],
        Op::Get { src, key, .. } => [Some(src), Some(key)],
        Op::Compare { left, right, .. } | Op::Merge { left, right, .. } => {
            [Some(left), Some(right)]
        }
        _ => [None, None],
    }
}
