//! Bodies and their statements.

use super::expr::{Level, is_member};
use super::parser::{Mark, Parse, Parser};
use super::token::Kind;
use crate::Span;
use crate::ast::{Body, Expr, ExprKind, Operand, Statement, StatementKind, With};

/// How statements ended.
pub(super) enum Ended {
    /// with the closing bracket, which has been passed
    Closed(Body),
    /// at a token that neither ends nor separates statements
    Stopped(Body),
}

impl Parser<'_> {
    /// The statements up to a closing bracket, which is passed.
    pub(super) fn body(&mut self, end: Kind) -> Parse<Body> {
        match self.statements(end)? {
            Ended::Closed(body) => Ok(body),
            Ended::Stopped(_) => self.stopped(end),
        }
    }

    /// Reports the token at which statements stopped.
    pub(super) fn stopped<T>(&mut self, end: Kind) -> Parse<T> {
        let help = self.missing_keyword();
        let failed = self.expected(format_args!("expected \\n or ; or {}", end.name()));
        if let Some(help) = help {
            self.help(help);
        }
        failed
    }

    /// What OPA hints at where a keyword is not one because it is not imported.
    fn missing_keyword(&self) -> Option<String> {
        let (word, example) = match (self.kind, self.word()) {
            (Kind::Ident, "in") if self.some_without_in == self.index() => ("in", "some x in xs"),
            (Kind::Ident, "in") => ("in", "x in xs"),
            (Kind::Ident, "and") => ("and", "x and y"),
            (Kind::Ident, "or") => ("or", "x or y"),
            _ => return None,
        };
        Some(format!("`import future.keywords.{word}` for `{example}` expressions"))
    }

    pub(super) fn statements(&mut self, end: Kind) -> Parse<Ended> {
        if self.kind == end {
            return self.fail(self.span(), "found empty body");
        }
        self.enter()?;
        let mut body = Vec::new();
        let mut height = 0;
        let ended = loop {
            body.push(self.literal()?);
            height = height.max(self.height);
            if self.kind == Kind::Semicolon {
                self.advance();
            } else if self.kind == end {
                self.advance();
                break Ended::Closed(body);
            } else if !self.after_newline() {
                break Ended::Stopped(body);
            }
        };
        self.leave();
        self.grow(height)?;
        Ok(ended)
    }

    /// One statement, modifiers included.
    pub(super) fn literal(&mut self) -> Parse<Statement> {
        let start = self.span().start;
        if let Some(statement) = self.logical_start()? {
            return Ok(statement);
        }
        if self.name_of_reference() {
            return self.literal_expr(false, start);
        }
        let negated = self.kind == Kind::Not;
        if negated {
            self.advance();
            if self.not_bodies {
                return self.imported_not(start);
            }
        }
        match self.kind {
            Kind::Some if negated => self.expected("illegal negation of 'some'"),
            Kind::Every if negated => self.expected("illegal negation of 'every'"),
            Kind::Some => self.some(start),
            Kind::Every => self.every(start),
            _ => self.literal_expr(negated, start),
        }
    }

    /// A statement that is an expression, behind its `not`.
    fn literal_expr(&mut self, negated: bool, start: u32) -> Parse<Statement> {
        let brace = (self.kind == Kind::LBrace && !negated).then(|| self.span());
        let expr = self.expr();
        self.behind_expr(negated, start, brace, expr)
    }

    /// The modifiers behind an expression, and the operators behind those.
    fn behind_expr(
        &mut self,
        negated: bool,
        start: u32,
        brace: Option<Span>,
        expr: Parse<Expr>,
    ) -> Parse<Statement> {
        let expr = expr?;
        let mut height = self.height;
        let with = self.with()?;
        height = height.max(self.height);
        self.height = height;
        let statement = Statement {
            negated,
            kind: StatementKind::Expr(expr),
            with,
            span: self.span_from(start),
        };
        if matches!(self.kind, Kind::LogicalAnd | Kind::LogicalOr) {
            if let Some(brace) = brace {
                return self.brace_led_operand(brace, &statement);
            }
            return self.logical_tail(statement);
        }
        Ok(statement)
    }

    /// The modifiers, where there are any.
    pub(super) fn with(&mut self) -> Parse<Vec<With>> {
        let mut all = Vec::new();
        let mut height = 0;
        while self.kind == Kind::With {
            let start = self.span().start;
            self.advance();
            if self.kind != Kind::Ident {
                return self.expected("expected ident");
            }
            let target = self.term()?;
            if !matches!(target.kind, ExprKind::Var(_) | ExprKind::Ref { .. }) {
                return self.expected("expected with target path");
            }
            height = height.max(self.height);
            if self.kind != Kind::As {
                return self.expected("expected as keyword");
            }
            self.advance();
            let value = self.infix(None, Level::Member)?;
            height = height.max(self.height);
            all.push(With { target, value, span: self.span_from(start) });
        }
        self.height = height;
        Ok(all)
    }

    fn some(&mut self, start: u32) -> Parse<Statement> {
        let keyword = self.mark();
        let reported = self.diagnostics.len();
        self.advance();
        let first = self.mark();
        let term = self.infix(None, Level::Member);
        self.behind_some(start, keyword, first, reported, term)
    }

    fn behind_some(
        &mut self,
        start: u32,
        keyword: Mark,
        first: Mark,
        reported: usize,
        term: Parse<Expr>,
    ) -> Parse<Statement> {
        if term.is_err() {
            self.take_back(reported)?;
        }
        if let Ok(Expr { kind: ExprKind::Call { .. }, .. }) = &term {
            return match term.map(member_parts)? {
                Some((key, value, collection)) => {
                    let height = self.height;
                    let with = self.with()?;
                    self.grow(height.max(self.height))?;
                    let kind = StatementKind::SomeIn { key, value, collection };
                    Ok(Statement { negated: false, kind, with, span: self.span_from(start) })
                }
                None => self.expected("expected `x in xs` or `x, y in xs` expression"),
            };
        }
        self.restore(keyword);
        self.restore(first);
        let mut names = Vec::new();
        loop {
            if self.kind != Kind::Ident {
                return self.expected("expected var");
            }
            names.push(self.variable());
            if self.kind != Kind::Comma {
                break;
            }
            self.advance();
        }
        self.height = 1;
        let span = self.span_from(start);
        self.some_without_in = self.index();
        Ok(Statement { negated: false, kind: StatementKind::Some(names), with: Vec::new(), span })
    }

    fn every(&mut self, start: u32) -> Parse<Statement> {
        self.advance();
        let term = self.infix(None, Level::Member);
        self.behind_every(start, term)
    }

    fn behind_every(&mut self, start: u32, term: Parse<Expr>) -> Parse<Statement> {
        let Some((key, value, domain)) = member_parts(term?) else {
            return self.expected("expected `x[, y] in xs { ... }` expression");
        };
        let mut height = self.height;
        if key.as_ref().is_some_and(|key| !is_plain_variable(key)) {
            return self.expected("expected key to be a variable");
        }
        if !is_plain_variable(&value) {
            return self.expected("expected value to be a variable");
        }
        if self.kind != Kind::LBrace {
            return self.expected("missing body");
        }
        self.advance();
        let body = self.body(Kind::RBrace)?;
        height = height.max(self.height);
        let with = self.with()?;
        self.grow(height.max(self.height))?;
        let kind = StatementKind::Every { key, value, domain, body };
        Ok(Statement { negated: false, kind, with, span: self.span_from(start) })
    }

    /// The statements of a query, up to the end of the text.
    pub(super) fn query(&mut self) -> Parse<Body> {
        let mut body = Vec::new();
        while self.kind != Kind::Eof {
            body.extend(self.statement_of_query()?);
        }
        Ok(body)
    }

    /// Statements that semicolons join. Others follow without any sign: OPA takes `x y` for two.
    pub(super) fn statement_of_query(&mut self) -> Parse<Body> {
        let mut body = Vec::new();
        loop {
            body.push(self.literal()?);
            if self.kind != Kind::Semicolon {
                return Ok(body);
            }
            self.advance();
        }
    }
}

/// `input` and `data` are no variables, though they are names.
fn is_plain_variable(expr: &Expr) -> bool {
    expr.as_var().is_some_and(|name| !super::parser::is_root(name))
}

/// Key, value and collection of `k, v in xs` and `v in xs`.
fn member_parts(expr: Expr) -> Option<(Option<Expr>, Expr, Expr)> {
    let operands = is_member(&expr)?;
    let ExprKind::Call { args, .. } = expr.kind else { return None };
    let mut args = args.into_iter();
    let key = if operands == 3 { Some(args.next()?) } else { None };
    Some((key, args.next()?, args.next()?))
}

/// The operand that one statement is.
pub(super) fn operand(statement: Statement) -> Operand {
    Operand { body: vec![statement], explicit: false }
}
