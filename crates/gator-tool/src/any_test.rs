//! What tests of all sorts have in common: which are left out, and how long each takes.

use crate::outcome::{By, CaseResult, Outcome, Problem, Run, TestResult};
use crate::run::Setting;
use crate::suite::{
    AdmissionCase, AdmissionTest, Case, MutationCase, MutationTest, Place, Suite, Test,
};
use rayon::prelude::*;
use std::time::{Duration, Instant};

/// A test of any sort.
pub(crate) trait AnyTest: Sync {
    /// its cases
    type Case: AnyCase;
    fn name(&self) -> &str;
    fn place(&self) -> &Place;
    fn is_skipped(&self) -> bool;
    /// why it cannot be run
    fn malformed(&self) -> Option<&Problem>;
    fn cases(&self) -> &[Self::Case];
}

/// A case of any sort.
pub(crate) trait AnyCase: Sync {
    fn name(&self) -> &str;
    fn place(&self) -> &Place;
    fn is_skipped(&self) -> bool;
    /// why it cannot be run
    fn malformed(&self) -> Option<&Problem>;
}

macro_rules! a_sort {
    ($test:ty, $case:ty) => {
        impl AnyTest for $test {
            type Case = $case;
            fn cases(&self) -> &[$case] {
                &self.cases
            }
            a_sort!();
        }
        impl AnyCase for $case {
            a_sort!();
        }
    };
    () => {
        fn name(&self) -> &str {
            &self.name
        }
        fn place(&self) -> &Place {
            &self.place
        }
        fn is_skipped(&self) -> bool {
            self.skip
        }
        fn malformed(&self) -> Option<&Problem> {
            self.malformed.as_ref()
        }
    };
}

a_sort!(Test, Case);
a_sort!(MutationTest, MutationCase);
a_sort!(AdmissionTest, AdmissionCase);

/// Runs the tests of one sort that are not left out, side by side. `run` gives what is wrong with a
/// test, and its cases.
pub(crate) fn run_all<T: AnyTest>(
    tests: &[T],
    suite: &Suite,
    setting: &Setting<'_>,
    run: impl Fn(&T) -> (Option<Problem>, Vec<CaseResult>) + Sync,
) -> Vec<TestResult> {
    let one = |test: &T| {
        let started = Instant::now();
        let skipped = left_out(suite, test, setting);
        let (problem, cases, time) = match &skipped {
            Some(reason) => {
                let outcome = || Outcome::Skipped(reason.clone());
                let cases = test.cases().iter().map(|case| not_run(case, By::Nothing, outcome()));
                (None, cases.collect(), Duration::ZERO)
            }
            None => {
                let (mut problem, cases) = match test.malformed() {
                    Some(problem) => (Some(problem.clone()), broken(test, &By::Nothing)),
                    None => run(test),
                };
                if problem.is_some() || cases.is_empty() {
                    let of_cases = test.cases().iter().filter_map(AnyCase::malformed).cloned();
                    problem = Problem::joined(problem.into_iter().chain(of_cases));
                }
                (problem, cases, started.elapsed())
            }
        };
        let (name, place) = (test.name().to_owned(), test.place().clone());
        TestResult { name, place, skipped, problem, cases, time }
    };
    tests.par_iter().map(one).collect()
}

/// Why a test is not run.
fn left_out<T: AnyTest>(suite: &Suite, test: &T, setting: &Setting<'_>) -> Option<String> {
    let names = test.cases().iter().map(AnyCase::name);
    if suite.skip {
        Some("the suite is skipped".to_owned())
    } else if test.is_skipped() {
        Some("the test is skipped".to_owned())
    } else if !setting.filter.takes_test(test.name(), names) {
        Some("not selected".to_owned())
    } else {
        None
    }
}

/// Runs a case that is not left out.
pub(crate) fn run_case<C: AnyCase>(
    case: &C,
    test: &str,
    setting: &Setting<'_>,
    run: impl FnOnce() -> Vec<Run>,
) -> CaseResult {
    let started = Instant::now();
    let outcome = if case.is_skipped() {
        Outcome::Skipped("the case is skipped".to_owned())
    } else if !setting.filter.takes_case(test, case.name()) {
        Outcome::Skipped("not selected".to_owned())
    } else if let Some(problem) = case.malformed() {
        Outcome::Wrong(problem.clone())
    } else {
        let runs = run();
        return CaseResult {
            runs,
            time: started.elapsed(),
            ..not_run(case, By::Nothing, Outcome::Passed)
        };
    };
    not_run(case, By::Nothing, outcome)
}

/// The cases of a test that cannot be run.
pub(crate) fn broken<T: AnyTest>(test: &T, by: &By) -> Vec<CaseResult> {
    let broken = Problem::error("not run: the test is broken").at(test.place());
    let one = |case| not_run(case, by.clone(), Outcome::Wrong(broken.clone()));
    test.cases().iter().map(one).collect()
}

/// A case with one outcome, which took no time.
fn not_run<C: AnyCase>(case: &C, by: By, outcome: Outcome) -> CaseResult {
    CaseResult {
        name: case.name().to_owned(),
        place: case.place().clone(),
        runs: vec![Run::new(by, outcome)],
        time: Duration::ZERO,
    }
}
