//! `sekisho rego test`

use crate::eval::{compile, conflicts};
use crate::limits::{Limits, Watch};
use crate::load::{Loaded, load};
use crate::render::{Problem, int};
use crate::{ERROR, FAILED, OK};
use sekisho_rego::ast::Version;
use sekisho_rego::builtins::Facts;
use sekisho_rego::term::to_json_within;
use sekisho_rego::{Coverable, EvalError, Location, Policies, Prepared, Question, Scratch, Source};
use sekisho_value::{Map, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// How results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestFormat {
    /// for people
    Text,
    /// one object for each test
    Json,
    /// for CI systems
    Junit,
}

/// What is tested, and how.
#[derive(Clone, Debug)]
pub struct TestOptions {
    /// policy, test and data files and folders
    pub paths: Vec<String>,
    /// a schema of the input, or a folder of schemas that annotations name
    pub schema: Option<String>,
    /// the syntax of modules
    pub version: Version,
    /// only tests whose full name (`data.pkg.test_a`) this matches
    pub run: Option<String>,
    /// show every test, and what passing tests print
    pub verbose: bool,
    /// show what the tests ran, in place of the results
    pub coverage: bool,
    /// how results are shown
    pub format: TestFormat,
    /// what each test may cost
    pub limits: Limits,
    /// nanoseconds since 1970
    pub now: i64,
    /// colour in errors
    pub color: bool,
}

/// What became of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// it holds
    Passed,
    /// it does not hold
    Failed,
    /// it could not be evaluated
    Error,
    /// its name says that it is not yet to be run
    Skipped,
}

/// One case of a test: of `test_add[name] if { … }`, one `name`.
#[derive(Clone, Debug)]
pub struct Case {
    /// its name
    pub name: String,
    /// whether it holds
    pub outcome: Outcome,
    /// of a test with names in names
    pub cases: Vec<Self>,
}

impl Case {
    fn holds(&self) -> bool {
        self.outcome == Outcome::Passed && self.cases.iter().all(Self::holds)
    }
}

/// One test.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// `data.pkg.test_a`
    pub name: String,
    /// where it stands
    pub file: String,
    /// from 1
    pub line: usize,
    /// from 1
    pub column: usize,
    /// what became of it
    pub outcome: Outcome,
    /// why it is an error, or which of its cases do not hold
    pub reason: Option<String>,
    /// its cases, where it has some
    pub cases: Vec<Case>,
    /// what it printed
    pub printed: Vec<String>,
    /// how long it took
    pub time: Duration,
}

/// Line and column of the beginning and of the end, from 1.
type Range = [(usize, usize); 2];

/// What the tests ran.
#[derive(Clone, Debug, Default)]
struct CoverageReport {
    /// by file: expressions and heads that were run, and those that were not
    files: BTreeMap<String, (BTreeSet<Range>, BTreeSet<Range>)>,
}

/// Runs the tests; results go to `out`, errors of files and policies to `err`.
///
/// # Errors
/// Where `out` or `err` cannot be written.
pub fn test(options: &TestOptions, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let Loaded { modules, data, errors } = load(&options.paths);
    let mut problems: Vec<Problem> = errors.iter().map(Problem::of_file).collect();
    let filter = match options.run.as_deref().map(regex::Regex::new).transpose() {
        Ok(filter) => filter,
        Err(error) => {
            problems.push(Problem::general(format!("--run: {error}")));
            None
        }
    };
    let watch = Watch::start(options.limits.time);
    let budget = watch.budget(&options.limits);
    let schema = options.schema.as_deref();
    let policies = match compile(modules, options.version, schema, &budget, &options.limits) {
        Ok(policies) if problems.is_empty() => {
            let conflicts = conflicts(&policies, &data);
            if !conflicts.is_empty() {
                for problem in &conflicts {
                    problem.write(options.color, err)?;
                }
                return Ok(ERROR);
            }
            policies
        }
        found => {
            problems.extend(found.err().into_iter().flatten());
            for problem in &problems {
                problem.write(options.color, err)?;
            }
            return Ok(ERROR);
        }
    };
    let data = Value::Object(data);
    let covered = RefCell::new(HashSet::new());
    let mut scratch = Scratch::default();
    let mut results = Vec::new();
    for test in tests(&policies) {
        if filter.as_ref().is_none_or(|filter| filter.is_match(&test.name)) {
            results.push(run(options, &policies, &data, test, &covered, &mut scratch));
        }
    }
    let is = |outcome| results.iter().any(|result| result.outcome == outcome);
    // Lines that a failing test ran say little.
    if options.coverage && !is(Outcome::Error) && !is(Outcome::Failed) {
        show_coverage(&coverage(&policies, &covered.borrow()), out)?;
    } else {
        show(options, &results, out)?;
    }
    Ok(match () {
        () if is(Outcome::Error) => ERROR,
        () if is(Outcome::Failed) => FAILED,
        () => OK,
    })
}

