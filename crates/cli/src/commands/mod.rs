//! One file for each command.

mod check;
mod completions;
mod explain;
pub(crate) mod rego;
mod rules;
mod show;

use crate::args::{Cli, Command};
use crate::settings;
use anyhow::Result;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use sekisho_checkpoints::CHECKPOINTS;
use sekisho_dialects::DIALECTS;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command that the arguments and settings give.
pub(crate) fn run() -> Result<ExitCode> {
    let given: Vec<OsString> = std::env::args_os().collect();
    let matches = command().get_matches_from(&given);
    let matches = with_settings(given, matches)?;
    let cli = Cli::from_arg_matches(&matches)?;
    let of_command = matches.subcommand().map(|(_, matches)| matches.clone()).unwrap_or_default();
    match cli.command {
        Command::Check(args) => check::run(&args, &of_command),
        Command::Show(args) => show::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Rego(args) => rego::run(&args),
        Command::Completions(args) => completions::run(&args),
    }
}

/// Parses again with what the settings file adds, put right behind the command's name.
fn with_settings(mut given: Vec<OsString>, matches: ArgMatches) -> Result<ArgMatches> {
    let Some((name @ ("check" | "show"), of_command)) = matches.subcommand() else {
        return Ok(matches);
    };
    let added = settings::arguments(name, of_command)?;
    if added.is_empty() {
        return Ok(matches);
    }
    given.splice(2..2, added);
    Ok(command().get_matches_from(given))
}

/// The command line, with what is built in at the end of its help.
pub(crate) fn command() -> clap::Command {
    let line = |(name, about): (&str, &str)| format!("\n  {name:20}{about}");
    let dialects: String = DIALECTS.iter().map(|d| line((d.name(), d.about()))).collect();
    let checkpoints: String = CHECKPOINTS.iter().map(|c| line((c.name(), c.about()))).collect();
    Cli::command().after_help(format!("Policy dialects:{dialects}\n\nCheckpoints:{checkpoints}"))
}
