//! What is constant is made once.

use super::Planner;
use crate::ast::{Element, Entry, Expr};
use crate::cost;
use crate::environment::Declared;
use crate::evaluation::{Cost, Evaluation};
use crate::pattern::CompiledPattern;
use crate::program::Frame;
use crate::program::node::{Call, Constant, Node};
use crate::term::{Scratch, Term};
use sekisho_budget::Budget;
use sekisho_value::{Key, Map, Number, Value};
use std::sync::Arc;

/// The conversions that cel-go makes once where their argument is constant, and that then cost
/// nothing.
const CONVERSIONS: &[&str] =
    &["bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"];

impl Planner<'_> {
    pub(super) fn list(&mut self, items: &[Element]) -> Node {
        let nodes: Vec<(Node, bool)> =
            items.iter().map(|item| (self.expr(&item.value), item.optional)).collect();
        let folds = self.environment.libraries.options.fold_constants;
        if nodes.iter().all(|(_, optional)| !optional) {
            let values: Option<Vec<Value>> = nodes.iter().map(|(node, _)| json(node)).collect();
            if let Some(values) = values.filter(|values| values.is_empty() || !self.in_struct) {
                return made(Value::from(values), folds, cost::LIST);
            }
        }
        let constant = folds && nodes.iter().all(|(node, _)| is_constant(node));
        Node::List(nodes.into_boxed_slice(), if constant { 0 } else { cost::LIST })
    }

    pub(super) fn map(&mut self, entries: &[Entry]) -> Node {
        let nodes: Vec<(Node, Node, bool)> = entries
            .iter()
            .map(|entry| (self.expr(&entry.key), self.expr(&entry.value), entry.optional))
            .collect();
        let folds = self.environment.libraries.options.fold_constants;
        let lenient = folds && self.environment.libraries.options.lenient_constant_maps;
        if nodes.iter().all(|(.., optional)| !optional) {
            let values: Option<Vec<(Key, Value)>> =
                nodes.iter().map(|(key, value, _)| Some((text(key)?, json(value)?))).collect();
            let values = values.filter(|values| values.is_empty() || !self.in_struct);
            // A key that stands twice is an error of each evaluation, or keeps its last value.
            let values = values.map(|values| match lenient {
                true => Ok(Map::from_iter(values)),
                false => Map::from_entries(values),
            });
            if let Some(Ok(map)) = values {
                return made(Value::Object(map), folds, cost::MAP);
            }
        }
        let constant =
            folds && nodes.iter().all(|(key, value, _)| is_constant(key) && is_constant(value));
        let cost = if constant { 0 } else { cost::MAP };
        Node::Map(nodes.into_boxed_slice(), cost, lenient && constant)
    }

    /// Compiles the pattern of a call, where it is constant.
    pub(super) fn compile_pattern(
        &mut self,
        expr: &Expr,
        overloads: &[Arc<Declared>],
        args: &mut [Node],
    ) {
        let Some(position) = overloads.first().and_then(|first| first.overload.pattern) else {
            return;
        };
        let Some(Node::Constant(Constant::String(source))) = args.get(position) else { return };
        match CompiledPattern::new(source) {
            Ok(pattern) => {
                if let Some(slot) = args.get_mut(position) {
                    *slot = Node::Constant(Constant::Opaque(Arc::new(pattern)));
                }
            }
            Err(error) => self.error(expr.span, error.to_string()),
        }
    }

    /// A call, or its value where it is constant.
    pub(super) fn folded(&mut self, expr: &Expr, call: Call) -> Node {
        let conversion = call.args.len() == 1 && CONVERSIONS.contains(&call.function.as_str());
        let constant = conversion || call.overloads.iter().all(|of| of.overload.constant);
        if let ("dyn", [Node::Constant(constant)]) = (call.function.as_str(), &*call.args)
            && self.environment.libraries.options.fold_constants
        {
            return Node::Constant(constant.clone());
        }
        let args: Option<Vec<Term<'_>>> = call.args.iter().map(constant_term).collect();
        let Some(args) = args.filter(|_| constant) else { return Node::Call(Box::new(call)) };
        let (scratch, budget, cost) = (Scratch::new(), Budget::standard(), Cost::unlimited());
        let evaluation = Evaluation::new(&scratch, &budget, &cost);
        let frame = Frame { evaluation, slots: &[], bad_presence_is_error: false };
        let result = call.apply(&frame, &args);
        let folds = self.environment.libraries.options.fold_constants;
        match result {
            Ok(term) => match kept(term, &scratch) {
                Some(constant) if conversion && folds => Node::Constant(constant),
                Some(constant) => Node::Charged(constant, cost.spent()),
                None => Node::Call(Box::new(call)),
            },
            // cel-go refuses to make a program of it.
            Err(error) if conversion && folds => {
                self.error(expr.span, error.to_string());
                Node::Call(Box::new(call))
            }
            Err(_) => Node::Call(Box::new(call)),
        }
    }
}

fn made(value: Value, folds: bool, cost: u64) -> Node {
    let constant = Constant::Json(value);
    if folds { Node::Constant(constant) } else { Node::Charged(constant, cost) }
}

pub(super) fn is_constant(node: &Node) -> bool {
    matches!(node, Node::Constant(_))
        || match node {
            Node::List(items, 0) => items.iter().all(|(item, _)| is_constant(item)),
            Node::Map(entries, 0, _) => !entries.is_empty(),
            _ => false,
        }
}

/// The value of a constant; none of a compiled pattern.
fn constant_term(node: &Node) -> Option<Term<'_>> {
    match node {
        Node::Constant(constant) => Some(constant.term()),
        _ => None,
    }
}

/// A constant as JSON that reads back as the same value.
fn json(node: &Node) -> Option<Value> {
    let Node::Constant(constant) = node else { return None };
    Some(match constant {
        Constant::Null => Value::Null,
        Constant::Bool(bool) => Value::Bool(*bool),
        Constant::Int(int) => Value::from(*int),
        // Written with a fraction, so that it reads as a double.
        Constant::Double(double) => Value::Number(Number::from_literal(&format!("{double:?}"))?),
        Constant::String(text) => Value::String(text.clone()),
        Constant::Json(value) => value.clone(),
        _ => return None,
    })
}

fn text(node: &Node) -> Option<Key> {
    match node {
        Node::Constant(Constant::String(text)) => Some(text.clone()),
        _ => None,
    }
}

/// A value that outlasts the evaluation.
fn kept(term: Term<'_>, scratch: &Scratch) -> Option<Constant> {
    Some(match term {
        Term::Null => Constant::Null,
        Term::Bool(bool) => Constant::Bool(bool),
        Term::Int(int) => Constant::Int(int),
        Term::Uint(uint) => Constant::Uint(uint),
        Term::Double(double) => Constant::Double(double),
        Term::String(text) => Constant::String(text.into()),
        Term::Bytes(bytes) => Constant::Bytes(bytes.to_vec()),
        Term::Timestamp(time) => Constant::Timestamp(time),
        Term::Duration(duration) => Constant::Duration(duration),
        Term::Type(name) => Constant::Type(name.into()),
        Term::Opaque(_) => Constant::Opaque(scratch.last_kept()?),
        _ => return None,
    })
}
