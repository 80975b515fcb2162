//! What an expression may cost, before it is evaluated (cel-go's `checker.Cost`).

use super::ranges::{CallEstimate, CostEstimate, SizeEstimate};
use super::{CallCosts, LIST, MAP, REGEX, SELECT, STRUCT, TRAVERSAL};
use crate::ast::{Comprehension, Expr, ExprId, ExprKind, Form, Literal, Name};
use crate::check::{Checked, Reference};
use crate::environment::{Declared, Environment};
use crate::macros::ACCUMULATOR;
use crate::term::scalars;
use crate::types::Type;
use std::collections::HashMap;
use std::fmt;

/// A part of an expression of which a size is asked.
#[derive(Debug)]
pub struct EstimatedNode<'e> {
    /// the tree
    pub expr: &'e Expr,
    /// its type
    pub of: &'e Type,
    /// where it comes from: a variable, and then fields, `@items`, `@keys`, `@values`
    pub path: Vec<String>,
    /// its size as far as the expression tells
    pub size: Option<SizeEstimate>,
}

impl EstimatedNode<'_> {
    /// Its size, anything where it is not known.
    #[must_use]
    pub fn size_or_unknown(&self) -> SizeEstimate {
        self.size.unwrap_or(SizeEstimate::UNKNOWN)
    }

    /// The constant that it is, zero where it is negative; or else something else.
    #[must_use]
    pub fn int_or(&self, otherwise: u64) -> u64 {
        match self.expr.kind {
            ExprKind::Literal(Literal::Int(int)) => u64::try_from(int).unwrap_or(0),
            _ => otherwise,
        }
    }
}

/// A call of which the cost is asked.
#[derive(Debug)]
pub struct EstimatedCall<'e> {
    /// the function's name
    pub function: &'e str,
    /// the overload
    pub overload: &'e str,
    /// of what it is a method
    pub target: Option<EstimatedNode<'e>>,
    /// its arguments
    pub args: Vec<EstimatedNode<'e>>,
    /// how large values may be
    pub sizes: &'e dyn Sizes,
}

impl EstimatedCall<'_> {
    /// The size of what the function is a method of, where it is one.
    #[must_use]
    pub fn target_size(&self) -> Option<SizeEstimate> {
        self.target.as_ref().map(EstimatedNode::size_or_unknown)
    }

    /// The size of an argument, anything where there is none.
    #[must_use]
    pub fn size(&self, argument: usize) -> SizeEstimate {
        self.args.get(argument).map_or(SizeEstimate::UNKNOWN, EstimatedNode::size_or_unknown)
    }

    /// The type and the size of the items of a list that the function is a method of.
    #[must_use]
    pub fn items(&self) -> Option<(Type, SizeEstimate)> {
        let target = self.target.as_ref()?;
        let of = target.of.params().first()?;
        let mut path = target.path.clone();
        extend(&mut path, "@items");
        let node = EstimatedNode { expr: target.expr, of, path, size: None };
        Some((of.clone(), self.sizes.size(&node).unwrap_or(SizeEstimate::UNKNOWN)))
    }
}

/// How large the values of variables may be.
pub trait Sizes: fmt::Debug {
    /// The size of a value, where it is known.
    fn size(&self, node: &EstimatedNode<'_>) -> Option<SizeEstimate>;
}

/// Nothing is known of any value.
impl Sizes for () {
    fn size(&self, _: &EstimatedNode<'_>) -> Option<SizeEstimate> {
        None
    }
}

/// What evaluating an expression may cost.
#[must_use]
pub fn estimate(checked: &Checked, environment: &Environment, sizes: &dyn Sizes) -> CostEstimate {
    let call_costs = environment.inner().libraries.call_costs.as_deref();
    let mut estimator = Estimator {
        checked,
        sizes,
        call_costs,
        presence_tests_cost: environment.inner().libraries.options.presence_tests_cost,
        paths: HashMap::new(),
        computed: HashMap::new(),
        entries: HashMap::new(),
        scopes: Vec::new(),
    };
    estimator.cost(&checked.expr)
}

#[derive(Clone, Copy)]
struct Entries {
    list: bool,
    key: SizeEstimate,
    value: SizeEstimate,
}

struct Local {
    name: Name,
    path: Vec<String>,
    size: Option<SizeEstimate>,
    entries: Option<Entries>,
    /// what reading it costs
    read: CostEstimate,
}

struct Estimator<'e> {
    checked: &'e Checked,
    sizes: &'e dyn Sizes,
    call_costs: Option<&'e dyn CallCosts>,
    presence_tests_cost: bool,
    paths: HashMap<ExprId, Vec<String>>,
    computed: HashMap<ExprId, SizeEstimate>,
    entries: HashMap<ExprId, Entries>,
    scopes: Vec<Local>,
}

