//! What is asked of the server, by path.

use super::connections::Connections;
use super::deadline::deadline;
use super::limits::Limits;
use super::metrics::{Gauges, Metrics};
use super::work::{Asked, Done, Work};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) type Reply = Response<Full<Bytes>>;

/// Everything that requests are answered from.
pub(super) struct Routes {
    pub(super) work: Arc<Work>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) connections: Arc<Connections>,
    pub(super) limits: Limits,
    pub(super) stopping: AtomicBool,
}

const GET: &[Method] = &[Method::GET, Method::HEAD];
const POST: &[Method] = &[Method::POST];

impl Routes {
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Reply {
        let methods = match request.uri().path() {
            "/validate" | "/mutate" => POST,
            "/livez" | "/readyz" | "/metrics" => GET,
            _ => return text(StatusCode::NOT_FOUND, "there is nothing here\n"),
        };
        if !methods.contains(request.method()) {
            let allowed: Vec<&str> = methods.iter().map(Method::as_str).collect();
            let mut reply = text(StatusCode::METHOD_NOT_ALLOWED, "not with this method\n");
            if let Ok(allowed) = HeaderValue::from_str(&allowed.join(", ")) {
                reply.headers_mut().insert(ALLOW, allowed);
            }
            return reply;
        }
        match request.uri().path() {
            "/validate" => self.review(Asked::Validate, request).await,
            "/mutate" => self.review(Asked::Mutate, request).await,
            "/livez" => text(StatusCode::OK, "ok\n"),
            "/readyz" => self.ready(),
            _ => text(StatusCode::OK, self.metrics()),
        }
    }

    async fn review(&self, asked: Asked, request: Request<Incoming>) -> Reply {
        let json = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !json.is_some_and(is_json) {
            let wanted = "the Content-Type is to be application/json\n";
            return text(StatusCode::UNSUPPORTED_MEDIA_TYPE, wanted);
        }
        let within = deadline(request.uri().query(), self.limits.deadline);
        let body = Limited::new(request.into_body(), self.limits.body).collect();
        let body = match tokio::time::timeout(self.limits.patience.min(within), body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                let limit = format!("a review has at most {} bytes\n", self.limits.body);
                return text(StatusCode::PAYLOAD_TOO_LARGE, limit);
            }
            Ok(Err(_)) => return text(StatusCode::BAD_REQUEST, "the body broke off\n"),
            Err(_) => return text(StatusCode::REQUEST_TIMEOUT, "the body took too long\n"),
        };
        match self.work.answer(asked, body, within).await {
            Done::Answered(review) => {
                let mut reply = text(StatusCode::OK, review);
                let json = HeaderValue::from_static("application/json");
                reply.headers_mut().insert(CONTENT_TYPE, json);
                reply
            }
            Done::NoReview(error) => text(StatusCode::BAD_REQUEST, format!("{error}\n")),
            Done::Late => {
                let mut reply = text(StatusCode::SERVICE_UNAVAILABLE, "not judged in time\n");
                reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
                reply
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
        let live = &self.work.live;
        let digest = live.basis().map(|basis| basis.set.digest());
        self.metrics.text(&Gauges {
            connections: self.connections.count(),
            renewals: live.renewals(),
            refused: live.refused().is_some(),
            policy_set: digest.as_deref(),
        })
    }
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
