//! The places in the input that a program reads: what several paths begin with is looked up once.

use super::Planner;
use crate::program::{InputPlace, Op};
use sekisho_value::Str;
use std::collections::BTreeMap;

/// A place is found from at most so many others.
const CHAIN: usize = 16;

/// What is read below a place.
#[derive(Default)]
struct Node {
    children: BTreeMap<Str, usize>,
    /// it is read itself
    read: bool,
}

impl Planner<'_> {
    /// Gives every path of the input that is read its place.
    pub(super) fn place_inputs(&mut self) {
        let mut nodes = vec![Node::default()];
        let mut ends = BTreeMap::new();
        for op in &self.program.ops {
            let Op::InputPath { place, .. } = op else { continue };
            let path = self.program.paths.get(*place as usize).map(Vec::as_slice);
            ends.entry(*place).or_insert_with(|| reach(&mut nodes, path.unwrap_or_default()));
        }
        let places = places(&nodes, &mut self.program.inputs);
        for op in &mut self.program.ops {
            let Op::InputPath { place, .. } = op else { continue };
            let found = ends.get(place).and_then(|end| places.get(*end)).copied().flatten();
            *place = found.unwrap_or(u32::MAX);
        }
    }
}

fn reach(nodes: &mut Vec<Node>, path: &[Str]) -> usize {
    let mut at = 0;
    for key in path {
        let next = nodes.len();
        let Some(node) = nodes.get_mut(at) else { return at };
        at = *node.children.entry(key.clone()).or_insert(next);
        if at == next {
            nodes.push(Node::default());
        }
    }
    if let Some(node) = nodes.get_mut(at) {
        node.read = true;
    }
    at
}

/// The place of every node that has one: what is read, and where paths part.
fn places(nodes: &[Node], inputs: &mut Vec<InputPlace>) -> Vec<Option<u32>> {
    let mut places = vec![None; nodes.len()];
    // a node, the place above it, the path from there, and how many places are above
    let mut open = vec![(0, None, Vec::new(), 0)];
    while let Some((at, above, path, chain)) = open.pop() {
        let Some(node) = nodes.get(at) else { continue };
        let parts = at != 0 && node.children.len() > 1 && chain < CHAIN;
        let (above, path, chain) = if node.read || parts {
            let place = u32::try_from(inputs.len()).ok();
            inputs.push(InputPlace { above, path: path.clone() });
            if let Some(known) = places.get_mut(at) {
                *known = place;
            }
            // Below a long chain the paths go on from further up.
            if chain < CHAIN { (place, Vec::new(), chain + 1) } else { (above, path, chain) }
        } else {
            (above, path, chain)
        };
        for (key, child) in &node.children {
            let mut path = path.clone();
            path.push(key.clone());
            open.push((*child, above, path, chain));
        }
    }
    places
}
