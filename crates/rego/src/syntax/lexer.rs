//! Text into tokens, in one pass.
//!
//! All tokens of a text are made before any is parsed: which words are keywords depends on
//! imports, so every word that may be one is marked, and the parser decides. Brackets know their
//! partner, so that what stands behind one can be seen without parsing what is in it.
//!
//! More brackets within each other than any statement may have end the statement here already: the
//! text goes on where the next one seems to begin.

use super::MAX_NESTING;
use super::token::{Comment, Kind, Token};
use crate::Span;

/// The tokens of a text, the last of which is the end of the text.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Comment>,
    /// what is wrong with an illegal token, by its index
    pub(super) faults: Vec<(usize, &'static str)>,
}

/// Makes the tokens of a text.
pub(super) fn tokens(text: &str) -> Tokens {
    let mut lexer = Lexer {
        text,
        at: 0,
        out: Tokens::default(),
        open: Vec::new(),
        templates: Vec::new(),
        outside: 0,
        spaced: false,
        newline: false,
        fault: None,
    };
    if text.starts_with(BYTE_ORDER_MARK) {
        lexer.at = BYTE_ORDER_MARK.len_utf8();
    }
    while lexer.token() {
        if lexer.nesting() > lexer.outside + MAX_OPEN {
            lexer.give_up();
        }
    }
    lexer.out
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// What is wrong with the bracket that is one too many.
pub(super) const TOO_DEEP: &str = "max parsing recursion depth exceeded";

/// How many brackets may be open: more than the parser ever allows, so that what it reads is never
/// cut short.
const MAX_OPEN: usize = 2 * MAX_NESTING;

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    out: Tokens,
    /// indices of opening brackets without a partner yet
    open: Vec<u32>,
    /// interpolated strings that the text is in the expression of
    templates: Vec<Template>,
    /// how many of the open brackets may be left over from statements before this one
    outside: usize,
    spaced: bool,
    newline: bool,
    fault: Option<&'static str>,
}

