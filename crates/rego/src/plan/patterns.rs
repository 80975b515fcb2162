//! Patterns that are constants are read when the program is made.
//!
//! A pattern that cannot be read is left to the evaluation, which says what becomes of it.

use super::Planner;
use crate::builtins::{Builtin, Context, Facts, Patterns, prepare_patterns};
use crate::program::{From, Reg, Src};
use crate::term::{Arena, Term};
use bumpalo::Bump;
use sekisho_budget::Budget;
use sekisho_value::{Str, Value};
use std::sync::Arc;

/// What the patterns of a program may cost.
const STEPS: u64 = 1_000_000;
const MEMORY: u64 = 64 << 20;
/// Patterns in one place: more are left to the evaluation.
const MOST: usize = 1_000;

/// An argument of a function that takes a pattern.
#[derive(Clone, Copy)]
enum Takes {
    Pattern,
    Text,
    Number,
}

/// What is compiled for one program.
pub(super) struct Compiling {
    pub(super) patterns: Patterns,
    budget: Budget<'static>,
}

impl Default for Compiling {
    fn default() -> Self {
        Self { patterns: Patterns::of_program(), budget: Budget::new(STEPS, MEMORY, None) }
    }
}

fn takes(name: &str) -> Option<&'static [Takes]> {
    use Takes::{Number, Pattern, Text};
    Some(match name {
        "regex.match" | "re_match" | "regex.split" => &[Pattern, Text],
        "regex.find_n" | "regex.find_all_string_submatch_n" => &[Pattern, Text, Number],
        "regex.replace" => &[Text, Pattern, Text],
        "regex.template_match" => &[Pattern, Text, Pattern, Pattern],
        "glob.match" => &[Pattern, Pattern, Text],
        _ => return None,
    })
}

impl Planner<'_> {
    /// Compiles the patterns of a call, where they are constants.
    pub(super) fn compile_patterns(&mut self, builtin: &Builtin, args: &[Src]) {
        let Some(takes) = takes(builtin.name) else { return };
        let mut calls = vec![Vec::new()];
        for (takes, arg) in takes.iter().zip(args) {
            let values: Arc<[Value]> = match takes {
                Takes::Pattern => self.constants_of(*arg),
                Takes::Text => Arc::new([Value::from("")]),
                Takes::Number => Arc::new([Value::from(0)]),
            };
            if calls.len().saturating_mul(values.len()) > MOST {
                return;
            }
            let longer = |call: &Vec<Value>| -> Vec<Vec<Value>> {
                let with = |value: &Value| [call.as_slice(), std::slice::from_ref(value)].concat();
                values.iter().map(with).collect()
            };
            calls = calls.iter().flat_map(longer).collect();
        }
        let Compiling { patterns, budget } = &self.compiling;
        let facts = Facts::default();
        for call in calls {
            let bump = Bump::new();
            let arena = Arena::new(&bump, budget);
            let terms: Vec<Term<'_>> = call.iter().map(Term::borrowed).collect();
            let mut context = Context { arena, facts: &facts, made: patterns, patterns };
            // What is no pattern is for the evaluation to say.
            drop(prepare_patterns(builtin, &mut context, &terms));
        }
    }

    /// The constants of which a source is one.
    fn constants_of(&self, src: Src) -> Arc<[Value]> {
        match src.read() {
            From::Const(index) => match self.program.constants.get(index) {
                Some(crate::program::Constant::Json(value)) => Arc::new([value.clone()]),
                _ => Arc::default(),
            },
            From::Reg(reg) => {
                let reg = Reg::try_from(reg).ok();
                reg.and_then(|reg| self.e.one_of.get(&reg)).cloned().unwrap_or_default()
            }
        }
    }

    /// Notes that a register has what stands at a path of something that is one of some constants.
    pub(super) fn note_one_of(&mut self, from: Src, path: &[Str], dst: Reg) {
        let at = |value: &Value| path.iter().try_fold(value, |at, key| at.get(key)).cloned();
        let values: Arc<[Value]> = self.constants_of(from).iter().filter_map(at).collect();
        if !values.is_empty() {
            self.e.one_of.insert(dst, values);
        }
    }
}
