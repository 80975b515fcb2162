//! `sekisho serve`

use crate::args::ServeArgs;
use crate::log::Log;
use crate::values::Listen;
use crate::{cluster, config, output, policies, values};
use anyhow::{Context as _, Result, bail};
use sekisho_checkpoint_admission::{
    Basis, Certificate, CertificateEvent, Certificates, Cluster, Event, Events, Followed, Given,
    Keeper, Limits, Live, Origin, Read, Server, SpanLines, line,
};
use sekisho_checkpoint_check::{Answers, Silent, collect, load};
use sekisho_cluster::CacheLimits;
use sekisho_dialects::{DIALECTS, unsupported};
use sekisho_engine::BuildOptions;
use sekisho_kube_model::is_near;
use sekisho_policy::{Digest, KubernetesVersion, Pattern, Target};
use sekisho_report::{Diagnostic, Level, PolicyState, RenderOptions, render_diagnostic};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

/// How often files are looked at.
const EVERY: Duration = Duration::from_secs(2);

pub(crate) fn run(args: &ServeArgs) -> Result<ExitCode> {
    sound(args)?;
    let mut limits = Limits { deadline: Duration::from_secs(args.deadline), ..Limits::default() };
    if let Some(concurrency) = args.concurrency {
        limits.judging = usize::from(concurrency);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        // The others find addresses and run programs that tell credentials.
        .max_blocking_threads(limits.judging + 3)
        .enable_all()
        .build()?;
    let _entered = runtime.enter();
    let live = Arc::new(Live::default());
    let log = Log::start();
    let origin = Sources::new(args, &log)?;
    let keeper = match Keeper::start(origin, &live) {
        Ok(keeper) => keeper,
        Err(diagnostics) => {
            tell(&diagnostics);
            bail!("the policies cannot be used");
        }
    };
    if let Some(basis) = live.basis().filter(|_| !args.cluster.cluster) {
        named_policies(args, basis.set.states())?;
    }
    let (events, writing) = events(args, &log)?.unzip();
    let kept = certificates(args)?.map(Arc::new);
    let certificate = match &kept {
        Some(kept) => runtime.block_on(kept.first())?,
        None => certificate(args)?,
    };
    let on_error = values::failure_directions(&args.failure_policy);
    let lines = log.clone();
    let on_verdict = move |request: &_, answer: &_, verdict: &_, took| {
        let now = jiff::Timestamp::now();
        if let Some(events) = &events {
            events.tell(request, answer, now);
            match events.left_out() {
                0 => {}
                some => lines.note("events", &format!("{some} Events were left out")),
            }
        }
        if let Some(line) = line(request, answer, verdict, now, took) {
            lines.line(line);
        }
    };
    if args.trace {
        let of_spans = log.clone();
        tracing::subscriber::set_global_default(SpanLines::new(move |line| {
            of_spans.line(line.to_owned());
        }))?;
    }
    let server =
        Server::new(Arc::clone(&live), &certificate, limits, on_error, Box::new(on_verdict))?
            .with_images(args.image_policy.iter().map(Pattern::new).collect());
    runtime.block_on(async {
        let listener = listen(args.listen).await?;
        log.note("listening", &format!("listening on {}", listener.local_addr()?));
        let server = match args.metrics_listen {
            Some(address) => {
                let listener = listen(address).await?;
                log.note("listening", &format!("metrics on {}", listener.local_addr()?));
                server.with_metrics(listener, args.debug)
            }
            None => server,
        };
        let mut terminate = signal(SignalKind::terminate())?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        };
        let keeping = {
            let (live, certificate) = (Arc::clone(&live), certificate.clone());
            tokio::spawn(async move { keeper.keep(&live, &certificate, EVERY).await })
        };
        let certifying = kept.map(|kept| {
            let (certificate, log) = (certificate.clone(), log.clone());
            let told = move |event| tell_of_certificate(&log, event);
            tokio::spawn(async move { kept.keep(&certificate, told).await })
        });
        let writing = writing.map(tokio::spawn);
        let served = server.serve(listener, stop).await;
        keeping.abort();
        certifying.inspect(tokio::task::JoinHandle::abort);
        writing.inspect(tokio::task::JoinHandle::abort);
        served.context("the listener was lost")
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses arguments that do not go together.
pub(super) fn sound(args: &ServeArgs) -> Result<()> {
    let given = &args.policies;
    if !args.cluster.cluster
        && given.policies.is_empty()
        && given.pack.is_empty()
        && given.pod_security.is_empty()
        && given.pod_security_config.is_none()
    {
        bail!("there is nothing to judge by: give --cluster, --policies, --pack or --pod-security");
    }
    if !args.cluster.cluster && args.certificate_secret.is_none() && !args.events {
        args.cluster.unused("--cluster, --certificate-secret or --events")?;
    }
    Ok(())
}

/// How many names are told of those that would have been right.
const TOLD: usize = 10;

/// Refuses what is said of policies that are not there: a misspelt name would be without effect.
pub(super) fn named_policies(args: &ServeArgs, states: &[PolicyState]) -> Result<()> {
    let name = |state: &PolicyState| state.id.rsplit('/').next().unwrap_or_default().to_owned();
    let is_there = |pattern: &Pattern| {
        states.iter().any(|state| pattern.matches(&state.id) || pattern.matches(&name(state)))
    };
    let directions = args.failure_policy.iter().filter_map(|given| given.policy.clone());
    let directions = directions.map(|pattern| ("--failure-policy", pattern));
    let images = args.image_policy.iter().map(|text| ("--image-policy", Pattern::new(text)));
    let Some((option, pattern)) = directions.chain(images).find(|(_, p)| !is_there(p)) else {
        return Ok(());
    };
    let names: Vec<String> = states.iter().map(name).collect();
    let near = names.iter().find(|name| is_near(pattern.as_str(), name));
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let more = names.len().saturating_sub(TOLD);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let some: Vec<&str> = names.iter().take(TOLD).map(String::as_str).collect();
            format!("the policies are {}{more}", some.join(", "))
        }
    };
    bail!("`{option}`: no policy is called `{}`: {hint}", pattern.as_str())
}

async fn listen(listen: Listen) -> Result<TcpListener> {
    let bound = match listen.address {
        Some(address) => TcpListener::bind((address, listen.port)).await,
        // It takes both, where there is IPv6 at all.
        None => match TcpListener::bind((Ipv6Addr::UNSPECIFIED, listen.port)).await {
            Err(error) if error.kind() != ErrorKind::AddrInUse => {
                TcpListener::bind((Ipv4Addr::UNSPECIFIED, listen.port)).await
            }
            bound => bound,
        },
    };
    bound.with_context(|| format!("cannot listen on `{listen}`"))
}

/// Where denials are told as Events, and what creates them.
fn events(
    args: &ServeArgs,
    log: &Log,
) -> Result<Option<(Events, impl Future<Output = ()> + Send + 'static)>> {
    if !args.events {
        return Ok(None);
    }
    let client = args.cluster.client()?;
    // The name of the pod.
    let instance = std::env::var("HOSTNAME").unwrap_or_default();
    let (events, writer) = Events::new(&instance);
    let log = log.clone();
    let writing = async move {
        let failed = |error: &_| log.note("events", &format!("an Event was not created: {error}"));
        writer.keep(&client, failed).await;
    };
    Ok(Some((events, writing)))
}

/// Policies and the certificate, as the arguments name their files and their cluster.
struct Sources {
    args: ServeArgs,
    log: Log,
    cluster: Option<Cluster>,
    /// what was told of faults of the cluster
    told: Mutex<Vec<String>>,
    /// what the cluster runs
    version: OnceLock<KubernetesVersion>,
    /// names that the arguments have were looked for
    looked: OnceLock<()>,
}

impl Sources {
    fn new(args: &ServeArgs, log: &Log) -> Result<Self> {
        let mut cluster = None;
        if args.cluster.cluster {
            let followed = Followed {
                config_map: args.cluster.policy_config_map.clone(),
                admission_policies: args.admission_policies,
            };
            let (client, limits) = (args.cluster.client()?, CacheLimits::default());
            cluster = Some(Cluster::start(client, limits, followed, DIALECTS));
        }
        Ok(Self {
            args: args.clone(),
            log: log.clone(),
            cluster,
            told: Mutex::default(),
            version: OnceLock::new(),
            looked: OnceLock::new(),
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
        let external = Answers::read(&self.args.external_data);
        let errors = errors.into_iter().chain(known.errors);
        let errors: Vec<Diagnostic> = errors.chain(external.errors.iter().cloned()).collect();
        if !errors.is_empty() {
            return Read::Faulty(errors, None);
        }
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
            return answered(read, &external);
        }
        if last == Some(digest) {
            return Read::Unchanged;
        }
        match Basis::build(&bundle, &options, &known.documents) {
            Ok(basis) => answered(Read::Changed(Box::new(basis), digest), &external),
            Err(errors) => Read::Faulty(errors, Some(digest)),
        }
    }

    async fn changed(&self) {
        match &self.cluster {
            Some(cluster) => cluster.changed().await,
            None => std::future::pending().await,
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
            Event::Renewed => log.note("policies", "new policies are in force"),
            Event::Partly(diagnostics) => {
                log.wrong(diagnostics);
                log.note("policies", "new policies are in force, less those that are faulty");
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

/// What was read, with what providers of external data answer.
fn answered(read: Read, external: &Answers) -> Read {
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

/// Certificates in a Secret, where they are to be there.
fn certificates(args: &ServeArgs) -> Result<Option<Certificates>> {
    let Some(secret) = args.certificate_secret.clone() else { return Ok(None) };
    Ok(Some(Certificates::new(args.cluster.client()?, secret, args.self_signed.clone())))
}

fn tell_of_certificate(log: &Log, event: CertificateEvent) {
    let message = match event {
        CertificateEvent::Renewed => "a new certificate is served".to_owned(),
        CertificateEvent::Trusted(name) => {
            format!("webhook configuration `{name}` trusts the certificate")
        }
        CertificateEvent::Failed(error) => {
            format!("the certificate could not be looked after: {error}")
        }
    };
    log.note("certificate", &message);
}

fn certificate(args: &ServeArgs) -> Result<Certificate> {
    if let (Some(chain), Some(key)) = (&args.tls_cert, &args.tls_key) {
        let (chain_pem, key_pem) = (config::read(chain)?, config::read(key)?);
        let files = || format!("{} and {}", chain.display(), key.display());
        return Certificate::from_pem(&chain_pem, &key_pem).with_context(files);
    }
    let made = Certificate::self_signed(&args.self_signed)?;
    output::to_stdout(|out| out.write_all(made.authority.as_bytes()))?;
    Ok(made.certificate)
}

fn tell(diagnostics: &[Diagnostic]) {
    let options = RenderOptions { color: false, ..RenderOptions::default() };
    for diagnostic in diagnostics {
        let mut text = Vec::new();
        // Writing to memory cannot fail.
        let _ = render_diagnostic(Level::Error, diagnostic, &options, &mut text);
        output::note(String::from_utf8_lossy(&text).trim_end());
    }
}
