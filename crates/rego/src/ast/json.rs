//! A module as the JSON that `rego.parse_module` gives.

use super::order::{sorted, sorted_pairs};
use super::{
    Body, Else, Expr, ExprKind, Head, Import, LogicalOperator, Module, Operand, Rule, Statement,
    StatementKind, TemplatePart, With,
};
use crate::{Source, syntax};
use sekisho_value::{Map, Number, Str, Value};

/// The tree of a module in the shape of OPA's (`v1/ast/policy_json.go`, `term_json.go`), without
/// annotations and, but for comments, without locations.
#[must_use]
pub fn to_json(module: &Module, source: &Source) -> Value {
    let mut writer = Writer { source, wildcards: 0 };
    let mut path = vec![term("var", "data".into())];
    path.extend(module.package.path.iter().map(|part| term("string", part.clone().into())));
    let mut out = Map::new();
    out.insert("package", object([("path", path.into())]));
    if !module.imports.is_empty() {
        out.insert("imports", module.imports.iter().map(import).collect::<Vec<_>>());
    }
    let rules = writer.rules(&module.rules);
    if !rules.is_empty() {
        out.insert("rules", rules);
    }
    let comments = comments(source);
    if !comments.is_empty() {
        out.insert("comments", comments);
    }
    Value::Object(out)
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let mut map = Map::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    Value::Object(map)
}

fn term(kind: &str, value: Value) -> Value {
    object([("type", kind.into()), ("value", value)])
}

fn import(import: &Import) -> Value {
    let parts = import.path.iter().enumerate();
    let path: Vec<Value> = parts
        .map(|(index, part)| term(if index == 0 { "var" } else { "string" }, part.clone().into()))
        .collect();
    let mut out = Map::new();
    out.insert("path", term("ref", path.into()));
    if let Some(alias) = &import.alias {
        out.insert("alias", alias.clone());
    }
    Value::Object(out)
}

fn comments(source: &Source) -> Vec<Value> {
    let comments = syntax::comments(&source.text).into_iter();
    comments
        .map(|span| {
            let text = source.text.get(span.start as usize + 1..span.end as usize);
            let (row, column) = source.line_column(span.start);
            let number = |it: usize| Value::from(i64::try_from(it).unwrap_or(i64::MAX));
            let location = object([
                ("file", source.name.to_string().into()),
                ("row", number(row)),
                ("col", number(column)),
            ]);
            let text = base64(text.unwrap_or_default().as_bytes());
            object([("Text", text.into()), ("Location", location)])
        })
        .collect()
}

/// As Go writes bytes in JSON.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| usize::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let sextet = bits >> (18 - 6 * digit) & 63;
            let char = DIGITS.get(sextet).copied().unwrap_or(b'=');
            out.push(if digit > chunk.len() { '=' } else { char.into() });
        }
    }
    out
}

/// Writes rules, and gives every wildcard a name of its own in the order of the text.
struct Writer<'s> {
    source: &'s Source,
    wildcards: usize,
}

