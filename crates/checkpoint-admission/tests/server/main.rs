//! The server as clients meet it: over TLS, on a loopback port.
#![expect(clippy::unwrap_used, reason = "tests")]

mod abuse;
mod client;
mod doors;
mod renewal;
mod reviews;
mod stopping;
