//! `sekisho serve`

use crate::args::{FailurePolicy, ServeArgs};
use crate::{config, output, policies};
use anyhow::{Context as _, Result, bail};
use sekisho_checkpoint_admission::{
    Basis, Certificate, Event, FailureDirection, Keeper, Limits, Live, Origin, Read, Server, line,
};
use sekisho_checkpoint_check::{Silent, collect, load};
use sekisho_dialects::{DIALECTS, unsupported};
use sekisho_engine::BuildOptions;
use sekisho_policy::Digest;
use sekisho_report::{Diagnostic, Level, RenderOptions, render_diagnostic};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// How often files are looked at.
const EVERY: Duration = Duration::from_secs(2);

pub(crate) fn run(args: &ServeArgs) -> Result<ExitCode> {
    let given = &args.policies;
    if given.policies.is_empty()
        && given.pack.is_empty()
        && given.pod_security.is_empty()
        && given.pod_security_config.is_none()
    {
        bail!("there is nothing to judge by: give --policies, --pack or --pod-security");
    }
    let live = Arc::new(Live::default());
    let keeper = match Keeper::start(Files { args: args.clone() }, &live) {
        Ok(keeper) => keeper,
        Err(diagnostics) => {
            tell(&diagnostics);
            bail!("the policies cannot be used");
        }
    };
    let certificate = certificate(args)?;
    let mut limits = Limits { deadline: Duration::from_secs(args.deadline), ..Limits::default() };
    if let Some(concurrency) = args.concurrency {
        limits.judging = usize::from(concurrency);
    }
    let on_error = match args.failure_policy {
        FailurePolicy::Fail => FailureDirection::Fail,
        FailurePolicy::Ignore => FailureDirection::Ignore,
    };
    let log = |request: &_, answer: &_, verdict: &_, took| {
        if let Some(line) = line(request, answer, verdict, jiff::Timestamp::now(), took) {
            output::note(&line);
        }
    };
    let server = Server::new(Arc::clone(&live), &certificate, limits, on_error, Box::new(log))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        // One more compiles policies.
        .max_blocking_threads(limits.judging + 1)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(args.listen)
            .await
            .with_context(|| format!("cannot listen on {}", args.listen))?;
        output::note(&format!("listening on {}", listener.local_addr()?));
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
        let served = server.serve(listener, stop).await;
        keeping.abort();
        served.context("the listener was lost")
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Policies and the certificate, as the arguments name their files.
struct Files {
    args: ServeArgs,
}

impl Origin for Files {
    fn policies(&self, last: Option<Digest>) -> Read {
        let given = &self.args.policies;
        let read = policies::bundle(given).and_then(|read| Ok((read, policies::target(given)?)));
        let ((bundle, errors), target) = match read {
            Ok(read) => read,
            Err(error) => {
                return Read::Faulty(vec![Diagnostic::general(format!("{error:#}"))], None);
            }
        };
        let nothing = || Err("the inventory is not read from standard input".to_owned());
        let known = load(collect(&given.inventory, &[]), &nothing, &Silent);
        let errors: Vec<Diagnostic> = errors.into_iter().chain(known.errors).collect();
        if !errors.is_empty() {
            return Read::Faulty(errors, None);
        }
        let of_bundle = bundle.digest();
        let digest = Digest::of([of_bundle.as_bytes().as_slice(), known.revision.as_bytes()]);
        if last == Some(digest) {
            return Read::Unchanged;
        }
        let options =
            BuildOptions { dialects: DIALECTS, unsupported, target: &target, strict: false };
        match Basis::build(&bundle, &options, &known.documents) {
            Ok(basis) => Read::Changed(Box::new(basis), digest),
            Err(errors) => Read::Faulty(errors, Some(digest)),
        }
    }

    fn certificate(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let chain = std::fs::read(self.args.tls_cert.as_ref()?).ok()?;
        Some((chain, std::fs::read(self.args.tls_key.as_ref()?).ok()?))
    }

    fn told(&self, event: Event<'_>) {
        match event {
            Event::Renewed => output::note("new policies are in force"),
            Event::Refused(diagnostics) => {
                tell(diagnostics);
                output::note("the new policies are faulty: the last good ones stay in force");
            }
            Event::Certificate => output::note("a new certificate is served"),
            Event::CertificateRefused(error) => {
                output::note(&format!("the old certificate is served on: {error}"));
            }
        }
    }
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
