//! Tokens into steps.

use super::functions::NAMES;
use super::lex::{Kind, Piece, Token, pieces};
use super::malformed;
use crate::builtins::{Failure, operands::quoted};
use std::borrow::Cow;
use std::collections::HashMap;

/// How many variables there may be in one place: each that is named is looked for among them. Go has
/// no such limit.
const MOST_VARIABLES: usize = 1_000;

/// How deep parentheses may stand in one another.
const MAX_NESTING: usize = 64;

/// What is rendered, and what it may call, by name.
pub(super) type Templates<'t> = HashMap<String, Vec<Step<'t>>>;

/// The template that is rendered.
pub(super) const MAIN: &str = "template";

/// One step of a template.
#[derive(Debug)]
pub(super) enum Step<'t> {
    Text(&'t str),
    Action(Pipeline<'t>),
    /// `if` and `with`: opens a scope, and goes on at `otherwise` where the value is no true one
    Test {
        pipeline: Pipeline<'t>,
        with: bool,
        otherwise: usize,
    },
    /// `range`: opens a scope, and goes on at `otherwise` where there is nothing to go through
    Loop {
        pipeline: Pipeline<'t>,
        otherwise: usize,
        end: usize,
    },
    /// to the next entry, or to the end of the loop
    Again,
    Jump(usize),
    /// closes a scope
    Leave,
    Break,
    Continue,
    Call {
        name: String,
        pipeline: Option<Pipeline<'t>>,
    },
}

/// Commands, each given the value of the one before as its last argument.
#[derive(Debug, Default)]
pub(super) struct Pipeline<'t> {
    pub(super) variables: Vec<&'t str>,
    /// `:=` rather than `=`
    pub(super) declares: bool,
    pub(super) commands: Vec<Vec<Operand<'t>>>,
}

#[derive(Debug)]
pub(super) enum Operand<'t> {
    /// `.a.b`; of no names the dot itself
    Field(Vec<&'t str>),
    /// `$x.a`; `$` has no name
    Variable(&'t str, Vec<&'t str>),
    Function(&'t str),
    Text(Cow<'t, str>),
    Int(i64),
    Float(f64),
    Bool(bool),
    Nil,
    /// `(…).a`
    Pipeline(Pipeline<'t>, Vec<&'t str>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    If,
    With,
    Range,
}

impl Context {
    fn of(word: &str) -> Option<Self> {
        match word {
            "if" => Some(Self::If),
            "with" => Some(Self::With),
            "range" => Some(Self::Range),
            _ => None,
        }
    }
}

/// What waits for its `end`.
enum Open<'t> {
    Branch {
        context: Context,
        /// where its step stands
        at: usize,
        /// where the jump over its `else` stands
        jump: Option<usize>,
        has_else: bool,
        /// it stands in the `else` of another one, which ends with it
        chained: bool,
        /// how many variables there were before
        known: usize,
    },
    /// of `define`, and of `block`, which is called where it stands
    Template { name: String, outer: Body<'t>, call: Option<Step<'t>> },
}

/// A template that is being read.
#[derive(Default)]
struct Body<'t> {
    steps: Vec<Step<'t>>,
    variables: Vec<&'t str>,
    /// how many loops the text is in
    loops: usize,
}

impl Body<'_> {
    /// `$` is known everywhere.
    fn new() -> Self {
        Self { variables: vec![""], ..Self::default() }
    }
}

struct Parser<'t> {
    templates: Templates<'t>,
    body: Body<'t>,
    open: Vec<Open<'t>>,
}

/// Reads a template.
pub(super) fn parse(text: &str) -> Result<Templates<'_>, Failure> {
    let mut parser = Parser { templates: HashMap::new(), body: Body::new(), open: Vec::new() };
    for piece in pieces(text)? {
        match piece {
            Piece::Text("") => {}
            Piece::Text(text) => parser.body.steps.push(Step::Text(text)),
            Piece::Action(tokens) => parser.action(&tokens)?,
        }
    }
    if !parser.open.is_empty() {
        return malformed("unexpected EOF");
    }
    let steps = std::mem::take(&mut parser.body.steps);
    parser.add(MAIN.to_owned(), steps)?;
    Ok(parser.templates)
}

