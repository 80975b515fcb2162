//! Arrays, sets, objects and comprehensions.
//!
//! `[a | b` may begin a comprehension or a list whose first item is a union: OPA tries the one,
//! then the other. Here the body is read once; where it ends at a comma, what has been read is
//! put together anew as the items of a list.

use super::body::Ended;
use super::expr::{Level, member};
use super::parser::{Failed, Mark, Parse, Parser};
use super::term::operator_name;
use super::token::Kind;
use crate::Span;
use crate::ast::{Body, Expr, ExprKind, Statement, StatementKind};

/// What OPA says where the value of an object's pair goes on in a way that it may not.
const NO_OBJECT: &str = "non-terminated object";

/// What a head and a bar turned out to begin.
enum BehindBar {
    /// a comprehension of that head
    Body(Expr, Body),
    /// a list
    List(Behind),
}

/// The items up to a comma that has been passed.
struct Behind {
    comma: Mark,
    items: Vec<Expr>,
    /// the item behind the comma, where it has been read
    extra: Option<Expr>,
}

impl Parser<'_> {
    pub(super) fn array(&mut self) -> Parse<Expr> {
        self.enter()?;
        let start = self.span().start;
        self.advance();
        let kind = if self.kind == Kind::RBrack {
            self.advance();
            self.height = 0;
            Ok(ExprKind::Array(Vec::new()))
        } else {
            let leading_comma = self.leading_comma();
            let head = self.term();
            self.array_of(head, leading_comma)
        };
        self.closed(kind, start)
    }

    /// The collection that began there; its closing bracket has been passed.
    fn closed(&mut self, kind: Parse<ExprKind>, start: u32) -> Parse<Expr> {
        self.leave();
        Ok(Expr { kind: kind?, span: self.span_from(start) })
    }

    /// An array or array comprehension behind the first term of it.
    fn array_of(&mut self, head: Parse<Expr>, leading_comma: bool) -> Parse<ExprKind> {
        let head = head?;
        if self.kind == Kind::Or && !leading_comma {
            let height = self.height;
            let behind = self.behind_bar(head, Kind::RBrack, "expected \",\" or \"]\"");
            return self.array_behind_bar(behind, height);
        }
        let first = self.infix(Some(head), Level::List);
        let items = self.all_items(first, Kind::RBrack);
        items.map(ExprKind::Array)
    }

    fn array_behind_bar(&mut self, behind: Parse<BehindBar>, height: usize) -> Parse<ExprKind> {
        match behind? {
            BehindBar::Body(head, body) => {
                self.grow(height.max(self.height))?;
                Ok(ExprKind::ArrayComprehension(Box::new(head), body))
            }
            BehindBar::List(behind) => self.more_items(behind, Kind::RBrack).map(ExprKind::Array),
        }
    }

    pub(super) fn set_or_object(&mut self) -> Parse<Expr> {
        self.enter()?;
        let start = self.span().start;
        self.advance();
        let kind = if self.kind == Kind::RBrace {
            self.advance();
            self.height = 0;
            Ok(ExprKind::Object(Vec::new()))
        } else {
            let leading_comma = self.leading_comma();
            let head = self.term();
            self.set_or_object_of(head, leading_comma)
        };
        self.closed(kind, start)
    }

    /// A set, object or comprehension behind the first term of it.
    fn set_or_object_of(&mut self, head: Parse<Expr>, leading_comma: bool) -> Parse<ExprKind> {
        let head = head?;
        if self.kind == Kind::Or && !leading_comma {
            let height = self.height;
            let behind = self.behind_bar(head, Kind::RBrace, "expected \",\" or \"}\"");
            return self.set_behind_bar(behind, height);
        }
        let first = self.infix(Some(head), Level::List);
        match self.kind {
            _ if first.is_err() => first.map(|first| first.kind),
            Kind::RBrace | Kind::Comma => self.all_items(first, Kind::RBrace).map(ExprKind::Set),
            Kind::Colon => self.object(first?, !leading_comma),
            _ => self.expected("non-terminated set"),
        }
    }

    fn set_behind_bar(&mut self, behind: Parse<BehindBar>, height: usize) -> Parse<ExprKind> {
        match behind? {
            BehindBar::Body(head, body) => {
                self.grow(height.max(self.height))?;
                Ok(ExprKind::SetComprehension(Box::new(head), body))
            }
            BehindBar::List(behind) => self.more_items(behind, Kind::RBrace).map(ExprKind::Set),
        }
    }

    /// The items of a list of which the first has been read.
    fn all_items(&mut self, first: Parse<Expr>, end: Kind) -> Parse<Vec<Expr>> {
        let height = self.height;
        let items = self.separated(vec![first?], end, height)?;
        self.grow(self.height)?;
        Ok(items)
    }

    /// OPA still takes a comma before the first item.
    fn leading_comma(&mut self) -> bool {
        let found = self.kind == Kind::Comma;
        if found {
            self.advance();
        }
        found
    }

    /// An object or object comprehension; the current token is the first colon.
    fn object(&mut self, key: Expr, may_be_comprehension: bool) -> Parse<ExprKind> {
        let height = self.height;
        self.advance();
        let value = self.term();
        let height = height.max(self.height);
        match value {
            Err(failed) => Err(failed),
            Ok(value) if self.kind == Kind::Or && may_be_comprehension => {
                let behind = self.behind_bar(value, Kind::RBrace, NO_OBJECT);
                self.object_behind_bar(key, behind, height)
            }
            Ok(value) => {
                let value = self.infix(Some(value), Level::List);
                self.object_of(key, value, height)
            }
        }
    }

    fn object_behind_bar(
        &mut self,
        key: Expr,
        behind: Parse<BehindBar>,
        height: usize,
    ) -> Parse<ExprKind> {
        let height = height.max(self.height);
        match behind? {
            BehindBar::Body(value, body) => {
                self.grow(height)?;
                Ok(ExprKind::ObjectComprehension(Box::new(key), Box::new(value), body))
            }
            BehindBar::List(Behind { comma, mut items, extra }) => {
                let (Some(value), true) = (items.pop(), items.is_empty()) else {
                    self.restore(comma);
                    return self.expected("expected \":\"");
                };
                self.more_pairs(vec![(key, value)], extra, height).map(ExprKind::Object)
            }
        }
    }

    /// An object behind its first pair.
    fn object_of(&mut self, key: Expr, value: Parse<Expr>, height: usize) -> Parse<ExprKind> {
        let pair = (key, value?);
        let height = height.max(self.height);
        match self.kind {
            Kind::RBrace => {
                self.advance();
                self.grow(height)?;
                Ok(ExprKind::Object(vec![pair]))
            }
            Kind::Comma => {
                self.advance();
                self.more_pairs(vec![pair], None, height).map(ExprKind::Object)
            }
            _ => self.expected(NO_OBJECT),
        }
    }

    /// Pairs up to the closing brace; the key of the first may have been read.
    fn more_pairs(
        &mut self,
        mut pairs: Vec<(Expr, Expr)>,
        mut key: Option<Expr>,
        mut height: usize,
    ) -> Parse<Vec<(Expr, Expr)>> {
        loop {
            let next = match key.take() {
                Some(key) => key,
                None if self.kind == Kind::RBrace => break,
                None => {
                    let key = self.infix(None, Level::List)?;
                    height = height.max(self.height);
                    key
                }
            };
            if self.kind != Kind::Colon {
                return self.expected("expected \":\"");
            }
            self.advance();
            let value = self.infix(None, Level::List)?;
            height = height.max(self.height);
            pairs.push((next, value));
            match self.kind {
                Kind::Comma => self.advance(),
                Kind::RBrace => break,
                _ => return self.expected("expected \",\" or \"}\""),
            }
        }
        self.advance();
        self.grow(height)?;
        Ok(pairs)
    }

    /// Expressions up to a closing bracket.
    pub(super) fn list(&mut self, end: Kind, items: Vec<Expr>, height: usize) -> Parse<Vec<Expr>> {
        let mut items = items;
        if self.kind == end {
            self.advance();
            self.height = height;
            return Ok(items);
        }
        items.push(self.infix(None, Level::List)?);
        let height = height.max(self.height);
        self.separated(items, end, height)
    }

    /// What follows an item: the closing bracket, or a comma and further items.
    fn separated(&mut self, items: Vec<Expr>, end: Kind, height: usize) -> Parse<Vec<Expr>> {
        let mut items = items;
        let mut height = height;
        loop {
            if self.kind == Kind::Comma {
                self.advance();
                if self.kind != end {
                    items.push(self.infix(None, Level::List)?);
                    height = height.max(self.height);
                    continue;
                }
            }
            if self.kind != end {
                return self.expected(format_args!("expected \",\" or {:?}", end.name()));
            }
            self.advance();
            self.height = height;
            return Ok(items);
        }
    }

    /// The items that follow those found behind a bar.
    fn more_items(&mut self, behind: Behind, end: Kind) -> Parse<Vec<Expr>> {
        let Behind { mut items, extra, .. } = behind;
        let height = self.height;
        let items = match extra {
            Some(extra) => {
                items.push(extra);
                self.separated(items, end, height)?
            }
            None => self.list(end, items, height)?,
        };
        self.grow(self.height)?;
        Ok(items)
    }

    /// The body of a comprehension, or where that ends at a comma the items of a list; the current
    /// token is the bar. `note` is what OPA misses where it is neither.
    fn behind_bar(&mut self, head: Expr, end: Kind, note: &str) -> Parse<BehindBar> {
        let bar = self.span();
        let head_height = self.height;
        self.advance();
        let first = self.mark();
        match self.statements(end)? {
            Ended::Closed(body) => Ok(BehindBar::Body(head, body)),
            Ended::Stopped(body) if self.kind == Kind::Comma => {
                let height = head_height.max(self.height);
                let comma = self.mark();
                let items = self.as_items(head, bar, first, body, height, note)?;
                let extra = self.behind_comma(end)?;
                Ok(BehindBar::List(Behind { comma, items, extra }))
            }
            Ended::Stopped(_) if note == NO_OBJECT => self.expected(note),
            Ended::Stopped(_) => self.stopped(end),
        }
    }

    /// What was read as the body of a comprehension, as items of a list.
    fn as_items(
        &mut self,
        head: Expr,
        bar: Span,
        first: Mark,
        body: Body,
        height: usize,
        note: &str,
    ) -> Parse<Vec<Expr>> {
        let comma = self.mark();
        let expr = self.as_item(first, body, note)?;
        self.restore(first);
        let leaf_end = self.leaf_end();
        self.restore(comma);
        // The union makes the tree one higher than what was read.
        self.grow(height)?;
        Ok(unite(head, bar, expr, leaf_end))
    }

    /// Passes the comma, and takes the item behind it where that has been read already.
    fn behind_comma(&mut self, end: Kind) -> Parse<Option<Expr>> {
        let height = self.height;
        let comma = self.index();
        match self.spare.take().filter(|spare| spare.comma == comma).map(|spare| spare.term) {
            Some(Ok((item, item_height, after))) => {
                self.resume(after);
                self.height = height.max(item_height);
                Ok(Some(item))
            }
            Some(Err(diagnostics)) if self.kind_at(self.index() + 1) != end => {
                self.diagnostics.extend(diagnostics);
                Err(Failed)
            }
            Some(Err(_)) | None => {
                self.advance();
                Ok(None)
            }
        }
    }

    /// The expression that was read as the body of a comprehension; an error where it is no item
    /// of a list.
    fn as_item(&mut self, first: Mark, body: Body, note: &str) -> Parse<Expr> {
        let mut body = body.into_iter();
        let (statement, second) = (body.next(), body.next());
        if let Some(second) = second {
            self.seek(second.span.start);
            return self.expected(note);
        }
        let Some(Statement { negated: false, kind: StatementKind::Expr(expr), with, .. }) =
            statement
        else {
            self.restore(first);
            return self.unexpected();
        };
        if let Some(with) = with.first() {
            self.seek(with.span.start);
            return self.expected(note);
        }
        if let ExprKind::Call { operator, infix: true, .. } = &expr.kind
            && matches!(operator_name(&expr), Some("eq" | "assign"))
        {
            self.seek(operator.span.start);
            return self.expected(note);
        }
        Ok(expr)
    }

    /// Where the operand ends that begins at the current token, as far as operators go.
    fn leaf_end(&self) -> Option<u32> {
        let token = self.token()?;
        if token.kind == Kind::LParen {
            return self.token_at(token.partner as usize).map(|close| close.span.end);
        }
        None
    }
}

