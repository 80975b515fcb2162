//! Rules and their heads.

use super::check;
use super::expr::Level;
use super::parser::{Parse, Parser};
use super::token::Kind;
use crate::ast::{Body, Else, Expr, ExprKind, Head, Rule, Statement, StatementKind};

/// How a keyword reads on as a rule's name, which it may not be.
fn names_rule(keyword: Kind, next: Kind) -> bool {
    let assigned = matches!(next, Kind::Assign | Kind::Unify);
    let ruled = assigned || matches!(next, Kind::If | Kind::Contains);
    match keyword {
        Kind::Every | Kind::If | Kind::In | Kind::Some | Kind::As => ruled || next == Kind::LParen,
        Kind::Package | Kind::Import => assigned || next == Kind::LParen,
        Kind::Not | Kind::LogicalAnd | Kind::LogicalOr => ruled,
        Kind::Contains => matches!(next, Kind::If | Kind::Contains),
        _ => false,
    }
}

impl Parser<'_> {
    /// Refuses a keyword as the name of a rule.
    pub(super) fn refuse_keyword_name(&mut self, is_default: bool) -> Parse<()> {
        let next = self.kind_at(self.index() + 1);
        let is_name = if is_default {
            names_rule(self.kind, Kind::Assign) || self.kind == Kind::Contains
        } else {
            names_rule(self.kind, next)
        };
        if is_name {
            let name = self.kind.name();
            let message = format!("{name} keyword cannot be used for rule name");
            return self.fail(self.span(), message);
        }
        Ok(())
    }

    /// A rule with its chained bodies; none where the text is no rule by itself, so that it is to
    /// be read as a statement.
    pub(super) fn rules(&mut self) -> Parse<Option<Vec<Rule>>> {
        let start = self.span().start;
        self.name_of_reference();
        let default = self.kind == Kind::Default;
        if default {
            self.advance();
            self.name_of_reference();
        }
        if self.kind != Kind::Ident {
            if default {
                self.refuse_keyword_name(true)?;
            }
            return Ok(None);
        }
        let Some(mut head) = self.head(default)? else { return Ok(None) };
        if default {
            let span = self.span_from(start);
            let rule = Rule { default, head, body: None, elses: Vec::new(), chained: false, span };
            self.check_default(&rule)?;
            return Ok(Some(vec![rule]));
        }
        let body = match self.kind {
            Kind::If => {
                head.has_if = true;
                self.advance();
                Some(self.body_behind_if()?)
            }
            Kind::LBrace => {
                set_key(&mut head);
                self.advance();
                Some(self.body(Kind::RBrace)?)
            }
            _ if head.has_contains => None,
            _ => return Ok(None),
        };
        let mut elses = Vec::new();
        if body.is_some() && self.kind == Kind::Else && !self.name_of_reference() {
            self.check_else(&head)?;
            elses = self.elses()?;
        }
        let has_else = !elses.is_empty();
        let has_body = body.is_some();
        let span = self.span_from(start);
        let rule = Rule { default, head, body, elses, chained: false, span };
        let mut rules = vec![rule];
        while has_body && self.kind == Kind::LBrace {
            if has_else {
                return self.fail(self.span(), "expected else keyword");
            }
            let start = self.span().start;
            self.advance();
            let body = Some(self.body(Kind::RBrace)?);
            let span = self.span_from(start);
            let Some(first) = rules.first() else { break };
            let head = first.head.clone();
            let rule = Rule { default, head, body, elses: Vec::new(), chained: true, span };
            rules.push(rule);
        }
        Ok(Some(rules))
    }

    /// The name, parameters, key and value of a rule; none where it begins otherwise.
    fn head(&mut self, default: bool) -> Parse<Option<Head>> {
        let start = self.span().start;
        self.height = 0;
        let name = self.variable();
        if self.is_adjacent() && is_operator(self.kind) {
            return self.unexpected();
        }
        // Here white space may stand before the bracket, and only here.
        let term = match self.kind {
            Kind::LParen | Kind::LBrack => self.reference(name)?,
            Kind::Dot => self.reference(name)?,
            _ => name,
        };
        let (reference, args) = match term.kind {
            ExprKind::Call { operator, args, infix: false } => (*operator, Some(args)),
            kind => (Expr { kind, span: term.span }, None),
        };
        let span = self.span_from(start);
        let (key, value) = (None, None);
        let mut head = Head {
            reference,
            args,
            key,
            value,
            assign: false,
            has_if: false,
            has_contains: false,
            span,
        };
        if !is_named(&head.reference) && head.args.is_none() {
            return Ok(None);
        }
        if !is_named(&head.reference) {
            let message = format!("rule head ref {} invalid", head.reference);
            return self.expected(message);
        }
        if self.kind != Kind::Contains {
            head.args = head.args.filter(|args| !args.is_empty());
        }
        match self.kind {
            Kind::Contains => {
                let example = format!("(e.g., {} contains <VALUE> {{ ... }})", head.reference);
                if head.args.is_some() {
                    let message = format!(
                        "the contains keyword can only be used with multi-value rule definitions \
                         {example}"
                    );
                    return self.expected(message);
                }
                self.advance();
                head.has_contains = true;
                head.key = Some(self.infix(None, Level::Member)?);
            }
            Kind::Unify | Kind::Assign => {
                head.assign = self.kind == Kind::Assign;
                self.advance();
                let failed = self.infix(None, Level::Member);
                if failed.is_err() && default {
                    self.help("a default rule has a value: `default allow := false`");
                }
                head.value = Some(failed?);
            }
            _ => {}
        }
        head.span = self.span_from(start);
        Ok(Some(head))
    }

    /// The body behind `if`: one statement, or several in braces. A set in braces is a body; an
    /// object or comprehension is a statement.
    fn body_behind_if(&mut self) -> Parse<Body> {
        if self.kind != Kind::LBrace {
            return Ok(vec![self.literal()?]);
        }
        if self.may_be_value() {
            let open = self.mark();
            let reported = self.diagnostics.len();
            if let Ok(statement) = self.literal() {
                if !is_set(&statement) {
                    return Ok(vec![statement]);
                }
            } else {
                self.take_back(reported)?;
            }
            self.restore(open);
        }
        self.advance();
        self.body(Kind::RBrace)
    }

    /// Whether what stands in the braces may be a value, or the beginning of an expression.
    fn may_be_value(&self) -> bool {
        let open = self.index();
        let Some(close) = self.token().map(|token| token.partner as usize).filter(|at| *at > 0)
        else {
            return false;
        };
        let after = self.kind_at(close + 1);
        let adjacent = self.token_at(close + 1).is_some_and(|token| !token.spaced);
        let goes_on = is_operator(after)
            || matches!(
                after,
                Kind::Assign
                    | Kind::Unify
                    | Kind::In
                    | Kind::Comma
                    | Kind::With
                    | Kind::LogicalAnd
                    | Kind::LogicalOr
            )
            || adjacent && matches!(after, Kind::Dot | Kind::LBrack | Kind::LParen);
        if goes_on || close == open + 1 {
            return true;
        }
        let mut at = open + 1;
        while at < close {
            match self.kind_at(at) {
                Kind::Colon | Kind::Or => return true,
                Kind::LBrace | Kind::LBrack | Kind::LParen => {
                    at = self.token_at(at).map_or(at, |token| at.max(token.partner as usize));
                }
                _ => {}
            }
            at += 1;
        }
        false
    }

    fn check_else(&mut self, head: &Head) -> Parse<()> {
        let variable = |part: &Expr| !check::is_ground(part);
        if let ExprKind::Ref { path, .. } = &head.reference.kind
            && path.iter().any(variable)
        {
            let message = "else keyword cannot be used on rules with variables in head";
            return self.fail(self.span(), message);
        }
        // What `p.q = v { … }` defines is an object in OPA's eyes.
        let partial = matches!(&head.reference.kind, ExprKind::Ref { path, .. } if path.len() == 1)
            && !head.has_if
            && head.args.is_none();
        if head.key.is_some() || partial {
            return self.fail(self.span(), "else keyword cannot be used on multi-value rules");
        }
        Ok(())
    }

    /// The `else` branches; the current token is the first `else`.
    fn elses(&mut self) -> Parse<Vec<Else>> {
        let mut elses = Vec::new();
        while self.kind == Kind::Else {
            let start = self.span().start;
            self.advance();
            let mut value = None;
            let mut assign = false;
            match self.kind {
                Kind::LBrace | Kind::If => {}
                Kind::Assign | Kind::Unify => {
                    assign = self.kind == Kind::Assign;
                    self.advance();
                    value = Some(self.infix(None, Level::Member)?);
                }
                _ => return self.expected("expected else value term or rule body"),
            }
            let has_if = self.kind == Kind::If;
            if has_if {
                self.advance();
            }
            let body = match self.kind {
                Kind::LBrace => {
                    self.advance();
                    Some(self.body(Kind::RBrace)?)
                }
                Kind::Eof if has_if => return self.expected("rule body expected"),
                _ if has_if => Some(vec![self.literal()?]),
                _ => None,
            };
            let is_last = body.is_none();
            elses.push(Else { value, assign, has_if, body, span: self.span_from(start) });
            if is_last {
                break;
            }
        }
        Ok(elses)
    }
}

