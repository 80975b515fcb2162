//! Bodies and their expressions.

use super::fold::Folded;
use super::loops::After;
use super::{Job, Name, Planner};
use crate::hir::{Body, Callee, Expr, ExprKind, Operand, Query};
use crate::program::{Comparison, FunctionId, Make, Op, QUERY, Reg, Src};

impl Planner<'_> {
    /// A query: a list of the values of its variables, for every way to make it hold.
    pub(super) fn query(&mut self, query: &Query) -> FunctionId {
        let id = self.declare(QUERY.into(), 0, false);
        self.begin();
        self.e.location = query.location;
        let (mark, dst) = (self.e.register(), self.e.register());
        self.e.emit(Op::Begin { mark });
        let done = self.e.label();
        let scope = self.e.open(done);
        self.body(&query.body, After::Counts);
        let tuple = self.tuple(&query.results, None);
        self.e.emit(Op::Push { src: Src::reg(tuple) });
        self.e.retry();
        self.e.close(scope);
        self.e.place(done);
        self.e.emit(Op::End { what: Make::Array, dst, mark });
        self.e.emit(Op::Return { src: Src::reg(dst) });
        self.end(id);
        id
    }

    /// Expressions, one after the other; what follows is run for every way to make them hold.
    pub(super) fn body(&mut self, body: &Body, after: After<'_>) {
        let mut rest = body.as_slice();
        while let Some((expr, others)) = rest.split_first() {
            // What is known makes it fail here, whatever follows.
            if self.folding.is_some() && self.e.is_dead() {
                return;
            }
            rest = match self.constant_loop(rest, after) {
                0 => {
                    self.expr(expr);
                    others
                }
                written => rest.get(written..).unwrap_or_default(),
            };
        }
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
        let outer = std::mem::replace(&mut self.e.location, expr.location);
        if expr.with.is_empty() {
            self.expr_kind(expr);
        } else {
            self.expr_with(expr);
        }
        self.e.location = outer;
    }

    pub(super) fn expr_kind(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Unify(left, right) => self.unify(left, right),
            ExprKind::Test(operand) => {
                let src = self.value(operand);
                self.is_true(src);
            }
            ExprKind::Call { callee, args, out } => self.call(callee, args, out.as_ref()),
            ExprKind::Not(body) => self.not(body),
            ExprKind::Every { key, value, domain, body } => {
                self.every(key.as_ref(), value, domain, body);
            }
            ExprKind::Print(args) => self.print(args),
        }
    }

    fn call(&mut self, callee: &Callee, args: &[Operand], out: Option<&Operand>) {
        let mock = self.mocks.get(&Name::of(callee)).copied();
        if let (Callee::Builtin(builtin), None, None, [left, right]) = (callee, mock, out, args)
            && let Some(how) = comparison(builtin.name)
        {
            let (left, right) = (self.value(left), self.value(right));
            self.compare(how, left, right);
            return;
        }
        let args: Vec<Src> = args.iter().map(|operand| self.value(operand)).collect();
        let value = match (callee, mock) {
            (Callee::Builtin(builtin), None) => match self.fold_builtin(builtin, &args) {
                Folded::Value(src) => src,
                Folded::Undefined => self.undefined(),
                Folded::Not => self.invoke(callee, mock, &args),
            },
            _ => self.invoke(callee, mock, &args),
        };
        match out {
            Some(out) => self.unify_value(out, value),
            None => self.is_true(value),
        }
    }

    /// Emits a call; gives where its value is.
    fn invoke(&mut self, callee: &Callee, mock: Option<u16>, args: &[Src]) -> Src {
        let function = match callee {
            Callee::Builtin(_) => None,
            Callee::Function(path) => match self.tree.find(path) {
                Some(node) => {
                    // `f()` without parameters is a rule.
                    let rule = args.is_empty()
                        && self.tree.node(node).is_some_and(|node| node.functions.is_empty());
                    let plain = Job::Function(node);
                    Some(match (rule, mock) {
                        (true, _) => self.function(Job::Rules(node)),
                        // What replaces it takes the arguments as they are.
                        (false, Some(_)) => self.function(plain),
                        (false, None) => self.function_for(node, args),
                    })
                }
                None => return self.undefined(),
            },
        };
        if let (Some(function), None) = (function, mock) {
            return self.call_function(function, args);
        }
        let dst = self.e.register();
        let fail = self.e.fail;
        let done = self.e.label();
        if let (Callee::Builtin(builtin), None) = (callee, mock) {
            self.matcher(builtin, args, dst, done);
        }
        let start = self.in_row(args);
        if let Some(mock) = mock {
            let labels = self.exits(done);
            self.e.emit(Op::Mocked { mock, args: start, dst, labels });
        }
        let mut relation = false;
        match (callee, function) {
            (_, Some(function)) => self.e.emit(Op::Call { function, args: start, dst, fail }),
            (Callee::Builtin(builtin), _) => {
                if builtin.function.is_none() {
                    self.not_supported(builtin);
                }
                self.compile_patterns(builtin, args);
                let index = self.builtin(builtin);
                self.e.emit(Op::Builtin { builtin: index, args: start, dst, fail });
                relation = builtin.relation;
            }
            (Callee::Function(_), None) => {}
        }
        self.e.place(done);
        Src::reg(if relation { self.each(Src::reg(dst)).1 } else { dst })
    }

    /// A pair of places for an operation that has no room for both: `done`, and where it fails.
    pub(super) fn exits(&mut self, done: u32) -> u32 {
        self.e.exits.push((done, self.e.fail));
        let fail = self.e.fail;
        self.e.goes_to(done);
        self.e.goes_to(fail);
        u32::try_from(self.e.exits.len() - 1).unwrap_or(u32::MAX)
    }

    fn not(&mut self, body: &Body) {
        let fails = self.e.label();
        let outer = self.e.fail;
        let scope = self.e.open(fails);
        self.body(body, After::Reads(&[]));
        self.e.emit(Op::Jump { to: outer });
        self.e.close(scope);
        self.e.place(fails);
    }

    fn every(&mut self, key: Option<&Operand>, value: &Operand, domain: &Operand, body: &Body) {
        let src = self.value(domain);
        let outer = self.e.fail;
        self.e.emit(Op::IsCollection { src, fail: outer });
        let done = self.e.label();
        let scope = self.e.open(done);
        let (key_reg, value_reg) = self.each(src);
        let next = std::mem::replace(&mut self.e.fail, outer);
        if let Some(key) = key {
            self.unify_value(key, Src::reg(key_reg));
        }
        self.unify_value(value, Src::reg(value_reg));
        self.body(body, After::Reads(&[]));
        self.e.emit(Op::Jump { to: next });
        self.e.close(scope);
        self.e.place(done);
    }

    fn print(&mut self, args: &[Operand]) {
        let start = self.e.run(args.len());
        for (at, operand) in args.iter().enumerate() {
            let dst = start.saturating_add(Reg::try_from(at).unwrap_or(Reg::MAX));
            let mark = self.e.register();
            self.e.emit(Op::Begin { mark });
            let done = self.e.label();
            let scope = self.e.open(done);
            self.push(operand);
            self.e.retry();
            self.e.close(scope);
            self.e.place(done);
            self.e.emit(Op::End { what: Make::Set, dst, mark });
        }
        let src = self.e.register();
        let count = u16::try_from(args.len()).unwrap_or(u16::MAX);
        self.e.emit(Op::Make { what: Make::Array, dst: src, start, count });
        self.e.emit(Op::Print { src });
    }
}

fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        "equal" | "eq" => Comparison::Equal,
        "neq" => Comparison::NotEqual,
        "lt" => Comparison::Less,
        "lte" => Comparison::LessOrEqual,
        "gt" => Comparison::Greater,
        "gte" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}
