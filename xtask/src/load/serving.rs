//! A webhook that runs, ours or a rival's.

use super::link::{self, Target};
use anyhow::{Context as _, bail};
use std::ffi::OsString;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take until it is ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that is killed when this is dropped.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `sekisho serve`.
pub(super) struct Serving {
    running: Running,
    pub(super) target: Target,
    /// from its start until it said that it is ready
    pub(super) ready: Duration,
}

impl Serving {
    /// Starts it with policies, and waits until it is ready.
    ///
    /// # Errors
    /// Where it ends, or is not ready for long.
    pub(super) async fn start(
        program: &Path,
        policies: &[OsString],
        http1: bool,
    ) -> anyhow::Result<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let target = Target::new(&format!("https://{address}/validate?timeout=10s"), http1)?;
        let mut command = Command::new(program);
        command.args(["serve", "--self-signed", "127.0.0.1", "--listen", &address]);
        // What it logs is written, and thrown away.
        command.args(policies).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let child = command.spawn();
        let child = child.with_context(|| format!("cannot start `{}`", program.display()))?;
        let mut running = Running(child);
        while link::get(&target, "/readyz").await.is_none() {
            if let Some(status) = running.0.try_wait()? {
                bail!("`sekisho serve` ended ({status})");
            }
            anyhow::ensure!(started.elapsed() < PATIENCE, "`sekisho serve` is not ready");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(Self { running, target, ready: started.elapsed() })
    }

    pub(super) fn pid(&self) -> u32 {
        self.running.0.id()
    }
}

/// A port that nobody listens at.
pub(super) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
