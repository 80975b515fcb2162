//! `and`, `or` and the `not` that takes a body, where they are imported.
//!
//! Whether parentheses and braces hold operands or values is seen by looking at the tokens
//! between them and behind them, never by parsing them twice.

use super::MAX_NESTING;
use super::body::operand;
use super::expr::Level;
use super::parser::{Failed, Mark, Parse, Parser, kind_name};
use super::token::Kind;
use crate::Span;
use crate::ast::{Body, Expr, ExprKind, LogicalOperator, Operand, Statement, StatementKind};

/// How many tokens are looked at behind a bracket that nothing closes.
const UNCLOSED: usize = 1_000;

impl Parser<'_> {
    fn has_logic(&self) -> bool {
        self.keywords.has(Kind::LogicalAnd) || self.keywords.has(Kind::LogicalOr)
    }

    /// A statement that begins with braces or parentheses around an operand.
    pub(super) fn logical_start(&mut self) -> Parse<Option<Statement>> {
        if !self.has_logic() {
            return Ok(None);
        }
        let start = self.span().start;
        let left = match self.kind {
            Kind::LBrace if self.is_followed_by_operator() => self.first_braces()?,
            Kind::LParen if self.holds_operands(self.index(), false) => self.group()?,
            _ => return Ok(None),
        };
        self.chain(left, start).map(Some)
    }

    /// Braces that an operator follows.
    fn first_braces(&mut self) -> Parse<Operand> {
        let (open, span) = (self.mark(), self.span());
        self.advance();
        if self.kind == Kind::RBrace {
            return self.fail(span, "found empty body");
        }
        let reported = self.diagnostics.len();
        match self.body(Kind::RBrace) {
            Ok(body) => self.body_operand(span, body),
            Err(failed) => {
                let value = self.explained_value(open, reported)?;
                let end = self.span_from(span.start);
                match value {
                    Some(_) => self.value_before_operator(span, end, self.kind.name()),
                    None => Err(failed),
                }
            }
        }
    }

    /// Where braces could not be read as a body: whether they are a value. What was reported of
    /// the body stays where they are none, or where it has been asked before.
    fn explained_value(&mut self, open: Mark, reported: usize) -> Parse<Option<Expr>> {
        if self.explained {
            return Ok(None);
        }
        self.explained = true;
        let of_body = self.take_back(reported)?;
        self.restore(open);
        let value = self.infix(None, Level::Member).ok();
        if value.is_none() {
            self.take_back(reported)?;
            self.diagnostics.extend(of_body);
        }
        Ok(value)
    }

    /// Whether the bracket at the current token closes before an operator.
    fn is_followed_by_operator(&self) -> bool {
        let partner = self.token().map_or(0, |token| token.partner);
        partner != 0 && self.is_operator(partner as usize + 1)
    }

    fn is_operator(&self, index: usize) -> bool {
        matches!(self.kind_at(index), Kind::LogicalAnd | Kind::LogicalOr)
    }

    /// Whether the parentheses at a token stand around operands, not around a value.
    fn holds_operands(&self, open: usize, is_operand: bool) -> bool {
        let mut is_operand = is_operand;
        for open in open..open + MAX_NESTING {
            let close = self.token_at(open).map_or(0, |token| token.partner as usize);
            if close == 0 {
                // Not closed at all: what it might hold decides how that is said.
                return self.operator_within(open, open + UNCLOSED, is_operand);
            }
            if close == open + 1 {
                return is_operand;
            }
            is_operand |= self.is_operator(close + 1);
            let first = self.kind_at(open + 1);
            let is_reference = self
                .token_at(open + 2)
                .is_some_and(|next| !next.spaced && matches!(next.kind, Kind::Dot | Kind::LBrack));
            if first == Kind::Not && !is_reference {
                return true;
            }
            if self.operator_within(open, close, is_operand) {
                return true;
            }
            let inner = self.token_at(open + 1).map_or(0, |token| token.partner as usize);
            if first != Kind::LParen || inner + 1 != close {
                return false;
            }
        }
        false
    }

    /// Whether an operator, or a modifier that counts, stands between brackets and in none within.
    fn operator_within(&self, open: usize, close: usize, with_counts: bool) -> bool {
        let mut at = open + 1;
        let mut before = Kind::LParen;
        while at < close {
            let kind = self.kind_at(at);
            match kind {
                Kind::LogicalAnd | Kind::LogicalOr => {
                    let is_call = self
                        .token_at(at + 1)
                        .is_some_and(|next| !next.spaced && next.kind == Kind::LParen)
                        && !ends_operand(before);
                    if !is_call && before != Kind::Dot {
                        return true;
                    }
                }
                Kind::With if with_counts && before != Kind::Dot => return true,
                Kind::LBrack | Kind::LBrace | Kind::LParen => {
                    let partner = self.token_at(at).map_or(0, |token| token.partner as usize);
                    at = partner.max(at);
                }
                Kind::RBrack | Kind::RBrace | Kind::RParen | Kind::Eof => return false,
                _ => {}
            }
            before = self.kind_at(at);
            at += 1;
        }
        false
    }

    /// Parentheses around operands.
    fn group(&mut self) -> Parse<Operand> {
        self.enter()?;
        let open = self.span();
        self.advance();
        if self.kind == Kind::RParen {
            return self.fail(open, "empty parenthesized group");
        }
        let start = self.span().start;
        let first = self.operand(None)?;
        let inner = if matches!(self.kind, Kind::LogicalAnd | Kind::LogicalOr) {
            operand(self.chain(first, start)?)
        } else if self.kind == Kind::With && !first.explicit {
            let keyword = self.span();
            let mut body = first.body;
            let height = self.height;
            let with = self.with()?;
            self.height = height.max(self.height);
            if matches!(self.kind, Kind::LogicalAnd | Kind::LogicalOr) {
                return self.with_on_operand(keyword);
            }
            if let Some(statement) = body.first_mut() {
                statement.with.extend(with);
            }
            Operand { body, explicit: false }
        } else {
            first
        };
        if self.kind != Kind::RParen {
            return self.fail(self.span(), "expected ) to close parenthesized group");
        }
        if inner.explicit {
            let failed = self.fail(open, "`(...)` in an operand position cannot contain a body");
            self.help("drop the parentheses to keep the body");
            return failed;
        }
        self.advance();
        self.leave();
        Ok(inner)
    }

    /// One operand; the operator that it stands behind.
    fn operand(&mut self, operator: Option<&str>) -> Parse<Operand> {
        match self.kind {
            Kind::LBrace => self.braces(operator),
            Kind::LParen if self.holds_operands(self.index(), true) => self.group(),
            Kind::LParen if self.holds_braces() => self.braces_in_parentheses(),
            Kind::Not if !self.next_adjacent(&[Kind::Dot, Kind::LBrack]) => self.negated_operand(),
            _ => self.plain_operand(false, self.span().start),
        }
    }

    /// Whether parentheses hold braces and nothing else.
    fn holds_braces(&self) -> bool {
        let open = self.index();
        let close = self.token().map_or(0, |token| token.partner as usize);
        let inner = self.token_at(open + 1).map_or(0, |token| token.partner as usize);
        self.kind_at(open + 1) == Kind::LBrace && inner > 0 && inner + 1 == close
    }

    /// `({ … })`: a value, not a body.
    fn braces_in_parentheses(&mut self) -> Parse<Operand> {
        let (open, span) = (self.mark(), self.span());
        let reported = self.diagnostics.len();
        let operand = self.plain_operand(false, span.start);
        if operand.is_ok() || self.explained {
            return operand;
        }
        self.explained = true;
        let of_value = self.take_back(reported)?;
        self.restore(open);
        self.advance();
        self.advance();
        if self.body(Kind::RBrace).is_err() {
            self.take_back(reported)?;
            self.diagnostics.extend(of_value);
            return Err(Failed);
        }
        let failed = self.fail(span, "`(...)` in an operand position cannot contain a body");
        self.help("drop the parentheses to keep the body");
        failed
    }

    fn negated_operand(&mut self) -> Parse<Operand> {
        let start = self.span().start;
        self.advance();
        if !self.not_bodies {
            return self.plain_operand(true, start);
        }
        let inner = self.not_operand()?;
        self.not_statement(inner, start).map(operand)
    }

    fn plain_operand(&mut self, negated: bool, start: u32) -> Parse<Operand> {
        let kind = StatementKind::Expr(self.expr()?);
        Ok(operand(Statement { negated, kind, with: Vec::new(), span: self.span_from(start) }))
    }

    /// What an imported `not` stands before.
    fn not_operand(&mut self) -> Parse<Operand> {
        match self.kind {
            Kind::LBrace => self.braces(Some("not")),
            Kind::LParen if self.holds_operands(self.index(), true) => self.group(),
            _ => self.plain_operand(false, self.span().start),
        }
    }

    fn not_statement(&mut self, inner: Operand, start: u32) -> Parse<Statement> {
        self.grow(self.height)?;
        let kind = StatementKind::Not(inner);
        Ok(Statement { negated: false, kind, with: Vec::new(), span: self.span_from(start) })
    }

    /// A statement behind an imported `not`.
    pub(super) fn imported_not(&mut self, start: u32) -> Parse<Statement> {
        match self.kind {
            Kind::Some => return self.expected("illegal negation of 'some'"),
            Kind::Every => return self.expected("illegal negation of 'every'"),
            _ => {}
        }
        self.name_of_reference();
        let inner = self.not_operand()?;
        let statement = self.not_statement(inner, start)?;
        self.chain(operand(statement), start)
    }

    /// An operand in braces: a body. A value is refused, and how to write it said.
    fn braces(&mut self, stands_behind: Option<&str>) -> Parse<Operand> {
        let (open, span) = (self.mark(), self.span());
        let reported = self.diagnostics.len();
        self.advance();
        let is_empty = self.kind == Kind::RBrace;
        match self.body(Kind::RBrace) {
            Ok(body) => self.body_operand(span, body),
            Err(failed) if is_empty => Err(failed),
            Err(failed) => {
                let value = self.explained_value(open, reported)?;
                let end = self.span_from(span.start);
                match (value, stands_behind) {
                    (Some(value), Some("not")) => self.value_behind_not(span, end, &value),
                    (Some(_), Some(operator)) => self.value_before_operator(span, end, operator),
                    _ => Err(failed),
                }
            }
        }
    }

    /// The body between braces, where it cannot be taken for a comprehension.
    fn body_operand(&mut self, span: Span, body: Body) -> Parse<Operand> {
        if !is_ambiguous_union(self, &body) {
            return Ok(Operand { body, explicit: true });
        }
        let message = "ambiguous `{ ... | ... }` operand: read as a body holding a set-union \
                       expression, not as a comprehension";
        let failed = self.fail(span, message);
        self.help(
            "write `({ ... | ... })` for the comprehension, or `{(... | ...)}` for the union",
        );
        failed
    }

    fn value_behind_not<T>(&mut self, open: Span, whole: Span, value: &Expr) -> Parse<T> {
        let mut first = value;
        while let ExprKind::Call { args, infix: true, .. } = &first.kind
            && let Some(left) = args.first()
        {
            first = left;
        }
        let name = kind_name(first);
        let message =
            format!("`{{...}}` in an operand position must contain expression(s), got: {name}");
        let failed = self.fail(open, message);
        let text = self.text_of(whole);
        self.help(format!(
            "write `not ({text})` to negate the value, or `not {{{text}}}` for a body holding it"
        ));
        failed
    }

    /// An operand that is a value in braces.
    fn value_before_operator<T>(&mut self, open: Span, whole: Span, name: &str) -> Parse<T> {
        let message =
            format!("operand of `{name}` cannot begin with `{{` unless the braces hold a body");
        let failed = self.fail(open, message);
        let text = self.text_of(whole);
        self.help(format!("wrap the operand to keep the value: `({text}) {name} ...`"));
        failed
    }

    /// An operator behind a value in braces.
    pub(super) fn brace_led_operand<T>(&mut self, span: Span, statement: &Statement) -> Parse<T> {
        if let StatementKind::Expr(expr) = &statement.kind
            && matches!(&expr.kind, ExprKind::Object(pairs) if pairs.is_empty())
        {
            return self.fail(span, "found empty body");
        }
        self.value_before_operator(span, statement.span, self.kind.name())
    }

    fn with_on_operand<T>(&mut self, keyword: Span) -> Parse<T> {
        let name = self.kind.name();
        let failed = self
            .fail(keyword, format_args!("`with` modifier is not allowed on operand of `{name}`"));
        self.help(format!(
            "Wrap the operand in `(...)` or `{{...}}` to scope, or move `with` after the `{name}` \
             expression to apply it to the whole expression"
        ));
        failed
    }

    /// The operators behind a statement.
    pub(super) fn logical_tail(&mut self, statement: Statement) -> Parse<Statement> {
        if let Some(with) = statement.with.first() {
            let start = with.span.start;
            return self.with_on_operand(Span { start, end: start + 4 });
        }
        let start = statement.span.start;
        self.chain(operand(statement), start)
    }

    /// The operators behind an operand, `and` before `or`, and the modifiers of the whole.
    fn chain(&mut self, first: Operand, start: u32) -> Parse<Statement> {
        let mut height = self.height;
        let mut left = self.and_chain(first, start, &mut height)?;
        while self.kind == Kind::LogicalOr {
            self.advance();
            let right_start = self.span().start;
            let right = self.operand(Some("or"))?;
            let mut right_height = self.height;
            let right = self.and_chain(right, right_start, &mut right_height)?;
            self.grow(height.max(right_height))?;
            height = self.height;
            left = self.joined(LogicalOperator::Or, left, right, start)?;
        }
        let with = self.with()?;
        self.height = height.max(self.height);
        match <[Statement; 1]>::try_from(left.body) {
            Ok([mut statement]) if !left.explicit => {
                statement.with.extend(with);
                if !statement.with.is_empty() {
                    statement.span = self.span_from(start);
                }
                Ok(statement)
            }
            _ => self.unexpected(),
        }
    }

    fn and_chain(&mut self, first: Operand, start: u32, height: &mut usize) -> Parse<Operand> {
        let mut left = first;
        while self.kind == Kind::LogicalAnd {
            self.advance();
            let right = self.operand(Some("and"))?;
            self.grow(self.height.max(*height))?;
            *height = self.height;
            left = self.joined(LogicalOperator::And, left, right, start)?;
        }
        Ok(left)
    }

    fn joined(
        &mut self,
        operator: LogicalOperator,
        left: Operand,
        right: Operand,
        start: u32,
    ) -> Parse<Operand> {
        let name = match operator {
            LogicalOperator::And => "and",
            LogicalOperator::Or => "or",
        };
        for side in [&left, &right] {
            if let Some((function, place)) = only_calls_without_value(&side.body) {
                let message =
                    format!("operand of `{name}` cannot consist only of calls to `{function}`");
                let failed = self.fail(place, message);
                self.help(format!(
                    "`{function}` produces no value and always succeeds, so the operand can never \
                     fail; move it out of the operand, or add an expression that can fail"
                ));
                return failed;
            }
        }
        let kind = StatementKind::Logical { operator, left, right };
        let span = self.span_from(start);
        Ok(operand(Statement { negated: false, kind, with: Vec::new(), span }))
    }
}

