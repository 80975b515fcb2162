//! `sekisho check`

use super::rules;
use crate::args::{CheckArgs, PolicyArgs, ReportArgs, VERSION};
use crate::config;
use crate::output::{self, Output};
use crate::policies;
use crate::values;
use anyhow::{Context as _, Result, anyhow};
use clap::ArgMatches;
use sekisho_checkpoint_check::{Answers, CheckOptions, check, collect, read_stream};
use sekisho_dialects::{DIALECTS, GATOR_COMPAT, unsupported};
use sekisho_report::{Diagnostic, RenderOptions, Report, RuleInfo, baseline_keys, render};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// `settings` is the file whose defaults are in force.
pub(crate) fn run(
    args: &CheckArgs,
    matches: &ArgMatches,
    settings: Option<&Path>,
) -> Result<ExitCode> {
    let started = Instant::now();
    let outputs = output::outputs(matches)?;
    let (bundle, policy_errors) = policies::bundle(&args.policies)?;
    let target = policies::target(&args.policies)?;
    let now = args.report.time.unwrap_or_else(jiff::Timestamp::now);
    let user = values::user(args.user.as_deref(), &args.groups)?;
    let baseline = args.report.baseline.as_deref().map(baseline).transpose()?;
    let options = CheckOptions {
        bundle: &bundle,
        dialects: if args.gator_compat { GATOR_COMPAT } else { DIALECTS },
        unsupported,
        target: &target,
        now,
        engine_version: VERSION,
        namespace: &args.input.namespace,
        user: &user,
        implied: !args.report.no_implied,
        strict: args.strict,
        gator_compat: args.gator_compat,
        inventory: &args.policies.inventory,
        external_data: &Answers::read(&args.policies.external_data),
        baseline: baseline.as_ref(),
    };
    let input = collect(&paths(&args.input.paths), &args.input.exclude);
    let bar = args.report.bar();
    let mut report = check(input, &read_stdin, &options, &bar);
    bar.finish();
    report.basis.settings = settings.map(|file| file.display().to_string());
    tell(report, policy_errors, started, &outputs, &args.report, &args.policies)
}

/// The paths that were given, or the working folder.
pub(crate) fn paths(given: &[PathBuf]) -> Vec<PathBuf> {
    if given.is_empty() { vec![PathBuf::from(".")] } else { given.to_vec() }
}

pub(crate) fn read_stdin() -> Result<Vec<u8>, String> {
    read_stream(std::io::stdin().lock())
}

pub(crate) fn baseline(path: &Path) -> Result<BTreeMap<String, usize>> {
    let bytes = config::read(path)?;
    let file = path.display();
    let text = String::from_utf8(bytes).map_err(|_| anyhow!("{file}: not valid UTF-8"))?;
    baseline_keys(&text).map_err(|error| {
        let place =
            error.place().map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
        anyhow!("{file}{place}: {error}\nhelp: {}", error.help())
    })
}

/// Writes a report wherever it is wanted; `errors` were found before it was made.
pub(crate) fn tell(
    mut report: Report,
    errors: Vec<Diagnostic>,
    started: Instant,
    outputs: &[Output],
    args: &ReportArgs,
    policies: &PolicyArgs,
) -> Result<ExitCode> {
    report.summary.errors += errors.len();
    report.errors.splice(0..0, errors);
    report.summary.seconds = started.elapsed().as_secs_f64();
    let mut rules = rules::infos();
    if !policies.pack.is_empty() {
        rules.extend(rules::library());
    }
    for output in outputs {
        write(&report, output, args, &rules)?;
    }
    Ok(ExitCode::from(report.summary.exit_code(args.fail_on.action())))
}

fn write(report: &Report, output: &Output, args: &ReportArgs, rules: &[RuleInfo]) -> Result<()> {
    let options = RenderOptions {
        color: output.file.is_none() && output::color(args.settings.color),
        quiet: args.quiet,
        width: None,
        fail_on: args.fail_on.action(),
        tool_version: env!("CARGO_PKG_VERSION"),
        rules,
    };
    match &output.file {
        None => output::to_stdout(|out| render(report, output.format, &options, out)),
        Some(path) => {
            let file = std::fs::File::create(path).with_context(|| path.display().to_string())?;
            let mut out = std::io::BufWriter::new(file);
            render(report, output.format, &options, &mut out)
                .and_then(|()| out.flush())
                .with_context(|| path.display().to_string())
        }
    }
}
