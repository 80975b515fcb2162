//! From meaning to code.
//!
//! A body becomes straight code with loops in it: an operation that does not hold jumps to the
//! next step of the innermost loop, so that all ways to make the body hold are gone through as
//! nested loops would. That is possible because analysis has ordered the expressions: at every
//! place it is known which variables have a value. One file per thing that is planned; this one
//! knows which functions the program has.

mod alike;
mod body;
mod emit;
mod fold;
mod formula;
mod group;
mod index;
mod inputs;
mod loops;
mod matchers;
mod operand;
mod patterns;
mod reference;
mod residual;
mod special;
mod tidy;
mod tree;
pub(crate) mod visit;
mod with;

use crate::hir::{Callee, Constant, ExprKind, Hir, Query, WithTarget};
use crate::known::Known;
use crate::numbers::{NumberMap, NumberSet};
use crate::program::{self, Function, FunctionId, Program, Reg, Src};
use crate::{Code, Diagnostic};
use emit::{Before, Emitter};
use fold::{Folded, Folding};
use foldhash::HashMap;
use patterns::Compiling;
use residual::{Residue, residue};
use sekisho_value::{Map, Number, Str, Value};
use special::Argument;
use std::collections::HashSet;
use std::sync::Arc;
use tree::{NodeId, Tree};
use visit::{Part, each_operand, each_part};

/// What an evaluation may start from.
#[derive(Clone, Debug)]
pub(crate) enum Start<'h> {
    /// the document at a path below `data`
    Document(Vec<Str>),
    /// a query: its results are a list of lists of its variables' values
    Query(&'h Query),
}

/// How a program is made.
#[derive(Clone, Debug, Default)]
pub(crate) enum Mode {
    /// as it is written: every expression is evaluated, so that its coverage can be told
    #[default]
    Plain,
    /// what is known is computed now
    Folded(Option<Known>),
}

/// Plans what is needed to start from each of these.
///
/// # Errors
/// Where a rule is larger than a function may be.
pub(crate) fn plan(
    hir: &Hir,
    starts: &[Start<'_>],
    mode: Mode,
) -> Result<(Program, Vec<FunctionId>), Vec<Diagnostic>> {
    let mut planner = Planner {
        hir,
        tree: Tree::of(hir),
        program: Program {
            release: hir.release,
            sources: hir.sources.clone(),
            ..Program::default()
        },
        functions: HashMap::default(),
        jobs: Vec::new(),
        constants: HashMap::default(),
        paths: HashMap::default(),
        mocks: HashMap::default(),
        replaced: HashSet::new(),
        values: HashMap::default(),
        replaces_input: false,
        prints: false,
        folding: None,
        compiling: Compiling::default(),
        summaries: NumberMap::default(),
        special: NumberSet::default(),
        nested: 0,
        diagnostics: Vec::new(),
        e: Emitter::default(),
    };
    planner.note_modifiers(starts);
    planner.start_folding(mode);
    let mut entries = Vec::new();
    for start in starts {
        entries.push(match start {
            Start::Document(path) => planner.start_document(path),
            Start::Query(query) => planner.query(query),
        });
    }
    while let Some((function, job)) = planner.jobs.pop() {
        planner.run(function, job);
    }
    planner.note_whole_input();
    planner.mark_alike(&entries);
    planner.place_inputs();
    planner.program.patterns = planner.compiling.patterns;
    if planner.diagnostics.is_empty() {
        Ok((planner.program, entries))
    } else {
        Err(planner.diagnostics)
    }
}

/// Rules that are made of fewer parts than these fit into a function, whatever the parts are: each
/// takes a few registers, of which there are 65,536.
const SMALL: usize = 3_000;

/// Whether programs can be made of the rules for sure, nothing being computed before.
pub(crate) fn fits(hir: &Hir) -> bool {
    let mut parts = hir.packages.len();
    let mut there = true;
    let mut count = |part: Part<'_>| {
        parts += 1;
        let Part::Expr(expr) = part else { return };
        there &= expr.with.is_empty();
        if let ExprKind::Call { callee: Callee::Builtin(builtin), .. } = &expr.kind {
            there &= builtin.function.is_some();
        }
    };
    for rule in &hir.rules {
        rule.params.iter().chain(&rule.rest).for_each(|operand| each_operand(operand, &mut count));
        for clause in &rule.clauses {
            each_part(&clause.body, &mut count);
            each_operand(&clause.value, &mut count);
        }
    }
    there && parts + hir.rules.len() < SMALL
}

/// A function of the program that is not yet written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Job {
    /// the rules of a node, without what lies below it
    Rules(NodeId),
    /// the function of a node
    Function(NodeId),
    /// the function of a node for arguments of which something is known
    Special(NodeId, Arc<[Argument]>),
    /// the document of a node: rules, what lies below it, and base data
    Document(NodeId),
}

