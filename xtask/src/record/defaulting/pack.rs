//! Many edits in one object, as many as go together.

use crate::record::ask::{Asker, Outcome};
use crate::record::golden::Case;
use crate::record::schema::Kind;
use crate::record::site::{Site, Step, Writer};
use serde_json::Value as Json;

/// More edits than this are not put into one object.
const MOST: usize = 100;

/// An accepted part is tried together with this many others.
const TRIED: usize = 12;

/// Asks for objects of one kind with several edits each.
pub(super) struct Packer<'a, 'b> {
    pub(super) writer: Writer<'a>,
    pub(super) kind: &'a Kind,
    pub(super) base: &'a Json,
    pub(super) asker: &'a mut Asker<'b>,
    pub(super) cases: &'a mut Vec<Case>,
    /// of objects of one name, as many are kept
    pub(super) most: usize,
}

/// A field and what it is set to.
pub(super) type Edit<'a> = (&'a Site, Json);

/// Edits of one object.
type Pack<'e> = Vec<&'e Edit<'e>>;

impl Packer<'_, '_> {
    /// Packs the edits that the server lets through alone.
    pub(super) fn pack(&mut self, name: &str, edits: Vec<Edit<'_>>) -> anyhow::Result<()> {
        let mut through = Vec::new();
        for (site, value) in edits {
            let mut object = self.base.clone();
            self.writer.set(&mut object, self.kind, &site.alone(), &value);
            if self.asker.lets_through(&format!("{name} {site}={value}"), &object)? {
                through.push((site, value));
            }
        }
        self.together(name, &through)
    }

    /// Puts edits into few objects, first fit; what the server refuses together is halved.
    pub(super) fn together(&mut self, name: &str, edits: &[Edit<'_>]) -> anyhow::Result<()> {
        let mut packs: Vec<Pack<'_>> = Vec::new();
        for edit in edits {
            let fits = |pack: &Pack<'_>| {
                pack.len() < MOST && !pack.iter().any(|other| self.clash(edit.0, other.0))
            };
            match packs.iter().position(fits).and_then(|index| packs.get_mut(index)) {
                Some(pack) => pack.push(edit),
                None => packs.push(vec![edit]),
            }
        }
        let mut accepted = Vec::new();
        for pack in packs {
            self.settle(pack, &mut accepted)?;
        }
        for (index, pack) in self.merge(accepted)?.iter().take(self.most).enumerate() {
            let object = self.object(pack);
            let case = self.asker.stored(&format!("{name} {}", index + 1), &object)?;
            if let Outcome::Stored(case) = case {
                self.cases.push(case);
            }
        }
        Ok(())
    }

    /// Halves what is refused, and gives the parts that are accepted.
    fn settle<'e>(&mut self, pack: Pack<'e>, accepted: &mut Vec<Pack<'e>>) -> anyhow::Result<()> {
        let object = self.object(&pack);
        if self.asker.accepts(&object)? {
            accepted.push(pack);
        } else if pack.len() > 1 {
            let (left, right) = pack.split_at(pack.len() / 2);
            self.settle(left.to_vec(), accepted)?;
            self.settle(right.to_vec(), accepted)?;
        }
        Ok(())
    }

    /// Puts accepted parts together again where they do not disturb each other.
    fn merge<'e>(&mut self, parts: Vec<Pack<'e>>) -> anyhow::Result<Vec<Pack<'e>>> {
        let mut merged: Vec<Pack<'e>> = Vec::new();
        'parts: for part in parts {
            for pack in merged.iter_mut().rev().take(TRIED) {
                let clash = |a: &Edit<'_>| pack.iter().any(|b| self.clash(a.0, b.0));
                if pack.len() + part.len() > MOST || part.iter().copied().any(clash) {
                    continue;
                }
                let union = [pack.as_slice(), &part].concat();
                let object = self.object(&union);
                if self.asker.accepts(&object)? {
                    *pack = union;
                    continue 'parts;
                }
            }
            merged.push(part);
        }
        Ok(merged)
    }

    fn object(&self, pack: &[&Edit<'_>]) -> Json {
        let mut object = self.base.clone();
        for (site, value) in pack {
            self.writer.set(&mut object, self.kind, site, value);
        }
        object
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
