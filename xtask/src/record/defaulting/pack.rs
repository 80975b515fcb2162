//! Many edits in one object, as many as go together.

use super::site::{Site, Step, Writer};
use crate::record::ask::{Asker, Outcome};
use crate::record::golden::Case;
use crate::record::schema::Kind;
use serde_json::Value as Json;

/// More edits than this are not put into one object.
const MOST: usize = 100;

/// Asks for objects of one kind with several edits each.
pub(super) struct Packer<'a, 'b> {
    pub(super) writer: Writer<'a>,
    pub(super) kind: &'a Kind,
    pub(super) base: &'a Json,
    pub(super) asker: &'a mut Asker<'b>,
    pub(super) cases: &'a mut Vec<Case>,
}

type Edit<'a> = (&'a Site, Json);

impl Packer<'_, '_> {
    /// Packs the edits that the server lets through alone, first fit, and halves what it
    /// refuses together.
    pub(super) fn pack(&mut self, name: &str, edits: &[Edit<'_>]) -> anyhow::Result<()> {
        let mut packs: Vec<Vec<&Edit<'_>>> = Vec::new();
        for edit in edits {
            let (site, value) = edit;
            let mut object = self.base.clone();
            self.writer.set(&mut object, self.kind, &site.alone(), value);
            if !self.asker.lets_through(&format!("{name} {site}={value}"), &object)? {
                continue;
            }
            let fits = |pack: &Vec<&Edit<'_>>| {
                pack.len() < MOST && !pack.iter().any(|other| self.clash(edit.0, other.0))
            };
            match packs.iter().position(fits).and_then(|index| packs.get_mut(index)) {
                Some(pack) => pack.push(edit),
                None => packs.push(vec![edit]),
            }
        }
        let mut number = 0;
        for pack in &packs {
            self.settle(name, &mut number, pack)?;
        }
        Ok(())
    }

    fn settle(
        &mut self,
        name: &str,
        number: &mut usize,
        pack: &[&Edit<'_>],
    ) -> anyhow::Result<()> {
        let mut object = self.base.clone();
        for (site, value) in pack {
            self.writer.set(&mut object, self.kind, site, value);
        }
        let case = format!("{name} {}", *number + 1);
        match self.asker.stored(&case, &object, true)? {
            Outcome::Stored(case) => {
                *number += 1;
                self.cases.push(case);
            }
            Outcome::Refused if pack.len() > 1 => {
                let (left, right) = pack.split_at(pack.len() / 2);
                self.settle(name, number, left)?;
                self.settle(name, number, right)?;
            }
            Outcome::Refused => {}
        }
        Ok(())
    }

    /// Whether one edit undoes the other: it stands above it, or chooses another member of a
    /// union on the way.
    fn clash(&self, a: &Site, b: &Site) -> bool {
        let above = |a: &[Step], b: &[Step]| b.starts_with(a);
        let tables = self.writer.tables;
        above(&a.path, &b.path)
            || above(&b.path, &a.path)
            || a.choices(tables).any(|(place, member)| {
                b.choices(tables).any(|(other, rival)| place == other && member != rival)
            })
    }
}