/// A test that is to be run.
struct Test {
    name: String,
    path: Vec<String>,
    file: String,
    line: usize,
    column: usize,
    skipped: bool,
}

/// Rules whose name starts with `test_`, or `todo_test_` where they are not yet to be run; once
/// each, in the order of their modules.
fn tests(policies: &Policies) -> Vec<Test> {
    let mut seen = HashSet::new();
    let mut tests = Vec::new();
    for rule in policies.rules() {
        let Some(last) = rule.path.last() else { continue };
        let skipped = last.starts_with("todo_test_");
        if !skipped && !last.starts_with("test_") || !seen.insert(rule.path.clone()) {
            continue;
        }
        let source = policies.sources().get(usize::from(rule.location.source.0));
        let place = source.map(|source| source.line_column(rule.location.span.start));
        let (line, column) = place.unwrap_or_default();
        tests.push((
            (rule.location.source, rule.location.span),
            Test {
                name: format!("data.{}", rule.path.join(".")),
                path: rule.path.iter().map(ToString::to_string).collect(),
                file: source.map(|source| source.name.to_string()).unwrap_or_default(),
                line,
                column,
                skipped,
            },
        ));
    }
    tests.sort_by_key(|(place, _)| *place);
    tests.into_iter().map(|(_, test)| test).collect()
}

fn run(
    options: &TestOptions,
    policies: &Policies,
    data: &Value,
    test: Test,
    covered: &RefCell<HashSet<Location>>,
    scratch: &mut Scratch,
) -> TestResult {
    let printed = RefCell::new(Vec::new());
    let mut cases = Vec::new();
    let started = Instant::now();
    let (outcome, reason) = if test.skipped {
        (Outcome::Skipped, None)
    } else {
        let watch = Watch::start(options.limits.time);
        let budget = watch.budget(&options.limits);
        let facts = Facts { now: options.now, ..Facts::default() };
        let print = |line: &str, _| printed.borrow_mut().push(line.to_owned());
        let cover = |location| {
            covered.borrow_mut().insert(location);
        };
        let question = Question {
            depth: options.limits.depth,
            print: Some(&print),
            cover: options.coverage.then_some(&cover),
            ..Question::new(data, &facts, &budget)
        };
        let path: Vec<&str> = test.path.iter().map(String::as_str).collect();
        let value = policies.document(&path).map_err(|found| {
            found.iter().map(|one| one.message.clone()).collect::<Vec<_>>().join("; ")
        });
        let mut evaluate = |prepared: &Prepared| {
            let value = prepared.evaluate(scratch, &question, |value| {
                value.map(|value| to_json_within(value, &budget)).transpose()
            });
            match value {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(exceeded)) => Err(exceeded.to_string()),
                Err(error) => Err(told(&error, policies, &options.limits)),
            }
        };
        match value.and_then(|prepared| evaluate(&prepared)) {
            Err(error) => (Outcome::Error, Some(error)),
            Ok(value) => {
                let met = policies.cases(&path).ok().flatten();
                let has_cases = met.is_some();
                let met = met.and_then(|met| evaluate(&met).ok().flatten());
                if let Some(met) = met {
                    cases = judge_cases(value.as_ref(), &met);
                }
                judge(value.as_ref(), has_cases.then_some(cases.as_slice()))
            }
        }
    };
    TestResult {
        name: test.name,
        file: test.file,
        line: test.line,
        column: test.column,
        outcome,
        reason,
        cases,
        printed: printed.into_inner(),
        time: started.elapsed(),
    }
}

