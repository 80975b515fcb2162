//! Templates of Go's `text/template`: text, actions, `if`, `range`, `with`, variables and calls.

use crate::builtins::Failure;

/// How deep blocks and parentheses may stand in one another.
const MAX_NESTING: usize = 64;

/// A part of a template.
#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Action(Pipeline),
    If(Branch),
    With(Branch),
    Range(Branch),
    Break,
    Continue,
}

/// A block with a condition, and what stands in its place otherwise.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) pipeline: Pipeline,
    pub(super) then: Vec<Node>,
    pub(super) otherwise: Vec<Node>,
}

/// Commands, each given the value of the one before as its last argument.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    pub(super) variables: Vec<String>,
    /// `:=` rather than `=`
    pub(super) declares: bool,
    pub(super) commands: Vec<Vec<Operand>>,
}

#[derive(Debug)]
pub(super) enum Operand {
    /// `.a.b`; of no names the dot itself
    Field(Vec<String>),
    /// `$x.a`; `$` has no name
    Variable(String, Vec<String>),
    Function(String),
    Text(String),
    Int(i64),
    Number(String),
    Bool(bool),
    Nil,
    /// `(…).a`
    Pipeline(Pipeline, Vec<String>),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// `.a`, directly behind what stands before or not
    Field(String, bool),
    Dot,
    Variable(String),
    Word(String),
    Text(String),
    Number(String),
    Open,
    Close,
    Pipe,
    Comma,
    Declare,
    Assign,
}

enum Piece {
    Text(String),
    Action(Vec<Token>),
}

fn fail<T>(message: impl std::fmt::Display) -> Result<T, Failure> {
    Err(Failure::error(format!("template: template:1: {message}")))
}

/// Reads a template.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, Failure> {
    let mut parser = Parser { pieces: pieces(text)?.into_iter(), nesting: 0 };
    let (nodes, end) = parser.block()?;
    match end {
        End::Template => Ok(nodes),
        End::Closed => fail("unexpected {{end}}"),
        End::Else(_) => fail("unexpected {{else}}"),
    }
}

/// The text and the actions in turn; `{{-` and `-}}` take the white space beside them.
fn pieces(text: &str) -> Result<Vec<Piece>, Failure> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut trims = false;
    loop {
        let (before, action) = match rest.split_once("{{") {
            Some((before, action)) => (before, Some(action)),
            None => (rest, None),
        };
        let space = [' ', '\t', '\r', '\n'];
        let mut plain = if trims { before.trim_start_matches(space) } else { before };
        let Some(action) = action else {
            pieces.push(Piece::Text(plain.to_owned()));
            return Ok(pieces);
        };
        let marked = action.strip_prefix('-').filter(|rest| rest.starts_with(space));
        if marked.is_some() {
            plain = plain.trim_end_matches(space);
        }
        pieces.push(Piece::Text(plain.to_owned()));
        let action = marked.unwrap_or(action);
        if let Some(comment) = action.trim_start_matches(space).strip_prefix("/*") {
            let Some((_, after)) = comment.split_once("*/") else {
                return fail("unclosed comment");
            };
            let after_space = after.trim_start_matches(space);
            trims = after_space.len() < after.len() && after_space.starts_with("-}}");
            let Some(after) = after_space.strip_prefix(if trims { "-}}" } else { "}}" }) else {
                return fail("comment ends before closing delimiter");
            };
            rest = after;
            continue;
        }
        let (tokens, after, trim) = tokens(action)?;
        pieces.push(Piece::Action(tokens));
        (rest, trims) = (after, trim);
    }
}

