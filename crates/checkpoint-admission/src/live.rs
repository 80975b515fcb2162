//! What is judged by, as it changes while requests are answered.

use crate::basis::Basis;
use crate::tally::{self, Tally};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// The basis in force, and how its renewals went.
#[derive(Default)]
pub struct Live {
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    basis: Option<Arc<Basis>>,
    tallies: Arc<[Arc<Tally>]>,
    renewals: u64,
    refusals: u64,
    renewed: Option<Instant>,
    synced: Option<Instant>,
    refused: Option<Arc<str>>,
}

impl Live {
    /// Puts a new basis in force; requests that are being judged end by the old one.
    pub fn renew(&self, mut basis: Basis) {
        let tallies = tally::count(&mut basis.set).into();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let old = state.basis.replace(Arc::new(basis));
        state.tallies = tallies;
        state.renewals += 1;
        state.renewed = Some(Instant::now());
        state.refused = None;
        drop(state);
        // It may be large, and nobody is to wait while it goes.
        drop(old);
    }

    /// Says that what policies look up in the cluster was complete a moment ago.
    pub fn synced(&self) {
        self.state.write().unwrap_or_else(PoisonError::into_inner).synced = Some(Instant::now());
    }

    /// Says how long ago what policies look up in the cluster was complete.
    pub fn synced_before(&self, age: Duration) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.synced = Instant::now().checked_sub(age).or(state.synced);
    }

    /// Keeps the basis in force, and says why a newer one is not.
    pub fn refuse(&self, why: &str) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.refusals += 1;
        state.refused = Some(why.into());
    }

    /// What requests are judged by; none before the first policies are there.
    #[must_use]
    pub fn basis(&self) -> Option<Arc<Basis>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).basis.clone()
    }

    /// How often a new basis came into force.
    #[must_use]
    pub fn renewals(&self) -> u64 {
        self.state.read().unwrap_or_else(PoisonError::into_inner).renewals
    }

    /// Why the newest policies are not in force; none where they are.
    #[must_use]
    pub fn refused(&self) -> Option<Arc<str>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).refused.clone()
    }

    /// How often a new basis was refused.
    pub(crate) fn refusals(&self) -> u64 {
        self.state.read().unwrap_or_else(PoisonError::into_inner).refusals
    }

    /// How long the basis has been in force.
    pub(crate) fn since_renewed(&self) -> Option<Duration> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.renewed.map(|renewed| renewed.elapsed())
    }

    /// How long it is since what policies look up in the cluster was complete; none where they
    /// look up nothing there.
    pub(crate) fn cache_age(&self) -> Option<Duration> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.synced.map(|synced| synced.elapsed())
    }

    /// What each policy in force said and took.
    pub(crate) fn tallies(&self) -> Arc<[Arc<Tally>]> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner).tallies)
    }
}
