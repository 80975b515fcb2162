//! `sekisho rego`

use crate::args::Color;
use crate::output;
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand, ValueEnum};
use sekisho_rego::ast::Version;
use sekisho_rego_tool::{
    BenchOptions, CheckOptions, EvalFormat, EvalOptions, Limits, TestFormat, TestOptions, bench,
    check, eval, test,
};
use std::io::{self, Read as _};
use std::process::ExitCode;
use std::time::Duration;

/// Evaluate, test and check Rego policies as OPA does
#[derive(Debug, Args)]
pub(crate) struct RegoArgs {
    #[command(subcommand)]
    command: RegoCommand,
}

#[derive(Debug, Subcommand)]
enum RegoCommand {
    /// Evaluate a query
    ///
    /// Exit code: 0 evaluated (or undefined), 2 something could not be read, compiled or evaluated.
    Eval(EvalArgs),
    /// Run the rules named `test_*`
    ///
    /// Exit code: 0 all hold, 1 one does not, 2 something could not be read, compiled or
    /// evaluated.
    Test(TestArgs),
    /// Compile policies and say what is wrong with them
    Check(CheckArgs),
    /// Measure the evaluation of a query
    Bench(BenchArgs),
}

/// The syntax of policies and queries.
#[derive(Debug, Args)]
struct SyntaxArgs {
    /// Policies and queries are Rego v0, as before OPA 1.0 [default: v1]
    #[arg(long = "v0", visible_alias = "v0-compatible")]
    v0: bool,
    /// A JSON schema of the input, or a folder of schemas that annotations name: policies are
    /// checked against them
    #[arg(short, long, value_name = "PATH")]
    schema: Option<String>,
}

impl SyntaxArgs {
    fn version(&self) -> Version {
        if self.v0 { Version::V0 } else { Version::V1 }
    }
}

/// What a compile or an evaluation may cost.
#[derive(Debug, Args)]
struct LimitArgs {
    /// Wall time, as in `5s` or `500ms`
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    timeout: Duration,
    /// Memory beside policies, data and input, as in `64MiB`
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    max_memory: u64,
    /// How deep calls may nest
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    max_depth: usize,
    /// Operations [default: no limit]
    #[arg(long, value_name = "N")]
    max_steps: Option<u64>,
}

impl LimitArgs {
    fn limits(&self) -> Limits {
        Limits {
            time: self.timeout,
            memory: self.max_memory,
            depth: self.max_depth,
            steps: self.max_steps.unwrap_or(u64::MAX),
        }
    }
}

/// What is evaluated.
#[derive(Debug, Args)]
struct QueryArgs {
    /// The query, such as `data.example.allow`
    query: String,
    /// Policy or data file or folder; repeatable
    #[arg(short, long, value_name = "PATH")]
    data: Vec<String>,
    /// The input document: a JSON or YAML file, `-` for standard input
    #[arg(short, long, value_name = "FILE")]
    input: Option<String>,
    /// The input document comes from standard input, as with `--input -`
    #[arg(short = 'I', long, conflicts_with = "input")]
    stdin_input: bool,
    /// A built-in function that fails is an error, not undefined
    #[arg(long)]
    strict_builtin_errors: bool,
    /// Rules may stand where base documents do: the documents count, as in OPA's library
    #[arg(long)]
    allow_conflicts: bool,
    #[command(flatten)]
    syntax: SyntaxArgs,
    #[command(flatten)]
    limits: LimitArgs,
    /// When to use colour in errors; `NO_COLOR` is honoured
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(Debug, Args)]
struct EvalArgs {
    #[command(flatten)]
    query: QueryArgs,
    /// How results are shown; JSON as `opa eval --format json`
    #[arg(short, long, visible_aliases = ["format"], visible_short_alias = 'f', value_enum,
          default_value_t = Format::Json)]
    output: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Json,
    Pretty,
}

