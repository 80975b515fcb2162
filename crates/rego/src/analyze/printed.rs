//! The meaning of rules in a compact notation, for tests.

use crate::hir::{
    Body, Callee, ComprehensionKind, Constant, Expr, ExprKind, Operand, Query, Root, Rule,
    RuleKind, Var, With, WithTarget,
};
use sekisho_value::Str;

/// One rule: a line for its head, then one for each clause.
pub(super) fn rule(rule: &Rule) -> String {
    let p = Printer { variables: &rule.variables };
    let mut head = rule.path.join(".");
    rule.rest.iter().for_each(|part| head += &format!("[{}]", p.operand(part)));
    let kind = match rule.kind {
        RuleKind::Single => String::new(),
        RuleKind::Member => " contains".to_owned(),
        RuleKind::Function => format!("({})", p.list(&rule.params)),
    };
    let default = if rule.default { "default " } else { "" };
    let clauses = rule.clauses.iter().map(|clause| {
        let body = p.body(&clause.body);
        let body = if body.is_empty() { body } else { format!(" if {body}") };
        format!(" {}{body}", p.operand(&clause.value))
    });
    format!("{default}{head}{kind}{}", clauses.collect::<Vec<_>>().join(" else"))
}

/// A query: its results, then its body.
pub(super) fn query(query: &Query) -> String {
    let p = Printer { variables: &query.variables };
    let results: Vec<String> = query.results.iter().map(|var| p.var(*var)).collect();
    format!("{} if {}", results.join(", "), p.body(&query.body))
}

struct Printer<'r> {
    variables: &'r [Str],
}

impl Printer<'_> {
    fn var(&self, var: Var) -> String {
        let text = self.variables[var.0 as usize].as_str();
        text.replace("__local", "").replace("__", "").replace('$', "_")
    }

    fn list(&self, operands: &[Operand]) -> String {
        operands.iter().map(|operand| self.operand(operand)).collect::<Vec<_>>().join(", ")
    }

    fn body(&self, body: &Body) -> String {
        body.iter().map(|expr| self.expr(expr)).collect::<Vec<_>>().join("; ")
    }

    fn callee(callee: &Callee) -> String {
        match callee {
            Callee::Builtin(builtin) => builtin.name.to_owned(),
            Callee::Function(path) => path.join("."),
        }
    }

    fn expr(&self, expr: &Expr) -> String {
        let what = match &expr.kind {
            ExprKind::Unify(a, b) => format!("{} = {}", self.operand(a), self.operand(b)),
            ExprKind::Test(operand) => self.operand(operand),
            ExprKind::Call { callee, args, out } => {
                let out =
                    out.as_ref().map_or(String::new(), |out| format!(" -> {}", self.operand(out)));
                format!("{}({}){out}", Self::callee(callee), self.list(args))
            }
            ExprKind::Not(body) => format!("not {{{}}}", self.body(body)),
            ExprKind::Every { key, value, domain, body } => {
                let key = key.as_ref().map_or(String::new(), |k| self.operand(k) + ", ");
                let (value, domain) = (self.operand(value), self.operand(domain));
                format!("every {key}{value} in {domain} {{{}}}", self.body(body))
            }
            ExprKind::Print(args) => format!("print({})", self.list(args)),
        };
        expr.with.iter().fold(what, |what, with| what + &self.with(with))
    }

    fn with(&self, with: &With) -> String {
        let below = |root: &str, path: &[Str]| {
            path.iter().fold(root.to_owned(), |path, part| format!("{path}.{part}"))
        };
        let (target, value) = match &with.target {
            WithTarget::Input(path, value) => (below("input", path), self.operand(value)),
            WithTarget::Data(path, value) => (below("data", path), self.operand(value)),
            WithTarget::Nowhere(value) => ("nowhere".to_owned(), self.operand(value)),
            WithTarget::Call(target, value) => (Self::callee(target), Self::callee(value)),
            WithTarget::Value(target, value) => (Self::callee(target), self.operand(value)),
        };
        format!(" with {target} as {value}")
    }

    fn operand(&self, operand: &Operand) -> String {
        match operand {
            Operand::Const(constant) => Self::constant(constant),
            Operand::Var(var) => self.var(*var),
            Operand::Ref(reference) => {
                let root = match reference.root {
                    Root::Input => "input".to_owned(),
                    Root::Data => "data".to_owned(),
                    Root::Var(var) => self.var(var),
                };
                reference.path.iter().fold(root, |path, part| match part {
                    Operand::Const(Constant::String(text)) => format!("{path}.{text}"),
                    part => format!("{path}[{}]", self.operand(part)),
                })
            }
            Operand::Array(items) => format!("[{}]", self.list(items)),
            Operand::Set(items) => format!("{{{}}}", self.list(items)),
            Operand::Object(entries) => {
                let entries = entries.iter();
                let shown = entries.map(|(k, v)| self.operand(k) + ": " + &self.operand(v));
                format!("{{{}}}", shown.collect::<Vec<_>>().join(", "))
            }
            Operand::Comprehension(comprehension) => {
                let body = self.body(&comprehension.body);
                match &comprehension.kind {
                    ComprehensionKind::Array(item) => format!("[{} | {body}]", self.operand(item)),
                    ComprehensionKind::Set(item) => format!("{{{} | {body}}}", self.operand(item)),
                    ComprehensionKind::Object(key, value) => {
                        format!("{{{}: {} | {body}}}", self.operand(key), self.operand(value))
                    }
                }
            }
        }
    }

    fn constant(constant: &Constant) -> String {
        let list =
            |items: &[Constant]| items.iter().map(Self::constant).collect::<Vec<_>>().join(", ");
        match constant {
            Constant::Null => "null".to_owned(),
            Constant::Bool(value) => value.to_string(),
            Constant::Number(literal) => literal.to_string(),
            Constant::String(text) => format!("{text:?}"),
            Constant::Array(items) => format!("[{}]", list(items)),
            Constant::Set(items) => format!("{{{}}}", list(items)),
            Constant::Object(entries) => {
                let entries = entries.iter();
                let shown = entries.map(|(k, v)| Self::constant(k) + ": " + &Self::constant(v));
                format!("{{{}}}", shown.collect::<Vec<_>>().join(", "))
            }
        }
    }
}
