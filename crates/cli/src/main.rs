//! The `sekisho` binary: arguments and wiring.
//!
//! **Invariant:** nothing is read, judged or rendered here but through the crates below.

mod args;
mod cluster;
mod commands;
mod config;
mod log;
mod memory;
mod output;
mod policies;
mod progress;
mod settings;
mod values;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match commands::run() {
        Ok(code) => code,
        Err(error) => output::fail(&error),
    }
}
