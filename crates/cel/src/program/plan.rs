//! From the checked tree to what is evaluated.

mod attribute;
mod constants;
mod loops;

use super::node::{Binary, Call, Constant, Node, Operator, Struct};
use crate::ast::{Expr, ExprKind, Literal, Name, operator};
use crate::check::{Checked, Reference};
use crate::cost::{self, Rule};
use crate::environment::{Declared, Environment, Inner};
use crate::{Diagnostic, Span};
use std::sync::Arc;

pub(super) struct Planned {
    pub(super) node: Node,
    pub(super) variables: Vec<Name>,
    pub(super) slots: usize,
}

pub(super) fn plan(
    checked: &Checked,
    environment: &Environment,
    text: &str,
) -> Result<Planned, Vec<Diagnostic>> {
    // The environment's variables come first, so that they are counted first.
    let mut variables = Vec::new();
    find_variables(checked, &checked.expr, &mut variables);
    let mut planner = Planner {
        checked,
        environment: environment.inner(),
        text,
        slots: variables.len(),
        variables,
        scopes: Vec::new(),
        diagnostics: Vec::new(),
        in_struct: false,
    };
    let node = planner.expr(&checked.expr);
    if !planner.diagnostics.is_empty() {
        return Err(planner.diagnostics);
    }
    Ok(Planned { node, variables: planner.variables, slots: planner.slots })
}

fn find_variables(checked: &Checked, expr: &Expr, found: &mut Vec<Name>) {
    if let Some(Reference::Variable(name)) = checked.reference(expr)
        && !found.contains(name)
    {
        found.push(name.clone());
    }
    expr.for_each_child(&mut |child| find_variables(checked, child, found));
}

/// Where a local variable's value comes from.
#[derive(Clone)]
enum Local {
    /// it is set before it is read
    Set(usize),
    /// it is what `optMap` is applied to, and reading it costs nothing
    Target(usize),
    /// it is evaluated when it is first read
    Lazy(usize, Arc<Node>),
}

struct Planner<'p> {
    checked: &'p Checked,
    environment: &'p Inner,
    text: &'p str,
    variables: Vec<Name>,
    slots: usize,
    scopes: Vec<(Name, Local)>,
    diagnostics: Vec<Diagnostic>,
    /// fields of a message are planned: what they hold is told apart from data
    in_struct: bool,
}

