//! Hostile texts: deep, long, broken. None may overflow a small stack or take more than linear
//! time.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_rego::ast::Version;
use sekisho_rego::{Source, SourceId, syntax};
use std::time::Instant;

const STACK: usize = 2 << 20;

/// Runs on a stack of the size that threads have by default.
fn on_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap()
}

/// Seconds that this thread has computed: what else the machine does counts for nothing. Where the
/// system does not say, those since the beginning.
fn computed(begun: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|first| first.parse::<f64>().ok());
    nanoseconds.map_or_else(|| begun.elapsed().as_secs_f64(), |it| it / 1e9)
}

/// How many seconds some work takes.
fn time<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let before = computed(begun);
    let done = work();
    (computed(begun) - before, done)
}

/// How each construct opens, what is innermost, and how it closes.
const NESTED: &[(&str, &str, &str, &str)] = &[
    ("array", "[", "1", "]"),
    ("set", "{", "1", "}"),
    ("object value", "{\"a\": ", "1", "}"),
    ("object key", "{", "1", ": 1}"),
    ("parentheses", "(", "1", ")"),
    ("call", "f(", "1", ")"),
    ("reference", "x[", "1", "]"),
    ("array comprehension", "[x | x = ", "1", "]"),
    ("array comprehension head", "[", "1", " | true]"),
    ("set comprehension", "{x | x = ", "1", "}"),
    ("object comprehension", "{x: y | y = ", "1", "}"),
    ("union or comprehension", "[a | ", "b", ", c]"),
    ("list behind a bar", "[a | b, ", "c", "]"),
    ("set behind a bar", "{a | b, ", "c", "}"),
    ("object behind a bar", "{a: b | c, d: ", "e", "}"),
    ("every", "every x in y { ", "1", " }"),
    ("every domain", "{1 | every x in [", "1", "] { true }}"),
    ("not in a comprehension", "[1 | not ", "1", "]"),
    ("some in a comprehension", "[1 | some x in ", "1", "]"),
    ("with in a comprehension", "[1 | x with input as ", "1", "]"),
    ("template", "$\"{", "1", "}\""),
    ("raw template", "$`{", "1", "}`"),
    ("key and value in a reference", "x[k, v in 1 + ", "1", "]"),
    ("key and value in parentheses", "(k, v in 1 + ", "1", ")"),
    ("modifier in a template", "$\"{x with input as k, v in 1 + ", "1", "}\""),
    ("object behind a bar, sum", "{a: b | c, d: 1 + ", "e", "}"),
    ("signs of references", "-x[", "1", "]"),
    ("not with a body", "not { ", "1", " }"),
    ("group", "(a or ", "1", ")"),
    ("group in not", "not (a and ", "1", ")"),
    ("parentheses before an operator", "(", "1", ") and b"),
    ("braces before an operator", "{ ", "1", " } or b"),
];

/// The same of what is read before it is refused.
const REFUSED: &[(&str, &str, &str, &str)] = &[
    ("key and value in a template", "$\"{a = b, c in 1 + ", "1", "}\""),
    ("key and value of some", "$\"{some k, v in 1 + ", "1", "}\""),
];

/// What stands in a chain, and how often.
const CHAINS: &[(&str, &str, &str)] = &[
    ("sum", "1", " + 1"),
    ("comparison", "1", " == 1"),
    ("union", "a", " | a"),
    ("membership", "a", " in a"),
    ("precedence up and down", "a", " + b * c | d"),
    ("and", "a", " and a"),
    ("or", "a", " or a"),
];

fn module(body: &str) -> String {
    format!("package a\nimport rego.v2\np if {{\n  {body}\n}}\nq := 1\n")
}

fn errors(text: &str) -> Vec<String> {
    let (module, diagnostics) = syntax::parse(&Source::new("", text), SourceId(0), Version::V1);
    if let Some(module) = module {
        // Walks that recurse over the tree.
        let copy = module.clone();
        let _ = format!("{module:?}");
        drop(copy);
        for statement in module.rules.iter().filter_map(|rule| rule.body.as_ref()).flatten() {
            let _ = statement.to_string();
        }
    }
    diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect()
}

const TOO_DEEP: &str = "max parsing recursion depth exceeded";

#[test]
fn deep_nesting_is_an_error() {
    on_small_stack(|| {
        for (name, open, inner, close) in NESTED {
            for levels in [300, 10_000] {
                let text =
                    module(&format!("{}{inner}{}", open.repeat(levels), close.repeat(levels)));
                let errors = errors(&text);
                assert_eq!(errors.first().map(String::as_str), Some(TOO_DEEP), "{name} {levels}");
            }
            // Unclosed, too.
            let errors = errors(&module(&open.repeat(10_000)));
            assert!(!errors.is_empty(), "{name}");
        }
    });
}

