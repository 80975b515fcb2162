//! The HTTPS server. It talks to clients on a few threads, and judges on others.

mod certificate;
mod connections;
mod deadline;
mod limits;
mod metrics;
mod routes;
mod work;

pub use certificate::{Certificate, CertificateError, SelfSigned};
pub use limits::Limits;
pub use work::OnVerdict;

use crate::judge::FailureDirection;
use crate::live::Live;
use connections::{Connection, Connections};
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use metrics::Metrics;
use routes::Routes;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use work::Work;

/// A server that is not started yet.
pub struct Server {
    routes: Arc<Routes>,
    tls: TlsAcceptor,
}

/// How long a server that stops waits for its endpoints to be taken away, and for what is being
/// answered.
const LEAVE: Duration = Duration::from_secs(3);
const FINISH: Duration = Duration::from_secs(30);

impl Server {
    /// A server that judges by what is live.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(
        live: Arc<Live>,
        certificate: &Certificate,
        limits: Limits,
        on_error: FailureDirection,
        on_verdict: Box<OnVerdict>,
    ) -> Result<Self, CertificateError> {
        let metrics = Arc::new(Metrics::default());
        let work = Work::new(live, on_error, on_verdict, Arc::clone(&metrics), &limits);
        let routes = Routes {
            work: Arc::new(work),
            metrics,
            connections: Arc::new(Connections::default()),
            limits,
            stopping: AtomicBool::new(false),
        };
        Ok(Self { routes: Arc::new(routes), tls: TlsAcceptor::from(certificate.config()?) })
    }

    /// Answers until `stop` ends; then it is no longer ready, answers for a moment more, and
    /// finishes what it began.
    ///
    /// # Errors
    /// Where the listener is lost.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let mut stop = pin!(async {
            stop.await;
            self.routes.stopping.store(true, Ordering::Relaxed);
            tokio::time::sleep(LEAVE).await;
        });
        let (finish, finished) = tokio::sync::watch::channel(false);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, _)) => self.welcome(stream, finished.clone()),
                // A client that left before it was welcomed, or no file descriptor is free: the
                // listener itself is well.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        drop(finished);
        let _ = finish.send(true);
        let _ = tokio::time::timeout(FINISH, finish.closed()).await;
        Ok(())
    }

    fn welcome(&self, stream: TcpStream, finish: tokio::sync::watch::Receiver<bool>) {
        let Some(connection) = self.routes.connections.open(self.routes.limits.connections) else {
            return;
        };
        let (routes, tls) = (Arc::clone(&self.routes), self.tls.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = talk(&routes, tls, stream, &connection, finish) => {}
                () = connection.evicted() => {}
            }
            routes.connections.closed(&connection);
        });
    }
}

/// Talks to one client until it leaves, is silent for too long, or the server stops.
async fn talk(
    routes: &Arc<Routes>,
    tls: TlsAcceptor,
    stream: TcpStream,
    connection: &Arc<Connection>,
    mut finish: tokio::sync::watch::Receiver<bool>,
) {
    let limits = routes.limits;
    let _ = stream.set_nodelay(true);
    let Ok(Ok(stream)) = tokio::time::timeout(limits.patience, tls.accept(stream)).await else {
        return;
    };
    let answer = service_fn(|request: Request<Incoming>| {
        let routes = Arc::clone(routes);
        let busy = routes.connections.busy(connection);
        async move {
            let reply = routes.answer(request).await;
            drop(busy);
            Ok::<_, Infallible>(reply)
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle)
        .max_buf_size(64 << 10);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(256)
        .keep_alive_interval(limits.idle)
        .keep_alive_timeout(limits.patience);
    let mut talk = pin!(builder.serve_connection(TokioIo::new(stream), answer));
    tokio::select! {
        _ = talk.as_mut() => {}
        _ = finish.changed() => {
            talk.as_mut().graceful_shutdown();
            let _ = talk.await;
        }
    }
}
