//! `sekisho gator`: gator's commands, with its flags, output and exit codes.

use super::gator_bench::{BenchArgs, SyncArgs, run_bench, run_sync};
use super::test::ended;
use crate::{output, values};
use anyhow::Result;
use clap::error::ErrorKind;
use clap::{ArgAction, Args, Subcommand};
use sekisho_gator_tool::{
    ExpandOptions, FailurePolicy, ObjectFormat, ObjectTestOptions, VerifyOptions, expand_objects,
    test_objects, verify,
};
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Do what gator does, with its flags, output and exit codes
#[derive(Debug, Args)]
#[command(version = AS_GATOR, disable_version_flag = true, args_override_self = true)]
pub(crate) struct GatorArgs {
    #[command(subcommand)]
    command: GatorCommand,

    /// Print the version
    #[arg(short, long, action = ArgAction::Version)]
    version: Option<bool>,
}

/// Whose answers these are.
const AS_GATOR: &str = concat!("v3.23, as sekisho ", env!("CARGO_PKG_VERSION"), " has it");

#[derive(Debug, Subcommand)]
enum GatorCommand {
    /// Run suites of tests on Gatekeeper constraints
    ///
    /// Exit code: 0 all as expected, 1 otherwise.
    Verify(VerifyArgs),

    /// Judge Kubernetes objects by the constraints among them
    ///
    /// Everything that is given is policy, data and judged, at once; standard input is read where
    /// it is no terminal.
    ///
    /// Exit code: 0 nothing is denied, 1 otherwise.
    Test(TestArgs),

    /// Print what ExpansionTemplates make of the objects that are given
    ///
    /// Exit code: 0 done, 1 otherwise.
    Expand(ExpandArgs),

    /// Measure how long reviews take under constraints
    ///
    /// Exit code: 0 done, 1 otherwise, or where something got slower than --compare allows.
    Bench(BenchArgs),

    /// Check what is synced
    Sync(SyncArgs),

    /// Manage the policies of a cluster (not built in)
    Policy(OtherArgs),

    /// Print the version
    Version,
}

/// What is taken, whatever it is.
#[derive(Debug, Args)]
struct OtherArgs {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    given: Vec<OsString>,
}

/// Booleans as Go's flags take them: `--flag` and `--flag=false`, each with what it is where it is not
/// given.
macro_rules! go_flags {
    ($(#[$meta:meta])* $name:ident { $($(#[$of_flag:meta])* $flag:ident: $default:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Args)]
        pub(super) struct $name {
            $(
                $(#[$of_flag])*
                #[arg(long, value_name = "BOOL", default_value_t = $default, action = ArgAction::Set,
                      num_args = 0..=1, default_missing_value = "true", require_equals = true,
                      hide_default_value = !$default, value_parser = values::go_bool)]
                pub(super) $flag: bool,
            )*
        }
    };
}
pub(super) use go_flags;

go_flags! { TestFlags {
    /// Only what is denied
    deny_only: false,
    /// Include measures of the evaluation (not built in: refused with json and yaml)
    stats: false,
} }

go_flags! { JudgingFlags {
    /// Include a trace of the evaluation (not built in: a note says so)
    #[arg(short)]
    trace: false,
    /// Show every case, and print what rules print
    #[arg(short)]
    verbose: false,
    /// Judge by CEL where a template has it
    enable_k8s_native_validation: true,
} }

/// How `test` and `verify` judge.
#[derive(Debug, Args)]
struct JudgingArgs {
    #[command(flatten)]
    flags: JudgingFlags,

    /// What a K8sNativeValidation source does on errors where it does not say: Fail or Ignore
    #[arg(long, value_name = "POLICY", default_value = "Fail")]
    default_k8s_native_validation_failure_policy: String,
}

impl JudgingArgs {
    /// Whether CEL judges, and what becomes of its errors. Tells of a trace that there is none.
    fn cel(&self) -> Result<Option<FailurePolicy>, String> {
        if self.flags.trace {
            output::note(
                "--trace is not built in, and shows nothing: `--verbose` shows what rules print",
            );
        }
        let failure_policy = match self.default_k8s_native_validation_failure_policy.as_str() {
            "Fail" => FailurePolicy::Fail,
            "Ignore" => FailurePolicy::Ignore,
            other => {
                return Err(format!(
                    "invalid default K8sNativeValidation failure policy: invalid failure policy: \
                     unrecognized failure policy: {other}"
                ));
            }
        };
        Ok(self.flags.enable_k8s_native_validation.then_some(failure_policy))
    }
}

#[derive(Debug, Args)]
struct TestArgs {
    /// A file or folder of Kubernetes objects; repeatable
    #[arg(short, long, value_name = "PATH")]
    filename: Vec<PathBuf>,

    /// How results are printed: json or yaml; a line for each otherwise
    #[arg(short, long, value_name = "FORMAT", default_value = "", hide_default_value = true)]
    output: String,

    /// Policies as an OCI image (not built in)
    #[arg(short, long, value_name = "URL")]
    image: Vec<String>,

    /// The folder that images are unpacked in
    #[arg(short = 'd', long, value_name = "PATH")]
    tempdir: Option<PathBuf>,

    #[command(flatten)]
    flags: TestFlags,