/// `head | expr`, where `expr` was read with operators that bind less tightly than the bar: the
/// bar binds to its leftmost operand. A first `k, v in xs` falls into two items.
fn unite(head: Expr, bar: Span, expr: Expr, leaf_end: Option<u32>) -> Vec<Expr> {
    // The left spine, outermost first: calls without their first operand.
    let mut spine: Vec<(Expr, Vec<Expr>)> = Vec::new();
    let mut leaf = expr;
    loop {
        let Expr { kind, span } = leaf;
        match kind {
            ExprKind::Call { operator, mut args, infix: true }
                if binds_less(&operator, &args, span, leaf_end) =>
            {
                let first = args.remove(0);
                spine.push((*operator, args));
                leaf = first;
            }
            kind => {
                leaf = Expr { kind, span };
                break;
            }
        }
    }
    let operator = Expr { kind: ExprKind::Var("or".into()), span: bar };
    let mut items = Vec::new();
    let mut left = infix(operator, vec![head, leaf]);
    for (operator, mut args) in spine.into_iter().rev() {
        if matches!(operator.kind, ExprKind::Ref { .. }) && args.len() == 2 {
            // `k, v in xs`
            items.push(left);
            left = infix(member(2, operator.span), args);
            continue;
        }
        args.insert(0, left);
        left = infix(operator, args);
    }
    items.push(left);
    items
}

/// Whether an operator binds no more tightly than a bar before its first operand does.
fn binds_less(operator: &Expr, args: &[Expr], span: Span, leaf_end: Option<u32>) -> bool {
    if leaf_end.is_some_and(|end| span.end < end) {
        // the first operand itself, in parentheses
        return false;
    }
    if args.is_empty() {
        return false;
    }
    match &operator.kind {
        ExprKind::Var(name) => {
            matches!(name.as_str(), "or" | "equal" | "neq" | "lt" | "gt" | "lte" | "gte")
        }
        ExprKind::Ref { .. } => true,
        _ => false,
    }
}

fn infix(operator: Expr, args: Vec<Expr>) -> Expr {
    let start = args.first().map_or(operator.span, |first| first.span);
    let end = args.last().map_or(operator.span, |last| last.span);
    let kind = ExprKind::Call { operator: Box::new(operator), args, infix: true };
    Expr { kind, span: start.to(end) }
}
