use std::path::PathBuf;

/// Why an API server could not be asked, or what it answered instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// how to reach the API server cannot be told
    #[error("{0}")]
    Config(String),
    /// a file that the configuration names
    #[error("`{path}` cannot be read: {reason}")]
    File {
        /// the file
        path: PathBuf,
        /// why
        reason: std::io::Error,
    },
    /// who asks cannot be told
    #[error("no credentials: {0}")]
    Credentials(String),
    /// no connection could be made
    #[error("cannot connect to `{address}`: {reason}")]
    Connect {
        /// host and port
        address: String,
        /// why
        reason: String,
    },
    /// the connection was lost, or nothing came in time
    #[error("the connection broke off: {0}")]
    Lost(String),
    /// the API server refuses
    #[error("the API server answers {code} to {what}: {message}")]
    Status {
        /// the HTTP status
        code: u16,
        /// the machine-readable reason, as `Forbidden`
        reason: String,
        /// its words
        message: String,
        /// what was asked
        what: String,
        /// after how many seconds to ask again
        retry_after: Option<u64>,
        /// where an interrupted list may be taken up
        resume: Option<String>,
    },
    /// an answer that is no answer
    #[error("the answer to {what} cannot be read: {reason}")]
    Answer {
        /// what was asked
        what: String,
        /// why
        reason: String,
    },
    /// more than may be kept
    #[error("{0}")]
    TooMuch(String),
}

impl Error {
    /// The HTTP status of a refusal.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Status { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Whether what was asked for is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.code() == Some(404)
    }

    /// Whether another was faster: the object exists already, or has changed since it was read.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.code() == Some(409)
    }

    /// Whether the version or the page asked for is too old to be had.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.code() == Some(410)
    }
}
