use super::{Term, display};
use sekisho_budget::{Budget, BudgetExceeded};
use std::fmt;

/// A text that grows within a budget: every byte is taken before it is written.
#[derive(Debug)]
pub struct Text<'b> {
    budget: &'b Budget<'b>,
    text: String,
    exceeded: Option<BudgetExceeded>,
}

impl<'b> Text<'b> {
    /// An empty text.
    #[must_use]
    pub fn new(budget: &'b Budget<'b>) -> Self {
        Self { budget, text: String::new(), exceeded: None }
    }

    /// An empty text with room for so many bytes.
    #[must_use]
    pub fn sized(budget: &'b Budget<'b>, bytes: usize) -> Self {
        Self { budget, text: String::with_capacity(bytes), exceeded: None }
    }

    /// The budget that it takes from.
    #[must_use]
    pub fn budget(&self) -> &'b Budget<'b> {
        self.budget
    }

    /// What stopped a writing by [`fmt::Write`].
    #[must_use]
    pub fn exceeded(&self) -> Option<BudgetExceeded> {
        self.exceeded
    }

    /// Appends.
    ///
    /// # Errors
    /// Where the budget is used up.
    pub fn push_str(&mut self, text: &str) -> Result<(), BudgetExceeded> {
        self.take(text.len())?;
        self.text.push_str(text);
        Ok(())
    }

    /// Appends a character.
    ///
    /// # Errors
    /// Where the budget is used up.
    pub fn push(&mut self, c: char) -> Result<(), BudgetExceeded> {
        self.repeat(c, 1)
    }

    /// Appends a character some times.
    ///
    /// # Errors
    /// Where the budget is used up.
    pub fn repeat(&mut self, c: char, times: usize) -> Result<(), BudgetExceeded> {
        self.take(times.saturating_mul(c.len_utf8()))?;
        self.text.extend(std::iter::repeat_n(c, times));
        Ok(())
    }

    /// Appends a value as OPA prints it.
    ///
    /// # Errors
    /// Where the budget is used up.
    pub fn push_term(&mut self, term: Term<'_>) -> Result<(), BudgetExceeded> {
        let written = display::write(term, self);
        match self.exceeded {
            Some(exceeded) => Err(exceeded),
            None => {
                debug_assert!(written.is_ok());
                Ok(())
            }
        }
    }

    fn take(&mut self, bytes: usize) -> Result<(), BudgetExceeded> {
        let bytes = bytes as u64;
        self.budget.allocate(bytes)?;
        if bytes > 64 { self.budget.step(bytes / 64) } else { Ok(()) }
    }

    /// What was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What was written.
    #[must_use]
    pub fn into_string(self) -> String {
        self.text
    }
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.exceeded.is_none() {
            // a value is written in small pieces
            let step = self.budget.step(1);
            self.exceeded = step.and_then(|()| self.push_str(text)).err();
        }
        if self.exceeded.is_some() { Err(fmt::Error) } else { Ok(()) }
    }
}
