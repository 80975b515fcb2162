//! What is wrong with a text, and where.

use crate::source::Source;
use std::borrow::Cow;

/// Why a document could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ReadError {
    /// The line, from 1.
    pub line: u32,
    /// The column in Unicode scalars, from 1.
    pub column: u32,
    /// What is wrong: lower case, no final stop.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

/// A fault at a byte offset, before lines are counted.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) offset: usize,
    pub(crate) message: Cow<'static, str>,
    pub(crate) help: Option<Cow<'static, str>>,
    /// An earlier place that the message ends with, as in "already set on line 3".
    pub(crate) earlier: Option<usize>,
    /// The text looks like a template that was not rendered.
    pub(crate) template: bool,
}

impl Fault {
    #[cold]
    pub(crate) fn new(offset: usize, message: impl Into<Cow<'static, str>>) -> Self {
        Self { offset, message: message.into(), help: None, earlier: None, template: false }
    }

    pub(crate) fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn earlier(mut self, offset: usize) -> Self {
        self.earlier = Some(offset);
        self
    }

    /// A key that stands twice, which kubectl would not tell.
    pub(crate) fn duplicate(key: &str, first: usize, second: usize) -> Self {
        Self::new(second, format!("key `{}` is already set", clip(key)))
            .earlier(first)
            .help("kubectl keeps the last and drops the other without a word; remove one")
    }

    pub(crate) fn at(self, source: &Source) -> ReadError {
        let place = source.place(self.offset, 0);
        let message = match self.earlier {
            Some(offset) => format!("{} on line {}", self.message, source.line_at(offset)),
            None => self.message.into_owned(),
        };
        ReadError {
            line: place.line,
            column: place.column,
            message,
            help: self.help.map(Cow::into_owned),
        }
    }
}

/// User input for a message: short, and without line breaks.
pub(crate) fn clip(text: &str) -> String {
    const MOST: usize = 60;
    let mut out: String =
        text.chars().take(MOST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MOST).is_some() {
        out.push('…');
    }
    out
}
