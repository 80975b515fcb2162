//! What generated variables stand for: messages show `[1, 2][i]`, not `__local0__[i]`.

use crate::analyze::draft::{Body, Expr, Term, Value};
use crate::analyze::names::{Name, Names};
use crate::analyze::walk::{self, Into, Node};
use crate::numbers::NumberMap;

/// No more variables than these within each other are replaced.
const MOST: usize = 8;

/// The parts of a reference, their generated variables replaced by what the body binds them to.
pub(super) fn replaced(names: &Names, body: &Body, path: &[Term]) -> Vec<Term> {
    let is_generated = |name: Name| names.is_generated(name) && names.original(name).is_none();
    let mut found = NumberMap::default();
    walk::body(body, &mut |node| {
        if let Node::Expr(expr) = node
            && expr.generated
        {
            found.extend(subject(expr).filter(|(name, _)| is_generated(*name)));
        }
        Into::Inside
    });
    path.iter().map(|part| replace(&found, part, MOST)).collect()
}

/// The variable that a generated expression binds, and what to.
fn subject(expr: &Expr) -> Option<(Name, Term)> {
    if let Some((left, right)) = expr.unified() {
        return Some((left.as_var()?, right.clone()));
    }
    let (operator, operands) = expr.call()?;
    let (out, operands) = operands.split_last()?;
    let call = std::iter::once(operator).chain(operands).cloned().collect();
    Some((out.as_var()?, Term::new(Value::Call(call), expr.at)))
}

fn replace(found: &NumberMap<Name, Term>, term: &Term, left: usize) -> Term {
    let Some(left) = left.checked_sub(1) else { return term.clone() };
    let each = |terms: &[Term]| terms.iter().map(|term| replace(found, term, left)).collect();
    let value = match &term.value {
        Value::Var(name) => match found.get(name) {
            Some(subject) => return replace(found, subject, left),
            None => return term.clone(),
        },
        Value::Ref(terms) => Value::Ref(each(terms)),
        Value::Call(terms) => Value::Call(each(terms)),
        Value::Array(terms) => Value::Array(each(terms)),
        Value::Set(terms) => Value::Set(each(terms)),
        Value::Object(entries) => Value::Object(
            entries
                .iter()
                .map(|(key, value)| (replace(found, key, left), replace(found, value, left)))
                .collect(),
        ),
        _ => return term.clone(),
    };
    Term::new(value, term.at)
}
