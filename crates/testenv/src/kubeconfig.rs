//! Reads the kubeconfig that `testenv/up` writes: its one cluster, and each context's token.

use crate::Error;
use base64::Engine as _;
use std::collections::BTreeMap;

/// Where the API server listens and who may speak to it.
#[derive(Clone, Debug)]
pub(crate) struct Kubeconfig {
    /// `https://127.0.0.1:PORT`
    pub(crate) server: String,
    /// the certificate authority, PEM
    pub(crate) ca: Vec<u8>,
    /// bearer tokens by user
    pub(crate) tokens: BTreeMap<String, String>,
}

impl Kubeconfig {
    /// Reads the launcher's own layout, one key a line; this is no general YAML reader.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let value =
            |key: &str| text.lines().find_map(|line| line.trim().strip_prefix(key)).map(str::trim);
        let server = value("server:").ok_or(Error::Kubeconfig("server"))?.to_owned();
        let ca = value("certificate-authority-data:")
            .and_then(|data| base64::engine::general_purpose::STANDARD.decode(data).ok())
            .ok_or(Error::Kubeconfig("certificate authority"))?;
        let mut tokens = BTreeMap::new();
        let mut name = "";
        for line in text.lines() {
            if let Some(of) = line.strip_prefix("- name: ") {
                name = of;
            } else if let Some(token) = line.trim().strip_prefix("token: ") {
                tokens.insert(name.to_owned(), token.to_owned());
            }
        }
        if !tokens.contains_key("admin") {
            return Err(Error::Kubeconfig("token of `admin`"));
        }
        Ok(Self { server, ca, tokens })
    }
}

#[cfg(test)]
mod tests {
    use super::Kubeconfig;

    #[test]
    fn the_launchers_layout_is_read() {
        let read = Kubeconfig::parse(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: testenv\n  cluster:\n    \
             server: https://127.0.0.1:1\n    certificate-authority-data: Y2E=\nusers:\n\
             - name: admin\n  user:\n    token: a\n- name: dev\n  user:\n    token: d\n\
             contexts:\n- name: admin\n  context:\n    user: admin\n",
        )
        .unwrap();
        assert_eq!(read.server, "https://127.0.0.1:1");
        assert_eq!(read.ca, b"ca");
        assert_eq!(
            read.tokens.into_iter().collect::<Vec<_>>(),
            [("admin".into(), "a".into()), ("dev".into(), "d".into())]
        );
        assert!(Kubeconfig::parse("server: x").is_err());
    }
}
