//! What anchors name and aliases repeat.

use super::build::Built;
use crate::count::Size;
use crate::fault::Fault;
use std::collections::HashMap;

/// The anchors of one document.
#[derive(Debug, Default)]
pub(super) struct Anchors<'t> {
    /// The last anchor of each name.
    names: HashMap<&'t str, usize>,
    all: Vec<Anchor>,
}

#[derive(Debug)]
enum Anchor {
    /// The node is not finished: an alias within it would contain itself.
    Open,
    Done {
        built: Built,
        size: Size,
    },
}

impl<'t> Anchors<'t> {
    /// Begins the node that a name is given to.
    pub(super) fn begin(&mut self, name: &'t str) -> usize {
        self.all.push(Anchor::Open);
        self.names.insert(name, self.all.len() - 1);
        self.all.len() - 1
    }

    /// Keeps the node that was begun.
    pub(super) fn finish(&mut self, index: usize, built: &Built, size: Size) {
        if let Some(anchor) = self.all.get_mut(index) {
            *anchor = Anchor::Done { built: built.clone(), size };
        }
    }

    /// The node that an alias at `at` repeats.
    pub(super) fn find(&self, name: &str, at: usize) -> Result<(&Built, Size), Fault> {
        let found = self.names.get(name).and_then(|index| self.all.get(*index));
        match found {
            Some(Anchor::Done { built, size }) => Ok((built, *size)),
            Some(Anchor::Open) => {
                Err(Fault::new(at, format!("the anchor `{name}` contains itself")))
            }
            None => Err(Fault::new(at, format!("unknown anchor `{name}`")).help(
                "an alias repeats an anchor (`&name`) of the same document, before it; \
                 put quotes around a text that begins with `*`",
            )),
        }
    }
}
