//! Objects as mutating admission leaves them, before they are judged.

use crate::objects::Object;
use rayon::prelude::*;
use sekisho_engine::{ExternalAnswers, Judge, MemoryInventory, Mutated, PolicySet, mutate};
use sekisho_kube_model::{ProblemKind, Schemas};
use sekisho_policy::UserInfo;
use sekisho_watchdog::{LIMIT, Watchdog};

/// What objects are mutated by.
pub(crate) struct Mutation<'a> {
    pub(crate) set: &'a PolicySet,
    pub(crate) schemas: &'a Schemas,
    pub(crate) now: jiff::Timestamp,
    /// who creates the objects
    pub(crate) user: &'a UserInfo,
    /// what is known beside them, as it is stored
    pub(crate) known: &'a [Object<'a>],
    /// what providers answer
    pub(crate) external: &'a ExternalAnswers,
}

impl Mutation<'_> {
    /// Mutates objects in place, and gives what became of each; nothing where no policy mutates.
    ///
    /// Namespaces come first: what is in one is matched by the labels that it is stored with.
    pub(crate) fn apply(&self, objects: &mut [Object<'_>]) -> Vec<Option<Mutated>> {
        if !self.set.mutates() {
            return objects.iter().map(|_| None).collect();
        }
        let watchdog = Watchdog::start(LIMIT);
        let mut all: Vec<Option<Mutated>> = objects.iter().map(|_| None).collect();
        for namespaces in [true, false] {
            let inventory = inventory(objects, self.known, self.external);
            let one = |object: &mut Object<'_>| {
                if object.decoded.gvk.is("", "Namespace") != namespaces
                    || !object.decoded.is_readable()
                {
                    return None;
                }
                let watched = watchdog.watch();
                let judge = Judge {
                    inventory: &inventory,
                    schemas: self.schemas,
                    now: self.now,
                    implied: false,
                    record: false,
                    cancelled: Some(watched.stop()),
                };
                let mutated = mutate(self.set, &object.request(self.user), &judge);
                take(object, &mutated);
                Some(mutated)
            };
            let found: Vec<Option<Mutated>> = objects.par_iter_mut().map(one).collect();
            for (all, found) in all.iter_mut().zip(found) {
                *all = found.or(all.take());
            }
        }
        all
    }
}

/// The objects that are known; what the policies come with stands in for what is judged, never
/// the other way round.
pub(crate) fn inventory(
    objects: &[Object<'_>],
    known: &[Object<'_>],
    external: &ExternalAnswers,
) -> MemoryInventory {
    let mut inventory = MemoryInventory::new();
    inventory.set_external(external);
    let all = objects.iter().chain(known);
    for object in all.filter(|object| object.decoded.is_readable()) {
        inventory.insert(object.decoded.object.clone());
    }
    inventory
}

/// The object is what became of it. A field that was missing may be there now, and one that a
/// mutation brings may be unknown.
fn take(object: &mut Object<'_>, mutated: &Mutated) {
    object.unmutated.clone_from(&mutated.errors);
    if !mutated.errors.is_empty() || mutated.sent == object.decoded.object {
        return;
    }
    object.decoded.object = mutated.object.clone();
    let problems = &mut object.decoded.problems;
    problems.retain(|problem| {
        problem.kind != ProblemKind::RequiredField || mutated.problems.contains(problem)
    });
    let new = mutated.problems.iter().filter(|problem| !problems.contains(problem));
    let new: Vec<_> = new.cloned().collect();
    problems.extend(new);
}
