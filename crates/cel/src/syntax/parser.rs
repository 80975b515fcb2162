use super::token::{Kind, Token, shown};
use super::{MAX_DEPTH, MAX_NESTING, Syntax};
use crate::ast::{Element, Entry, Expr, ExprKind, Field, Literal, Name, operator};
use crate::macros::{Expanded, Expansion, Macros};
use crate::{Diagnostic, Span};

/// Names that are kept for other languages: no variable or function may have one.
const RESERVED: &[&str] = &[
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "namespace",
    "package",
    "return",
    "var",
    "void",
    "while",
];

/// Boxed, so that the frames of the parser are small.
type Parsed<T> = Result<T, Box<Diagnostic>>;

/// How many brackets (each counting for two) and operators may wait for their end at once: each
/// bracket within a sum within a comparison within `&&` takes more of the stack than one alone.
const MAX_FRAMES: u16 = 3 * MAX_NESTING;

/// How tightly operators bind.
const OR: u8 = 1;
const AND: u8 = 2;
const RELATION: u8 = 3;
const SUM: u8 = 4;
const PRODUCT: u8 = 5;

fn binary_operator(kind: &Kind) -> Option<(u8, &'static str)> {
    Some(match kind {
        Kind::Sign("||") => (OR, operator::OR),
        Kind::Sign("&&") => (AND, operator::AND),
        Kind::In => (RELATION, operator::IN),
        Kind::Sign("<") => (RELATION, operator::LESS),
        Kind::Sign("<=") => (RELATION, operator::LESS_EQUALS),
        Kind::Sign(">") => (RELATION, operator::GREATER),
        Kind::Sign(">=") => (RELATION, operator::GREATER_EQUALS),
        Kind::Sign("==") => (RELATION, operator::EQUALS),
        Kind::Sign("!=") => (RELATION, operator::NOT_EQUALS),
        Kind::Sign("+") => (SUM, operator::ADD),
        Kind::Sign("-") => (SUM, operator::SUBTRACT),
        Kind::Sign("*") => (PRODUCT, operator::MULTIPLY),
        Kind::Sign("/") => (PRODUCT, operator::DIVIDE),
        Kind::Sign("%") => (PRODUCT, operator::MODULO),
        _ => return None,
    })
}

pub(super) struct Parser<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
    syntax: Syntax,
    macros: &'t Macros,
    nesting: u16,
    /// how many operators wait for their right side
    frames: u16,
    next_id: u32,
    /// what is wrong without hindering reading on
    diagnostics: Vec<Diagnostic>,
}

const END: Token = Token { kind: Kind::End, span: Span { start: 0, end: 0 } };

impl<'t> Parser<'t> {
    pub(super) fn new(
        text: &'t str,
        tokens: &'t [Token],
        syntax: Syntax,
        macros: &'t Macros,
    ) -> Self {
        Self {
            text,
            tokens,
            at: 0,
            syntax,
            macros,
            nesting: 0,
            frames: 0,
            next_id: 0,
            diagnostics: Vec::new(),
        }
    }

    pub(super) fn expression(mut self) -> Result<Expr, Vec<Diagnostic>> {
        let expr = self.expr().and_then(|expr| match self.kind() {
            Kind::End => Ok(expr),
            _ => Err(self.unexpected("<EOF>")),
        });
        match expr {
            Ok(expr) if self.diagnostics.is_empty() => Ok(expr),
            Ok(_) => Err(self.diagnostics),
            Err(error) => {
                self.diagnostics.push(*error);
                Err(self.diagnostics)
            }
        }
    }