#[derive(Debug, Args)]
struct TestArgs {
    /// Policy, test and data files and folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
    /// Only tests whose full name (`data.pkg.test_a`) this regular expression matches
    #[arg(short, long, value_name = "REGEX")]
    run: Option<String>,
    /// Show every test, and how long it took
    #[arg(short, long)]
    verbose: bool,
    /// Show which expressions the tests ran, as JSON, in place of the results
    #[arg(long)]
    coverage: bool,
    /// How results are shown
    #[arg(short, long, visible_aliases = ["format"], visible_short_alias = 'f', value_enum,
          default_value_t = Results::Text)]
    output: Results,
    #[command(flatten)]
    syntax: SyntaxArgs,
    #[command(flatten)]
    limits: LimitArgs,
    /// When to use colour in errors; `NO_COLOR` is honoured
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Results {
    Text,
    Json,
    Junit,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// Policy files and folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
    /// How errors are shown; JSON as `opa check --format json`
    #[arg(short, long, visible_aliases = ["format"], visible_short_alias = 'f', value_enum,
          default_value_t = Format::Pretty)]
    output: Format,
    #[command(flatten)]
    syntax: SyntaxArgs,
    #[command(flatten)]
    limits: LimitArgs,
    /// When to use colour; `NO_COLOR` is honoured
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(Debug, Args)]
struct BenchArgs {
    #[command(flatten)]
    query: QueryArgs,
    /// How long to measure
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
    time: Duration,
}

pub(crate) fn run(args: &RegoArgs) -> Result<ExitCode> {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let code = match &args.command {
        RegoCommand::Eval(args) => {
            let mut options = eval_options(&args.query)?;
            options.format = match args.output {
                Format::Json => EvalFormat::Json,
                Format::Pretty => EvalFormat::Pretty,
            };
            eval(&options, &mut out, &mut err)
        }
        RegoCommand::Test(args) => {
            let options = TestOptions {
                paths: args.paths.clone(),
                version: args.syntax.version(),
                schema: args.syntax.schema.clone(),
                run: args.run.clone(),
                verbose: args.verbose,
                coverage: args.coverage,
                format: match args.output {
                    Results::Text => TestFormat::Text,
                    Results::Json => TestFormat::Json,
                    Results::Junit => TestFormat::Junit,
                },
                limits: args.limits.limits(),
                now: now(),
                color: output::color_of_stderr(args.color),
            };
            test(&options, &mut out, &mut err)
        }
        RegoCommand::Check(args) => {
            let options = CheckOptions {
                paths: args.paths.clone(),
                version: args.syntax.version(),
                schema: args.syntax.schema.clone(),
                json: matches!(args.output, Format::Json),
                limits: args.limits.limits(),
                color: output::color_of_stderr(args.color),
            };
            check(&options, &mut out, &mut err)
        }
        RegoCommand::Bench(args) => {
            let options = BenchOptions { eval: eval_options(&args.query)?, time: args.time };
            bench(&options, &mut out, &mut err)
        }
    };
    match code {
        Ok(code) => Ok(ExitCode::from(code)),
        // Who reads the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.into()),
    }
}

fn eval_options(args: &QueryArgs) -> Result<EvalOptions> {
    let stdin = args.stdin_input.then_some("-");
    let input = match args.input.as_deref().or(stdin) {
        None => None,
        Some("-") => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
            Some(("<stdin>".to_owned(), text))
        }
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read the input `{file}`"))?;
            Some((file.to_owned(), text))
        }
    };
    Ok(EvalOptions {
        query: args.query.clone(),
        paths: args.data.clone(),
        input,
        version: args.syntax.version(),
        schema: args.syntax.schema.clone(),
        format: EvalFormat::Json,
        strict_builtin_errors: args.strict_builtin_errors,
        allow_conflicts: args.allow_conflicts,
        limits: args.limits.limits(),
        now: now(),
        seed: u64::from_ne_bytes(now().to_ne_bytes()),
        color: output::color_of_stderr(args.color),
    })
}

/// Nanoseconds since 1970.
fn now() -> i64 {
    i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX)
}

/// `5s`, `500ms`, `2m`
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits.parse().map_err(|_| "give a time such as `5s`".to_owned())?;
    let seconds = match text.get(digits.len()..).unwrap_or_default() {
        "ms" => number / 1_000.0,
        "s" | "" => number,
        "m" => number * 60.0,
        "h" => number * 3_600.0,
        unit => return Err(format!("`{unit}` is no unit of time; give ms, s, m or h")),
    };
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// `64MiB`, `1GB`, `4096`
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| "give a size such as `64MiB`".to_owned())?;
    let unit: u64 = match text.get(digits.len()..).unwrap_or_default() {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" | "Ki" | "k" | "K" => 1 << 10,
        "MiB" | "Mi" | "M" => 1 << 20,
        "GiB" | "Gi" | "G" => 1 << 30,
        unit => return Err(format!("`{unit}` is no unit of size; give B, KiB, MiB or GiB")),
    };
    number.checked_mul(unit).ok_or_else(|| "the size is too large".to_owned())
}
