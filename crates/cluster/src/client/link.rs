//! Connections to an API server: HTTP/1.1, used again where the last answer was read to its end.

use super::{tls, told};
use crate::{Config, Error};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// After how long a silent connection is asked whether it is there, and how often.
const ALIVE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(5));
/// How many connections are kept that nobody uses.
const IDLE: usize = 4;

type Sender = SendRequest<Full<Bytes>>;

/// The connections to one server.
pub(super) struct Links {
    host: String,
    port: u16,
    /// what stands before every path
    base: String,
    header: HeaderValue,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    idle: Mutex<Vec<Sender>>,
}

/// A connection; dropping it closes it once its answer is read.
pub(super) struct Link(Sender);

impl Links {
    pub(super) fn new(config: &Config) -> Result<Self, Error> {
        let server = if config.server.contains("://") {
            config.server.clone()
        } else {
            format!("http://{}", config.server)
        };
        let wrong = || Error::Config(format!("`{}` is no address of a server", config.server));
        let address: Uri = server.parse().map_err(|_| wrong())?;
        let host = address.host().ok_or_else(wrong)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let authority = address.authority().ok_or_else(wrong)?.as_str();
        let encrypted = address.scheme_str() == Some("https");
        let tls = if encrypted {
            let name = config.server_name.clone().unwrap_or_else(|| host.clone());
            let name = ServerName::try_from(name).map_err(|_| wrong())?;
            Some((TlsConnector::from(tls::config(config)?), name))
        } else {
            None
        };
        Ok(Self {
            port: address.port_u16().unwrap_or(if encrypted { 443 } else { 80 }),
            base: address.path().trim_end_matches('/').to_owned(),
            header: HeaderValue::from_str(authority).map_err(|_| wrong())?,
            host,
            tls,
            idle: Mutex::default(),
        })
    }

    pub(super) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Sends a request over a connection that is free, or a new one.
    pub(super) async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<(Response<Incoming>, Link), Error> {
        request.headers_mut().insert(HOST, self.header.clone());
        loop {
            let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let (mut sender, is_new) = match kept {
                Some(sender) => (sender, false),
                None => (self.connect().await?, true),
            };
            if sender.ready().await.is_err() && !is_new {
                continue;
            }
            match sender.try_send_request(request).await {
                Ok(response) => return Ok((response, Link(sender))),
                Err(mut failed) => match failed.take_message() {
                    // The server had closed it before anything was sent.
                    Some(unsent) if !is_new => request = unsent,
                    _ => return Err(Error::Lost(told(failed.error()))),
                },
            }
        }
    }

    /// Keeps a connection whose answer was read to its end.
    pub(super) fn give_back(&self, link: Link) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE && !link.0.is_closed() {
            idle.push(link.0);
        }
    }

    async fn connect(&self) -> Result<Sender, Error> {
        let failed = |reason: String| Error::Connect {
            address: format!("{}:{}", self.host, self.port),
            reason,
        };
        let connecting = async {
            let stream = TcpStream::connect((self.host.as_str(), self.port))
                .await
                .map_err(|error| failed(error.to_string()))?;
            let _ = stream.set_nodelay(true);
            // A watch says nothing for minutes: a server that is gone is to be noticed all the same.
            let alive = TcpKeepalive::new().with_time(ALIVE.0).with_interval(ALIVE.1);
            let _ = SockRef::from(&stream).set_tcp_keepalive(&alive);
            let Some((tls, name)) = &self.tls else {
                let shaken = handshake(TokioIo::new(stream)).await;
                let (sender, connection) = shaken.map_err(|error| failed(told(&error)))?;
                tokio::spawn(connection);
                return Ok(sender);
            };
            let encrypted = tls.connect(name.clone(), stream).await;
            let encrypted = encrypted.map_err(|error| failed(error.to_string()))?;
            let shaken = handshake(TokioIo::new(encrypted)).await;
            let (sender, connection) = shaken.map_err(|error| failed(told(&error)))?;
            tokio::spawn(connection);
            Ok(sender)
        };
        let late = |_| failed(format!("nothing came within {} s", CONNECT.as_secs()));
        tokio::time::timeout(CONNECT, connecting).await.map_err(late)?
    }
}
