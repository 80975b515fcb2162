//! What is asked of the server, by path.

use super::body::{BodyError, Held, discard};
use super::connections::Connections;
use super::deadline::deadline;
use super::limits::Limits;
use super::metrics::{Gauges, Metrics, Outcome};
use super::work::{Asked, Done, Work, span};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode, Version};
use sekisho_value::{Map, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) type Reply = Response<Full<Bytes>>;

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

    pub(super) async fn answer(&self, door: Door, request: Request<Incoming>) -> Reply {
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
            Place::Review(asked) => self.review(asked, request).await,
            Place::Live => text(StatusCode::OK, "ok\n"),
            Place::Ready => self.ready(),
            Place::Metrics => text(StatusCode::OK, self.metrics()),
            Place::Policies => json(self.policies()),
        }
    }

    async fn review(&self, asked: Asked, request: Request<Incoming>) -> Reply {
        let content_type = request.headers().get(CONTENT_TYPE);
        if !content_type.and_then(|value| value.to_str().ok()).is_some_and(is_json) {
            let wanted = "the Content-Type is to be application/json\n";
            return text(StatusCode::UNSUPPORTED_MEDIA_TYPE, wanted);
        }
        // Compressed bodies would have to be bounded by what they become. No API server sends any.
        let encoding = request.headers().get(CONTENT_ENCODING);
        if encoding.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
            let wanted = "no Content-Encoding is known\n";
            return text(StatusCode::UNSUPPORTED_MEDIA_TYPE, wanted);
        }
        let trace = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
        let span = span(asked, trace);
        let within = deadline(request.uri().query(), self.limits.deadline);
        let Limits { body: most, held: together, patience, .. } = self.limits;
        let is_http2 = request.version() == Version::HTTP_2;
        let mut incoming = request.into_body();
        let body = self.held.read(&mut incoming, most, together);
        let body = match tokio::time::timeout(patience.min(within), body).await {
            Ok(Ok(body)) => body,
            Ok(Err(BodyError::TooLarge)) => {
                if is_http2 {
                    let rest = discard(&mut incoming, together);
                    let _ = tokio::time::timeout(patience.min(within), rest).await;
                }
                let limit = format!("a review has at most {most} bytes\n");
                return text(StatusCode::PAYLOAD_TOO_LARGE, limit);
            }
            Ok(Err(BodyError::TooMany)) => {
                self.metrics.count(asked, Outcome::Shed);
                return later("too many reviews are being read\n");
            }
            Ok(Err(BodyError::BrokeOff)) => {
                return text(StatusCode::BAD_REQUEST, "the body broke off\n");
            }
            Err(_) => return text(StatusCode::REQUEST_TIMEOUT, "the body took too long\n"),
        };
        match self.work.answer(asked, body, within, &span).await {
            Done::Answered(review) => json(review),
            Done::NoReview(error) => text(StatusCode::BAD_REQUEST, format!("{error}\n")),
            Done::Late => later("not judged in time\n"),
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
            told.insert("sequence", i64::try_from(basis.set.sequence()).unwrap_or(i64::MAX));
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

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

pub(super) fn text(status: StatusCode, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    reply.headers_mut().insert(CONTENT_TYPE, plain);
    reply
}
