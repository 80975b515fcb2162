//! Checks references: that each part can be looked up in what stands before it.

use super::check::{Checker, constant_field, constant_key};
use super::message::{self, Fault};
use super::tree::field;
use super::ty::{Field, Ty};
use crate::analyze::draft::{Term, Value};
use crate::analyze::names::Name;

impl Checker<'_> {
    /// Checks a reference; what its variables are looked up in gives them types.
    pub(super) fn check_reference(&mut self, path: &[Term]) {
        let Some(head) = path.first() else { return };
        let ty = self.reference(path);
        if ty.as_function().is_some() {
            let shown = message::reference(self.names, &self.written(path));
            let why = format!("function {shown} used as reference, not called");
            self.faults.push(Fault::new(head.at, why));
            return;
        }
        let found = match head.as_var() {
            Some(Name::DATA) if !self.replaced => self.data_reference(path),
            Some(Name::INPUT) if !self.replaced => self.leaf(&self.documents.input(), path, 1),
            Some(name) if name.is_root() => self.leaf(&Ty::any(), path, 1),
            Some(name) => {
                // A variable without a known type may be anything.
                if self.term(head) == Ty::Unknown {
                    self.set_var(name, Ty::any());
                }
                let ty = self.term(head);
                self.leaf(&ty, path, 1)
            }
            None => return,
        };
        if let Err(fault) = found {
            self.faults.push(fault);
        }
    }

    fn data_reference(&mut self, path: &[Term]) -> Result<(), Fault> {
        let below = path.get(1..).unwrap_or_default();
        if let Some((ty, parts)) = self.documents.data(below) {
            return self.leaf(&ty.clone(), path, 1 + parts);
        }
        if self.rules.children(0).next().is_none() {
            return self.leaf(&Ty::any(), path, 1);
        }
        let mut at = 0;
        for (position, part) in path.iter().enumerate().skip(1) {
            if position <= 2 && !matches!(part.value, Value::Var(_) | Value::String(_)) {
                let one_of = self.children(at);
                let have = self.term(part);
                return Err(self.invalid(path, position, &have, &Ty::String, &one_of));
            }
            if let Value::Var(name) = part.value {
                let keys = self.rules.extent(at).keys();
                let known = self.term(part);
                if known == Ty::Unknown {
                    self.set_var(name, keys);
                } else if !keys.unifies(&known) {
                    let one_of = self.children(at);
                    return Err(self.invalid(path, position, &known, &keys, &one_of));
                }
            }
            let child = constant_key(part).and_then(|key| self.rules.child(at, &key));
            let Some(child) = child else {
                // Base documents may be anything.
                return self.leaf(&Ty::any(), path, 1);
            };
            if let Some(ty) = self.rules.ty(child).cloned() {
                return self.leaf(&ty, path, position + 1);
            }
            at = child;
        }
        Ok(())
    }

    fn children(&self, at: usize) -> Vec<Field> {
        self.rules.children(at).map(|(key, _)| field(key)).collect()
    }

    /// Checks the parts from a position on, given the type of what stands before it.
    fn leaf(&mut self, ty: &Ty, path: &[Term], from: usize) -> Result<(), Fault> {
        let mut ty = ty.clone();
        for (position, part) in path.iter().enumerate().skip(from) {
            if ty.is_empty_collection() {
                return Err(self.invalid(path, position, &Ty::Unknown, &Ty::Unknown, &[]));
            }
            let keys = ty.keys();
            if keys == Ty::Unknown {
                return Err(message::unsupported(
                    self.names,
                    &self.written(path),
                    position - 1,
                    &ty,
                ));
            }
            match &part.value {
                Value::Var(name) => {
                    let known = self.term(part);
                    if known == Ty::Unknown {
                        self.set_var(*name, keys);
                    } else if !known.unifies(&keys) {
                        let one_of = message::fields(&ty);
                        return Err(self.invalid(path, position, &known, &keys, &one_of));
                    }
                }
                Value::Ref(inner) => {
                    let known = self.reference(inner);
                    if known != Ty::Unknown && !known.unifies(&keys) {
                        let one_of = message::fields(&ty);
                        return Err(self.invalid(path, position, &known, &keys, &one_of));
                    }
                }
                Value::Array(_) | Value::Object(_) | Value::Set(_) => {
                    if !self.infer(part, &keys, false) {
                        let have = self.term(part);
                        return Err(self.invalid(path, position, &have, &keys, &[]));
                    }
                }
                _ => {
                    let child = constant_field(part).map_or(Ty::Unknown, |field| ty.select(&field));
                    if child == Ty::Unknown {
                        let one_of = message::fields(&ty);
                        return Err(self.invalid(path, position, &Ty::Unknown, &keys, &one_of));
                    }
                    ty = child;
                    continue;
                }
            }
            ty = ty.values();
        }
        Ok(())
    }

    fn invalid(
        &self,
        path: &[Term],
        position: usize,
        have: &Ty,
        want: &Ty,
        one_of: &[Field],
    ) -> Fault {
        message::invalid(self.names, &self.written(path), position, have, want, one_of)
    }
}
