//! Comparing what runs in this process.

use std::time::{Duration, Instant};

/// How often each contender has its turn.
const ROUNDS: usize = 60;
/// How long a turn is to last at least.
const TURN: Duration = Duration::from_millis(10);

/// Something to measure; what it gives back is kept from being optimised away.
pub(in crate::bench) struct Contender<'a> {
    name: &'static str,
    run: Box<dyn FnMut() + 'a>,
    /// how often it runs in a turn
    repeat: u32,
    best: f64,
}

impl<'a> Contender<'a> {
    pub(in crate::bench) fn new<T>(name: &'static str, mut run: impl FnMut() -> T + 'a) -> Self {
        let run = Box::new(move || {
            std::hint::black_box(run());
        });
        Self { name, run, repeat: 1, best: f64::INFINITY }
    }

    /// Seconds that one run takes, by one turn.
    fn turn(&mut self) -> f64 {
        let start = Instant::now();
        for _ in 0..self.repeat {
            (self.run)();
        }
        start.elapsed().as_secs_f64() / f64::from(self.repeat)
    }
}

/// Lets everyone have turns, one after the other, so that all meet the same weather, and gives
/// the best time of each in seconds: what disturbs a run can only make it slower.
pub(in crate::bench) fn compare(contenders: &mut [Contender<'_>]) -> Vec<(&'static str, f64)> {
    for contender in contenders.iter_mut() {
        while contender.repeat < 1 << 24 {
            let took = contender.turn() * f64::from(contender.repeat);
            if took >= TURN.as_secs_f64() {
                break;
            }
            contender.repeat *= 2;
        }
    }
    for _ in 0..ROUNDS {
        for contender in contenders.iter_mut() {
            contender.best = contender.best.min(contender.turn());
        }
    }
    contenders.iter().map(|contender| (contender.name, contender.best)).collect()
}
