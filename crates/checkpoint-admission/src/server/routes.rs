//! What is asked of the server, by path.

use super::body::{Body, BodyError, Held, discard};
use super::connections::Connections;
use super::crowd::Present;
use super::deadline::deadline;
use super::limits::Limits;
use super::metrics::{Gauges, Metrics, Outcome};
use super::work::{Asked, Done, Time, Work, span};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode, Version};
use sekisho_value::{Map, Value};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

pub(super) type Reply = Response<Bytes>;

/// Everything that requests are answered from.
pub(super) struct Routes {
    pub(super) work: Arc<Work>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) connections: Arc<Connections>,
    pub(super) held: Held,
    pub(super) limits: Limits,
    pub(super) stopping: AtomicBool,
    /// metrics are told at a door of their own alone
    pub(super) metrics_apart: bool,
    /// that door tells what policies are in force, too
    pub(super) debug: bool,
}

/// Where a request comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// where reviews do, over TLS
    Reviews,
    /// where metrics are asked for
    Metrics,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Review(Asked),
    Live,
    Ready,
    Metrics,
    Policies,
}

impl Place {
    fn methods(self) -> &'static [Method] {
        match self {
            Self::Review(_) => &[Method::POST],
            _ => &[Method::GET, Method::HEAD],
        }
    }
}

impl Routes {
    fn place(&self, door: Door, path: &str) -> Option<Place> {
        let place = match path {
            "/validate" => Place::Review(Asked::Validate),
            "/mutate" => Place::Review(Asked::Mutate),
            "/imagepolicy" => Place::Review(Asked::Images),
            "/livez" => Place::Live,
            "/readyz" => Place::Ready,
            "/metrics" => Place::Metrics,
            "/debug/policies" => Place::Policies,
            _ => return None,
        };
        let is_here = match place {
            // Without policies for images all of them would be let through.
            Place::Review(Asked::Images) => door == Door::Reviews && !self.work.images.is_empty(),
            Place::Review(_) => door == Door::Reviews,
            Place::Live | Place::Ready => true,
            Place::Metrics => door == Door::Metrics || !self.metrics_apart,
            Place::Policies => door == Door::Metrics && self.debug,
        };
        is_here.then_some(place)
    }

    /// Answers a request that is there.
    pub(super) async fn answer(
        &self,
        door: Door,
        request: Request<Incoming>,
        present: &mut Present,
    ) -> Reply {
        // Over HTTP/1.1 the body is left out where it is written, and its length told.
        let is_head = request.method() == Method::HEAD && request.version() == Version::HTTP_2;
        let reply = self.reply(door, request, present).await;
        if is_head { reply.map(|_| Bytes::new()) } else { reply }
    }

    async fn reply(&self, door: Door, request: Request<Incoming>, present: &mut Present) -> Reply {
        let Some(place) = self.place(door, request.uri().path()) else {
            return text(StatusCode::NOT_FOUND, "there is nothing here\n");
        };
        let methods = place.methods();
        if !methods.contains(request.method()) {
            let allowed: Vec<&str> = methods.iter().map(Method::as_str).collect();
            let mut reply = text(StatusCode::METHOD_NOT_ALLOWED, "not with this method\n");
            if let Ok(allowed) = HeaderValue::from_str(&allowed.join(", ")) {
                reply.headers_mut().insert(ALLOW, allowed);
            }
            return reply;
        }
        match place {
            Place::Review(asked) => self.review(asked, request, present).await,
            Place::Live => text(StatusCode::OK, "ok\n"),
            Place::Ready => self.ready(),
            Place::Metrics => text(StatusCode::OK, self.metrics()),
            Place::Policies => json(self.policies()),
        }
    }

    async fn review(
        &self,
        asked: Asked,
        request: Request<Incoming>,
        present: &mut Present,
    ) -> Reply {
        let (head, mut incoming) = request.into_parts();
        let within = deadline(head.uri.query(), self.limits.deadline);
        let refused = match unreadable(&head.headers) {
            Some(wanted) => {
                self.metrics.count(asked, Outcome::NoReview);
                text(StatusCode::UNSUPPORTED_MEDIA_TYPE, wanted)
            }
            None => match self.body(asked, &mut incoming, within, present).await {
                Ok((body, started)) => {
                    let trace = head.headers.get("traceparent");
                    let span = span(asked, trace.and_then(|value| value.to_str().ok()));
                    let time = Time { started, within };
                    return match self.work.answer(asked, body, time, &span).await {
                        Done::Answered(review) => json(review),
                        Done::NoReview(error) => {
                            text(StatusCode::BAD_REQUEST, format!("{error}\n"))
                        }
                        Done::Late => later("not judged in time\n"),
                    };
                }
                Err(refused) => refused,
            },
        };
        // A client of HTTP/2 whose stream is closed while it sends does not read why.
        if head.version == Version::HTTP_2 {
            let _aside = present.aside();
            let rest = discard(&mut incoming, self.limits.held);
            let _ = tokio::time::timeout(self.limits.patience.min(within), rest).await;
        }
        refused
    }

