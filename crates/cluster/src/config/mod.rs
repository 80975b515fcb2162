//! How an API server is reached, and as whom: a kubeconfig, or what a pod is given.

mod exec;
mod in_cluster;
mod kubeconfig;

pub(crate) use exec::Exec;

use crate::Error;
use std::path::{Path, PathBuf};

/// How an API server is reached.
#[derive(Clone, Debug)]
pub struct Config {
    /// where it listens, and perhaps below which path
    pub(crate) server: String,
    /// the name in its certificate, where that is not the host's
    pub(crate) server_name: Option<String>,
    /// the authorities that are trusted, in PEM; those of the system where there are none
    pub(crate) authority: Option<Vec<u8>>,
    /// who asks
    pub(crate) credentials: Credentials,
    /// the namespace that is meant where none is named
    pub(crate) namespace: String,
}

/// Who asks.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    pub(crate) token: Token,
    /// a certificate chain and its key, in PEM
    pub(crate) certificate: Option<(Vec<u8>, Vec<u8>)>,
    /// whom to act as
    pub(crate) impersonate: Vec<(&'static str, String)>,
}

/// Where the bearer token comes from.
#[derive(Clone, Default)]
pub(crate) enum Token {
    #[default]
    None,
    /// what stands behind `Authorization:`
    Header(String),
    /// a file that is renewed from time to time
    File(PathBuf),
    /// a program that tells it
    Exec(Exec),
}

/// Nothing of what is secret.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Config {
    /// The configuration that `--kubeconfig` and `--context` name; without a file that of the
    /// environment's `KUBECONFIG`, else what a pod is given, else `~/.kube/config`.
    ///
    /// # Errors
    /// Where there is none, or it cannot be used.
    pub fn load(file: Option<&Path>, context: Option<&str>) -> Result<Self, Error> {
        if let Some(file) = file {
            return kubeconfig::load(&[file.to_owned()], context);
        }
        if let Some(list) = std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty()) {
            let files: Vec<PathBuf> = std::env::split_paths(&list).collect();
            return kubeconfig::load(&files, context);
        }
        if context.is_none()
            && let Some(config) = in_cluster::load()?
        {
            return Ok(config);
        }
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".kube/config"));
        match home.filter(|file| file.is_file()) {
            Some(file) => kubeconfig::load(&[file], context),
            None => Err(Error::Config(
                "there is no kubeconfig, and this is no pod of a cluster: give --kubeconfig"
                    .to_owned(),
            )),
        }
    }

    /// The namespace that is meant where none is named.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Where the API server listens.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|reason| Error::File { path: path.to_owned(), reason })
}