/// The tokens of an action, what follows it, and whether it takes the white space there.
fn tokens(text: &str) -> Result<(Vec<Token>, &str, bool), Failure> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut spaced = true;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        spaced |= trimmed.len() < rest.len();
        rest = trimmed;
        if let Some(after) = rest.strip_prefix("}}") {
            return Ok((tokens, after, false));
        }
        if spaced && let Some(after) = rest.strip_prefix("-}}") {
            return Ok((tokens, after, true));
        }
        let Some(first) = rest.chars().next() else {
            return fail("unclosed action");
        };
        let after_first = rest.get(first.len_utf8()..).unwrap_or_default();
        let name_len = |text: &str| {
            text.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(text.len())
        };
        let (token, after) = match first {
            '(' => (Token::Open, after_first),
            ')' => (Token::Close, after_first),
            '|' => (Token::Pipe, after_first),
            ',' => (Token::Comma, after_first),
            ':' if after_first.starts_with('=') => {
                (Token::Declare, after_first.get(1..).unwrap_or_default())
            }
            '=' => (Token::Assign, after_first),
            '"' => quoted(after_first)?,
            '`' => match after_first.split_once('`') {
                Some((text, after)) => (Token::Text(text.to_owned()), after),
                None => return fail("unterminated raw quoted string"),
            },
            '.' => {
                let (name, after) = after_first.split_at(name_len(after_first));
                if name.is_empty() {
                    (Token::Dot, after_first)
                } else {
                    (Token::Field(name.to_owned(), !spaced), after)
                }
            }
            '$' => {
                let (name, after) = after_first.split_at(name_len(after_first));
                (Token::Variable(name.to_owned()), after)
            }
            '0'..='9' | '+' | '-' => {
                let end = rest
                    .find(|char: char| {
                        !char.is_alphanumeric() && !matches!(char, '.' | '+' | '-' | '_')
                    })
                    .unwrap_or(rest.len());
                let (number, after) = rest.split_at(end);
                (Token::Number(number.to_owned()), after)
            }
            char if char.is_alphabetic() || char == '_' => {
                let (word, after) = rest.split_at(name_len(rest));
                (Token::Word(word.to_owned()), after)
            }
            other => {
                return fail(format_args!("unexpected {:?} in command", other.to_string()));
            }
        };
        tokens.push(token);
        rest = after;
        spaced = false;
    }
}

/// A string in double quotes, behind the first.
fn quoted(text: &str) -> Result<(Token, &str), Failure> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((index, char)) = chars.next() {
        match char {
            '"' => {
                let after = text.get(index + 1..).unwrap_or_default();
                return Ok((Token::Text(out), after));
            }
            '\\' => match chars.next().map(|(_, char)| char) {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(char @ ('"' | '\\')) => out.push(char),
                _ => return fail("invalid syntax"),
            },
            '\n' => break,
            other => out.push(other),
        }
    }
    fail("unterminated quoted string")
}

/// What ended a block.
enum End {
    Template,
    Closed,
    /// with the tokens of `else if` or `else with`
    Else(Vec<Token>),
}

struct Parser {
    pieces: std::vec::IntoIter<Piece>,
    nesting: usize,
}

impl Parser {
    fn block(&mut self) -> Result<(Vec<Node>, End), Failure> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let tokens = match piece {
                Piece::Text(text) => {
                    if !text.is_empty() {
                        nodes.push(Node::Text(text));
                    }
                    continue;
                }
                Piece::Action(tokens) => tokens,
            };
            let (first, rest) = match tokens.split_first() {
                Some((Token::Word(word), rest)) => (word.as_str(), rest),
                Some(_) => ("", tokens.as_slice()),
                None => return fail("missing value for command"),
            };
            nodes.push(match first {
                "end" => return Ok((nodes, End::Closed)),
                "else" => return Ok((nodes, End::Else(rest.to_vec()))),
                "if" => Node::If(self.branch("if", rest)?),
                "with" => Node::With(self.branch("with", rest)?),
                "range" => Node::Range(self.branch("range", rest)?),
                "break" => Node::Break,
                "continue" => Node::Continue,
                "define" | "template" | "block" => {
                    return fail(format_args!("{{{{{first}}}}} is not supported here"));
                }
                _ => Node::Action(pipeline(&tokens)?),
            });
        }
        Ok((nodes, End::Template))
    }

    fn branch(&mut self, keyword: &str, tokens: &[Token]) -> Result<Branch, Failure> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return fail("nested too deep");
        }
        let pipeline = pipeline(tokens)?;
        let (then, end) = self.block()?;
        let otherwise = match end {
            End::Template => return fail("unexpected EOF"),
            End::Closed => Vec::new(),
            End::Else(rest) => match rest.split_first() {
                None => match self.block()? {
                    (nodes, End::Closed) => nodes,
                    (_, End::Else(_)) => return fail("expected end; found {{else}}"),
                    (_, End::Template) => return fail("unexpected EOF"),
                },
                // `else if` ends with the block that it stands in
                Some((Token::Word(word), rest)) if word == keyword && keyword != "range" => {
                    let branch = self.branch(keyword, rest)?;
                    vec![if keyword == "if" { Node::If(branch) } else { Node::With(branch) }]
                }
                Some(_) => return fail("unexpected token in else"),
            },
        };
        self.nesting -= 1;
        Ok(Branch { pipeline, then, otherwise })
    }
}

