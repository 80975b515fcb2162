//! Puts the commit that the binary is built from into its version.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    println!("cargo:rerun-if-changed=../../.git/HEAD");
    println!("cargo:rerun-if-changed=../../.git/refs");
    println!("cargo:rerun-if-env-changed=SEKISHO_COMMIT");
    let commit = std::env::var("SEKISHO_COMMIT").ok().or_else(git_commit);
    let commit = commit.unwrap_or_else(|| "unknown commit".to_owned());
    println!("cargo:rustc-env=SEKISHO_COMMIT={commit}");
    if of_cargo("PROFILE") == "release" {
        let packs = of_cargo("CARGO_CFG_TARGET_ENV") == "musl";
        let smaller = std::iter::once(FOLD).chain(packs.then_some(PACK));
        for argument in smaller.filter(|argument| linker_takes(argument)) {
            println!("cargo:rustc-link-arg-bins={argument}");
        }
    }
}

/// Code that is the same for many types is kept once. The linker that comes with Rust does it, as
/// LLVM's others do; GNU's does not know it.
const FOLD: &str = "-Wl,--icf=all";

/// Relative relocations take a bit each, not 24 bytes. The musl that Rust brings reads them; of
/// glibc only 2.36 and later do, so that a binary for any glibc is left without.
const PACK: &str = "-Wl,-z,pack-relative-relocs";

/// Whether the linker that the binary will be linked by takes an argument.
fn linker_takes(argument: &str) -> bool {
    let mut rustc = Command::new(of_cargo("RUSTC"));
    rustc.args(["-", "--crate-name=probe", "--crate-type=bin", "--target", &of_cargo("TARGET")]);
    rustc.args(of_cargo("CARGO_ENCODED_RUSTFLAGS").split('\x1f').filter(|flag| !flag.is_empty()));
    match std::env::var("RUSTC_LINKER") {
        Ok(linker) => rustc.arg(format!("-Clinker={linker}")),
        Err(_) => &mut rustc,
    };
    rustc.arg(format!("-Clink-arg={argument}")).arg("-o");
    rustc.arg(Path::new(&of_cargo("OUT_DIR")).join("probe"));
    rustc.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = rustc.spawn() else { return false };
    let written = child.stdin.take().map(|mut stdin| stdin.write_all(b"fn main() {}"));
    let status = child.wait();
    matches!(written, Some(Ok(()))) && status.is_ok_and(|status| status.success())
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
