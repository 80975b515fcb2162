use std::path::PathBuf;

/// Why the environment did not start, or a question to it failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `testenv/up` could not be run at all
    #[error("cannot run `{}`", program.display())]
    Run {
        /// what was to be run
        program: PathBuf,
        /// why it was not
        source: std::io::Error,
    },
    /// `testenv/up` ended without a control plane
    #[error("`testenv/up` failed ({status}):\n{output}")]
    Start {
        /// how it ended
        status: std::process::ExitStatus,
        /// what it said
        output: String,
    },
    /// a file of the environment cannot be read
    #[error("cannot read `{}`", path.display())]
    Read {
        /// which
        path: PathBuf,
        /// why
        source: std::io::Error,
    },
    /// the kubeconfig lacks what the launcher writes into it
    #[error("the kubeconfig has no usable {0}")]
    Kubeconfig(&'static str),
    /// a request got no answer
    #[error("{method} {path} got no answer")]
    Transport {
        /// the request's method
        method: String,
        /// the request's path
        path: String,
        /// why
        source: Box<ureq::Error>,
    },
    /// the object does not say what it is, or the server does not know the kind
    #[error("the server has no resource for {0}")]
    NoResource(String),
    /// no audit event came for a request
    #[error("the audit log has no event `{0}`")]
    NoAuditEvent(String),
}
