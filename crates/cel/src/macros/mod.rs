//! Macros: calls that the parser replaces by other trees.

mod bind;
mod expansion;
mod optional;
mod standard;
mod two_variables;

pub use bind::{BIND, BLOCK};
pub use expansion::{Expansion, MacroError};
pub use optional::{OPT_FLAT_MAP, OPT_MAP};
pub use standard::STANDARD;
pub(crate) use standard::map;
pub(crate) use two_variables::MAP_INSERT;
pub use two_variables::TWO_VARIABLES;

use crate::ast::{Expr, Name};
use std::collections::HashMap;

/// The name of what the macros of the language accumulate; no expression can spell it.
pub const ACCUMULATOR: &str = "@result";

/// A call that the parser replaces by another tree.
#[derive(Clone, Copy, Debug)]
pub struct Macro {
    /// the function's name
    pub name: &'static str,
    /// whether it is a method
    pub receiver: bool,
    /// how many arguments it takes, beside what it is a method of; `None` for any number
    pub arguments: Option<usize>,
    /// what it stands for
    pub expander: Expander,
}

/// Makes the tree that a call of a macro stands for.
pub type Expander = fn(&mut Expansion<'_>, Option<Expr>, Vec<Expr>) -> Result<Expanded, MacroError>;

/// What comes of a macro.
#[derive(Debug)]
pub enum Expanded {
    /// a tree
    Into(Expr),
    /// it was no call of this macro after all: target and arguments as they were
    Not(Option<Expr>, Vec<Expr>),
}

impl Macro {
    pub(crate) fn expand(
        &self,
        expansion: &mut Expansion<'_>,
        target: Option<Expr>,
        args: Vec<Expr>,
    ) -> Result<Expanded, MacroError> {
        (self.expander)(expansion, target, args)
    }
}

/// The macros of an environment.
#[derive(Clone, Debug, Default)]
pub struct Macros {
    by_call: HashMap<(Name, bool, Option<usize>), Macro>,
}

impl Macros {
    /// Adds a macro, in place of one of the same call.
    pub fn add(&mut self, added: Macro) {
        let key = (Name::new_static(added.name), added.receiver, added.arguments);
        self.by_call.insert(key, added);
    }

    /// The macro of a call.
    #[must_use]
    pub fn find(&self, name: &Name, receiver: bool, arguments: usize) -> Option<Macro> {
        let with = |arguments| self.by_call.get(&(name.clone(), receiver, arguments)).copied();
        with(Some(arguments)).or_else(|| with(None))
    }

    /// Whether a name is one of a macro.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.by_call.keys().any(|(own, ..)| own == name)
    }
}
