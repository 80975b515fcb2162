//! A document under edit: only what a patch touches is taken apart.
//!
//! The steps are those of OPA's `edittree`, oddities included, because they show in results: a
//! path through a list finds what stood at that index *before* the patch, where the patch has not
//! been inside that item yet.

use super::super::{Failure, operands::shown};
use super::paths::Key;
use crate::term::{Arena, Depth, Term, TermKind};
use sekisho_budget::BudgetExceeded;
use std::collections::BTreeMap;

/// A part of the document: its index in [`Document::nodes`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(usize);

/// What stands below a node where a patch has been.
#[derive(Clone, Copy)]
enum Child<'a> {
    Scalar(Term<'a>),
    Composite(NodeId),
    Deleted { composite: bool },
}

/// An item of a list.
#[derive(Clone, Copy)]
enum Slot<'a> {
    Original(usize),
    Scalar(Term<'a>),
    Composite(NodeId),
}

struct Node<'a> {
    value: Option<Term<'a>>,
    /// of an object or set
    children: BTreeMap<Key<'a>, Child<'a>>,
    /// of a list
    slots: Vec<Slot<'a>>,
}

pub(super) struct Document<'a> {
    nodes: Vec<Node<'a>>,
    arena: Arena<'a>,
}

/// The whole document.
pub(super) const ROOT: NodeId = NodeId(0);

fn is_composite(term: Term<'_>) -> bool {
    matches!(term.kind(), TermKind::Array | TermKind::Object | TermKind::Set)
}

impl<'a> Document<'a> {
    pub(super) fn new(value: Term<'a>, arena: Arena<'a>) -> Result<Self, Failure> {
        let mut document = Self { nodes: Vec::new(), arena };
        document.node(value)?;
        Ok(document)
    }

