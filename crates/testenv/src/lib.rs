//! A real Kubernetes control plane for tests, started by `testenv/up` of this repository.
//!
//! ```no_run
//! # use sekisho_testenv::TestEnv;
//! # use sekisho_value::from_json;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let env = TestEnv::start()?;
//! let pod = from_json(r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
//!     "spec": {"containers": [{"name": "c", "image": "i"}]}}"#)?;
//! env.as_user("dev").accepts(&pod);
//! env.as_user("viewer").rejects(&pod).with_status(403).with_message("cannot create resource");
//! # Ok(())
//! # }
//! ```
//!
//! The environment is stopped when the [`TestEnv`] is dropped. Where Go is not installed and
//! nothing is cached there is none to be had: [`available`] tells why, and
//! [`TestEnv::start_or_skip`] prints it, so that tests can pass without it.
//!
//! **Invariant:** for tests and `cargo xtask record` alone; nothing that is shipped depends on
//! this crate.

mod answer;
mod asserts;
mod audit;
mod availability;
mod builder;
mod client;
mod discovery;
mod environment;
mod error;
mod helm;
mod kubeconfig;
mod user;

pub use answer::Answer;
pub use asserts::{Accepted, Rejected};
pub use availability::available;
pub use builder::Builder;
pub use client::{Body, Request};
pub use environment::TestEnv;
pub use error::Error;
pub use helm::helm;
pub use user::User;
