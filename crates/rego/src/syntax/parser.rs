//! The state of the parser: where it is, what it has found wrong.

use super::lexer::{TOO_DEEP, Tokens};
use super::token::{Keywords, Kind, Token};
use super::{MAX_ERRORS, MAX_NESTING, MAX_PATH};
use crate::ast::{Expr, ExprKind, Version};
use crate::{Code, Diagnostic, Location, SourceId, Span};
use std::fmt::Display;

/// An error has been reported; the statement is given up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed;

pub(super) type Parse<T> = Result<T, Failed>;

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    tokens: &'t Tokens,
    source: SourceId,
    /// the version that the text is read as, whatever it imports
    pub(super) version: Version,
    pub(super) keywords: Keywords,
    /// `not` takes a body (`import future.keywords.not`)
    pub(super) not_bodies: bool,
    at: usize,
    /// the kind of the token at `at`: a word that is no keyword here is a name
    pub(super) kind: Kind,
    /// how many brackets, braces and bodies are open
    depth: usize,
    /// how high the tree is that was made last
    pub(super) height: usize,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// what is wrong with statements that could be read; OPA reports it only where all could
    pub(super) later: Vec<Diagnostic>,
    /// the token behind a `some` without `in`
    pub(super) some_without_in: usize,
    /// what was read behind a comma before it was clear that no `in` follows
    pub(super) spare: Option<Spare>,
    /// an error was explained by reading something twice: done once in a statement, so that
    /// nesting does not multiply it
    pub(super) explained: bool,
    /// the statement is nested too deep
    exhausted: bool,
}

/// A term behind a comma, read in the hope of `k, v in xs`.
pub(super) struct Spare {
    /// the comma's index
    pub(super) comma: usize,
    /// the term and its height, and where it ends; what is wrong with it otherwise
    pub(super) term: Result<(Expr, usize, Mark), Vec<Diagnostic>>,
}

/// A place to come back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    at: usize,
    kind: Kind,
    depth: usize,
}

impl<'t> Parser<'t> {
    pub(super) fn new(
        text: &'t str,
        tokens: &'t Tokens,
        source: SourceId,
        version: Version,
    ) -> Self {
        let keywords = match version {
            Version::V0 => Keywords::NONE,
            Version::V1 => Keywords::V1,
        };
        let mut parser = Self {
            text,
            tokens,
            source,
            version,
            keywords,
            not_bodies: false,
            at: 0,
            kind: Kind::Eof,
            depth: 0,
            height: 0,
            diagnostics: Vec::new(),
            later: Vec::new(),
            some_without_in: usize::MAX,
            spare: None,
            explained: false,
            exhausted: false,
        };
        parser.reclassify();
        parser
    }

    /// The kind of the token at the place, after keywords have changed.
    pub(super) fn reclassify(&mut self) {
        self.kind = self.kind_at(self.at);
    }