    fn node(&mut self, value: Term<'a>) -> Result<NodeId, Failure> {
        self.arena.budget().allocate(size_of::<Node<'_>>() as u64)?;
        let slots = self.slots_of(value)?;
        self.nodes.push(Node { value: Some(value), children: BTreeMap::new(), slots });
        Ok(NodeId(self.nodes.len() - 1))
    }

    fn slots_of(&self, value: Term<'a>) -> Result<Vec<Slot<'a>>, Failure> {
        if value.kind() != TermKind::Array {
            return Ok(Vec::new());
        }
        let len = value.len().unwrap_or(0);
        self.arena.budget().step(1 + len as u64 / 16)?;
        self.arena.budget().allocate((len * size_of::<Slot<'_>>()) as u64)?;
        Ok((0..len).map(Slot::Original).collect())
    }

    fn get(&self, id: NodeId) -> Result<&Node<'a>, Failure> {
        self.nodes.get(id.0).ok_or(Failure::Undefined)
    }

    fn get_mut(&mut self, id: NodeId) -> Result<&mut Node<'a>, Failure> {
        self.nodes.get_mut(id.0).ok_or(Failure::Undefined)
    }

    /// Puts a value at the end of a path.
    pub(super) fn insert_at(&mut self, path: &[Term<'a>], value: Term<'a>) -> Result<(), Failure> {
        match path.split_last() {
            None => {
                let slots = self.slots_of(value)?;
                let root = self.get_mut(ROOT)?;
                *root = Node { value: Some(value), children: BTreeMap::new(), slots };
            }
            Some((key, above)) => {
                let node = self.unfold(above)?;
                self.insert(node, *key, value)?;
            }
        }
        Ok(())
    }

    /// Takes away what stands at the end of a path.
    pub(super) fn delete_at(&mut self, path: &[Term<'a>]) -> Result<(), Failure> {
        match path.split_last() {
            None => {
                let root = self.get_mut(ROOT)?;
                if root.value.is_none() {
                    return Err(Failure::error("deleted node encountered during delete operation"));
                }
                *root = Node { value: None, children: BTreeMap::new(), slots: Vec::new() };
                Ok(())
            }
            Some((key, above)) => {
                let node = self.unfold(above)?;
                self.delete(node, *key)
            }
        }
    }

    /// What stands at the end of a path.
    pub(super) fn value_at(&mut self, path: &[Term<'a>]) -> Result<Option<Term<'a>>, Failure> {
        let node = self.unfold(path)?;
        self.render(node)
    }

    fn insert(&mut self, id: NodeId, key: Term<'a>, value: Term<'a>) -> Result<NodeId, Failure> {
        let Some(of) = self.get(id)?.value else {
            return Err(Failure::error("deleted node encountered during insert operation"));
        };
        self.arena.budget().allocate(96)?;
        match of.kind() {
            TermKind::Object => {}
            TermKind::Set => {
                if key != value {
                    return Err(Failure::error(format!(
                        "set key {} does not equal value to be inserted {}",
                        shown(key),
                        shown(value)
                    )));
                }
                if is_composite(key) {
                    self.collapse(id)?;
                }
            }
            TermKind::Array => {
                let len = self.get(id)?.slots.len();
                let index = usize::try_from(to_index(len, key)?).unwrap_or(usize::MAX);
                if index > len {
                    return Err(Failure::error("index for array insertion out of bounds"));
                }
                let child = self.node(value)?;
                let slot =
                    if is_composite(value) { Slot::Composite(child) } else { Slot::Scalar(value) };
                self.arena.budget().step(len as u64 / 16)?;
                self.get_mut(id)?.slots.insert(index, slot);
                return Ok(child);
            }
            _ => {
                let (value, type_name) = (shown(of), go_type(of));
                return Err(Failure::error(format!(
                    "expected composite type, found value: {value} (type: {type_name})"
                )));
            }
        }
        let child = self.node(value)?;
        let stands =
            if is_composite(value) { Child::Composite(child) } else { Child::Scalar(value) };
        self.get_mut(id)?.children.insert(Key(key), stands);
        Ok(child)
    }

    fn delete(&mut self, id: NodeId, key: Term<'a>) -> Result<(), Failure> {
        let Some(of) = self.get(id)?.value else {
            return Err(Failure::error("deleted node encountered during delete operation"));
        };
        self.arena.budget().allocate(64)?;
        match of.kind() {
            TermKind::Object => {}
            TermKind::Set => {
                if is_composite(key) {
                    self.collapse(id)?;
                }
            }
            TermKind::Array => {
                let len = self.get(id)?.slots.len();
                let index = usize::try_from(to_index(len, key)?).unwrap_or(usize::MAX);
                if index >= len {
                    return Err(Failure::error("index for array delete out of bounds"));
                }
                self.arena.budget().step(len as u64 / 16)?;
                self.get_mut(id)?.slots.remove(index);
                return Ok(());
            }
            _ => {
                let (value, type_name) = (shown(of), go_type(of));
                return Err(Failure::error(format!(
                    "expected composite type, found value: {value} (type: {type_name})"
                )));
            }
        }
        let composite = match self.get(id)?.children.get(&Key(key)).copied() {
            Some(Child::Deleted { composite }) => {
                let what = if composite { "composite" } else { "scalar" };
                return Err(Failure::error(format!(
                    "cannot delete the already deleted {what} node for key {}",
                    shown(key)
                )));
            }
            Some(Child::Scalar(_)) => false,
            Some(Child::Composite(_)) => true,
            None => match self.get(id)?.value.and_then(|value| value.get(key)) {
                Some(value) => is_composite(value),
                None => {
                    return Err(Failure::error(format!(
                        "cannot delete child key {} that does not exist",
                        shown(key)
                    )));
                }
            },
        };
        self.get_mut(id)?.children.insert(Key(key), Child::Deleted { composite });
        Ok(())
    }

    /// The node at the end of a path; what lies on the way is taken apart.
    fn unfold(&mut self, path: &[Term<'a>]) -> Result<NodeId, Failure> {
        if path.len() > Depth::LIMIT {
            return Err(BudgetExceeded::Depth.into());
        }
        let mut at = ROOT;
        for key in path {
            self.arena.budget().step(1)?;
            at = self.step(at, *key)?;
        }
        Ok(at)
    }

    fn step(&mut self, id: NodeId, key: Term<'a>) -> Result<NodeId, Failure> {
        let Some(of) = self.get(id)?.value else {
            return Err(Failure::error("nil value encountered where composite value was expected"));
        };
        let kind = of.kind();
        match kind {
            TermKind::Array => return self.step_into_list(id, key, of),
            TermKind::Set if is_composite(key) => self.collapse(id)?,
            TermKind::Set | TermKind::Object => {}
            _ => {
                let (key, value, type_name) = (shown(key), shown(of), go_type(of));
                return Err(Failure::error(format!(
                    "expected composite type for path {key}, found value: {value} (type: \
                     {type_name})"
                )));
            }
        }
        match self.get(id)?.children.get(&Key(key)).copied() {
            Some(Child::Scalar(value)) => return self.node(value),
            Some(Child::Composite(child)) => return Ok(child),
            Some(Child::Deleted { composite }) => {
                let what = if composite { "composite" } else { "scalar" };
                return Err(Failure::error(format!(
                    "cannot unfold the already deleted {what} node for key {}",
                    shown(key)
                )));
            }
            None => {}
        }
        match self.get(id)?.value.and_then(|value| value.get(key)) {
            Some(value) => self.insert(id, key, value),
            None => {
                // In a set, OPA shows the path, which begins with a bare name.
                let key = match key {
                    Term::String(text) if kind == TermKind::Set => text.to_owned(),
                    _ => shown(key),
                };
                let (of, kind) = (shown(of), kind.name());
                Err(Failure::error(format!("path {key} does not exist in {kind} term {of}")))
            }
        }
    }

    fn step_into_list(
        &mut self,
        id: NodeId,
        key: Term<'a>,
        of: Term<'a>,
    ) -> Result<NodeId, Failure> {
        let index = to_index(self.get(id)?.slots.len(), key)?;
        let slot = usize::try_from(index).unwrap_or(usize::MAX);
        match self.get(id)?.slots.get(slot).copied() {
            Some(Slot::Scalar(value)) => return self.node(value),
            Some(Slot::Composite(child)) => return Ok(child),
            _ => {}
        }
        // The list as it was before the patch, as OPA does.
        let Some((_, value)) = of.entry(slot) else {
            let of = shown(of);
            return Err(Failure::error(format!("path {index} does not exist in array term {of}")));
        };
        let index = Term::Int(index);
        self.delete(id, index)?;
        self.insert(id, index, value)
    }

    /// Members of a set are found by their whole value, so it is put together first.
    fn collapse(&mut self, id: NodeId) -> Result<(), Failure> {
        let value = self.render(id)?;
        let node = self.get_mut(id)?;
        node.value = value;
        node.children.clear();
        Ok(())
    }

    /// The value of a node, put together. Paths are of bounded length, and so is the recursion.
    pub(super) fn render(&self, id: NodeId) -> Result<Option<Term<'a>>, Failure> {
        let node = self.get(id)?;
        let Some(value) = node.value else {
            return Ok(None);
        };
        self.arena.budget().step(1 + value.len().unwrap_or(0) as u64)?;
        match value.kind() {
            TermKind::Array => {
                let mut items = Vec::new();
                for slot in &node.slots {
                    match slot {
                        Slot::Original(index) => {
                            items.extend(value.entry(*index).map(|(_, item)| item));
                        }
                        Slot::Scalar(item) => items.push(*item),
                        Slot::Composite(child) => items.extend(self.render(*child)?),
                    }
                }
                Ok(Some(self.arena.array(&items)?))
            }
            TermKind::Object | TermKind::Set if !node.children.is_empty() => {
                let mut entries = Vec::new();
                for (Key(key), child) in &node.children {
                    match child {
                        Child::Scalar(value) => entries.push((*key, *value)),
                        Child::Composite(child) => {
                            entries.extend(self.render(*child)?.map(|value| (*key, value)));
                        }
                        Child::Deleted { .. } => {}
                    }
                }
                entries.extend(
                    value.entries().filter(|(key, _)| !node.children.contains_key(&Key(*key))),
                );
                Ok(Some(if value.kind() == TermKind::Object {
                    self.arena.object(entries)?
                } else {
                    self.arena.set(entries.into_iter().map(|(_, member)| member).collect())?
                }))
            }
            _ => Ok(Some(value)),
        }
    }
}

/// The index that a segment stands for; `-` is the end.
fn to_index(len: usize, key: Term<'_>) -> Result<i64, Failure> {
    match key {
        Term::Int(int) => Ok(int),
        Term::Number(_) => {
            key.as_int().ok_or_else(|| Failure::error("invalid number type for indexing"))
        }
        Term::String("-") => Ok(i64::try_from(len).unwrap_or(i64::MAX)),
        Term::String(text) => {
            let int = text.parse().map_err(|_| Failure::error("invalid string for indexing"))?;
            if text != "0" && text.starts_with('0') {
                return Err(Failure::error("leading zeros are not allowed in JSON paths"));
            }
            Ok(int)
        }
        _ => Err(Failure::error("invalid type for indexing")),
    }
}

/// The name that Go prints for the type.
fn go_type(term: Term<'_>) -> &'static str {
    match term.kind() {
        TermKind::Null => "ast.Null",
        TermKind::Boolean => "ast.Boolean",
        TermKind::Number => "ast.Number",
        _ => "ast.String",
    }
}
