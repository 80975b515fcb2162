//! Names, fields and items: what cel-go calls attributes.
//!
//! Their cost is cel-go's: one for the name or value that a chain begins with, one for each
//! constant field or item; nothing for a `?:` itself, nor for what begins its branches, nor for
//! an item whose index is an attribute by itself.

use super::{Local, Planner, select_cost};
use crate::ast::{Expr, ExprKind, Name, operator};
use crate::check::Reference;
use crate::cost;
use crate::program::node::{Constant, Index, Node, Path, Select};

impl Planner<'_> {
    /// Whether a node is an attribute: a chain of fields and items can begin with it.
    fn is_attribute(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Ident(_) | ExprKind::Select { .. } => !matches!(
                self.checked.reference(expr),
                Some(Reference::Type(_) | Reference::Constant(_))
            ),
            ExprKind::Call { function, args, .. } => matches!(
                (function.as_str(), args.len()),
                (operator::CONDITIONAL, 3)
                    | (operator::INDEX | operator::OPT_INDEX | operator::OPT_SELECT, 2)
            ),
            _ => false,
        }
    }

    /// Plans an attribute; `free` where it is a branch of a `?:`.
    pub(super) fn attribute(&mut self, expr: &Expr, free: bool) -> Node {
        match self.checked.reference(expr) {
            Some(Reference::Type(name)) => return Node::Constant(Constant::Type(name.clone())),
            Some(Reference::Variable(name)) => {
                let slot = self.variables.iter().position(|own| own == name).unwrap_or(0);
                return Node::Variable { slot, name: name.clone(), cost: select_cost(free) };
            }
            Some(Reference::Local(name)) => {
                let found = self.scopes.iter().rev().find(|(own, _)| own == name);
                let cost = select_cost(free);
                return match found.map(|(_, local)| local.clone()) {
                    Some(Local::Set(slot)) => Node::Local { slot, cost },
                    Some(Local::Target(slot)) => Node::Local { slot, cost: 0 },
                    Some(Local::Lazy(slot, init)) => Node::Lazy { slot, init, cost },
                    None => Node::Fail(format!("no such attribute(s): {name}").into()),
                };
            }
            Some(Reference::Constant(int)) => return Node::Constant(Constant::Int(*int)),
            _ => {}
        }
        match &expr.kind {
            ExprKind::Ident(name) => Node::Fail(format!("no such attribute(s): {name}").into()),
            ExprKind::Select { operand, field, test } => {
                let (operand, cost) = self.qualified(operand, free);
                if *test {
                    let counts = self.environment.libraries.options.presence_tests_cost;
                    let cost = if counts { cost } else { cost.saturating_sub(cost::SELECT) };
                    Node::Has(Box::new(Select { operand, field: field.clone(), cost }))
                } else {
                    selected(operand, field, cost)
                }
            }
            ExprKind::Call { function, args, .. } => match (function.as_str(), args.as_slice()) {
                (operator::CONDITIONAL, [condition, truthy, falsy]) => {
                    let condition = self.expr(condition);
                    let (truthy, falsy) = (self.branch(truthy), self.branch(falsy));
                    Node::Conditional(Box::new([condition, truthy, falsy]))
                }
                (operator::OPT_SELECT, [operand, field]) => {
                    let (operand, cost) = self.qualified(operand, free);
                    let field = field.as_string().cloned().unwrap_or_default();
                    Node::OptSelect(Box::new(Select { operand, field, cost }))
                }
                (operator::INDEX | operator::OPT_INDEX, [operand, index]) => {
                    self.index(operand, index, function, free)
                }
                _ => self.expr(expr),
            },
            _ => self.expr(expr),
        }
    }

    fn branch(&mut self, expr: &Expr) -> Node {
        if self.is_attribute(expr) { self.attribute(expr, true) } else { self.expr(expr) }
    }

    /// What a field is read of, and what reading a constant field costs.
    fn qualified(&mut self, operand: &Expr, free: bool) -> (Node, u64) {
        if self.is_attribute(operand) {
            return (self.attribute(operand, free), cost::SELECT);
        }
        // What is no attribute begins a chain of its own.
        (self.expr(operand), cost::SELECT + select_cost(free))
    }

    fn index(&mut self, operand: &Expr, index: &Expr, function: &str, free: bool) -> Node {
        let (operand, cost) = self.qualified(operand, free);
        let by_attribute = self.is_attribute(index);
        let index = self.expr(index);
        let cost = cost - if by_attribute { cost::SELECT } else { 0 };
        let optional = function == operator::OPT_INDEX;
        Node::Index(Box::new(Index { operand, index, optional, cost }))
    }
}

/// A field of an operand: one more of a path, where it is one of a variable.
fn selected(operand: Node, field: &Name, cost: u64) -> Node {
    let (slot, name, variable_cost) = match operand {
        Node::Path(mut path) if cost == cost::SELECT => {
            path.fields.push(field.clone());
            return Node::Path(path);
        }
        Node::Variable { slot, name, cost: own } if cost == cost::SELECT => (slot, Some(name), own),
        Node::Local { slot, cost: own } if cost == cost::SELECT => (slot, None, own),
        operand => return Node::Select(Box::new(Select { operand, field: field.clone(), cost })),
    };
    let fields = vec![field.clone()];
    Node::Path(Box::new(Path { slot, name, cost: variable_cost, fields }))
}
