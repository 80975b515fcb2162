//! Searches, by whichever engine a pattern and a text are for.

use crate::program::{Found, Machine, NOWHERE, Program};
use regex::Regex;
use sekisho_budget::{Budget, BudgetExceeded};
use std::ops::Range;

/// A text, and what searches it: leftmost first, as Go does.
#[derive(Clone, Copy)]
pub struct Search<'p, 't> {
    pub(crate) text: &'t str,
    pub(crate) engine: Engine<'p>,
    /// how many groups the pattern has
    pub(crate) groups: usize,
}

#[derive(Clone, Copy)]
pub(crate) enum Engine<'p> {
    Automaton(&'p Regex),
    Program(&'p Program, &'p Budget<'p>),
}

/// What a search gives; a budget may end it.
type Outcome<T> = Result<T, BudgetExceeded>;

impl<'p, 't> Search<'p, 't> {
    /// Whether there is a match.
    ///
    /// # Errors
    /// Where it takes more than the budget has left.
    pub fn is_match(&self) -> Outcome<bool> {
        match self.engine {
            Engine::Automaton(regex) => Ok(regex.is_match(self.text)),
            Engine::Program(program, budget) => {
                Ok(Machine::new(program, self.text, budget, 0)?.find(0)?.is_some())
            }
        }
    }

    /// The first match.
    ///
    /// # Errors
    /// Where it takes more than the budget has left.
    pub fn find(&self) -> Outcome<Option<Range<usize>>> {
        match self.engine {
            Engine::Automaton(regex) => Ok(regex.find(self.text).map(|found| found.range())),
            Engine::Program(..) => self.find_iter().next().transpose(),
        }
    }

    /// All matches that do not overlap, or the error that ends them.
    pub fn find_iter(&self) -> impl Iterator<Item = Outcome<Range<usize>>> + use<'p, 't> {
        match self.engine {
            Engine::Automaton(regex) => Matches::Automaton(regex.find_iter(self.text)),
            Engine::Program(program, budget) => {
                Matches::Program(Steps::new(program, self.text, budget, 1))
            }
        }
    }

    /// The first match, with its groups.
    ///
    /// # Errors
    /// Where it takes more than the budget has left.
    pub fn captures(&self) -> Outcome<Option<Captures<'t>>> {
        match self.engine {
            Engine::Automaton(regex) => {
                Ok(regex.captures(self.text).map(|found| Captures(Groups::Automaton(found))))
            }
            Engine::Program(..) => self.captures_iter().next().transpose(),
        }
    }

    /// All matches that do not overlap, with their groups, or the error that ends them.
    pub fn captures_iter(&self) -> impl Iterator<Item = Outcome<Captures<'t>>> + use<'p, 't> {
        match self.engine {
            Engine::Automaton(regex) => AllCaptures::Automaton(regex.captures_iter(self.text)),
            Engine::Program(program, budget) => {
                let keeps = 1 + 2 * self.groups;
                AllCaptures::Program(Steps::new(program, self.text, budget, keeps))
            }
        }
    }
}

enum Matches<'p, 't> {
    Automaton(regex::Matches<'p, 't>),
    Program(Steps<'p, 't>),
}

impl Iterator for Matches<'_, '_> {
    type Item = Outcome<Range<usize>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Automaton(matches) => matches.next().map(|found| Ok(found.range())),
            Self::Program(steps) => steps.next().map(|found| found.map(|found| range(&found))),
        }
    }
}

enum AllCaptures<'p, 't> {
    Automaton(regex::CaptureMatches<'p, 't>),
    Program(Steps<'p, 't>),
}

impl<'t> Iterator for AllCaptures<'_, 't> {
    type Item = Outcome<Captures<'t>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Automaton(all) => all.next().map(|found| Ok(Captures(Groups::Automaton(found)))),
            Self::Program(steps) => {
                let text = steps.text;
                let captures = |found| Captures(Groups::Program(text, found));
                steps.next().map(|found| found.map(captures))
            }
        }
    }
}

/// The matches of a program, one after the other.
struct Steps<'p, 't> {
    /// none once all are found
    machine: Option<Outcome<Machine<'p, 't>>>,
    text: &'t str,
    from: usize,
    ended_at: Option<usize>,
}

impl<'p, 't> Steps<'p, 't> {
    fn new(program: &'p Program, text: &'t str, budget: &'p Budget<'p>, keeps: usize) -> Self {
        let machine = Some(Machine::new(program, text, budget, keeps));
        Self { machine, text, from: 0, ended_at: None }
    }
}

impl Iterator for Steps<'_, '_> {
    type Item = Outcome<Found>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut machine = match self.machine.take()? {
            Ok(machine) => machine,
            Err(exceeded) => return Some(Err(exceeded)),
        };
        loop {
            if self.from > self.text.len() {
                return None;
            }
            let found = match machine.find(self.from) {
                Ok(found) => found?,
                Err(exceeded) => return Some(Err(exceeded)),
            };
            let Range { start, end } = range(&found);
            let next = self.text.get(end..).and_then(|rest| rest.chars().next());
            self.from = if start == end { end + next.map_or(1, char::len_utf8) } else { end };
            // where a match ends, none is that is empty
            let repeats = start == end && self.ended_at == Some(end);
            self.ended_at = Some(end);
            if !repeats {
                self.machine = Some(Ok(machine));
                return Some(Ok(found));
            }
        }
    }
}

/// A match and its groups.
pub struct Captures<'t>(Groups<'t>);

enum Groups<'t> {
    Automaton(regex::Captures<'t>),
    Program(&'t str, Found),
}

impl<'t> Captures<'t> {
    /// Where the whole match is.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        match &self.0 {
            Groups::Automaton(found) => found.get_match().range(),
            Groups::Program(_, found) => range(found),
        }
    }

    /// What a group matched, the whole first; none where the match does not pass it, or there is
    /// no such group.
    #[must_use]
    pub fn get(&self, group: usize) -> Option<&'t str> {
        match &self.0 {
            Groups::Automaton(found) => found.get(group).map(|group| group.as_str()),
            Groups::Program(text, found) if group == 0 => text.get(range(found)),
            Groups::Program(text, found) => {
                let at = |slot: usize| found.kept.get(slot).filter(|at| **at != NOWHERE);
                let (start, end) = (at(2 * group - 1)?, at(2 * group)?);
                text.get(*start as usize..*end as usize)
            }
        }
    }
}

fn range(found: &Found) -> Range<usize> {
    found.kept.first().map_or(0, |start| *start as usize)..found.end as usize
}