    #[command(flatten)]
    judging: JudgingArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ExpandArgs {
    /// A file or folder of Kubernetes objects; repeatable
    #[arg(short = 'n', long, value_name = "PATH")]
    filename: Vec<PathBuf>,

    /// json or yaml
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    format: String,

    /// Where the objects go [default: standard output]
    #[arg(short, long, value_name = "FILE", default_value = "", hide_default_value = true)]
    outputfile: OsString,

    /// Policies as an OCI image (not built in)
    #[arg(short, long, value_name = "URL")]
    image: Vec<String>,

    /// The folder that images are unpacked in
    #[arg(short = 'd', long, value_name = "PATH")]
    tempdir: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct VerifyArgs {
    /// A suite, a folder, or a folder and `/...` for all below it
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,

    /// Regular expression which filters tests to run by name
    #[arg(short, long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    run: String,

    #[command(flatten)]
    judging: JudgingArgs,
}

pub(crate) fn run(args: &GatorArgs) -> Result<ExitCode> {
    match &args.command {
        GatorCommand::Verify(args) => run_verify(args),
        GatorCommand::Test(args) => run_test(args),
        GatorCommand::Expand(args) => run_expand(args),
        GatorCommand::Bench(args) => run_bench(args),
        GatorCommand::Sync(args) => run_sync(args),
        GatorCommand::Policy(_) => fail(NO_POLICIES),
        GatorCommand::Version => {
            writeln!(io::stdout(), "gator version {AS_GATOR}")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

const NO_POLICIES: &str = "`policy` is not built in: nothing here installs policies in a cluster. \
                           Apply them with kubectl; `sekisho check --pack recommended` judges by \
                           policies that need no catalogue";

/// How an argument that is none is told: the exit code is gator's under its name.
pub(crate) fn refused(given: &[OsString], error: &clap::Error) -> Result<ExitCode> {
    error.print()?;
    let asks = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    Ok(match error.exit_code() {
        0 => ExitCode::SUCCESS,
        _ if given.get(1).is_some_and(|command| command == "gator") => match asks {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        },
        code => ExitCode::from(u8::try_from(code).unwrap_or(2)),
    })
}

pub(super) fn fail(message: &str) -> Result<ExitCode> {
    output::note(message);
    Ok(ExitCode::FAILURE)
}

pub(super) const NO_IMAGES: &str = "pulling image: images are not built in; pull it with another tool, and \
                         give its files";

/// Standard input, where it is no terminal: gator reads it then.
pub(super) fn stdin() -> Option<io::StdinLock<'static>> {
    let stdin = io::stdin();
    (!stdin.is_terminal()).then(|| stdin.lock())
}

fn run_test(args: &TestArgs) -> Result<ExitCode> {
    let cel = match args.judging.cel() {
        Ok(cel) => cel,
        Err(message) => return fail(&message),
    };
    if !args.image.is_empty() {
        return fail(NO_IMAGES);
    }
    let format = match args.output.to_lowercase().as_str() {
        "json" => ObjectFormat::Json,
        "yaml" => ObjectFormat::Yaml,
        // As gator: what is no format is none.
        _ => ObjectFormat::Text,
    };
    if !matches!(args.output.to_lowercase().as_str(), "" | "default" | "json" | "yaml") {
        let given = &args.output;
        output::note(&format!("there is no output format `{given}`: json and yaml are"));
    }
    // Lines have no measures in gator either; its JSON and YAML have another shape with them.
    if args.flags.stats && format != ObjectFormat::Text {
        return fail("--stats is not built in: leave it out; `sekisho gator bench` measures");
    }
    let options = ObjectTestOptions {
        filenames: args.filename.clone(),
        format,
        deny_only: args.flags.deny_only,
        cel,
        verbose: args.judging.flags.verbose,
        now: jiff::Timestamp::now(),
    };
    let mut stdin = stdin();
    let stdin = stdin.as_mut().map(|stdin| stdin as &mut dyn io::Read);
    let mut out = io::BufWriter::new(io::stdout().lock());
    ended(test_objects(&options, stdin, &mut out, &mut io::stderr().lock()))
}

pub(crate) fn run_expand(args: &ExpandArgs) -> Result<ExitCode> {
    if !args.image.is_empty() {
        return fail(NO_IMAGES);
    }
    let json = match args.format.as_str() {
        "" | "yaml" => false,
        "json" => true,
        other => return fail(&format!("unrecognized value for format flag: {other}")),
    };
    let now = jiff::Timestamp::now();
    let options = ExpandOptions { filenames: args.filename.clone(), json, now };
    let mut stdin = stdin();
    let stdin = stdin.as_mut().map(|stdin| stdin as &mut dyn io::Read);
    let mut text = Vec::new();
    let code = ended(expand_objects(&options, stdin, &mut text, &mut io::stderr().lock()))?;
    if code != ExitCode::SUCCESS {
        return Ok(code);
    }
    let file = Path::new(&args.outputfile);
    if file.as_os_str().is_empty() {
        text.push(b'\n');
        io::stdout().write_all(&text)?;
        return Ok(code);
    }
    let shown = file.display();
    writeln!(io::stdout(), "Writing output to file: {shown}")?;
    match std::fs::write(file, text) {
        Ok(()) => Ok(code),
        Err(error) => fail(&format!("error creating file at path {shown}: {error}")),
    }
}

fn run_verify(args: &VerifyArgs) -> Result<ExitCode> {
    let [path] = args.paths.as_slice() else {
        let count = args.paths.len();
        output::note(&format!("Error: accepts 1 arg(s), received {count}"));
        return Ok(ExitCode::FAILURE);
    };
    let cel = match args.judging.cel() {
        Ok(cel) => cel,
        Err(message) => return fail(&format!("Error: {message}")),
    };
    let options = VerifyOptions {
        path: path.clone(),
        run: args.run.clone(),
        verbose: args.judging.flags.verbose,
        cel,
        now: jiff::Timestamp::now(),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    ended(verify(&options, &mut out, &mut io::stderr().lock()))
}