    fn token(&self) -> &'t Token {
        self.tokens.get(self.at).or(self.tokens.last()).unwrap_or(&END)
    }

    fn kind(&self) -> &'t Kind {
        &self.token().kind
    }

    fn next(&mut self) -> &'t Token {
        let token = self.token();
        self.at += 1;
        token
    }

    fn take(&mut self, sign: &str) -> Option<Span> {
        self.kind().is(sign).then(|| self.next().span)
    }

    fn need(&mut self, sign: &str) -> Parsed<Span> {
        self.take(sign).ok_or_else(|| self.unexpected(&format!("'{sign}'")))
    }

    fn unexpected(&self, wanted: &str) -> Box<Diagnostic> {
        let token = self.token();
        let found = shown(self.text, token);
        let message = match wanted {
            "" => format!("Syntax error: unexpected '{found}'"),
            _ => format!("Syntax error: unexpected '{found}', expecting {wanted}"),
        };
        self.error(token.span, message)
    }

    fn error(&self, span: Span, message: impl Into<String>) -> Box<Diagnostic> {
        Box::new(Diagnostic::new(self.text, span, message))
    }

    fn too_deep(&self) -> Box<Diagnostic> {
        let message = format!("expression recursion limit exceeded: {MAX_NESTING}");
        let help = match self.macros.has("bind") {
            true => "split the expression with `cel.bind` or variables",
            false => "split the expression with variables",
        };
        let help = Some(help.to_owned());
        Box::new(Diagnostic::new(self.text, self.token().span, message).with_help(help))
    }

    fn node(&mut self, span: Span, kind: ExprKind) -> Parsed<Expr> {
        let depth = kind.depth();
        if depth > MAX_DEPTH {
            return Err(self.too_deep());
        }
        let id = crate::ast::ExprId(self.next_id);
        self.next_id += 1;
        Ok(Expr { id, span, depth, kind })
    }

    fn call(&mut self, span: Span, function: &'static str, args: Vec<Expr>) -> Parsed<Expr> {
        self.node(span, ExprKind::Call { target: None, function: Name::new_static(function), args })
    }

    /// `conditionalOr ('?' conditionalOr ':' expr)?`
    fn expr(&mut self) -> Parsed<Expr> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(self.too_deep());
        }
        let expr = self.binary(OR)?;
        let expr = if self.kind().is("?") { self.ternary(expr)? } else { expr };
        self.nesting -= 1;
        Ok(expr)
    }

    fn ternary(&mut self, condition: Expr) -> Parsed<Expr> {
        let span = self.next().span;
        let truthy = self.binary(OR)?;
        self.need(":")?;
        let falsy = self.expr()?;
        self.call(span, operator::CONDITIONAL, vec![condition, truthy, falsy])
    }

    /// Operators that bind at least as tightly as a level.
    fn binary(&mut self, least: u8) -> Parsed<Expr> {
        let left = self.unary()?;
        match binary_operator(self.kind()) {
            Some((level, _)) if level >= least => self.operators(left, least),
            _ => Ok(left),
        }
    }

    fn operators(&mut self, first: Expr, least: u8) -> Parsed<Expr> {
        self.frames += 1;
        if self.frames + 2 * self.nesting > MAX_FRAMES {
            return Err(self.too_deep());
        }
        let expr = self.operators_within(first, least)?;
        self.frames -= 1;
        Ok(expr)
    }

    fn operators_within(&mut self, first: Expr, least: u8) -> Parsed<Expr> {
        let mut left = first;
        let mut counts = [1_u16; 3];
        while let Some((level, function)) = binary_operator(self.kind()) {
            if level < least {
                break;
            }
            if level == OR || level == AND {
                left = self.chain(level, function, left)?;
                continue;
            }
            if let Some(count) = counts.get_mut(usize::from(level - RELATION)) {
                *count += 1;
                if *count > MAX_NESTING {
                    return Err(self.too_deep());
                }
            }
            let span = self.next().span;
            let right = if level == PRODUCT { self.unary()? } else { self.binary(level + 1)? };
            left = self.call(span, function, vec![left, right])?;
        }
        Ok(left)
    }

    /// What is joined by `&&` or `||`.
    fn chain(&mut self, level: u8, function: &'static str, first: Expr) -> Parsed<Expr> {
        let mut terms = vec![first];
        let mut spans = Vec::new();
        let sign = if level == OR { "||" } else { "&&" };
        while let Some(span) = self.take(sign) {
            spans.push(span);
            terms.push(self.binary(level + 1)?);
        }
        self.balanced(function, terms, &spans)
    }

    /// A chain of `&&` or `||` as a balanced tree, as cel-go makes it: long chains stay shallow.
    fn balanced(
        &mut self,
        function: &'static str,
        terms: Vec<Expr>,
        spans: &[Span],
    ) -> Parsed<Expr> {
        let mut terms = terms.into_iter();
        self.balance(function, &mut terms, spans)
    }

    fn balance(
        &mut self,
        function: &'static str,
        terms: &mut std::vec::IntoIter<Expr>,
        spans: &[Span],
    ) -> Parsed<Expr> {
        let mid = spans.len().div_ceil(2).saturating_sub(usize::from(!spans.is_empty()));
        match (spans.get(..mid), spans.get(mid), spans.get(mid + 1..)) {
            (Some(before), Some(span), Some(after)) => {
                let left = self.balance(function, terms, before)?;
                let right = self.balance(function, terms, after)?;
                self.call(*span, function, vec![left, right])
            }
            _ => terms.next().ok_or_else(|| self.unexpected("an expression")),
        }
    }

    /// Counts the operators of a chain that nests to the left.
    fn count(&self, count: &mut u16) -> Parsed<()> {
        *count += 1;
        if *count > MAX_NESTING { Err(self.too_deep()) } else { Ok(()) }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let Kind::Sign(sign @ ("!" | "-")) = self.kind() else { return self.member() };
        // `-1` is a constant, of which `-1.0.size()` is a method.
        let number = matches!(
            self.tokens.get(self.at + 1).map(|token| &token.kind),
            Some(Kind::Int(..) | Kind::Double(_))
        );
        if *sign == "-" && number {
            return self.member();
        }
        let span = self.token().span;
        let mut count = 0_usize;
        while self.take(sign).is_some() {
            count += 1;
        }
        let operand = self.member()?;
        if count.is_multiple_of(2) {
            return Ok(operand);
        }
        let function = if *sign == "!" { operator::NOT } else { operator::NEGATE };
        self.call(span, function, vec![operand])
    }

    fn member(&mut self) -> Parsed<Expr> {
        let mut expr = self.primary()?;
        let mut count = 1;
        while let Kind::Sign(sign @ ("." | "[" | "{")) = self.kind() {
            if *sign == "{" && (expr.depth > MAX_NESTING || expr.qualified_name().is_none()) {
                break;
            }
            self.count(&mut count)?;
            expr = self.part(expr, sign)?;
        }
        Ok(expr)
    }

    /// What a sign behind an operand makes of it.
    fn part(&mut self, operand: Expr, sign: &str) -> Parsed<Expr> {
        let span = self.next().span;
        match sign {
            "." => self.after_dot(operand, span),
            "[" => self.index(operand, span),
            _ => self.message(&operand, span),
        }
    }

    fn index(&mut self, operand: Expr, span: Span) -> Parsed<Expr> {
        let function = if self.optional()? { operator::OPT_INDEX } else { operator::INDEX };
        let index = self.expr()?;
        self.need("]")?;
        self.call(span, function, vec![operand, index])
    }

    fn message(&mut self, name: &Expr, span: Span) -> Parsed<Expr> {
        let name = name.qualified_name().unwrap_or_default().into();
        let fields = self.fields()?;
        self.node(span, ExprKind::Struct { name, fields })
    }

    /// `?`, where optionals are read.
    fn optional(&mut self) -> Parsed<bool> {
        let Some(span) = self.take("?") else { return Ok(false) };
        if self.syntax.optionals {
            return Ok(true);
        }
        Err(self.error(span, "unsupported syntax '?'"))
    }

    fn after_dot(&mut self, operand: Expr, span: Span) -> Parsed<Expr> {
        if self.kind().is("?") {
            return self.optional_field(operand, span);
        }
        let (field, quoted) = self.field_name()?;
        match self.take("(") {
            Some(open) if !quoted => self.method(operand, field, open),
            Some(_) => Err(self.unexpected("")),
            None => {
                let operand = Box::new(operand);
                self.node(span, ExprKind::Select { operand, field, test: false })
            }
        }
    }

    fn optional_field(&mut self, operand: Expr, span: Span) -> Parsed<Expr> {
        self.optional()?;
        let token = self.token();
        let (field, _) = self.field_name()?;
        let name = self.node(token.span, ExprKind::Literal(Literal::String(field)))?;
        self.call(span, operator::OPT_SELECT, vec![operand, name])
    }

    fn method(&mut self, operand: Expr, name: Name, open: Span) -> Parsed<Expr> {
        let args = self.arguments()?;
        self.call_or_macro(open, name, Some(operand), args)
    }

    /// A field's name, and whether it is quoted.
    fn field_name(&mut self) -> Parsed<(Name, bool)> {
        let token = self.token();
        match &token.kind {
            Kind::Ident(name) => {
                self.at += 1;
                Ok((name.clone(), false))
            }
            Kind::Quoted(name) => {
                self.at += 1;
                if !self.syntax.quoted_fields {
                    let error = self.error(token.span, "unsupported syntax: '`'");
                    self.diagnostics.push(*error);
                }
                Ok((name.clone(), true))
            }
            _ => Err(self.unexpected("a field name")),
        }
    }

    /// What stands up to `)`.
    fn arguments(&mut self) -> Parsed<Vec<Expr>> {
        let mut args = Vec::new();
        if self.take(")").is_some() {
            return Ok(args);
        }
        loop {
            args.push(self.expr()?);
            if self.take(",").is_none() {
                self.need(")")?;
                return Ok(args);
            }
        }
    }

    fn call_or_macro(
        &mut self,
        span: Span,
        function: Name,
        target: Option<Expr>,
        args: Vec<Expr>,
    ) -> Parsed<Expr> {
        let found = self.macros.find(&function, target.is_some(), args.len());
        let (target, args) = match found {
            None => (target, args),
            Some(found) => {
                let mut expansion = Expansion::new(&mut self.next_id, span);
                match found.expand(&mut expansion, target, args) {
                    Ok(Expanded::Into(expr)) if expr.depth > MAX_DEPTH => {
                        return Err(self.too_deep());
                    }
                    Ok(Expanded::Into(expr)) => return Ok(expr),
                    Ok(Expanded::Not(target, args)) => (target, args),
                    Err(error) => return Err(self.error(error.span, error.message)),
                }
            }
        };
        self.node(span, ExprKind::Call { target: target.map(Box::new), function, args })
    }

    // The functions that brackets nest are split, so that the frame of each is small.
    fn primary(&mut self) -> Parsed<Expr> {
        let token = self.token();
        match &token.kind {
            Kind::Ident(_) => self.name(""),
            Kind::Sign(sign @ ("." | "(" | "[" | "{" | "-")) => {
                self.at += 1;
                self.bracket(sign, token.span)
            }
            _ => self.literal(token.span, ""),
        }
    }

    fn bracket(&mut self, sign: &str, span: Span) -> Parsed<Expr> {
        match sign {
            "." => self.name("."),
            "(" => self.group(),
            "[" => self.list(span),
            "{" => self.map(span),
            _ => self.negative(span),
        }
    }

    fn group(&mut self) -> Parsed<Expr> {
        let expr = self.expr()?;
        self.need(")")?;
        Ok(expr)
    }

    fn list(&mut self, span: Span) -> Parsed<Expr> {
        let items = self.elements()?;
        self.node(span, ExprKind::List(items))
    }

    fn map(&mut self, span: Span) -> Parsed<Expr> {
        let entries = self.entries()?;
        self.node(span, ExprKind::Map(entries))
    }

    fn negative(&mut self, span: Span) -> Parsed<Expr> {
        match self.kind() {
            Kind::Int(..) | Kind::Double(_) => self.literal(span, "-"),
            _ => Err(self.unexpected("a number")),
        }
    }

    fn name(&mut self, dot: &str) -> Parsed<Expr> {
        let token = self.token();
        let name = self.whole_name(dot)?;
        match self.take("(") {
            Some(open) => self.global_call(name, open),
            None => self.node(token.span, ExprKind::Ident(name)),
        }
    }

    fn whole_name(&mut self, dot: &str) -> Parsed<Name> {
        let token = self.token();
        let Kind::Ident(name) = &token.kind else { return Err(self.unexpected("a name")) };
        self.at += 1;
        // A message's type may be called so.
        if RESERVED.contains(&name.as_str()) && !self.kind().is("{") {
            let help = Some("fields of that name are read as `object.name`".to_owned());
            let message = format!("reserved identifier: {name}");
            let error = Diagnostic::new(self.text, token.span, message).with_help(help);
            self.diagnostics.push(error);
        }
        Ok(if dot.is_empty() { name.clone() } else { format!("{dot}{name}").into() })
    }

    fn global_call(&mut self, name: Name, open: Span) -> Parsed<Expr> {
        let args = self.arguments()?;
        self.call_or_macro(open, name, None, args)
    }

    fn literal(&mut self, span: Span, sign: &str) -> Parsed<Expr> {
        let token = self.token();
        let span = span.to(token.span);
        let literal = match &token.kind {
            Kind::True => Literal::Bool(true),
            Kind::False => Literal::Bool(false),
            Kind::Null => Literal::Null,
            Kind::String(text) => Literal::String(text.clone()),
            Kind::Bytes(bytes) => Literal::Bytes(bytes.clone()),
            Kind::Uint(uint) => Literal::Uint(*uint),
            Kind::Int(digits, hex) => {
                let radix = if *hex { 16 } else { 10 };
                let int = i64::from_str_radix(&format!("{sign}{digits}"), radix);
                Literal::Int(int.map_err(|_| self.error(span, "invalid int literal"))?)
            }
            Kind::Double(digits) => match format!("{sign}{digits}").parse::<f64>() {
                Ok(double) if double.is_finite() => Literal::Double(double),
                _ => return Err(self.error(span, "invalid double literal")),
            },
            _ => return Err(self.unexpected("an expression")),
        };
        self.at += 1;
        self.node(span, ExprKind::Literal(literal))
    }

    fn elements(&mut self) -> Parsed<Vec<Element>> {
        let mut items = Vec::new();
        loop {
            if self.end_of_list(items.is_empty(), "]")? {
                return Ok(items);
            }
            let optional = self.optional()?;
            items.push(Element { value: self.expr()?, optional });
        }
    }

    fn entries(&mut self) -> Parsed<Vec<Entry>> {
        let mut entries = Vec::new();
        loop {
            if self.end_of_list(entries.is_empty(), "}")? {
                return Ok(entries);
            }
            let optional = self.optional()?;
            let key = self.expr()?;
            self.need(":")?;
            entries.push(Entry { key, value: self.expr()?, optional });
        }
    }

    fn fields(&mut self) -> Parsed<Vec<Field>> {
        let mut fields = Vec::new();
        loop {
            if self.end_of_list(fields.is_empty(), "}")? {
                return Ok(fields);
            }
            let optional = self.optional()?;
            let (name, _) = self.field_name()?;
            let span = self.need(":")?;
            fields.push(Field { name, span, value: self.expr()?, optional });
        }
    }

    /// Whether a list ends here; a comma may stand before its end, even in an empty one.
    fn end_of_list(&mut self, empty: bool, close: &str) -> Parsed<bool> {
        if self.take(close).is_some() {
            return Ok(true);
        }
        if empty {
            if self.kind().is(",") {
                self.at += 1;
                self.need(close)?;
                return Ok(true);
            }
            return Ok(false);
        }
        if self.take(",").is_none() {
            return Err(self.unexpected(&format!("',' or '{close}'")));
        }
        Ok(self.take(close).is_some())
    }
}
