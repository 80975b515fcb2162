//! One file for each command.

pub(crate) mod audit;
pub(crate) mod cel;
mod check;
mod completions;
mod explain;
pub(crate) mod gator;
mod gator_bench;
pub(crate) mod install;
pub(crate) mod mutate;
pub(crate) mod rego;
mod rules;
mod serve;
mod show;
pub(crate) mod test;

use crate::args::{Cli, Command};
use crate::{memory, settings};
use anyhow::{Result, bail};
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use sekisho_checkpoints::CHECKPOINTS;
use sekisho_dialects::DIALECTS;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs the command that the arguments and settings give.
pub(crate) fn run() -> Result<ExitCode> {
    let given: Vec<OsString> = std::env::args_os().collect();
    let matches = match command().try_get_matches_from(&given) {
        Ok(matches) => matches,
        Err(error) => return gator::refused(&given, &error),
    };
    let (matches, settings) = with_settings(given, matches)?;
    let cli = Cli::from_arg_matches(&matches)?;
    let of_command = matches.subcommand().map(|(_, matches)| matches.clone()).unwrap_or_default();
    match cli.command {
        Command::Check(args) => {
            on_this_thread_too();
            check::run(&args, &of_command, settings.as_deref())
        }
        Command::Show(args) => show::run(&args),
        Command::Mutate(args) => mutate::run(&args),
        Command::Audit(args) => audit::run(&args, &of_command),
        Command::Serve(args) => {
            memory::without_huge_pages();
            Ok(serve::run(&args))
        }
        Command::Install(args) => install::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Expand(args) => gator::run_expand(&args),
        Command::Gator(args) => {
            on_this_thread_too();
            gator::run(&args)
        }
        Command::Cel(args) => cel::run(&args),
        Command::Rego(args) => rego::run(&args),
        Command::Completions(args) => completions::run(&args),
    }
}

/// Lets the thread that runs a command be one of those that do its work: one thread fewer is to be
/// started, and none waits beside as many as there are cores. Not for what leaves work to others
/// while this thread waits for something else.
fn on_this_thread_too() {
    // Where a pool was made before, that one goes on.
    let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
}

/// Parses again with what the settings file adds, put right behind the command's name. Gives the
/// file, too.
fn with_settings(
    mut given: Vec<OsString>,
    matches: ArgMatches,
) -> Result<(ArgMatches, Option<PathBuf>)> {
    let Some((name, of_command)) = matches.subcommand() else { return Ok((matches, None)) };
    if !["check", "show"].contains(&name) {
        if let Ok(Some(_)) = of_command.try_get_one::<PathBuf>("config") {
            bail!(
                "`--config` is without effect here: `sekisho {name}` takes its options from the \
                 command line alone"
            );
        }
        return Ok((matches, None));
    }
    let Some(settings) = settings::read(name, of_command)? else {
        return Ok((matches, None));
    };
    let alone = |argument: &OsString| {
        let line = [OsString::from("sekisho"), name.into(), argument.clone()];
        command().try_get_matches_from(line).map(|_| ())
    };
    if let Some(error) = settings.error(alone) {
        return Err(error);
    }
    given.splice(2..2, settings.arguments());
    Ok((command().get_matches_from(given), Some(settings.file)))
}

/// The command line, with what is built in at the end of its help.
pub(crate) fn command() -> clap::Command {
    let line = |(name, about): (&str, &str)| format!("\n  {name:20}{about}");
    let dialects: String = DIALECTS.iter().map(|d| line((d.name(), d.about()))).collect();
    let checkpoints: String = CHECKPOINTS.iter().map(|c| line((c.name(), c.about()))).collect();
    Cli::command().after_help(format!("Policy dialects:{dialects}\n\nCheckpoints:{checkpoints}"))
}
