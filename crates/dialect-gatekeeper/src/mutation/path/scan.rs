//! A location's text into tokens.

use super::PathError;

/// One token, with the position of its first character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// in Unicode scalars from 1
    pub(super) position: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// a name, quoted or not
    Name(String),
    /// digits
    Int(String),
    /// `.`
    Dot,
    /// `[`
    Open,
    /// `]`
    Close,
    /// `:`
    Colon,
    /// `*`
    Star,
    /// there is no more
    End,
}

impl TokenKind {
    /// For messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Name(text) | Self::Int(text) => format!("`{text}`"),
            Self::Dot => "`.`".to_owned(),
            Self::Open => "`[`".to_owned(),
            Self::Close => "`]`".to_owned(),
            Self::Colon => "`:`".to_owned(),
            Self::Star => "`*`".to_owned(),
            Self::End => "the end".to_owned(),
        }
    }
}

/// All tokens, the last of which is the end. A name without quotes has letters, digits, `_` and
/// `-` of ASCII and begins with no digit; in one with quotes `\` stands before any character that
/// is to be taken as it is.
pub(super) fn scan(text: &str) -> Result<Vec<Token>, PathError> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let start = at;
        at += 1;
        let kind = match c {
            ' ' | '\t' | '\r' | '\n' => continue,
            '.' => TokenKind::Dot,
            '[' => TokenKind::Open,
            ']' => TokenKind::Close,
            '*' => TokenKind::Star,
            ':' => TokenKind::Colon,
            '"' | '\'' => {
                let (name, end) = quoted(&chars, start)?;
                at = end;
                TokenKind::Name(name)
            }
            c if c.is_ascii_digit() => {
                TokenKind::Int(run(&chars, start, &mut at, |c| c.is_ascii_digit()))
            }
            c if is_name(c) => TokenKind::Name(run(&chars, start, &mut at, is_name)),
            c => {
                let message = format!("`{}` cannot stand here without quotes", c.escape_debug());
                return Err(PathError { message, position: start + 1 });
            }
        };
        tokens.push(Token { kind, position: start + 1 });
    }
    tokens.push(Token { kind: TokenKind::End, position: chars.len() + 1 });
    Ok(tokens)
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn run(chars: &[char], start: usize, at: &mut usize, of: fn(char) -> bool) -> String {
    let rest = chars.get(start..).unwrap_or_default();
    let found: String = rest.iter().copied().take_while(|c| of(*c)).collect();
    *at = start + found.chars().count();
    found
}

/// The text between the quote at `start` and its like, and the position behind that.
fn quoted(chars: &[char], start: usize) -> Result<(String, usize), PathError> {
    let mut text = String::new();
    let mut rest = chars.iter().enumerate().skip(start);
    let quote = rest.next().map(|(_, c)| *c);
    while let Some((at, &c)) = rest.next() {
        if Some(c) == quote {
            return Ok((text, at + 1));
        }
        if c != '\\' {
            text.push(c);
        } else if let Some((_, escaped)) = rest.next() {
            text.push(*escaped);
        }
    }
    Err(PathError { message: "a quote without its end".to_owned(), position: start + 1 })
}