struct Template {
    raw: bool,
    /// how many braces are open within its expression
    braces: u32,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        let byte = *self.text.as_bytes().get(self.at)?;
        if byte.is_ascii() {
            return Some(byte.into());
        }
        self.text.get(self.at..)?.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.at += char.len_utf8();
        self.check(char);
        Some(char)
    }

    /// What may stand nowhere, not even in a string or comment.
    fn check(&mut self, char: char) {
        if char == '\0' {
            self.fault.get_or_insert("illegal null character");
        } else if char == BYTE_ORDER_MARK {
            self.fault.get_or_insert("illegal byte-order mark");
        }
    }

    fn accept(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.at += expected.len_utf8();
        }
        found
    }

    fn skip_while(&mut self, mut test: impl FnMut(char) -> bool) -> bool {
        let start = self.at;
        while let Some(char) = self.peek()
            && test(char)
        {
            self.at += char.len_utf8();
            self.check(char);
        }
        self.at > start
    }

    /// How many brackets and interpolated strings are open.
    fn nesting(&self) -> usize {
        self.open.len() + self.templates.len()
    }

    /// Passes over the rest of a statement that is nested too deep.
    fn give_up(&mut self) {
        self.illegal(TOO_DEEP);
        self.push(Kind::Illegal, self.at);
        self.open.clear();
        self.templates.clear();
        self.at = next_statement(self.text, self.at);
        (self.spaced, self.newline) = (true, true);
    }

    fn push(&mut self, kind: Kind, start: usize) {
        // The end of the text stays the end, whatever is wrong right before it.
        if kind == Kind::Eof && self.fault.is_some() {
            self.push(Kind::Illegal, start);
        }
        let index = self.out.tokens.len();
        let span = Span { start: offset(start), end: offset(self.at) };
        let mut token =
            Token { kind, spaced: self.spaced, newline: self.newline, span, partner: 0 };
        if let Some(fault) = self.fault.take() {
            self.out.faults.push((index, fault));
            token.kind = Kind::Illegal;
        } else if matches!(kind, Kind::LBrack | Kind::LBrace | Kind::LParen) {
            self.open.push(offset(index));
        } else if matches!(kind, Kind::RBrack | Kind::RBrace | Kind::RParen) {
            token.partner = self.close(kind, index);
        }
        self.out.tokens.push(token);
        self.spaced = false;
        self.newline = false;
    }

    /// The partner of a closing bracket; the partner is told, too.
    fn close(&mut self, kind: Kind, index: usize) -> u32 {
        let Some(partner) = self.open.last().copied() else { return 0 };
        let Some(opening) = self.out.tokens.get_mut(partner as usize) else { return 0 };
        let fits = matches!(
            (opening.kind, kind),
            (Kind::LBrack, Kind::RBrack)
                | (Kind::LBrace, Kind::RBrace)
                | (Kind::LParen, Kind::RParen)
        );
        if !fits {
            return 0;
        }
        opening.partner = offset(index);
        self.open.pop();
        partner
    }

    /// Makes the next token; false where it was the last.
    fn token(&mut self) -> bool {
        let start = self.at;
        let Some(char) = self.bump() else {
            self.push(Kind::Eof, start);
            return false;
        };
        let kind = match char {
            ' ' | '\t' | '\r' => {
                self.spaced = true;
                let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
                self.at += rest.iter().take_while(|byte| **byte == b' ').count();
                return true;
            }
            '\n' => {
                self.spaced = true;
                self.newline = true;
                return true;
            }
            '#' => {
                self.comment(start);
                return true;
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                if is_first_column(self.text, start) {
                    self.outside = self.nesting();
                }
                self.skip_while(is_word);
                Kind::of_word(self.text.get(start..self.at).unwrap_or_default())
            }
            '0'..='9' => self.number(),
            '"' => self.string(),
            '`' => self.raw_string(),
            '$' => match self.peek() {
                Some('"') => {
                    self.at += 1;
                    self.template(false)
                }
                Some('`') => {
                    self.at += 1;
                    self.template(true)
                }
                _ => self.illegal("illegal $ character"),
            },
            '{' => {
                if let Some(template) = self.templates.last_mut() {
                    template.braces += 1;
                }
                Kind::LBrace
            }
            '}' => return self.closing_brace(start),
            '!' if self.accept('=') => Kind::Neq,
            '!' => self.illegal("illegal ! character"),
            '\u{a0}' => {
                self.illegal("illegal non-breaking space character, use a regular space instead")
            }
            _ => self.punctuation(char),
        };
        self.push(kind, start);
        true
    }

    fn punctuation(&mut self, char: char) -> Kind {
        match char {
            '[' => Kind::LBrack,
            ']' => Kind::RBrack,
            '(' => Kind::LParen,
            ')' => Kind::RParen,
            ',' => Kind::Comma,
            ';' => Kind::Semicolon,
            '.' => Kind::Dot,
            '+' => Kind::Add,
            '-' => Kind::Sub,
            '*' => Kind::Mul,
            '/' => Kind::Quo,
            '%' => Kind::Rem,
            '&' => Kind::And,
            '|' => Kind::Or,
            ':' if self.accept('=') => Kind::Assign,
            ':' => Kind::Colon,
            '=' if self.accept('=') => Kind::Equal,
            '=' => Kind::Unify,
            '>' if self.accept('=') => Kind::Gte,
            '>' => Kind::Gt,
            '<' if self.accept('=') => Kind::Lte,
            '<' => Kind::Lt,
            _ => self.illegal("illegal token"),
        }
    }

    fn illegal(&mut self, fault: &'static str) -> Kind {
        self.fault.get_or_insert(fault);
        Kind::Illegal
    }

    fn comment(&mut self, start: usize) {
        self.skip_while(|char| char != '\n');
        if self.fault.is_some() {
            self.push(Kind::Illegal, start);
            return;
        }
        let first_column = is_first_column(self.text, start);
        let text = self.text.get(start..self.at).unwrap_or_default();
        let end = start + text.trim_end_matches('\r').len();
        let span = Span { start: offset(start), end: offset(end) };
        self.out.comments.push(Comment { span, first_column });
    }

    fn number(&mut self) -> Kind {
        let digit = |char: char| char.is_ascii_digit();
        self.skip_while(digit);
        if self.accept('.') && !self.skip_while(digit) {
            self.fault.get_or_insert("expected fraction");
        }
        if self.peek().is_some_and(|char| matches!(char, 'e' | 'E')) {
            self.at += 1;
            if self.peek().is_some_and(|char| matches!(char, '+' | '-')) {
                self.at += 1;
            }
            if !self.skip_while(digit) {
                self.fault.get_or_insert("expected exponent");
            }
        }
        if self.peek().is_some_and(|char| char.is_ascii_alphabetic() || char == '_') {
            self.fault.get_or_insert("illegal number format");
            self.skip_while(is_word);
        }
        Kind::Number
    }

    fn string(&mut self) -> Kind {
        loop {
            match self.peek() {
                None | Some('\n') => return self.illegal("non-terminated string"),
                Some('"') => {
                    self.at += 1;
                    return Kind::String;
                }
                Some('\\') => {
                    self.at += 1;
                    self.escape(false);
                }
                Some(_) => {
                    self.bump();
                }
            }
        }
    }

    /// What follows a backslash. Digits of `\u` are looked at when the text is made.
    fn escape(&mut self, brace: bool) {
        match self.peek() {
            Some('\\' | '"' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => self.at += 1,
            Some('{') if brace => self.at += 1,
            Some('u') => {
                for _ in 0..4 {
                    self.bump();
                }
            }
            _ => {
                self.fault.get_or_insert("illegal escape sequence");
            }
        }
    }

    fn raw_string(&mut self) -> Kind {
        self.skip_while(|char| char != '`');
        if self.accept('`') {
            return Kind::RawString;
        }
        self.illegal("non-terminated string")
    }

    /// A part of an interpolated string; what opens it has been read.
    fn template(&mut self, raw: bool) -> Kind {
        loop {
            match self.peek() {
                None => return self.illegal("non-terminated string"),
                Some('\n') if !raw => return self.illegal("non-terminated string"),
                Some('"') if !raw => {
                    self.at += 1;
                    return Kind::TemplateEnd;
                }
                Some('`') if raw => {
                    self.at += 1;
                    return Kind::RawTemplateEnd;
                }
                Some('{') => {
                    self.at += 1;
                    self.templates.push(Template { raw, braces: 0 });
                    return if raw { Kind::RawTemplatePart } else { Kind::TemplatePart };
                }
                Some('\\') if raw => {
                    self.at += 1;
                    self.accept('{');
                }
                Some('\\') => {
                    self.at += 1;
                    self.escape(true);
                }
                Some(_) => {
                    self.bump();
                }
            }
        }
    }

    /// A closing brace, and where it ends the expression of an interpolated string the part that
    /// follows.
    fn closing_brace(&mut self, start: usize) -> bool {
        let Some(template) = self.templates.last_mut() else {
            self.push(Kind::RBrace, start);
            return true;
        };
        if template.braces > 0 {
            template.braces -= 1;
            self.push(Kind::RBrace, start);
            return true;
        }
        let raw = template.raw;
        self.templates.pop();
        self.push_unpaired_brace(start);
        let start = self.at;
        let kind = self.template(raw);
        self.push(kind, start);
        true
    }

    /// The brace that ends an expression of an interpolated string has no partner among tokens.
    fn push_unpaired_brace(&mut self, start: usize) {
        let span = Span { start: offset(start), end: offset(self.at) };
        let (spaced, newline) = (self.spaced, self.newline);
        self.out.tokens.push(Token { kind: Kind::RBrace, spaced, newline, span, partner: 0 });
        self.spaced = false;
        self.newline = false;
    }
}

fn is_first_column(text: &str, at: usize) -> bool {
    at.checked_sub(1).is_none_or(|before| text.as_bytes().get(before) == Some(&b'\n'))
}

/// Where a word begins a line next, or the text ends.
fn next_statement(text: &str, at: usize) -> usize {
    let mut rest = text.get(at..).unwrap_or_default();
    while let Some((_, after)) = rest.split_once('\n') {
        rest = after;
        if rest.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_') {
            return text.len() - rest.len();
        }
    }
    text.len()
}

fn is_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_' || !char.is_ascii() && is_decimal_digit(char)
}

/// OPA takes decimal digits of all scripts within names.
fn is_decimal_digit(char: char) -> bool {
    static DIGIT: std::sync::LazyLock<Option<regex::Regex>> =
        std::sync::LazyLock::new(|| regex::Regex::new(r"^\p{Nd}$").ok());
    let mut buffer = [0; 4];
    DIGIT.as_ref().is_some_and(|digit| digit.is_match(char.encode_utf8(&mut buffer)))
}

/// An offset or index; texts of more than 4 GiB are refused before.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
