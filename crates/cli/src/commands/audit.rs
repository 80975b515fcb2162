//! `sekisho audit`

use super::check::{self, Looks};
use crate::args::{FailOn, PolicyArgs, SettingsArgs, VERSION};
use crate::cluster::{self, ClusterArgs};
use crate::output;
use crate::policies;
use crate::progress::Bar;
use crate::values;
use anyhow::{Result, bail};
use clap::builder::PossibleValuesParser;
use clap::{ArgMatches, Args};
use jiff::Timestamp;
use sekisho_checkpoint_audit::{AuditOptions, audit};
use sekisho_checkpoint_check::{Silent, collect, load};
use sekisho_dialects::{DIALECTS, unsupported};
use sekisho_report::Format;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Judge what a cluster holds
///
/// Every object of every kind that a policy may be about is judged as if it were created now, by
/// the policies of the cluster and those that are given. Nothing in the cluster is changed.
///
/// Exit code: 0 clean, 1 findings at or above --fail-on, 2 something could not be listed or judged.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,

    #[command(flatten)]
    pub(crate) policies: PolicyArgs,

    /// Leave the policies of the cluster out: those alone count that are given
    #[arg(long)]
    pub(crate) no_cluster_policies: bool,

    /// The namespace to judge [default: all, and what is in none]
    #[arg(short, long, value_parser = values::namespace)]
    pub(crate) namespace: Option<String>,

    /// Findings of this earlier JSON output do not count
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Output format: text, json, sarif, junit, github or gitlab; repeatable with --output-file
    /// [default: text]
    #[arg(short, long, value_name = "FORMAT", hide_possible_values = true,
          value_parser = PossibleValuesParser::new(Format::ALL.map(Format::as_str)))]
    pub(crate) output: Vec<String>,

    /// Where the output of the --output before it goes [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output_file: Vec<PathBuf>,

    /// The weakest action that makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Deny, value_name = "ACTION")]
    pub(crate) fail_on: FailOn,

    /// The time that decides on expiry, as in `2026-11-21T12:00:00Z` [default: now]
    #[arg(long, value_name = "RFC3339", value_parser = values::time)]
    pub(crate) time: Option<Timestamp>,

    /// Do not judge the pods that controllers would create
    #[arg(long)]
    pub(crate) no_implied: bool,

    /// Unknown fields of policies are errors
    #[arg(long)]
    pub(crate) strict: bool,

    /// Show only findings that count, and errors
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// No progress bar
    #[arg(long)]
    pub(crate) no_progress: bool,

    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

pub(crate) fn run(args: &AuditArgs, matches: &ArgMatches) -> Result<ExitCode> {
    if !args.cluster.cluster {
        bail!("there is nothing to judge: give --cluster");
    }
    let started = Instant::now();
    let outputs = output::outputs(matches)?;
    let (bundle, mut errors) = policies::given(&args.policies)?;
    let nothing = || Err("the inventory is not read from standard input".to_owned());
    let known = load(collect(&args.policies.inventory, &[]), &nothing, &Silent);
    errors.extend(known.errors);
    let baseline = args.baseline.as_deref().map(check::baseline).transpose()?;
    let client = args.cluster.client()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(4)
        .enable_all()
        .build()?;
    let mut target = policies::target(&args.policies)?;
    if target.assumed
        && let Some(version) = runtime.block_on(cluster::version(&client))
    {
        (target.kubernetes_version, target.assumed) = (version, false);
    }
    let options = AuditOptions {
        bundle: &bundle,
        policies_of_cluster: !args.no_cluster_policies,
        config_map: args.cluster.policy_config_map.as_ref(),
        dialects: DIALECTS,
        unsupported,
        target: &target,
        now: args.time.unwrap_or_else(Timestamp::now),
        engine_version: VERSION,
        objects: &known.documents,
        implied: !args.no_implied,
        strict: args.strict,
        namespace: args.namespace.as_deref(),
        baseline: baseline.as_ref(),
    };
    let bar = Bar::new(!args.no_progress && !args.quiet);
    let mut report = runtime.block_on(audit(&client, &options, &bar));
    bar.finish();
    report.summary.errors += errors.len();
    report.errors.splice(0..0, errors);
    report.summary.seconds = started.elapsed().as_secs_f64();
    let looks = Looks {
        color: args.settings.color,
        quiet: args.quiet,
        fail_on: args.fail_on.action(),
        packs: !args.policies.pack.is_empty(),
    };
    for output in &outputs {
        check::write(&report, output, &looks)?;
    }
    Ok(ExitCode::from(report.summary.exit_code(looks.fail_on)))
}
