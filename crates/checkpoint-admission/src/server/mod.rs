//! The HTTPS server. It talks to clients on a few threads; what takes little is judged there, at
//! once, and the rest on others.

mod afterwards;
mod body;
mod certificate;
mod connections;
mod crowd;
mod deadline;
mod limits;
mod metrics;
mod room;
mod routes;
mod second_thread;
mod work;

pub use certificate::{Certificate, CertificateError, Issued, SelfSigned};
pub use limits::Limits;
pub use work::OnVerdict;

use crate::direction::FailureDirections;
use crate::live::Live;
use body::Held;
use certificate::HTTP2;
use connections::{Connection, Connections};
use http_body_util::Full;
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use metrics::Metrics;
use routes::{Door, Routes};
use sekisho_policy::Pattern;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use work::Work;

/// A server that is not started yet.
pub struct Server {
    routes: Routes,
    tls: TlsAcceptor,
    metrics: Option<TcpListener>,
}

/// How long a server that stops waits for what is being answered.
const FINISH: Duration = Duration::from_secs(30);

/// How many may ask for metrics at once, where they are told at a door of their own.
const SCRAPERS: usize = 16;

impl Server {
    /// A server that judges by what is live.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(
        live: Arc<Live>,
        certificate: &Certificate,
        limits: Limits,
        on_error: impl Into<FailureDirections>,
        on_verdict: Box<OnVerdict>,
    ) -> Result<Self, CertificateError> {
        let metrics = Arc::new(Metrics::default());
        let work = Work::new(live, on_error.into(), on_verdict, Arc::clone(&metrics), limits);
        let routes = Routes {
            work: Arc::new(work),
            metrics,
            connections: Arc::default(),
            held: Held::default(),
            limits,
            stopping: AtomicBool::new(false),
            metrics_apart: false,
            debug: false,
        };
        let tls = TlsAcceptor::from(certificate.config()?);
        Ok(Self { routes, tls, metrics: None })
    }

    /// Answers what is asked about images, too, by the policies whose id or name fits.
    #[must_use]
    pub fn with_images(mut self, policies: Vec<Pattern>) -> Self {
        if let Some(work) = Arc::get_mut(&mut self.routes.work) {
            work.images = policies;
        }
        self
    }

    /// Tells metrics at this listener, in plain HTTP, and nowhere else; and what policies are in
    /// force, where `debug` says so.
    #[must_use]
    pub fn with_metrics(mut self, listener: TcpListener, debug: bool) -> Self {
        self.metrics = Some(listener);
        (self.routes.metrics_apart, self.routes.debug) = (true, debug);
        self
    }

    /// Answers until `stop` ends; then it is no longer ready, answers for a moment more, and finishes
    /// what it began. A connection of HTTP/1.1 has one more answer at most, as that carries
    /// `Connection: close`.
    ///
    /// # Errors
    /// Where the listener is lost.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let routes = Arc::new(self.routes);
        let mut stop = pin!(async {
            stop.await;
            routes.stopping.store(true, Ordering::Relaxed);
            tokio::time::sleep(routes.limits.leave).await;
        });
        let (finish, finished) = watch::channel(false);
        if let Some(listener) = self.metrics {
            tokio::spawn(tell_metrics(Arc::clone(&routes), listener, finished.clone()));
        }
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, _)) => welcome(&routes, &self.tls, stream, finished.clone()),
                // A client that left before it was welcomed, or no file descriptor is free: the
                // listener itself is well.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        // Whoever comes now is refused at once, and asks another.
        drop((listener, finished));
        let _ = finish.send(true);
        let finished = async {
            finish.closed().await;
            routes.work.told().await;
        };
        let _ = tokio::time::timeout(FINISH, finished).await;
        Ok(())
    }
}

/// Takes in a client that has a review.
fn welcome(
    routes: &Arc<Routes>,
    tls: &TlsAcceptor,
    stream: TcpStream,
    finish: watch::Receiver<bool>,
) {
    let Some(connection) = routes.connections.open(routes.limits.connections) else {
        return;
    };
    let (routes, tls) = (Arc::clone(routes), tls.clone());
    tokio::spawn(async move {
        let patience = routes.limits.patience;
        let talk = async {
            let _ = stream.set_nodelay(true);
            if let Ok(Ok(stream)) = tokio::time::timeout(patience, tls.accept(stream)).await {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
                let speaker = Speaker {
                    door: Door::Reviews,
                    is_http2,
                    connections: &routes.connections,
                    connection: &connection,
                };
                talk(&routes, stream, speaker, finish).await;
            }
        };
        tokio::select! {
            () = talk => {}
            () = connection.evicted() => {}
        }
        routes.connections.closed(&connection);
    });
}

