//! `sekisho completions`

use crate::args::{Cli, CompletionsArgs};
use crate::output;
use anyhow::Result;
use clap::CommandFactory as _;
use std::process::ExitCode;

pub(crate) fn run(args: &CompletionsArgs) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sekisho", &mut script);
    output::to_stdout(|out| out.write_all(&script))?;
    Ok(ExitCode::SUCCESS)
}
