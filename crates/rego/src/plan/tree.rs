//! The rule tree: which rules define what, by constant path.

use crate::hir::{Hir, RuleKind};
use sekisho_value::Str;
use std::collections::BTreeMap;

/// Index of a node.
pub(super) type NodeId = usize;

/// A node of the tree: the document at a constant path below `data`.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) path: Vec<Str>,
    pub(super) children: BTreeMap<Str, NodeId>,
    /// rules (indices into [`Hir::rules`]) that define the document here
    pub(super) rules: Vec<usize>,
    /// rules that define the function here
    pub(super) functions: Vec<usize>,
}

/// All nodes; the first is `data`.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    pub(super) const ROOT: NodeId = 0;

    pub(super) fn of(hir: &Hir) -> Self {
        let mut tree = Self { nodes: vec![Node::default()] };
        for package in &hir.packages {
            tree.reach(package);
        }
        for (index, rule) in hir.rules.iter().enumerate() {
            let at = tree.reach(&rule.path);
            if let Some(node) = tree.nodes.get_mut(at) {
                match rule.kind {
                    RuleKind::Function => node.functions.push(index),
                    RuleKind::Single | RuleKind::Member => node.rules.push(index),
                }
            }
        }
        tree
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }

    pub(super) fn child(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.node(id)?.children.get(key).copied()
    }

    pub(super) fn find(&self, path: &[Str]) -> Option<NodeId> {
        path.iter().try_fold(Self::ROOT, |at, key| self.child(at, key))
    }

    fn reach(&mut self, path: &[Str]) -> NodeId {
        let mut at = Self::ROOT;
        for (depth, key) in path.iter().enumerate() {
            at = match self.child(at, key) {
                Some(child) => child,
                None => {
                    let child = self.nodes.len();
                    let path = path.get(..=depth).unwrap_or_default().to_vec();
                    self.nodes.push(Node { path, ..Node::default() });
                    if let Some(node) = self.nodes.get_mut(at) {
                        node.children.insert(key.clone(), child);
                    }
                    child
                }
            };
        }
        at
    }
}
