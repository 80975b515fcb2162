//! Gives variables the types of what they are unified with.

use super::check::{Checker, constant_field};
use super::ty::{ArrayTy, ObjectTy, Ty};
use crate::analyze::draft::{Term, Value};

impl Checker<'_> {
    /// Whether two terms may be equal; their variables take the types that this gives them.
    pub(super) fn unify(&mut self, left: &Term, a: &Ty, right: &Term, b: &Ty) -> bool {
        match (a.is_open(), b.is_open()) {
            (true, false) => return self.infer(left, b, false),
            (false, true) => return self.infer(right, a, false),
            (false, false) => return a.unifies(b),
            (true, true) => {}
        }
        match (&left.value, &right.value) {
            (Value::Array(x), Value::Array(y)) => {
                return x.len() == y.len()
                    && x.iter().zip(y).all(|(x, y)| {
                        let (a, b) = (self.term(x), self.term(y));
                        self.unify(x, &a, y, &b)
                    });
            }
            (Value::Object(x), Value::Object(y)) => {
                return x.len() == y.len()
                    && x.iter().all(|(key, x)| {
                        let same = crate::analyze::same::terms;
                        y.iter().find(|(other, _)| same(key, other)).is_some_and(|(_, y)| {
                            let (a, b) = (self.term(x), self.term(y));
                            self.unify(x, &a, y, &b)
                        })
                    });
            }
            (Value::Array(_) | Value::Object(_) | Value::Var(_), Value::Var(_)) => {
                return self.infer(left, &Ty::any(), false) && {
                    let known = self.term(left);
                    self.infer(right, &known, false)
                };
            }
            (Value::Var(_), Value::Array(_) | Value::Object(_)) => {
                return self.infer(right, &Ty::any(), false) && {
                    let known = self.term(right);
                    self.infer(left, &known, false)
                };
            }
            _ => {}
        }
        // A variable takes what is known of the other side.
        if let (Value::Var(name), Ty::Unknown) = (&left.value, a)
            && *b != Ty::Unknown
        {
            self.set_var(*name, b.clone());
            return true;
        }
        if let (Value::Var(name), Ty::Unknown) = (&right.value, b)
            && *a != Ty::Unknown
        {
            self.set_var(*name, a.clone());
            return true;
        }
        false
    }

    /// Whether a term may be of a type; its variables take the types that this gives them. With
    /// `either` the type is one of several.
    pub(super) fn infer(&mut self, term: &Term, ty: &Ty, either: bool) -> bool {
        match &term.value {
            Value::Array(items) => match ty {
                Ty::Array(array) => self.infer_array(items, array, either),
                Ty::Any(of) if of.is_empty() => {
                    for item in items {
                        self.infer(item, ty, true);
                    }
                    true
                }
                Ty::Any(of) => self.infer_one_of(term, of),
                _ => false,
            },
            Value::Object(entries) => match ty {
                Ty::Object(object) => self.infer_object(entries, object, either),
                Ty::Any(of) if of.is_empty() => {
                    for (key, value) in entries {
                        self.infer(key, ty, true);
                        self.infer(value, ty, true);
                    }
                    true
                }
                Ty::Any(of) => self.infer_one_of(term, of),
                _ => false,
            },
            Value::Set(items) => match ty {
                Ty::Set(_) => {
                    let of = ty.values();
                    items.iter().all(|item| self.infer(item, &of, either))
                }
                Ty::Any(of) if of.is_empty() => {
                    for item in items {
                        self.infer(item, ty, true);
                    }
                    true
                }
                Ty::Any(of) => self.infer_one_of(term, of),
                _ => false,
            },
            Value::Var(name) => {
                let known = self.var(*name);
                if either {
                    self.set_var(*name, known.or(ty.clone()));
                    return true;
                }
                if known != Ty::Unknown {
                    return known.unifies(ty);
                }
                self.set_var(*name, ty.clone());
                true
            }
            _ => self.term(term).unifies(ty),
        }
    }

    fn infer_one_of(&mut self, term: &Term, of: &[Ty]) -> bool {
        let mut fits = false;
        for ty in of {
            fits = self.infer(term, ty, true) || fits;
        }
        fits
    }

    fn infer_array(&mut self, items: &[Term], ty: &ArrayTy, either: bool) -> bool {
        if items.len() != ty.items.len() && ty.rest.is_none() {
            return false;
        }
        items.iter().enumerate().all(|(at, item)| {
            let ty = ty.select(at);
            ty != Ty::Unknown && self.infer(item, &ty, either)
        })
    }

    fn infer_object(&mut self, entries: &[(Term, Term)], ty: &ObjectTy, either: bool) -> bool {
        if entries.len() != ty.properties.len() && ty.rest.is_none() {
            return false;
        }
        entries.iter().all(|(key, value)| match constant_field(key) {
            Some(field) => {
                let child = ty.select(&field);
                child != Ty::Unknown && self.infer(value, &child, either)
            }
            None if key.value.is_constant() => true,
            None => {
                self.infer(value, &Ty::any(), either);
                true
            }
        })
    }
}
