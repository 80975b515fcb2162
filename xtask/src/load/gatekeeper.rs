//! Gatekeeper's webhook, outside a cluster: its manager against the API server of `testenv/`.

use super::link::Target;
use super::serving::{Running, free_port};
use crate::rivals::Rival;
use anyhow::{Context as _, anyhow, ensure};
use sekisho_manifest::{ReadOptions, read};
use sekisho_testenv::TestEnv;
use sekisho_value::{Value, from_json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the manager may take for what it is given.
const PATIENCE: Duration = Duration::from_secs(240);

/// The pod that it is told it runs in, which owns the objects of its status.
const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"gk",
    "namespace":"gatekeeper-system"},"spec":{"containers":[{"name":"manager","image":"i"}]}}"#;

/// What a cluster would run or ask, and what is not needed to ask it ourselves.
const LEFT_OUT: [&str; 5] = [
    "Deployment",
    "Service",
    "PodDisruptionBudget",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// The manager, and what it runs against.
pub(super) struct Gatekeeper {
    running: Running,
    pub(super) name: String,
    pub(super) target: Target,
    _certificate: TempDir,
    _env: TestEnv,
}

impl Gatekeeper {
    /// Starts it beside these namespaces, and waits until it enforces all constraints among the
    /// policies.
    ///
    /// # Errors
    /// Where it is not built, or does not come so far.
    pub(super) fn start(
        policies: &[String],
        namespaces: &[Value],
        http1: bool,
    ) -> anyhow::Result<Self> {
        let rival = Rival::named("gatekeeper").context("gatekeeper is no rival")?;
        let program = rival.program();
        let program = program.context("build it: `cargo xtask rivals gatekeeper`")?;
        let source = rival.source()?.context("it has no source")?;
        let env = TestEnv::builder().no_service_account().no_workload_controllers().start()?;
        prepare(&env, &source.join("deploy/gatekeeper.yaml"))?;
        // It refuses what is in a namespace that there is not.
        namespaces.iter().try_for_each(|namespace| create(&env, namespace))?;
        let certificate = tempfile::tempdir()?;
        for (from, to) in
            [("apiserver.crt", "tls.crt"), ("apiserver.key", "tls.key"), ("ca.crt", "ca.crt")]
        {
            std::fs::copy(env.dir().join("pki").join(from), certificate.path().join(to))?;
        }
        let port = free_port()?;
        let mut command = Command::new(program);
        command
            .arg(format!("--port={port}"))
            .arg(format!("--health-addr=:{}", free_port()?))
            .arg(format!("--prometheus-port={}", free_port()?))
            .args(["--operation=webhook", "--operation=status", "--operation=generate"])
            // As it is shipped.
            .args(["--exempt-namespace=gatekeeper-system", "--disable-opa-builtin={http.send}"])
            .arg("--disable-cert-rotation")
            .arg(format!("--cert-dir={}", certificate.path().display()))
            .env("KUBECONFIG", env.kubeconfig())
            .env("POD_NAME", "gk")
            .env("POD_NAMESPACE", "gatekeeper-system")
            .env("NAMESPACE", "gatekeeper-system")
            .env("CONTAINER_NAME", "manager")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let running = Running(command.spawn().context("cannot start Gatekeeper's manager")?);
        enforce(&env, policies)?;
        Ok(Self {
            running,
            name: format!("gatekeeper {}", rival.version),
            target: Target::new(&format!("https://127.0.0.1:{port}/v1/admit?timeout=10s"), http1)?,
            _certificate: certificate,
            _env: env,
        })
    }

    pub(super) fn pid(&self) -> u32 {
        self.running.0.id()
    }
}

/// Makes what it needs in the cluster.
fn prepare(env: &TestEnv, manifest: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(manifest)
        .with_context(|| format!("cannot read `{}`", manifest.display()))?;
    for mut object in objects(&text)? {
        match object.path_str(&["kind"]).unwrap_or_default() {
            kind if LEFT_OUT.contains(&kind) => continue,
            // Its level would refuse the pod, which has nothing but a name.
            "Namespace" => {
                let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
                metadata.context("a namespace without metadata")?.remove("labels");
            }
            _ => {}
        }
        create(env, &object)?;
    }
    create(env, &from_json(POD).map_err(|error| anyhow!("{error}"))?)
}

/// Gives it policies, and waits until it says that it enforces them.
fn enforce(env: &TestEnv, policies: &[String]) -> anyhow::Result<()> {
    let mut constraints = Vec::new();
    for policy in policies {
        for object in objects(policy)? {
            match object.path_str(&["kind"]) {
                Some("ConstraintTemplate") => create(env, &object)?,
                _ => constraints.push(object),
            }
        }
    }
    let started = Instant::now();
    for constraint in &constraints {
        // Its kind is there once the template was seen.
        while let Err(error) = create(env, constraint) {
            ensure!(started.elapsed() < PATIENCE, "{error:#}");
            std::thread::sleep(Duration::from_millis(500));
        }
    }
    for constraint in &constraints {
        let name = constraint.path_str(&["metadata", "name"]).unwrap_or_default();
        let path = format!("{}/{name}", env.admin().collection(constraint)?);
        while !is_enforced(&env.admin().get(&path)?.body) {
            ensure!(started.elapsed() < PATIENCE, "{path} is not enforced");
            std::thread::sleep(Duration::from_millis(500));
        }
    }
    Ok(())
}

fn is_enforced(constraint: &Value) -> bool {
    let of = constraint.path(&["status", "byPod"]).and_then(|all| all.at(0));
    of.and_then(|of| of.get("enforced")).and_then(Value::as_bool) == Some(true)
}

fn objects(text: &str) -> anyhow::Result<Vec<Value>> {
    let read = read("", text.as_bytes(), &ReadOptions::default());
    if let Some(error) = read.errors.first() {
        return Err(anyhow!("{error}"));
    }
    Ok(read.documents.into_iter().map(|document| document.value).collect())
}

fn create(env: &TestEnv, object: &Value) -> anyhow::Result<()> {
    let answer = env.admin().create(object)?;
    ensure!(answer.is_success() || answer.reason() == "AlreadyExists", "{}", answer.message());
    Ok(())
}