/// In `p[x] { … }` without a value the key is that of a set.
fn set_key(head: &mut Head) {
    if head.has_contains || head.args.is_some() || head.value.is_some() {
        return;
    }
    if let ExprKind::Ref { head: name, path } = &mut head.reference.kind
        && path.len() == 1
    {
        head.key = path.pop();
        let name = std::mem::replace(&mut **name, Expr { kind: ExprKind::Null, span: head.span });
        head.reference = name;
    }
}

fn is_named(reference: &Expr) -> bool {
    match &reference.kind {
        ExprKind::Var(_) => true,
        ExprKind::Ref { head, .. } => head.as_var().is_some(),
        _ => false,
    }
}

fn is_set(statement: &Statement) -> bool {
    matches!(&statement.kind, StatementKind::Expr(expr) if matches!(expr.kind, ExprKind::Set(_)))
}

fn is_operator(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Add
            | Kind::Sub
            | Kind::Mul
            | Kind::Quo
            | Kind::Rem
            | Kind::And
            | Kind::Or
            | Kind::Equal
            | Kind::Neq
            | Kind::Gt
            | Kind::Gte
            | Kind::Lt
            | Kind::Lte
    )
}

/// The rule that a statement is; OPA's reason where it is none.
pub(super) fn rule_of(body: Body) -> Result<Rule, String> {
    let Ok([statement]) = <[Statement; 1]>::try_from(body) else {
        return Err("multiple expressions cannot be used for rule head".into());
    };
    let Statement { negated, kind, with, span } = statement;
    if !with.is_empty() {
        return Err("expressions using with keyword cannot be used for rule head".into());
    }
    if negated {
        return Err("negated expressions cannot be used for rule head".into());
    }
    let expr = match kind {
        StatementKind::Expr(expr) => expr,
        StatementKind::Some(_) | StatementKind::SomeIn { .. } => {
            return Err("'some' declarations cannot be used for rule head".into());
        }
        _ => return Err("expression cannot be used for rule head".into()),
    };
    let (reference, value, args, assign) = match expr.kind {
        ExprKind::Call { operator, args, infix } => head_of_call(*operator, args, infix)?,
        kind => {
            let expr = Expr { kind, span: expr.span };
            match super::parser::kind_name(&expr) {
                "ref" if matches!(expr.kind, ExprKind::Ref { .. }) => (expr, None, None, false),
                "ref" => return Err("refs cannot be used for rule head".into()),
                name => return Err(format!("{name} cannot be used for rule name")),
            }
        }
    };
    if !is_named(&reference) {
        return Err(format!("invalid rule head: {reference}"));
    }
    let mut head = Head {
        reference,
        args,
        key: None,
        value,
        assign,
        has_if: false,
        has_contains: false,
        span,
    };
    set_key(&mut head);
    Ok(Rule { default: false, head, body: None, elses: Vec::new(), chained: false, span })
}