fn pipeline(tokens: &[Token]) -> Result<Pipeline, Failure> {
    let mut reader = Reader { tokens, at: 0, nesting: 0 };
    let pipeline = reader.pipeline()?;
    match reader.peek() {
        None => Ok(pipeline),
        Some(token) => fail(format_args!("unexpected {token:?} in command")),
    }
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
    nesting: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn pipeline(&mut self) -> Result<Pipeline, Failure> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return fail("nested too deep");
        }
        let mut pipeline = Pipeline::default();
        self.variables(&mut pipeline);
        loop {
            let command = self.command()?;
            if command.is_empty() {
                return fail("missing value for command");
            }
            pipeline.commands.push(command);
            if self.peek() != Some(&Token::Pipe) {
                break;
            }
            self.at += 1;
        }
        self.nesting -= 1;
        Ok(pipeline)
    }

    fn variables(&mut self, pipeline: &mut Pipeline) {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let (names, len): (Vec<&String>, usize) = match rest {
            [Token::Variable(one), Token::Declare | Token::Assign, ..] => (vec![one], 2),
            [
                Token::Variable(one),
                Token::Comma,
                Token::Variable(two),
                Token::Declare | Token::Assign,
                ..,
            ] => (vec![one, two], 4),
            _ => return,
        };
        pipeline.variables = names.into_iter().cloned().collect();
        self.at += len;
        pipeline.declares = self.tokens.get(self.at - 1) == Some(&Token::Declare);
    }

    fn command(&mut self) -> Result<Vec<Operand>, Failure> {
        let mut operands = Vec::new();
        while let Some(token) = self.peek().cloned() {
            self.at += 1;
            let operand = match token {
                Token::Pipe | Token::Close => {
                    self.at -= 1;
                    break;
                }
                Token::Dot => Operand::Field(Vec::new()),
                Token::Field(name, _) => {
                    let mut names = vec![name];
                    names.extend(self.fields());
                    Operand::Field(names)
                }
                Token::Variable(name) => Operand::Variable(name, self.fields()),
                Token::Text(text) => Operand::Text(text),
                Token::Number(text) => number(&text)?,
                Token::Word(word) => match word.as_str() {
                    "true" => Operand::Bool(true),
                    "false" => Operand::Bool(false),
                    "nil" => Operand::Nil,
                    _ => Operand::Function(word),
                },
                Token::Open => {
                    let inner = self.pipeline()?;
                    if self.peek() != Some(&Token::Close) {
                        return fail("unclosed left paren");
                    }
                    self.at += 1;
                    Operand::Pipeline(inner, self.fields())
                }
                other => return fail(format_args!("unexpected {other:?} in operand")),
            };
            operands.push(operand);
        }
        Ok(operands)
    }

    /// The fields directly behind an operand.
    fn fields(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(Token::Field(name, true)) = self.peek() {
            names.push(name.clone());
            self.at += 1;
        }
        names
    }
}

fn number(text: &str) -> Result<Operand, Failure> {
    if let Ok(int) = text.parse() {
        return Ok(Operand::Int(int));
    }
    match text.parse::<f64>() {
        Ok(_) => Ok(Operand::Number(text.to_owned())),
        Err(_) => fail(format_args!("bad number syntax: {text:?}")),
    }
}
