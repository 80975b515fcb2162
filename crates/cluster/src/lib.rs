//! A live cluster: a client of its API server, lists and watches, the policies that are in it, and
//! the objects that policies look up.
//!
//! [`Config`] tells how the API server is reached, [`Client`] asks it. [`Caches`] keeps copies of
//! the kinds that are wanted: [`Discovered`] says which there are, one watcher each follows what
//! changes, and no more is kept than [`CacheLimits`] allow. [`Pages`] lists without keeping.
//!
//! The client speaks HTTP/1.1 over the TLS that the webhook has anyway: what a Kubernetes library
//! would bring is several times as large as all of this.
//!
//! **Invariant:** this crate judges nothing and knows no dialect: which kinds are policies, and
//! which kinds they look up, it is told.

mod cache;
mod caches;
mod client;
mod config;
mod discovery;
mod error;
mod inventory;
mod lines;
mod list;
mod object;
mod policies;
mod reflector;
mod watcher;

pub use cache::CacheLimits;
pub use caches::{CacheState, Caches, IsPolicy, Kept, Wanted, list_once};
pub use client::Client;
pub use config::Config;
pub use discovery::{ApiResource, Discovered, discover};
pub use error::Error;
pub use inventory::LiveInventory;
pub use list::Pages;
pub use policies::{ORIGIN, bundle_file, config_map_files, origin};
