//! `sekisho rego bench`

use crate::eval::{EvalOptions, Session};
use crate::limits::Watch;
use crate::{ERROR, OK};
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// What is measured.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    /// the query, its policies and its input
    pub eval: EvalOptions,
    /// how long to measure
    pub time: Duration,
}

/// Evaluates a query again and again, and shows how long it takes.
///
/// # Errors
/// Where `out` or `err` cannot be written.
pub fn bench(options: &BenchOptions, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let compile_started = Instant::now();
    let mut session = match Session::open(&options.eval) {
        Ok(session) => session,
        Err(problems) => {
            for problem in &problems {
                problem.write(options.eval.color, err)?;
            }
            return Ok(ERROR);
        }
    };
    let compiled = compile_started.elapsed();
    let mut times = Vec::new();
    let started = Instant::now();
    while times.len() < 10 || started.elapsed() < options.time {
        let watch = Watch::start(options.eval.limits.time);
        let once = Instant::now();
        if let Err(problem) = session.answer(&watch, &mut |_, _, _| Ok(())) {
            problem.write(options.eval.color, err)?;
            return Ok(ERROR);
        }
        times.push(once.elapsed());
    }
    times.sort();
    let at = |percent: usize| {
        let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(index).copied().unwrap_or_default()
    };
    writeln!(out, "load and compile  {compiled:?}")?;
    writeln!(out, "evaluations       {}", times.len())?;
    writeln!(out, "median            {:?}", at(50))?;
    writeln!(out, "95th percentile   {:?}", at(95))?;
    writeln!(out, "99th percentile   {:?}", at(99))?;
    Ok(OK)
}
