use crate::environment::launcher_dir;
use std::process::{Command, Stdio};

/// Whether [`crate::TestEnv::start`] can work here; if not, why.
///
/// It can where Go is installed (the first start builds the control plane, which takes minutes),
/// or where an earlier build is in the cache.
///
/// # Errors
/// The reason, fit to be printed by a test that is skipped.
pub fn available() -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Err("the test environment runs on Linux alone".to_owned());
    }
    if succeeds("go", &["version"]) || cached() {
        return Ok(());
    }
    Err("Go is not installed, and no control plane is cached (see testenv/README.md)".to_owned())
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
    let cache = std::env::var_os("SEKISHO_TESTENV_CACHE").map(Into::into).or_else(|| {
        let base = std::env::var_os("XDG_CACHE_HOME")
            .map(std::path::PathBuf::from)
            .or_else(|| Some(std::path::PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
        Some(base.join("sekisho/testenv"))
    });
    let has = |name: &str| {
        cache.as_ref().and_then(|cache| std::fs::read_dir(cache).ok()).is_some_and(|mut dirs| {
            dirs.any(|dir| dir.is_ok_and(|dir| dir.path().join(name).exists()))
        })
    };
    launcher_dir().join("up").exists() && has("controlplane") && has("testenv")
}
