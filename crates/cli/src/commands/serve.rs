//! `sekisho serve`

mod sources;
mod watched;

use crate::args::ServeArgs;
use crate::log::Log;
use crate::values::{Listen, PolicyDirection};
use crate::{config, output, values};
use anyhow::{Context as _, Result, anyhow, bail};
use sekisho_checkpoint_admission::{
    Certificate, CertificateEvent, Certificates, Events, Keeper, Limits, Live, OnVerdict, Server,
    SpanLines, line,
};
use sekisho_kube_model::is_near;
use sekisho_policy::Pattern;
use sekisho_report::{PolicyState, Summary};
use sources::Sources;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

/// How often files are looked at.
const EVERY: Duration = Duration::from_secs(2);

/// Serves. What goes wrong is told in the log, from the beginning: whoever reads it takes lines of
/// JSON alone.
pub(crate) fn run(args: &ServeArgs) -> ExitCode {
    let log = Log::start();
    let served = serve(args, &log);
    if let Err(error) = &served {
        log.note("error", &format!("{error:#}"));
    }
    log.finish();
    if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(Summary::ERRORS) }
}

fn serve(args: &ServeArgs, log: &Log) -> Result<()> {
    sound(args)?;
    let limits = limits(args);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // These judge what takes little, too, and one is left where the other reads policies.
        .worker_threads(limits.judging.max(2))
        // The others find addresses and run programs that tell credentials.
        .max_blocking_threads(limits.judging + limits.asking + 3)
        .enable_all()
        .build()?;
    let _entered = runtime.enter();
    let live = Arc::new(Live::default());
    let keeper = keeper(args, &live, log)?;
    let (events, writing) = events(args, log)?.unzip();
    let kept = certificates(args)?;
    let certificate = match &kept {
        Some(kept) => runtime.block_on(kept.first())?,
        None => certificate(args)?,
    };
    if args.trace {
        let log = log.clone();
        let spans = SpanLines::new(move |line| log.line(line));
        tracing::subscriber::set_global_default(spans)?;
    }
    let on_error = values::failure_directions(&args.failure_policy);
    let on_verdict = on_verdict(events, log.clone());
    let server = Server::new(Arc::clone(&live), &certificate, limits, on_error, on_verdict)?
        .with_images(args.image_policy.iter().map(Pattern::new).collect());
    let (listener, server) = runtime.block_on(open(args, server, log))?;
    // What goes on beside the answers ends with them.
    let mut beside = JoinSet::new();
    let of_keeper = certificate.clone();
    beside.spawn(async move { keeper.keep(&live, &of_keeper, EVERY).await });
    if let Some(kept) = kept {
        let log = log.clone();
        let told = move |event| tell_of_certificate(&log, event);
        beside.spawn(async move { kept.keep(&certificate, told).await });
    }
    if let Some(writing) = writing {
        beside.spawn(writing);
    }
    runtime.block_on(answer(server, listener))
}

/// Where the server listens, and what it tells there.
async fn open(args: &ServeArgs, server: Server, log: &Log) -> Result<(TcpListener, Server)> {
    let listener = listen(args.listen).await?;
    log.note("listening", &format!("listening on {}", listener.local_addr()?));
    let Some(address) = args.metrics_listen else { return Ok((listener, server)) };
    let metrics = listen(address).await?;
    log.note("listening", &format!("metrics on {}", metrics.local_addr()?));
    Ok((listener, server.with_metrics(metrics, args.debug)))
}

/// Answers until a signal ends it.
async fn answer(server: Server, listener: TcpListener) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    server.serve(listener, stop).await.context("the listener was lost")
}

fn limits(args: &ServeArgs) -> Limits {
    let limits = Limits { deadline: Duration::from_secs(args.deadline), ..Limits::default() };
    let judging = args.concurrency.map_or(limits.judging, usize::from);
    Limits { judging, ..limits }
}

/// The first policies, and who looks for newer ones.
fn keeper(args: &ServeArgs, live: &Live, log: &Log) -> Result<Keeper<Sources>> {
    let keeper = Keeper::start(Sources::new(args, log)?, live).map_err(|diagnostics| {
        log.wrong(&diagnostics);
        anyhow!("the policies cannot be used")
    })?;
    if let Some(basis) = live.basis().filter(|_| !args.cluster.cluster) {
        named_policies(args, basis.set.states())?;
    }
    Ok(keeper)
}

/// What is told of an answer that was given.
fn on_verdict(events: Option<Events>, log: Log) -> Box<OnVerdict> {
    Box::new(move |request, answer, verdict, took| {
        let now = jiff::Timestamp::now();
        if let Some(events) = &events {
            events.tell(request, answer, now);
            match events.left_out() {
                0 => {}
                some => log.note("events", &format!("{some} Events were left out")),
            }
        }
        if let Some(line) = line(request, answer, verdict, now, took) {
            log.line(&line);
        }
    })
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
    one_direction_each(&args.failure_policy)?;
    if !args.cluster.cluster && args.certificate_secret.is_none() && !args.events {
        args.cluster.unused("--cluster, --certificate-secret or --events")?;
    }
    Ok(())
}

/// Refuses two directions of the same, one of which would be without effect.
fn one_direction_each(given: &[PolicyDirection]) -> Result<()> {
    let mut seen: Vec<Option<&str>> = Vec::new();
    for PolicyDirection { policy, .. } in given {
        let policy = policy.as_ref().map(Pattern::as_str);
        if seen.contains(&policy) {
            let of = policy.map_or("without a policy".to_owned(), |of| format!("for `{of}`"));
            bail!("`--failure-policy` cannot be used multiple times {of}");
        }
        seen.push(policy);
    }
    Ok(())
}

/// How many names are told of those that would have been right.
const TOLD: usize = 10;

/// Refuses what is said of policies that are not there: a misspelt name would be without effect.
pub(super) fn named_policies(args: &ServeArgs, states: &[PolicyState]) -> Result<()> {
    let name = |state: &PolicyState| state.id.rsplit('/').next().unwrap_or_default().to_owned();
    let is_there = |pattern: &Pattern| states.iter().any(|state| pattern.names(&state.id));
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
