//! An inventory within the time of one request.

use sekisho_policy::{AccessReviews, Inventory, Stop};
use sekisho_value::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Is told before something is waited for.
pub type OnWait = dyn Fn() + Send + Sync;

/// Asks another inventory; what takes time may take no more than half of what is left, and no time
/// at all where there is none to wait: who judges is stopped then.
pub(crate) struct Timed<'a> {
    inventory: &'a dyn Inventory,
    left: Left,
    /// stopped where something would be waited for
    hurried: Option<&'a Stop>,
    on_wait: Option<&'a Arc<OnWait>>,
    access: OnceLock<Option<Arc<dyn AccessReviews>>>,
}

/// When the request's time is over.
#[derive(Clone, Copy, Debug)]
struct Left(Option<Instant>);

impl Left {
    /// As long as is wanted, but no more than half of what is left.
    fn within(self, wanted: Duration) -> Duration {
        let left = self.0.map(|until| until.saturating_duration_since(Instant::now()) / 2);
        left.map_or(wanted, |left| left.min(wanted))
    }
}

impl<'a> Timed<'a> {
    /// `until`: when the request's time is over; `stop`: what ends its evaluation.
    pub(crate) fn new(
        inventory: &'a dyn Inventory,
        until: Option<Instant>,
        stop: Option<&'a Stop>,
        on_wait: Option<&'a Arc<OnWait>>,
    ) -> Self {
        let hurried = stop.filter(|stop| stop.is_soon());
        Self { inventory, left: Left(until), hurried, on_wait, access: OnceLock::new() }
    }
}

impl Inventory for Timed<'_> {
    fn beneath(&self) -> Option<&dyn Inventory> {
        Some(self.inventory)
    }

    fn pods(&self, namespace: &str, within: Duration) -> Option<Vec<Value>> {
        if let Some(stop) = self.hurried {
            stop.raise();
            return None;
        }
        if let Some(on_wait) = self.on_wait {
            on_wait();
        }
        self.inventory.pods(namespace, self.left.within(within))
    }

    fn access(&self) -> Option<Arc<dyn AccessReviews>> {
        let first = || {
            let access = self.inventory.access()?;
            if let Some(stop) = self.hurried {
                stop.raise();
                return None;
            }
            let (left, on_wait) = (self.left, self.on_wait.cloned());
            let once = Once { access, left, on_wait, told: Mutex::default() };
            Some(Arc::new(once) as Arc<dyn AccessReviews>)
        };
        self.access.get_or_init(first).clone()
    }
}

/// Asks each question once, whatever came of it: all policies are told the same.
///
/// Source of the rule: `NewCachingAuthorizer` in `pkg/admission/plugin/cel` of `k8s.io/apiserver`.
struct Once {
    access: Arc<dyn AccessReviews>,
    left: Left,
    on_wait: Option<Arc<OnWait>>,
    told: Mutex<BTreeMap<String, Result<Value, String>>>,
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").field("access", &self.access).finish_non_exhaustive()
    }
}

impl AccessReviews for Once {
    fn review(&self, spec: &Value, within: Duration) -> Result<Value, String> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let ask = || {
            if let Some(on_wait) = &self.on_wait {
                on_wait();
            }
            self.access.review(spec, self.left.within(within))
        };
        told.entry(spec.to_json()).or_insert_with(ask).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{OnWait, Timed};
    use sekisho_policy::{AccessReviews, Inventory, Stop};
    use sekisho_value::{Value, from_json};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    /// Notes how long it may take.
    #[derive(Default)]
    struct Asked(Mutex<Duration>);

    impl Inventory for Asked {
        fn pods(&self, _: &str, within: Duration) -> Option<Vec<Value>> {
            *self.0.lock().unwrap() = within;
            None
        }
    }

    #[test]
    fn pods_take_no_more_than_half_of_what_is_left() {
        let second = Duration::from_secs(1);
        let asked = Asked::default();
        let within = |left: Option<Duration>| {
            let until = left.map(|left| Instant::now() + left);
            Timed::new(&asked, until, None, None).pods("n", second);
            *asked.0.lock().unwrap()
        };
        assert_eq!(within(None), second);
        assert_eq!(within(Some(second * 5)), second);
        assert!((Duration::from_millis(300)..=second / 2).contains(&within(Some(second))));
        assert_eq!(within(Some(Duration::ZERO)), Duration::ZERO);
    }

    /// Somebody who notes what was asked and how long it may take, and fails at first.
    #[derive(Clone, Debug, Default)]
    struct Reviews(Arc<Mutex<Vec<(String, Duration)>>>);

    impl AccessReviews for Reviews {
        fn review(&self, spec: &Value, within: Duration) -> Result<Value, String> {
            let mut asked = self.0.lock().unwrap();
            asked.push((spec.to_json(), within));
            if asked.len() == 1 { Err("gone".to_owned()) } else { Ok(spec.clone()) }
        }
    }

    impl Inventory for Reviews {
        fn access(&self) -> Option<Arc<dyn AccessReviews>> {
            Some(Arc::new(self.clone()))
        }
    }

    #[test]
    fn a_question_is_asked_once_in_a_review() {
        let reviews = Reviews::default();
        let second = Duration::from_secs(1);
        let waits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&waits);
        let on_wait: Arc<OnWait> = Arc::new(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let until = Some(Instant::now() + second);
        let timed = Timed::new(&reviews, until, None, Some(&on_wait));
        let ask = |user: &str| {
            let spec = from_json(&format!(r#"{{"user":"{user}"}}"#)).unwrap();
            // Every policy asks for somebody to ask.
            timed.access().unwrap().review(&spec, second * 5)
        };
        assert_eq!(ask("ann"), Err("gone".to_owned()));
        assert_eq!(ask("ann"), Err("gone".to_owned()), "an error is an answer as well");
        assert!(ask("bob").is_ok() && ask("bob").is_ok());
        let asked = reviews.0.lock().unwrap();
        assert_eq!(asked.len(), 2, "{asked:?}");
        assert_eq!(waits.load(Ordering::Relaxed), 2, "it is told before each");
        assert!(asked.iter().all(|(_, within)| *within <= second / 2), "{asked:?}");
        assert!(Timed::new(&Asked::default(), None, None, None).access().is_none());
    }

    #[test]
    fn who_is_in_a_hurry_waits_for_nobody() {
        let (asked, reviews) = (Asked::default(), Reviews::default());
        let second = Duration::from_secs(1);
        for soon in [false, true] {
            let stop = || if soon { Stop::after(1) } else { Stop::default() };
            let (of_pods, of_access) = (stop(), stop());
            Timed::new(&asked, None, Some(&of_pods), None).pods("n", second);
            let access = Timed::new(&reviews, None, Some(&of_access), None).access();
            assert_eq!((of_pods.is_raised(), of_access.is_raised()), (soon, soon));
            assert_eq!(access.is_some(), !soon);
        }
        let stop = Stop::after(1);
        assert!(Timed::new(&asked, None, Some(&stop), None).access().is_none());
        assert!(!stop.is_raised(), "there is nobody to wait for");
    }
}
