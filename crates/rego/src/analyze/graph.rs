//! Which rules use which: the order of rules, and recursion.

use super::cx::Cx;
use super::draft::{Clause, Module, Term, Value};
use super::functions;
use super::names::Names;
use super::narrow;
use super::rule_tree::{Reached, RuleId, RuleTree};
use super::{show, walk};
use crate::{Code, Location};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// A clause: its rule, and its number among the rule's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    pub(super) rule: RuleId,
    clause: usize,
}

/// The graph. Its nodes are the clauses, then for each node of the rule tree the rules there, and
/// those there and below, so that the edges are as many as the references are.
pub(super) struct Graph {
    sites: Vec<Site>,
    edges: Vec<Vec<usize>>,
    /// the strongly connected components, each after those that it depends on
    components: Vec<Vec<usize>>,
    /// by rule: the number of its first clause, and how many there are
    clauses: Vec<(usize, usize)>,
}

fn clause_of<'m>(modules: &'m [Module], tree: &RuleTree, site: Site) -> Option<&'m Clause> {
    let (_, rule) = tree.written(modules, site.rule)?;
    rule.clauses.get(site.clause)
}

impl Graph {
    /// The graph of all rules.
    pub(super) fn new(cx: &mut Cx<'_>, modules: &[Module], tree: &RuleTree) -> Self {
        let mut sites = Vec::new();
        let mut clauses = Vec::with_capacity(tree.rules.len());
        for (rule, info) in tree.rules.iter().enumerate() {
            let count = info.written(modules).map_or(0, |(_, rule)| rule.clauses.len());
            clauses.push((sites.len(), count));
            sites.extend((0..count).map(|clause| Site { rule, clause }));
        }
        let total = sites.len() + 2 * tree.nodes.len();
        let edges = Vec::with_capacity(total);
        let mut graph = Self { sites, edges, components: Vec::new(), clauses };
        for site in &graph.sites {
            let clause = clause_of(modules, tree, *site);
            let (reached, cost) = clause.map(|clause| reaches(tree, clause)).unwrap_or_default();
            if !cx.step(1 + cost) {
                break;
            }
            let mut edges = Vec::new();
            for reached in reached {
                graph.targets(tree, reached, &mut edges);
            }
            graph.edges.push(edges);
        }
        for node in &tree.nodes {
            let mut edges = Vec::new();
            for rule in &node.rules {
                graph.targets(tree, Reached::Rule(*rule), &mut edges);
            }
            graph.edges.push(edges);
        }
        for (at, node) in tree.nodes.iter().enumerate() {
            let mut edges = Vec::new();
            graph.targets(tree, Reached::At(at), &mut edges);
            for child in node.children.values() {
                graph.targets(tree, Reached::Under(*child), &mut edges);
            }
            graph.edges.push(edges);
        }
        graph.components = graph.connected();
        graph
    }

    fn targets(&self, tree: &RuleTree, reached: Reached, edges: &mut Vec<usize>) {
        match reached {
            Reached::Rule(rule) => {
                let (first, count) = self.clauses.get(rule).copied().unwrap_or_default();
                edges.extend(first..first + count);
            }
            Reached::At(node) => edges.push(self.sites.len() + node),
            Reached::Under(node) => edges.push(self.sites.len() + tree.nodes.len() + node),
        }
    }

    fn edges_of(&self, node: usize) -> &[usize] {
        self.edges.get(node).map(Vec::as_slice).unwrap_or_default()
    }

    /// The strongly connected components, each after those that it depends on. (Tarjan's algorithm,
    /// with a stack of its own.)
    fn connected(&self) -> Vec<Vec<usize>> {
        let count = self.edges.len();
        let mut state = Tarjan {
            index: vec![usize::MAX; count],
            low: vec![0; count],
            on_stack: vec![false; count],
            stack: Vec::new(),
            next: 0,
            components: Vec::new(),
        };
        for root in 0..count {
            if state.index.get(root) == Some(&usize::MAX) {
                state.visit(root, &|node| self.edges_of(node));
            }
        }
        state.components
    }

    /// The rules, each after all that it depends on.
    pub(super) fn order(&self) -> Vec<RuleId> {
        let mut left: Vec<usize> = self.clauses.iter().map(|(_, count)| *count).collect();
        let mut order = Vec::with_capacity(left.len());
        for node in self.components.iter().flatten() {
            if let Some(site) = self.sites.get(*node)
                && let Some(left) = left.get_mut(site.rule)
            {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    order.push(site.rule);
                }
            }
        }
        order
    }

    /// The shortest way from a node of a component back to it.
    fn cycle(&self, from: usize, within: &BTreeSet<usize>) -> Vec<usize> {
        let mut came_from: HashMap<usize, usize> = HashMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(node) = queue.pop_front() {
            for next in self.edges_of(node) {
                if *next == from {
                    let mut path = vec![from, node];
                    while let Some(before) = came_from.get(path.last().unwrap_or(&from)) {
                        path.push(*before);
                    }
                    path.reverse();
                    // A rule that uses itself at once is both ends.
                    if node == from {
                        path = vec![from, from];
                    }
                    return path;
                }
                if within.contains(next) && !came_from.contains_key(next) {
                    came_from.insert(*next, node);
                    queue.push_back(*next);
                }
            }
        }
        Vec::new()
    }
}

