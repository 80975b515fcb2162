//! Binds references and comprehensions to variables ahead of the calls and values that use them:
//! `f(data.a, x)` becomes `l = data.a; f(l, x)`. What is undefined then makes the body fail, and
//! under a plain `not` makes the expression undefined rather than true.

use super::draft::{Body, Expr, Kind, Term, Value};
use super::names::{Name, Names};

/// Rewrites a body and the bodies within it.
pub(super) fn body(names: &mut Names, body: &mut Body) {
    let mut rewritten = Body::with_capacity(body.len());
    for mut expr in std::mem::take(body) {
        match &mut expr.kind {
            Kind::Call(terms) => {
                let unify =
                    matches!(terms.as_slice(), [operator, _, _] if operator.is_operator(Name::EQ));
                let whole = !unify && matches!(terms.first(), Some(o) if o.is_operator(Name::EQ));
                if !whole {
                    for term in terms.iter_mut().skip(1) {
                        let mut hoist = Hoist { names, with: &expr.with, out: &mut rewritten };
                        if unify { hoist.side(term) } else { hoist.one(term) }
                    }
                }
            }
            Kind::Every(every) => {
                Hoist { names, with: &expr.with, out: &mut rewritten }.one(&mut every.domain);
                self::body(names, &mut every.body);
            }
            Kind::Not(operand) => self::body(names, &mut operand.body),
            Kind::And(left, right) | Kind::Or(left, right) => {
                self::body(names, &mut left.body);
                self::body(names, &mut right.body);
            }
            Kind::Term(term) => {
                Hoist { names, with: &expr.with, out: &mut rewritten }.side(term);
            }
            Kind::Some(_) | Kind::SomeIn(_) => {}
        }
        rewritten.push(expr);
    }
    *body = rewritten;
}

/// `==` of rules is `=` from here on: it is true or it is nothing.
pub(super) fn equals(names: &mut Names, body: &mut Body) {
    let equal = names.intern(&sekisho_value::Str::new_static("equal"));
    super::walk::bodies_of_body(body, &mut |body| {
        for expr in body {
            if let Kind::Call(terms) = &mut expr.kind
                && let [operator, _, _] = terms.as_mut_slice()
                && operator.is_operator(equal)
            {
                *operator = Term::path(Name::EQ, [], operator.at);
            }
        }
    });
}

struct Hoist<'h> {
    names: &'h mut Names,
    with: &'h [super::draft::With],
    out: &'h mut Body,
}

impl Hoist<'_> {
    /// A side of `=`, or an expression that is a term: itself a reference or comprehension, it
    /// stays.
    fn side(&mut self, term: &mut Term) {
        match &mut term.value {
            Value::Ref(path) => path.iter_mut().skip(1).for_each(|part| self.one(part)),
            Value::ArrayOf(_, inner) | Value::SetOf(_, inner) | Value::ObjectOf(_, _, inner) => {
                body(self.names, inner);
            }
            _ => self.one(term),
        }
    }

    fn one(&mut self, term: &mut Term) {
        match &mut term.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            Value::Var(_) | Value::Call(_) | Value::Template(_) => {}
            Value::Ref(path) => {
                path.iter_mut().skip(1).for_each(|part| self.one(part));
                self.bind(term);
            }
            Value::Array(items) | Value::Set(items) => {
                items.iter_mut().for_each(|item| self.one(item));
            }
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.one(key);
                    self.one(value);
                }
            }
            Value::ArrayOf(_, inner) | Value::SetOf(_, inner) | Value::ObjectOf(_, _, inner) => {
                body(self.names, inner);
                self.bind(term);
            }
        }
    }

    fn bind(&mut self, term: &mut Term) {
        let at = term.at;
        let local = Term::var(self.names.generate(), at);
        let value = std::mem::replace(term, local.clone());
        let mut bound = Expr { generated: true, ..Expr::unify(local, value, at) };
        bound.with = self.with.to_vec();
        self.out.push(bound);
    }
}
