//! A module's statements.

use super::parser::{Failed, Parse, Parser};
use super::token::{Keywords, Kind};
use crate::ast::{Body, Expr, ExprKind, Import, Module, Package, Rule, Version};
use crate::{SourceId, Span};
use sekisho_value::Str;

/// What has been read of a module.
#[derive(Default)]
pub(super) struct Statements {
    package: Option<Package>,
    imports: Vec<Import>,
    pub(super) rules: Vec<Rule>,
    /// something stands in the module
    begun: bool,
    raised: bool,
}

/// Where the parts of an import stand.
pub(super) struct Places {
    path: Span,
    alias: Span,
}

impl Parser<'_> {
    /// A whole module, and all that is wrong with it.
    pub(super) fn module(&mut self, source: SourceId) -> Option<Module> {
        let mut read = Statements::default();
        while self.kind != Kind::Eof && !self.is_full() {
            let before = self.index();
            if self.statement_of_module(&mut read).is_err() {
                self.resynchronise(before);
            }
            read.begun = true;
            self.begin_statement();
        }
        if !read.begun {
            self.report(Span::default(), "empty module");
        }
        let version = if read.raised { Version::V1 } else { self.version };
        if version == Version::V1 {
            for rule in &read.rules {
                self.check_v1(rule);
            }
        }
        let mut module = Module {
            source,
            version,
            package: read.package?,
            imports: read.imports,
            rules: read.rules,
            annotations: Vec::new(),
        };
        if !self.comments().is_empty() {
            self.annotate(&mut module);
        }
        Some(module)
    }

    /// Goes on where the next statement seems to begin: at a word in the first column.
    fn resynchronise(&mut self, before: usize) {
        if self.index() == before {
            self.advance();
        }
        while self.kind != Kind::Eof {
            let span = self.span();
            let is_word = self.kind == Kind::Ident
                || self.kind.is_base_keyword()
                || self.kind.is_future_keyword();
            let start = span.start as usize;
            let first = start == 0 || self.text.as_bytes().get(start - 1) == Some(&b'\n');
            if is_word && first && self.kind != Kind::Else {
                return;
            }
            self.advance();
        }
    }

    fn statement_of_module(&mut self, read: &mut Statements) -> Parse<()> {
        self.refuse_keyword_name(false)?;
        let refers = self.next_adjacent(&[Kind::Dot, Kind::LBrack]);
        if self.kind == Kind::Package && !refers {
            let package = self.package()?;
            if self.kind == Kind::Sub {
                return self.unexpected();
            }
            if read.begun {
                if read.package.is_some() {
                    self.report(package.span, "unexpected package");
                } else {
                    read.package = Some(package);
                }
                return Ok(());
            }
            read.package = Some(package);
            return Ok(());
        }
        if !read.begun {
            self.report(self.span(), "package expected");
            self.help_later("a module begins with `package NAME`");
        }
        if self.kind == Kind::Import && !refers {
            let (import, places) = self.import()?;
            if self.kind == Kind::Sub {
                return self.unexpected();
            }
            read.raised |= self.enable(&import, &places)?;
            read.imports.push(import);
            return Ok(());
        }
        let start = self.mark();
        match self.rules()? {
            Some(rules) => {
                read.rules.extend(rules);
                return Ok(());
            }
            None => self.restore(start),
        }
        let body = self.statement_of_query()?;
        let help = self.missing_head_keyword(&body);
        let first = body.first().map_or_else(|| self.span(), |statement| statement.span);
        match super::rule::rule_of(body) {
            Ok(rule) => read.rules.push(rule),
            Err(message) => {
                self.report(first, message);
                if let Some(help) = help {
                    self.help_later(help);
                }
            }
        }
        Ok(())
    }

    /// What OPA hints at where `if` or `contains` is not imported.
    fn missing_head_keyword(&self, body: &Body) -> Option<String> {
        if self.version == Version::V1 {
            return None;
        }
        let word = super::check::head_keyword(body).or(match (self.kind, self.word()) {
            (Kind::Ident, "if") if !self.after_newline() => Some("if"),
            (Kind::Ident, "contains") if !self.after_newline() => Some("contains"),
            _ => None,
        })?;
        let example = if word == "if" { "p if { ... }" } else { "p contains x" };
        Some(format!("`import future.keywords.{word}` for `{example}` rules"))
    }

    fn package(&mut self) -> Parse<Package> {
        let start = self.span().start;
        self.advance();
        let term = self.path()?;
        let span = self.span_from(start);
        let (head, tail) = match term.kind {
            ExprKind::Var(name) => (name, Vec::new()),
            ExprKind::Ref { head, path } => match head.kind {
                ExprKind::Var(name) => (name, path),
                _ => {
                    let name = super::parser::kind_name(&head);
                    let message = format!("unexpected {name} token: expecting var");
                    return self.fail(head.span, message);
                }
            },
            _ => return self.unexpected(),
        };
        let mut path = vec![head];
        path.extend(self.strings(tail)?);
        Ok(Package { path, span })
    }

    /// A reference that may begin with a keyword.
    fn path(&mut self) -> Parse<Expr> {
        if self.kind != Kind::Ident {
            if !self.is_reference_keyword(self.kind) {
                return self.unexpected();
            }
            self.kind = Kind::Ident;
        }
        self.term()
    }

    fn strings(&mut self, path: Vec<Expr>) -> Parse<Vec<Str>> {
        let mut strings = Vec::with_capacity(path.len());
        for part in path {
            match part.kind {
                ExprKind::String(text) => strings.push(text),
                kind => {
                    let part = Expr { kind, span: part.span };
                    let name = super::parser::kind_name(&part);
                    let message = format!("unexpected {name} token: expecting string");
                    return self.fail(part.span, message);
                }
            }
        }
        Ok(strings)
    }

    /// An import, and where its path and alias stand.
    pub(super) fn import(&mut self) -> Parse<(Import, Places)> {
        let start = self.span().start;
        self.advance();
        let keywords = std::mem::replace(&mut self.keywords, Keywords::NONE);
        let term = self.path();
        self.keywords = keywords;
        let term = term?;
        self.reclassify();
        let place = term.span;
        let (head, tail) = match term.kind {
            ExprKind::Var(name) => (name, Vec::new()),
            ExprKind::Ref { head, path } => match head.kind {
                ExprKind::Var(name) => (name, path),
                _ => return self.fail(self.span(), "expected path"),
            },
            _ => return self.fail(self.span(), "expected path"),
        };
        let ends = tail.last().map_or(place, |last| last.span);
        let mut path = vec![head];
        path.extend(self.strings(tail)?);
        let root = path.first().map_or("", |root| root.as_str()).to_owned();
        if !matches!(root.as_str(), "data" | "input" | "future" | "rego") {
            let failed = self.fail(
                place,
                format_args!(
                    "unexpected import path, must begin with one of: \
                     {{data, future, input, rego}}, got: {root}"
                ),
            );
            self.help("if this is unexpected, try updating OPA");
            return failed;
        }
        if self.kind == Kind::As {
            self.advance();
            let places = Places { path: place, alias: self.span() };
            let alias = Some(self.alias()?);
            return Ok((Import { path, alias, span: self.span_from(start) }, places));
        }
        let last = path.last().map_or("", |last| last.as_str());
        if root != "future" && self.is_version_keyword(last) {
            let message =
                format!("unexpected import path, must not end with a keyword, got: {last}");
            let failed = self.fail(ends, message);
            self.help("import a different path or use an alias");
            return failed;
        }
        let places = Places { path: place, alias: place };
        Ok((Import { path, alias: None, span: self.span_from(start) }, places))
    }

    fn is_version_keyword(&self, word: &str) -> bool {
        let kind = Kind::of_word(word);
        kind.is_base_keyword() || self.version == Version::V1 && Keywords::V1.has(kind)
    }

    fn alias(&mut self) -> Parse<Str> {
        if self.kind != Kind::Ident {
            return self.expected("expected var");
        }
        let alias = self.term()?;
        match alias.kind {
            ExprKind::Var(name) if super::parser::is_root(&name) => {
                let message =
                    format!("unexpected import alias, must not be a reserved name, got: {name}");
                self.fail(alias.span, message)
            }
            ExprKind::Var(name) => Ok(name),
            _ => self.expected("expected var"),
        }
    }

    /// Enables the keywords that an import brings; whether it makes the module one of v1.
    pub(super) fn enable(&mut self, import: &Import, places: &Places) -> Parse<bool> {
        let path: Vec<&str> = import.path.iter().map(|part| part.as_str()).collect();
        let raised = match path.as_slice() {
            ["rego", version @ ("v1" | "v2")] => {
                if import.alias.is_some() {
                    return self.fail(places.alias, "`rego` imports cannot be aliased");
                }
                if *version == "v2" {
                    self.keywords.add_all(Keywords::ALL);
                    self.not_bodies = true;
                } else if self.version == Version::V0 {
                    self.keywords.add_all(Keywords::V1);
                }
                true
            }
            ["rego", ..] => {
                let message = format!(
                    "invalid import `{}`, must be one of: `rego.v1`, `rego.v2`",
                    path.join(".")
                );
                return self.fail(places.path, message);
            }
            ["future", "keywords", ..] if import.alias.is_some() => {
                return self.fail(places.alias, "`future` imports cannot be aliased");
            }
            ["future", "keywords", word] => {
                let kind = Kind::of_word(word);
                if kind != Kind::Not && !kind.is_future_keyword() {
                    return self.fail(
                        places.path,
                        "unexpected keyword, must be one of [and contains every if in not or]",
                    );
                }
                self.not_bodies |= kind == Kind::Not;
                self.keywords.add(kind);
                false
            }
            ["future", "keywords", ..] => {
                self.keywords.add_all(Keywords::ALL);
                self.not_bodies = true;
                false
            }
            ["future", ..] => {
                return self.fail(places.path, "invalid import, must be `future.keywords`");
            }
            _ => return Ok(false),
        };
        self.reclassify();
        Ok(raised)
    }
}

/// The text of a query may be read with what these imports bring.
pub(super) fn enable_all(parser: &mut Parser<'_>, imports: &[Import]) -> Result<(), Failed> {
    for import in imports {
        let places = Places { path: import.span, alias: import.span };
        parser.enable(import, &places)?;
    }
    Ok(())
}
