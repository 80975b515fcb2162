//! Helm's template language, as much of it as the chart needs. What is not known is an error: it
//! would be something else to Helm.
//!
//! Source: `text/template` of Go, and the functions that Helm adds.

/// Why a template cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{template}:{line}: {message}")]
pub struct TemplateError {
    /// the template's name
    pub template: String,
    /// the line, from 1
    pub line: u32,
    /// what is wrong
    pub message: String,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Text(String),
    Print(Pipe),
    /// the branches with their conditions, and what else
    If(Vec<(Pipe, Vec<Self>)>, Vec<Self>),
    /// for each item of a list
    Range(Pipe, Vec<Self>),
}

/// Calls, each of which takes what the one before gives as its last operand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pipe {
    pub(crate) line: u32,
    pub(crate) calls: Vec<Call>,
}

/// A function and its operands, or an operand alone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) function: Option<String>,
    pub(crate) operands: Vec<Operand>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    /// fields from where the template stands
    Field(Vec<String>),
    Text(String),
    Number(i64),
    /// what stands in parentheses
    Pipe(Pipe),
}

/// A piece of the text: what stands between `{{` and `}}`, or around it.
enum Piece<'t> {
    Text(String),
    Action(&'t str, u32),
}

/// Reads a template.
pub(crate) fn parse(text: &str) -> Result<Vec<Node>, (u32, String)> {
    let pieces = pieces(text)?;
    let mut at = pieces.into_iter();
    let (nodes, end) = block(&mut at, 0)?;
    match end {
        End::Text => Ok(nodes),
        End::Else(line, _) | End::Closed(line) => {
            Err((line, "there is no block to end".to_owned()))
        }
    }
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, (u32, String)> {
    let (mut pieces, mut rest, mut line) = (Vec::new(), text, 1);
    let lines = |text: &str| u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX);
    let mut trims = false;
    while let Some((before, after)) = rest.split_once("{{") {
        let mut told = if trims { before.trim_start() } else { before };
        line += lines(before);
        let Some((action, after)) = after.split_once("}}") else {
            return Err((line, "`{{` without `}}`".to_owned()));
        };
        let inner = match action.strip_prefix('-') {
            Some(inner) => {
                told = told.trim_end();
                inner
            }
            None => action,
        };
        pieces.push(Piece::Text(told.to_owned()));
        let stripped = inner.strip_suffix('-');
        trims = stripped.is_some();
        pieces.push(Piece::Action(stripped.unwrap_or(inner).trim(), line));
        line += lines(action);
        rest = after;
    }
    pieces.push(Piece::Text(if trims { rest.trim_start() } else { rest }.to_owned()));
    Ok(pieces)
}

/// What ends a block.
enum End {
    Text,
    /// with the condition of `else if`
    Else(u32, Option<Pipe>),
    Closed(u32),
}

/// How deep blocks and parentheses may be nested.
const DEEPEST: usize = 32;

fn block<'t>(
    pieces: &mut impl Iterator<Item = Piece<'t>>,
    depth: usize,
) -> Result<(Vec<Node>, End), (u32, String)> {
    let mut nodes = Vec::new();
    while let Some(piece) = pieces.next() {
        let (action, line) = match piece {
            Piece::Text(text) => {
                nodes.push(Node::Text(text));
                continue;
            }
            Piece::Action(action, line) => (action, line),
        };
        if depth > DEEPEST {
            return Err((line, "blocks are nested too deep".to_owned()));
        }
        let (word, rest) = action.split_once(' ').unwrap_or((action, ""));
        match word {
            "if" => nodes.push(branches(pieces, pipe(rest, line)?, depth)?),
            "range" => {
                let list = pipe(rest, line)?;
                match block(pieces, depth + 1)? {
                    (body, End::Closed(_)) => nodes.push(Node::Range(list, body)),
                    _ => return Err((line, "`range` without `end`".to_owned())),
                }
            }
            "else" => {
                let condition = match rest.strip_prefix("if ") {
                    Some(condition) => Some(pipe(condition, line)?),
                    None => None,
                };
                return Ok((nodes, End::Else(line, condition)));
            }
            "end" => return Ok((nodes, End::Closed(line))),
            _ => nodes.push(Node::Print(pipe(action, line)?)),
        }
    }
    Ok((nodes, End::Text))
}

