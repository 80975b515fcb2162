//! Regular expressions as arguments.

use crate::term::{Opaque, Term, scalars};
use crate::{EvalError, Evaluation};
use sekisho_go_regex::{Pattern, PatternError, Search};
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

impl<'a> Evaluation<'a> {
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
        let pattern = Pattern::read(source)?;
        self.reserve(usize::try_from(pattern.bytes()).unwrap_or(usize::MAX))?;
        let pattern = Arc::new(pattern);
        self.scratch().keep_pattern(&pattern);
        Ok(pattern)
    }

    /// What searches a text, for which it takes the steps that it costs.
    ///
    /// # Errors
    /// Where fewer are left.
    pub fn search<'p, 't>(
        self,
        pattern: &'p Pattern,
        text: &'t str,
    ) -> Result<Search<'p, 't>, EvalError>
    where
        'a: 'p,
    {
        Ok(pattern.search(text, self.budget())?)
    }
}

impl From<PatternError> for EvalError {
    fn from(error: PatternError) -> Self {
        error.exceeded().map_or_else(|| Self::new(error.to_string()), Self::from)
    }
}
