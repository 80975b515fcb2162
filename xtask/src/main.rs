//! `cargo xtask`: the development tasks of the project.
//!
//! **Invariant:** nothing that is shipped depends on this crate; it drives the product through
//! its command line and, for benchmarks, through the public API of its crates.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod bench;
mod ci;
mod cli;
mod conformance;
mod documents;
mod generate_tree;
#[cfg(feature = "load")]
mod load;
mod policies;
mod process;
mod record;
mod rivals;
mod schemas;
mod tidy;
mod workspace;

fn main() -> std::process::ExitCode {
    cli::main()
}