struct Tarjan {
    index: Vec<usize>,
    low: Vec<usize>,
    on_stack: Vec<bool>,
    stack: Vec<usize>,
    next: usize,
    components: Vec<Vec<usize>>,
}

impl Tarjan {
    fn get(list: &[usize], at: usize) -> usize {
        list.get(at).copied().unwrap_or_default()
    }

    fn set<T>(list: &mut [T], at: usize, value: T) {
        if let Some(slot) = list.get_mut(at) {
            *slot = value;
        }
    }

    fn enter(&mut self, node: usize) {
        Self::set(&mut self.index, node, self.next);
        Self::set(&mut self.low, node, self.next);
        Self::set(&mut self.on_stack, node, true);
        self.stack.push(node);
        self.next += 1;
    }

    fn lower(&mut self, node: usize, to: usize) {
        let low = Self::get(&self.low, node).min(to);
        Self::set(&mut self.low, node, low);
    }

    fn visit<'e>(&mut self, root: usize, edges: &dyn Fn(usize) -> &'e [usize]) {
        self.enter(root);
        let mut work = vec![(root, 0)];
        while let Some((node, position)) = work.pop() {
            if let Some(next) = edges(node).get(position) {
                work.push((node, position + 1));
                let index = Self::get(&self.index, *next);
                if index == usize::MAX {
                    self.enter(*next);
                    work.push((*next, 0));
                } else if self.on_stack.get(*next) == Some(&true) {
                    self.lower(node, index);
                }
                continue;
            }
            let low = Self::get(&self.low, node);
            if let Some((parent, _)) = work.last().copied() {
                self.lower(parent, low);
            }
            if low == Self::get(&self.index, node) {
                let mut component = Vec::new();
                while let Some(member) = self.stack.pop() {
                    Self::set(&mut self.on_stack, member, false);
                    component.push(member);
                    if member == node {
                        break;
                    }
                }
                self.components.push(component);
            }
        }
    }
}

/// What a clause may use, and how much was looked at to find out.
fn reaches(tree: &RuleTree, clause: &Clause) -> (BTreeSet<Reached>, usize) {
    let mut cost = 0;
    let mut reached = BTreeSet::new();
    let mut values = narrow::Known::default();
    let mut add = |term: &Term, values: &narrow::Known| {
        if matches!(term.value, Value::Ref(_))
            && let Some(path) = functions::data_path(term)
        {
            narrow::expand(term, path, values, &mut |path| {
                cost += tree.reached(path, &mut |one| {
                    reached.insert(one);
                });
            });
        }
    };
    for expr in &clause.body {
        walk::expr(expr, &mut |node| {
            if let walk::Node::Term(term) = node {
                add(term, &values);
            }
            walk::Into::Inside
        });
        values.learn(expr);
    }
    walk::head(&clause.head, &mut |node| {
        if let walk::Node::Term(term) = node {
            add(term, &values);
        }
        walk::Into::Inside
    });
    (reached, cost)
}

/// `data.test.p[x]` of a clause.
fn shown(names: &Names, modules: &[Module], tree: &RuleTree, site: Site) -> String {
    let Some((module, rule)) = tree.written(modules, site.rule) else { return String::new() };
    let clause = rule.clauses.get(site.clause);
    clause.map_or_else(String::new, |clause| rule_path(names, &module.package, clause))
}

/// `data.test.p[x]`: the path of a clause of a package.
pub(super) fn rule_path(names: &Names, package: &[sekisho_value::Str], clause: &Clause) -> String {
    let at = Location::default();
    let mut path = Term::path(super::names::Name::DATA, package, at);
    if let Value::Ref(parts) = &mut path.value {
        parts.push(Term::string(&clause.head.name, at));
        parts.extend(clause.head.path.iter().cloned());
        return show::reference(names, show::As::Written, parts);
    }
    String::new()
}

/// Of rules that use each other, as many are told.
const MOST_TOLD: usize = 10;

/// A longer way back to a rule is shortened.
const MOST_NAMED: usize = 100;

/// Reports rules that use themselves.
pub(super) fn check_recursion(cx: &mut Cx<'_>, modules: &[Module], tree: &RuleTree, graph: &Graph) {
    for component in &graph.components {
        if let [single] = component.as_slice()
            && !graph.edges_of(*single).contains(single)
        {
            continue;
        }
        let within: BTreeSet<usize> = component.iter().copied().collect();
        let mut told = 0;
        for node in component.iter().copied() {
            let Some(site) = graph.sites.get(node).copied() else { continue };
            // Of very many rules that use each other a few say enough.
            if told >= MOST_TOLD {
                break;
            }
            told += 1;
            if !cx.step(within.len()) {
                return;
            }
            let steps = graph.cycle(node, &within);
            let named: Vec<String> = steps
                .iter()
                .filter_map(|step| graph.sites.get(*step))
                .map(|site| shown(&cx.names, modules, tree, *site))
                .collect();
            let named = match named.as_slice() {
                [first, .., last] if named.len() > MOST_NAMED => {
                    vec![first.clone(), "…".to_owned(), last.clone()]
                }
                _ => named,
            };
            let rule = shown(&cx.names, modules, tree, site);
            let message = format!("rule {rule} is recursive: {}", named.join(" -> "));
            let at = clause_of(modules, tree, site).map(|clause| clause.at).unwrap_or_default();
            cx.error(Code::Recursion, at, message);
        }
    }
}
