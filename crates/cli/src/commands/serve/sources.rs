//! Where `sekisho serve` has its policies and its certificate from.

use super::named_policies;
use super::watched::Seen;
use crate::args::ServeArgs;
use crate::log::Log;
use crate::{cluster, memory, policies};
use anyhow::Result;
use sekisho_checkpoint_admission::{Basis, Cluster, Event, Followed, Given, Origin, Read};
use sekisho_checkpoint_check::{Answers, Silent, collect, load};
use sekisho_cluster::CacheLimits;
use sekisho_dialects::{DIALECTS, unsupported};
use sekisho_engine::{BuildOptions, ExternalAnswers};
use sekisho_policy::{Bundle, BundleFile, Digest, KubernetesVersion, Target};
use sekisho_report::Diagnostic;
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Policies and the certificate, as the arguments name their files and their cluster.
pub(super) struct Sources {
    args: ServeArgs,
    log: Log,
    cluster: Option<Cluster>,
    /// what was told of faults of the cluster
    told: Mutex<Vec<String>>,
    /// what the cluster runs
    version: OnceLock<KubernetesVersion>,
    /// names that the arguments have were looked for
    looked: OnceLock<()>,
    /// the files when they were last read in full
    seen: Mutex<Option<Seen>>,
    /// the files of policies that had some text when they were last read in full
    filled: Mutex<BTreeSet<Arc<str>>>,
    /// asks for them to be read again
    hangup: Mutex<Signal>,
}

impl Sources {
    pub(super) fn new(args: &ServeArgs, log: &Log) -> Result<Self> {
        let mut cluster = None;
        if args.cluster.cluster {
            let followed = Followed {
                config_map: args.cluster.policy_config_map.clone(),
                admission_policies: args.admission_policies,
            };
            let (client, limits) = (args.cluster.client()?, limits(memory::allowed()));
            cluster = Some(Cluster::start(client, limits, followed, DIALECTS));
        }
        Ok(Self {
            args: args.clone(),
            log: log.clone(),
            cluster,
            told: Mutex::default(),
            version: OnceLock::new(),
            looked: OnceLock::new(),
            seen: Mutex::default(),
            filled: Mutex::default(),
            hangup: Mutex::new(signal(SignalKind::hangup())?),
        })
    }

    /// What is judged for: the version of the cluster where nobody gave one. To be called on a
    /// thread that may wait.
    fn target(&self) -> Result<Target> {
        let mut target = policies::target(&self.args.policies)?;
        if target.assumed && self.cluster.as_ref().is_some_and(Cluster::is_known) {
            if self.version.get().is_none()
                && let Some(version) =
                    Handle::current().block_on(cluster::version(&self.args.cluster.client()?))
            {
                let _ = self.version.set(version);
            }
            if let Some(version) = self.version.get() {
                (target.kubernetes_version, target.assumed) = (*version, false);
            }
        }
        Ok(target)
    }

    /// Every file and folder that policies and what they look up are read from.
    fn files(&self) -> Vec<PathBuf> {
        let given = &self.args.policies;
        let some = given.pod_security_config.iter().chain(&given.target);
        let all = given.policies.iter().chain(&given.inventory).chain(&given.external_data);
        all.chain(some).cloned().collect()
    }

    /// Files that hold nothing at all, and did before: whoever writes them is not done, or wants
    /// them gone and can say so.
    fn emptied(&self, bundle: &Bundle) -> Vec<Diagnostic> {
        let mut filled = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        let is_empty = |file: &&BundleFile| file.bytes.trim_ascii().is_empty();
        let emptied = bundle.files().iter().filter(is_empty);
        let emptied: Vec<Diagnostic> = emptied
            .filter(|file| filled.contains(&file.path))
            .map(|file| {
                let message = "the file is empty, and held policies before";
                let help = "delete the file where they are to be in force no more";
                Diagnostic::at(&*file.path, 1, 1, message).with_help(help)
            })
            .collect();
        if emptied.is_empty() {
            let rest = bundle.files().iter().filter(|file| !is_empty(file));
            *filled = rest.map(|file| Arc::clone(&file.path)).collect();
        }
        emptied
    }

    /// Whether files are as they were when they were last read.
    fn is_still(&self, now: &Seen) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.as_ref().is_some_and(|seen| seen.is_still(now))
    }

    /// Tells of what is wrong with the cluster, once.
    fn tell_faults(&self, cluster: &Cluster) {
        let now = cluster.faults();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for fault in now.iter().filter(|fault| !told.contains(fault)) {
            self.log.note("cluster", fault);
        }
        *told = now;
    }

    /// Tells of names in the arguments that no policy of the cluster has at first; it may come.
    fn tell_names(&self, read: &Read) {
        let (Read::Changed(basis, _) | Read::Partly(basis, ..)) = read else { return };
        if self.looked.set(()).is_ok()
            && let Err(error) = named_policies(&self.args, basis.set.states())
        {
            self.log.note("policies", &error.to_string());
        }
    }
}

