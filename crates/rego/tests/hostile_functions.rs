//! One call of a built-in function must not take more than the evaluation may: each of these ends
//! as an error of the budget, soon, and before the memory is taken.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test may fail, and says why"
)]

use bumpalo::Bump;
use sekisho_budget::Budget;
use sekisho_rego::builtins::{Context, Facts, Failure, Patterns, find};
use sekisho_rego::term::{Arena, Depth, Term};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(30);

/// Calls with a budget of the default size.
fn within<'a>(
    name: &str,
    arena: Arena<'a>,
    world: &'a (Facts, Patterns),
    args: &[Term<'a>],
) -> Result<Term<'a>, Failure> {
    let function = find(name).unwrap().function.unwrap();
    function(&mut Context { arena, facts: &world.0, made: &world.1, patterns: &world.1 }, args)
}

/// What a call with a fresh budget ends as.
fn call(name: &str, args: fn(Arena<'_>) -> Vec<Term<'_>>) -> Result<(), Failure> {
    let (bump, budget, world) = (Bump::new(), Budget::standard(), Default::default());
    let arena = Arena::new(&bump, &budget);
    let given = within(name, arena, &world, &args(arena));
    // the arena itself stays within the budget, but for what bumpalo keeps in reserve
    assert!(bump.allocated_bytes() < 3 * Budget::DEFAULT_MEMORY as usize, "{name}");
    given.map(|_| ())
}

const HUGE: Term<'static> = Term::Int(1_000_000_000_000);

#[test]
fn one_call_is_interrupted() {
    type Args = fn(Arena<'_>) -> Vec<Term<'_>>;
    let cases: &[(&str, Args)] = &[
        ("numbers.range", |_| vec![Term::Int(1), Term::Int(1_000_000_000)]),
        ("numbers.range", |_| vec![Term::Int(i64::MIN), Term::Int(i64::MAX)]),
        ("numbers.range", |_| vec![Term::Int(0), Term::Number("1e999999999")]),
        ("numbers.range_step", |_| vec![Term::Int(1), HUGE, Term::Int(3)]),
        ("bits.lsh", |_| vec![Term::Int(1), HUGE]),
        ("bits.lsh", |_| vec![Term::Int(-1), Term::Number("18446744073709551615")]),
        ("plus", |_| vec![Term::Number("1e999999999"), Term::Int(1)]),
        ("plus", |_| vec![Term::Number("1e-999999999"), Term::Int(1)]),
        ("mul", |_| vec![Term::Number("1e999999999"), Term::Number("1e999999999")]),
        ("div", |_| vec![Term::Number("1e-99999999"), Term::Number("3e99999999")]),
        ("round", |_| vec![Term::Number("1.5e999999999")]),
        ("ceil", |_| vec![Term::Number("1e999999999")]),
        ("format_int", |_| vec![Term::Number("1.5e999999999"), Term::Int(2)]),
        ("product", |arena| vec![arena.array(&vec![Term::Int(i64::MAX); 200_000]).unwrap()]),
        ("sprintf", |arena| {
            let format = "%1000000d".repeat(200);
            let values = arena.array(&vec![Term::Int(1); 200]).unwrap();
            vec![arena.string(&format).unwrap(), values]
        }),
        ("sprintf", |arena| {
            let text = arena.string(&"a".repeat(1 << 20)).unwrap();
            let values = arena.array(&[text; 100]).unwrap();
            vec![arena.string(&"%v".repeat(100)).unwrap(), values]
        }),
        ("replace", |arena| {
            let text = arena.string(&"a".repeat(1 << 20)).unwrap();
            vec![text, Term::String("a"), arena.string(&"b".repeat(1 << 10)).unwrap()]
        }),
        ("replace", |arena| {
            let text = arena.string(&"a".repeat(1 << 20)).unwrap();
            vec![text, Term::String(""), arena.string(&"b".repeat(1 << 10)).unwrap()]
        }),
        ("concat", |arena| {
            let text = arena.string(&"a".repeat(1 << 20)).unwrap();
            vec![text, arena.array(&[text; 100]).unwrap()]
        }),
        ("split", |arena| vec![arena.string(&"a".repeat(8 << 20)).unwrap(), Term::String("")]),
        ("indexof_n", |arena| {
            let text = arena.string(&"a".repeat(4 << 20)).unwrap();
            vec![text, arena.string(&"a".repeat(1 << 19)).unwrap()]
        }),
        ("regex.replace", |arena| {
            let text = arena.string(&"a".repeat(1 << 20)).unwrap();
            vec![text, Term::String("a"), arena.string(&"$0".repeat(1 << 10)).unwrap()]
        }),
        ("regex.match", |arena| {
            let text = arena.string(&"a".repeat(4 << 20)).unwrap();
            vec![Term::String(r"(\pL{0,100}){10}\pN{900}"), text]
        }),
        ("regex.match", |arena| {
            let text = arena.string(&"é".repeat(1 << 20)).unwrap();
            vec![arena.string(&r"\pL{1000}".repeat(2_000)).unwrap(), text]
        }),
        ("regex.find_all_string_submatch_n", |arena| {
            let text = arena.string(&"é".repeat(1 << 20)).unwrap();
            vec![arena.string(&r"(\pL?)(\pN?)".repeat(1_000)).unwrap(), text, Term::Int(-1)]
        }),
        ("regex.replace", |arena| {
            let text = arena.string(&"a".repeat(1 << 20)).unwrap();
            vec![text, Term::String(r"\pL{0,1000}?\pN{1,900}|"), Term::String("")]
        }),
        ("regex.match", |arena| {
            vec![arena.string(&r"\pL{1000}".repeat(1_000_000)).unwrap(), Term::String("a")]
        }),
        ("regex.match", |arena| {
            vec![
                arena.string(&format!("{}{}", "(".repeat(1_001), ")".repeat(1_001))).unwrap(),
                Term::String("a"),
            ]
        }),
        ("regex.find_all_string_submatch_n", |arena| {
            let text = arena.string(&"a".repeat(4 << 20)).unwrap();
            vec![arena.string(&"(a?)".repeat(300)).unwrap(), text, Term::Int(-1)]
        }),
        ("regex.split", |arena| {
            vec![Term::String("a*?"), arena.string(&"a".repeat(8 << 20)).unwrap()]
        }),
        ("glob.match", |arena| {
            let pattern = arena.string(&"{".repeat(100_000)).unwrap();
            vec![pattern, Term::Null, Term::String("a")]
        }),
        ("regex.globs_match", |arena| {
            let pattern = arena.string(&"a*b*".repeat(50_000)).unwrap();
            vec![pattern, pattern]
        }),
        ("graph.reachable_paths", |arena| {
            // every node leads to all others: the paths are the permutations
            let nodes: Vec<_> = (0..14).map(Term::Int).collect();
            let edges = arena.array(&nodes).unwrap();
            let graph = nodes.iter().map(|node| (*node, edges)).collect();
            vec![arena.object(graph).unwrap(), arena.array(&nodes).unwrap()]
        }),
        ("walk", |arena| {
            // shared parts: 2^40 places
            let mut term = Term::Int(1);
            for _ in 0..40 {
                term = arena.array(&[term, term]).unwrap();
            }
            vec![term]
        }),
        ("equal", |arena| {
            let doubled = |mut term| {
                for _ in 0..40 {
                    term = arena.array(&[term, term]).unwrap();
                }
                term
            };
            vec![doubled(Term::Int(1)), doubled(Term::Int(1))]
        }),
        ("sprintf", |arena| {
            let mut term = Term::Int(1);
            for _ in 0..40 {
                term = arena.array(&[term, term]).unwrap();
            }
            vec![Term::String("%v"), arena.array(&[term]).unwrap()]
        }),
        ("sort", |arena| {
            let item = |_| arena.array(&vec![Term::Int(1); 4000]).unwrap();
            let items: Vec<_> = (0..500).map(item).collect();
            let items: Vec<_> = items.iter().copied().cycle().take(200_000).collect();
            vec![arena.array(&items).unwrap()]
        }),
        ("units.parse", |_| vec![Term::String("1e999999")]),
        ("units.parse_bytes", |_| vec![Term::String("1e999999")]),
    ];
    for (number, (name, args)) in cases.iter().enumerate() {
        let start = Instant::now();
        let given = call(name, *args);
        assert!(matches!(given, Err(Failure::Budget(_))), "{number} {name}: {given:?}");
        assert!(start.elapsed() < SOON, "{number} {name}: {:?}", start.elapsed());
    }
}

#[test]
fn repetition_is_interrupted() {
    let squared = |name: &str, operator: &str, first: &'static str| {
        let (bump, budget, world) = (Bump::new(), Budget::standard(), Default::default());
        let arena = Arena::new(&bump, &budget);
        let start = Instant::now();
        let mut value = Term::Number(first);
        let mut last = Ok(value);
        for _ in 0..40 {
            last = within(operator, arena, &world, &[value, value]);
            let Ok(next) = last else { break };
            value = next;
        }
        assert!(matches!(last, Err(Failure::Budget(_))), "{name}");
        assert!(start.elapsed() < SOON, "{name}: {:?}", start.elapsed());
    };
    squared("an integer", "mul", "12345678901234567890");
    squared("a fraction", "mul", "1.5e-10");

    let (bump, budget, world) = (Bump::new(), Budget::standard(), Default::default());
    let arena = Arena::new(&bump, &budget);
    let mut text = Term::String("0123456789");
    let mut doublings = 0;
    let last = loop {
        let pair = arena.array(&[text, text]);
        let doubled = pair
            .map_err(Failure::from)
            .and_then(|pair| within("concat", arena, &world, &[Term::String(""), pair]));
        match doubled {
            Ok(doubled) => text = doubled,
            Err(failure) => break failure,
        }
        doublings += 1;
        assert!(doublings < 40);
    };
    assert!(matches!(last, Failure::Budget(_)));
}

#[test]
fn values_do_not_nest_without_end() {
    let (bump, budget) = (Bump::new(), Budget::standard());
    let arena = Arena::new(&bump, &budget);
    let mut term = Term::Null;
    let mut depth = 0;
    while let Ok(next) = arena.array(&[term]) {
        term = next;
        depth += 1;
    }
    assert_eq!(depth, Depth::LIMIT);
    // what walks over a value does so on the stack of a test's thread
    assert_eq!(term.to_string().len(), 2 * Depth::LIMIT + 4);
    assert!(term == term);
    assert!(sekisho_rego::term::to_json(term).to_json().len() > Depth::LIMIT);
}