/// The widest range the other way round: what `or` starts from.
const NONE: SizeEstimate = SizeEstimate { min: u64::MAX, max: 0 };

/// How long a path is kept: beyond it, nobody knows the size of what is there.
const MAX_PATH: usize = 64;

impl<'e> Estimator<'e> {
    fn cost(&mut self, expr: &'e Expr) -> CostEstimate {
        match &expr.kind {
            ExprKind::Literal(_) => CostEstimate::default(),
            ExprKind::Ident(name) => {
                let path =
                    self.local(name).map_or_else(|| vec![name.to_string()], |at| at.path.clone());
                self.paths.insert(expr.id, path);
                self.local(name).map_or(CostEstimate::fixed(SELECT), |local| local.read)
            }
            ExprKind::Select { operand, field, test } => self.select(expr, operand, field, *test),
            ExprKind::Call { target, function, args } => {
                self.call(expr, target.as_deref(), function, args)
            }
            ExprKind::List(items) => {
                let mut size = NONE;
                let mut sum = CostEstimate::fixed(LIST);
                for item in items {
                    sum = sum.plus(self.cost(&item.value));
                    size = size.or(self.size_or_unknown(&item.value));
                }
                if items.is_empty() {
                    size.min = 0;
                }
                let key = SizeEstimate::fixed(1);
                self.entries.insert(expr.id, Entries { list: true, key, value: size });
                sum
            }
            ExprKind::Map(entries) => {
                let (mut key, mut value) = (NONE, NONE);
                let mut sum = CostEstimate::fixed(MAP);
                for entry in entries {
                    sum = sum.plus(self.cost(&entry.key)).plus(self.cost(&entry.value));
                    key = key.or(self.size_or_unknown(&entry.key));
                    value = value.or(self.size_or_unknown(&entry.value));
                }
                if entries.is_empty() {
                    (key.min, value.min) = (0, 0);
                }
                self.entries.insert(expr.id, Entries { list: false, key, value });
                sum
            }
            ExprKind::Struct { fields, .. } => fields
                .iter()
                .fold(CostEstimate::fixed(STRUCT), |sum, field| sum.plus(self.cost(&field.value))),
            ExprKind::Comprehension(fold) => self.comprehension(expr, fold),
        }
    }

    fn select(
        &mut self,
        expr: &'e Expr,
        operand: &'e Expr,
        field: &str,
        test: bool,
    ) -> CostEstimate {
        if let Some(Reference::Variable(name)) = self.checked.reference(expr) {
            self.paths.insert(expr.id, vec![name.to_string()]);
            return CostEstimate::fixed(SELECT);
        }
        let sum = self.cost(operand);
        if test {
            let test = if self.presence_tests_cost { SELECT } else { 0 };
            return sum.plus(CostEstimate::fixed(test));
        }
        let mut path = self.path(operand);
        extend(&mut path, field);
        self.paths.insert(expr.id, path);
        match self.checked.type_of(operand) {
            Type::Map(_) | Type::Struct(_) | Type::Param(_) => {
                sum.plus(CostEstimate::fixed(SELECT))
            }
            _ => sum,
        }
    }

