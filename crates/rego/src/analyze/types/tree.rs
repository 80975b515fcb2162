//! The types of rules by their paths, as far as rules have been checked.

use super::documents::Documents;
use super::ty::{Field, ObjectTy, Ty};
use crate::analyze::rule_tree::Key;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A node: the type of the rules that stand here, and what lies below.
#[derive(Clone, Debug, Default)]
struct Node {
    ty: Option<Ty>,
    children: BTreeMap<Key, usize>,
}

/// Types by path; node 0 is `data`.
#[derive(Clone, Debug)]
pub(in crate::analyze) struct RuleTypes {
    nodes: Vec<Node>,
    /// of the input, as queries take it to be
    pub(super) documents: Documents,
}

impl Default for RuleTypes {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], documents: Documents::default() }
    }
}

/// The key as the property of an object.
pub(super) fn field(key: &Key) -> Field {
    match key {
        Key::String(text) => Field::String(text.clone()),
        Key::Scalar(text) => match text.as_str() {
            "null" => Field::Null,
            "true" => Field::Bool(true),
            "false" => Field::Bool(false),
            _ => Field::Number(text.clone()),
        },
    }
}

impl RuleTypes {
    fn node(&self, at: usize) -> Option<&Node> {
        self.nodes.get(at)
    }

    pub(super) fn child(&self, at: usize, key: &Key) -> Option<usize> {
        self.node(at)?.children.get(key).copied()
    }

    pub(super) fn children(&self, at: usize) -> impl Iterator<Item = (&Key, usize)> {
        self.node(at).into_iter().flat_map(|node| node.children.iter().map(|(k, at)| (k, *at)))
    }

    /// The type of the rules that stand at a node.
    pub(super) fn ty(&self, at: usize) -> Option<&Ty> {
        self.node(at)?.ty.as_ref()
    }

    fn make(&mut self, at: usize, key: &Key) -> usize {
        if let Some(child) = self.child(at, key) {
            return child;
        }
        let new = self.nodes.len();
        self.nodes.push(Node::default());
        if let Some(node) = self.nodes.get_mut(at) {
            node.children.insert(key.clone(), new);
        }
        new
    }

    /// Sets the type at a path.
    pub(super) fn put(&mut self, path: &[Key], ty: Ty) {
        let at = path.iter().fold(0, |at, key| self.make(at, key));
        if let Some(node) = self.nodes.get_mut(at) {
            node.ty = Some(ty);
        }
    }

    /// Adds a type at a path: objects on the way, and the object itself, take in what is known
    /// elsewhere of the same document.
    pub(super) fn insert(&mut self, path: &[Key], ty: Ty) {
        let mut at = 0;
        for (position, key) in path.iter().enumerate() {
            at = self.make(at, key);
            let rest = path.get(position + 1..).unwrap_or_default();
            if let Some(node) = self.nodes.get_mut(at)
                && let (false, Some(Ty::Object(object))) = (rest.is_empty(), &node.ty)
            {
                node.ty = Some(into_object(object, rest, &ty));
            }
        }
        let before = self.nodes.get_mut(at).and_then(|node| node.ty.take());
        let mut merged = match before {
            Some(before) => merge(before, ty),
            None => ty,
        };
        if let Ty::Object(_) = &merged {
            for (path, leaf) in self.leaves(at) {
                if let Ty::Object(object) = &merged {
                    merged = into_object(object, &path, &leaf);
                }
            }
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.ty = Some(merged);
        }
    }

    /// The types below a node, with their paths from it.
    fn leaves(&self, at: usize) -> Vec<(Vec<Key>, Ty)> {
        let mut found = Vec::new();
        let mut work: Vec<(Vec<Key>, usize)> =
            self.children(at).map(|(key, child)| (vec![key.clone()], child)).collect();
        while let Some((path, at)) = work.pop() {
            match self.ty(at) {
                Some(ty) => found.push((path, ty.clone())),
                None => work.extend(self.children(at).map(|(key, child)| {
                    let mut longer = path.clone();
                    longer.push(key.clone());
                    (longer, child)
                })),
            }
        }
        found
    }

    /// The type of all that stands at a node and below it.
    pub(super) fn extent(&self, at: usize) -> Ty {
        if let Some(ty) = self.ty(at) {
            return ty.clone();
        }
        let properties = self
            .children(at)
            .filter(|(key, _)| !matches!(field(key), Field::Null))
            .map(|(key, child)| (field(key), self.extent(child)))
            .collect();
        // Base documents may stand there too.
        Ty::object(properties, Some((Ty::String, Ty::any())))
    }
}

fn into_object(object: &Arc<ObjectTy>, path: &[Key], ty: &Ty) -> Ty {
    let Some((first, rest)) = path.split_first() else { return Ty::Object(object.clone()) };
    let key = match first {
        Key::String(_) => Ty::String,
        Key::Scalar(text) => match text.as_str() {
            "null" => Ty::Null,
            "true" | "false" => Ty::Boolean,
            _ => Ty::Number,
        },
    };
    let value = match rest.is_empty() {
        true => ty.clone(),
        false => {
            let empty = ObjectTy { rest: None, properties: Vec::new() };
            into_object(&Arc::new(empty), rest, ty)
        }
    };
    let rest = match &object.rest {
        Some((keys, values)) => (keys.clone().or(key), values.clone().or(value)),
        None => (key, value),
    };
    Ty::object(object.properties.clone(), Some(rest))
}

/// The type of a document that two rules define.
fn merge(a: Ty, b: Ty) -> Ty {
    match (&a, &b) {
        (Ty::Unknown, _) => b,
        (_, Ty::Unknown) => a,
        (Ty::Object(x), Ty::Object(y)) if x.properties.is_empty() && y.properties.is_empty() => {
            match (&x.rest, &y.rest) {
                (None, _) => b,
                (_, None) => a,
                (Some((xk, xv)), Some((yk, yv))) => {
                    let keys = xk.clone().or(yk.clone());
                    Ty::object(Vec::new(), Some((keys, merge(xv.clone(), yv.clone()))))
                }
            }
        }
        (Ty::Set(Some(x)), Ty::Set(Some(y))) => Ty::set(x.as_ref().clone().or(y.as_ref().clone())),
        (Ty::Set(None), Ty::Set(_)) => b,
        (Ty::Set(_), Ty::Set(None)) => a,
        _ => a.or(b),
    }
}
