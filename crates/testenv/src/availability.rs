use crate::environment::launcher_dir;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Whether [`crate::TestEnv::start`] can work here; if not, why.
///
/// It can where Go is installed and the modules can be had (the first start builds the control
/// plane, which takes minutes), or where an earlier build is in the cache. That something does
/// not compile is no reason: then a start fails.
///
/// # Errors
/// The reason, fit to be printed by a test that is skipped.
pub fn available() -> Result<(), String> {
    static ANSWER: OnceLock<Result<(), String>> = OnceLock::new();
    ANSWER.get_or_init(find_out).clone()
}

fn find_out() -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Err("the test environment runs on Linux alone".to_owned());
    }
    let missing = if succeeds("go", &["version"]) {
        match modules() {
            Ok(()) => return Ok(()),
            Err(why) => format!("the Go modules of Kubernetes cannot be had ({why})"),
        }
    } else {
        "Go is not installed".to_owned()
    };
    if cached() {
        return Ok(());
    }
    Err(format!("{missing}, and no control plane is cached (see testenv/README.md)"))
}

/// Fetches the modules that the control plane is built from, where they are not there. Only that
/// they cannot be had is an error: what else is wrong with them shows when they are compiled.
fn modules() -> Result<(), String> {
    let listed = Command::new("go")
        .args(["list", "-deps", "-mod=readonly", "./cmd/controlplane"])
        .env("GOWORK", "off")
        .current_dir(launcher_dir())
        .stdin(Stdio::null())
        .output();
    match listed {
        Ok(output) if !output.status.success() => {
            let said = String::from_utf8_lossy(&output.stderr);
            unreachable_modules(&said).map_or(Ok(()), |line| Err(line.to_owned()))
        }
        _ => Ok(()),
    }
}

/// What Go says where a module proxy or a repository cannot be reached.
const UNREACHABLE: [&str; 15] = [
    "dial tcp",
    "no such host",
    "i/o timeout",
    "connection refused",
    "connection reset",
    "network is unreachable",
    "proxyconnect",
    "TLS handshake",
    "tls: failed to verify",
    "module lookup disabled by GOPROXY=off",
    "Bad Gateway",
    "Service Unavailable",
    "Proxy Authentication Required",
    // Of Go itself: too old, and a newer one cannot be fetched.
    "toolchain not available",
    "(running go 1.",
];

/// The line that says so, if one does.
pub(crate) fn unreachable_modules(said: &str) -> Option<&str> {
    said.lines().find(|line| UNREACHABLE.iter().any(|sign| line.contains(sign)))
}

fn succeeds(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether a control plane was built on this machine before. That it is the right one is for
/// `testenv/up` to find; it says so where it is not.
fn cached() -> bool {
    let cache = cache();
    let has = |name: &str| {
        cache.as_ref().and_then(|cache| std::fs::read_dir(cache).ok()).is_some_and(|mut dirs| {
            dirs.any(|dir| dir.is_ok_and(|dir| dir.path().join(name).exists()))
        })
    };
    launcher_dir().join("up").exists() && has("controlplane") && has("testenv")
}

/// The folder of what was built.
pub(crate) fn cache() -> Option<PathBuf> {
    std::env::var_os("SEKISHO_TESTENV_CACHE").map(Into::into).or_else(|| {
        let base = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
        Some(base.join("sekisho/testenv"))
    })
}

#[cfg(test)]
mod tests {
    use super::unreachable_modules;

    #[test]
    fn only_what_cannot_be_fetched_is_a_reason_to_skip() {
        for (said, skipped) in [
            ("go: downloading a v1\nmain.go:1:2: Get \"https://p/a\": dial tcp: lookup p", true),
            ("main.go:12:2: module lookup disabled by GOPROXY=off", true),
            ("main.go:12:2: reading https://p/a: 503 Service Unavailable", true),
            ("verifying a@v1: checksum mismatch\nSECURITY ERROR", false),
            ("main.go:12:2: no required module provides package a", false),
            ("main.go:3:1: syntax error", false),
            ("", false),
        ] {
            assert_eq!(unreachable_modules(said).is_some(), skipped, "{said}");
        }
    }
}
