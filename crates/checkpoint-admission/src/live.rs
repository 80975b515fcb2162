//! What is judged by, as it changes while requests are answered.

use crate::basis::Basis;
use std::sync::{Arc, PoisonError, RwLock};

/// The basis in force, and how its renewals went.
#[derive(Default)]
pub struct Live {
    state: RwLock<State>,
}

#[derive(Clone, Default)]
struct State {
    basis: Option<Arc<Basis>>,
    renewals: u64,
    refused: Option<Arc<str>>,
}

impl Live {
    /// Puts a new basis in force; requests that are being judged end by the old one.
    pub fn renew(&self, basis: Basis) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.basis = Some(Arc::new(basis));
        state.renewals += 1;
        state.refused = None;
    }

    /// Keeps the basis in force, and says why a newer one is not.
    pub fn refuse(&self, why: &str) {
        self.state.write().unwrap_or_else(PoisonError::into_inner).refused = Some(why.into());
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
}
