//! Policies and the certificate, kept as their files are while the server runs.

use crate::basis::Basis;
use crate::live::Live;
use crate::server::{Certificate, CertificateError};
use sekisho_policy::Digest;
use sekisho_report::Diagnostic;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long what was told of a change waits for others.
const SETTLE: Duration = Duration::from_millis(100);

/// Where policies and the certificate come from.
pub trait Origin {
    /// The policies as they are now; `last` is the digest of those that were read before.
    fn policies(&self, last: Option<Digest>) -> Read;

    /// Ends where there may be something new before the time to look has come.
    fn changed(&self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }

    /// How old what policies look up in a cluster is; none where they look up nothing there.
    fn cache_age(&self) -> Option<Duration> {
        None
    }

    /// The certificate chain and its key in PEM; none where they are not read from files, or
    /// cannot be read.
    fn certificate(&self) -> Option<(Vec<u8>, Vec<u8>)>;

    /// Is told what came of it.
    fn told(&self, event: Event<'_>);
}

/// What was read of policies.
pub enum Read {
    /// what was read before
    Unchanged,
    /// something else, and its digest
    Changed(Box<Basis>, Digest),
    /// something else, its digest, and what is wrong with policies that are not in it: each
    /// policy of a cluster is somebody's, and one that is faulty takes no other with it
    Partly(Box<Basis>, Digest, Vec<Diagnostic>),
    /// nothing yet: it is still being fetched
    Pending,
    /// something that cannot be used, and its digest where it could be read at all
    Faulty(Vec<Diagnostic>, Option<Digest>),
}

/// What happened to policies or the certificate.
#[derive(Debug)]
pub enum Event<'a> {
    /// policies are in force, less those that are faulty
    InForce {
        /// whether there were none before
        first: bool,
        /// the ids of those that were in force before, and are no more
        gone: &'a [String],
        /// what is wrong with those that are not
        faults: &'a [Diagnostic],
    },
    /// the newest policies are faulty, and older ones stay in force
    Refused(&'a [Diagnostic]),
    /// a new certificate is served
    Certificate,
    /// the newest certificate cannot be served, and the old one is served on
    CertificateRefused(CertificateError),
}

/// Keeps policies and the certificate as they are where they come from. Polling sees through the
/// links that a kubelet swaps when it updates a mounted ConfigMap or Secret.
pub struct Keeper<O> {
    origin: O,
    last: Option<Digest>,
    told: Option<String>,
    pem: Option<(Vec<u8>, Vec<u8>)>,
    /// what is wrong with the policies of the start, where they are in force and nobody was told
    untold: Option<Vec<Diagnostic>>,
}

impl<O: Origin> Keeper<O> {
    /// Puts the first policies in force, or waits for them. Who is told, is told when they are
    /// kept: what cannot start for other reasons has none in force.
    ///
    /// # Errors
    /// Where they cannot be used.
    pub fn start(origin: O, live: &Live) -> Result<Self, Vec<Diagnostic>> {
        let first = origin.policies(None);
        let pem = origin.certificate();
        let mut keeper = Self { origin, last: None, told: None, pem, untold: None };
        match first {
            Read::Unchanged => return Err(vec![Diagnostic::general("no policies were read")]),
            Read::Faulty(diagnostics, _) => return Err(diagnostics),
            Read::Pending => {}
            Read::Partly(basis, digest, faults) => {
                keeper.renew(live, *basis, digest, &faults);
                keeper.untold = Some(faults);
            }
            Read::Changed(basis, digest) => {
                keeper.renew(live, *basis, digest, &[]);
                keeper.untold = Some(Vec::new());
            }
        }
        Ok(keeper)
    }

    /// Looks from time to time, until the future is dropped.
    pub async fn keep(mut self, live: &Live, certificate: &Certificate, every: Duration) {
        if let Some(faults) = self.untold.take() {
            self.origin.told(Event::InForce { first: true, gone: &[], faults: &faults });
        }
        loop {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                // What changes together is looked at together.
                () = self.origin.changed() => tokio::time::sleep(SETTLE).await,
            }
            // Compiling takes one of the threads that talk to clients; the others go on.
            tokio::task::block_in_place(|| self.look(live, certificate));
        }
    }

    /// Looks once.
    pub fn look(&mut self, live: &Live, certificate: &Certificate) {
        if let Some(age) = self.origin.cache_age() {
            live.synced_before(age);
        }
        match self.origin.policies(self.last) {
            Read::Unchanged | Read::Pending => {}
            Read::Partly(basis, digest, faults) => self.tell_renewal(live, *basis, digest, &faults),
            Read::Changed(basis, digest) => self.tell_renewal(live, *basis, digest, &[]),
            Read::Faulty(diagnostics, digest) => self.refuse(live, &diagnostics, digest),
        }
        let read = self.origin.certificate();
        if let Some((chain, key)) = read.as_ref().filter(|_| self.pem != read) {
            match certificate.renew(chain, key) {
                Ok(()) => self.origin.told(Event::Certificate),
                Err(error) => self.origin.told(Event::CertificateRefused(error)),
            }
            self.pem = read;
        }
    }

    fn renew(&mut self, live: &Live, basis: Basis, digest: Digest, faults: &[Diagnostic]) {
        live.renew(basis);
        if let Some(fault) = faults.first() {
            live.refuse(&fault.message);
        }
        (self.last, self.told) = (Some(digest), None);
    }

    fn tell_renewal(&mut self, live: &Live, basis: Basis, digest: Digest, faults: &[Diagnostic]) {
        let old = live.basis();
        let now: BTreeSet<&String> = basis.set.states().iter().map(|state| &state.id).collect();
        let before = old.iter().flat_map(|old| old.set.states()).map(|state| &state.id);
        let gone: Vec<String> = before.filter(|id| !now.contains(id)).cloned().collect();
        self.renew(live, basis, digest, faults);
        self.origin.told(Event::InForce { first: old.is_none(), gone: &gone, faults });
    }

    /// The same faults are told once.
    fn refuse(&mut self, live: &Live, diagnostics: &[Diagnostic], digest: Option<Digest>) {
        let message = diagnostics.first().map_or("", |diagnostic| &diagnostic.message).to_owned();
        live.refuse(&message);
        // What could not be read at all is read again, however it was before.
        self.last = digest;
        if self.told.as_ref() != Some(&message) {
            self.origin.told(Event::Refused(diagnostics));
            self.told = Some(message);
        }
    }
}