/// An error of an evaluation, with its place and what would mend it.
fn told(error: &EvalError, policies: &Policies, limits: &Limits) -> String {
    let source = policies.sources().get(usize::from(error.location.source.0));
    let place = source.map(|source| {
        let (line, column) = source.line_column(error.location.span.start);
        format!("{}:{line}:{column}: ", source.name)
    });
    let help = error.limit.map(|limit| format!("; {}", limits.advice(limit)));
    let (place, help) = (place.unwrap_or_default(), help.unwrap_or_default());
    format!("{place}{}: {}{help}", error.code, error.message)
}

/// A test holds where its value is `true`; one that gives an object of cases, where each holds.
fn judge(value: Option<&Value>, cases: Option<&[Case]>) -> (Outcome, Option<String>) {
    let all = cases.unwrap_or_default();
    let failed: Vec<&str> =
        all.iter().filter(|case| !case.holds()).map(|case| case.name.as_str()).collect();
    match value {
        Some(Value::Bool(true)) => (Outcome::Passed, None),
        None | Some(Value::Bool(false)) => (Outcome::Failed, None),
        Some(Value::Object(_)) if cases.is_some() && failed.is_empty() => (Outcome::Passed, None),
        Some(Value::Object(_)) if cases.is_some() => {
            (Outcome::Failed, Some(format!("cases: {}", failed.join(", "))))
        }
        Some(value) => {
            let found = value.kind();
            (Outcome::Failed, Some(format!("its value is a {found}, and is to be `true`")))
        }
    }
}

/// Of every case that is met whether it holds; `value` has those that do.
fn judge_cases(value: Option<&Value>, met: &Value) -> Vec<Case> {
    let Value::Object(names) = met else { return Vec::new() };
    names
        .iter()
        .map(|(name, below)| {
            let value = value.and_then(|value| value.get(name));
            let cases = judge_cases(value, below);
            let below = matches!(below, Value::Object(_)).then_some(cases.as_slice());
            let outcome = judge(value, below).0;
            Case { name: name.to_string(), outcome, cases }
        })
        .collect()
}

fn show(options: &TestOptions, results: &[TestResult], out: &mut dyn Write) -> io::Result<()> {
    match options.format {
        TestFormat::Text => show_text(options, results, out),
        TestFormat::Json => {
            let results: Vec<Value> = results.iter().map(value).collect();
            writeln!(out, "{}", Value::from(results).to_json_pretty())
        }
        TestFormat::Junit => show_junit(results, out),
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "PASS",
        Outcome::Failed => "FAIL",
        Outcome::Error => "ERROR",
        Outcome::Skipped => "SKIPPED",
    }
}

fn count(results: &[TestResult], wanted: &[Outcome]) -> usize {
    results.iter().filter(|result| wanted.contains(&result.outcome)).count()
}

fn show_text(options: &TestOptions, results: &[TestResult], out: &mut dyn Write) -> io::Result<()> {
    for result in results {
        if result.outcome == Outcome::Passed && !options.verbose {
            continue;
        }
        let (TestResult { name, file, line, .. }, word) = (result, word(result.outcome));
        write!(out, "{word} {name} ({file}:{line}")?;
        if options.verbose && result.outcome != Outcome::Skipped {
            write!(out, ", {:?}", result.time)?;
        }
        writeln!(out, ")")?;
        if let Some(reason) = &result.reason {
            writeln!(out, "  {reason}")?;
        }
        for line in &result.printed {
            writeln!(out, "  {line}")?;
        }
        if options.verbose {
            show_cases(&result.cases, 1, out)?;
        }
    }
    let passed = count(results, &[Outcome::Passed]);
    let failed = count(results, &[Outcome::Failed, Outcome::Error]);
    let skipped = count(results, &[Outcome::Skipped]);
    if skipped > 0 {
        writeln!(out, "{skipped} skipped")?;
    }
    writeln!(out, "{passed} passed, {failed} failed")
}

