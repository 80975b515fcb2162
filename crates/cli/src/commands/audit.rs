//! `sekisho audit`

use super::check;
use crate::args::{PolicyArgs, ReportArgs, VERSION};
use crate::cluster::{self, ClusterArgs};
use crate::output;
use crate::policies;
use crate::values;
use anyhow::{Context as _, Result, bail};
use clap::{ArgMatches, Args};
use jiff::Timestamp;
use sekisho_checkpoint_audit::{AuditOptions, audit};
use sekisho_checkpoint_check::{Answers, Silent, collect, load};
use sekisho_dialects::{DIALECTS, unsupported};
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

    /// Unknown fields of policies are errors
    #[arg(long)]
    pub(crate) strict: bool,

    #[command(flatten)]
    pub(crate) report: ReportArgs,
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
    let external = Answers::read(&args.policies.external_data);
    errors.extend(external.errors);
    let baseline = args.report.baseline.as_deref().map(check::baseline).transpose()?;
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
        now: args.report.time.unwrap_or_else(Timestamp::now),
        engine_version: VERSION,
        objects: &known.documents,
        external: &external.answers,
        implied: !args.report.no_implied,
        strict: args.strict,
        namespace: args.namespace.as_deref(),
        baseline: baseline.as_ref(),
    };
    let bar = args.report.bar();
    let report = runtime.block_on(audit(&client, &options, &bar));
    bar.finish();
    let report = report.context("nothing is judged")?;
    check::tell(report, errors, started, &outputs, &args.report, &args.policies)
}
