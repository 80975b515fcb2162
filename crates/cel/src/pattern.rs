//! Regular expressions as arguments.

use crate::term::{Opaque, Term, scalars};
use crate::{EvalError, Evaluation};
use sekisho_budget::BudgetExceeded;
use sekisho_go_regex::{Pattern, PatternError};
use std::sync::Arc;

/// The name of the type of compiled patterns, which no expression can spell.
pub(crate) const TYPE_NAME: &str = "@pattern";

/// A constant pattern, in the place of its text.
#[derive(Debug)]
pub(crate) struct CompiledPattern(Arc<Pattern>);

impl CompiledPattern {
    pub(crate) fn new(source: &str) -> Result<Self, PatternError> {
        Pattern::new(source).map(|pattern| Self(Arc::new(pattern)))
    }
}

impl Opaque for CompiledPattern {
    fn type_name(&self) -> &str {
        TYPE_NAME
    }

    fn equals(&self, _: &dyn Opaque) -> Option<bool> {
        None
    }

    fn size(&self) -> Option<u64> {
        Some(scalars(self.0.source()))
    }
}

impl Evaluation<'_> {
    /// The regular expression that an argument is: compiled before where it is constant, and kept
    /// in the scratch where it is not.
    ///
    /// # Errors
    /// Where it is none, or too large.
    pub fn pattern(self, argument: Term<'_>) -> Result<Arc<Pattern>, EvalError> {
        if let Some(compiled) = argument.downcast::<CompiledPattern>() {
            return Ok(Arc::clone(&compiled.0));
        }
        let source = argument.as_str().ok_or_else(EvalError::no_such_overload)?;
        self.step(1 + source.len() / 16)?;
        if let Some(kept) = self.scratch().kept_pattern(source) {
            return Ok(kept);
        }
        self.step(100 + source.len())?;
        let pattern = Pattern::new(source).map_err(|error| match error {
            PatternError::TooLarge => BudgetExceeded::Memory.into(),
            PatternError::Malformed(_) => EvalError::new(error.to_string()),
        })?;
        self.reserve(usize::try_from(pattern.bytes()).unwrap_or(usize::MAX))?;
        let pattern = Arc::new(pattern);
        self.scratch().keep_pattern(&pattern);
        Ok(pattern)
    }

    /// Takes the steps that a search costs.
    ///
    /// # Errors
    /// Where fewer are left.
    pub fn search(self, pattern: &Pattern, text: &str) -> Result<(), EvalError> {
        self.step(usize::try_from(pattern.search_steps(text)).unwrap_or(usize::MAX))
    }
}
