//! `walk`, `graph.*`.

use super::arithmetic::Outcome;
use super::operands::{object, operand};
use super::sets::list_or_set;
use super::{Context, Failure, Function};
use crate::term::Term;
use std::collections::BTreeSet;

pub(super) const FUNCTIONS: &[(&str, Function)] =
    &[("walk", walk), ("graph.reachable", reachable), ("graph.reachable_paths", reachable_paths)];

/// All `[path, value]` pairs of a value: itself, then each member with all below it, in order.
fn walk<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let mut pairs = Vec::new();
    let mut path = Vec::new();
    walk_into(context, operand(operands, 1), &mut path, &mut pairs)?;
    Ok(context.arena.array(&pairs)?)
}

/// As deep as the value is, which is bounded.
fn walk_into<'a>(
    context: &Context<'a>,
    term: Term<'a>,
    path: &mut Vec<Term<'a>>,
    pairs: &mut Vec<Term<'a>>,
) -> Result<(), Failure> {
    let arena = context.arena;
    arena.budget().step(1 + path.len() as u64 / 4)?;
    arena.budget().allocate(size_of::<Term<'_>>() as u64)?;
    pairs.push(arena.array(&[arena.array(path)?, term])?);
    for (key, value) in term.entries() {
        path.push(key);
        walk_into(context, value, path, pairs)?;
        path.pop();
    }
    Ok(())
}

/// The edges of a node: none where it is no node of the graph.
fn edges<'a>(graph: Term<'a>, node: Term<'a>) -> Option<Vec<Term<'a>>> {
    graph.get(node).map(|edges| edges.items().collect())
}

/// A set of values, by their order.
struct Seen<'a>(BTreeSet<Ordered<'a>>);

#[derive(Clone, Copy, PartialEq, Eq)]
struct Ordered<'a>(Term<'a>);

impl PartialOrd for Ordered<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        crate::term::compare(self.0, other.0)
    }
}

fn reachable<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let graph = object(operands, 1)?;
    let budget = context.arena.budget();
    let mut waiting: Vec<_> = list_or_set(operand(operands, 2), 2, &["{array, set}"])?.collect();
    let mut reached = Seen(BTreeSet::new());
    while let Some(node) = waiting.pop() {
        budget.step(2)?;
        if reached.0.contains(&Ordered(node)) {
            continue;
        }
        if let Some(edges) = edges(graph, node) {
            budget.step(edges.len() as u64)?;
            budget.allocate(((edges.len() + 4) * size_of::<Term<'_>>()) as u64)?;
            waiting.extend(edges);
            reached.0.insert(Ordered(node));
        }
    }
    let members: Vec<_> = reached.0.into_iter().map(|node| node.0).collect();
    Ok(context.arena.sorted_set(&members)?)
}

/// A node whose edges are being followed.
struct Step<'a> {
    edges: Vec<Term<'a>>,
    next: usize,
    /// it was not on the path before
    first: bool,
}

fn reachable_paths<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let graph = object(operands, 1)?;
    let starts = list_or_set(operand(operands, 2), 2, &["{array, set}"])?;
    let mut paths = Vec::new();
    for start in starts {
        match edges(graph, start) {
            Some(edges) if edges.is_empty() => paths.push(context.arena.array(&[start])?),
            Some(edges) => follow(context, graph, start, edges, &mut paths)?,
            None => {}
        }
    }
    Ok(context.arena.set(paths)?)
}

/// Every way from a node on, up to where it ends or would come back to itself.
fn follow<'a>(
    context: &Context<'a>,
    graph: Term<'a>,
    start: Term<'a>,
    edges_of_start: Vec<Term<'a>>,
    paths: &mut Vec<Term<'a>>,
) -> Result<(), Failure> {
    let arena = context.arena;
    let budget = arena.budget();
    let mut path = vec![start];
    let mut on_path = Seen(BTreeSet::from([Ordered(start)]));
    let mut steps = vec![Step { edges: edges_of_start, next: 0, first: true }];
    while let Some(step) = steps.last_mut() {
        let Some(neighbour) = step.edges.get(step.next).copied() else {
            let first = steps.pop().is_some_and(|step| step.first);
            if let Some(node) = path.pop().filter(|_| first) {
                on_path.0.remove(&Ordered(node));
            }
            continue;
        };
        step.next += 1;
        budget.step(2 + path.len() as u64 / 8)?;
        let end = |path: &[Term<'a>], paths: &mut Vec<Term<'a>>| {
            budget.allocate(size_of::<Term<'_>>() as u64)?;
            paths.push(arena.array(path)?);
            Ok::<_, Failure>(())
        };
        // as in OPA, the start's own edges are followed even back to the start
        if steps.len() > 1 && on_path.0.contains(&Ordered(neighbour)) {
            end(&path, paths)?;
            continue;
        }
        match edges(graph, neighbour) {
            None => end(&path, paths)?,
            Some(edges) => {
                path.push(neighbour);
                if edges.is_empty() {
                    end(&path, paths)?;
                    path.pop();
                } else {
                    budget.allocate(((edges.len() + 4) * size_of::<Term<'_>>()) as u64)?;
                    budget.step(edges.len() as u64)?;
                    let first = on_path.0.insert(Ordered(neighbour));
                    steps.push(Step { edges, next: 0, first });
                }
            }
        }
    }
    Ok(())
}