struct Planner<'h> {
    hir: &'h Hir,
    tree: Tree,
    program: Program,
    functions: HashMap<Job, FunctionId>,
    jobs: Vec<(FunctionId, Job)>,
    constants: HashMap<Constant, Src>,
    paths: HashMap<Vec<Str>, u32>,
    /// what is replaced by a modifier somewhere, and its number
    mocks: HashMap<Name, u16>,
    /// paths of `data` that are replaced by a modifier somewhere
    replaced: HashSet<Vec<Str>>,
    /// a modifier replaces something of the input somewhere
    replaces_input: bool,
    /// something is printed somewhere
    prints: bool,
    /// constants that are JSON
    values: HashMap<Value, Src>,
    /// none where everything is left to the evaluation
    folding: Option<Folding>,
    /// patterns that are constants
    compiling: Compiling,
    /// functions that do nothing but give a constant
    summaries: NumberMap<FunctionId, Folded>,
    /// functions that are made for some arguments
    special: NumberSet<FunctionId>,
    /// how many functions are being written around this one
    nested: usize,
    diagnostics: Vec<Diagnostic>,
    /// the function that is being written
    e: Emitter,
}

/// What a call names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Name {
    Builtin(&'static str),
    Function(Arc<[Str]>),
}

impl Name {
    fn of(callee: &Callee) -> Self {
        match callee {
            Callee::Builtin(builtin) => Self::Builtin(builtin.name),
            Callee::Function(path) => Self::Function(path.clone()),
        }
    }
}

impl<'h> Planner<'h> {
    /// Notes what is printed and what modifiers replace anywhere, so that nothing else need ask.
    fn note_modifiers(&mut self, starts: &[Start<'_>]) {
        let hir = self.hir;
        let mut seen = |part: Part<'_>| {
            let Part::Expr(expr) = part else { return };
            self.prints |= matches!(expr.kind, ExprKind::Print(_));
            for with in &expr.with {
                match &with.target {
                    WithTarget::Input(..) | WithTarget::Nowhere(_) => self.replaces_input = true,
                    WithTarget::Data(path, _) => {
                        self.replaced.insert(path.clone());
                    }
                    WithTarget::Call(callee, _) | WithTarget::Value(callee, _) => {
                        let number = u16::try_from(self.mocks.len()).unwrap_or(u16::MAX);
                        self.mocks.entry(Name::of(callee)).or_insert(number);
                    }
                }
            }
        };
        for clause in hir.rules.iter().flat_map(|rule| &rule.clauses) {
            each_part(&clause.body, &mut seen);
            each_operand(&clause.value, &mut seen);
        }
        for start in starts {
            if let Start::Query(query) = start {
                each_part(&query.body, &mut seen);
            }
        }
    }

    fn is_replaced(&self, callee: &Callee) -> bool {
        self.mocks.contains_key(&Name::of(callee))
    }

    fn start_folding(&mut self, mode: Mode) {
        let Mode::Folded(known) = mode else { return };
        // What modifiers replace has to be there, and is read as it stands.
        let (foldable, given) = if self.replaces_input { (None, known) } else { (known, None) };
        self.program.known = given;
        self.folding = Some(Folding::new(foldable));
    }

    fn function(&mut self, job: Job) -> FunctionId {
        if let Some(id) = self.functions.get(&job) {
            return *id;
        }
        let (node, params, memo) = match &job {
            Job::Rules(node) | Job::Document(node) => (*node, 0, true),
            Job::Function(node) | Job::Special(node, _) => (*node, self.arity(*node), false),
        };
        let name =
            self.tree.node(node).map_or_else(Str::default, |node| node.path.join(".").into());
        let id = self.declare(name, params, memo);
        self.functions.insert(job.clone(), id);
        self.write_now_or_later(id, job);
        id
    }

    fn declare(&mut self, name: Str, params: u16, memo: bool) -> FunctionId {
        let memo = memo.then(|| {
            self.program.memos += 1;
            self.program.memos - 1
        });
        let id = FunctionId::try_from(self.program.functions.len()).unwrap_or(FunctionId::MAX);
        self.program.functions.push(Function {
            entry: 0,
            registers: 0,
            params,
            memo,
            alike: None,
            name,
        });
        id
    }

    fn arity(&self, node: NodeId) -> u16 {
        let first = self.tree.node(node).and_then(|node| node.functions.first());
        let params = first.and_then(|rule| self.hir.rules.get(*rule)).map(|rule| rule.params.len());
        params.and_then(|params| u16::try_from(params).ok()).unwrap_or(0)
    }

