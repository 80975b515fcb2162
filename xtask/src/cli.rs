//! The arguments of `cargo xtask` and which task each subcommand starts.

#[cfg(feature = "load")]
use crate::load;
#[cfg(not(feature = "load"))]
use crate::process;
use crate::{bench, ci, conformance, generate_tree, policies, record, rivals, schemas, tidy};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Development tasks
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Check the invariants of the source tree
    Tidy,
    /// Run everything that a change must pass
    Ci(ci::Arguments),
    /// Run a conformance suite, or all of them
    Conformance(conformance::Arguments),
    /// Measure our code beside its rivals
    Bench(bench::Arguments),
    /// Send admission reviews to a webhook at a set rate, and measure it
    #[cfg(feature = "load")]
    Load(load::Arguments),
    /// Send admission reviews to a webhook at a set rate, and measure it
    #[cfg(not(feature = "load"))]
    #[command(disable_help_flag = true)]
    Load {
        /// what is handed on
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Build the rival programs into a cache outside the tree
    Rivals(rivals::Arguments),
    /// Write a tree of generated manifests, the same every time
    GenerateTree(generate_tree::Arguments),
    /// Ask a real API server, and write or check the golden files of tests/golden
    Record(record::Arguments),
    /// Write what is written twice below policies/ and in docs/policies.md
    Policies {
        /// Only say whether the files are current
        #[arg(long)]
        check: bool,
    },
    /// Generate the table of the built-in kinds' schemas
    Schemas {
        /// The recorded OpenAPI documents; ../shared/corpora/openapi/v1.36 where not given
        dir: Option<PathBuf>,
        /// Only say whether the committed table is current
        #[arg(long)]
        check: bool,
    },
}

/// Runs the task that the command line names.
pub(crate) fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Tidy => tidy::run(),
        Task::Ci(arguments) => ci::run(&arguments),
        Task::Conformance(arguments) => conformance::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
        #[cfg(feature = "load")]
        Task::Load(arguments) => load::run(&arguments),
        #[cfg(not(feature = "load"))]
        Task::Load { arguments } => process::run(
            process::cargo()
                .args(["run", "--quiet", "--locked", "--release", "--package", "xtask"])
                .args(["--features", "load", "--", "load"])
                .args(arguments),
        ),
        Task::Rivals(arguments) => rivals::run(&arguments),
        Task::GenerateTree(arguments) => generate_tree::run(&arguments),
        Task::Record(arguments) => record::run(&arguments),
        Task::Policies { check } => policies::run(check),
        Task::Schemas { dir, check } => schemas::run(schemas::SchemasArgs { dir, check }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
