//! Templates into text and actions, actions into tokens.

use super::malformed;
use crate::builtins::Failure;
use std::borrow::Cow;

/// What an action is made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind<'t> {
    /// `.a`
    Field(&'t str),
    Dot,
    /// without its `$`
    Variable(&'t str),
    Word(&'t str),
    Text(Cow<'t, str>),
    Number(&'t str),
    Char(char),
    Open,
    Close,
    Pipe,
    Comma,
    Declare,
    Assign,
}

#[derive(Clone, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    /// white space stands before it
    pub(super) spaced: bool,
}

pub(super) enum Piece<'t> {
    Text(&'t str),
    Action(Vec<Token<'t>>),
}

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// The text and the actions in turn; `{{-` and `-}}` take the white space beside them.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Failure> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut trims = false;
    loop {
        let (before, action) = match rest.split_once("{{") {
            Some((before, action)) => (before, Some(action)),
            None => (rest, None),
        };
        let mut plain = if trims { before.trim_start_matches(SPACE) } else { before };
        let Some(action) = action else {
            pieces.push(Piece::Text(plain));
            return Ok(pieces);
        };
        let marked = action.strip_prefix('-').and_then(|rest| rest.strip_prefix(SPACE));
        if marked.is_some() {
            plain = plain.trim_end_matches(SPACE);
        }
        pieces.push(Piece::Text(plain));
        let action = marked.unwrap_or(action);
        if let Some(comment) = action.strip_prefix("/*") {
            (rest, trims) = behind_comment(comment)?;
            continue;
        }
        let (tokens, after, trim) = tokens(action)?;
        pieces.push(Piece::Action(tokens));
        (rest, trims) = (after, trim);
    }
}

fn behind_comment(comment: &str) -> Result<(&str, bool), Failure> {
    let Some((_, after)) = comment.split_once("*/") else {
        return malformed("unclosed comment");
    };
    let trimming = after.strip_prefix(SPACE).and_then(|after| after.strip_prefix("-}}"));
    match (trimming, after.strip_prefix("}}")) {
        (Some(after), _) => Ok((after, true)),
        (None, Some(after)) => Ok((after, false)),
        (None, None) => malformed("comment ends before closing delimiter"),
    }
}

/// The tokens of an action, what follows it, and whether it takes the white space there.
fn tokens(text: &str) -> Result<(Vec<Token<'_>>, &str, bool), Failure> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut spaced = false;
    loop {
        let trimmed = rest.trim_start_matches(SPACE);
        spaced |= trimmed.len() < rest.len();
        rest = trimmed;
        if let Some(after) = rest.strip_prefix("}}") {
            return Ok((tokens, after, false));
        }
        if spaced && let Some(after) = rest.strip_prefix("-}}") {
            return Ok((tokens, after, true));
        }
        let (kind, after) = token(rest)?;
        tokens.push(Token { kind, spaced });
        rest = after;
        spaced = false;
    }
}

fn is_name(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// A name, which only so much may follow.
fn name(text: &str) -> Result<(&str, &str), Failure> {
    let end = text.find(|char: char| !is_name(char)).unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    match after.chars().next() {
        Some(char) if !SPACE.contains(&char) && !".,|:()".contains(char) => {
            if after.starts_with("}}") {
                Ok((name, after))
            } else {
                malformed(format_args!("bad character {char:?}"))
            }
        }
        _ => Ok((name, after)),
    }
}

fn token(rest: &str) -> Result<(Kind<'_>, &str), Failure> {
    let Some(first) = rest.chars().next() else { return malformed("unclosed action") };
    let behind = rest.get(first.len_utf8()..).unwrap_or_default();
    let is_digit = |text: &str| text.starts_with(|char: char| char.is_ascii_digit());
    Ok(match first {
        '(' => (Kind::Open, behind),
        ')' => (Kind::Close, behind),
        '|' => (Kind::Pipe, behind),
        ',' => (Kind::Comma, behind),
        '=' => (Kind::Assign, behind),
        ':' => match behind.strip_prefix('=') {
            Some(behind) => (Kind::Declare, behind),
            None => return malformed("expected :="),
        },
        '"' => {
            let (text, behind) = quoted(behind, '"')?;
            (Kind::Text(text), behind)
        }
        '\'' => {
            let (text, behind) = quoted(behind, '\'')?;
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(char), None) => (Kind::Char(char), behind),
                _ => return malformed("malformed character constant"),
            }
        }
        '`' => match behind.split_once('`') {
            Some((text, behind)) => {
                let text = if text.contains('\r') {
                    Cow::Owned(text.replace('\r', ""))
                } else {
                    Cow::Borrowed(text)
                };
                (Kind::Text(text), behind)
            }
            None => return malformed("unterminated raw quoted string"),
        },
        '$' => {
            let (name, behind) = name(behind)?;
            (Kind::Variable(name), behind)
        }
        '.' if !is_digit(behind) => match name(behind)? {
            ("", behind) => (Kind::Dot, behind),
            (name, behind) => (Kind::Field(name), behind),
        },
        '0'..='9' | '+' | '-' | '.' => {
            let part = |char: char| is_name(char) || matches!(char, '.' | '+' | '-');
            let end = rest.find(|char| !part(char)).unwrap_or(rest.len());
            let (number, behind) = rest.split_at(end);
            (Kind::Number(number), behind)
        }
        char if is_name(char) => {
            let (word, behind) = name(rest)?;
            (Kind::Word(word), behind)
        }
        other => return malformed(format_args!("unexpected {:?} in command", other.to_string())),
    })
}

/// A text in quotes, behind the first: what Go's escapes stand for.
fn quoted(text: &str, quote: char) -> Result<(Cow<'_, str>, &str), Failure> {
    let plain = text.find([quote, '\\', '\n']).unwrap_or(text.len());
    let (before, rest) = text.split_at(plain);
    if let Some(behind) = rest.strip_prefix(quote) {
        return Ok((Cow::Borrowed(before), behind));
    }
    let mut out = before.as_bytes().to_vec();
    let mut chars = rest.chars();
    loop {
        match chars.next() {
            None | Some('\n') => return malformed("unterminated quoted string"),
            Some('\\') => {
                let rest = escape(chars.as_str(), quote, &mut out)?;
                chars = rest.chars();
            }
            Some(char) if char == quote => {
                // bytes that are no text become U+FFFD at once
                let text = String::from_utf8_lossy(&out).into_owned();
                return Ok((Cow::Owned(text), chars.as_str()));
            }
            Some(char) => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// One escape, behind its backslash: <https://go.dev/ref/spec#Rune_literals>.
fn escape<'t>(text: &'t str, quote: char, out: &mut Vec<u8>) -> Result<&'t str, Failure> {
    let Some(first) = text.chars().next() else { return malformed("unterminated quoted string") };
    let behind = text.get(first.len_utf8()..).unwrap_or_default();
    let simple = match first {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        char if char == quote && char.is_ascii() => char as u8,
        'x' => return digits(behind, 2, 16, true, out),
        'u' => return digits(behind, 4, 16, false, out),
        'U' => return digits(behind, 8, 16, false, out),
        '0'..='7' => return digits(text, 3, 8, true, out),
        _ => return malformed("invalid syntax"),
    };
    out.push(simple);
    Ok(behind)
}

fn digits<'t>(
    text: &'t str,
    count: usize,
    radix: u32,
    is_byte: bool,
    out: &mut Vec<u8>,
) -> Result<&'t str, Failure> {
    let number = text
        .get(..count)
        .filter(|digits| digits.chars().all(|char| char.is_digit(radix)))
        .and_then(|digits| u32::from_str_radix(digits, radix).ok());
    let behind = text.get(count..).unwrap_or_default();
    match number {
        Some(number) if is_byte => match u8::try_from(number) {
            Ok(byte) => out.push(byte),
            Err(_) => return malformed("invalid syntax"),
        },
        Some(number) => match char::from_u32(number) {
            Some(char) => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            None => return malformed("invalid syntax"),
        },
        None => return malformed("invalid syntax"),
    }
    Ok(behind)
}
