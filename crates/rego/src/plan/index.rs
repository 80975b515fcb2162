//! Which rules of a group can hold, told by what they test first.
//!
//! Of rules that begin by testing one place in the input, or one of their parameters, for
//! constants, only those are tried that fit what stands there. A test counts only behind
//! expressions that nobody can notice: that read the input, bind and compare. So a rule that is
//! passed over would have failed at its test, and with nothing else to tell.

use super::Planner;
use super::fold::KnownInput;
use super::special::{Argument, Branches};
use crate::hir::{Body, Callee, Clause, Constant, Expr, ExprKind, Operand, Ref, Root, Rule, Var};
use crate::numbers::NumberMap;
use crate::program::{Index, Key, Label, Op, Reg};
use sekisho_value::{List, Str, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Fewer rules are asked one after the other.
const FEW: usize = 4;
/// A test for more constants than this tells little.
const MANY: usize = 64;
/// Keys of all rules: more are not worth their memory.
const MOST_KEYS: usize = 100_000;

/// What is tested: what stands at a path of the input or of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    Input(Vec<Str>),
    Param(usize, Vec<Str>),
}

/// For which constants the branches of a rule test a subject.
type Tests = BTreeMap<Subject, BTreeSet<Key>>;

/// What a variable of a body stands for.
#[derive(Clone)]
enum Meaning {
    Subject(Subject),
    /// a constant
    Key(Key),
    /// a constant set or list
    Members(BTreeSet<Key>),
    Other,
}

/// The subject that tells most, and what each rule tests it for; none where it does not.
pub(super) struct Chosen {
    subject: Subject,
    keys: Vec<Option<BTreeSet<Key>>>,
}