    fn run(&mut self, function: FunctionId, job: Job) {
        self.begin();
        match job {
            Job::Rules(node) => self.rules(node),
            Job::Function(node) => self.function_rules(node, &[]),
            Job::Special(node, args) => self.function_rules(node, &args),
            Job::Document(node) => self.document(node),
        }
        self.end(function);
    }

    fn begin(&mut self) {
        self.e = Emitter::default();
        self.e.tidies = self.folding.is_some();
    }

    /// Joins what was written to the program.
    fn end(&mut self, function: FunctionId) {
        let emitter = std::mem::take(&mut self.e);
        if emitter.too_large {
            self.diagnostics.push(Diagnostic {
                code: Code::Compile,
                message: "the rule is too large".to_owned(),
                location: emitter.location,
                help: Some("split it into several rules".to_owned()),
            });
        }
        let entry = u32::try_from(self.program.ops.len()).unwrap_or(u32::MAX);
        if let Some(function) = self.program.functions.get_mut(function as usize) {
            function.entry = entry;
            function.registers = emitter.registers;
        }
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let written = emitter.finish(
            entry,
            Before {
                exits: count(self.program.exits.len()),
                tables: count(self.program.tables.len()),
                indexes: count(self.program.indexes.len()),
            },
        );
        self.program.indexes.extend(written.indexes);
        self.program.tables.extend(written.tables);
        self.summarise(function, &written.ops);
        self.program.ops.extend(written.ops);
        self.program.locations.extend(written.locations);
        self.program.exits.extend(written.exits);
    }

    fn constant(&mut self, constant: &Constant) -> Src {
        // Of these the value alone is looked for.
        match constant {
            Constant::Null => return self.json(Value::Null),
            Constant::Bool(bool) => return self.json(Value::Bool(*bool)),
            Constant::String(text) => return self.json(Value::String(text.clone())),
            _ => {}
        }
        if let Some(src) = self.constants.get(constant) {
            return *src;
        }
        let src = match residue(constant) {
            Some(Residue::Known(value)) => self.json(value),
            Some(Residue::Set(members)) => self.new_constant(program::Constant::Members(members)),
            _ => self.new_constant(program::Constant::Other(constant.clone())),
        };
        self.constants.insert(constant.clone(), src);
        src
    }

    fn new_constant(&mut self, constant: program::Constant) -> Src {
        let src = Src::constant(self.program.constants.len()).unwrap_or_else(|| {
            self.e.too_large = true;
            Src::reg(0)
        });
        self.program.constants.push(constant);
        src
    }

    fn string(&mut self, text: &Str) -> Src {
        self.constant(&Constant::String(text.clone()))
    }

    fn path(&mut self, path: Vec<Str>) -> u32 {
        if let Some(index) = self.paths.get(&path) {
            return *index;
        }
        let index = u32::try_from(self.program.paths.len()).unwrap_or(u32::MAX);
        self.program.paths.push(path.clone());
        self.paths.insert(path, index);
        index
    }

    fn builtin(&mut self, builtin: &'static crate::builtins::Builtin) -> u16 {
        let known = self.program.builtins.iter().position(|known| known.name == builtin.name);
        let index = known.unwrap_or_else(|| {
            self.program.builtins.push(builtin);
            self.program.builtins.len() - 1
        });
        u16::try_from(index).unwrap_or(u16::MAX)
    }

    fn not_supported(&mut self, builtin: &crate::builtins::Builtin) {
        let message = format!("the built-in function {} is not supported", builtin.name);
        let location = self.e.location;
        // What is written several times is told once.
        if self.diagnostics.iter().any(|d| d.location == location && d.message == message) {
            return;
        }
        let help = builtin.left_out().map(str::to_owned);
        self.diagnostics.push(Diagnostic { code: Code::Type, message, location, help });
    }

    /// A register that holds the operand.
    fn in_register(&mut self, src: Src) -> Reg {
        if let program::From::Reg(reg) = src.read()
            && let Ok(reg) = Reg::try_from(reg)
        {
            return reg;
        }
        let dst = self.e.register();
        self.e.emit(program::Op::Move { dst, src });
        dst
    }
}

/// The constant as JSON; none where it holds a set or a key that is no string.
fn as_json(constant: &Constant) -> Option<Value> {
    Some(match constant {
        Constant::Null => Value::Null,
        Constant::Bool(bool) => Value::Bool(*bool),
        Constant::Number(literal) => Value::Number(Number::from_literal(literal)?),
        Constant::String(text) => Value::String(text.clone()),
        Constant::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(as_json).collect();
            Value::Array(items?.into())
        }
        Constant::Object(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let Constant::String(key) = key else { return None };
                map.insert(key.clone(), as_json(value)?);
            }
            Value::Object(map)
        }
        Constant::Set(_) => return None,
    })
}