impl Origin for Sources {
    fn policies(&self, last: Option<Digest>) -> Read {
        let given = &self.args.policies;
        // Before they are read: what changes meanwhile is another change.
        let seen = Seen::now(&self.files());
        if last.is_some() && self.cluster.is_none() && self.is_still(&seen) {
            return Read::Unchanged;
        }
        let bundle = match &self.cluster {
            Some(_) => policies::given(given),
            None => policies::bundle(given),
        };
        let read = bundle.and_then(|read| Ok((read, self.target()?)));
        let ((bundle, errors), target) = match read {
            Ok(read) => read,
            Err(error) => {
                return Read::Faulty(vec![Diagnostic::general(format!("{error:#}"))], None);
            }
        };
        let nothing = || Err("the inventory is not read from standard input".to_owned());
        let known = load(collect(&given.inventory, &[]), &nothing, &Silent);
        let external = Answers::read(&given.external_data);
        let emptied = self.emptied(&bundle);
        let errors = errors.into_iter().chain(emptied).chain(known.errors);
        let errors: Vec<Diagnostic> = errors.chain(external.errors.iter().cloned()).collect();
        if !errors.is_empty() {
            return Read::Faulty(errors, None);
        }
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        let of_bundle = bundle.digest();
        // What is judged for may be known later than the policies, or change.
        let of_target = format!("{target:?}");
        let digest = Digest::of([
            of_bundle.as_bytes().as_slice(),
            known.revision.as_bytes(),
            external.revision.as_bytes(),
            of_target.as_bytes(),
        ]);
        let options =
            BuildOptions { dialects: DIALECTS, unsupported, target: &target, strict: false };
        if let Some(cluster) = &self.cluster {
            self.tell_faults(cluster);
            let given = Given { bundle: &bundle, objects: &known.documents, revision: digest };
            let read = cluster.read(&given, &options, last);
            self.tell_names(&read);
            return answered(read, &external.answers);
        }
        if last == Some(digest) {
            return Read::Unchanged;
        }
        match Basis::build(&bundle, &options, &known.documents) {
            Ok(basis) => answered(Read::Changed(Box::new(basis), digest), &external.answers),
            Err(errors) => Read::Faulty(errors, Some(digest)),
        }
    }

    async fn changed(&self) {
        let lock = || self.hangup.lock().unwrap_or_else(PoisonError::into_inner);
        let hung_up = poll_fn(|context| lock().poll_recv(context).map(drop));
        let cluster = async {
            match &self.cluster {
                Some(cluster) => cluster.changed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // Whatever the file system says of them.
            () = hung_up => *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = None,
            () = cluster => {}
        }
    }

    fn cache_age(&self) -> Option<Duration> {
        self.cluster.as_ref()?.age()
    }

    fn certificate(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let chain = std::fs::read(self.args.tls_cert.as_ref()?).ok()?;
        Some((chain, std::fs::read(self.args.tls_key.as_ref()?).ok()?))
    }

    fn told(&self, event: Event<'_>) {
        let log = &self.log;
        match event {
            Event::InForce { first, gone, faults } => {
                log.wrong(faults);
                let new = if first { "" } else { "new " };
                let less = if faults.is_empty() { "" } else { ", less those that are faulty" };
                log.note("policies", &format!("{new}policies are in force{less}{}", told(gone)));
            }
            Event::Refused(diagnostics) => {
                log.wrong(diagnostics);
                let message = "the new policies are faulty: the last good ones stay in force";
                log.note("policies", message);
            }
            Event::Certificate => log.note("certificate", "a new certificate is served"),
            Event::CertificateRefused(error) => {
                log.note("certificate", &format!("the old certificate is served on: {error}"));
            }
        }
    }
}

/// How many policies are named that are in force no more.
const NAMED: usize = 20;

/// Which policies are in force no more.
fn told(gone: &[String]) -> String {
    let named: Vec<&str> = gone.iter().take(NAMED).map(String::as_str).collect();
    match gone.len().checked_sub(NAMED) {
        None if gone.is_empty() => String::new(),
        None | Some(0) => format!("; gone: {}", named.join(", ")),
        Some(more) => format!("; gone: {} and {more} more", named.join(", ")),
    }
}

/// How much is kept of a cluster: no more than half of the memory that there is, so that too much is
/// told, and ends nobody.
fn limits(allowed: Option<usize>) -> CacheLimits {
    let limits = CacheLimits::default();
    CacheLimits { bytes: allowed.map_or(limits.bytes, |all| limits.bytes.min(all / 2)), ..limits }
}

/// What was read, with what providers of external data answer.
fn answered(read: Read, external: &ExternalAnswers) -> Read {
    let over = |basis: Box<Basis>| {
        let Basis { set, schemas, inventory } = *basis;
        Box::new(Basis { set, schemas, inventory: external.over(inventory) })
    };
    match read {
        Read::Changed(basis, digest) => Read::Changed(over(basis), digest),
        Read::Partly(basis, digest, errors) => Read::Partly(over(basis), digest, errors),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::limits;

    #[test]
    fn a_copy_fits_into_its_container() {
        for (allowed, kept) in
            [(None, 512 << 20), (Some(256 << 20), 128 << 20), (Some(usize::MAX), 512 << 20)]
        {
            assert_eq!(limits(allowed).bytes, kept, "{allowed:?}");
        }
    }
}
