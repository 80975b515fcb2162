//! Objects that are complete: their entries in order, none of them twice, and those that `<<`
//! brings.

use super::build::{Builder, Entry, Frame};
use crate::count::Size;
use crate::fault::Fault;
use crate::spans::Node;
use sekisho_value::{Key, Map, Value};

impl Builder<'_> {
    /// Adds the entries of what stands under `<<`.
    pub(super) fn merge(
        &mut self,
        value: &Value,
        node: Node,
        aliased: bool,
        at: usize,
    ) -> Result<(), Fault> {
        let wrong = || {
            Fault::new(at, "`<<` takes an object, or a list of objects")
                .help("name an anchor of an object, as in `<<: *defaults`")
        };
        match value {
            Value::Object(map) => self.merge_map(map, node, at),
            Value::Array(items) if !aliased => {
                // The first of them wins, and the last entry of a key is the one that counts.
                for (index, item) in items.iter().enumerate().rev() {
                    let Value::Object(map) = item else {
                        return Err(wrong());
                    };
                    let child = self.nodes.get(node.first as usize + index).copied();
                    self.merge_map(map, child.unwrap_or(node), at)?;
                }
                Ok(())
            }
            _ => Err(wrong()),
        }
    }

    fn merge_map(&mut self, map: &Map, node: Node, at: usize) -> Result<(), Fault> {
        self.count.repeat(Size::of_nodes(map.len()), at)?;
        for (index, (key, value)) in map.iter().enumerate() {
            let child = self.nodes.get(node.first as usize + index).copied().unwrap_or(node);
            let (key, value) = (key.clone(), value.clone());
            self.entries.push(Entry { key, value, node: child, merged: true });
        }
        Ok(())
    }

    /// Sorts the entries of a finished object, and sees that no key stands twice.
    pub(super) fn sort(&mut self, frame: &Frame) -> Result<(), Fault> {
        let entries = self.entries.get_mut(frame.base..).unwrap_or_default();
        if entries.is_sorted_by(|a, b| a.key < b.key) {
            return Ok(());
        }
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        let mut twice = None;
        for pair in entries.windows(2) {
            if let [a, b] = pair
                && a.key == b.key
            {
                if !a.merged && !b.merged && !self.last_key_wins {
                    let places = (a.node.start as usize, b.node.start as usize);
                    return Err(Fault::duplicate(&a.key, places.0, places.1));
                }
                twice = Some(());
            }
        }
        if twice.is_none() {
            return Ok(());
        }
        self.override_merged(frame.base)
    }

    /// Of the entries of one key keeps the last, as goyaml v2 does: a key written before `<<`
    /// loses to it, one written behind it wins.
    fn override_merged(&mut self, base: usize) -> Result<(), Fault> {
        let mut own: Option<(Key, u32)> = None;
        let mut kept: Vec<Entry> = Vec::new();
        for entry in self.entries.drain(base..) {
            if !entry.merged {
                if let Some((key, first)) = &own
                    && *key == entry.key
                    && !self.last_key_wins
                {
                    return Err(Fault::duplicate(key, *first as usize, entry.node.start as usize));
                }
                own = Some((entry.key.clone(), entry.node.start));
            }
            match kept.last_mut() {
                Some(last) if last.key == entry.key => *last = entry,
                _ => kept.push(entry),
            }
        }
        self.entries.extend(kept);
        Ok(())
    }
}
