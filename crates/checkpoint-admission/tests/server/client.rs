//! A server with the Pod Security Standards, and a client that trusts it.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::client::conn::http2;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sekisho_checkpoint_admission::{
    Basis, Certificate, FailureDirection, Limits, Live, SelfSigned, Server, line,
};
use sekisho_dialect_gatekeeper::Gatekeeper;
use sekisho_dialect_pod_security::{PodSecurity, level_document};
use sekisho_engine::{BuildOptions, MemoryInventory, PolicySet};
use sekisho_kube_model::Schemas;
use sekisho_policy::{Bundle, BundleFile, Target};
use sekisho_value::{Value, from_json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) live: Arc<Live>,
    pub(crate) certificate: Certificate,
    pub(crate) authority: String,
    /// what is logged
    pub(crate) log: Arc<Mutex<Vec<String>>>,
    /// is told to stop it
    pub(crate) stop: Arc<Notify>,
    /// that it ended
    pub(crate) ended: JoinHandle<std::io::Result<()>>,
}

pub(crate) fn basis(level: &str) -> Basis {
    basis_of(&level_document(level, "latest"))
}

pub(crate) fn basis_of(policies: &str) -> Basis {
    let bytes = policies.as_bytes().into();
    let bundle = Bundle::anonymous(vec![BundleFile { path: "policies".into(), bytes }]);
    let options = BuildOptions {
        dialects: &[&PodSecurity, &Gatekeeper],
        unsupported: |_, _| None,
        target: &Target::default(),
        strict: false,
    };
    let (set, diagnostics) = PolicySet::build(&bundle, &options);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let schemas = Schemas::with_crds(std::iter::empty()).0;
    Basis { set, schemas, inventory: Box::new(MemoryInventory::new()) }
}

impl Running {
    /// A server that refuses what the baseline level forbids.
    pub(crate) async fn start(limits: Limits, on_error: FailureDirection) -> Self {
        let live = Arc::new(Live::default());
        live.renew(basis("baseline"));
        Self::start_with(live, limits, on_error).await
    }

    pub(crate) async fn start_with(
        live: Arc<Live>,
        limits: Limits,
        on_error: FailureDirection,
    ) -> Self {
        Self::start_as(live, limits, on_error, |server| server).await
    }

    /// A server that has more than the plain one.
    pub(crate) async fn start_as(
        live: Arc<Live>,
        limits: Limits,
        on_error: FailureDirection,
        with: impl FnOnce(Server) -> Server,
    ) -> Self {
        let made = Certificate::self_signed(&["localhost".to_owned()]).unwrap();
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let told = Arc::clone(&log);
        let on_verdict = Box::new(move |request: &_, answer: &_, verdict: &_, took| {
            let now = jiff::Timestamp::UNIX_EPOCH;
            told.lock().unwrap().extend(line(request, answer, verdict, now, took));
        });
        let SelfSigned { certificate, authority } = made;
        let server = Server::new(Arc::clone(&live), &certificate, limits, on_error, on_verdict);
        let server = with(server.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop).notified_owned();
        let ended = tokio::spawn(server.serve(listener, stopped));
        Self { address, live, certificate, authority, log, stop, ended }
    }

    pub(crate) async fn tls(&self) -> std::io::Result<TlsStream<TcpStream>> {
        self.tls_for(&[]).await
    }

    /// A connection for one of these protocols.
    async fn tls_for(&self, protocols: &[&[u8]]) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        // A client of its own each time, that has no session to resume.
        let mut config = trusting(&self.authority);
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    /// What is logged, once it is so many lines: a request is answered before.
    pub(crate) async fn logged(&self, lines: usize) -> Vec<String> {
        let started = Instant::now();
        loop {
            let log = self.log.lock().unwrap().clone();
            if log.len() >= lines {
                assert_eq!(log.len(), lines, "{log:?}");
                return log;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "not within a minute: {log:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// A client of HTTP/2.
    pub(crate) async fn connect_http2<B>(&self) -> http2::SendRequest<B>
    where
        B: Body<Data: Send, Error: std::error::Error + Send + Sync> + Send + Unpin + 'static,
    {
        self.connect_http2_as(&http2::Builder::new(TokioExecutor::new())).await
    }

    /// A client of HTTP/2 that is not as others are.
    pub(crate) async fn connect_http2_as<B>(
        &self,
        builder: &http2::Builder<TokioExecutor>,
    ) -> http2::SendRequest<B>
    where
        B: Body<Data: Send, Error: std::error::Error + Send + Sync> + Send + Unpin + 'static,
    {
        let tls = TokioIo::new(self.tls_for(&[b"h2"]).await.unwrap());
        let (sender, connection) = builder.handshake(tls).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    pub(crate) async fn connect(&self) -> SendRequest<Full<Bytes>> {
        let (sender, connection) =
            handshake(TokioIo::new(self.tls().await.unwrap())).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    /// Posts a body as JSON.
    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> (StatusCode, String) {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Full::new(body.into()))
            .unwrap();
        self.send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, String) {
        let request = Request::builder().uri(path).header("host", "localhost");
        self.send(request.body(Full::default()).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> (StatusCode, String) {
        let reply = self.connect().await.send_request(request).await.unwrap();
        let status = reply.status();
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// What is answered to the creation of a pod.
    pub(crate) async fn review(&self, spec: &str) -> Value {
        self.asked("/validate?timeout=10s", spec).await
    }

    /// What is answered to the creation of a pod, at a path.
    pub(crate) async fn asked(&self, path: &str, spec: &str) -> Value {
        let (status, body) = self.post(path, review(spec)).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let review = from_json(&body).unwrap();
        assert_eq!(review.path_str(&["response", "uid"]), Some("u1"));
        review.get("response").unwrap().clone()
    }
}

fn trusting(authorities: &str) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
        roots.add(authority.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    config.unwrap().with_root_certificates(roots).with_no_client_auth()
}

/// The creation of a pod, as an API server asks about it.
pub(crate) fn review(spec: &str) -> String {
    format!(
        r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u1",
        "kind":{{"group":"","version":"v1","kind":"Pod"}},
        "resource":{{"group":"","version":"v1","resource":"pods"}},
        "name":"p","namespace":"default","operation":"CREATE","userInfo":{{"username":"ann"}},
        "object":{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p","namespace":"default"}},
        "spec":{spec}}},"oldObject":null,"dryRun":false}}}}"#
    )
}

pub(crate) const GOOD: &str = r#"{"containers":[{"name":"c","image":"i"}]}"#;
pub(crate) const BAD: &str = r#"{"hostPID":true,"containers":[{"name":"c","image":"i"}]}"#;
