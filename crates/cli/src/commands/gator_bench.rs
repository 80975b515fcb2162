//! `sekisho gator bench` and `sekisho gator sync test`.

use super::gator::{NO_IMAGES, fail, go_flags, stdin};
use super::test::ended;
use crate::{output, values};
use anyhow::Result;
use clap::{ArgAction, Args, Subcommand};
use sekisho_gator_tool::{
    BenchEngine, BenchFormat, BenchOptions, SyncTestOptions, bench, sync_test,
};
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

go_flags! { BenchFlags {
    /// Figures of each constraint (taken, and not built in)
    stats: false,
    /// Allocations of each review (taken, and not built in)
    memory: false,
} }

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// A file or folder of ConstraintTemplates, Constraints and objects; repeatable
    #[arg(short, long, value_name = "PATH")]
    filename: Vec<PathBuf>,

    /// Policies as an OCI image (not built in)
    #[arg(short, long, value_name = "URL")]
    image: Vec<String>,

    /// The folder that images are unpacked in
    #[arg(short = 'd', long, value_name = "PATH")]
    tempdir: Option<PathBuf>,

    /// Whose reviews are measured: rego, cel or all
    #[arg(short, long, value_name = "ENGINE", default_value = "cel")]
    engine: String,

    /// How often every object is reviewed
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 1000,
          allow_hyphen_values = true, value_parser = values::go_int)]
    iterations: i64,

    /// How often before anything is measured
    #[arg(long, value_name = "COUNT", default_value_t = 10, allow_hyphen_values = true,
          value_parser = values::go_int)]
    warmup: i64,

    /// How many reviews run at once
    #[arg(short, long, value_name = "COUNT", default_value_t = 1, allow_hyphen_values = true,
          value_parser = values::go_int)]
    concurrency: i64,

    /// How figures are printed: table, json or yaml
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: String,

    #[command(flatten)]
    flags: BenchFlags,

    /// Save the figures to this file: .json, .yaml or .yml
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    save: OsString,

    /// Compare with the figures saved in this file; what got slower makes the exit code 1
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    compare: OsString,

    /// By how many percent a figure may be worse
    #[arg(long, value_name = "PERCENT", default_value_t = 10.0, allow_hyphen_values = true)]
    threshold: f64,

    /// A smaller difference of latencies does not count, as in `1ms`
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration,
          allow_hyphen_values = true)]
    min_threshold: Duration,
}

#[derive(Debug, Args)]
pub(super) struct SyncArgs {
    #[command(subcommand)]
    command: SyncCommand,
}

#[derive(Debug, Subcommand)]
enum SyncCommand {
    /// Check that what templates look up is synced
    ///
    /// Templates say it in `metadata.gatekeeper.sh/requires-sync-data`; SyncSets and the Config
    /// say what is synced, and a GVKManifest what the cluster knows.
    ///
    /// Exit code: 0 all is synced, 1 otherwise.
    Test(SyncTestArgs),
}

go_flags! { SyncFlags {
    /// Without a GVKManifest, take everything that is synced to be known to the cluster
    #[arg(short)]
    force_omit_gvk_manifest: false,
} }

#[derive(Debug, Args)]
struct SyncTestArgs {
    /// A file or folder of Kubernetes objects; repeatable
    #[arg(short = 'n', long, value_name = "PATH")]
    filename: Vec<PathBuf>,

    #[command(flatten)]
    flags: SyncFlags,

    /// Policies as an OCI image (not built in)
    #[arg(short, long, value_name = "URL")]
    image: Vec<String>,

    /// The folder that images are unpacked in
    #[arg(short = 'd', long, value_name = "PATH")]
    tempdir: Option<PathBuf>,
}

