//! Tests of a text against a constant list by one built-in: made into one look-up when the program
//! is made.

use super::Planner;
use super::formula::Formula;
use crate::builtins::Builtin;
use crate::program::{Op, Reg, Src};
use sekisho_value::{Str, Value};

/// A shorter list is gone through as quickly.
const FEW: usize = 4;

impl Planner<'_> {
    /// Where the built-in tests its first argument against a constant list of texts: looks it up,
    /// and goes on at `done`. What is no text is left to the built-in that follows.
    pub(super) fn matcher(&mut self, builtin: &Builtin, args: &[Src], dst: Reg, done: u32) {
        let [src, list] = args else { return };
        let make: fn(Vec<Str>) -> Formula = match builtin.name {
            "strings.any_prefix_match" => Formula::prefix,
            "strings.any_suffix_match" => Formula::suffix,
            "internal.member_2" => Formula::member,
            _ => return,
        };
        let Some(Value::Array(items)) = self.known_value(*list) else { return };
        if items.len() < FEW {
            return;
        }
        if let Some(texts) = texts_of(items) {
            self.matches(*src, make(texts), dst, done);
        }
    }

    /// Where a value is a text: whether it is what the formula says, and goes on at `done`.
    pub(super) fn matches(&mut self, src: Src, formula: Formula, dst: Reg, done: u32) {
        let Ok(matcher) = u16::try_from(self.program.matchers.len()) else { return };
        self.program.matchers.push(formula.matcher());
        self.e.emit(Op::Matches { src, matcher, dst, done });
    }
}

/// A list of texts.
pub(super) fn texts_of(items: &[Value]) -> Option<Vec<Str>> {
    let text = |item: &Value| match item {
        Value::String(text) => Some(text.clone()),
        _ => None,
    };
    items.iter().map(text).collect()
}