fn show_cases(cases: &[Case], depth: usize, out: &mut dyn Write) -> io::Result<()> {
    for case in cases {
        let word = if case.holds() { "PASS" } else { "FAIL" };
        writeln!(out, "{}{word} {}", "  ".repeat(depth), case.name)?;
        show_cases(&case.cases, depth + 1, out)?;
    }
    Ok(())
}

/// As `opa test --format json` shows it.
fn value(result: &TestResult) -> Value {
    let location = Map::from_iter([
        ("file", Value::from(result.file.as_str())),
        ("row", int(result.line)),
        ("col", int(result.column)),
    ]);
    let (package, name) = result.name.rsplit_once('.').unwrap_or(("", &result.name));
    let nanoseconds = i64::try_from(result.time.as_nanos()).unwrap_or(i64::MAX);
    let mut map = Map::from_iter([
        ("location", Value::Object(location)),
        ("package", Value::from(package)),
        ("name", Value::from(name)),
        ("duration", Value::from(nanoseconds)),
    ]);
    match result.outcome {
        Outcome::Passed => {}
        Outcome::Failed => map.insert("fail", true).map_or((), drop),
        Outcome::Skipped => map.insert("skip", true).map_or((), drop),
        Outcome::Error => {
            let message = Value::from(result.reason.as_deref().unwrap_or_default());
            map.insert("error", Value::Object(Map::from_iter([("message", message)])));
        }
    }
    if !result.cases.is_empty() {
        map.insert("sub_results", sub_results(&result.cases));
    }
    if !result.printed.is_empty() {
        let lines: Vec<Value> = result.printed.iter().map(|l| Value::from(l.as_str())).collect();
        map.insert("printed", lines);
    }
    Value::Object(map)
}

fn sub_results(cases: &[Case]) -> Value {
    let one = |case: &Case| {
        let mut map = Map::from_iter([("name", Value::from(case.name.as_str()))]);
        if !case.holds() {
            map.insert("fail", true);
        }
        if !case.cases.is_empty() {
            map.insert("sub_results", sub_results(&case.cases));
        }
        Value::Object(map)
    };
    Value::Object(cases.iter().map(|case| (case.name.as_str(), one(case))).collect())
}

fn show_junit(results: &[TestResult], out: &mut dyn Write) -> io::Result<()> {
    let (tests, skipped) = (results.len(), count(results, &[Outcome::Skipped]));
    let (failed, errors) = (count(results, &[Outcome::Failed]), count(results, &[Outcome::Error]));
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites><testsuite name="rego" tests="{tests}" failures="{failed}" errors="{errors}" skipped="{skipped}">"#
    )?;
    for result in results {
        let (package, name) = result.name.rsplit_once('.').unwrap_or(("", &result.name));
        let (package, name, file) = (xml(package), xml(name), xml(&result.file));
        let (line, seconds) = (result.line, result.time.as_secs_f64());
        write!(
            out,
            r#"<testcase classname="{package}" name="{name}" file="{file}" line="{line}" time="{seconds:.6}">"#
        )?;
        let mut said: Vec<&str> = result.reason.iter().map(String::as_str).collect();
        said.extend(result.printed.iter().map(String::as_str));
        let said = xml(&said.join("\n"));
        match result.outcome {
            Outcome::Passed => {}
            Outcome::Failed => write!(out, r#"<failure message="does not hold">{said}</failure>"#)?,
            Outcome::Error => write!(out, r#"<error message="{said}"/>"#)?,
            Outcome::Skipped => write!(out, "<skipped/>")?,
        }
        writeln!(out, "</testcase>")?;
    }
    writeln!(out, "</testsuite></testsuites>")
}

/// Text as XML takes it: characters that XML forbids are left out.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(char),
            char if char.is_control() => {}
            char => escaped.push(char),
        }
    }
    escaped
}

