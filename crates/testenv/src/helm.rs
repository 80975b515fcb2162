use crate::availability::{cache, unreachable_modules};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What is built where none is installed.
const VERSION: &str = "v3.22.0";

/// The program `helm`: the one that is installed, or one that is built from its Go module, once,
/// into the cache of the control planes.
///
/// # Errors
/// The reason why there is none, fit to be printed by a test that is skipped.
pub fn helm() -> Result<PathBuf, String> {
    static ANSWER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    ANSWER.get_or_init(find_or_build).clone()
}

fn find_or_build() -> Result<PathBuf, String> {
    let runs = |program: &PathBuf| {
        let mut command = Command::new(program);
        command.arg("version").stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let installed = PathBuf::from("helm");
    if runs(&installed) {
        return Ok(installed);
    }
    let folder = cache().ok_or("there is no folder for caches")?.join(format!("helm-{VERSION}"));
    let built = folder.join("helm");
    if runs(&built) {
        return Ok(built);
    }
    let module = format!("helm.sh/helm/v3/cmd/helm@{VERSION}");
    let output = Command::new("go")
        .args(["install", "-trimpath", "-ldflags=-s -w", &module])
        .env("GOBIN", &folder)
        .env("CGO_ENABLED", "0")
        .env("GOWORK", "off")
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .map_err(|_| "neither helm nor Go is installed".to_owned())?;
    if output.status.success() {
        return Ok(built);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let why = unreachable_modules(&said).or(said.lines().last()).unwrap_or_default();
    Err(format!("helm is not installed, and cannot be built ({why})"))
}
