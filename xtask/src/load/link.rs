//! The way to the webhook: TLS that trusts anything, and HTTP/2 or HTTP/1.1.

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Where reviews go.
#[derive(Clone)]
pub(super) struct Target {
    authority: String,
    path: String,
    tls: TlsConnector,
}

/// A connection.
pub(super) enum Link {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Allowed,
    Denied,
}

impl Target {
    pub(super) fn new(url: &str, http1: bool) -> anyhow::Result<Self> {
        let rest = url.strip_prefix("https://").context("the URL is to begin with https://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_safe_default_protocol_versions()?;
        let mut config = config
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone(provider)))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if !http1 {
            config.alpn_protocols.insert(0, b"h2".to_vec());
        }
        let path = if path.is_empty() { "/" } else { path };
        let tls = TlsConnector::from(Arc::new(config));
        Ok(Self { authority: authority.to_owned(), path: path.to_owned(), tls })
    }

    pub(super) async fn open(&self) -> anyhow::Result<Link> {
        let stream = TcpStream::connect(&self.authority)
            .await
            .with_context(|| format!("cannot reach {}", self.authority))?;
        stream.set_nodelay(true)?;
        let host = self.authority.rsplit_once(':').map_or(&*self.authority, |(host, _)| host);
        let name = ServerName::try_from(host.to_owned())?;
        let stream = self.tls.connect(name, stream).await?;
        let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let stream = TokioIo::new(stream);
        Ok(if h2 {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
            tokio::spawn(connection);
            Link::Http2(sender)
        } else {
            let (sender, connection) = http1::handshake(stream).await?;
            tokio::spawn(connection);
            Link::Http1(sender)
        })
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> anyhow::Result<Request<Full<Bytes>>> {
        let request = Request::builder()
            .method(method)
            .uri(format!("https://{}{path}", self.authority))
            .header("host", &self.authority)
            .header("content-type", "application/json")
            .body(Full::new(body))?;
        Ok(request)
    }
}

impl Link {
    /// One of the same connection, where it takes several requests at once.
    pub(super) fn shared(&self) -> Option<Self> {
        match self {
            Self::Http1(_) => None,
            Self::Http2(sender) => Some(Self::Http2(sender.clone())),
        }
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> anyhow::Result<(StatusCode, Bytes)> {
        let reply = match self {
            Self::Http1(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
            Self::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
        };
        let status = reply.status();
        Ok((status, reply.into_body().collect().await?.to_bytes()))
    }

    /// Sends a review.
    ///
    /// # Errors
    /// Where it is not answered by one.
    pub(super) async fn review(&mut self, target: &Target, body: Bytes) -> anyhow::Result<Answer> {
        let request = target.request(Method::POST, &target.path, body)?;
        let (status, body) = self.send(request).await?;
        let has = |text: &[u8]| body.windows(text.len()).any(|window| window == text);
        match () {
            () if status != StatusCode::OK => bail!("{status}: {}", String::from_utf8_lossy(&body)),
            () if has(b"\"allowed\":true") => Ok(Answer::Allowed),
            // A webhook that could not judge is not counted as one that did.
            () if has(b"\"code\":5") => bail!("{}", String::from_utf8_lossy(&body)),
            () if has(b"\"allowed\":false") => Ok(Answer::Denied),
            () => Err(anyhow!("no review: {}", String::from_utf8_lossy(&body))),
        }
    }
}

/// How many requests took how many microseconds at most, as the server counts them itself.
pub(super) type OwnTimes = Vec<(f64, u64)>;

/// What is at a path; none where that is nothing, or nobody answers.
pub(super) async fn get(target: &Target, path: &str) -> Option<String> {
    let request = target.request(Method::GET, path, Bytes::new()).ok()?;
    let (status, body) = target.open().await.ok()?.send(request).await.ok()?;
    let text = String::from_utf8(body.to_vec()).ok();
    text.filter(|_| status == StatusCode::OK)
}

/// What our server says of its own time; none of other servers.
pub(super) async fn own_times(target: &Target) -> Option<OwnTimes> {
    let text = get(target, "/metrics").await?;
    let bucket = "sekisho_request_duration_seconds_bucket{le=\"";
    let times = text.lines().filter_map(|line| {
        let (bound, count) = line.strip_prefix(bucket)?.split_once("\"} ")?;
        Some((bound.parse().unwrap_or(f64::INFINITY) * 1e6, count.parse().ok()?))
    });
    Some(times.collect())
}

/// Takes any certificate: it is load that is measured, on this machine.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