impl<'h> Planner<'h> {
    /// The index of some rules, where there is one that helps.
    pub(super) fn index(&mut self, rules: &[Branches<'h>], args: &[Argument]) -> Option<Chosen> {
        if rules.len() < FEW {
            return None;
        }
        let mut tests: Vec<Tests> = rules.iter().map(|branches| self.tests(branches)).collect();
        let mut subjects: BTreeMap<&Subject, (usize, BTreeSet<&Key>)> = BTreeMap::new();
        for (subject, keys) in tests.iter().flatten() {
            let (count, distinct) = subjects.entry(subject).or_default();
            *count += 1;
            distinct.extend(keys);
        }
        // How many rules are left to be tried, about.
        let left = |(tested, distinct): &(usize, BTreeSet<&Key>)| {
            rules.len() - tested + tested.div_ceil(distinct.len().max(1))
        };
        let mut best: Vec<(usize, Subject)> = subjects
            .iter()
            .map(|(subject, tested)| (left(tested), (*subject).clone()))
            .filter(|(left, _)| *left <= rules.len() / 2)
            .collect();
        best.sort();
        let (_, subject) = best.into_iter().find(|(_, subject)| self.is_open(subject, args))?;
        let keys: Vec<_> = tests.iter_mut().map(|tests| tests.remove(&subject)).collect();
        let count: usize = keys.iter().flatten().map(BTreeSet::len).sum();
        (count <= MOST_KEYS).then_some(Chosen { subject, keys })
    }

    /// Whether a subject is not known already.
    fn is_open(&mut self, subject: &Subject, args: &[Argument]) -> bool {
        match subject {
            Subject::Input(path) => matches!(self.known_input(path), KnownInput::Nothing),
            Subject::Param(at, _) => !matches!(args.get(*at), Some(Argument::Constant(_))),
        }
    }

    /// Writes rules so that those are tried that can hold, in their order.
    pub(super) fn in_turn(
        &mut self,
        chosen: Option<Chosen>,
        args: &[Argument],
        count: usize,
        mut rule: impl FnMut(&mut Self, usize),
    ) {
        let Some(Chosen { subject, keys }) = chosen else {
            (0..count).for_each(|at| rule(self, at));
            return;
        };
        let (state, src) = (self.e.run(3), self.e.register());
        self.subject(&subject, args, src);
        let labels: Vec<Label> = keys.iter().map(|_| self.e.label()).collect();
        let end = self.e.label();
        let index = u32::try_from(self.e.indexes.len()).unwrap_or(u32::MAX);
        self.e.emit(Op::Candidates { state, src, index });
        labels.iter().for_each(|label| self.e.goes_to(*label));
        self.e.emit(Op::Candidate { state, index, end });
        self.e.indexes.push(index_of(keys, &labels));
        for (at, label) in labels.into_iter().enumerate() {
            self.e.place(label);
            rule(self, at);
            self.e.emit(Op::Candidate { state, index, end });
        }
        self.e.place(end);
    }

    /// Puts a subject into a register; where there is nothing, a value that is no key.
    fn subject(&mut self, subject: &Subject, args: &[Argument], dst: Reg) {
        let (absent, ready) = (self.e.label(), self.e.label());
        let scope = self.e.open(absent);
        let src = match subject {
            Subject::Input(path) => self.input_register(path.clone(), false),
            Subject::Param(at, path) => {
                let param = self.parameter(*at, args);
                let path: Vec<Operand> =
                    path.iter().map(|key| Operand::Const(Constant::String(key.clone()))).collect();
                self.within(param, &path)
            }
        };
        self.e.emit(Op::Move { dst, src });
        self.e.emit(Op::Jump { to: ready });
        self.e.close(scope);
        self.e.place(absent);
        let nothing = self.json(Value::Array(List::new()));
        self.e.emit(Op::Move { dst, src: nothing });
        self.e.place(ready);
    }

    /// What each of the branches of a rule tests.
    fn tests(&self, branches: &Branches<'h>) -> Tests {
        let mut clauses = branches.clauses.iter();
        let Some(first) = clauses.next() else { return Tests::new() };
        let mut tests = self.tests_of(branches.rule, first);
        for clause in clauses {
            let mut others = self.tests_of(branches.rule, clause);
            tests.retain(|subject, keys| match others.get_mut(subject) {
                Some(more) => {
                    keys.append(more);
                    true
                }
                None => false,
            });
        }
        tests.retain(|_, keys| keys.len() <= MANY);
        tests
    }

    fn tests_of(&self, rule: &Rule, clause: &Clause) -> Tests {
        let mut reading = Reading { meanings: NumberMap::default(), tests: Tests::new() };
        for (at, param) in rule.params.iter().enumerate() {
            reading.equal(Meaning::Subject(Subject::Param(at, Vec::new())), param);
        }
        for expr in &clause.body {
            if !self.read(expr, &mut reading) {
                break;
            }
        }
        reading.tests
    }

    /// Notes what an expression tests; gives whether nobody could notice that it is evaluated.
    fn read(&self, expr: &Expr, reading: &mut Reading) -> bool {
        if !expr.with.is_empty() {
            return false;
        }
        match &expr.kind {
            ExprKind::Unify(left, right) => {
                let quiet = is_quiet(left) && is_quiet(right);
                if quiet {
                    reading.unify(left, right);
                }
                quiet
            }
            ExprKind::Test(operand) => {
                let quiet = is_quiet(operand);
                if quiet {
                    reading.look_up(operand);
                }
                quiet
            }
            ExprKind::Call { callee: Callee::Builtin(builtin), args, out } => {
                let mocked = self.mocks.contains_key(&super::Name::Builtin(builtin.name));
                let holds = matches!(out, None | Some(Operand::Const(Constant::Bool(true))));
                if mocked || !holds || !args.iter().all(is_quiet) {
                    return false;
                }
                match (builtin.name, args.as_slice()) {
                    ("equal" | "eq", [left, right]) => reading.unify(left, right),
                    ("internal.member_2", [member, of]) => reading.member(member, of),
                    ("neq" | "lt" | "lte" | "gt" | "gte", _) => {}
                    _ => return false,
                }
                true
            }
            ExprKind::Not(body) => self.is_quiet_body(body),
            ExprKind::Call { .. } | ExprKind::Every { .. } | ExprKind::Print(_) => false,
        }
    }

    /// The recursion is as deep as `not` is nested in what analysis gives: once.
    fn is_quiet_body(&self, body: &Body) -> bool {
        let mut inner = Reading { meanings: NumberMap::default(), tests: Tests::new() };
        body.iter().all(|expr| self.read(expr, &mut inner))
    }
}

/// Whether nobody can notice that an operand is evaluated: it reads the input and variables.
fn is_quiet(operand: &Operand) -> bool {
    match operand {
        Operand::Const(_) | Operand::Var(_) => true,
        Operand::Ref(reference) => {
            reference.root != Root::Data && reference.path.iter().all(is_quiet)
        }
        Operand::Array(items) => items.iter().all(is_quiet),
        Operand::Set(_) | Operand::Object(_) | Operand::Comprehension(_) => false,
    }
}

/// A body as far as it was read.
struct Reading {
    meanings: NumberMap<Var, Meaning>,
    tests: Tests,
}

impl Reading {
    fn unify(&mut self, left: &Operand, right: &Operand) {
        let meaning = self.meaning(left);
        match meaning {
            Some(meaning) => self.equal(meaning, right),
            None => {
                if let Some(meaning) = self.meaning(right) {
                    self.equal(meaning, left);
                }
            }
        }
    }

