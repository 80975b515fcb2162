//! All rules by their paths, and all packages.
//!
//! A rule stands at the constant part of its path: `p[x].q` of package `test` at `data.test.p`.

use super::draft::{Module, Rule, Term, Value, is_empty_body};
use crate::Location;
use sekisho_value::Str;
use std::collections::BTreeMap;

/// A constant of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Key {
    /// null, booleans and numbers, as they are written
    Scalar(Str),
    String(Str),
}

/// A part of a rule's path, or of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Key(Key),
    /// a variable, or what is no scalar
    Dynamic,
}

impl Part {
    pub(super) fn of(term: &Term) -> Self {
        Self::Key(match &term.value {
            Value::Null => Key::Scalar(Str::new_static("null")),
            Value::Bool(true) => Key::Scalar(Str::new_static("true")),
            Value::Bool(false) => Key::Scalar(Str::new_static("false")),
            Value::Number(literal) => Key::Scalar(plain_number(literal)),
            Value::String(text) => Key::String(text.clone()),
            _ => return Self::Dynamic,
        })
    }

    fn key(&self) -> Option<&Key> {
        match self {
            Self::Key(key) => Some(key),
            Self::Dynamic => None,
        }
    }
}

/// One spelling for each number: `1.50`, `15e-1` are `1.5`. Numbers of very large or small
/// exponents stay as they are.
fn plain_number(literal: &Str) -> Str {
    if literal.bytes().all(|byte| byte.is_ascii_digit()) {
        return literal.clone();
    }
    let (sign, unsigned) = match literal.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", literal.as_str()),
    };
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let places = isize::try_from(fraction.len()).unwrap_or(isize::MAX);
    let exponent = exponent.trim_start_matches('+').parse::<i16>();
    let Some(exponent) = exponent.ok().filter(|exponent| exponent.unsigned_abs() < 100) else {
        return literal.clone();
    };
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let point = isize::from(exponent).saturating_sub(places);
    if digits.is_empty() {
        return Str::new_static("0");
    }
    if point >= 0 {
        return Str::from(format!("{sign}{digits}{}", "0".repeat(point.unsigned_abs())));
    }
    let zeros = "0".repeat((point.unsigned_abs() + 1).saturating_sub(digits.len()));
    let padded = format!("{zeros}{digits}");
    let (whole, fraction) = padded.split_at(padded.len().saturating_sub(point.unsigned_abs()));
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    Str::from(format!("{sign}{whole}{dot}{fraction}"))
}

/// The number of a rule among all.
pub(super) type RuleId = usize;

/// The number of a node.
pub(super) type NodeId = usize;

/// What passes ask of a rule.
#[derive(Clone, Debug)]
pub(super) struct Info {
    /// below `data`, package first
    pub(super) path: Vec<Part>,
    /// the length of its package's path
    pub(super) package: usize,
    pub(super) arity: usize,
    pub(super) member: bool,
    pub(super) default: bool,
    /// a value without a body and without references
    pub(super) constant: bool,
    pub(super) at: Location,
    /// module and rule, among those under analysis; none where it was understood before
    pub(super) place: Option<(usize, usize)>,
}

impl Info {
    /// Its module, and itself, where it is under analysis.
    pub(super) fn written<'m>(&self, modules: &'m [Module]) -> Option<(&'m Module, &'m Rule)> {
        let (module, rule) = self.place?;
        let module = modules.get(module)?;
        Some((module, module.rules.get(rule)?))
    }

    /// Its path holds no variable.
    pub(super) fn is_ground(&self) -> bool {
        self.path.iter().all(|part| matches!(part, Part::Key(_)))
    }
}

/// A node: what lies below, and the rules that stand here.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) children: BTreeMap<Key, NodeId>,
    pub(super) rules: Vec<RuleId>,
    /// the length of the longest path of these rules
    longest: usize,
}

/// The tree: node 0 is `data`.
#[derive(Clone, Debug)]
pub(super) struct RuleTree {
    pub(super) nodes: Vec<Node>,
    pub(super) rules: Vec<Info>,
}

impl Default for RuleTree {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], rules: Vec::new() }
    }
}

fn is_constant(rule: &Rule) -> bool {
    rule.clauses.first().is_some_and(|clause| {
        is_empty_body(&clause.body)
            && (clause.head.value.value.is_constant()
                || matches!(clause.head.value.value, Value::Var(_)))
    })
}

