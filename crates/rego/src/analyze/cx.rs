//! What all passes share: names, errors, the budget.

use super::draft::{Term, Value};
use super::names::Names;
use super::{Options, show};
use crate::{Code, Diagnostic, Location, Source};
use sekisho_budget::{Budget, BudgetExceeded};

/// The state of an analysis.
pub(super) struct Cx<'a> {
    pub(super) names: Names,
    pub(super) sources: &'a [Source],
    pub(super) options: &'a Options,
    pub(super) errors: Vec<Diagnostic>,
    /// an error stands that later passes would only repeat in other words
    pub(super) stop: bool,
    pub(super) exceeded: Option<BudgetExceeded>,
    /// the rule that is looked at
    pub(super) at: Location,
    budget: &'a Budget<'a>,
}

impl<'a> Cx<'a> {
    pub(super) fn new(
        names: Names,
        sources: &'a [Source],
        options: &'a Options,
        budget: &'a Budget<'a>,
    ) -> Self {
        Self {
            names,
            sources,
            options,
            errors: Vec::new(),
            stop: false,
            exceeded: None,
            at: Location::default(),
            budget,
        }
    }

    /// An error after which no further pass runs.
    pub(super) fn error(&mut self, code: Code, at: Location, message: impl Into<String>) {
        self.stop = true;
        self.recoverable(code, at, message);
    }

    /// An error beside which further ones are looked for.
    pub(super) fn recoverable(&mut self, code: Code, at: Location, message: impl Into<String>) {
        self.tell(Diagnostic { code, message: message.into(), location: at, help: None });
    }

    /// Adds a fault, unless there are too many.
    pub(super) fn tell(&mut self, fault: Diagnostic) {
        if self.errors.len() < self.options.error_limit {
            self.errors.push(fault);
        } else {
            self.stop = true;
        }
    }

    /// Takes steps: whether there were enough left. [`Self::step`] afterwards ends the analysis.
    pub(super) fn has(&self, steps: usize) -> bool {
        self.budget.step(u64::try_from(steps).unwrap_or(u64::MAX)).is_ok()
    }

    /// Takes steps: whether there were enough left.
    pub(super) fn step(&mut self, steps: usize) -> bool {
        if self.exceeded.is_some() {
            return false;
        }
        if let Err(exceeded) = self.budget.step(u64::try_from(steps).unwrap_or(u64::MAX)) {
            self.exceeded = Some(exceeded);
            self.stop = true;
        }
        self.exceeded.is_none()
    }

    /// `a.b` of an operator, its variables as they are called now.
    pub(super) fn show_operator(&self, operator: &Term) -> String {
        match &operator.value {
            Value::Ref(path) => show::reference(&self.names, show::As::Is, path),
            _ => show::term(&self.names, show::As::Is, operator),
        }
    }

    /// `file:line`, as messages cite another place.
    pub(super) fn place(&self, at: Location) -> String {
        match self.sources.get(usize::from(at.source.0)) {
            Some(source) => {
                format!("{}:{}", source.name, source.line_column(at.span.start).0)
            }
            None => String::new(),
        }
    }
}
