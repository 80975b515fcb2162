//! Who does work that can be done side by side.

use std::sync::Mutex;

/// Does pieces of work. Threads are for whoever has some: nothing is started here.
pub trait Workers: std::fmt::Debug + Sync {
    /// Does every piece of work, of which there are so many, in any order and perhaps at once;
    /// returns when all are done.
    fn run(&self, count: usize, work: &(dyn Fn(usize) + Sync));
}

impl dyn Workers + '_ {
    /// What comes of each item, in the order of the items.
    pub fn each<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let done: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
        self.run(items.len(), &|at| {
            if let (Some(item), Some(slot)) = (items.get(at), done.get(at)) {
                let result = work(item);
                if let Ok(mut slot) = slot.lock() {
                    *slot = Some(result);
                }
            }
        });
        let done = done.into_iter().map(|slot| slot.into_inner().ok().flatten());
        // What nobody did is done now.
        done.zip(items).map(|(result, item)| result.unwrap_or_else(|| work(item))).collect()
    }
}

/// One piece of work after the other, where they are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct InTurn;

impl Workers for InTurn {
    fn run(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(work);
    }
}

#[cfg(test)]
mod tests {
    use super::{InTurn, Workers};

    #[derive(Debug)]
    struct Backwards;

    impl Workers for Backwards {
        fn run(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
            (0..count).rev().for_each(work);
        }
    }

    /// Does nothing, or only some of it.
    #[derive(Debug)]
    struct Idle;

    impl Workers for Idle {
        fn run(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
            (0..count / 2).for_each(work);
        }
    }

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let workers: [&dyn Workers; 3] = [&InTurn, &Backwards, &Idle];
        for workers in workers {
            assert_eq!(workers.each(&[1, 2, 3], |item| item * 10), [10, 20, 30], "{workers:?}");
            assert!(workers.each(&[0; 0], |item| *item).is_empty());
        }
    }
}
