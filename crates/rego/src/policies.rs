//! Compiling and evaluating: what a user of this crate calls.

use crate::analyze::{self, Options};
use crate::ast::{Module, Version};
use crate::builtins::{Facts, Patterns};
use crate::hir::{Expr, ExprKind, Hir, Operand, Query, Rule, RuleKind};
use crate::join::{Joined, Lists};
use crate::known::Known;
use crate::plan::visit::{Part, each_operand, each_part};
use crate::plan::{Mode, Start, fits, plan};
use crate::program::{FunctionId, Program};
use crate::query::{Captured, capture};
use crate::shared::Shared;
use crate::source::{Location, Source, SourceId};
use crate::vm::{self, EvalError, Given};
use crate::{Diagnostic, Term, builtins, syntax};
use bumpalo::Bump;
use sekisho_budget::Budget;
use sekisho_value::{Str, Value};
use std::sync::{Arc, OnceLock};

/// Modules that were compiled together.
#[derive(Debug)]
pub struct Policies {
    hir: Hir,
    modules: Vec<Arc<Module>>,
    sources: Vec<Source>,
    joined: OnceLock<Option<Arc<Joined>>>,
}

impl Policies {
    /// Compiles modules. Every fault of every module is told; with a fault there are no policies.
    #[must_use]
    pub fn compile(
        sources: Vec<(Source, Version)>,
        options: &Options,
        budget: &Budget<'_>,
    ) -> (Option<Self>, Vec<Source>, Vec<Diagnostic>) {
        let mut modules = Vec::new();
        let mut diagnostics = Vec::new();
        let mut kept = Vec::new();
        for (index, (source, version)) in sources.into_iter().enumerate() {
            let id = SourceId(u16::try_from(index).unwrap_or(u16::MAX));
            let (module, faults) = syntax::parse(&source, id, version);
            modules.extend(module);
            diagnostics.extend(faults);
            kept.push(source);
        }
        if !diagnostics.is_empty() {
            return (None, kept, diagnostics);
        }
        match Self::of_modules(modules, kept.clone(), options, budget) {
            Ok(policies) => (Some(policies), kept, diagnostics),
            Err(faults) => (None, kept, faults),
        }
    }

    /// Compiles modules that [`syntax::parse`] gave, whatever became of them since; their sources
    /// are numbered by their place in `sources`.
    ///
    /// # Errors
    /// Every fault of every module.
    pub fn of_modules(
        modules: Vec<Module>,
        sources: Vec<Source>,
        options: &Options,
        budget: &Budget<'_>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let (hir, faults) = analyze::analyze(&modules, &sources, options, budget);
        let modules = modules.into_iter().map(Arc::new).collect();
        let hir = hir.filter(|_| faults.is_empty()).ok_or(faults)?;
        Ok(Self { hir, modules, sources, joined: OnceLock::new() })
    }

    /// Compiles modules that may use the rules of these, as if all were compiled at once. The
    /// modules must define nothing that these read, and nothing at, above or below their packages.
    /// Sources are those of all modules, these among them at the same places.
    ///
    /// # Errors
    /// Every fault of every module.
    pub fn extended(
        &self,
        modules: Vec<Module>,
        sources: Vec<Source>,
        options: &Options,
        budget: &Budget<'_>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let own = modules.iter().collect();
        let (hir, faults) = analyze::analyze_upon(&self.hir, own, &sources, options, budget);
        let hir = hir.filter(|_| faults.is_empty()).ok_or(faults)?;
        let modules = self.modules.iter().cloned().chain(modules.into_iter().map(Arc::new));
        let modules = modules.collect();
        Ok(Self { hir, modules, sources, joined: OnceLock::new() })
    }

    pub(crate) fn hir(&self) -> &Hir {
        &self.hir
    }

