//! What is told of evaluations: lines that they come by, and what they print.

use crate::coverage::Line;
use sekisho_engine::MemoryInventory;
use sekisho_policy::{Inventory, Watch};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The lines of rules that all tests together came by.
#[derive(Debug, Default)]
pub(crate) struct Lines(Mutex<BTreeMap<String, BTreeMap<u32, bool>>>);

impl Lines {
    pub(crate) fn told(&self) -> Vec<Line> {
        let files = self.0.lock().map(|files| files.clone()).unwrap_or_default();
        let of_file = |(file, lines): (String, BTreeMap<u32, bool>)| {
            let file: std::sync::Arc<str> = file.into();
            lines.into_iter().map(move |(line, run)| Line { file: file.clone(), line, run })
        };
        files.into_iter().flat_map(of_file).collect()
    }

    fn line(&self, file: &str, line: u32, evaluated: bool) {
        let Ok(mut files) = self.0.lock() else { return };
        if !files.contains_key(file) {
            files.insert(file.to_owned(), BTreeMap::new());
        }
        if let Some(lines) = files.get_mut(file) {
            *lines.entry(line).or_default() |= evaluated;
        }
    }
}

/// What is held of the texts that one case prints, in bytes: as much as gator holds.
const MOST_PRINTED: usize = 1 << 20;

/// An inventory whose evaluations are watched.
pub(crate) struct Watched<'a> {
    pub(crate) inventory: MemoryInventory,
    /// none where nobody asks
    pub(crate) lines: Option<&'a Lines>,
    pub(crate) printed: Mutex<Vec<String>>,
}

impl Watched<'_> {
    /// Takes what was printed, which is no more than gator holds of it.
    pub(crate) fn take_printed(&self) -> Vec<String> {
        self.printed.lock().map(|mut printed| std::mem::take(&mut *printed)).unwrap_or_default()
    }
}

impl Watch for Watched<'_> {
    fn line(&self, file: &str, line: u32, evaluated: bool) {
        if let Some(lines) = self.lines {
            lines.line(file, line, evaluated);
        }
    }

    fn print(&self, text: &str) {
        let Ok(mut printed) = self.printed.lock() else { return };
        let held: usize = printed.iter().map(|text| text.len() + 1).sum();
        if held < MOST_PRINTED {
            printed.push(text.to_owned());
            if held + text.len() >= MOST_PRINTED {
                printed.push("... additional print output truncated ...".to_owned());
            }
        }
    }
}

impl Inventory for Watched<'_> {
    fn beneath(&self) -> Option<&dyn Inventory> {
        Some(&self.inventory)
    }

    fn watch(&self) -> Option<&dyn Watch> {
        Some(self)
    }
}
