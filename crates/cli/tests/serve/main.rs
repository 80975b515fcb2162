//! `sekisho serve` behind a real API server; skipped where there can be none.
#![expect(clippy::indexing_slicing, clippy::print_stderr, clippy::unwrap_used, reason = "a test")]

mod abuse;
mod account;
mod api_server;
mod arguments;
mod authorizer;
mod beside;
mod changing;
mod contract;
mod images;
mod install;
mod odd_reviews;
mod operations;
mod pod_security;
mod replicas;
#[expect(dead_code, reason = "other tests use the rest of it")]
mod serving;
mod wire;
