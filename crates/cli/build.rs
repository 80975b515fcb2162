//! Puts the commit that the binary is built from into its version.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=../../.git/HEAD");
    println!("cargo:rerun-if-changed=../../.git/refs");
    println!("cargo:rerun-if-env-changed=SEKISHO_COMMIT");
    let commit = std::env::var("SEKISHO_COMMIT").ok().or_else(git_commit);
    let commit = commit.unwrap_or_else(|| "unknown commit".to_owned());
    println!("cargo:rustc-env=SEKISHO_COMMIT={commit}");
    if of_cargo("PROFILE") == "release" && of_cargo("TARGET") == "x86_64-unknown-linux-gnu" {
        // Code that is the same for many types is kept once, by the linker that comes with Rust.
        println!("cargo:rustc-link-arg-bins=-Wl,--icf=all");
    }
}

fn of_cargo(variable: &str) -> String {
    std::env::var(variable).unwrap_or_default()
}

/// The short hash of the checked-out commit, where this is a git checkout.
fn git_commit() -> Option<String> {
    let output = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
