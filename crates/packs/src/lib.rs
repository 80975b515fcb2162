//! The policies that come with Sekisho, and the packs they make.
//!
//! **Invariant:** policies are the files below `policies/`, as Gatekeeper takes them; nothing here
//! says what a policy means, and a pack says no more than which constraints there are and what is
//! done about their violations.

mod library;
mod pack;

pub use library::{DIALECT, LIBRARY, Library};
pub use pack::{ORIGIN, Pack, bundle_files, origin, packs};