/// The rest of what is nested too deep is passed over: it takes no memory, however long it is.
#[test]
fn deep_nesting_ends_a_statement_at_once() {
    for (name, open, inner, close) in NESTED.iter().chain(REFUSED) {
        let taken = |levels: usize| {
            let nested = format!("{}{inner}{}", open.repeat(levels), close.repeat(levels));
            let source = Source::new("", &module(&nested));
            let parse = || syntax::parse(&source, SourceId(0), Version::V1);
            let parsed = parse().0.unwrap();
            let names: Vec<_> =
                parsed.rules.iter().map(|rule| rule.head.reference.to_string()).collect();
            assert_eq!(names, ["q"], "what follows is read: {name}");
            allocation_counter::measure(|| drop(parse())).bytes_total
        };
        let (short, long) = (taken(1_000), taken(20_000));
        assert!(long < short + short / 10, "{name}: {short}, {long}");
    }
}

#[test]
fn what_nesting_allows_fits_the_stack() {
    on_small_stack(|| {
        for (name, open, inner, close) in NESTED {
            for levels in [30, 60, 99, 198] {
                let text =
                    module(&format!("{}{inner}{}", open.repeat(levels), close.repeat(levels)));
                let errors = errors(&text);
                if levels <= 30 {
                    assert_eq!(errors, [""; 0], "{name} {levels}");
                } else {
                    assert!(errors.iter().all(|it| it == TOO_DEEP), "{name} {levels}: {errors:?}");
                }
            }
        }
    });
}

#[test]
fn what_is_refused_fits_the_stack() {
    on_small_stack(|| {
        for (name, open, inner, close) in REFUSED {
            for levels in [30, 60, 99, 198, 10_000] {
                let text =
                    module(&format!("{}{inner}{}", open.repeat(levels), close.repeat(levels)));
                assert!(!errors(&text).is_empty(), "{name} {levels}");
            }
        }
    });
}

#[test]
fn chains() {
    on_small_stack(|| {
        for (name, first, next) in CHAINS {
            let chain = |times: usize| module(&format!("{first}{}", next.repeat(times)));
            assert_eq!(errors(&chain(70)), [""; 0], "{name}");
            assert_eq!(errors(&chain(100_000)), [TOO_DEEP], "{name}");
            let taken = |times: usize| {
                let source = Source::new("", &chain(times));
                let parse = || drop(syntax::parse(&source, SourceId(0), Version::V1));
                allocation_counter::measure(parse).bytes_total
            };
            let (short, long) = (taken(10_000), taken(100_000));
            assert!(long < short * 20, "{name}: {short}, {long}");
        }
    });
}

#[test]
fn long_texts_take_linear_time() {
    let units = [
        "p if { x := 1 }\n",
        "p := [x | y, z]\n",
        "p if { x; y } else := 1 if { z }\n",
        "p if { { x | y: z } }\n",
        "p contains x if some x in [1, 2]\n",
        "p contains $\n",
        "p := \"\n",
        "p := [[[\n",
        "p if { {1, 2} & x } }\n",
        "# METADATA\n# title: x\np := 1\n",
        "p if { a and not { b } or (c and d) }\n",
    ];
    for unit in units {
        let best = |times: usize, runs: usize| {
            let text = format!("package a\nimport rego.v2\n{}", unit.repeat(times));
            let source = Source::new("", &text);
            let parse = || drop(syntax::parse(&source, SourceId(0), Version::V1));
            let once = || time(|| (0..runs).for_each(|_| parse())).0;
            // The best of several: other tests run beside this one.
            (0..4).map(|_| once()).fold(f64::INFINITY, f64::min)
        };
        // As much text, once and in pieces: quadratic time would be 32 times as much. Clocks tick
        // in milliseconds.
        let (pieces, whole) = (best(500, 32), best(16_000, 1));
        assert!(whole < pieces * 10.0 + 0.02, "{unit}: {pieces}, {whole}");
    }
}

#[test]
fn else_branches_are_no_nesting() {
    let branches = " else := 1 if { false }".repeat(10_000);
    on_small_stack(move || {
        assert_eq!(errors(&format!("package a\np := 1 if {{ false }}{branches}\n")), [""; 0]);
    });
}

#[test]
fn errors_have_an_end() {
    let text = format!("package a\n{}", "p := )\n".repeat(10_000));
    assert_eq!(errors(&text).len(), 100);
}
