//! Paths into documents, and the tree that many of them make.

use super::super::Failure;
use super::super::operands::{object, operand};
use crate::builtins::Context;
use crate::term::{Term, TermKind, compare};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The segments of a path: a JSON pointer, with or without its first `/`, or a list of segments.
pub(super) fn segments<'a>(cx: &Context<'a>, path: Term<'a>) -> Result<Vec<Term<'a>>, Failure> {
    match path {
        Term::String("") => Ok(Vec::new()),
        Term::String(text) => {
            cx.arena.budget().step(1 + text.len() as u64 / 16)?;
            let mut segments = Vec::new();
            for part in text.trim_start_matches('/').split('/') {
                cx.arena.budget().allocate(size_of::<Term<'_>>() as u64)?;
                segments.push(if part.contains('~') {
                    cx.arena.string(&part.replace("~1", "/").replace("~0", "~"))?
                } else {
                    Term::String(part)
                });
            }
            Ok(segments)
        }
        _ if path.kind() == TermKind::Array => {
            let len = path.len().unwrap_or(0) as u64;
            cx.arena.budget().step(1 + len)?;
            cx.arena.budget().allocate(len * size_of::<Term<'_>>() as u64)?;
            Ok(path.items().collect())
        }
        _ => {
            let got = path.kind().name();
            Err(Failure::operand(
                2,
                format!(
                    "must be one of {{set, array}} containing string paths or array of path \
                     segments but got {got}"
                ),
            ))
        }
    }
}

/// A value with the order of values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key<'a>(pub(super) Term<'a>);

impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self.0, other.0)
    }
}

/// The tree of paths. Its nodes stand in one list, so that a long path costs no host stack.
struct Tree<'a> {
    nodes: Vec<BTreeMap<Key<'a>, Node>>,
}

/// What a segment leads to.
#[derive(Clone, Copy)]
enum Node {
    /// the end of a path
    Leaf,
    /// further segments: the node at this index
    Branch(usize),
}

impl<'a> Tree<'a> {
    /// The tree of the operand's paths; a path that begins with another adds nothing to it.
    fn read(cx: &Context<'a>, paths: Term<'a>) -> Result<Self, Failure> {
        if !matches!(paths.kind(), TermKind::Array | TermKind::Set) {
            return Err(Failure::operand_type(2, paths, &["set", "array"]));
        }
        let mut read = Vec::new();
        for path in paths.items() {
            read.push(segments(cx, path)?);
        }
        let mut tree = Self { nodes: vec![BTreeMap::new()] };
        for path in &read {
            cx.arena.budget().step(path.len() as u64)?;
            cx.arena.budget().allocate(96 * path.len() as u64)?;
            tree.insert(path);
        }
        Ok(tree)
    }

    fn insert(&mut self, path: &[Term<'a>]) {
        let Some((last, above)) = path.split_last() else {
            return;
        };
        let mut at = 0;
        for segment in above {
            let fresh = self.nodes.len();
            let Some(node) = self.nodes.get_mut(at) else {
                return;
            };
            match *node.entry(Key(*segment)).or_insert(Node::Branch(fresh)) {
                Node::Leaf => return,
                Node::Branch(next) => at = next,
            }
            if at == fresh {
                self.nodes.push(BTreeMap::new());
            }
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.insert(Key(*last), Node::Leaf);
        }
    }

    fn get(&self, at: usize, key: Term<'a>) -> Option<Node> {
        self.nodes.get(at)?.get(&Key(key)).copied()
    }

    /// In a list, the index is asked for as text.
    fn get_index(
        &self,
        cx: &Context<'a>,
        at: usize,
        index: usize,
    ) -> Result<Option<Node>, Failure> {
        if self.nodes.get(at).is_none_or(BTreeMap::is_empty) {
            return Ok(None);
        }
        Ok(self.get(at, cx.arena.string(&index.to_string())?))
    }
}

/// `json.filter`: what the paths lead to.
pub(super) fn filter<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let from = object(operands, 1)?;
    let tree = Tree::read(cx, operand(operands, 2))?;
    filtered(cx, from, &tree, Node::Branch(0))
}

fn filtered<'a>(
    cx: &Context<'a>,
    from: Term<'a>,
    tree: &Tree<'a>,
    node: Node,
) -> Result<Term<'a>, Failure> {
    let Node::Branch(at) = node else {
        return Ok(from);
    };
    cx.arena.budget().step(1 + from.len().unwrap_or(0) as u64)?;
    match from.kind() {
        TermKind::Array => {
            let mut items = Vec::new();
            for (index, item) in from.items().enumerate() {
                if let Some(node) = tree.get_index(cx, at, index)? {
                    items.push(filtered(cx, item, tree, node)?);
                }
            }
            Ok(cx.arena.array(&items)?)
        }
        TermKind::Set => {
            let mut members = Vec::new();
            for member in from.items() {
                if let Some(node) = tree.get(at, member) {
                    members.push(filtered(cx, member, tree, node)?);
                }
            }
            Ok(cx.arena.set(members)?)
        }
        TermKind::Object => {
            let mut entries = Vec::new();
            for (key, value) in from.entries() {
                if let Some(node) = tree.get(at, key) {
                    entries.push((key, filtered(cx, value, tree, node)?));
                }
            }
            Ok(cx.arena.object(entries)?)
        }
        _ => Ok(from),
    }
}

/// `json.remove`: what the paths do not lead to.
pub(super) fn remove<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let from = object(operands, 1)?;
    let tree = Tree::read(cx, operand(operands, 2))?;
    remaining(cx, from, &tree, Some(Node::Branch(0)))?.ok_or(Failure::Undefined)
}

fn remaining<'a>(
    cx: &Context<'a>,
    from: Term<'a>,
    tree: &Tree<'a>,
    node: Option<Node>,
) -> Result<Option<Term<'a>>, Failure> {
    let at = match node {
        None => return Ok(Some(from)),
        Some(Node::Leaf) => return Ok(None),
        Some(Node::Branch(at)) => at,
    };
    cx.arena.budget().step(1 + from.len().unwrap_or(0) as u64)?;
    Ok(Some(match from.kind() {
        TermKind::Array => {
            let mut items = Vec::new();
            for (index, item) in from.items().enumerate() {
                items.extend(remaining(cx, item, tree, tree.get_index(cx, at, index)?)?);
            }
            cx.arena.array(&items)?
        }
        TermKind::Set => {
            let mut members = Vec::new();
            for member in from.items() {
                members.extend(remaining(cx, member, tree, tree.get(at, member))?);
            }
            cx.arena.set(members)?
        }
        TermKind::Object => {
            let mut entries = Vec::new();
            for (key, value) in from.entries() {
                if let Some(value) = remaining(cx, value, tree, tree.get(at, key))? {
                    entries.push((key, value));
                }
            }
            cx.arena.object(entries)?
        }
        _ => from,
    }))
}