    pub(super) fn token(&self) -> Option<&'t Token> {
        self.tokens.tokens.get(self.at)
    }

    pub(super) fn token_at(&self, index: usize) -> Option<&'t Token> {
        self.tokens.tokens.get(index)
    }

    pub(super) fn comments(&self) -> &'t [super::token::Comment] {
        &self.tokens.comments
    }

    pub(super) fn index(&self) -> usize {
        self.at
    }

    /// The kind of a token as the keywords are now.
    pub(super) fn kind_at(&self, index: usize) -> Kind {
        let kind = self.tokens.tokens.get(index).map_or(Kind::Eof, |token| token.kind);
        if kind.is_future_keyword() && !self.keywords.has(kind) { Kind::Ident } else { kind }
    }

    pub(super) fn span(&self) -> Span {
        self.token().map_or_else(|| self.end_of_text(), |token| token.span)
    }

    fn end_of_text(&self) -> Span {
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        Span { start: end, end }
    }

    /// From a place to the end of the token before the current one.
    pub(super) fn span_from(&self, start: u32) -> Span {
        let before = self.at.checked_sub(1).and_then(|index| self.token_at(index));
        let end = before.map_or(start, |token| token.span.end);
        Span { start, end: end.max(start) }
    }

    pub(super) fn text_of(&self, span: Span) -> &'t str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    pub(super) fn word(&self) -> &'t str {
        self.text_of(self.span())
    }

    pub(super) fn advance(&mut self) {
        if self.at + 1 < self.tokens.tokens.len() {
            self.at += 1;
        }
        self.reclassify();
    }

    /// Whether the token after the current one follows at once and is one of these.
    pub(super) fn next_adjacent(&self, kinds: &[Kind]) -> bool {
        self.token_at(self.at + 1).is_some_and(|next| !next.spaced && kinds.contains(&next.kind))
    }

    /// Whether the current token follows at once on the one before.
    pub(super) fn is_adjacent(&self) -> bool {
        self.token().is_some_and(|token| !token.spaced)
    }

    pub(super) fn after_newline(&self) -> bool {
        self.token().is_some_and(|token| token.newline)
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { at: self.at, kind: self.kind, depth: self.depth }
    }

    pub(super) fn restore(&mut self, mark: Mark) {
        self.at = mark.at;
        self.kind = mark.kind;
        self.depth = mark.depth;
    }

    /// Goes on at a place, in what is open now.
    pub(super) fn resume(&mut self, mark: Mark) {
        self.at = mark.at;
        self.kind = mark.kind;
    }

    /// Nothing is open or known where a statement begins.
    pub(super) fn begin_statement(&mut self) {
        self.depth = 0;
        self.explained = false;
        self.exhausted = false;
        self.spare = None;
    }

    /// Goes to the token that holds a byte.
    pub(super) fn seek(&mut self, start: u32) {
        self.at = self
            .tokens
            .tokens
            .partition_point(|token| token.span.start < start)
            .min(self.tokens.tokens.len().saturating_sub(1));
        self.reclassify();
    }

    /// A keyword that may be a name within a reference.
    pub(super) fn is_reference_keyword(&self, kind: Kind) -> bool {
        kind.is_base_keyword()
            || kind.is_future_keyword() && self.keywords.has(kind)
            || self.version == Version::V1 && kind.is_future_keyword() && Keywords::V1.has(kind)
    }

    /// A keyword with a dot or bracket right behind it is a name: `package.x`.
    pub(super) fn name_of_reference(&mut self) -> bool {
        let is_name =
            self.is_reference_keyword(self.kind) && self.next_adjacent(&[Kind::Dot, Kind::LBrack]);
        if is_name {
            self.kind = Kind::Ident;
        }
        is_name
    }

    /// Opens a level of nesting; [`Self::leave`] closes it, as does giving up.
    pub(super) fn enter(&mut self) -> Parse<()> {
        if self.depth >= MAX_NESTING {
            return self.too_deep();
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// The tree made last holds trees of that height.
    pub(super) fn grow(&mut self, height: usize) -> Parse<()> {
        if height >= MAX_NESTING {
            return self.too_deep();
        }
        self.height = height + 1;
        Ok(())
    }

    fn too_deep<T>(&mut self) -> Parse<T> {
        self.exhausted = true;
        self.error(self.span(), TOO_DEEP)?;
        self.help(format!("nesting may be {MAX_NESTING} levels deep"));
        Err(Failed)
    }

    pub(super) fn too_long<T>(&mut self) -> Parse<T> {
        self.exhausted = true;
        self.error(self.span(), "the reference is too long")?;
        self.help(format!("a reference has at most {MAX_PATH} parts; values are no deeper"));
        Err(Failed)
    }

    /// Reports an error at a place. What is wrong with the current token itself comes first.
    fn error(&mut self, span: Span, message: impl Display) -> Parse<()> {
        let faults = &self.tokens.faults;
        let fault = faults.binary_search_by_key(&self.at, |(index, _)| *index).ok();
        let fault = fault.and_then(|index| faults.get(index));
        let (span, message) = match fault {
            Some((_, fault)) if self.kind == Kind::Illegal => {
                self.exhausted |= *fault == TOO_DEEP;
                (self.span(), (*fault).to_owned())
            }
            _ => (span, message.to_string()),
        };
        if self.diagnostics.len() >= MAX_ERRORS {
            return Err(Failed);
        }
        let location = Location { source: self.source, span };
        self.diagnostics.push(Diagnostic { code: Code::Parse, message, location, help: None });
        Ok(())
    }

    /// Reports an error at a place, and gives the statement up.
    pub(super) fn fail<T>(&mut self, span: Span, message: impl Display) -> Parse<T> {
        self.error(span, message)?;
        Err(Failed)
    }

    /// Reports what is wrong with what has been parsed all the same.
    pub(super) fn report(&mut self, span: Span, message: impl Display) {
        if self.later.len() < MAX_ERRORS {
            let location = Location { source: self.source, span };
            let message = message.to_string();
            self.later.push(Diagnostic { code: Code::Parse, message, location, help: None });
        }
    }

    /// Says how to mend what [`Self::report`] reported last.
    pub(super) fn help_later(&mut self, help: impl Into<String>) {
        if let Some(last) = self.later.last_mut() {
            last.help = Some(help.into());
        }
    }

    /// Says how to mend what was reported last.
    pub(super) fn help(&mut self, help: impl Into<String>) {
        if let Some(last) = self.diagnostics.last_mut()
            && last.help.is_none()
        {
            last.help = Some(help.into());
        }
    }

    /// The current token may not stand here.
    pub(super) fn unexpected<T>(&mut self) -> Parse<T> {
        let (kind, what) = self.named();
        self.fail(self.span(), format_args!("unexpected {kind} {what}"))
    }

    /// The current token may not stand here; what may.
    pub(super) fn expected<T>(&mut self, note: impl Display) -> Parse<T> {
        let (kind, what) = self.named();
        self.fail(self.span(), format_args!("unexpected {kind} {what}: {note}"))
    }

    fn named(&self) -> (&'static str, &'static str) {
        let is_keyword = self.kind.is_base_keyword() || self.kind.is_future_keyword();
        (self.kind.name(), if is_keyword { "keyword" } else { "token" })
    }

    /// No more errors are reported.
    pub(super) fn is_full(&self) -> bool {
        self.diagnostics.len() >= MAX_ERRORS
    }

    /// Takes back what was reported since, to read the text in another way; not where it is
    /// nested too deep in any way.
    pub(super) fn take_back(&mut self, reported: usize) -> Parse<Vec<Diagnostic>> {
        if self.exhausted {
            return Err(Failed);
        }
        Ok(self.diagnostics.split_off(reported.min(self.diagnostics.len())))
    }
}

/// What OPA calls an expression of that kind.
pub(super) fn kind_name(expr: &Expr) -> &'static str {
    match &expr.kind {
        ExprKind::Null => "null",
        ExprKind::Bool(_) => "boolean",
        ExprKind::Number(_) => "number",
        ExprKind::String(_) => "string",
        ExprKind::Var(name) if is_root(name) => "ref",
        ExprKind::Var(_) => "var",
        ExprKind::Ref { .. } => "ref",
        ExprKind::Call { .. } => "call",
        ExprKind::Array(_) => "array",
        ExprKind::Object(_) => "object",
        ExprKind::Set(_) => "set",
        ExprKind::ArrayComprehension(..) => "arraycomprehension",
        ExprKind::SetComprehension(..) => "setcomprehension",
        ExprKind::ObjectComprehension(..) => "objectcomprehension",
        ExprKind::Template(_) => "templatestring",
    }
}

/// `input` and `data` are references even where they stand alone.
pub(super) fn is_root(name: &str) -> bool {
    matches!(name, "input" | "data")
}