impl RuleTree {
    /// The tree of all rules: of those that are known, and of modules.
    pub(super) fn upon(known: &Self, modules: &[Module]) -> Self {
        let mut tree = known.clone();
        tree.rules.iter_mut().for_each(|info| info.place = None);
        for (module_at, module) in modules.iter().enumerate() {
            let package: Vec<Part> =
                module.package.iter().map(|part| Part::Key(Key::String(part.clone()))).collect();
            tree.insert(&package);
            for (rule_at, rule) in module.rules.iter().enumerate() {
                let Some(first) = rule.clauses.first() else { continue };
                let mut path = package.clone();
                path.push(Part::Key(Key::String(first.head.name.clone())));
                path.extend(first.head.path.iter().map(Part::of));
                let node = tree.insert(&path);
                let id = tree.rules.len();
                tree.rules.push(Info {
                    path,
                    package: module.package.len(),
                    arity: first.head.args.len(),
                    member: first.head.member,
                    default: rule.default,
                    constant: is_constant(rule),
                    at: first.at,
                    place: Some((module_at, rule_at)),
                });
                let longest = tree.rules.last().map_or(0, |info| info.path.len());
                if let Some(node) = tree.nodes.get_mut(node) {
                    node.rules.push(id);
                    node.longest = node.longest.max(longest);
                }
            }
        }
        tree
    }

    /// The rule of modules under analysis.
    pub(super) fn written<'m>(
        &self,
        modules: &'m [Module],
        rule: RuleId,
    ) -> Option<(&'m Module, &'m Rule)> {
        self.info(rule)?.written(modules)
    }

    /// The node at the constant part of a path, made where it is not there.
    fn insert(&mut self, path: &[Part]) -> NodeId {
        let mut at = 0;
        for part in path {
            let Part::Key(key) = part else { break };
            at = match self.child(at, key) {
                Some(child) => child,
                None => {
                    let new = self.nodes.len();
                    self.nodes.push(Node::default());
                    if let Some(node) = self.nodes.get_mut(at) {
                        node.children.insert(key.clone(), new);
                    }
                    new
                }
            };
        }
        at
    }

    pub(super) fn node(&self, at: NodeId) -> Option<&Node> {
        self.nodes.get(at)
    }

    pub(super) fn child(&self, at: NodeId, key: &Key) -> Option<NodeId> {
        self.node(at)?.children.get(key).copied()
    }

    /// The node at exactly that path below `data`.
    pub(super) fn find(&self, path: &[Part]) -> Option<NodeId> {
        path.iter().try_fold(0, |at, part| self.child(at, part.key()?))
    }

    /// The rules that stand at a node.
    pub(super) fn rules_at(&self, at: NodeId) -> &[RuleId] {
        self.node(at).map(|node| node.rules.as_slice()).unwrap_or_default()
    }

    pub(super) fn info(&self, rule: RuleId) -> Option<&Info> {
        self.rules.get(rule)
    }

    /// The rules at exactly that path below `data`.
    pub(super) fn rules_of(&self, path: &[Part]) -> &[RuleId] {
        self.find(path).map(|at| self.rules_at(at)).unwrap_or_default()
    }

    /// It is known to have a value: it has a default, is a set, or a constant.
    pub(super) fn is_known_defined(&self, path: &[Part]) -> bool {
        let rules = self.rules_of(path);
        let mut infos = rules.iter().filter_map(|rule| self.info(*rule));
        let Some(first) = infos.next() else { return false };
        if first.arity > 0 {
            return false;
        }
        first.default
            || first.member
            || if rules.len() == 1 { first.constant } else { infos.any(|info| info.default) }
    }

    /// What a reference below `data` may mean: how much was looked at.
    pub(super) fn reached(&self, path: &[Part], found: &mut dyn FnMut(Reached)) -> usize {
        let mut cost = 0;
        let mut work = vec![(0, 0)];
        while let Some((at, depth)) = work.pop() {
            let Some(part) = path.get(depth) else {
                found(Reached::Under(at));
                continue;
            };
            let mut visit = |child: NodeId| {
                cost += 1 + self.intersecting(child, path, depth + 1, found);
                work.push((child, depth + 1));
            };
            match part {
                Part::Key(key) => self.child(at, key).into_iter().for_each(&mut visit),
                Part::Dynamic => {
                    let children = self.node(at).map(|node| node.children.values());
                    children.into_iter().flatten().copied().for_each(&mut visit);
                }
            }
        }
        cost
    }

    /// The rules of a node whose paths may be those of the reference.
    fn intersecting(
        &self,
        at: NodeId,
        path: &[Part],
        from: usize,
        found: &mut dyn FnMut(Reached),
    ) -> usize {
        let rules = self.rules_at(at);
        let longest = self.node(at).map_or(0, |node| node.longest);
        if !rules.is_empty() && (longest <= from || path.len() <= from) {
            found(Reached::At(at));
            return 0;
        }
        let may = |rule: &RuleId| {
            self.info(*rule).is_some_and(|info| {
                let both = info.path.iter().zip(path).skip(from);
                both.into_iter().all(|(a, b)| match (a, b) {
                    (Part::Key(a), Part::Key(b)) => a == b,
                    _ => true,
                })
            })
        };
        if !rules.is_empty() {
            if rules.iter().all(may) {
                found(Reached::At(at));
            } else {
                rules.iter().filter(|rule| may(rule)).for_each(|rule| found(Reached::Rule(*rule)));
            }
        }
        rules.len()
    }
}

/// What a reference reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reached {
    /// one rule
    Rule(RuleId),
    /// the rules at a node
    At(NodeId),
    /// the rules at a node and below it
    Under(NodeId),
}
