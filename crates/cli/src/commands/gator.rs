//! `sekisho gator`: gator's commands, with its flags, output and exit codes.

use super::test::ended;
use crate::output;
use anyhow::Result;
use clap::{ArgAction, Args, Subcommand};
use sekisho_gator_tool::{VerifyOptions, verify};
use std::io;
use std::process::ExitCode;

/// Do what gator does, with its flags, output and exit codes
#[derive(Debug, Args)]
pub(crate) struct GatorArgs {
    #[command(subcommand)]
    command: GatorCommand,
}

#[derive(Debug, Subcommand)]
enum GatorCommand {
    /// Run suites of tests on Gatekeeper constraints
    ///
    /// Exit code: 0 all as expected, 1 otherwise.
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
struct VerifyArgs {
    /// A suite, a folder, or a folder and `/...` for all below it
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,

    /// Regular expression which filters tests to run by name
    #[arg(short, long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    run: String,

    /// Print extended test output
    #[arg(short, long)]
    verbose: bool,

    /// Include a trace of the evaluation (taken, and not built in)
    #[arg(short, long)]
    trace: bool,

    /// Judge by CEL where a template has it
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set,
          num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    enable_k8s_native_validation: bool,

    /// What a K8sNativeValidation source does on errors where it does not say: Fail or Ignore
    #[arg(long, value_name = "POLICY", default_value = "Fail")]
    default_k8s_native_validation_failure_policy: String,
}

pub(crate) fn run(args: &GatorArgs) -> Result<ExitCode> {
    match &args.command {
        GatorCommand::Verify(args) => run_verify(args),
    }
}

fn run_verify(args: &VerifyArgs) -> Result<ExitCode> {
    let [path] = args.paths.as_slice() else {
        let count = args.paths.len();
        output::note(&format!("Error: accepts 1 arg(s), received {count}"));
        return Ok(ExitCode::FAILURE);
    };
    let policy = args.default_k8s_native_validation_failure_policy.as_str();
    if !matches!(policy, "Fail" | "Ignore") {
        output::note(&format!(
            "Error: invalid default K8sNativeValidation failure policy: `{policy}` is neither \
             `Fail` nor `Ignore`"
        ));
        return Ok(ExitCode::FAILURE);
    }
    if args.trace {
        output::note("traces are not built in: --trace shows none");
    }
    let options = VerifyOptions {
        path: path.clone(),
        run: args.run.clone(),
        verbose: args.verbose,
        cel: args.enable_k8s_native_validation,
        now: jiff::Timestamp::now(),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    ended(verify(&options, &mut out, &mut io::stderr().lock()))
}