    fn call(
        &mut self,
        expr: &'e Expr,
        target: Option<&'e Expr>,
        function: &'e Name,
        args: &'e [Expr],
    ) -> CostEstimate {
        if let ("dyn", [arg]) = (function.as_str(), args) {
            let cost = self.cost(arg);
            self.copy_sizes(expr, arg);
            return CostEstimate::fixed(1).plus(cost);
        }
        let costs: Vec<CostEstimate> = args.iter().map(|arg| self.cost(arg)).collect();
        let Some(Reference::Function(overloads)) = self.checked.reference(expr) else {
            return CostEstimate::default();
        };
        // A namespace is no target.
        let target = target.filter(|_| overloads.first().is_some_and(|overload| overload.member));
        let sum = target.map_or(CostEstimate::default(), |target| self.cost(target));
        let mut cost: Option<CostEstimate> = None;
        let mut size: Option<SizeEstimate> = None;
        for overload in overloads {
            let of = self.overload(expr, overload, target, args, &costs);
            cost = Some(cost.map_or(of.cost, |cost| cost.or(of.cost)));
            if let Some(own) = of.size {
                size = Some(size.map_or(own, |size| size.or(own)));
            }
            let part = match overload.overload.id {
                "index_list" => Some("@items"),
                "index_map" => Some("@values"),
                _ => None,
            };
            if let (Some(part), Some(operand)) = (part, args.first()) {
                size = self.entries_of(operand).map(|entries| entries.value);
                let mut path = self.path(operand);
                extend(&mut path, part);
                self.paths.insert(expr.id, path);
            }
            if size.is_none() {
                size = self.size(expr);
            }
        }
        if let Some(size) = size {
            self.computed.insert(expr.id, size);
        }
        sum.plus(cost.unwrap_or_default())
    }

