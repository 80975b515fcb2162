use crate::client::{Client, Identity};
use crate::discovery::{Resource, group_path, resources};
use crate::kubeconfig::Kubeconfig;
use crate::{Accepted, Answer, Body, Builder, Error, Rejected, Request, User, available};
use sekisho_value::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// The folder of `up` and `down`.
pub(crate) fn launcher_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testenv")
}

/// A running control plane; dropping it stops it.
#[derive(Debug)]
pub struct TestEnv {
    kubeconfig: PathBuf,
    client: Client,
    tokens: BTreeMap<String, String>,
    discovered: Mutex<BTreeMap<String, Vec<Resource>>>,
    stop: bool,
}

impl TestEnv {
    /// Starts an environment without options.
    ///
    /// # Errors
    /// As [`Builder::start`].
    pub fn start() -> Result<Self, Error> {
        Self::builder().start()
    }

    /// Says how an environment shall be started.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts an environment; where there can be none, prints that `test` is skipped and why.
    ///
    /// # Panics
    /// Where it could start and does not: that is no reason to skip a test.
    #[must_use]
    #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
    #[expect(clippy::panic, reason = "for tests, which fail by it")]
    pub fn start_or_skip(test: &str, builder: &Builder) -> Option<Self> {
        if let Err(reason) = available() {
            eprintln!("skipped: {test}: {reason}");
            return None;
        }
        match builder.start() {
            Ok(env) => Some(env),
            Err(error) => panic!("{test}: {error}"),
        }
    }

    /// Takes over an environment that `testenv/up` started; it is stopped when this is dropped.
    ///
    /// # Errors
    /// Where the kubeconfig cannot be read.
    pub fn open(kubeconfig: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(kubeconfig)
            .map_err(|source| Error::Read { path: kubeconfig.to_owned(), source })?;
        let config = Kubeconfig::parse(&text)?;
        Ok(Self {
            kubeconfig: kubeconfig.to_owned(),
            client: Client::new(&config)?,
            tokens: config.tokens,
            discovered: Mutex::default(),
            stop: true,
        })
    }

    /// Lets the environment run on after this is dropped, to look into it.
    pub fn keep_running(&mut self) {
        self.stop = false;
    }

    /// The kubeconfig, for `kubectl`.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The folder of the environment's logs and keys.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.kubeconfig.parent().unwrap_or(Path::new("/"))
    }

    /// The server's version, `v1.36.4` for example.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub fn version(&self) -> Result<String, Error> {
        let answer = self.admin().get("/version")?;
        Ok(answer.body.path_str(&["gitVersion"]).unwrap_or_default().to_owned())
    }

    /// A user who may do all.
    #[must_use]
    pub fn admin(&self) -> User<'_> {
        self.as_user("admin")
    }

    /// A user: one of the launcher's by its own token (`testenv/README.md`), any other name by
    /// impersonation.
    #[must_use]
    pub fn as_user(&self, name: &str) -> User<'_> {
        User::new(self, name)
    }

    /// Asserts that an object may be created by the admin in the namespace `default`.
    pub fn accepts(&self, object: &Value) -> Accepted {
        self.admin().accepts(object)
    }

    /// Asserts that an object may not be created by the admin in the namespace `default`.
    pub fn rejects(&self, object: &Value) -> Rejected {
        self.admin().rejects(object)
    }

    pub(crate) fn identity(&self, user: &str, groups: &[String]) -> Identity {
        match self.tokens.get(user) {
            Some(token) if groups.is_empty() => {
                Identity { token: token.clone(), impersonate: None }
            }
            _ => Identity {
                token: self.tokens.get("admin").cloned().unwrap_or_default(),
                impersonate: Some((user.to_owned(), groups.to_vec())),
            },
        }
    }

    pub(crate) fn send(&self, who: &Identity, request: &Request<'_>) -> Result<Answer, Error> {
        self.client.send(who, request)
    }

    /// The path under which objects of this kind are created; the object's own namespace, else
    /// the given one. A group is asked for its kinds once, and again where the kind is not among
    /// them, for CustomResourceDefinitions come later.
    pub(crate) fn collection(&self, object: &Value, namespace: &str) -> Result<String, Error> {
        let field = |name: &str| object.path_str(&[name]).unwrap_or_default();
        let (api_version, kind) = (field("apiVersion"), field("kind"));
        let known = |discovered: &BTreeMap<String, Vec<Resource>>| {
            let resources = discovered.get(api_version)?;
            resources.iter().find(|resource| resource.kind == kind).cloned()
        };
        let mut discovered = self.discovered.lock().unwrap_or_else(PoisonError::into_inner);
        let resource = match known(&discovered) {
            Some(resource) => resource,
            None => {
                let path = group_path(api_version);
                let request = Request { method: "GET", path: &path, body: Body::None };
                let answer = self.send(&self.identity("admin", &[]), &request)?;
                discovered.insert(api_version.to_owned(), resources(&answer.body));
                known(&discovered)
                    .ok_or_else(|| Error::NoResource(format!("`{kind}` of `{api_version}`")))?
            }
        };
        let group = group_path(api_version);
        let namespace = object.path_str(&["metadata", "namespace"]).unwrap_or(namespace);
        Ok(if resource.namespaced {
            format!("{group}/namespaces/{namespace}/{}", resource.plural)
        } else {
            format!("{group}/{}", resource.plural)
        })
    }
}

impl Drop for TestEnv {
    fn drop(&mut self) {
        if self.stop {
            // What fails to stop is found by `testenv/down` without argument.
            let _ = Command::new(launcher_dir().join("down"))
                .arg(&self.kubeconfig)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }
}
