//! What one evaluation or one compile may cost.

use super::{folder, json, options, run};
use sekisho_rego_tool::{ERROR, EvalOptions, Limits};
use sekisho_value::{Value, from_json};

#[test]
fn budgets_are_named() {
    let doubled = "x0 := [1]; ".to_owned()
        + &(1..40).map(|n| format!("x{n} := [x{}, x{}]; ", n - 1, n - 1)).collect::<String>()
        + "true";
    let few = |steps, memory, depth| Limits { steps, memory, depth, ..Limits::default() };
    let deep = "package p\n\na := b\n\nb := c\n\nc := input.x";
    let made = folder(&[("p.rego", deep)]);
    for (query, limits, message) in [
        ("count([1 | numbers.range(1, 1000)[_]])", few(1_000, 1 << 26, 1000), "more steps"),
        ("numbers.range(1, 1e9)", few(u64::MAX, 1 << 20, 1000), "more memory"),
        ("data.p.a", few(u64::MAX, 1 << 26, 2), "calls nest deeper than 2"),
        // it is small, and its text is not
        (doubled.as_str(), few(u64::MAX, 1 << 20, 1000), "more memory"),
    ] {
        let limited =
            EvalOptions { limits, ..options(query, vec![made.path().display().to_string()]) };
        let (code, printed) = json(&limited);
        assert_eq!(code, ERROR, "{query}");
        assert!(printed.contains("eval_budget_error") && printed.contains(message), "{printed}");
    }
}

#[test]
fn budgets_say_what_raises_them() {
    let made = folder(&[(
        "a.rego",
        "package a\n\np := count(numbers.range(1, 10000000))\n\nq := r\n\nr := s\n\ns := 1\n",
    )]);
    for (query, limits, wanted) in [
        (
            "data.a.p",
            Limits { memory: 1 << 20, ..Limits::default() },
            "the limit is 1 MiB; `--max-memory` raises it",
        ),
        (
            "data.a.p",
            Limits { steps: 1_000, ..Limits::default() },
            "the limit is 1000 operations; `--max-steps` raises it",
        ),
        (
            "data.a.q",
            Limits { depth: 1, ..Limits::default() },
            "the limit is 1 calls in one another; `--max-depth` raises it",
        ),
    ] {
        let paths = vec![made.path().display().to_string()];
        let (code, out, _) = run(&EvalOptions { limits, ..options(query, paths) });
        assert_eq!(code, ERROR, "{out}");
        assert!(out.contains(wanted) && out.contains("in `data.a."), "{wanted}: {out}");
    }
}

/// A compile that runs out of its budget says so as an evaluation does, and where it was.
#[test]
fn budgets_of_a_compile_say_what_raises_them() {
    let rules: String = (0..2_000).map(|at| format!("p{at} if input.x == {at}\n")).collect();
    let made = folder(&[("a.rego", &format!("package a\n\n{rules}"))]);
    let paths = vec![made.path().display().to_string()];
    let limits = Limits { steps: 1_000, ..Limits::default() };
    let (code, out, _) = run(&EvalOptions { limits, ..options("data.a.p0", paths) });
    assert_eq!(code, ERROR, "{out}");
    let error = from_json(&out).unwrap();
    let error = error.path(&["errors"]).unwrap().at(0).unwrap().clone();
    assert_eq!(error.path_str(&["code"]), Some("rego_budget_error"), "{out}");
    assert_eq!(
        error.path_str(&["message"]),
        Some("compiling the policies took more operations than it may")
    );
    assert_eq!(
        error.path_str(&["help"]),
        Some("the limit is 1000 operations; `--max-steps` raises it")
    );
    assert!(error.path_str(&["location", "file"]).unwrap().ends_with("a.rego"), "{out}");
    assert!(error.path(&["location", "row"]).and_then(Value::as_i64).unwrap() > 2, "{out}");
}

/// How deep patterns nest is nobody's to raise.
#[test]
fn nesting_has_a_limit_of_its_own() {
    let all = |text: &str| format!("concat(\"\", [\"{text}\" | numbers.range(1, 2000)[_]])");
    let query = format!("regex.match(concat(\"\", [{}, \"a\", {}]), \"a\")", all("("), all(")"));
    let (code, out, _) = run(&options(&query, Vec::new()));
    assert_eq!(code, ERROR, "{out}");
    assert!(out.contains("the evaluation nests deeper than it may"), "{out}");
    assert!(!out.contains("raises it"), "{out}");
}