/// What the tests ran of policies and did not; test files are left out.
fn coverage(policies: &Policies, covered: &HashSet<Location>) -> CoverageReport {
    let mut report = CoverageReport::default();
    for Coverable { head, body } in policies.coverable() {
        let mut places = body;
        places.extend(head);
        // What binds a constant runs nothing: it was reached where something behind it was.
        let reached = places.iter().rposition(|place| covered.contains(place));
        for (at, place) in places.iter().enumerate() {
            let Some(source) = policies.sources().get(usize::from(place.source.0)) else {
                continue;
            };
            if source.name.ends_with("_test.rego") || place.span.start == place.span.end {
                continue;
            }
            let end = match head.filter(|head| head == place) {
                Some(head) => head_end(source, head, &places),
                None => place.span.end,
            };
            let range = [place.span.start, end].map(|end| source.line_column(end));
            let (run, missed) = report.files.entry(source.name.to_string()).or_default();
            if reached.is_some_and(|reached| at <= reached) {
                run.insert(range);
            } else {
                missed.insert(range);
            }
        }
    }
    for (run, missed) in report.files.values_mut() {
        missed.retain(|range| !run.contains(range));
    }
    report
}

/// Where a head ends: before the `if` or the brace of the body, where it has one.
fn head_end(source: &Source, head: Location, places: &[Location]) -> u32 {
    let (start, end) = (head.span.start, head.span.end);
    let before = places.iter().filter_map(|place| {
        let text = source.text.get(start as usize..place.span.start as usize)?.trim_end();
        let text = text.strip_suffix('{').unwrap_or(text).trim_end();
        text.strip_suffix("if").filter(|text| text.ends_with(char::is_whitespace))
    });
    let head = before.map(|text| text.trim_end().len()).filter(|len| *len > 0).min();
    head.and_then(|len| u32::try_from(len).ok()).map_or(end, |len| start.saturating_add(len))
}

fn show_coverage(report: &CoverageReport, out: &mut dyn Write) -> io::Result<()> {
    let percent = |run: usize, missed: usize| match run + missed {
        0 => 100.0,
        all => (run as f64 * 10_000.0 / all as f64).round() / 100.0,
    };
    let number =
        |number: f64| sekisho_value::Number::from_f64(number).map_or(Value::Null, Value::Number);
    let mut files = Map::new();
    let (mut all_run, mut all_missed) = (0, 0);
    for (file, (run, missed)) in &report.files {
        let [run_lines, missed_lines] = [run, missed].map(lines);
        all_run += run_lines;
        all_missed += missed_lines;
        let of_file = Map::from_iter([
            ("covered", Value::from(ranges(run))),
            ("not_covered", Value::from(ranges(missed))),
            ("covered_lines", int(run_lines)),
            ("not_covered_lines", int(missed_lines)),
            ("coverage", number(percent(run_lines, missed_lines))),
        ]);
        files.insert(file.as_str(), Value::Object(of_file));
    }
    let whole = Map::from_iter([
        ("files", Value::Object(files)),
        ("covered_lines", int(all_run)),
        ("not_covered_lines", int(all_missed)),
        ("coverage", number(percent(all_run, all_missed))),
    ]);
    writeln!(out, "{}", Value::Object(whole).to_json_pretty())
}

/// On how many lines ranges begin.
fn lines(ranges: &BTreeSet<Range>) -> usize {
    let lines: BTreeSet<usize> = ranges.iter().map(|[(line, _), _]| *line).collect();
    lines.len()
}

fn ranges(ranges: &BTreeSet<Range>) -> Vec<Value> {
    let place = |(row, column): (usize, usize)| {
        Value::Object(Map::from_iter([("row", int(row)), ("col", int(column))]))
    };
    let range = |[start, end]: &Range| {
        Value::Object(Map::from_iter([("start", place(*start)), ("end", place(*end))]))
    };
    ranges.iter().map(range).collect()
}
