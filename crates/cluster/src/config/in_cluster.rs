//! What the kubelet gives a pod to reach its API server.

use super::{Config, Credentials, Token, read};
use crate::Error;
use std::path::Path;

const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The configuration of a pod; none where this is no pod of a cluster.
pub(super) fn load() -> Result<Option<Config>, Error> {
    let (Ok(host), Ok(port)) =
        (std::env::var("KUBERNETES_SERVICE_HOST"), std::env::var("KUBERNETES_SERVICE_PORT"))
    else {
        return Ok(None);
    };
    let account = Path::new(ACCOUNT);
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let namespace = read(&account.join("namespace")).unwrap_or_default();
    Ok(Some(Config {
        server: format!("https://{host}:{port}"),
        server_name: None,
        authority: Some(read(&account.join("ca.crt"))?),
        // The kubelet renews the token.
        credentials: Credentials {
            token: Token::File(account.join("token")),
            ..Credentials::default()
        },
        namespace: match String::from_utf8_lossy(&namespace).trim() {
            "" => "default".to_owned(),
            namespace => namespace.to_owned(),
        },
    }))
}
