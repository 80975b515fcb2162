//! `sekisho test`

use crate::args::Color;
use crate::output;
use crate::values;
use anyhow::Result;
use clap::{Args, ValueEnum};
use sekisho_checkpoints::CHECKPOINTS;
use sekisho_dialects::DIALECTS;
use sekisho_gator_tool::{Engine, Format, TestOptions, test};
use sekisho_policy::KubernetesVersion;
use std::io;
use std::process::ExitCode;

/// Run gator suites
///
/// Every case is run by every engine that its template has, and at the checkpoints that it names.
///
/// Exit code: 0 all as expected, 1 something is not, 2 something could not be read, compiled or
/// judged.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Suites, and folders that hold some, at any depth
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<String>,

    /// Only tests and cases whose name this regular expression matches; `TEST//CASE` for both
    #[arg(short, long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    run: String,

    /// Show every case
    #[arg(short, long)]
    verbose: bool,

    /// Only this engine [default: every one that a template has]
    #[arg(long, value_enum)]
    engine: Option<EngineName>,

    /// How results are shown
    #[arg(short, long, value_enum, default_value_t = Results::Text)]
    output: Results,

    /// The version judged for: which API versions are served, and what expressions may use
    /// [default: the newest known]
    #[arg(long, value_name = "v1.N", value_parser = values::kubernetes_version)]
    kubernetes_version: Option<KubernetesVersion>,

    /// Show which lines of rules the tests ran
    #[arg(long)]
    coverage: bool,

    /// Show the cases whose answer is another where the object is judged as it would be stored
    #[arg(long)]
    as_stored: bool,

    /// Fields of suites that nothing reads are errors
    #[arg(long)]
    strict: bool,

    /// When to use colour in errors; `NO_COLOR` is honoured
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EngineName {
    Rego,
    Cel,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Results {
    Text,
    Json,
    Junit,
    Github,
}

pub(crate) fn run(args: &TestArgs) -> Result<ExitCode> {
    let options = TestOptions {
        paths: args.paths.clone(),
        run: args.run.clone(),
        verbose: args.verbose,
        engine: args.engine.map(|engine| match engine {
            EngineName::Rego => Engine::Rego,
            EngineName::Cel => Engine::Cel,
        }),
        format: match args.output {
            Results::Text => Format::Text,
            Results::Json => Format::Json,
            Results::Junit => Format::Junit,
            Results::Github => Format::Github,
        },
        coverage: args.coverage,
        strict: args.strict,
        as_stored: args.as_stored,
        color: output::color_of_stderr(args.color),
        now: jiff::Timestamp::now(),
        target: values::target(args.kubernetes_version),
        dialects: DIALECTS,
        checkpoints: CHECKPOINTS,
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    ended(test(&options, &mut out, &mut io::stderr().lock()))
}

/// The exit code of a run; who reads its output may have seen enough of it.
pub(crate) fn ended(code: io::Result<u8>) -> Result<ExitCode> {
    match code {
        Ok(code) => Ok(ExitCode::from(code)),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.into()),
    }
}
