//! A client that sends what it is told, byte by byte.

use crate::serving::Serving;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

/// Trusts one authority, and asks for one name.
pub(crate) struct Client {
    port: u16,
    name: ServerName<'static>,
    config: Arc<ClientConfig>,
}

impl Client {
    pub(crate) fn of(server: &Serving) -> Self {
        Self::new(server.port, "127.0.0.1", &server.authority)
    }

    pub(crate) fn new(port: u16, name: &str, authority: &str) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        Self { port, name, config: Arc::new(config) }
    }

    /// The status and the body that come back for these bytes.
    pub(crate) fn send(&self, request: &[u8]) -> (u16, String) {
        let socket = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let connection =
            ClientConnection::new(Arc::clone(&self.config), self.name.clone()).unwrap();
        let mut stream = StreamOwned::new(connection, socket);
        // It may be answered before all of it is sent.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        (status, body.to_owned())
    }

    pub(crate) fn post(&self, target: &str, headers: &str, body: &[u8]) -> (u16, String) {
        let mut request = format!(
            "POST {target} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.send(&request)
    }
}