/// A duration as Go writes it: `1ms`, `1.5s`, `1m30s`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration; write it as `1ms`, `1.5s` or `2m`");
    if text.starts_with('-') {
        return Err("min-threshold must be non-negative".to_owned());
    }
    let number = text.strip_prefix('+').unwrap_or(text);
    let mut rest = number;
    let mut seconds = 0.0;
    while !rest.is_empty() && rest != "0" {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, after) = rest.split_at(digits);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let of_unit = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        seconds += number.parse::<f64>().map_err(|_| wrong())? * of_unit;
        rest = after;
    }
    // Go counts nanoseconds in 63 bits.
    if number.is_empty() || seconds * 1e9 >= 2_f64.powi(63) {
        return Err(wrong());
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

pub(super) fn run_bench(args: &BenchArgs) -> Result<ExitCode> {
    let engines = match args.engine.to_lowercase().as_str() {
        "rego" => vec![BenchEngine::Rego],
        "cel" => vec![BenchEngine::Cel],
        "all" => vec![BenchEngine::Rego, BenchEngine::Cel],
        _ => {
            let given = &args.engine;
            return fail(&format!(
                "invalid engine: invalid engine {given:?} (valid: rego, cel, all)"
            ));
        }
    };
    let format = match args.output.to_lowercase().as_str() {
        "" | "table" => BenchFormat::Table,
        "json" => BenchFormat::Json,
        "yaml" => BenchFormat::Yaml,
        _ => {
            let given = &args.output;
            return fail(&format!(
                "invalid output format: invalid output format: {given:?} (valid: table, json, yaml)"
            ));
        }
    };
    if !args.image.is_empty() {
        return fail(NO_IMAGES);
    }
    if args.filename.is_empty() {
        return fail("at least one --filename or --image must be specified");
    }
    let count = |given: i64, least: usize| usize::try_from(given).ok().filter(|n| *n >= least);
    let Some(iterations) = count(args.iterations, 1) else {
        return fail("iterations must be positive");
    };
    let Some(warmup) = count(args.warmup, 0) else {
        return fail("warmup must be non-negative");
    };
    if args.threshold < 0.0 {
        return fail("threshold must be non-negative");
    }
    let Some(concurrency) = count(args.concurrency, 1) else {
        return fail("concurrency must be at least 1");
    };
    for (given, flag) in [(args.flags.stats, "--stats"), (args.flags.memory, "--memory")] {
        if given {
            output::note(&format!("{flag} is not built in, and shows nothing"));
        }
    }
    let named = |file: &OsString| (!file.is_empty()).then(|| PathBuf::from(file));
    let (save, compare) = (named(&args.save), named(&args.compare));
    if let Some(file) = compare.as_ref().filter(|file| !file.exists()) {
        return fail(&format!("baseline file does not exist: {}", file.display()));
    }
    let options = BenchOptions {
        filenames: args.filename.clone(),
        engines,
        iterations,
        warmup,
        concurrency,
        format,
        save,
        compare,
        threshold: args.threshold,
        min_threshold: args.min_threshold,
        now: jiff::Timestamp::now(),
    };
    let mut stdin = stdin();
    let stdin = stdin.as_mut().map(|stdin| stdin as &mut dyn io::Read);
    let mut out = io::BufWriter::new(io::stdout().lock());
    ended(bench(&options, stdin, &mut out, &mut io::stderr().lock()))
}

pub(super) fn run_sync(args: &SyncArgs) -> Result<ExitCode> {
    let SyncCommand::Test(args) = &args.command;
    if !args.image.is_empty() {
        return fail(NO_IMAGES);
    }
    let options = SyncTestOptions {
        filenames: args.filename.clone(),
        omit_manifest: args.flags.force_omit_gvk_manifest,
    };
    let mut stdin = stdin();
    let stdin = stdin.as_mut().map(|stdin| stdin as &mut dyn io::Read);
    let mut out = io::BufWriter::new(io::stdout().lock());
    ended(sync_test(&options, stdin, &mut out, &mut io::stderr().lock()))
}

#[cfg(test)]
mod tests {
    use super::duration;
    use std::time::Duration;

    #[test]
    fn durations() {
        for (text, millis) in [
            ("0", 0),
            ("+0", 0),
            ("0s", 0),
            ("1ms", 1),
            ("1.5s", 1500),
            ("1.s", 1000),
            ("+.5s", 500),
            ("1m0.5s", 60_500),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "+", "1", "ms", ".s", "1x", "1.2.3s", "-1ms", "1e400h", "3000000h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