    /// The body, and when it was there: where nothing had to be waited for, when the request came.
    async fn body(
        &self,
        asked: Asked,
        incoming: &mut Incoming,
        within: Duration,
        present: &mut Present,
    ) -> Result<(Body, Instant), Reply> {
        let Limits { body: most, held: together, patience, .. } = self.limits;
        let mut reading = pin!(self.held.read(incoming, most, together));
        let read = match poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await {
            Poll::Ready(read) => Ok((read, present.since())),
            Poll::Pending => {
                let _aside = present.aside();
                let read = tokio::time::timeout(patience.min(within), reading).await;
                read.map(|read| (read, Instant::now()))
            }
        };
        let unread = |status, why: String| {
            self.metrics.count(asked, Outcome::NoReview);
            text(status, why)
        };
        match read {
            Ok((Ok(body), started)) => Ok((body, started)),
            Ok((Err(BodyError::TooLarge), _)) => {
                let limit = format!("a review has at most {most} bytes\n");
                Err(unread(StatusCode::PAYLOAD_TOO_LARGE, limit))
            }
            Ok((Err(BodyError::TooMany), _)) => {
                self.metrics.count(asked, Outcome::Shed);
                Err(later("too many reviews are being read\n"))
            }
            Ok((Err(BodyError::BrokeOff), _)) => {
                Err(unread(StatusCode::BAD_REQUEST, "the body broke off\n".to_owned()))
            }
            Err(_) => {
                Err(unread(StatusCode::REQUEST_TIMEOUT, "the body took too long\n".to_owned()))
            }
        }
    }

    fn ready(&self) -> Reply {
        if self.stopping.load(Ordering::Relaxed) {
            return text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
        }
        match self.work.live.basis() {
            Some(_) => text(StatusCode::OK, "ok\n"),
            None => text(StatusCode::SERVICE_UNAVAILABLE, "no policies are loaded yet\n"),
        }
    }

    fn metrics(&self) -> String {
        let gauges = Gauges {
            connections: self.connections.count(),
            judging: self.work.judging(),
            waiting: self.work.waiting(),
            untold: self.work.untold(),
            held: self.held.bytes(),
        };
        self.metrics.text(&self.work.live, gauges)
    }

    /// Every policy in force and what becomes of it: one that does nothing is seen doing nothing.
    fn policies(&self) -> String {
        let live = &self.work.live;
        let mut told = Map::new();
        if let Some(basis) = live.basis() {
            told.insert("digest", basis.set.digest());
            let states = basis.set.states().iter().map(|state| {
                let mut told = Map::new();
                told.insert("id", state.id.as_str());
                told.insert("digest", state.digest.as_str());
                told.insert("status", state.status.as_str());
                if let Some(reason) = &state.reason {
                    told.insert("reason", reason.as_str());
                }
                Value::Object(told)
            });
            told.insert("policies", Value::from(states.collect::<Vec<_>>()));
        }
        if let Some(refused) = live.refused() {
            told.insert("refused", &*refused);
        }
        Value::Object(told).to_json()
    }
}

fn json(body: String) -> Reply {
    let mut reply = text(StatusCode::OK, body);
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

/// It is not answered now, and may be in a second.
fn later(why: &'static str) -> Reply {
    let mut reply = text(StatusCode::SERVICE_UNAVAILABLE, why);
    reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    reply
}

/// What a body is to be that is not read, as its headers say; none where it is.
fn unreadable(headers: &HeaderMap) -> Option<&'static str> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(is_json) {
        return Some("the Content-Type is to be application/json\n");
    }
    // Compressed bodies would have to be bounded by what they become. No API server sends any.
    let encoding = headers.get(CONTENT_ENCODING);
    let encoded = encoding.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
    encoded.then_some("no Content-Encoding is known\n")
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

pub(super) fn text(status: StatusCode, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    reply.headers_mut().insert(CONTENT_TYPE, plain);
    reply
}
