use crate::environment::launcher_dir;
use crate::{Error, TestEnv};
use std::path::Path;
use std::process::{Command, Stdio};

/// How an environment shall be started: the options of `testenv/up`.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    args: Vec<String>,
}

impl Builder {
    /// All APIs served, alpha and beta among them; features as they are by default.
    #[must_use]
    pub fn all_apis(self) -> Self {
        self.arg("--all-apis")
    }

    /// All alpha and beta APIs and features on.
    #[must_use]
    pub fn alpha_beta(self) -> Self {
        self.arg("--alpha-beta")
    }

    /// Behave as an older minor version, `1.34` for example.
    #[must_use]
    pub fn emulated_version(self, version: &str) -> Self {
        self.arg("--emulated-version").arg(version)
    }

    /// Turns an admission plugin on.
    #[must_use]
    pub fn enable_admission(self, plugin: &str) -> Self {
        self.arg("--enable-admission").arg(plugin)
    }

    /// Turns an admission plugin off.
    #[must_use]
    pub fn disable_admission(self, plugin: &str) -> Self {
        self.arg("--disable-admission").arg(plugin)
    }

    /// The file of an `AdmissionConfiguration`.
    #[must_use]
    pub fn admission_config(self, file: &Path) -> Self {
        self.arg("--admission-config").arg(&file.to_string_lossy())
    }

    /// ServiceAccount admission off, so that pods get no volume of a random name.
    #[must_use]
    pub fn no_service_account(self) -> Self {
        self.arg("--no-service-account")
    }

    /// No controller makes pods or ReplicaSets.
    #[must_use]
    pub fn no_workload_controllers(self) -> Self {
        self.arg("--no-workload-controllers")
    }

    /// The options as given to `testenv/up`.
    #[must_use]
    pub fn args(&self) -> &[String] {
        &self.args
    }

    /// Starts the environment and waits until it is ready: about five seconds, or minutes where
    /// the control plane has not been built yet.
    ///
    /// # Errors
    /// Where `testenv/up` cannot be run or fails.
    pub fn start(&self) -> Result<TestEnv, Error> {
        let program = launcher_dir().join("up");
        let output = Command::new(&program)
            .args(&self.args)
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::Run { program, source })?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        match stdout.lines().last() {
            Some(kubeconfig) if output.status.success() => TestEnv::open(Path::new(kubeconfig)),
            _ => Err(Error::Start {
                status: output.status,
                output: format!("{stdout}{}", String::from_utf8_lossy(&output.stderr)),
            }),
        }
    }

    fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }
}
