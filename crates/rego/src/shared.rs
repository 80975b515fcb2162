//! Values that several programs compute alike of one input.
//!
//! Policies are written with libraries: many of them ask the same rules about an object. Such a rule
//! is evaluated by the first, and the others have its value.

use crate::term::Term;
use sekisho_value::{Key, Map, Number, Value};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

/// So many values are kept of one input.
const MOST: usize = 16;
/// Larger ones are not: they would have to be copied.
const LARGEST: usize = 1_000;

/// What rules give that depend on one input and on nothing else: for the programs that one thread
/// evaluates with that input.
#[derive(Debug, Default)]
pub struct Shared([OnceCell<(Alike, Kept)>; MOST]);

/// The value of a rule.
#[derive(Debug)]
pub(crate) enum Kept {
    Undefined,
    Json(Value),
    /// a set of these, in their order
    Set(Vec<Value>),
}

impl Shared {
    pub(crate) fn get(&self, rule: &Alike) -> Option<&Kept> {
        let kept = self.0.iter().map_while(OnceCell::get);
        kept.filter(|(of, _)| of.is(rule)).map(|(_, kept)| kept).next()
    }

    /// Keeps a value where others may ask for it, and there is room.
    pub(crate) fn keep(&self, rule: &Alike, value: Option<Term<'_>>) {
        if rule.is_of_several()
            && let Some(free) = self.0.iter().find(|slot| slot.get().is_none())
            && let Some(kept) = Kept::of(value)
        {
            free.get_or_init(|| (rule.clone(), kept));
        }
    }
}

impl Kept {
    /// None where it is large, or holds what JSON has not.
    fn of(value: Option<Term<'_>>) -> Option<Self> {
        let mut left = LARGEST;
        Some(match value {
            None => Self::Undefined,
            Some(Term::Set(members, _)) => {
                let members = members.iter().map(|member| json(*member, &mut left));
                Self::Set(members.collect::<Option<_>>()?)
            }
            Some(value) => Self::Json(json(value, &mut left)?),
        })
    }
}

/// The same value, for any evaluation. The recursion is as deep as values nest.
fn json(term: Term<'_>, left: &mut usize) -> Option<Value> {
    *left = left.checked_sub(1)?;
    Some(match term {
        Term::Null => Value::Null,
        Term::Bool(bool) => Value::Bool(bool),
        Term::Int(int) => Value::from(int),
        Term::Number(literal) => Value::Number(Number::from_literal(literal)?),
        Term::String(text) => {
            *left = left.checked_sub(text.len() / 64)?;
            Value::from(text)
        }
        Term::Array(..) | Term::JsonArray(_) => {
            let items: Option<Vec<Value>> = term.items().map(|item| json(item, left)).collect();
            Value::Array(items?.into())
        }
        Term::JsonObject(map) => Value::Object(map.clone()),
        Term::Object(entries, _) => {
            let mut map = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                map.push((Key::from(key.as_str()?), json(*value, left)?));
            }
            Value::Object(Map::from_entries(map).ok()?)
        }
        Term::Set(..) => return None,
    })
}

/// Of a function's code.
pub(crate) type Digest = (u64, u64);

/// What functions have in common, of whatever programs, that give the same for the same input.
#[derive(Clone, Debug)]
pub(crate) struct Alike(Arc<()>);

impl Alike {
    /// Of functions whose code has this digest.
    pub(crate) fn of(digest: Digest) -> Self {
        static KNOWN: LazyLock<Mutex<HashMap<Digest, Weak<()>>>> = LazyLock::new(Mutex::default);
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(alike) = known.get(&digest).and_then(Weak::upgrade) {
            return Self(alike);
        }
        // Those of programs that are gone, now and then.
        if known.len().is_power_of_two() {
            known.retain(|_, alike| alike.strong_count() > 0);
        }
        let alike = Arc::default();
        known.insert(digest, Arc::downgrade(&alike));
        Self(alike)
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn is_of_several(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}