    /// The modules as they were written.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        self.modules.iter().map(Arc::as_ref)
    }

    /// What places in messages mean.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// What the modules mean.
    #[must_use]
    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.hir.rules
    }

    /// The places of all that may be evaluated: the branches of rules, and bodies within bodies.
    #[must_use]
    pub fn coverable(&self) -> Vec<Coverable> {
        let mut places = Vec::new();
        let places_of = |body: &[Expr]| body.iter().map(|expr| expr.location).collect();
        for rule in &self.hir.rules {
            for clause in &rule.clauses {
                let head = Some(clause.location);
                places.push(Coverable { head, body: places_of(&clause.body) });
                let mut nested = |part: Part<'_>| {
                    let body = match part {
                        Part::Expr(expr) => match &expr.kind {
                            ExprKind::Not(body) | ExprKind::Every { body, .. } => body,
                            _ => return,
                        },
                        Part::Operand(Operand::Comprehension(of)) => &of.body,
                        Part::Operand(_) => return,
                    };
                    places.push(Coverable { head: None, body: places_of(body) });
                };
                each_part(&clause.body, &mut nested);
                each_operand(&clause.value, &mut nested);
            }
        }
        places
    }

    /// Prepares the document at a path below `data`: `["pkg", "violation"]`.
    ///
    /// # Errors
    /// Where a rule is too large.
    pub fn document(&self, path: &[&str]) -> Result<Prepared, Vec<Diagnostic>> {
        self.start(path, Mode::Plain)
    }

    /// Whether the document at a path below `data` can be prepared. Of rules that are small enough
    /// for sure nothing is planned to know it.
    ///
    /// # Errors
    /// Where a rule is too large.
    pub fn check_document(&self, path: &[&str]) -> Result<(), Vec<Diagnostic>> {
        if fits(&self.hir) { Ok(()) } else { self.document(path).map(drop) }
    }

    /// Prepares the document at a path below `data` for inputs of which a part is known: what
    /// depends on nothing else is computed now.
    ///
    /// It gives what [`Self::document`] gives for inputs that hold the known part. What is
    /// computed now is not told to [`Question::cover`].
    ///
    /// # Errors
    /// Where a rule is too large.
    pub fn document_given(&self, path: &[&str], known: Known) -> Result<Prepared, Vec<Diagnostic>> {
        let joined = self.joined.get_or_init(|| Joined::of(&self.hir).map(Arc::new));
        let joined = joined.as_ref().map(|joined| {
            let start = start(&joined.hir, path, Mode::Folded(Some(known.clone())));
            start.map(|start| (Arc::clone(joined), start))
        });
        let prepared = self.start(path, Mode::Folded(Some(known)))?;
        Ok(Prepared { joined: joined.transpose()?, ..prepared })
    }

    fn start(&self, path: &[&str], mode: Mode) -> Result<Prepared, Vec<Diagnostic>> {
        let (program, entry) = start(&self.hir, path, mode)?;
        Ok(Prepared::new(program, entry))
    }

    /// How many arguments a function takes, given by its name.
    fn arity(&self, name: &str) -> Option<usize> {
        if let Some(builtin) = builtins::find(name) {
            return Some(builtin.params().len());
        }
        let path = name.strip_prefix("data.")?;
        let mut functions = self.hir.rules.iter().filter(|rule| rule.kind == RuleKind::Function);
        functions
            .find(|rule| rule.path.iter().map(Str::as_str).eq(path.split('.')))
            .map(|rule| rule.params.len())
    }

    /// Prepares a query. Each of its results is a list: the values of [`Shape::names`],
    /// then what each of [`Shape::expressions`] captured.
    ///
    /// # Errors
    /// Where the query is faulty; places mean the query's text, whose source is the one after
    /// those of the modules.
    pub fn query(
        &self,
        text: &str,
        version: Version,
        options: &Options,
        budget: &Budget<'_>,
    ) -> Result<PreparedQuery, Vec<Diagnostic>> {
        let id = SourceId(u16::try_from(self.sources.len()).unwrap_or(u16::MAX));
        let source = Source::new("", text);
        let (body, faults) = syntax::parse_query(&source, id, version, &[]);
        if !faults.is_empty() {
            return Err(faults);
        }
        let captured = capture(body, &|name| self.arity(name));
        let (query, faults) =
            analyze::analyze_query(&captured.body, id, &self.hir, options, budget);
        let Some(query) = query.filter(|_| faults.is_empty()) else {
            // What captures a value is no part of the query as it is written.
            let (own, written): (Vec<_>, Vec<_>) =
                faults.into_iter().partition(|fault| captured.is_mentioned(&fault.message));
            return Err(if written.is_empty() { own } else { written });
        };
        let (mut program, entries) = plan(&self.hir, &[Start::Query(&query)], Mode::Plain)?;
        program.sources.push(source.clone());
        let prepared = Prepared::new(program, entries.first().copied().unwrap_or(0));
        Ok(PreparedQuery { prepared, shape: Shape::of(&query, captured), source })
    }
}