impl Writer<'_> {
    fn rules(&mut self, rules: &[Rule]) -> Vec<Value> {
        let mut out = Vec::with_capacity(rules.len());
        let mut first: Option<Head> = None;
        for rule in rules {
            let (head, body) = match (&first, rule.chained) {
                (Some(head), true) => {
                    let body = self.body(rule.body.as_ref());
                    (self.fresh(head), body)
                }
                _ => {
                    let head = self.head(&rule.head);
                    first = Some(head.clone());
                    (head, self.body(rule.body.as_ref()))
                }
            };
            let mut map = Map::new();
            map.insert("head", self.head_json(&head, rule.default));
            map.insert("body", body);
            if rule.default {
                map.insert("default", true);
            }
            if let Some(branches) = self.elses(&head, &rule.elses) {
                map.insert("else", branches);
            }
            out.push(Value::Object(map));
        }
        out
    }

    /// The branches, each within the one before.
    fn elses(&mut self, head: &Head, elses: &[Else]) -> Option<Value> {
        let mut branches = Vec::with_capacity(elses.len());
        for branch in elses {
            let mut head = self.fresh(head);
            match &branch.value {
                Some(value) => {
                    head.value = Some(self.named(value));
                    head.assign = branch.assign;
                }
                None => head.value = None,
            }
            let mut map = Map::new();
            map.insert("head", self.head_json(&head, false));
            map.insert("body", self.body(branch.body.as_ref()));
            branches.push(map);
        }
        let mut inner: Option<Map> = None;
        for mut branch in branches.into_iter().rev() {
            if let Some(inner) = inner.take() {
                branch.insert("else", inner);
            }
            inner = Some(branch);
        }
        inner.map(Value::Object)
    }

    fn head(&mut self, head: &Head) -> Head {
        Head {
            reference: self.named(&head.reference),
            args: head.args.as_ref().map(|args| self.all_named(args)),
            key: head.key.as_ref().map(|key| self.named(key)),
            value: head.value.as_ref().map(|value| self.named(value)),
            ..head.clone()
        }
    }

    /// The head of a further body: wildcards among its parameters are others.
    fn fresh(&mut self, head: &Head) -> Head {
        let mut head = head.clone();
        for arg in head.args.iter_mut().flatten() {
            if arg.as_var().is_some_and(|name| name.starts_with('$')) {
                arg.kind = ExprKind::Var(self.wildcard());
            }
        }
        head
    }

    fn head_json(&self, head: &Head, default: bool) -> Value {
        let (name, path) = match &head.reference.kind {
            ExprKind::Ref { head, path } => (head.as_ref(), path.as_slice()),
            _ => (&head.reference, [].as_slice()),
        };
        let mut out = Map::new();
        let name = name.as_var().cloned().unwrap_or_default();
        let mut reference = vec![term("var", name.clone().into())];
        reference.extend(path.iter().map(|part| self.term(part)));
        out.insert("ref", reference);
        // What OPA keeps of the time when heads were `p[key] = value`.
        let part = match path {
            [part] if !default && !head.has_contains => Some(part),
            _ => None,
        };
        let named = if head.has_if { head.value.is_some() } else { head.args.is_none() };
        if path.is_empty() || part.is_some() && named {
            out.insert("name", name);
        }
        let part = part.filter(|_| head.args.is_none());
        let varies =
            |part: &&Expr| !syntax::is_ground(part) || matches!(part.kind, ExprKind::Ref { .. });
        let key = head.key.as_ref().or(part.filter(|part| !head.has_if || varies(part)));
        if let Some(key) = key {
            out.insert("key", self.term(key));
        }
        if let Some(args) = &head.args {
            out.insert("args", self.terms(args));
        }
        match &head.value {
            Some(value) => {
                out.insert("value", self.term(value));
            }
            None if head.key.is_none() => {
                out.insert("value", term("boolean", true.into()));
            }
            None => {}
        }
        if head.assign {
            out.insert("assign", true);
        }
        Value::Object(out)
    }

    fn body(&mut self, body: Option<&Body>) -> Value {
        match body {
            Some(body) => {
                let body: Vec<Statement> = body.iter().map(|it| self.statement(it)).collect();
                self.statements(&body)
            }
            None => {
                let terms = term("boolean", true.into());
                let index = Value::from(0);
                let it = object([("generated", true.into()), ("index", index), ("terms", terms)]);
                vec![it].into()
            }
        }
    }

    fn wildcard(&mut self) -> Str {
        let name = format!("${}", self.wildcards);
        self.wildcards += 1;
        name.into()
    }

    fn all_named(&mut self, exprs: &[Expr]) -> Vec<Expr> {
        exprs.iter().map(|expr| self.named(expr)).collect()
    }

    /// The expression with its wildcards named.
    fn named(&mut self, expr: &Expr) -> Expr {
        let boxed = |writer: &mut Self, expr: &Expr| Box::new(writer.named(expr));
        let kind = match &expr.kind {
            ExprKind::Var(name) if name == "_" => ExprKind::Var(self.wildcard()),
            ExprKind::Ref { head, path } => {
                ExprKind::Ref { head: boxed(self, head), path: self.all_named(path) }
            }
            ExprKind::Call { operator, args, infix } => ExprKind::Call {
                operator: boxed(self, operator),
                args: self.all_named(args),
                infix: *infix,
            },
            ExprKind::Array(items) => ExprKind::Array(self.all_named(items)),
            ExprKind::Set(items) => ExprKind::Set(self.all_named(items)),
            ExprKind::Object(pairs) => ExprKind::Object(
                pairs.iter().map(|(key, value)| (self.named(key), self.named(value))).collect(),
            ),
            ExprKind::ArrayComprehension(head, body) => {
                ExprKind::ArrayComprehension(boxed(self, head), self.named_body(body))
            }
            ExprKind::SetComprehension(head, body) => {
                ExprKind::SetComprehension(boxed(self, head), self.named_body(body))
            }
            ExprKind::ObjectComprehension(key, value, body) => ExprKind::ObjectComprehension(
                boxed(self, key),
                boxed(self, value),
                self.named_body(body),
            ),
            ExprKind::Template(parts) => {
                let part = |part: &TemplatePart| match part {
                    TemplatePart::Text(text) => TemplatePart::Text(text.clone()),
                    TemplatePart::Expr(statement) => {
                        TemplatePart::Expr(Box::new(self.statement(statement)))
                    }
                };
                ExprKind::Template(parts.iter().map(part).collect())
            }
            kind => kind.clone(),
        };
        Expr { kind, span: expr.span }
    }

    fn named_body(&mut self, body: &Body) -> Body {
        body.iter().map(|statement| self.statement(statement)).collect()
    }

    fn operand(&mut self, operand: &Operand) -> Operand {
        Operand { body: self.named_body(&operand.body), explicit: operand.explicit }
    }

    /// The statement with its wildcards named.
    fn statement(&mut self, statement: &Statement) -> Statement {
        let kind = match &statement.kind {
            StatementKind::Expr(expr) => StatementKind::Expr(self.named(expr)),
            StatementKind::Some(names) => StatementKind::Some(self.all_named(names)),
            StatementKind::SomeIn { key, value, collection } => StatementKind::SomeIn {
                key: key.as_ref().map(|key| self.named(key)),
                value: self.named(value),
                collection: self.named(collection),
            },
            StatementKind::Every { key, value, domain, body } => StatementKind::Every {
                key: key.as_ref().map(|key| self.named(key)),
                value: self.named(value),
                domain: self.named(domain),
                body: self.named_body(body),
            },
            StatementKind::Not(operand) => StatementKind::Not(self.operand(operand)),
            StatementKind::Logical { operator, left, right } => StatementKind::Logical {
                operator: *operator,
                left: self.operand(left),
                right: self.operand(right),
            },
        };
        let with = statement.with.iter().map(|with| With {
            target: self.named(&with.target),
            value: self.named(&with.value),
            span: with.span,
        });
        Statement { kind, with: with.collect(), ..statement.clone() }
    }

    fn statements(&self, body: &[Statement]) -> Value {
        let statements = body.iter().zip(0_i64..);
        let statements: Vec<Value> =
            statements.map(|(statement, index)| self.statement_json(statement, index)).collect();
        statements.into()
    }

    fn statement_json(&self, statement: &Statement, index: i64) -> Value {
        let terms = match &statement.kind {
            StatementKind::Expr(expr) => match &expr.kind {
                ExprKind::Call { operator, args, .. } => self.call(operator, args),
                _ => self.term(expr),
            },
            StatementKind::Some(names) => object([("symbols", self.terms(names))]),
            StatementKind::SomeIn { key, value, collection } => {
                let operands: Vec<&Expr> = key.iter().chain([value, collection]).collect();
                let name = if operands.len() == 3 { "member_3" } else { "member_2" };
                let operator = vec![term("var", "internal".into()), term("string", name.into())];
                let mut call = vec![term("ref", operator.into())];
                call.extend(operands.into_iter().map(|operand| self.term(operand)));
                object([("symbols", vec![term("call", call.into())].into())])
            }
            StatementKind::Every { key, value, domain, body } => object([
                ("key", key.as_ref().map_or(Value::Null, |key| self.term(key))),
                ("value", self.term(value)),
                ("domain", self.term(domain)),
                ("body", self.statements(body)),
            ]),
            StatementKind::Not(operand) => object([
                ("type", "not".into()),
                ("body", self.statements(&operand.body)),
                ("explicit_body", operand.explicit.into()),
            ]),
            StatementKind::Logical { operator, left, right } => {
                let mut map = Map::new();
                let name = match operator {
                    LogicalOperator::And => "and",
                    LogicalOperator::Or => "or",
                };
                map.insert("type", name);
                map.insert("lhs", self.statements(&left.body));
                map.insert("rhs", self.statements(&right.body));
                if left.explicit {
                    map.insert("explicit_lhs", true);
                }
                if right.explicit {
                    map.insert("explicit_rhs", true);
                }
                Value::Object(map)
            }
        };
        let mut map = Map::new();
        map.insert("index", index);
        map.insert("terms", terms);
        if statement.negated {
            map.insert("negated", true);
        }
        if !statement.with.is_empty() {
            let with = statement.with.iter().map(|with| {
                object([("target", self.term(&with.target)), ("value", self.term(&with.value))])
            });
            map.insert("with", with.collect::<Vec<_>>());
        }
        Value::Object(map)
    }

    fn terms<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>) -> Value {
        exprs.into_iter().map(|expr| self.term(expr)).collect::<Vec<_>>().into()
    }

    fn call(&self, operator: &Expr, args: &[Expr]) -> Value {
        let operator = match &operator.kind {
            ExprKind::Var(name) => term("ref", vec![term("var", name.clone().into())].into()),
            ExprKind::Ref { .. } => self.term(operator),
            _ => term("ref", vec![self.term(operator)].into()),
        };
        let mut call = vec![operator];
        call.extend(args.iter().map(|arg| self.term(arg)));
        call.into()
    }

    fn term(&self, expr: &Expr) -> Value {
        match &expr.kind {
            ExprKind::Null => term("null", Value::object()),
            ExprKind::Bool(bool) => term("boolean", (*bool).into()),
            ExprKind::Number(literal) => {
                term("number", Number::from_literal(literal).map_or(Value::Null, Value::from))
            }
            ExprKind::String(text) => term("string", text.clone().into()),
            ExprKind::Var(name) if matches!(name.as_str(), "input" | "data") => {
                term("ref", vec![term("var", name.clone().into())].into())
            }
            ExprKind::Var(name) => term("var", name.clone().into()),
            ExprKind::Ref { head, path } => {
                let head = match &head.kind {
                    ExprKind::Var(name) => term("var", name.clone().into()),
                    _ => self.term(head),
                };
                let mut parts = vec![head];
                parts.extend(path.iter().map(|part| self.term(part)));
                term("ref", parts.into())
            }
            ExprKind::Call { operator, args, .. } => term("call", self.call(operator, args)),
            ExprKind::Array(items) => term("array", self.terms(items)),
            ExprKind::Set(items) => term("set", self.terms(sorted(items))),
            ExprKind::Object(pairs) => {
                let pairs = sorted_pairs(pairs).into_iter();
                let pairs = pairs.map(|(key, value)| self.terms([key, value]));
                term("object", pairs.collect::<Vec<_>>().into())
            }
            ExprKind::ArrayComprehension(head, body) => {
                let value = [("term", self.term(head)), ("body", self.statements(body))];
                term("arraycomprehension", object(value))
            }
            ExprKind::SetComprehension(head, body) => {
                let value = [("term", self.term(head)), ("body", self.statements(body))];
                term("setcomprehension", object(value))
            }
            ExprKind::ObjectComprehension(key, value, body) => {
                let value = [
                    ("key", self.term(key)),
                    ("value", self.term(value)),
                    ("body", self.statements(body)),
                ];
                term("objectcomprehension", object(value))
            }
            ExprKind::Template(parts) => {
                let parts = match parts.as_slice() {
                    [] => Value::Null,
                    parts => {
                        let parts = parts.iter().map(|part| self.template_part(part));
                        parts.collect::<Vec<_>>().into()
                    }
                };
                let start = expr.span.start as usize;
                let raw = self.source.text.as_bytes().get(start + 1) == Some(&b'`');
                let value = [("parts", parts), ("multi_line", raw.into())];
                term("templatestring", object(value))
            }
        }
    }

    fn template_part(&self, part: &TemplatePart) -> Value {
        match part {
            TemplatePart::Text(text) => term("string", text.clone().into()),
            TemplatePart::Expr(statement) => match &statement.kind {
                StatementKind::Expr(expr) if statement.with.is_empty() && is_scalar(expr) => {
                    self.term(expr)
                }
                _ => self.statement_json(statement, 0),
            },
        }
    }
}

fn is_scalar(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_)
    )
}
