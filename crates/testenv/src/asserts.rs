//! Assertions that read as sentences.

#![expect(clippy::panic, reason = "assertions fail a test by panicking")]

use crate::{Answer, Error};
use sekisho_value::Value;

/// An answer that let an object in.
#[derive(Clone, Debug)]
pub struct Accepted(Answer);

/// An answer that refused an object.
#[derive(Clone, Debug)]
pub struct Rejected(Answer);

impl Accepted {
    #[track_caller]
    pub(crate) fn new(user: &str, object: &Value, answer: Result<Answer, Error>) -> Self {
        match answer {
            Ok(answer) if answer.is_success() => Self(answer),
            Ok(answer) => panic!(
                "the server should accept {} from `{user}`, and refuses it ({}): {}",
                describe(object),
                answer.status,
                answer.message()
            ),
            Err(error) => panic!("{}: {error}", describe(object)),
        }
    }

    /// The object as it would be stored.
    #[must_use]
    pub fn object(&self) -> &Value {
        &self.0.body
    }

    /// Asserts that one of the warnings has this text in it.
    #[track_caller]
    pub fn with_warning(self, text: &str) -> Self {
        if !self.0.warnings.iter().any(|warning| warning.contains(text)) {
            panic!("no warning says `{text}`: {:?}", self.0.warnings);
        }
        self
    }

    /// Asserts that there was no warning.
    #[track_caller]
    pub fn without_warning(self) -> Self {
        if !self.0.warnings.is_empty() {
            panic!("there should be no warning: {:?}", self.0.warnings);
        }
        self
    }

    /// The whole answer.
    #[must_use]
    pub fn answer(self) -> Answer {
        self.0
    }
}

impl Rejected {
    #[track_caller]
    pub(crate) fn new(user: &str, object: &Value, answer: Result<Answer, Error>) -> Self {
        match answer {
            Ok(answer) if answer.is_success() => panic!(
                "the server should reject {} from `{user}`, and accepts it",
                describe(object)
            ),
            Ok(answer) => Self(answer),
            Err(error) => panic!("{}: {error}", describe(object)),
        }
    }

    /// Asserts that the message has this text in it.
    #[track_caller]
    pub fn with_message(self, text: &str) -> Self {
        if !self.0.message().contains(text) {
            panic!("the message does not say `{text}`: {}", self.0.message());
        }
        self
    }

    /// Asserts the HTTP status: 403 by admission or authorization, 422 by validation, 400 where
    /// the object could not be decoded.
    #[track_caller]
    pub fn with_status(self, status: u16) -> Self {
        if self.0.status != status {
            panic!("the status should be {status}: {} {}", self.0.status, self.0.message());
        }
        self
    }

    /// The whole answer.
    #[must_use]
    pub fn answer(self) -> Answer {
        self.0
    }
}

fn describe(object: &Value) -> String {
    let text = |path: &[&str]| object.path_str(path).unwrap_or("?").to_owned();
    format!("{} `{}`", text(&["kind"]), text(&["metadata", "name"]))
}
