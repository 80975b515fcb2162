use super::escape::{unescape_bytes, unescape_text};
use super::token::{Kind, Token};
use crate::Span;
use crate::ast::Name;

/// What is wrong with a text, and where.
pub(super) struct LexError {
    pub(super) span: Span,
    pub(super) message: String,
}

/// Signs, longer ones first.
const SIGNS: &[&str] = &[
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!",
    "?", ":", "+", "*", "/", "%",
];

/// The tokens of a text; the last is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, LexError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next()?;
        let end = token.kind == Kind::End;
        tokens.push(token);
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn next(&mut self) -> Result<Token, LexError> {
        self.skip_blank();
        let start = self.at;
        let kind = self.kind()?;
        Ok(Token { kind, span: self.span_from(start) })
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a text is shorter than 4 GiB")]
    fn span_from(&self, start: usize) -> Span {
        Span { start: start as u32, end: self.at as u32 }
    }

    fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> &'t str {
        let start = self.at;
        while self.at < self.text.len() && keep(self.byte(0)) {
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn skip_blank(&mut self) {
        loop {
            self.take_while(|byte| matches!(byte, b'\t' | b' ' | b'\r' | b'\n' | 0x0C));
            if !self.rest().starts_with("//") {
                return;
            }
            self.take_while(|byte| byte != b'\n');
        }
    }

    fn kind(&mut self) -> Result<Kind, LexError> {
        let first = self.byte(0);
        if self.at >= self.text.len() {
            return Ok(Kind::End);
        }
        if first.is_ascii_digit() || (first == b'.' && self.byte(1).is_ascii_digit()) {
            return self.number();
        }
        if first == b'"' || first == b'\'' {
            return self.string(0, false, false);
        }
        if first.is_ascii_alphabetic() || first == b'_' {
            return self.word();
        }
        if first == b'`' {
            return self.quoted();
        }
        if let Some(sign) = SIGNS.iter().find(|sign| self.rest().starts_with(**sign)) {
            self.at += sign.len();
            return Ok(Kind::Sign(sign));
        }
        let start = self.at;
        self.at += self.rest().chars().next().map_or(1, char::len_utf8);
        Err(self.unrecognized(start))
    }

    fn unrecognized(&self, start: usize) -> LexError {
        let shown = self.text.get(start..self.at).unwrap_or_default().escape_debug().to_string();
        let message = format!("Syntax error: token recognition error at: '{shown}'");
        LexError { span: self.span_from(start), message }
    }

    fn word(&mut self) -> Result<Kind, LexError> {
        if let Some((prefix, raw, bytes)) = self.string_prefix() {
            return self.string(prefix, raw, bytes);
        }
        let word = self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        Ok(match word {
            "true" => Kind::True,
            "false" => Kind::False,
            "null" => Kind::Null,
            "in" => Kind::In,
            _ => Kind::Ident(Name::new(word)),
        })
    }

    /// The length of `r`, `b` or `br` before a quote, and what it means.
    fn string_prefix(&self) -> Option<(usize, bool, bool)> {
        let quote = |at: usize| matches!(self.byte(at), b'"' | b'\'');
        match (self.byte(0).to_ascii_lowercase(), self.byte(1).to_ascii_lowercase()) {
            (b'b', b'r') if quote(2) => Some((2, true, true)),
            (b'b', _) if quote(1) => Some((1, false, true)),
            (b'r', _) if quote(1) => Some((1, true, false)),
            _ => None,
        }
    }

    fn string(&mut self, prefix: usize, raw: bool, bytes: bool) -> Result<Kind, LexError> {
        let start = self.at;
        self.at += prefix;
        let quote = self.byte(0);
        let triple = self.byte(1) == quote && self.byte(2) == quote;
        let quotes = if triple { 3 } else { 1 };
        self.at += quotes;
        let body = self.at;
        let end = loop {
            if self.at >= self.text.len() {
                return Err(self.unrecognized(start));
            }
            let byte = self.byte(0);
            if byte == quote && (!triple || (self.byte(1) == quote && self.byte(2) == quote)) {
                break self.at;
            }
            if !triple && matches!(byte, b'\n' | b'\r') {
                return Err(self.unrecognized(start));
            }
            self.at += 1;
            if !raw && byte == b'\\' && self.at < self.text.len() {
                // Whatever is escaped does not end the string.
                self.at += self.rest().chars().next().map_or(1, char::len_utf8);
            }
        };
        self.at = end + quotes;
        let text = self.text.get(body..end).unwrap_or_default();
        let value = if bytes {
            unescape_bytes(text, raw).map(Kind::Bytes)
        } else {
            unescape_text(text, raw).map(|text| Kind::String(text.into()))
        };
        value.map_err(|message| LexError { span: self.span_from(start), message })
    }

    fn quoted(&mut self) -> Result<Kind, LexError> {
        let start = self.at;
        self.at += 1;
        let name = self.take_while(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b' ')
        });
        if name.is_empty() || self.byte(0) != b'`' {
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
            return Err(self.unrecognized(start));
        }
        self.at += 1;
        Ok(Kind::Quoted(Name::new(name)))
    }

    fn number(&mut self) -> Result<Kind, LexError> {
        let start = self.at;
        if self.rest().starts_with("0x") && self.byte(2).is_ascii_hexdigit() {
            self.at += 2;
            let digits = self.take_while(|byte| byte.is_ascii_hexdigit());
            return self.integer(start, digits, true);
        }
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        let mut double = false;
        if self.byte(0) == b'.' && self.byte(1).is_ascii_digit() {
            double = true;
            self.at += 1;
            self.take_while(|byte| byte.is_ascii_digit());
        }
        if matches!(self.byte(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
            if self.byte(1 + sign).is_ascii_digit() {
                double = true;
                self.at += 1 + sign;
                self.take_while(|byte| byte.is_ascii_digit());
            }
        }
        if double {
            let text = self.text.get(start..self.at).unwrap_or_default();
            return Ok(Kind::Double(Name::new(text)));
        }
        self.integer(start, digits, false)
    }

    fn integer(&mut self, start: usize, digits: &str, hex: bool) -> Result<Kind, LexError> {
        if !matches!(self.byte(0), b'u' | b'U') {
            return Ok(Kind::Int(Name::new(digits), hex));
        }
        self.at += 1;
        u64::from_str_radix(digits, if hex { 16 } else { 10 }).map(Kind::Uint).map_err(|_| {
            LexError { span: self.span_from(start), message: "invalid uint literal".to_owned() }
        })
    }
}
