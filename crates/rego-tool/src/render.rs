//! Errors of policies, for people and for programs.

use crate::limits::Limits;
use crate::load::LoadError;
use sekisho_rego::{Code, Diagnostic, EvalCode, EvalError, Location, Source};
use sekisho_report::{Level, Marked, RenderOptions, render_diagnostic};
use sekisho_value::{Map, Value};
use std::io::{self, Write};
use std::sync::Arc;

/// Something that went wrong, with its place.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    code: Option<&'static str>,
    message: String,
    help: Option<String>,
    file: Option<String>,
    /// from 1
    line: usize,
    column: usize,
    marked: Option<Marked>,
    /// a budget is used up
    is_budget: bool,
}

impl Problem {
    pub(crate) fn of_diagnostic(
        diagnostic: &Diagnostic,
        sources: &[Source],
        limits: Option<&Limits>,
    ) -> Self {
        let code = diagnostic.code.as_str();
        let mut problem =
            Self::at(Some(code), diagnostic.message.clone(), diagnostic.location, sources);
        problem.help = match (diagnostic.code, limits) {
            (Code::Budget(limit), Some(limits)) => Some(limits.advice(limit)),
            _ => diagnostic.help.clone(),
        };
        problem.is_budget = matches!(diagnostic.code, Code::Budget(_));
        problem
    }

    pub(crate) fn of_evaluation(error: &EvalError, sources: &[Source], limits: &Limits) -> Self {
        let code = Some(error.code.as_str());
        let mut problem = Self::at(code, error.message.clone(), error.location, sources);
        problem.help = error.limit.map(|limit| limits.advice(limit));
        problem.is_budget = error.code == EvalCode::Budget;
        problem
    }

    pub(crate) fn of_file(error: &LoadError) -> Self {
        let (line, column) = error.place.unwrap_or_default();
        Self {
            code: None,
            message: error.message.clone(),
            help: error.help.clone(),
            file: Some(error.file.clone()),
            line: line as usize,
            column: column as usize,
            marked: None,
            is_budget: false,
        }
    }

    pub(crate) fn general(message: impl Into<String>) -> Self {
        Self {
            code: None,
            message: message.into(),
            help: None,
            file: None,
            line: 0,
            column: 0,
            marked: None,
            is_budget: false,
        }
    }

    fn at(
        code: Option<&'static str>,
        message: String,
        location: Location,
        sources: &[Source],
    ) -> Self {
        let source = sources.get(usize::from(location.source.0));
        let (line, column) =
            source.map_or((0, 0), |source| source.line_column(location.span.start));
        let file = source.map(|source| source.name.to_string());
        let marked = source.and_then(|source| mark(source, line, location));
        Self { code, message, help: None, file, line, column, marked, is_budget: false }
    }

    /// As `opa eval --format json` shows it.
    pub(crate) fn to_value(&self) -> Value {
        let mut map = Map::from_iter([("message", Value::from(self.message.as_str()))]);
        if let Some(code) = self.code {
            map.insert("code", code);
            let location = Map::from_iter([
                ("file", Value::from(self.file.as_deref().unwrap_or_default())),
                ("row", int(self.line)),
                ("col", int(self.column)),
            ]);
            map.insert("location", Value::Object(location));
            // OPA has no such error: nothing else says what would mend it.
            if let Some(help) = self.help.as_deref().filter(|_| self.is_budget) {
                map.insert("help", help);
            }
        } else if let Some(file) = &self.file {
            map.insert("message", format!("{file}: {}", self.message).as_str());
        }
        Value::Object(map)
    }

    /// With the source line, its part marked.
    pub(crate) fn write(&self, color: bool, out: &mut dyn Write) -> io::Result<()> {
        let number = |number: usize| u32::try_from(number).ok().filter(|number| *number > 0);
        let named = self.file.as_deref().map(|file| if file.is_empty() { "query" } else { file });
        let message = match self.code {
            Some(code) => format!("{code}: {}", self.message),
            None => self.message.clone(),
        };
        let diagnostic = sekisho_report::Diagnostic {
            file: named.map(Arc::from),
            line: number(self.line),
            column: number(self.column),
            message,
            help: self.help.clone(),
            policy: None,
            marked: self.marked.clone(),
        };
        let options = RenderOptions { color, ..RenderOptions::default() };
        render_diagnostic(Level::Error, &diagnostic, &options, out)
    }
}

/// As `opa` shows what is wrong: `{"errors": […]}`.
pub(crate) fn errors(problems: &[Problem]) -> Value {
    let errors: Vec<Value> = problems.iter().map(Problem::to_value).collect();
    Value::Object(Map::from_iter([("errors", Value::from(errors))]))
}

pub(crate) fn int(number: usize) -> Value {
    Value::from(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The source line of a place. A line may be as long as a file, so only what surrounds the place
/// is kept.
fn mark(source: &Source, line: usize, location: Location) -> Option<Marked> {
    const AROUND: usize = 200;
    let text = source.text.lines().nth(line.checked_sub(1)?)?;
    let start = location.span.start as usize;
    let (_, place) = source.line_column(location.span.start);
    let skipped = place.checked_sub(1)?.saturating_sub(AROUND);
    let column = place - skipped;
    let line_end = text.chars().count().saturating_sub(place - 1);
    let marked = source.text.get(start..location.span.end as usize);
    let len = marked.map_or(1, |marked| marked.chars().count()).min(line_end).max(1);
    let kept: String = text.chars().skip(skipped).take(2 * AROUND).collect();
    Some(Marked {
        text: kept.into(),
        column: u32::try_from(column).ok()?,
        len: u32::try_from(len.min(AROUND)).ok()?,
    })
}
