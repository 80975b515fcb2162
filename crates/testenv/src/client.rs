use crate::kubeconfig::Kubeconfig;
use crate::{Answer, Error};
use sekisho_value::Value;
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

/// A request as it goes over the wire.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`
    pub method: &'a str,
    /// path and query
    pub path: &'a str,
    /// what is sent
    pub body: Body<'a>,
}

/// The body of a [`Request`].
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// none
    None,
    /// a value, as JSON
    Json(&'a Value),
    /// bytes and their content type
    Bytes {
        /// `application/json`, `application/yaml`, `application/merge-patch+json` …
        content_type: &'a str,
        /// what is sent
        bytes: &'a [u8],
    },
}

/// Who asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    pub(crate) token: String,
    /// user and groups to impersonate
    pub(crate) impersonate: Option<(String, Vec<String>)>,
}

/// An HTTPS client that trusts the environment's certificate authority alone.
#[derive(Debug)]
pub(crate) struct Client {
    agent: ureq::Agent,
    server: String,
}

impl Client {
    pub(crate) fn new(config: &Kubeconfig) -> Result<Self, Error> {
        let ca = Certificate::from_pem(&config.ca)
            .map_err(|_| Error::Kubeconfig("certificate authority"))?;
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::new_with_certs(&[ca]))
            .build();
        let agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        Ok(Self { agent, server: config.server.clone() })
    }

    pub(crate) fn send(&self, who: &Identity, request: &Request<'_>) -> Result<Answer, Error> {
        self.exchange(who, request).map_err(|source| Error::Transport {
            method: request.method.to_owned(),
            path: request.path.to_owned(),
            source: Box::new(source),
        })
    }

    fn exchange(&self, who: &Identity, request: &Request<'_>) -> Result<Answer, ureq::Error> {
        let mut builder = ureq::http::Request::builder()
            .method(request.method)
            .uri(format!("{}{}", self.server, request.path))
            .header("accept", "application/json")
            .header("authorization", format!("Bearer {}", who.token));
        if let Some((user, groups)) = &who.impersonate {
            builder = builder.header("impersonate-user", user);
            for group in groups {
                builder = builder.header("impersonate-group", group);
            }
        }
        let response = match request.body {
            Body::None => self.agent.run(builder.body(())?)?,
            Body::Json(value) => {
                let builder = builder.header("content-type", "application/json");
                self.agent.run(builder.body(value.to_json())?)?
            }
            Body::Bytes { content_type, bytes } => {
                self.agent.run(builder.header("content-type", content_type).body(bytes)?)?
            }
        };
        let (head, mut body) = response.into_parts();
        let text = body.with_config().limit(256 << 20).read_to_string()?;
        Ok(Answer::new(ureq::http::Response::from_parts(head, ()), &text))
    }
}
