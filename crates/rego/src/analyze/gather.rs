//! Rules that stand below a partial document belong to it: beside `h[x] := 1` the rule
//! `h.a contains 2` defines an entry of `h`, which is there only where it has a member.

use crate::hir::{Constant, Operand, Rule, RuleKind};
use sekisho_value::Str;
use std::collections::HashSet;

/// Moves such rules to the path of the partial document.
pub(super) fn gather(rules: &mut [Rule]) {
    let partial: HashSet<Vec<Str>> = rules
        .iter()
        .filter(|rule| rule.kind != RuleKind::Function && !rule.rest.is_empty())
        .map(|rule| rule.path.clone())
        .collect();
    for rule in rules {
        // Branches and defaults are tried one after the other, as of a rule of its own.
        let alone = rule.kind == RuleKind::Function || rule.default || rule.clauses.len() > 1;
        let Some(above) = (1..rule.path.len())
            .find(|len| rule.path.get(..*len).is_some_and(|path| partial.contains(path)))
        else {
            continue;
        };
        if !alone {
            let below = rule.path.split_off(above);
            let keys = below.into_iter().map(|key| Operand::Const(Constant::String(key)));
            rule.rest = keys.chain(std::mem::take(&mut rule.rest)).collect();
        }
    }
}
