//! Compiling on all cores.

use rayon::prelude::*;
use sekisho_policy::{CompileContext, Compiled, Dialect, PolicyDocument, Rule, Workers};

/// All cores, as many as rayon's pool has threads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cores;

impl Workers for Cores {
    fn run(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).into_par_iter().with_max_len(1).for_each(work);
    }
}

/// A dialect whose documents are compiled on all cores.
pub(crate) struct OnCores<D>(pub(crate) D);

impl<D: Dialect> Dialect for OnCores<D> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn about(&self) -> &'static str {
        self.0.about()
    }

    fn reads(&self, group: &str, kind: &str) -> bool {
        self.0.reads(group, kind)
    }

    fn names_needs(&self) -> bool {
        self.0.names_needs()
    }

    fn rules(&self) -> &'static [&'static Rule] {
        self.0.rules()
    }

    fn compile(&self, documents: &[PolicyDocument<'_>], context: &CompileContext<'_>) -> Compiled {
        self.0.compile(documents, &CompileContext { workers: &Cores, ..*context })
    }
}