    fn overload(
        &mut self,
        expr: &'e Expr,
        overload: &'e Declared,
        target: Option<&'e Expr>,
        args: &'e [Expr],
        costs: &[CostEstimate],
    ) -> CallEstimate {
        let all = costs.iter().fold(CostEstimate::default(), |sum, cost| sum.plus(*cost));
        let (function, id) = (overload.name.as_str(), overload.overload.id);
        let asked = self.call_costs.and_then(|costs| costs.estimator(function, id));
        if let Some(estimator) = overload.overload.estimate.or(asked) {
            let target = target.map(|target| self.node(target));
            let args = args.iter().map(|arg| self.node(arg)).collect();
            let call = EstimatedCall { function, overload: id, target, args, sizes: self.sizes };
            if let Some(own) = estimator(&call) {
                return CallEstimate { cost: own.cost.plus(all), size: own.size };
            }
        }
        let mut operands = target.into_iter().chain(args);
        let (first, second) = (operands.next(), operands.next());
        let mut size_of = |expr: Option<&'e Expr>| {
            expr.map_or(SizeEstimate::UNKNOWN, |expr| self.size_or_unknown(expr))
        };
        let (one, other) = (size_of(first), size_of(second));
        let mut size = None;
        let cost = match id {
            "string_format" => one.scaled(TRAVERSAL),
            "string_to_bytes" => {
                size = Some(SizeEstimate { min: one.min, max: one.max.saturating_mul(4) });
                one.scaled(TRAVERSAL)
            }
            "bytes_to_string" => {
                size = Some(SizeEstimate { min: one.min / 4, max: one.max });
                one.scaled(TRAVERSAL)
            }
            "strings_quote" => {
                let two = SizeEstimate::fixed(2);
                size =
                    Some(SizeEstimate { min: one.min, max: one.max.saturating_mul(2) }.plus(two));
                one.scaled(TRAVERSAL)
            }
            "starts_with_string" | "ends_with_string" => other.scaled(TRAVERSAL),
            "in_list" => other.scaled(1.0),
            "matches_string" => {
                one.plus(SizeEstimate::fixed(1)).scaled(TRAVERSAL).times(other.scaled(REGEX))
            }
            "contains_string" => one.scaled(TRAVERSAL).times(other.scaled(TRAVERSAL)),
            "logical_or" | "logical_and" => {
                let min = costs.first().map_or(0, |cost| cost.min);
                return CallEstimate { cost: CostEstimate { min, max: all.max }, size: None };
            }
            "conditional" => return self.conditional(expr, args, costs),
            "add_string" | "add_bytes" | "add_list" => {
                let entries = first.and_then(|first| self.entries_of(first));
                let others = second.and_then(|second| self.entries_of(second));
                if let (Some(one), Some(other)) = (entries, others) {
                    self.entries.insert(expr.id, either(one, other));
                }
                let sum = one.plus(other);
                size = Some(sum);
                if id == "add_list" { CostEstimate::fixed(1) } else { sum.scaled(TRAVERSAL) }
            }
            "less_string"
            | "greater_string"
            | "less_equals_string"
            | "greater_equals_string"
            | "less_bytes"
            | "greater_bytes"
            | "less_equals_bytes"
            | "greater_equals_bytes"
            | "equals"
            | "not_equals" => {
                let max = one.max.min(other.max);
                SizeEstimate { min: u64::from(max > 0), max }.scaled(TRAVERSAL)
            }
            _ => CostEstimate::fixed(1),
        };
        CallEstimate { cost: cost.plus(all), size }
    }

    fn conditional(
        &mut self,
        expr: &'e Expr,
        args: &'e [Expr],
        costs: &[CostEstimate],
    ) -> CallEstimate {
        let ([_, truthy, falsy], [condition, one, other]) = (args, costs) else {
            return CallEstimate { cost: CostEstimate::default(), size: None };
        };
        let size = self.size_or_unknown(truthy).or(self.size_or_unknown(falsy));
        if let (Some(one), Some(other)) = (self.entries_of(truthy), self.entries_of(falsy)) {
            self.entries.insert(expr.id, either(one, other));
        }
        CallEstimate { cost: condition.plus(one.or(*other)), size: Some(size) }
    }

    fn comprehension(&mut self, expr: &'e Expr, fold: &'e Comprehension) -> CostEstimate {
        let range = self.cost(&fold.range);
        let init = self.cost(&fold.init);
        let entries = self.entries_of(&fold.init);
        let size = self.size(&fold.init);
        let path = self.path(&fold.init);
        // cel-go has what `optMap` is applied to itself where we read the variable.
        let is_target = fold.form == Form::OptionalTarget;
        let read = if is_target { init } else { CostEstimate::fixed(SELECT) };
        self.scopes.push(Local { name: fold.accumulator.clone(), path, size, entries, read });
        if matches!(fold.form, Form::Bind | Form::OptionalTarget) {
            let result = self.cost(&fold.result);
            self.copy_sizes(expr, &fold.result);
            self.scopes.pop();
            return if is_target { result } else { range.plus(init).plus(result) };
        }
        let scopes = self.scopes.len();
        self.push_variables(fold);
        let condition = self.cost(&fold.condition);
        let step = self.cost(&fold.step);
        self.scopes.truncate(scopes);
        let result = self.cost(&fold.result);
        self.scopes.pop();
        let count = self.size_or_unknown(&fold.range);
        match fold.init.kind {
            ExprKind::Literal(_) => {
                if let Some(size) = size {
                    self.computed.insert(expr.id, size);
                }
            }
            ExprKind::List(_) | ExprKind::Map(_) => {
                self.computed.insert(expr.id, count);
                if let Some(entries) = self.entries_of(&fold.step) {
                    self.entries.insert(expr.id, entries);
                }
            }
            _ => {}
        }
        range.plus(init).plus(result).plus(count.times(step.plus(condition)))
    }

    fn push_variables(&mut self, fold: &'e Comprehension) {
        let entries = self.entries_of(&fold.range);
        let list = entries.map_or_else(
            || matches!(self.checked.type_of(&fold.range), Type::List(_)),
            |entries| entries.list,
        );
        let path = self.path(&fold.range);
        let mut push = |name: &Name, part: &str, size: Option<SizeEstimate>| {
            let mut path = path.clone();
            extend(&mut path, part);
            let read = CostEstimate::fixed(SELECT);
            self.scopes.push(Local { name: name.clone(), path, size, entries: None, read });
        };
        let key = entries.map(|entries| entries.key);
        let value = entries.map(|entries| entries.value);
        match (&fold.variable2, list) {
            (Some(second), true) => {
                push(&fold.variable, "@indices", key);
                push(second, "@items", value);
            }
            (Some(second), false) => {
                push(&fold.variable, "@keys", key);
                push(second, "@values", value);
            }
            (None, true) => push(&fold.variable, "@items", value),
            (None, false) => push(&fold.variable, "@keys", key),
        }
    }

    fn local(&self, name: &str) -> Option<&Local> {
        self.scopes.iter().rev().find(|local| local.name == name)
    }

    fn path(&self, expr: &Expr) -> Vec<String> {
        if let Some(local) = expr.as_ident().and_then(|name| self.local(name)) {
            return local.path.clone();
        }
        self.paths.get(&expr.id).cloned().unwrap_or_default()
    }

    fn node(&mut self, expr: &'e Expr) -> EstimatedNode<'e> {
        let mut path = self.path(expr);
        if path.first().is_some_and(|first| first == ACCUMULATOR) {
            path.clear();
        }
        let size = self.size(expr);
        EstimatedNode { expr, of: self.checked.type_of(expr), path, size }
    }

    fn entries_of(&self, expr: &Expr) -> Option<Entries> {
        if let Some(entries) = self.entries.get(&expr.id) {
            return Some(*entries);
        }
        self.local(expr.as_ident()?)?.entries
    }

    fn size_or_unknown(&mut self, expr: &'e Expr) -> SizeEstimate {
        self.size(expr).unwrap_or(SizeEstimate::UNKNOWN)
    }

    fn size(&mut self, expr: &'e Expr) -> Option<SizeEstimate> {
        if let Some(size) = self.computed.get(&expr.id) {
            return Some(*size);
        }
        let own = match &expr.kind {
            ExprKind::Literal(Literal::String(text)) => Some(scalars(text)),
            ExprKind::Literal(Literal::Bytes(bytes)) => Some(bytes.len() as u64),
            ExprKind::Literal(_) => Some(1),
            ExprKind::List(items) => Some(items.len() as u64),
            ExprKind::Map(entries) => Some(entries.len() as u64),
            _ => None,
        };
        if let Some(own) = own {
            return Some(SizeEstimate::fixed(own));
        }
        let of = self.checked.type_of(expr);
        let node = EstimatedNode { expr, of, path: self.path(expr), size: None };
        if let Some(size) = self.sizes.size(&node) {
            self.computed.insert(expr.id, size);
            return Some(size);
        }
        if is_scalar(of) {
            return Some(SizeEstimate::fixed(1));
        }
        self.local(expr.as_ident()?)?.size
    }

    fn copy_sizes(&mut self, to: &'e Expr, from: &'e Expr) {
        if let Some(size) = self.size(from) {
            self.computed.insert(to.id, size);
        }
        if let Some(entries) = self.entries_of(from) {
            self.entries.insert(to.id, entries);
        }
    }
}

fn extend(path: &mut Vec<String>, part: &str) {
    if path.len() < MAX_PATH {
        path.push(part.to_owned());
    }
}

fn either(one: Entries, other: Entries) -> Entries {
    Entries { list: one.list, key: one.key.or(other.key), value: one.value.or(other.value) }
}

fn is_scalar(of: &Type) -> bool {
    match of {
        Type::Bool | Type::Double | Type::Duration | Type::Int | Type::Timestamp | Type::Uint => {
            true
        }
        Type::Nullable(_) => is_scalar(&of.param(0)),
        other => other.optional_value().is_some_and(|value| is_scalar(&value)),
    }
}
