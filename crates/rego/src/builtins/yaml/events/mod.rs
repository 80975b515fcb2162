//! A text to the events of YAML 1.1, as goyaml v3 (`go.yaml.in/yaml/v3`, after libyaml) has them:
//! [`scanner`] makes tokens of the text, [`grammar`] events of the tokens. Nothing recurses, and
//! what waits is bounded by how deep the taker of the events lets them nest.

mod grammar;
mod property;
mod scalar;
mod scanner;
mod source;

pub(super) use grammar::Events;
use source::Mark;

/// What a text is made of.
pub(super) enum Event {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(String),
    Scalar {
        anchor: Option<String>,
        tag: Option<String>,
        text: String,
        plain: bool,
    },
    SequenceStart {
        anchor: Option<String>,
    },
    MappingStart {
        anchor: Option<String>,
    },
    /// of a sequence or mapping
    End,
}

/// Why a text is no YAML.
pub(super) struct Broken {
    problem: &'static str,
    /// where what is wrong began
    context: Mark,
    place: Mark,
    scanning: bool,
}

impl std::fmt::Display for Broken {
    /// In goyaml's words, which leave out the first line; the grammar's lines are one too low.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines = [self.context.line, self.place.line];
        if let Some(line) = lines.into_iter().find(|line| *line != 0) {
            write!(f, "line {}: ", line + usize::from(self.scanning))?;
        }
        f.write_str(self.problem)
    }
}