    /// Something that has a meaning is equal to an operand.
    fn equal(&mut self, meaning: Meaning, operand: &Operand) {
        match (meaning, self.meaning(operand)) {
            (meaning, None) => {
                if let Operand::Var(var) = operand {
                    self.meanings.insert(*var, meaning);
                }
            }
            (Meaning::Subject(subject), Some(Meaning::Key(key)))
            | (Meaning::Key(key), Some(Meaning::Subject(subject))) => {
                self.note(subject, BTreeSet::from([key]));
            }
            _ => {}
        }
    }

    /// `{"a", "b"}[input.x]`
    fn look_up(&mut self, operand: &Operand) {
        let Operand::Ref(reference) = operand else { return };
        let (Root::Var(var), [key]) = (reference.root, reference.path.as_slice()) else { return };
        let Some(Meaning::Members(members)) = self.meanings.get(&var).cloned() else { return };
        if let Some(Meaning::Subject(subject)) = self.meaning(key) {
            self.note(subject, members);
        }
    }

    /// `input.x in {"a", "b"}`
    fn member(&mut self, member: &Operand, of: &Operand) {
        let members = match of {
            Operand::Const(Constant::Array(items)) => items.iter().map(key).collect(),
            _ => match self.meaning(of) {
                Some(Meaning::Members(members)) => Some(members),
                _ => None,
            },
        };
        if let (Some(Meaning::Subject(subject)), Some(members)) = (self.meaning(member), members) {
            self.note(subject, members);
        }
    }

    fn note(&mut self, subject: Subject, keys: BTreeSet<Key>) {
        // Of two tests of one subject the first says enough.
        self.tests.entry(subject).or_insert(keys);
    }

    /// What an operand means; none where it is a variable without a value.
    fn meaning(&self, operand: &Operand) -> Option<Meaning> {
        Some(match operand {
            Operand::Const(Constant::Set(items)) => items
                .iter()
                .map(key)
                .collect::<Option<_>>()
                .map_or(Meaning::Other, Meaning::Members),
            Operand::Const(constant) => key(constant).map_or(Meaning::Other, Meaning::Key),
            Operand::Var(var) => self.meanings.get(var)?.clone(),
            Operand::Ref(reference) => {
                self.subject(reference).map_or(Meaning::Other, Meaning::Subject)
            }
            _ => Meaning::Other,
        })
    }

    fn subject(&self, reference: &Ref) -> Option<Subject> {
        let keys: Option<Vec<Str>> =
            reference.path.iter().map(|operand| Planner::text(operand).cloned()).collect();
        let keys = keys?;
        match reference.root {
            Root::Input => Some(Subject::Input(keys)),
            Root::Data => None,
            Root::Var(var) => match self.meanings.get(&var)? {
                Meaning::Subject(Subject::Input(path)) => {
                    Some(Subject::Input([path.as_slice(), &keys].concat()))
                }
                Meaning::Subject(Subject::Param(at, path)) => {
                    Some(Subject::Param(*at, [path.as_slice(), &keys].concat()))
                }
                _ => None,
            },
        }
    }
}

/// A constant that has one form only.
fn key(constant: &Constant) -> Option<Key> {
    Some(match constant {
        Constant::Null => Key::Null,
        Constant::Bool(bool) => Key::Bool(*bool),
        Constant::String(text) => Key::Text(text.clone()),
        Constant::Number(literal) => {
            let int: i64 = literal.parse().ok()?;
            (int.to_string() == literal.as_str()).then_some(Key::Int(int))?
        }
        Constant::Array(_) | Constant::Object(_) | Constant::Set(_) => return None,
    })
}

fn index_of(keys: Vec<Option<BTreeSet<Key>>>, labels: &[Label]) -> Index {
    let mut by_key: BTreeMap<Key, Vec<u32>> = BTreeMap::new();
    let mut rest = Vec::new();
    for (at, keys) in (0_u32..).zip(keys) {
        match keys {
            Some(keys) => {
                for key in keys {
                    by_key.entry(key).or_default().push(at);
                }
            }
            None => rest.push(at),
        }
    }
    Index { keys: by_key.into_iter().collect(), rest, labels: labels.to_vec() }
}
