//! `sekisho serve` behind a real API server; skipped where there can be none.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod abuse;
mod api_server;
mod install;
mod pod_security;
mod replicas;
mod serving;
