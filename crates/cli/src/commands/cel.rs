//! `sekisho cel`

use crate::output;
use crate::values;
use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use sekisho_cel::kubernetes::Release;
use sekisho_cel_tool::{ERROR, EvalOptions, Given, OK, eval, render_json, render_text};
use sekisho_policy::KubernetesVersion;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Evaluate CEL expressions as the API server does
#[derive(Debug, Args)]
pub(crate) struct CelArgs {
    #[command(subcommand)]
    command: CelCommand,
}

#[derive(Debug, Subcommand)]
enum CelCommand {
    /// Evaluate an expression of an admission policy
    ///
    /// The object is given to it as it would be stored. What its types are wrong for is told by
    /// the schema of the object's kind.
    ///
    /// Exit code: 0 it has a value, 2 something could not be read, compiled or evaluated.
    Eval(EvalArgs),
}

#[derive(Debug, Args)]
struct EvalArgs {
    /// The expression
    #[arg(value_name = "EXPRESSION")]
    expression: String,

    /// `object`: a manifest, or `-` for standard input
    #[arg(short = 'i', long = "object", visible_alias = "input", value_name = "FILE")]
    object: Option<PathBuf>,

    /// `oldObject`: a manifest
    #[arg(long, value_name = "FILE")]
    old_object: Option<PathBuf>,

    /// `params`: a manifest
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,

    /// CustomResourceDefinitions of kinds that are not built in; repeatable
    #[arg(long, value_name = "FILE")]
    schema: Vec<PathBuf>,

    /// The version whose libraries there are [default: the newest known]
    #[arg(long, value_name = "v1.N", value_parser = values::kubernetes_version)]
    kubernetes_version: Option<KubernetesVersion>,

    /// It is a mutation: `Object{…}` and `JSONPatch{…}` may be made
    #[arg(long)]
    mutation: bool,

    /// Say what it cost
    #[arg(long)]
    cost: bool,

    /// Output format
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(crate) fn run(args: &CelArgs) -> Result<ExitCode> {
    let CelCommand::Eval(args) = &args.command;
    let read = Given::read(
        args.object.as_deref(),
        args.old_object.as_deref(),
        args.params.as_deref(),
        &args.schema,
    );
    let mut err = std::io::stderr().lock();
    let given = match read {
        Ok(given) => given,
        Err(faults) => {
            for fault in faults {
                let _ = writeln!(err, "error: {fault}");
            }
            return Ok(ExitCode::from(ERROR));
        }
    };
    for warning in &given.warnings {
        let _ = writeln!(err, "warning: {warning}");
    }
    let version = args.kubernetes_version.unwrap_or(KubernetesVersion::NEWEST);
    let options =
        EvalOptions { release: Release::new(version.minor.into()), mutation: args.mutation };
    let outcome = eval(&args.expression, &given, options);
    let (out, said) = match args.output {
        Format::Text => render_text(&args.expression, &outcome, args.cost),
        Format::Json => (render_json(&outcome), String::new()),
    };
    let _ = err.write_all(said.as_bytes());
    output::to_stdout(|to| to.write_all(out.as_bytes()))?;
    Ok(ExitCode::from(if outcome.is_ok() { OK } else { ERROR }))
}
