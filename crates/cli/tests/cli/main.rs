//! The command line as users meet it: the real binary in a temporary folder.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod as_gator;
mod bad_input;
mod check;
mod docs;
mod gatekeeper;
mod gator;
mod inputs;
mod mutate;
mod namespaces;
mod options;
mod packs;
mod policies;
mod scene;
mod secrets;
mod show;
mod suites;
