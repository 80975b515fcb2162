//! An inventory within the time of one request.

use sekisho_policy::{Inventory, InventoryKey};
use sekisho_value::Value;
use std::time::{Duration, Instant};

/// Asks another inventory; what takes time may take no more than half of what is left.
pub(crate) struct Timed<'a> {
    pub(crate) inventory: &'a dyn Inventory,
    /// when the request's time is over
    pub(crate) until: Option<Instant>,
}

impl Inventory for Timed<'_> {
    fn get(&self, key: &InventoryKey) -> Option<Value> {
        self.inventory.get(key)
    }

    fn list(&self, range: &InventoryKey) -> Vec<Value> {
        self.inventory.list(range)
    }

    fn is_complete(&self) -> bool {
        self.inventory.is_complete()
    }

    fn beneath(&self) -> Option<&dyn Inventory> {
        Some(self.inventory)
    }

    fn pods(&self, namespace: &str, within: Duration) -> Option<Vec<Value>> {
        let left = self.until.map(|until| until.saturating_duration_since(Instant::now()) / 2);
        self.inventory.pods(namespace, left.map_or(within, |left| left.min(within)))
    }
}

#[cfg(test)]
mod tests {
    use super::Timed;
    use sekisho_policy::{Inventory, InventoryKey};
    use sekisho_value::Value;
    use std::sync::Mutex;
    use std::time::{Duration, Instant};

    /// Notes how long it may take.
    #[derive(Default)]
    struct Asked(Mutex<Duration>);

    impl Inventory for Asked {
        fn get(&self, _: &InventoryKey) -> Option<Value> {
            None
        }

        fn list(&self, _: &InventoryKey) -> Vec<Value> {
            Vec::new()
        }

        fn is_complete(&self) -> bool {
            true
        }

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
            Timed { inventory: &asked, until }.pods("n", second);
            *asked.0.lock().unwrap()
        };
        assert_eq!(within(None), second);
        assert_eq!(within(Some(second * 5)), second);
        assert!((Duration::from_millis(300)..=second / 2).contains(&within(Some(second))));
        assert_eq!(within(Some(Duration::ZERO)), Duration::ZERO);
    }
}
