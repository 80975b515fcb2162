//! Terms: literals, variables, references, calls, parentheses, interpolated strings.

use super::MAX_PATH;
use super::expr::Level;
use super::literal::{self, NumberFault};
use super::parser::{Parse, Parser, kind_name};
use super::token::Kind;
use crate::Span;
use crate::ast::{Expr, ExprKind, Statement, StatementKind, TemplatePart, Version};

impl Parser<'_> {
    /// One term, with what is looked up in it, or its call.
    pub(super) fn term(&mut self) -> Parse<Expr> {
        let span = self.span();
        if matches!(self.kind, Kind::LogicalAnd | Kind::LogicalOr)
            && self.next_adjacent(&[Kind::LParen])
        {
            // Where an operand is expected, `and(x, y)` is the function `&`.
            self.kind = Kind::Ident;
        }
        self.height = 0;
        if self.kind == Kind::Sub {
            let after = self.kind_at(self.index() + 1);
            if matches!(after, Kind::Ident | Kind::Contains) {
                return self.negative_reference(span);
            }
        }
        // One slot for all arms: this frame stands on the stack once for every level.
        let head = match self.kind {
            Kind::Null => Ok(self.constant(ExprKind::Null)),
            Kind::True => Ok(self.constant(ExprKind::Bool(true))),
            Kind::False => Ok(self.constant(ExprKind::Bool(false))),
            Kind::Sub | Kind::Dot | Kind::Number => self.number(),
            Kind::String | Kind::RawString => self.string(),
            Kind::TemplatePart
            | Kind::TemplateEnd
            | Kind::RawTemplatePart
            | Kind::RawTemplateEnd => self.template(),
            Kind::Ident | Kind::Contains => Ok(self.variable()),
            Kind::LBrack => self.array(),
            Kind::LBrace => self.set_or_object(),
            Kind::LParen => self.parentheses(),
            _ => self.unexpected(),
        };
        self.lookups(head)
    }

    fn constant(&mut self, kind: ExprKind) -> Expr {
        let span = self.span();
        self.advance();
        Expr { kind, span }
    }

    /// The name that the current token is.
    pub(super) fn variable(&mut self) -> Expr {
        let kind = ExprKind::Var(self.word().into());
        self.constant(kind)
    }

    /// `-x.y`, which is `minus(0, x.y)`.
    fn negative_reference(&mut self, sign: Span) -> Parse<Expr> {
        self.advance();
        let head = self.variable();
        let term = self.lookups(Ok(head))?;
        let height = self.height;
        let zero = Expr { kind: ExprKind::Number("0".into()), span: sign };
        let operator = Expr { kind: ExprKind::Var(Kind::Sub.name().into()), span: sign };
        self.call(operator, vec![zero, term], height)
    }

    fn number(&mut self) -> Parse<Expr> {
        let start = self.span().start;
        let negative = self.kind == Kind::Sub;
        if negative {
            self.advance();
            if !matches!(self.kind, Kind::Number | Kind::Dot) {
                return self.expected("expected number");
            }
        }
        let point = self.kind == Kind::Dot;
        if point {
            self.advance();
            if self.kind != Kind::Number {
                return self.expected("expected number");
            }
        }
        let digits = self.word();
        if point && digits.contains('.') {
            return self.expected("invalid float");
        }
        match literal::check_number(digits) {
            Err(NumberFault::LeadingZero) if !point => {
                let failed = self.expected("expected number without leading zero");
                self.help("an octal number is written as its decimal value");
                return failed;
            }
            Err(NumberFault::TooBig) => return self.fail(self.span(), "number too big"),
            _ => {}
        }
        let kind = ExprKind::Number(literal::number(negative, point, digits));
        self.advance();
        Ok(Expr { kind, span: self.span_from(start) })
    }

    fn string(&mut self) -> Parse<Expr> {
        let span = self.span();
        let Some(text) = literal::text(self.kind, self.word(), true) else {
            return self.fail(span, format_args!("illegal string literal: {}", self.word()));
        };
        Ok(self.constant(ExprKind::String(text)))
    }

    fn parentheses(&mut self) -> Parse<Expr> {
        self.enter()?;
        self.advance();
        let inner = self.infix(None, Level::Member);
        if inner.is_ok() {
            if self.kind != Kind::RParen {
                return self.fail(self.span(), "non-terminated expression");
            }
            self.advance();
            self.leave();
        }
        inner
    }

    /// What follows a term without white space: `.a`, `[x]`, `(x)`.
    fn lookups(&mut self, head: Parse<Expr>) -> Parse<Expr> {
        let goes_on = head.is_ok()
            && self.is_adjacent()
            && matches!(self.kind, Kind::LParen | Kind::Dot | Kind::LBrack);
        if goes_on { self.reference(head?) } else { head }
    }

    /// A reference or call, where the current token is the first dot or bracket behind its head.
    pub(super) fn reference(&mut self, head: Expr) -> Parse<Expr> {
        let mut head = head;
        let mut height = self.height;
        let mut path: Vec<Expr> = Vec::new();
        if !may_head(&head) {
            let name = kind_name(&head);
            return self.fail(head.span, format_args!("illegal ref (head cannot be {name})"));
        }
        loop {
            match self.kind {
                Kind::Dot | Kind::LBrack if path.len() >= MAX_PATH => return self.too_long(),
                Kind::Dot => path.push(self.field()?),
                Kind::LBrack => {
                    path.push(self.key()?);
                    height = height.max(self.height);
                }
                Kind::LParen => {
                    let operator = self.looked_up(head, path, height)?;
                    height = self.height;
                    head = self.call_of(operator, height)?;
                    height = self.height;
                    path = Vec::new();
                    // A call is called no further: `f(x)(y)` ends before the second.
                    if !self.is_adjacent() || !matches!(self.kind, Kind::Dot | Kind::LBrack) {
                        return Ok(head);
                    }
                    continue;
                }
                _ => break,
            }
            if !self.is_adjacent() {
                break;
            }
        }
        self.looked_up(head, path, height)
    }

    /// `.a`
    fn field(&mut self) -> Parse<Expr> {
        self.advance();
        if !self.is_adjacent() && self.kind != Kind::Eof {
            let message = "unexpected whitespace token: expected identifier";
            return self.fail(self.span_of_space(), message);
        }
        if self.kind != Kind::Ident && !self.is_reference_keyword(self.kind) {
            return self.expected("expected identifier");
        }
        let name = ExprKind::String(self.word().into());
        Ok(self.constant(name))
    }

    /// `[x]`
    fn key(&mut self) -> Parse<Expr> {
        self.enter()?;
        self.advance();
        let key = self.infix(None, Level::Member);
        if key.is_ok() {
            if self.kind != Kind::RBrack {
                return self.expected("expected [");
            }
            self.advance();
            self.leave();
        }
        key
    }

    /// The white space before the current token.
    fn span_of_space(&self) -> Span {
        let start = self.span_from(self.span().start).end;
        let before = self.index().checked_sub(1).and_then(|index| self.token_at(index));
        let start = before.map_or(start, |token| token.span.end);
        Span { start, end: start.saturating_add(1) }
    }

    fn looked_up(&mut self, head: Expr, path: Vec<Expr>, height: usize) -> Parse<Expr> {
        if path.is_empty() {
            self.height = height;
            return Ok(head);
        }
        self.grow(height)?;
        let span = self.span_from(head.span.start);
        Ok(Expr { kind: ExprKind::Ref { head: Box::new(head), path }, span })
    }

    /// The arguments of a call; the current token is the bracket.
    fn call_of(&mut self, operator: Expr, height: usize) -> Parse<Expr> {
        self.enter()?;
        self.advance();
        let start = operator.span.start;
        let is_set = matches!(&operator.kind, ExprKind::Var(name) if name == "set");
        if self.kind == Kind::RParen && is_set {
            self.advance();
            self.leave();
            self.height = 0;
            return Ok(Expr { kind: ExprKind::Set(Vec::new()), span: self.span_from(start) });
        }
        let args = self.list(Kind::RParen, Vec::new(), height)?;
        self.leave();
        self.grow(self.height.max(height))?;
        let span = self.span_from(start);
        let kind = ExprKind::Call { operator: Box::new(operator), args, infix: false };
        Ok(Expr { kind, span })
    }

    fn template(&mut self) -> Parse<Expr> {
        let start = self.span().start;
        if self.version == Version::V0 {
            return self
                .fail(self.span(), "template strings are not supported by current capabilities");
        }
        // Two levels: what stands between is read by more functions than what brackets hold.
        self.enter()?;
        self.enter()?;
        let mut parts = Vec::new();
        let mut height = 0;
        let mut first = true;
        loop {
            let Some(text) = literal::text(self.kind, self.word(), first) else {
                let word = self.word();
                let message = format!("illegal template-string part: {word}");
                return self.fail(self.span(), message);
            };
            if !text.is_empty() {
                parts.push(TemplatePart::Text(text));
            }
            let is_last = matches!(self.kind, Kind::TemplateEnd | Kind::RawTemplateEnd);
            self.advance();
            if is_last {
                break;
            }
            first = false;
            parts.push(self.template_expression()?);
            height = height.max(self.height);
        }
        self.leave();
        self.leave();
        self.grow(height)?;
        Ok(Expr { kind: ExprKind::Template(parts), span: self.span_from(start) })
    }

    fn template_expression(&mut self) -> Parse<TemplatePart> {
        let statement = self.literal();
        self.template_part(statement)
    }

    fn template_part(&mut self, statement: Parse<Statement>) -> Parse<TemplatePart> {
        let statement = statement?;
        let what = match &statement.kind {
            _ if statement.negated => Some("negation ('not')"),
            StatementKind::Expr(expr) => match operator_name(expr) {
                Some("eq") => Some("unification ('=')"),
                Some("assign") => Some("assignment (':=')"),
                _ => None,
            },
            StatementKind::Every { .. } => Some("'every'"),
            StatementKind::Some(_) | StatementKind::SomeIn { .. } => Some("'some'"),
            _ => None,
        };
        if let Some(what) = what {
            let message = format!("unexpected {what} in template-string expression");
            return self.fail(statement.span, message);
        }
        if self.kind != Kind::RBrace {
            return self.fail(self.span(), "expected } to end template string expression");
        }
        self.advance();
        Ok(TemplatePart::Expr(Box::new(statement)))
    }
}

/// Whether OPA lets an expression be looked into.
fn may_head(head: &Expr) -> bool {
    matches!(head.kind, ExprKind::Var(_))
        || matches!(
            kind_name(head),
            "array"
                | "object"
                | "set"
                | "call"
                | "arraycomprehension"
                | "setcomprehension"
                | "objectcomprehension"
        )
}

/// The name of the function of a call by operator or plain name.
pub(super) fn operator_name(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Call { operator, .. } => operator.as_var().map(|name| name.as_str()),
        _ => None,
    }
}