type HeadParts = (Expr, Option<Expr>, Option<Vec<Expr>>, bool);

/// The head that a call is: `p := v`, `f(x) = v`, `f(x)`.
fn head_of_call(operator: Expr, args: Vec<Expr>, infix: bool) -> Result<HeadParts, String> {
    let name = operator.as_var().map_or("", |name| name.as_str());
    if matches!(name, "eq" | "assign") {
        let assign = name == "assign";
        let Ok([left, right]) = <[Expr; 2]>::try_from(args) else {
            return Err("assignment requires two operands".into());
        };
        return match left.kind {
            ExprKind::Call { operator, args, .. } if is_named(&operator) => {
                let args = Some(args).filter(|args| !args.is_empty());
                Ok((*operator, Some(right), args, assign))
            }
            ExprKind::Ref { .. } | ExprKind::Var(_) => Ok((left, Some(right), None, assign)),
            kind => {
                let left = Expr { kind, span: left.span };
                let name = super::parser::kind_name(&left);
                Err(format!("{name} cannot be used for rule name"))
            }
        };
    }
    if infix || crate::builtins::find(&operator.to_string()).is_some() {
        return Err("rule name conflicts with built-in function".into());
    }
    if args.is_empty() {
        return Err("rule argument list must take at least one argument".into());
    }
    Ok((operator, None, Some(args), false))
}