impl Planner<'_> {
    fn error(&mut self, span: Span, message: String) {
        self.diagnostics.push(Diagnostic::new(self.text, span, message));
    }

    fn new_slot(&mut self) -> usize {
        let slot = self.slots;
        self.slots += 1;
        slot
    }

    fn expr(&mut self, expr: &Expr) -> Node {
        match &expr.kind {
            ExprKind::Literal(literal) => Node::Constant(constant(literal)),
            ExprKind::Ident(_) | ExprKind::Select { .. } => self.attribute(expr, false),
            ExprKind::Call { target, function, args } => {
                self.call(expr, target.as_deref(), function, args)
            }
            ExprKind::List(items) => self.list(items),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Struct { fields, .. } => {
                let outside = std::mem::replace(&mut self.in_struct, true);
                let fields: Vec<_> = fields
                    .iter()
                    .map(|field| (field.name.clone(), self.expr(&field.value), field.optional))
                    .collect();
                self.in_struct = outside;
                let found = match self.checked.reference(expr) {
                    Some(Reference::Struct(name)) => self
                        .environment
                        .structs_of(name)
                        .map(|(types, _)| (Arc::clone(types), name.clone())),
                    _ => None,
                };
                match found {
                    Some((types, name)) => {
                        let fields = fields.into_boxed_slice();
                        Node::Struct(Box::new(Struct { types, name, fields }))
                    }
                    None => Node::Fail("unknown type".into()),
                }
            }
            ExprKind::Comprehension(fold) => self.comprehension(fold),
        }
    }

    fn pair(&mut self, args: &[Expr]) -> Option<Box<[Node; 2]>> {
        match args {
            [left, right] => Some(Box::new([self.expr(left), self.expr(right)])),
            _ => None,
        }
    }

    fn call(&mut self, expr: &Expr, target: Option<&Expr>, function: &str, args: &[Expr]) -> Node {
        match (function, args) {
            (operator::AND, [left, right]) => {
                Node::And(Box::new([self.expr(left), self.expr(right)]))
            }
            (operator::OR, [left, right]) => {
                Node::Or(Box::new([self.expr(left), self.expr(right)]))
            }
            (operator::CONDITIONAL, [_, _, _])
            | (operator::INDEX | operator::OPT_INDEX | operator::OPT_SELECT, [_, _]) => {
                self.attribute(expr, false)
            }
            (operator::NOT, [operand]) => Node::Not(Box::new(self.expr(operand))),
            (operator::NEGATE, [operand]) => Node::Negate(Box::new(self.expr(operand))),
            (operator::EQUALS | operator::NOT_EQUALS, [left, right]) => {
                let operands = Box::new([self.expr(left), self.expr(right)]);
                Node::Equal(operands, function == operator::EQUALS)
            }
            (operator::IN, [item, list]) => self.membership(expr, item, list),
            _ => match operator_of(function) {
                Some(operator) => match self.pair(args) {
                    Some(operands) => {
                        let rule = self.rule(expr);
                        Node::Binary(Box::new(Binary { operator, operands: *operands, rule }))
                    }
                    None => Node::Fail("no such overload".into()),
                },
                None => self.function(expr, target, args),
            },
        }
    }

    fn membership(&mut self, expr: &Expr, item: &Expr, list: &Expr) -> Node {
        let operands = [self.expr(item), self.expr(list)];
        let in_list = matches!(
            self.overloads(expr).as_slice(),
            [only] if only.overload.id == "in_list"
        );
        let mut rule = self.rule(expr);
        // cel-go makes a set of a constant list, once.
        let folds = self.environment.libraries.options.fold_constants;
        if in_list && folds && constants::is_constant(&operands[1]) {
            if let Node::Constant(Constant::Json(value)) = &operands[1]
                && value.as_array().is_some_and(<[_]>::is_empty)
            {
                return Node::Constant(Constant::Bool(false));
            }
            rule = Rule::Free;
        }
        Node::Binary(Box::new(Binary { operator: Operator::In, operands, rule }))
    }

    fn overloads(&self, expr: &Expr) -> Vec<Arc<Declared>> {
        match self.checked.reference(expr) {
            Some(Reference::Function(overloads)) => overloads.clone(),
            _ => Vec::new(),
        }
    }

    /// What a call costs: known only where one overload is meant.
    fn rule(&self, expr: &Expr) -> Rule {
        let overloads = self.overloads(expr);
        let name = overloads.first().map_or("", |overload| overload.name.as_str());
        let costs = self.environment.libraries.call_costs.as_deref();
        match overloads.as_slice() {
            [only] => {
                let id = only.overload.id;
                let otherwise = Rule::of(id);
                let asked = costs.and_then(|costs| costs.cost(name, id));
                // What an overload says of itself counts before what an environment says of it.
                match only.overload.cost.or(asked) {
                    Some(cost) => Rule::Library(cost, otherwise),
                    None => *otherwise,
                }
            }
            _ => match costs.and_then(|costs| costs.cost(name, "")) {
                Some(cost) => Rule::Library(cost, &Rule::One),
                None => Rule::One,
            },
        }
    }

    fn function(&mut self, expr: &Expr, target: Option<&Expr>, args: &[Expr]) -> Node {
        let mut overloads = self.overloads(expr);
        let Some(first) = overloads.first().cloned() else {
            return Node::Fail("no such overload".into());
        };
        // It is one function for all types, of which the checker may have chosen one too early: what
        // is in an optional item of something dynamic has no type.
        if first.name == "size" {
            let all = self.environment.libraries.functions.get(&first.name).into_iter().flatten();
            overloads = all.filter(|other| other.member == first.member).cloned().collect();
        }
        let function = first.name.clone();
        let member = first.member;
        let target = target.filter(|_| member);
        let operands: Vec<&Expr> = target.into_iter().chain(args).collect();
        if let ("or" | "orValue", [left, right], true) =
            (function.as_str(), operands.as_slice(), first.is_evaluators())
        {
            let operands = Box::new([self.expr(left), self.expr(right)]);
            return if function == "or" {
                Node::OptionalOr(operands)
            } else {
                Node::OptionalOrValue(operands)
            };
        }
        let mut nodes: Vec<Node> = operands.iter().map(|operand| self.expr(operand)).collect();
        self.compile_pattern(expr, &overloads, &mut nodes);
        let rule = self.rule(expr);
        let call = Call {
            function,
            overloads: overloads.into_boxed_slice(),
            args: nodes.into_boxed_slice(),
            rule,
        };
        self.folded(expr, call)
    }
}

fn operator_of(function: &str) -> Option<Operator> {
    Some(match function {
        operator::ADD => Operator::Add,
        operator::SUBTRACT => Operator::Subtract,
        operator::MULTIPLY => Operator::Multiply,
        operator::DIVIDE => Operator::Divide,
        operator::MODULO => Operator::Modulo,
        operator::LESS => Operator::Less,
        operator::LESS_EQUALS => Operator::LessEquals,
        operator::GREATER => Operator::Greater,
        operator::GREATER_EQUALS => Operator::GreaterEquals,
        _ => return None,
    })
}

fn constant(literal: &Literal) -> Constant {
    match literal {
        Literal::Null => Constant::Null,
        Literal::Bool(bool) => Constant::Bool(*bool),
        Literal::Int(int) => Constant::Int(*int),
        Literal::Uint(uint) => Constant::Uint(*uint),
        Literal::Double(double) => Constant::Double(*double),
        Literal::String(text) => Constant::String(text.clone()),
        Literal::Bytes(bytes) => Constant::Bytes(bytes.clone()),
    }
}

/// What reading a name or field costs, unless it is free.
fn select_cost(free: bool) -> u64 {
    if free { 0 } else { cost::SELECT }
}
