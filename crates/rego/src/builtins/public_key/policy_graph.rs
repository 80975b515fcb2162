//! Whether the certificate policies of a chain hold (RFC 5280, 6.1, as RFC 9618 mends it).

use super::certificate::Certificate;
use super::der::Oid;
use sekisho_budget::{Budget, BudgetExceeded};
use std::collections::{BTreeMap, BTreeSet};

/// `2.5.29.32.0`
const ANY: Oid<'static> = Oid(b"\x55\x1d\x20\x00");

/// A policy at one depth.
struct Node<'d> {
    policy: Oid<'d>,
    /// what the certificate below may say for it
    expected: Vec<Oid<'d>>,
    parents: BTreeSet<usize>,
    children: BTreeSet<usize>,
}

/// The policies that hold, by depth; at each at most one node of a policy.
struct Graph<'d> {
    nodes: Vec<Node<'d>>,
    strata: Vec<BTreeMap<Oid<'d>, usize>>,
}

impl<'d> Graph<'d> {
    fn new() -> Self {
        let mut graph = Self { nodes: Vec::new(), strata: vec![BTreeMap::new()] };
        graph.insert(ANY, vec![ANY], Vec::new());
        graph
    }

    fn insert(&mut self, policy: Oid<'d>, expected: Vec<Oid<'d>>, parents: Vec<usize>) {
        let index = self.nodes.len();
        for parent in &parents {
            if let Some(parent) = self.nodes.get_mut(*parent) {
                parent.children.insert(index);
            }
        }
        let parents = parents.into_iter().collect();
        self.nodes.push(Node { policy, expected, parents, children: BTreeSet::new() });
        if let Some(stratum) = self.strata.last_mut() {
            stratum.insert(policy, index);
        }
    }

    fn leaf(&self, policy: Oid<'d>) -> Option<usize> {
        self.strata.last()?.get(&policy).copied()
    }

    /// The nodes above the leaves.
    fn above(&self) -> Vec<usize> {
        let stratum = self.strata.len().checked_sub(2).and_then(|depth| self.strata.get(depth));
        stratum.map(|stratum| stratum.values().copied().collect()).unwrap_or_default()
    }

    fn expected(&self, node: usize) -> &[Oid<'d>] {
        self.nodes.get(node).map(|node| node.expected.as_slice()).unwrap_or_default()
    }

    fn forget(&mut self, node: usize) {
        let parents = self.nodes.get_mut(node).map(|node| std::mem::take(&mut node.parents));
        for parent in parents.unwrap_or_default() {
            if let Some(parent) = self.nodes.get_mut(parent) {
                parent.children.remove(&node);
            }
        }
    }

    fn delete_leaf(&mut self, policy: Oid<'d>) {
        if let Some(node) = self.strata.last_mut().and_then(|leaves| leaves.remove(&policy)) {
            self.forget(node);
        }
    }