/// The first function that a body calls, where it does nothing but call functions without a value.
fn only_calls_without_value(body: &[Statement]) -> Option<(&'static str, Span)> {
    let mut first = None;
    for statement in body {
        let StatementKind::Expr(Expr { kind: ExprKind::Call { operator, .. }, .. }) =
            &statement.kind
        else {
            return None;
        };
        let name = operator.as_var().filter(|_| !statement.negated)?;
        let builtin = crate::builtins::find(name).filter(|it| it.result().is_none())?;
        first = first.or(Some((builtin.name, statement.span)));
    }
    first
}

/// Whether a token may be the last of an operand.
fn ends_operand(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Ident
            | Kind::Contains
            | Kind::Null
            | Kind::True
            | Kind::False
            | Kind::Number
            | Kind::String
            | Kind::RawString
            | Kind::TemplateEnd
            | Kind::RawTemplateEnd
            | Kind::RBrack
            | Kind::RBrace
            | Kind::RParen
    )
}

/// `{a | b}` as an operand would be read as a body that holds a union.
fn is_ambiguous_union(parser: &Parser<'_>, body: &[Statement]) -> bool {
    let Some(Statement { kind: StatementKind::Expr(expr), span, .. }) = body.first() else {
        return false;
    };
    matches!(&expr.kind, ExprKind::Call { operator, infix: true, .. }
        if operator.as_var().is_some_and(|name| name == "or"))
        && !parser.text_of(*span).starts_with('(')
}
