//! Looking up in base data what would be found by going through it.
//!
//! ```rego
//! host := input.host
//! other := data.ingresses[_]
//! other.host == host
//! ```
//! goes through all ingresses for each input: over all of them, that is quadratic. Where the same
//! data is asked again and again, its entries are listed once by what they are compared with
//! (`other.host`), and the expressions become one look-up. Its results are those of going through:
//! what the list is made by depends on base data alone ([`find`] is careful), and where making it
//! fails, or costs too much, everything stays as it is written.

mod entries;
mod find;

use crate::hir::{Clause, Constant, Expr, ExprKind, Hir, Operand, Query, Ref, Root, Rule, Var};
use crate::plan::{Mode, Start, plan};
use crate::policies::{OnRead, Question};
use crate::program::{FunctionId, Program};
use crate::term::Term;
use entries::{Entries, Kept};
use find::{Finder, Join};
use sekisho_value::{Map, Str, Value};
use std::sync::Arc;

/// Where lists stand among base data. No policy can be asked to read it: who reads all of `data`
/// is given no lists.
const LISTS: &str = "look up";

/// Policies whose rules look up what they would go through.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) hir: Hir,
    /// what gives the entries of each list
    lists: Vec<(Program, FunctionId)>,
    kept: Kept,
}

/// So many bodies of some policies look up, at most.
const MOST: usize = 64;

impl Joined {
    /// The policies, where something in them can be looked up.
    pub(crate) fn of(hir: &Hir) -> Option<Self> {
        let finder = Finder::new(hir)?;
        let mut lists = Vec::new();
        let mut rules = Vec::new();
        for rule in &hir.rules {
            let mut clauses = Vec::new();
            for clause in &rule.clauses {
                let found = finder.join(rule, clause).filter(|_| lists.len() < MOST);
                clauses.push(match found {
                    None => clause.clone(),
                    Some(join) => {
                        let query = query_of(&join, rule, clause)?;
                        let starts = [Start::Query(&query)];
                        let (program, entries) = plan(hir, &starts, Mode::Folded(None)).ok()?;
                        let body = looked_up(&join, lists.len(), rule, clause)?;
                        lists.push((program, entries.first().copied()?));
                        Clause { body, ..clause.clone() }
                    }
                });
            }
            let rule = Rule { clauses, variables: variables(rule), ..Rule::clone(rule) };
            rules.push(Arc::new(rule));
        }
        let hir = Hir { rules, ..hir.clone() };
        (!lists.is_empty()).then(|| Self { hir, lists, kept: Kept::default() })
    }

    /// The data with all lists beside it, once the same data has been asked before.
    pub(crate) fn lists(&self, question: &Question<'_>) -> Option<Lists> {
        let make = || self.lists.iter().map(|list| Entries::of(list, question)).collect();
        let entries = self.kept.of(question.data, make)?;
        let mut data = question.data.as_object()?.clone();
        let lists = entries.iter().enumerate();
        let lists = Map::from_iter(lists.map(|(at, list)| (at.to_string(), list.by.clone())));
        data.insert(LISTS, lists);
        Some(Lists { data: Value::Object(data), entries })
    }
}

/// Base data, and lists of what it holds.
pub(crate) struct Lists {
    pub(crate) data: Value,
    entries: Arc<[Entries]>,
}

impl Lists {
    /// Tells what was read to make the lists, as if it was read again.
    pub(crate) fn tell_reads(&self, tell: &OnRead<'_>) {
        self.entries.iter().for_each(|list| list.tell_reads(tell));
    }

    /// Whether a read is one of the lists, and not of the data.
    pub(crate) fn is_of_list(path: &[Term<'_>]) -> bool {
        path.first().and_then(|key| key.as_str()) == Some(LISTS)
    }
}

/// A variable that is new to the rule, by its number among the new ones.
fn new_var(rule: &Rule, number: usize) -> Option<Var> {
    Some(Var(u32::try_from(rule.variables.len().checked_add(number)?).ok()?))
}

const NEW_VARS: [&str; 4] = ["by", "key", "at", "entry"];

fn variables(rule: &Rule) -> Vec<Str> {
    rule.variables.iter().cloned().chain(NEW_VARS.map(Str::from)).collect()
}

fn unify(left: Operand, right: Operand, clause: &Clause) -> Expr {
    Expr { kind: ExprKind::Unify(left, right), with: Vec::new(), location: clause.location }
}

/// What gives the entries: the value by which they are listed, and the variables they bind.
fn query_of(join: &Join<'_>, rule: &Rule, clause: &Clause) -> Option<Query> {
    let by = new_var(rule, 0)?;
    let results = [by].into_iter().chain(join.binds.iter().copied()).collect();
    let compared = unify(Operand::Var(by), join.by.clone(), clause);
    let body = join.entries.iter().copied().cloned().chain([compared]).collect();
    Some(Query { body, results, variables: variables(rule), location: clause.location })
}

/// The body with the look-up in the place of what it stands for:
/// `key = …; entry = data["look up"]["0"][key][at]; entry = [key, …]`.
fn looked_up(join: &Join<'_>, list: usize, rule: &Rule, clause: &Clause) -> Option<Vec<Expr>> {
    let [key, at, entry] = [new_var(rule, 1)?, new_var(rule, 2)?, new_var(rule, 3)?];
    let text = |text: &str| Operand::Const(Constant::String(text.into()));
    let path = vec![text(LISTS), text(&list.to_string()), Operand::Var(key), Operand::Var(at)];
    let of_list = Ref { root: Root::Data, path, location: clause.location };
    // A number finds what its text finds in base data: so the key is compared, too.
    let bound = [key].into_iter().chain(join.binds.iter().copied()).map(Operand::Var).collect();
    let look_up = [
        unify(Operand::Var(key), join.key.clone(), clause),
        unify(Operand::Var(entry), Operand::Ref(Box::new(of_list)), clause),
        unify(Operand::Var(entry), Operand::Array(bound), clause),
    ];
    let rest = join.rest.iter().copied().cloned();
    Some(join.before.iter().cloned().chain(look_up).chain(rest).collect())
}

/// The rules of a path.
fn rules_at<'h>(hir: &'h Hir, path: &[Str]) -> impl Iterator<Item = &'h Rule> {
    hir.rules.iter().map(Arc::as_ref).filter(move |rule| rule.path == path)
}
