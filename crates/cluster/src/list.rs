//! Lists, page by page.

use crate::object::slim;
use crate::{ApiResource, Client, Error};
use sekisho_value::{List, Value};

/// How many objects a page has.
pub(crate) const PAGE: usize = 500;

/// Gives the objects of a list, a page at a time, so that no more than a page is in memory.
pub struct Pages<'a> {
    client: &'a Client,
    resource: &'a ApiResource,
    path: String,
    state: State,
    limit: usize,
    remaining: Option<u64>,
}

enum State {
    At(Option<String>),
    Done,
}

impl<'a> Pages<'a> {
    /// All objects of a kind, in one namespace or in all.
    #[must_use]
    pub fn new(client: &'a Client, resource: &'a ApiResource, namespace: Option<&str>) -> Self {
        let path = resource.path(namespace);
        Self { client, resource, path, state: State::At(None), limit: PAGE, remaining: None }
    }

    /// How many objects there are beyond what came, where the server says so.
    #[must_use]
    pub fn remaining(&self) -> Option<u64> {
        self.remaining
    }

    /// The next page; none after the last. A list that takes so long that its pages are not kept
    /// any more is taken up where it was, as the objects are by then.
    ///
    /// # Errors
    /// Where the server does not answer, or refuses.
    pub async fn next(&mut self) -> Result<Option<Vec<Value>>, Error> {
        loop {
            let State::At(resume) = &self.state else { return Ok(None) };
            let path = list_path(&self.path, Some(self.limit), resume.as_deref());
            match self.client.get(&path).await {
                Ok(page) => return self.take(page).map(Some),
                Err(Error::Status { code: 410, resume: Some(again), .. })
                    if resume.as_ref() != Some(&again) =>
                {
                    self.state = State::At(Some(again));
                }
                Err(Error::TooMuch(_)) if self.limit > 1 => self.limit = (self.limit / 10).max(1),
                Err(error) => return Err(error),
            }
        }
    }

    fn take(&mut self, mut page: Value) -> Result<Vec<Value>, Error> {
        let next = page.path_str(&["metadata", "continue"]).filter(|token| !token.is_empty());
        self.state = match next {
            Some(token) => State::At(Some(token.to_owned())),
            None => State::Done,
        };
        let remaining = page.path(&["metadata", "remainingItemCount"]).and_then(Value::as_i64);
        self.remaining = remaining.and_then(|count| u64::try_from(count).ok());
        let items = match page.get_mut("items") {
            Some(items @ Value::Array(_)) => {
                items.as_list_mut().map(std::mem::take).unwrap_or_default()
            }
            Some(Value::Null) => List::new(),
            _ => {
                let what = format!("GET {}", self.path);
                return Err(Error::Answer { what, reason: "it has no items".to_owned() });
            }
        };
        Ok(items.into_iter().map(|item| slim(item, self.resource)).collect())
    }
}

/// The path of one page.
pub(crate) fn list_path(path: &str, limit: Option<usize>, resume: Option<&str>) -> String {
    let mut query = Vec::new();
    if let Some(limit) = limit {
        query.push(format!("limit={limit}"));
    }
    if let Some(token) = resume {
        query.push(format!("continue={}", escaped(token)));
    }
    let joint = if path.contains('?') { "&" } else { "?" };
    if query.is_empty() { path.to_owned() } else { format!("{path}{joint}{}", query.join("&")) }
}

/// A text as it stands in a query.
pub(crate) fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes()
        .map(
            |byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") },
        )
        .collect()
}
