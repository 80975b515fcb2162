//! The file checkpoint: reads manifests, judges them as the API server would on their creation,
//! and reports. Also shows objects as policies see them.
//!
//! **Invariant:** this crate reads files and decides nothing: every verdict comes from
//! `sekisho_engine::evaluate`, and the time is given by the caller.

mod advice;
mod bundle;
mod carry;
mod case;
mod check;
mod exclude;
mod external;
mod file;
mod input;
mod load;
mod mutate;
mod mutation;
mod namespaces;
mod no_policy;
mod objects;
mod places;
mod reviews;
mod rules;
mod schema_findings;
mod show;

pub use bundle::bundle_of_paths;
pub use case::CheckFiles;
pub use check::{CheckOptions, check};
pub use external::Answers;
pub use file::{read_file, read_listed_file, read_stream};
pub use input::{Input, InputSource, collect};
pub use load::{Loaded, Stdin, load};
pub use mutate::{MutateOptions, MutatedManifest, MutatedManifests, mutate_manifests};
pub use rules::RULES;
pub use show::{ShowOptions, Shown, show};

/// How many files or objects a thread takes at once at the most: with more, the others wait for it
/// in the end.
const AT_ONCE: usize = 8;

/// Told of the progress of a run; called from several threads.
pub trait Progress: Sync {
    /// So many files are to be read.
    fn files(&self, count: usize);
    /// One file was read.
    fn read_file(&self);
    /// So many objects are to be judged.
    fn objects(&self, count: usize);
    /// One object was judged.
    fn judged_object(&self);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn files(&self, _: usize) {}
    fn read_file(&self) {}
    fn objects(&self, _: usize) {}
    fn judged_object(&self) {}
}
