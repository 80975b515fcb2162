//! What is known of the input and of base documents, by schemas.

use super::schema::SchemaTy;
use super::ty::{Field, Ty};
use crate::analyze::draft::{Term, Value};
use sekisho_value::Str;

/// The types of documents, where they are known.
#[derive(Clone, Debug, Default)]
pub(in crate::analyze) struct Documents {
    pub(super) input: Option<Ty>,
    /// by path below `data`; the last counts
    data: Vec<(Vec<Str>, Ty)>,
}

impl Documents {
    pub(super) fn input(&self) -> Ty {
        self.input.clone().unwrap_or_else(Ty::any)
    }

    /// Notes the type of the document at a path, which begins with `input` or `data`.
    pub(in crate::analyze) fn put_type(&mut self, path: &[Str], ty: SchemaTy) {
        let ty = ty.0;
        match path.split_first() {
            Some((root, rest)) if root == "input" => {
                self.input = Some(placed(&self.input(), rest, ty));
            }
            Some((root, rest)) if root == "data" => self.data.push((rest.to_vec(), ty)),
            _ => {}
        }
    }

    /// The type of the document that a reference below `data` leads to, and how many of the parts
    /// lead there.
    pub(super) fn data(&self, path: &[Term]) -> Option<(&Ty, usize)> {
        let leads = |keys: &Vec<Str>| {
            let same = |(key, part): (&Str, &Term)| matches!(&part.value, Value::String(text) if text == key);
            keys.len() <= path.len() && keys.iter().zip(path).all(same)
        };
        let found = self.data.iter().rev().find(|(keys, _)| leads(keys));
        found.map(|(keys, ty)| (ty, keys.len()))
    }
}

/// A type with another at a path in it.
fn placed(of: &Ty, path: &[Str], ty: Ty) -> Ty {
    let Some((first, rest)) = path.split_first() else { return ty };
    let Ty::Object(object) = of else {
        return alone(path, ty, Some(&(Ty::any(), Ty::any())));
    };
    let field = Field::String(first.clone());
    let mut properties = object.properties.clone();
    match properties.iter_mut().find(|(known, _)| *known == field) {
        Some((_, below)) => *below = placed(below, rest, ty),
        None => properties.push((field, alone(rest, ty, object.rest.as_ref()))),
    }
    Ty::object(properties, object.rest.clone())
}

/// Objects with a type at a path in them; `others` are their other entries.
fn alone(path: &[Str], ty: Ty, others: Option<&(Ty, Ty)>) -> Ty {
    let object =
        |below, key: &Str| Ty::object(vec![(Field::String(key.clone()), below)], others.cloned());
    path.iter().rev().fold(ty, object)
}
