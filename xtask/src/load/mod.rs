//! `cargo xtask load`: admission reviews at a set rate, over TLS, to `sekisho serve` or any other
//! webhook.
//!
//! The rate does not depend on the answers: a request that is due is late from then on, whether
//! or not the ones before it are answered. What is measured from the moment it is due shows what a
//! slow server does to those who wait; what is measured from the moment it is sent shows the
//! server alone.
//!
//! Without a URL it starts `sekisho serve` itself, and a rival beside it, and measures all that
//! `docs/PERFORMANCE.md` tells of admission.

mod admission;
mod drive;
mod gatekeeper;
mod in_process;
mod link;
mod process;
mod report;
mod reviews;
mod serving;

use anyhow::Context as _;
use bytes::Bytes;
use drive::Plan;
use link::Target;
use report::Report;
use std::path::PathBuf;
use std::sync::Arc;

/// The arguments of `cargo xtask load`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The webhook, as `https://127.0.0.1:8443/validate?timeout=5s`; its certificate is not
    /// checked. Without it, `sekisho serve` is built, started and measured
    url: Option<String>,
    /// Measure this one beside it; it is to be built by `cargo xtask rivals gatekeeper`
    #[arg(long, conflicts_with = "url")]
    rival: Option<RivalWebhook>,
    /// Measure this program instead of one that is built
    #[arg(long, conflicts_with = "url", value_name = "SEKISHO")]
    program: Option<PathBuf>,
    /// Put the figures into docs/PERFORMANCE.md
    #[arg(long, conflicts_with = "url")]
    write_docs: bool,
    /// Requests a second; without it, as many as are answered with `--lanes` at once
    #[arg(long)]
    rate: Option<f64>,
    /// For how many seconds
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// For how many seconds before that, which do not count
    #[arg(long, default_value_t = 3.0)]
    warm_up: f64,
    /// How many requests are under way at most
    #[arg(long, default_value_t = 64)]
    lanes: usize,
    /// Speak HTTP/1.1 with a connection for each lane, whatever the server offers
    #[arg(long)]
    http1: bool,
    /// The process that answers: its CPU and memory are told
    #[arg(long)]
    pid: Option<u32>,
    /// Reviews to send, one a line; without it, those of generated workloads
    #[arg(long)]
    reviews: Option<PathBuf>,
    /// How many objects to generate reviews of
    #[arg(long, default_value_t = 1_000)]
    count: usize,
    /// Only write the reviews to this file
    #[arg(long)]
    write_reviews: Option<PathBuf>,
    /// Only judge the reviews in this process, all of them so many times
    #[arg(long, value_name = "TIMES", conflicts_with = "url")]
    in_process: Option<usize>,
}

/// A webhook that is measured beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum RivalWebhook {
    /// Gatekeeper's manager, against `testenv/`
    Gatekeeper,
}

/// Sends and reports.
///
/// # Errors
/// Where the server cannot be reached, or a request fails.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let reviews = match &arguments.reviews {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read `{}`", file.display()))?;
            text.lines().map(|line| line.to_owned().into()).collect()
        }
        None => reviews::generated(arguments.count)?,
    };
    anyhow::ensure!(!reviews.is_empty(), "there is no review to send");
    if let Some(file) = &arguments.write_reviews {
        let mut text = String::new();
        for review in reviews.iter() {
            text.push_str(std::str::from_utf8(review)?);
            text.push('\n');
        }
        return std::fs::write(file, text)
            .with_context(|| format!("cannot write `{}`", file.display()));
    }
    if let Some(rounds) = arguments.in_process {
        return in_process::measure(&reviews, rounds);
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let Some(url) = &arguments.url else {
        return runtime.block_on(admission::measure(arguments, &reviews));
    };
    let target = Target::new(url, arguments.http1)?;
    let (rate, seconds, lanes) = (arguments.rate, arguments.seconds, arguments.lanes);
    let plan = Plan { rate, seconds, lanes, most: usize::MAX, first: 0 };
    let told = measured(&target, &reviews, &plan, arguments.warm_up, arguments.pid);
    let told = runtime.block_on(told)?;
    print!("{}", told.text());
    anyhow::ensure!(told.result.failures == 0, "{} requests failed", told.result.failures);
    Ok(())
}

/// Sends as planned, and says what came of it and what the process took.
async fn measured(
    target: &Target,
    reviews: &Arc<[Bytes]>,
    plan: &Plan,
    warm_up: f64,
    pid: Option<u32>,
) -> anyhow::Result<Report> {
    if warm_up > 0.0 {
        drive::drive(target, reviews, &Plan { seconds: warm_up, ..*plan }).await?;
    }
    let before = pid.map(process::look).transpose()?;
    let own_before = link::own_times(target).await;
    let result = drive::drive(target, reviews, plan).await?;
    let own = link::own_times(target).await;
    let after = pid.map(process::look).transpose()?;
    Ok(Report { result, used: before.zip(after), own: own_before.zip(own) })
}
