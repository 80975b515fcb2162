//! Policies that want too much (`hostile/policies.txt`): each ends soon, as an error of its budget
//! or with a value, and never takes much more memory than it may.

#![expect(clippy::unwrap_used, reason = "a test may fail, and says why")]

use sekisho_budget::{Budget, Stop};
use sekisho_rego::ast::Version;
use sekisho_rego::builtins::Facts;
use sekisho_rego::term::to_json_within;
use sekisho_rego::{EvalCode, Options, Policies, Question, Scratch, Source};
use sekisho_value::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Wall time of a compile or evaluation.
const TIME: Duration = Duration::from_millis(400);
/// How late it may end: unoptimised, on a busy machine.
const LATE: Duration = Duration::from_secs(3);
const MEMORY: u64 = 64 << 20;
/// All that the process may ever have taken, in MiB.
const MOST: u64 = 600;

/// What ends with a value, or undefined, or refused by the compiler.
const ENDS: &[&str] = &[
    "nestdbl cmp",
    "nestdbl subset",
    "nestdbl union",
    "nestdbl jsonpatch",
    "nestdbl jsonfilter",
    "nestdbl sort",
    "nestdbl flatten",
    "nestdbl every",
    "nestdbl member",
    "squaref",
    "to_number",
    "numlit",
    "numcmp",
    "spwidth",
    "spprec",
    "format_int",
    "regexrep",
    "regexbig",
    "globsmatch",
    "schemaexp",
    "schemaregex",
    "yamlbomb",
    "dateadd",
    "timefmt2",
    "units",
    "sumbig",
    "rem",
    "divbig",
    "substr",
    "regexfind",
];

/// A chain of forty statements, each of which uses what came before twice.
fn chain(step: &str) -> String {
    (1..=40)
        .map(|n| step.replace("NEXT", &format!("x{n}")).replace("LAST", &format!("x{}", n - 1)))
        .collect()
}

fn policies() -> Vec<(String, String)> {
    let text = include_str!("hostile/policies.txt");
    let filled = [
        ("{texts}", "NEXT := concat(\"\", [LAST, LAST])\n"),
        ("{lists}", "NEXT := [LAST, LAST]\n"),
        ("{sets}", "NEXT := {LAST, [LAST]}\n"),
        ("{objects}", "NEXT := {\"a\": LAST, \"b\": LAST}\n"),
        ("{squares}", "NEXT := LAST * LAST\n"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (mark, step)| text.replace(mark, &chain(step)));
    filled
        .split("### ")
        .skip(1)
        .map(|case| {
            let (name, policy) = case.split_once('\n').unwrap();
            (name.to_owned(), format!("package h\n{policy}"))
        })
        .collect()
}

/// Raises the flag when the time is over.
fn watched<T>(work: impl FnOnce(&Stop) -> T) -> T {
    let flag = Arc::new(Stop::default());
    let raised = Arc::clone(&flag);
    let (alive, ended) = std::sync::mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        if ended.recv_timeout(TIME).is_err() {
            raised.raise();
        }
    });
    let done = work(&flag);
    drop(alive);
    watch.join().unwrap();
    done
}

/// What becomes of it: the code of the error, `value` or `undefined`.
fn outcome(policy: &str) -> String {
    watched(|flag| {
        let budget = Budget::new(u64::MAX, MEMORY, Some(flag));
        let source = vec![(Source::new("h.rego", policy), Version::V1)];
        let (policies, _, faults) = Policies::compile(source, &Options::default(), &budget);
        let Some(policies) = policies else { return format!("fault: {:?}", faults.first()) };
        let prepared = policies.document(&["h", "p"]).unwrap();
        let data = Value::object();
        let facts = Facts::default();
        let question = Question::new(&data, &facts, &budget);
        let mut scratch = Scratch::default();
        let done = prepared.evaluate(&mut scratch, &question, |value| {
            value.map(|value| to_json_within(value, &budget)).transpose()
        });
        match done {
            Ok(Ok(Some(_))) => "value".to_owned(),
            Ok(Ok(None)) => "undefined".to_owned(),
            Ok(Err(exceeded)) => format!("budget: {exceeded}"),
            Err(error) if error.code == EvalCode::Budget => {
                // It names the budget, and the policy by its place.
                assert!(error.location.span.end > 0, "{policy}");
                format!("budget: {}", error.message)
            }
            Err(error) => format!("{}: {}", error.code, error.message),
        }
    })
}

/// The most that this process ever took, in MiB; 0 where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

#[test]
fn each_ends_soon() {
    let mut wrong = Vec::new();
    let mut stopped = 0;
    let all = policies();
    assert!(all.len() > 80, "{}", all.len());
    for (name, policy) in &all {
        let before = peak();
        let started = Instant::now();
        let outcome = outcome(policy);
        let took = started.elapsed();
        println!("{name:20} {took:>8.2?} {:>4} MiB  {outcome:.90}", peak());
        // What ends in one machine's time may not in another's.
        let exhausted = outcome.starts_with("budget: ");
        stopped += usize::from(exhausted);
        if exhausted && took < TIME && ENDS.contains(&name.as_str()) {
            wrong.push(format!("{name}: {outcome}"));
        }
        if took > TIME + LATE {
            wrong.push(format!("{name} took {took:?}"));
        }
        if peak() > MOST.max(before) {
            wrong.push(format!("{name} took {} MiB", peak()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(stopped > all.len() / 2, "{stopped} of {} were stopped", all.len());
}