fn start(hir: &Hir, path: &[&str], mode: Mode) -> Result<(Program, FunctionId), Vec<Diagnostic>> {
    let path = path.iter().map(|key| Str::from(*key)).collect();
    let (program, entries) = plan(hir, &[Start::Document(path)], mode)?;
    Ok((program, entries.first().copied().unwrap_or(0)))
}

/// Places that are evaluated one after the other, as far as they hold.
#[derive(Clone, Debug)]
pub struct Coverable {
    /// evaluated last: the head of a rule or of an `else`
    pub head: Option<Location>,
    /// the expressions before it
    pub body: Vec<Location>,
}

/// Something that can be evaluated, from many threads at once.
#[derive(Debug)]
pub struct Prepared {
    program: Program,
    entry: FunctionId,
    /// the same, looking up in base data what it would go through
    joined: Option<(Arc<Joined>, (Program, FunctionId))>,
}

/// A query that can be evaluated.
#[derive(Debug)]
pub struct PreparedQuery {
    /// what is evaluated: a list of results
    pub prepared: Prepared,
    /// what the values of a result mean
    pub shape: Shape,
    /// the query's own text
    pub source: Source,
}

/// What the values of a query's result mean.
#[derive(Debug)]
pub struct Shape {
    /// variables that a result shows, and where their value stands in it
    pub names: Vec<(Str, usize)>,
    /// the expressions of the query: their place, and where their value stands; `true` where
    /// nowhere
    pub expressions: Vec<(Location, Option<usize>)>,
}

impl Shape {
    fn of(query: &Query, captured: Captured) -> Self {
        let name = |var: &crate::hir::Var| query.variables.get(var.0 as usize);
        let at = |wanted: &Str| query.results.iter().position(|var| name(var) == Some(wanted));
        let shown =
            |name: &&Str| !captured.is_capture(name) && *name != "_" && !name.starts_with('$');
        Self {
            names: query
                .results
                .iter()
                .filter_map(name)
                .filter(shown)
                .filter_map(|name| Some((name.clone(), at(name)?)))
                .collect(),
            expressions: captured
                .expressions
                .iter()
                .map(|(span, name)| {
                    let location = Location { source: query.location.source, span: *span };
                    (location, name.as_ref().and_then(at))
                })
                .collect(),
        }
    }
}

/// Is told of a read of base data: the path, and whether something stands there.
pub type OnRead<'a> = dyn Fn(&[Term<'_>], bool) + 'a;
/// Is given what `print` says, and where.
pub type OnPrint<'a> = dyn Fn(&str, Location) + 'a;
/// Is told of the place of what is evaluated.
pub type OnCover<'a> = dyn Fn(Location) + 'a;