fn branches<'t>(
    pieces: &mut impl Iterator<Item = Piece<'t>>,
    mut condition: Pipe,
    depth: usize,
) -> Result<Node, (u32, String)> {
    let mut all = Vec::new();
    loop {
        let line = condition.line;
        let (body, end) = block(pieces, depth + 1)?;
        all.push((condition, body));
        condition = match end {
            End::Closed(_) => return Ok(Node::If(all, Vec::new())),
            End::Else(_, Some(next)) => next,
            End::Else(_, None) => {
                let (body, end) = block(pieces, depth + 1)?;
                return match end {
                    End::Closed(_) => Ok(Node::If(all, body)),
                    _ => Err((line, "`else` without `end`".to_owned())),
                };
            }
            End::Text => return Err((line, "`if` without `end`".to_owned())),
        };
    }
}

fn pipe(text: &str, line: u32) -> Result<Pipe, (u32, String)> {
    nested_pipe(text, line, 0)
}

fn nested_pipe(text: &str, line: u32, depth: usize) -> Result<Pipe, (u32, String)> {
    if depth > DEEPEST {
        return Err((line, "parentheses are nested too deep".to_owned()));
    }
    let mut calls = vec![Call { function: None, operands: Vec::new() }];
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let Some(call) = calls.last_mut() else { break };
        let length = match first {
            '|' => {
                calls.push(Call { function: None, operands: Vec::new() });
                1
            }
            '"' => {
                let Some((inner, _)) = rest.get(1..).and_then(|rest| rest.split_once('"')) else {
                    return Err((line, "a text without end".to_owned()));
                };
                if inner.contains('\\') {
                    return Err((line, "escapes in texts are not known".to_owned()));
                }
                call.operands.push(Operand::Text(inner.to_owned()));
                inner.len() + 2
            }
            '(' => {
                let Some(inner) = parenthesized(rest) else {
                    return Err((line, "`(` without `)`".to_owned()));
                };
                call.operands.push(Operand::Pipe(nested_pipe(inner, line, depth + 1)?));
                inner.len() + 2
            }
            _ => {
                let length = rest.find([' ', '|']).unwrap_or(rest.len());
                let word = rest.get(..length).unwrap_or_default();
                word_into(call, word, line)?;
                length
            }
        };
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    match calls.iter().find(|call| call.function.is_none() && call.operands.len() != 1) {
        Some(_) => Err((line, format!("`{text}` is not understood"))),
        None => Ok(Pipe { line, calls }),
    }
}

/// What stands between the parenthesis that a text begins with and the one that closes it.
fn parenthesized(text: &str) -> Option<&str> {
    let (mut depth, mut quoted) = (0_usize, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return text.get(1..at);
                }
            }
            _ => {}
        }
    }
    None
}

fn word_into(call: &mut Call, word: &str, line: u32) -> Result<(), (u32, String)> {
    if let Some(path) = word.strip_prefix('.') {
        let fields = path.split('.').filter(|field| !field.is_empty()).map(str::to_owned);
        call.operands.push(Operand::Field(fields.collect()));
    } else if let Ok(number) = word.parse() {
        call.operands.push(Operand::Number(number));
    } else if call.function.is_none()
        && call.operands.is_empty()
        && word.chars().all(|c| c.is_ascii_alphanumeric())
    {
        call.function = Some(word.to_owned());
    } else {
        return Err((line, format!("`{word}` is not understood")));
    }
    Ok(())
}
