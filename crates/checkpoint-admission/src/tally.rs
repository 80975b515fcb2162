//! What each policy says and takes, counted while requests are judged.

use sekisho_engine::PolicySet;
use sekisho_policy::{
    Action, EvalContext, EvalError, Evaluate, Manner, OperationSet, Outcome, Point, Unevaluated,
    Violation,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How many policies are counted one by one. The others are counted together, so that what is
/// told stays of one size whatever the policy set.
const APART: usize = 256;

/// The name that policies are counted under beyond that.
const OTHERS: &str = "others";

/// What one policy said and took since it came into force.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// the policy's id
    pub(crate) policy: String,
    pub(crate) evaluations: AtomicU64,
    pub(crate) violations: AtomicU64,
    pub(crate) errors: AtomicU64,
    pub(crate) nanoseconds: AtomicU64,
}

/// Counts for every policy of a set from now on. No lock is taken for it, and nothing is looked
/// up: each policy has its own counters at hand.
pub(crate) fn count(set: &mut PolicySet) -> Vec<Arc<Tally>> {
    let mut tallies: Vec<Arc<Tally>> = Vec::new();
    set.watch(|policy| {
        if tallies.len() <= APART {
            let name = if tallies.len() < APART { policy.id.as_str() } else { OTHERS };
            tallies.push(Arc::new(Tally { policy: name.to_owned(), ..Tally::default() }));
        }
        let tally = tallies.last().map(Arc::clone).unwrap_or_default();
        Arc::new(Counted { tally, policy: Arc::clone(&policy.evaluate) })
    });
    tallies
}

struct Counted {
    tally: Arc<Tally>,
    policy: Arc<dyn Evaluate>,
}

impl Evaluate for Counted {
    fn evaluate(&self, context: &EvalContext<'_>) -> Result<Outcome, EvalError> {
        let started = Instant::now();
        let outcome = self.policy.evaluate(context);
        let took = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let Tally { evaluations, violations, errors, nanoseconds, .. } = &*self.tally;
        nanoseconds.fetch_add(took, Ordering::Relaxed);
        evaluations.fetch_add(1, Ordering::Relaxed);
        let add = |counter: &AtomicU64, count: usize| {
            if count > 0 {
                counter.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
            }
        };
        match &outcome {
            Ok(found) => {
                add(violations, found.violations.len());
                add(errors, found.errors.len());
            }
            Err(_) => add(errors, 1),
        }
        outcome
    }

    fn stands_alone(&self) -> bool {
        self.policy.stands_alone()
    }

    fn operations(&self) -> OperationSet {
        self.policy.operations()
    }

    fn goes_by_namespace(&self) -> bool {
        self.policy.goes_by_namespace()
    }

    fn counts_each(&self) -> bool {
        self.policy.counts_each()
    }

    fn action_at(&self, point: Point) -> Option<Action> {
        self.policy.action_at(point)
    }

    fn refusal(&self, policy: &str, violations: &[&Violation]) -> String {
        self.policy.refusal(policy, violations)
    }

    fn error_warning(&self, policy: &str, error: &Unevaluated) -> String {
        self.policy.error_warning(policy, error)
    }

    fn manner(&self, violations: &[&Violation]) -> Manner {
        self.policy.manner(violations)
    }

    fn warning(&self, policy: &str, violations: &[&Violation]) -> String {
        self.policy.warning(policy, violations)
    }
}

#[cfg(test)]
mod tests {
    use super::{APART, OTHERS, count};
    use sekisho_dialect_pod_security::PodSecurity;
    use sekisho_engine::{BuildOptions, PolicySet};
    use sekisho_policy::{Bundle, BundleFile, Target};

    /// A set of so many levels.
    fn set(policies: usize) -> PolicySet {
        let level = |n| {
            format!(
                "---\napiVersion: sekisho.dev/v1alpha1\nkind: PodSecurityLevel\n\
                 metadata: {{name: l{n}}}\nspec: {{level: baseline}}\n"
            )
        };
        let text: String = (0..policies).map(level).collect();
        let bytes = text.into_bytes().into();
        let bundle = Bundle::anonymous(vec![BundleFile { path: "p".into(), bytes }]);
        let target = Target::default();
        let options = BuildOptions {
            dialects: &[&PodSecurity],
            unsupported: |_, _| None,
            target: &target,
            strict: false,
        };
        let (set, diagnostics) = PolicySet::build(&bundle, &options);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        set
    }

    #[test]
    fn there_are_never_more_series_than_so_many() {
        for (policies, wanted) in
            [(0, 0), (1, 1), (APART, APART), (APART + 1, APART + 1), (APART + 50, APART + 1)]
        {
            let tallies = count(&mut set(policies));
            assert_eq!(tallies.len(), wanted, "{policies}");
            let others = tallies.iter().filter(|tally| tally.policy == OTHERS).count();
            assert_eq!(others, usize::from(policies > APART), "{policies}");
        }
    }
}