/// What is evaluated, beside the policies.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// `input`
    pub input: Option<&'a Value>,
    /// the base documents: an object
    pub data: &'a Value,
    /// what the caller says of the world
    pub facts: &'a Facts,
    /// steps and bytes
    pub budget: &'a Budget<'a>,
    /// how deep calls may nest
    pub depth: usize,
    /// a built-in that fails ends the evaluation
    pub strict_builtin_errors: bool,
    /// is told of every read of base data: the path, and whether something stands there
    pub reads: Option<&'a OnRead<'a>>,
    /// is given what `print` says
    pub print: Option<&'a OnPrint<'a>>,
    /// is told of the place of everything that is evaluated
    pub cover: Option<&'a OnCover<'a>>,
}

impl<'a> Question<'a> {
    /// Asks of base documents, without input, and tells nobody what is read, printed or evaluated.
    #[must_use]
    pub fn new(data: &'a Value, facts: &'a Facts, budget: &'a Budget<'a>) -> Self {
        Self {
            input: None,
            data,
            facts,
            budget,
            depth: DEFAULT_DEPTH,
            strict_builtin_errors: false,
            reads: None,
            print: None,
            cover: None,
        }
    }
}

/// How deep calls may nest where the caller does not say.
pub const DEFAULT_DEPTH: usize = 1_000;

/// Memory that is used again from one evaluation to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    bump: Bump,
    patterns: Patterns,
}

impl Prepared {
    pub(crate) fn new(program: Program, entry: FunctionId) -> Self {
        Self { program, entry, joined: None }
    }

    /// Evaluates, and gives the value to `then`; none where it is undefined.
    ///
    /// # Errors
    /// Where values conflict, a budget is used up, or, if so wished, a built-in failed.
    pub fn evaluate<R>(
        &self,
        scratch: &mut Scratch,
        question: &Question<'_>,
        then: impl FnOnce(Option<Term<'_>>) -> R,
    ) -> Result<R, EvalError> {
        self.evaluate_sharing(None, scratch, question, then)
    }

    /// As [`Self::evaluate`]: what depends on the input alone is taken from what the programs before
    /// computed of the same input, and left to those that follow.
    ///
    /// # Errors
    /// Where values conflict, a budget is used up, or, if so wished, a built-in failed.
    pub fn evaluate_sharing<R>(
        &self,
        shared: Option<&Shared>,
        scratch: &mut Scratch,
        question: &Question<'_>,
        then: impl FnOnce(Option<Term<'_>>) -> R,
    ) -> Result<R, EvalError> {
        // What is not evaluated cannot be told.
        let shared = shared.filter(|_| question.cover.is_none());
        let ready = self
            .joined
            .as_ref()
            .filter(|_| question.cover.is_none())
            .and_then(|(joined, start)| joined.lists(question).map(|lists| (start, lists)));
        let Some(((program, entry), lists)) = ready else {
            return Self::run(&self.program, self.entry, shared, scratch, question, then);
        };
        let data = &lists.data;
        let Some(tell) = question.reads else {
            let question = Question { data, ..*question };
            return Self::run(program, *entry, shared, scratch, &question, then);
        };
        lists.tell_reads(tell);
        let reads = |path: &[Term<'_>], found| {
            if !Lists::is_of_list(path) {
                tell(path, found);
            }
        };
        let question = Question { data, reads: Some(&reads), ..*question };
        Self::run(program, *entry, shared, scratch, &question, then)
    }

    pub(crate) fn run<R>(
        program: &Program,
        entry: FunctionId,
        shared: Option<&Shared>,
        scratch: &mut Scratch,
        question: &Question<'_>,
        then: impl FnOnce(Option<Term<'_>>) -> R,
    ) -> Result<R, EvalError> {
        scratch.bump.reset();
        let given = Given {
            input: question.input,
            data: question.data,
            facts: question.facts,
            patterns: &scratch.patterns,
            budget: question.budget,
            shared,
            depth: question.depth,
            strict_builtin_errors: question.strict_builtin_errors,
            reads: question.reads,
            print: question.print,
            cover: question.cover,
        };
        let value = vm::run(program, entry, &given, &scratch.bump)?;
        Ok(then(value))
    }

    /// What places in messages mean.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.program.sources
    }
}