impl<'t> Parser<'t> {
    fn action(&mut self, tokens: &[Token<'t>]) -> Result<(), Failure> {
        let (word, rest) = match tokens.split_first() {
            Some((Token { kind: Kind::Word(word), .. }, rest)) => (*word, rest),
            Some(_) => ("", tokens),
            None => return malformed("missing value for command"),
        };
        if let Some(context) = Context::of(word) {
            return self.begin(context, rest, false);
        }
        match (word, rest) {
            ("else", rest) => self.otherwise(rest),
            ("end", []) => self.close(),
            ("break" | "continue", []) if self.body.loops == 0 => {
                malformed(format_args!("{{{{{word}}}}} outside {{{{range}}}}"))
            }
            ("break", []) => self.push(Step::Break),
            ("continue", []) => self.push(Step::Continue),
            ("define", [Token { kind: Kind::Text(name), .. }]) if self.open.is_empty() => {
                self.enter(name, None);
                Ok(())
            }
            ("template", [Token { kind: Kind::Text(name), .. }, rest @ ..]) => {
                let pipeline =
                    if rest.is_empty() { None } else { Some(self.pipeline(rest, false)?) };
                self.push(Step::Call { name: name.to_string(), pipeline })
            }
            ("block", [Token { kind: Kind::Text(name), .. }, rest @ ..]) => {
                let pipeline = Some(self.pipeline(rest, false)?);
                let call = Step::Call { name: name.to_string(), pipeline };
                self.enter(name, Some(call));
                Ok(())
            }
            ("end" | "break" | "continue" | "define" | "template" | "block", _) => {
                malformed(format_args!("unexpected {{{{{word}}}}}"))
            }
            _ => {
                let pipeline = self.pipeline(tokens, false)?;
                self.push(Step::Action(pipeline))
            }
        }
    }

    fn push(&mut self, step: Step<'t>) -> Result<(), Failure> {
        self.body.steps.push(step);
        Ok(())
    }

    fn pipeline(&mut self, tokens: &[Token<'t>], is_range: bool) -> Result<Pipeline<'t>, Failure> {
        let variables = &mut self.body.variables;
        let mut reader = Reader { tokens, at: 0, nesting: 0, variables };
        let pipeline = reader.pipeline(is_range)?;
        if reader.at < tokens.len() {
            malformed("unexpected token in command")
        } else {
            Ok(pipeline)
        }
    }

    fn begin(
        &mut self,
        context: Context,
        tokens: &[Token<'t>],
        chained: bool,
    ) -> Result<(), Failure> {
        let known = self.body.variables.len();
        let is_range = context == Context::Range;
        let pipeline = self.pipeline(tokens, is_range)?;
        let at = self.body.steps.len();
        self.body.loops += usize::from(is_range);
        self.open.push(Open::Branch { context, at, jump: None, has_else: false, chained, known });
        self.push(if is_range {
            Step::Loop { pipeline, otherwise: 0, end: 0 }
        } else {
            Step::Test { pipeline, with: context == Context::With, otherwise: 0 }
        })
    }

    /// `else`, with what follows it.
    fn otherwise(&mut self, rest: &[Token<'t>]) -> Result<(), Failure> {
        let Some(Open::Branch { context, at, jump, has_else: has_else @ false, .. }) =
            self.open.last_mut()
        else {
            return malformed("unexpected {{else}}");
        };
        *has_else = true;
        let (context, at) = (*context, *at);
        if context == Context::Range {
            self.body.loops -= 1;
            self.body.steps.push(Step::Again);
        } else {
            *jump = Some(self.body.steps.len());
            self.body.steps.push(Step::Jump(0));
        }
        self.patch(at);
        match rest.split_first() {
            None => Ok(()),
            Some((Token { kind: Kind::Word(word), .. }, rest))
                if Context::of(word) == Some(context) && context != Context::Range =>
            {
                self.begin(context, rest, true)
            }
            Some(_) => malformed("unexpected token in else"),
        }
    }

    /// What is not true goes on here.
    fn patch(&mut self, at: usize) {
        let here = self.body.steps.len();
        match self.body.steps.get_mut(at) {
            Some(Step::Test { otherwise, .. } | Step::Loop { otherwise, .. }) => *otherwise = here,
            Some(Step::Jump(to)) => *to = here,
            _ => {}
        }
    }

    /// `end`, which also ends the branches that this one is the `else` of.
    fn close(&mut self) -> Result<(), Failure> {
        loop {
            match self.open.pop() {
                None => return malformed("unexpected {{end}}"),
                Some(Open::Template { name, outer, call }) => {
                    let body = std::mem::replace(&mut self.body, outer);
                    self.add(name, body.steps)?;
                    self.body.steps.extend(call);
                    return Ok(());
                }
                Some(Open::Branch { context, at, jump, has_else, chained, known }) => {
                    if context == Context::Range && !has_else {
                        self.body.loops -= 1;
                        self.body.steps.push(Step::Again);
                    }
                    if !has_else {
                        self.patch(at);
                    }
                    jump.into_iter().for_each(|jump| self.patch(jump));
                    let here = self.body.steps.len();
                    if let Some(Step::Loop { end, .. }) = self.body.steps.get_mut(at) {
                        *end = here;
                    }
                    self.body.steps.push(Step::Leave);
                    self.body.variables.truncate(known);
                    if !chained {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn enter(&mut self, name: &str, call: Option<Step<'t>>) {
        let outer = std::mem::replace(&mut self.body, Body::new());
        self.open.push(Open::Template { name: name.to_owned(), outer, call });
    }

    /// Of two templates of one name one has to be blank.
    fn add(&mut self, name: String, steps: Vec<Step<'t>>) -> Result<(), Failure> {
        let blank = |steps: &[Step<'_>]| {
            steps.iter().all(|step| matches!(step, Step::Text(text) if text.trim().is_empty()))
        };
        match self.templates.get(&name) {
            Some(known) if !blank(known) => {
                if blank(&steps) {
                    return Ok(());
                }
                malformed(format_args!("multiple definition of template {}", quoted(&name)))
            }
            _ => {
                self.templates.insert(name, steps);
                Ok(())
            }
        }
    }
}

struct Reader<'r, 't> {
    tokens: &'r [Token<'t>],
    at: usize,
    nesting: usize,
    /// those that are known here
    variables: &'r mut Vec<&'t str>,
}

impl<'t> Reader<'_, 't> {
    fn peek(&self) -> Option<&Token<'t>> {
        self.tokens.get(self.at)
    }

    fn is_next(&self, kind: &Kind<'_>) -> bool {
        self.peek().is_some_and(|token| token.kind == *kind)
    }

    fn pipeline(&mut self, is_range: bool) -> Result<Pipeline<'t>, Failure> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return malformed("max expression depth exceeded");
        }
        let mut pipeline = Pipeline::default();
        self.declarations(&mut pipeline, is_range)?;
        loop {
            let command = self.command()?;
            let executable = !matches!(
                command.first(),
                Some(Operand::Bool(_) | Operand::Nil | Operand::Text(_))
                    | Some(Operand::Int(_) | Operand::Float(_))
            ) && !matches!(command.first(), Some(Operand::Field(names)) if names.is_empty());
            if command.is_empty() {
                return malformed("missing value for command");
            }
            if !executable && !pipeline.commands.is_empty() {
                return malformed("non executable command in pipeline");
            }
            pipeline.commands.push(command);
            if !self.is_next(&Kind::Pipe) {
                break;
            }
            self.at += 1;
        }
        self.nesting -= 1;
        Ok(pipeline)
    }

    fn declarations(&mut self, pipeline: &mut Pipeline<'t>, is_range: bool) -> Result<(), Failure> {
        let mut kinds = self.tokens.get(self.at..).unwrap_or_default().iter().map(|it| &it.kind);
        let (Some(Kind::Variable(first)), Some(second)) = (kinds.next(), kinds.next()) else {
            return Ok(());
        };
        let (sign, len) = match second {
            Kind::Declare | Kind::Assign => (second, 2),
            Kind::Comma if is_range => match (kinds.next(), kinds.next()) {
                (Some(Kind::Variable(next)), Some(sign @ (Kind::Declare | Kind::Assign))) => {
                    pipeline.variables.push(next);
                    (sign, 4)
                }
                _ => return malformed("range can only initialize variables"),
            },
            Kind::Comma => return malformed("too many declarations in command"),
            _ => return Ok(()),
        };
        pipeline.variables.insert(0, first);
        pipeline.declares = *sign == Kind::Declare;
        self.variables.extend(&pipeline.variables);
        if self.variables.len() > MOST_VARIABLES {
            return malformed(format!("more than {MOST_VARIABLES} variables in one place"));
        }
        self.at += len;
        Ok(())
    }

    fn command(&mut self) -> Result<Vec<Operand<'t>>, Failure> {
        let mut operands = Vec::new();
        while let Some(token) = self.peek().cloned() {
            if matches!(token.kind, Kind::Pipe | Kind::Close) {
                break;
            }
            if !operands.is_empty() && !token.spaced {
                return malformed("unexpected token in operand");
            }
            self.at += 1;
            operands.push(self.operand(token.kind)?);
        }
        Ok(operands)
    }

    fn operand(&mut self, kind: Kind<'t>) -> Result<Operand<'t>, Failure> {
        let operand = match kind {
            Kind::Dot => Operand::Field(Vec::new()),
            Kind::Field(name) => {
                let mut names = vec![name];
                names.extend(self.fields());
                return Ok(Operand::Field(names));
            }
            Kind::Variable(name) if !self.variables.contains(&name) => {
                return malformed(format_args!("undefined variable \"${name}\""));
            }
            Kind::Variable(name) => return Ok(Operand::Variable(name, self.fields())),
            Kind::Open => {
                let inner = self.pipeline(false)?;
                if !self.is_next(&Kind::Close) {
                    return malformed("unclosed left paren");
                }
                self.at += 1;
                return Ok(Operand::Pipeline(inner, self.fields()));
            }
            Kind::Word("true") => Operand::Bool(true),
            Kind::Word("false") => Operand::Bool(false),
            Kind::Word("nil") => Operand::Nil,
            Kind::Word(word) if NAMES.contains(&word) => {
                let fields = self.fields();
                if fields.is_empty() {
                    return Ok(Operand::Function(word));
                }
                let commands = vec![vec![Operand::Function(word)]];
                return Ok(Operand::Pipeline(Pipeline { commands, ..Pipeline::default() }, fields));
            }
            Kind::Word(word) => {
                return malformed(format_args!("function {} not defined", quoted(word)));
            }
            Kind::Text(text) => Operand::Text(text),
            Kind::Char(char) => Operand::Int(i64::from(u32::from(char))),
            Kind::Number(text) => number(text)?,
            Kind::Comma | Kind::Declare | Kind::Assign | Kind::Pipe | Kind::Close => {
                return malformed("unexpected token in operand");
            }
        };
        if self.fields().is_empty() { Ok(operand) } else { malformed("unexpected . after term") }
    }

    /// The fields directly behind an operand.
    fn fields(&mut self) -> Vec<&'t str> {
        let mut names = Vec::new();
        while let Some(Token { kind: Kind::Field(name), spaced: false }) = self.peek() {
            names.push(*name);
            self.at += 1;
        }
        names
    }
}

/// A number as Go writes it; complex ones and those in hexadecimal with a point are not read.
fn number<'t>(text: &str) -> Result<Operand<'t>, Failure> {
    let bad = || malformed(format_args!("bad number syntax: {}", quoted(text)));
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)),
        [b'0', b'0'..=b'9' | b'_', ..] if !digits.contains(['.', 'e', 'E']) => (8, digits.get(1..)),
        _ => (10, Some(digits)),
    };
    let digits = digits.unwrap_or_default();
    if digits.starts_with(['+', '-']) || digits.ends_with('_') || digits.contains("__") {
        return bad();
    }
    let plain = format!("{sign}{}", digits.replace('_', ""));
    if let Ok(int) = i64::from_str_radix(&plain, radix) {
        return Ok(Operand::Int(int));
    }
    let is_float = radix == 10
        && digits.contains(['.', 'e', 'E'])
        && digits.starts_with(|char: char| char.is_ascii_digit() || char == '.');
    match plain.parse::<f64>() {
        Ok(float) if is_float && float.is_finite() => Ok(Operand::Float(float)),
        _ => bad(),
    }
}
