//! The client of an API server: requests, and answers as values.

mod credentials;
mod link;
mod tls;

use crate::{Config, Error};
use bytes::Bytes;
use credentials::Credential;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Response};
use link::Links;
use sekisho_value::{Value, from_json};
use std::sync::Arc;
use std::time::Duration;

/// How long an answer may take that is no watch.
const ANSWER: Duration = Duration::from_secs(60);
/// How many bytes an answer that is no watch may have: a page of 500 objects of 1.5 MiB each would
/// be more, and then a smaller page is asked for.
pub(crate) const ANSWER_BYTES: usize = 256 << 20;

/// Asks one API server. Clones share its connections.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    links: Links,
    credential: Credential,
    impersonate: Vec<(&'static str, String)>,
    namespace: String,
}

/// What is sent.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) body: Option<(&'static str, String)>,
}

impl Client {
    /// A client; nothing is asked yet.
    ///
    /// # Errors
    /// Where authorities or certificates cannot be used.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let inner = Inner {
            links: Links::new(config)?,
            credential: Credential::new(config.credentials.token.clone()),
            impersonate: config.credentials.impersonate.clone(),
            namespace: config.namespace.clone(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The namespace that is meant where none is named.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.inner.namespace
    }

    /// What is at a path.
    ///
    /// # Errors
    /// Where it cannot be asked for, or is refused.
    pub async fn get(&self, path: &str) -> Result<Value, Error> {
        self.value(Call { method: Method::GET, path, body: None }).await
    }

    /// Creates an object in a collection.
    ///
    /// # Errors
    /// Where it is refused.
    pub async fn create(&self, path: &str, object: &Value) -> Result<Value, Error> {
        let body = Some(("application/json", object.to_json()));
        self.value(Call { method: Method::POST, path, body }).await
    }

    /// Puts an object in the place of one; with a `resourceVersion`, of that version alone.
    ///
    /// # Errors
    /// Where it is refused.
    pub async fn replace(&self, path: &str, object: &Value) -> Result<Value, Error> {
        let body = Some(("application/json", object.to_json()));
        self.value(Call { method: Method::PUT, path, body }).await
    }

    /// Changes an object by a JSON patch.
    ///
    /// # Errors
    /// Where it is refused.
    pub async fn patch(&self, path: &str, patch: &Value) -> Result<Value, Error> {
        let body = Some(("application/json-patch+json", patch.to_json()));
        self.value(Call { method: Method::PATCH, path, body }).await
    }

    /// Makes an object what it is to be, whoever else had a say in its fields: a server-side apply.
    ///
    /// # Errors
    /// Where it is refused.
    pub async fn apply(&self, path: &str, object: &Value) -> Result<Value, Error> {
        let path = format!("{path}?fieldManager=sekisho&force=true");
        let body = Some(("application/apply-patch+yaml", object.to_json()));
        self.value(Call { method: Method::PATCH, path: &path, body }).await
    }

    /// Deletes what is at a path.
    ///
    /// # Errors
    /// Where it is refused, or is not there.
    pub async fn delete(&self, path: &str) -> Result<Value, Error> {
        self.value(Call { method: Method::DELETE, path, body: None }).await
    }

    async fn value(&self, call: Call<'_>) -> Result<Value, Error> {
        let what = format!("{} {}", call.method, call.path);
        let bytes = tokio::time::timeout(ANSWER, self.bytes(call));
        let late = |_| Error::Lost(format!("no answer to {what} within {} s", ANSWER.as_secs()));
        parse(&bytes.await.map_err(late)??, &what)
    }

    async fn bytes(&self, call: Call<'_>) -> Result<Vec<u8>, Error> {
        let what = format!("{} {}", call.method, call.path);
        let (mut response, link) = self.send(call).await?;
        let bytes = collect(response.body_mut(), ANSWER_BYTES, &what).await?;
        self.inner.links.give_back(link);
        refused(&response, &bytes, what)?;
        Ok(bytes)
    }

    /// Opens a stream of lines, as a watch is; the link lives as long as the stream.
    pub(crate) async fn stream(&self, path: &str) -> Result<Incoming, Error> {
        let what = format!("GET {path}");
        let sent = self.send(Call { method: Method::GET, path, body: None });
        let sent = tokio::time::timeout(ANSWER, sent).await;
        let (mut response, _) = sent.map_err(|_| Error::Lost(format!("no answer to {what}")))??;
        if !response.status().is_success() {
            let bytes = collect(response.body_mut(), ANSWER_BYTES, &what).await?;
            refused(&response, &bytes, what)?;
        }
        Ok(response.into_body())
    }

    async fn send(&self, call: Call<'_>) -> Result<(Response<Incoming>, link::Link), Error> {
        let Call { method, path, body } = call;
        let inner = &self.inner;
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.method_mut() = method;
        let address = |_| Error::Config(format!("`{path}` is no path"));
        *request.uri_mut() = inner.links.path(path).parse().map_err(address)?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static("sekisho"));
        let header = |text: &str| {
            let mut value = HeaderValue::from_str(text)
                .map_err(|_| Error::Credentials("they are no header".to_owned()))?;
            value.set_sensitive(true);
            Ok::<_, Error>(value)
        };
        if let Some(credential) = inner.credential.header().await? {
            headers.insert(AUTHORIZATION, header(&credential)?);
        }
        for (name, value) in &inner.impersonate {
            headers.append(*name, header(value)?);
        }
        if let Some((content_type, text)) = body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            *request.body_mut() = Full::new(Bytes::from(text));
        }
        let (response, link) = inner.links.send(request).await?;
        if response.status().as_u16() == 401 {
            inner.credential.forget().await;
        }
        Ok((response, link))
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

async fn collect(body: &mut Incoming, most: usize, what: &str) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Error::Lost(told(&error)))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > most {
            let message = format!("the answer to {what} has more than {} MiB", most >> 20);
            return Err(Error::TooMuch(message));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

fn parse(bytes: &[u8], what: &str) -> Result<Value, Error> {
    let wrong = |reason: String| Error::Answer { what: what.to_owned(), reason };
    let text = std::str::from_utf8(bytes).map_err(|_| wrong("not valid UTF-8".to_owned()))?;
    from_json(text).map_err(|error| wrong(error.to_string()))
}

/// What an answer that is no success says.
fn refused(response: &Response<Incoming>, bytes: &[u8], what: String) -> Result<(), Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let text = String::from_utf8_lossy(bytes);
    let body = from_json(&text).unwrap_or_default();
    Err(status_error(&body, status.as_u16(), what, seconds.and_then(|s| s.parse().ok())))
}

/// The error that a `Status` object is.
pub(crate) fn status_error(
    status: &Value,
    code: u16,
    what: String,
    retry_after: Option<u64>,
) -> Error {
    let told = status.path_str(&["message"]).unwrap_or_default();
    Error::Status {
        code,
        reason: status.path_str(&["reason"]).unwrap_or_default().to_owned(),
        message: if told.is_empty() { "it does not say why".to_owned() } else { told.to_owned() },
        what,
        retry_after,
        resume: status
            .path_str(&["metadata", "continue"])
            .filter(|token| !token.is_empty())
            .map(str::to_owned),
    }
}

/// An error of HTTP with its cause, which alone says what happened.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