/// Answers those who ask for metrics. They have connections of their own, so that none of theirs
/// takes the place of a review's.
async fn tell_metrics(
    routes: Arc<Routes>,
    listener: TcpListener,
    mut finish: watch::Receiver<bool>,
) {
    let connections = Arc::new(Connections::default());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = finish.changed() => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let Some(connection) = connections.open(SCRAPERS) else { continue };
        let (routes, connections) = (Arc::clone(&routes), Arc::clone(&connections));
        let finish = finish.clone();
        tokio::spawn(async move {
            let door = Door::Metrics;
            let speaker = Speaker {
                door,
                is_http2: false,
                connections: &connections,
                connection: &connection,
            };
            tokio::select! {
                () = talk(&routes, stream, speaker, finish) => {}
                () = connection.evicted() => {}
            }
            connections.closed(&connection);
        });
    }
}

/// Who talks, and how.
#[derive(Clone, Copy)]
struct Speaker<'s> {
    door: Door,
    is_http2: bool,
    connections: &'s Arc<Connections>,
    connection: &'s Arc<Connection>,
}

/// Talks to one client until it leaves, is silent for too long, or the server stops.
async fn talk(
    routes: &Arc<Routes>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    speaker: Speaker<'_>,
    finish: watch::Receiver<bool>,
) {
    let (limits, stream, is_http2) = (routes.limits, TokioIo::new(stream), speaker.is_http2);
    let turns = Arc::new(Turns::default());
    let answer = service_fn(|request: Request<Incoming>| {
        let (routes, door) = (Arc::clone(routes), speaker.door);
        let busy = speaker.connections.busy(speaker.connection);
        let mut present = routes.work.crowd.enter();
        let kept = speaker.connections.keep(speaker.connection, limits.kept);
        let turns = (!is_http2).then(|| Arc::clone(&turns));
        async move {
            if let Some(turns) = turns {
                turns.one_answer().await;
            }
            let mut reply = routes.answer(door, request, &mut present).await;
            drop((busy, present));
            // Who speaks HTTP/1.1 is told in an answer to ask elsewhere, and by nothing else.
            if !is_http2 && routes.stopping.load(Ordering::Relaxed) {
                reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(reply.map(|text| Full::new(kept.answer(text))))
        }
    });
    if is_http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(256)
            .keep_alive_interval(limits.idle)
            .keep_alive_timeout(limits.patience);
        let talk = builder.serve_connection(stream, answer);
        until(talk, &turns, |talk| talk.graceful_shutdown(), finish).await;
    } else {
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(limits.idle).max_buf_size(64 << 10);
        let talk = builder.serve_connection(stream, answer);
        until(talk, &turns, |talk| talk.graceful_shutdown(), finish).await;
    }
}

/// Talks until it is over; it is asked to come to an end where the server finishes.
async fn until<T: Future>(
    talk: T,
    turns: &Turns,
    end: impl FnOnce(Pin<&mut T>),
    mut finish: watch::Receiver<bool>,
) {
    let mut talk = pin!(talk);
    tokio::select! {
        // What came before the end is read before it.
        biased;
        _ = poll_fn(|context| turns.begin(|| talk.as_mut().poll(context))) => {}
        _ = finish.changed() => {
            end(talk.as_mut());
            let _ = poll_fn(|context| turns.begin(|| talk.as_mut().poll(context))).await;
        }
    }
}

/// The turns of a client that speaks HTTP/1. It has one answer in each, and others have theirs
/// before its next, however many requests it sent ahead. (Streams of HTTP/2 have turns of their
/// own.)
#[derive(Default)]
struct Turns {
    now: AtomicU64,
    answered: AtomicU64,
}

impl Turns {
    /// What is done in the next turn.
    fn begin<R>(&self, turn: impl FnOnce() -> R) -> R {
        self.now.fetch_add(1, Ordering::Relaxed);
        turn()
    }

    /// Waits for a turn in which nothing was answered yet.
    async fn one_answer(&self) {
        poll_fn(|context| {
            let now = self.now.load(Ordering::Relaxed);
            if self.answered.swap(now, Ordering::Relaxed) < now {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}
