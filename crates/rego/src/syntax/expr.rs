//! Expressions: operators by precedence, without a host frame for each.

use super::parser::{Failed, Mark, Parse, Parser, Spare};
use super::token::Kind;
use crate::Span;
use crate::ast::{Expr, ExprKind};

/// Which operators an expression may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// no `in`
    Relation,
    /// `x in xs`
    List,
    /// `k, v in xs` too
    Member,
}

/// An operator that waits for its right operand.
struct Waiting {
    kind: Kind,
    span: Span,
    precedence: u8,
}

/// An operand and how high its tree is.
struct Operand {
    expr: Expr,
    height: usize,
}

fn precedence(kind: Kind) -> Option<u8> {
    match kind {
        Kind::In => Some(1),
        Kind::Equal | Kind::Neq | Kind::Lt | Kind::Gt | Kind::Lte | Kind::Gte => Some(2),
        Kind::Or => Some(3),
        Kind::And => Some(4),
        Kind::Add | Kind::Sub => Some(5),
        Kind::Mul | Kind::Quo | Kind::Rem => Some(6),
        _ => None,
    }
}

impl Parser<'_> {
    /// An expression without `=` and `:=`; its first operand may have been read.
    pub(super) fn infix(&mut self, first: Option<Expr>, level: Level) -> Parse<Expr> {
        let first = match first {
            Some(first) => first,
            None => self.term()?,
        };
        let first = Operand { expr: first, height: self.height };
        let whole = self.operators(first, Level::Relation)?;
        if level == Level::Member && self.kind == Kind::Comma {
            return self.key_value(whole);
        }
        if level == Level::Relation {
            return self.finish(whole);
        }
        self.name_of_reference();
        self.membership(whole)
    }

    /// `in` behind an operand, as often as it stands there.
    fn membership(&mut self, first: Operand) -> Parse<Expr> {
        let whole = self.operators(first, Level::List)?;
        self.finish(whole)
    }

    fn finish(&mut self, operand: Operand) -> Parse<Expr> {
        self.height = operand.height;
        Ok(operand.expr)
    }

    /// `k, v in xs` where the current token is the comma; otherwise `k` alone, the comma next.
    fn key_value(&mut self, key: Operand) -> Parse<Expr> {
        let comma = self.mark();
        let reported = self.diagnostics.len();
        self.advance();
        let value = self.infix(None, Level::Relation);
        if value.is_err() || self.kind != Kind::In {
            return self.no_value(key, value, comma, reported);
        }
        let height = key.height.max(self.height);
        let operator = self.span();
        self.advance();
        let collection = self.infix(None, Level::Relation);
        if collection.is_err() {
            return self.only_key(key, comma, reported);
        }
        self.key_value_in(key.expr, value, operator, collection, height)
    }

    fn key_value_in(
        &mut self,
        key: Expr,
        value: Parse<Expr>,
        operator: Span,
        collection: Parse<Expr>,
        height: usize,
    ) -> Parse<Expr> {
        let height = height.max(self.height);
        let args = vec![key, value?, collection?];
        let expr = self.call(member(3, operator), args, height);
        if self.kind != Kind::In {
            return expr;
        }
        let height = self.height;
        self.name_of_reference();
        self.membership(Operand { expr: expr?, height })
    }

    /// No `in` follows what stands behind the comma.
    fn no_value(
        &mut self,
        key: Operand,
        value: Parse<Expr>,
        comma: Mark,
        reported: usize,
    ) -> Parse<Expr> {
        let Ok(value) = value else { return self.only_key(key, comma, reported) };
        let end = self.mark();
        let height = self.height;
        self.restore(comma);
        self.spare = Some(Spare { comma: self.index(), term: Ok((value, height, end)) });
        self.finish(key)
    }

    /// What stands behind the comma cannot be read: it is what is before that counts.
    fn only_key(&mut self, key: Operand, comma: Mark, reported: usize) -> Parse<Expr> {
        let diagnostics = self.take_back(reported)?;
        self.restore(comma);
        self.spare = Some(Spare { comma: self.index(), term: Err(diagnostics) });
        self.finish(key)
    }

    /// The operators behind an operand, left to right.
    fn operators(&mut self, first: Operand, level: Level) -> Parse<Operand> {
        let mut left = first;
        let Some(mut next) = self.next_precedence(level) else { return Ok(left) };
        // Operands and operators that wait, each operator binding more tightly than the one before.
        let mut waiting: Vec<(Operand, Waiting)> = Vec::new();
        loop {
            while waiting.last().is_some_and(|(_, operator)| operator.precedence >= next) {
                left = self.reduce(&mut waiting, left)?;
            }
            let operator = Waiting { kind: self.kind, span: self.span(), precedence: next };
            waiting.push((left, operator));
            self.advance();
            let expr = self.term();
            left = Operand { expr: expr?, height: self.height };
            if level == Level::List && self.kind == Kind::In {
                self.name_of_reference();
            }
            match self.next_precedence(level) {
                Some(precedence) => next = precedence,
                None => break,
            }
        }
        while !waiting.is_empty() {
            left = self.reduce(&mut waiting, left)?;
        }
        Ok(left)
    }

    fn next_precedence(&self, level: Level) -> Option<u8> {
        precedence(self.kind).filter(|_| self.may_follow(level))
    }

    fn may_follow(&self, level: Level) -> bool {
        self.kind != Kind::In || level >= Level::List
    }

    fn reduce(&mut self, waiting: &mut Vec<(Operand, Waiting)>, right: Operand) -> Parse<Operand> {
        let Some((left, operator)) = waiting.pop() else { return Err(Failed) };
        let function = match operator.kind {
            Kind::In => member(2, operator.span),
            kind => Expr { kind: ExprKind::Var(kind.name().into()), span: operator.span },
        };
        let height = left.height.max(right.height);
        let expr = self.call(function, vec![left.expr, right.expr], height)?;
        Ok(Operand { expr, height: self.height })
    }

    /// An operator's call, from its first operand to its last.
    pub(super) fn call(&mut self, operator: Expr, args: Vec<Expr>, height: usize) -> Parse<Expr> {
        self.grow(height)?;
        let start = args.first().map_or(operator.span, |first| first.span);
        let end = args.last().map_or(operator.span, |last| last.span);
        let kind = ExprKind::Call { operator: Box::new(operator), args, infix: true };
        Ok(Expr { kind, span: start.to(end) })
    }

    /// An expression of a statement: with `=` or `:=` or without.
    pub(super) fn expr(&mut self) -> Parse<Expr> {
        let left = self.infix(None, Level::Member)?;
        if !matches!(self.kind, Kind::Assign | Kind::Unify) {
            return Ok(left);
        }
        let height = self.height;
        let operator = Expr { kind: ExprKind::Var(self.kind.name().into()), span: self.span() };
        self.advance();
        let right = self.infix(None, Level::Member);
        self.joined_by(operator, left, right, height)
    }

    fn joined_by(
        &mut self,
        operator: Expr,
        left: Expr,
        right: Parse<Expr>,
        height: usize,
    ) -> Parse<Expr> {
        let height = height.max(self.height);
        self.call(operator, vec![left, right?], height)
    }
}

/// The function of `in`, by the number of its operands.
pub(super) fn member(operands: u8, span: Span) -> Expr {
    let name = if operands == 3 { "member_3" } else { "member_2" };
    let head = Box::new(Expr { kind: ExprKind::Var("internal".into()), span });
    let path = vec![Expr { kind: ExprKind::String(name.into()), span }];
    Expr { kind: ExprKind::Ref { head, path }, span }
}

/// How many operands `in` has, where the expression is one.
pub(super) fn is_member(expr: &Expr) -> Option<usize> {
    let ExprKind::Call { operator, args, infix: true } = &expr.kind else { return None };
    matches!(operator.kind, ExprKind::Ref { .. }).then_some(args.len())
}