    /// Drops what no leaf stands below.
    fn prune(&mut self) {
        for depth in (1..self.strata.len().saturating_sub(1)).rev() {
            let Some(stratum) = self.strata.get(depth) else { continue };
            let childless =
                |node: &usize| self.nodes.get(*node).is_some_and(|node| node.children.is_empty());
            let dropped: Vec<(Oid<'d>, usize)> = stratum
                .iter()
                .filter(|(_, node)| childless(node))
                .map(|(policy, node)| (*policy, *node))
                .collect();
            for (policy, node) in dropped {
                self.forget(node);
                if let Some(stratum) = self.strata.get_mut(depth) {
                    stratum.remove(&policy);
                }
            }
        }
    }

    /// The policies of one certificate, 6.1.3 (d).
    fn add(&mut self, policies: &[Oid<'d>], any_counts: bool) {
        self.strata.push(BTreeMap::new());
        let above = self.above();
        let mut by_expected: BTreeMap<Oid<'d>, Vec<usize>> = BTreeMap::new();
        for node in &above {
            for expected in self.expected(*node).to_vec() {
                by_expected.entry(expected).or_default().push(*node);
            }
        }
        let any = above
            .iter()
            .copied()
            .find(|node| self.nodes.get(*node).is_some_and(|node| node.policy == ANY));
        for policy in policies.iter().filter(|policy| **policy != ANY) {
            let parents = by_expected.get(policy).cloned();
            let parents = parents.unwrap_or_else(|| any.into_iter().collect());
            if !parents.is_empty() {
                self.insert(*policy, vec![*policy], parents);
            }
        }
        if any_counts && policies.contains(&ANY) {
            for (expected, parents) in by_expected {
                if self.leaf(expected).is_none() {
                    self.insert(expected, vec![expected], parents);
                }
            }
        }
        self.prune();
    }

    /// The mappings of one certificate, 6.1.4 (b); whether they may be.
    fn map(&mut self, mappings: &[(Oid<'d>, Oid<'d>)], allowed: bool) -> bool {
        let mut by_issuer: BTreeMap<Oid<'d>, Vec<Oid<'d>>> = BTreeMap::new();
        for (issuer, subject) in mappings {
            if !allowed {
                self.delete_leaf(*issuer);
            } else if *issuer == ANY || *subject == ANY {
                return false;
            } else {
                by_issuer.entry(*issuer).or_default().push(*subject);
            }
        }
        self.prune();
        for (issuer, subjects) in by_issuer {
            if let Some(node) = self.leaf(issuer).and_then(|node| self.nodes.get_mut(node)) {
                node.expected = subjects;
            } else if let Some(any) = self.leaf(ANY) {
                // Below it, at the same depth.
                self.insert(issuer, subjects, vec![any]);
            }
        }
        true
    }

    /// Whether any policy holds for the whole chain, 6.1.5 (g).
    fn holds_any(&self) -> bool {
        let is_any = |node: &usize| self.nodes.get(*node).is_some_and(|node| node.policy == ANY);
        let valid = |node: &usize| {
            self.nodes.get(*node).is_some_and(|node| {
                node.policy != ANY && node.parents.len() == 1 && node.parents.iter().all(is_any)
            })
        };
        self.leaf(ANY).is_some() || self.strata.iter().flat_map(BTreeMap::values).any(valid)
    }
}

/// Whether the policies of a chain hold; it begins with the certificate that is verified.
pub(super) fn hold(
    chain: &[&Certificate<'_>],
    budget: &Budget<'_>,
) -> Result<bool, BudgetExceeded> {
    let Some(length) = chain.len().checked_sub(1).filter(|length| *length > 0) else {
        return Ok(true);
    };
    let all = i64::try_from(length).unwrap_or(i64::MAX - 1) + 1;
    let (mut inhibit_any, mut explicit, mut mapping) = (all, all, all);
    let mut graph = Some(Graph::new());
    for (index, certificate) in chain.iter().enumerate().take(length).rev() {
        let said = &certificate.said;
        let own = certificate.raw_issuer == certificate.raw_subject;
        if said.policies.is_empty() {
            graph = None;
        }
        if explicit == 0 && graph.is_none() {
            return Ok(false);
        }
        if let Some(graph) = &mut graph {
            let nodes = graph.nodes.len() as u64;
            let said_of = said.policies.len() + said.policy_mappings.len();
            budget.step(16 * (nodes + said_of as u64))?;
            budget.allocate(512 * (said_of as u64 + graph.above().len() as u64))?;
            graph.add(&said.policies, inhibit_any > 0 || index > 0 && own);
            let mappings = &said.policy_mappings;
            if index > 0 && !mappings.is_empty() && !graph.map(mappings, mapping > 0) {
                return Ok(false);
            }
        }
        if index > 0 {
            if !own {
                for left in [&mut explicit, &mut mapping, &mut inhibit_any] {
                    *left = (*left - 1).max(0);
                }
            }
            let lower = |left: &mut i64, said: Option<i64>| {
                if let Some(said) = said.filter(|said| *said >= 0) {
                    *left = said.min(*left);
                }
            };
            lower(&mut explicit, said.require_explicit_policy);
            lower(&mut mapping, said.inhibit_policy_mapping);
            lower(&mut inhibit_any, said.inhibit_any_policy);
        }
    }
    explicit = (explicit - 1).max(0);
    if chain.first().is_some_and(|leaf| leaf.said.require_explicit_policy == Some(0)) {
        explicit = 0;
    }
    Ok(explicit > 0 || graph.is_some_and(|graph| graph.holds_any()))
}
