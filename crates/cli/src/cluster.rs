//! Which cluster is asked, as the command line says it.

use anyhow::{Result, anyhow, bail};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use sekisho_cluster::{Client, Config};
use sekisho_policy::KubernetesVersion;
use std::path::PathBuf;

/// Which cluster is asked.
#[derive(Clone, Debug, Args)]
pub(crate) struct ClusterArgs {
    /// Read policies, and what they look up, from a cluster
    #[arg(long)]
    pub(crate) cluster: bool,

    /// How its API server is reached [default: $KUBECONFIG, else what a pod is given, else
    /// ~/.kube/config]
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,

    /// The context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) context: Option<String>,

    /// A ConfigMap of the cluster whose values are policies, as a `PodSecurityConfiguration`
    #[arg(long, value_name = "NAMESPACE/NAME", requires = "cluster", value_parser = namespaced)]
    pub(crate) policy_config_map: Option<(String, String)>,
}

impl ClusterArgs {
    /// Refuses what says how a cluster is reached where none is asked.
    pub(crate) fn unused(&self, instead: &str) -> Result<()> {
        let given =
            [("--kubeconfig", self.kubeconfig.is_some()), ("--context", self.context.is_some())];
        match given.iter().find(|(_, given)| *given) {
            Some((option, _)) => bail!("`{option}` is without effect here: give {instead}, too"),
            None => Ok(()),
        }
    }

    /// The client of the API server.
    pub(crate) fn client(&self) -> Result<Client> {
        let config = Config::load(self.kubeconfig.as_deref(), self.context.as_deref())?;
        Ok(Client::new(&config)?)
    }
}

/// Reads `NAMESPACE/NAME`.
pub(crate) fn namespaced(text: &str) -> Result<(String, String)> {
    match text.split_once('/') {
        Some((namespace, name)) if ![namespace, name].contains(&"") && !name.contains('/') => {
            Ok((namespace.to_owned(), name.to_owned()))
        }
        _ => Err(anyhow!("it is to be NAMESPACE/NAME")),
    }
}

/// The version of Kubernetes that a cluster runs; none where it does not say.
pub(crate) async fn version(client: &Client) -> Option<KubernetesVersion> {
    let answer = client.get("/version").await.ok()?;
    KubernetesVersion::parse(answer.path_str(&["gitVersion"])?.split(['-', '+']).next()?).ok()
}
