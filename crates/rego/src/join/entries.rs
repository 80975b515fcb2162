//! What base data holds, listed by a value.

use crate::builtins::Facts;
use crate::policies::{OnRead, Prepared, Question, Scratch};
use crate::program::{FunctionId, Program};
use crate::term::Term;
use sekisho_value::{Map, Number, Str, Value};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

/// The entries of a list.
#[derive(Debug)]
pub(super) struct Entries {
    /// by the text they are listed under; each begins with it
    pub(super) by: Map,
    /// what was read of base data to make it
    reads: BTreeSet<(Vec<Str>, bool)>,
}

/// More different reads than these are not worth being told.
const READS: usize = 1_000;

impl Entries {
    /// Lists what base data holds; none where that cannot be done, or costs more than an
    /// evaluation may.
    pub(super) fn of(
        (program, entry): &(Program, FunctionId),
        question: &Question<'_>,
    ) -> Option<Self> {
        let reads = RefCell::new(BTreeSet::new());
        let readable = RefCell::new(true);
        let note = |path: &[Term<'_>], found: bool| {
            let texts: Option<Vec<Str>> =
                path.iter().map(|key| key.as_str().map(Str::new)).collect();
            let mut reads = reads.borrow_mut();
            match texts.filter(|_| reads.len() < READS) {
                Some(texts) => {
                    reads.insert((texts, found));
                }
                None => {
                    readable.replace(false);
                }
            }
        };
        let budget = question.budget.renewed();
        let facts = Facts::default();
        let question = Question {
            input: None,
            facts: &facts,
            budget: &budget,
            strict_builtin_errors: false,
            reads: Some(&note),
            print: None,
            cover: None,
            ..*question
        };
        let listed = Prepared::run(program, *entry, None, &mut Scratch::default(), &question, list);
        let by = listed.ok().flatten()?;
        readable.into_inner().then(|| Self { by, reads: reads.into_inner() })
    }

    /// Tells what was read to make it, as if it was read again.
    pub(super) fn tell_reads(&self, tell: &OnRead<'_>) {
        for (path, found) in &self.reads {
            let path: Vec<Term<'_>> = path.iter().map(|key| Term::String(key)).collect();
            tell(&path, *found);
        }
    }
}

/// Results by their first item; none where that is no text.
fn list(found: Option<Term<'_>>) -> Option<Map> {
    let mut by: HashMap<&str, Vec<Value>> = HashMap::new();
    for result in found?.items() {
        let text = result.items().next()?.as_str()?;
        let kept: Option<Vec<Value>> = result.items().map(kept).collect();
        by.entry(text).or_default().push(Value::Array(kept?.into()));
    }
    Some(by.into_iter().collect())
}

/// A value to keep. What is part of base data is shared with it; what no JSON can say is none.
fn kept(term: Term<'_>) -> Option<Value> {
    Some(match term {
        Term::Null => Value::Null,
        Term::Bool(bool) => Value::Bool(bool),
        Term::Int(int) => Value::from(int),
        Term::Number(literal) => Value::Number(Number::from_literal(literal)?),
        Term::String(text) => Value::from(text),
        Term::JsonArray(items) => Value::Array((*items).into()),
        Term::JsonObject(map) => Value::Object(map.clone()),
        Term::Array(..) | Term::Object(..) | Term::Set(..) => return None,
    })
}

/// Lists, kept as long as the data they are made from is asked.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// the data that was asked last
    data: Map,
    lists: Lists,
}

#[derive(Debug, Default)]
enum Lists {
    /// it was asked once
    #[default]
    NotMade,
    BeingMade,
    /// none where that failed
    Made(Option<Arc<[Entries]>>),
}

impl Kept {
    /// The lists that are made from the data. They are made when it is asked for the second time,
    /// and not waited for.
    pub(super) fn of(
        &self,
        data: &Value,
        make: impl FnOnce() -> Option<Vec<Entries>>,
    ) -> Option<Arc<[Entries]>> {
        let data = data.as_object()?;
        let mut state = self.0.lock().ok()?;
        if !is_same(&state.data, data) {
            *state = State { data: data.clone(), lists: Lists::NotMade };
            return None;
        }
        match &state.lists {
            Lists::Made(lists) => return lists.clone(),
            Lists::BeingMade => return None,
            Lists::NotMade => state.lists = Lists::BeingMade,
        }
        drop(state);
        let made: Option<Arc<[Entries]>> = make().map(Into::into);
        let mut state = self.0.lock().ok()?;
        if is_same(&state.data, data) {
            state.lists = Lists::Made(made.clone());
        }
        made
    }
}

/// Whether it is the same data: objects that are shared, not only equal.
fn is_same(left: &Map, right: &Map) -> bool {
    let same = |(left, right): (&Value, &Value)| match (left, right) {
        (Value::Object(left), Value::Object(right)) => left.is_shared_with(right),
        _ => false,
    };
    let keys = left.keys().eq(right.keys());
    !left.is_empty() && keys && left.iter().zip(right.iter()).all(|(l, r)| same((l.1, r.1)))
}
