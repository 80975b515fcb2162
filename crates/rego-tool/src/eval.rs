//! `sekisho rego eval`

use crate::limits::{Limits, Watch};
use crate::load::{Loaded, load, schemas};
use crate::render::{Problem, errors, int};
use crate::{ERROR, OK};
use sekisho_budget::{Budget, BudgetExceeded};
use sekisho_rego::ast::Version;
use sekisho_rego::builtins::Facts;
use sekisho_rego::term::to_json_within;
use sekisho_rego::{
    Code, EvalCode, EvalError, Limit, Options, Policies, PreparedQuery, Question, Scratch, Source,
    Term,
};
use sekisho_value::{Map, Str, Value};
use std::cell::RefCell;
use std::io::{self, Write};

/// How results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvalFormat {
    /// as `opa eval --format json`
    Json,
    /// for people
    Pretty,
}

/// What is evaluated.
#[derive(Clone, Debug)]
pub struct EvalOptions {
    /// the query
    pub query: String,
    /// policy and data files and folders
    pub paths: Vec<String>,
    /// the text of the input document, and its name
    pub input: Option<(String, String)>,
    /// a schema of the input, or a folder of schemas that annotations name
    pub schema: Option<String>,
    /// the syntax of modules and query
    pub version: Version,
    /// how results are shown
    pub format: EvalFormat,
    /// a built-in that fails ends the evaluation
    pub strict_builtin_errors: bool,
    /// rules may stand where base documents do: the documents count
    pub allow_conflicts: bool,
    /// what it may cost
    pub limits: Limits,
    /// nanoseconds since 1970
    pub now: i64,
    /// where random numbers start
    pub seed: u64,
    /// colour in errors
    pub color: bool,
}

/// Evaluates a query; results go to `out`, and in the format for people errors to `err`.
///
/// # Errors
/// Where `out` or `err` cannot be written.
pub fn eval(options: &EvalOptions, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    match answer(options, err) {
        Ok(results) => {
            show(options.format, &results, out)?;
            Ok(OK)
        }
        Err(problems) => {
            match options.format {
                EvalFormat::Json => {
                    writeln!(out, "{}", errors(&problems).to_json_pretty())?;
                }
                EvalFormat::Pretty => {
                    for problem in &problems {
                        problem.write(options.color, err)?;
                    }
                }
            }
            Ok(ERROR)
        }
    }
}

/// One result: variables and expressions with their values.
struct Row {
    bindings: Vec<(String, Value)>,
    expressions: Vec<Value>,
    /// text, row and column of each expression
    texts: Vec<(String, usize, usize)>,
}

fn answer(options: &EvalOptions, err: &mut dyn Write) -> Result<Vec<Row>, Vec<Problem>> {
    let mut session = Session::open(options)?;
    let mut found = Vec::new();
    let watch = Watch::start(options.limits.time);
    let printed = session.answer(&watch, &mut |query, results, budget| {
        found = rows(query, results, budget)?;
        Ok(())
    });
    for line in printed.map_err(|problem| vec![*problem])? {
        let _ = writeln!(err, "{line}");
    }
    Ok(found)
}

/// A query that is ready, with its data and input.
pub(crate) struct Session<'o> {
    options: &'o EvalOptions,
    query: PreparedQuery,
    data: Value,
    input: Option<Value>,
    scratch: Scratch,
}

impl<'o> Session<'o> {
    pub(crate) fn open(options: &'o EvalOptions) -> Result<Self, Vec<Problem>> {
        let Loaded { modules, data, errors } = load(&options.paths);
        if !errors.is_empty() {
            return Err(errors.iter().map(Problem::of_file).collect());
        }
        let input = match &options.input {
            None => None,
            Some((name, text)) => Some(read_input(name, text)?),
        };
        let watch = Watch::start(options.limits.time);
        let budget = watch.budget(&options.limits);
        let schema = options.schema.as_deref();
        let policies = compile(modules, options.version, schema, &budget, &options.limits)?;
        let conflicts = conflicts(&policies, &data);
        if !conflicts.is_empty() && !options.allow_conflicts {
            return Err(conflicts);
        }
        if is_empty(&options.query) {
            return Err(vec![Problem::general("cannot evaluate empty query")]);
        }
        let query = policies
            .query(&options.query, options.version, &Options::default(), &budget)
            .map_err(|found| {
            let mut sources = policies.sources().to_vec();
            sources.push(Source::new("", &options.query));
            problems(&found, &sources, &options.limits)
        })?;
        let data = Value::Object(data);
        Ok(Self { options, query, data, input, scratch: Scratch::default() })
    }

    /// Evaluates once, within a budget of its own and the time of the watch; gives what was
    /// printed.
    pub(crate) fn answer(
        &mut self,
        watch: &Watch,
        then: &mut dyn FnMut(&PreparedQuery, Term<'_>, &Budget<'_>) -> Result<(), BudgetExceeded>,
    ) -> Result<Vec<String>, Box<Problem>> {
        let budget = watch.budget(&self.options.limits);
        let facts =
            Facts { now: self.options.now, seed: self.options.seed, runtime: Value::object() };
        let printed = RefCell::new(Vec::new());
        let print = |line: &str, _| printed.borrow_mut().push(line.to_owned());
        let question = Question {
            input: self.input.as_ref(),
            depth: self.options.limits.depth,
            strict_builtin_errors: self.options.strict_builtin_errors,
            print: Some(&print),
            ..Question::new(&self.data, &facts, &budget)
        };
        let query = &self.query;
        let done = query.prepared.evaluate(&mut self.scratch, &question, |results| match results {
            Some(results) => then(query, results, &budget),
            None => Ok(()),
        });
        done.and_then(|shown| {
            // A small value may be a large text: its parts may stand in it again and again.
            shown.map_err(|exceeded| EvalError {
                code: EvalCode::Budget,
                message: format!("{exceeded}, where its result is turned into JSON"),
                location: query.shape.expressions.first().map(|(at, _)| *at).unwrap_or_default(),
                limit: Limit::of(exceeded),
            })
        })
        .map_err(|error| {
            Box::new(Problem::of_evaluation(&error, query.prepared.sources(), &self.options.limits))
        })?;
        Ok(printed.into_inner())
    }
}

/// Compiles modules; all that is wrong with them.
pub(crate) fn compile(
    modules: Vec<Source>,
    version: Version,
    schema: Option<&str>,
    budget: &Budget<'_>,
    limits: &Limits,
) -> Result<Policies, Vec<Problem>> {
    let schemas = schemas(schema).map_err(|error| vec![Problem::of_file(&error)])?;
    let options = Options { schemas: Some(schemas), ..Options::default() };
    let modules = modules.into_iter().map(|source| (source, version)).collect();
    let (policies, sources, found) = Policies::compile(modules, &options, budget);
    policies.ok_or_else(|| problems(&found, &sources, limits))
}

/// Rules that stand where base documents do.
pub(crate) fn conflicts(policies: &Policies, data: &Map) -> Vec<Problem> {
    let mut rules: Vec<_> = policies.rules().iter().collect();
    rules.sort_by_key(|rule| (rule.location.source, rule.location.span));
    let mut told: Vec<&[Str]> = Vec::new();
    let mut found = Vec::new();
    for rule in rules {
        let path = rule.path.as_slice();
        if exists(data, path) && !told.iter().any(|other| path.starts_with(other)) {
            told.push(path);
            let message = format!("conflicting rule for data path {} found", path.join("/"));
            let (location, help) = (rule.location, Some("rename one of them".to_owned()));
            let fault = sekisho_rego::Diagnostic { code: Code::Compile, message, location, help };
            found.push(Problem::of_diagnostic(&fault, policies.sources(), None));
        }
    }
    found
}

/// Whether a base document stands at a path, or what is no object above it.
fn exists(data: &Map, path: &[Str]) -> bool {
    let mut at = data;
    for (depth, key) in path.iter().enumerate() {
        match at.get(key) {
            None => return false,
            Some(Value::Object(below)) if depth + 1 < path.len() => at = below,
            Some(_) => return true,
        }
    }
    false
}

fn problems(
    found: &[sekisho_rego::Diagnostic],
    sources: &[Source],
    limits: &Limits,
) -> Vec<Problem> {
    found.iter().map(|fault| Problem::of_diagnostic(fault, sources, Some(limits))).collect()
}

fn read_input(name: &str, text: &str) -> Result<Value, Vec<Problem>> {
    // JSON is read as JSON, so that numbers keep their text.
    sekisho_value::from_json(text).or_else(|_| {
        let read = sekisho_manifest::read_document(name, text.as_bytes());
        read.map(|document| document.value).map_err(|error| {
            vec![Problem::of_file(&crate::load::LoadError {
                file: name.to_owned(),
                place: Some((error.line, error.column)),
                message: error.message,
                help: error.help,
            })]
        })
    })
}

fn rows(
    query: &PreparedQuery,
    results: Term<'_>,
    budget: &Budget<'_>,
) -> Result<Vec<Row>, BudgetExceeded> {
    let shape = &query.shape;
    results
        .items()
        .map(|result| {
            let value = |at: usize| match result.entry(at) {
                Some((_, value)) => to_json_within(value, budget),
                None => Ok(Value::Null),
            };
            Ok(Row {
                bindings: shape
                    .names
                    .iter()
                    .map(|(name, at)| Ok((name.to_string(), value(*at)?)))
                    .collect::<Result<_, _>>()?,
                expressions: shape
                    .expressions
                    .iter()
                    .map(|(_, at)| at.map_or(Ok(Value::Bool(true)), value))
                    .collect::<Result<_, _>>()?,
                texts: shape
                    .expressions
                    .iter()
                    .map(|(location, _)| {
                        let span = location.span;
                        let (row, column) = query.source.line_column(span.start);
                        let text = query.source.text.get(span.start as usize..span.end as usize);
                        (text.unwrap_or_default().to_owned(), row, column)
                    })
                    .collect(),
            })
        })
        .collect()
}

fn show(format: EvalFormat, rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    match format {
        EvalFormat::Json => {
            let mut map = Map::new();
            if !rows.is_empty() {
                map.insert("result", rows.iter().map(row_value).collect::<Vec<_>>());
            }
            writeln!(out, "{}", Value::Object(map).to_json_pretty())
        }
        EvalFormat::Pretty => pretty(rows, out),
    }
}

fn row_value(row: &Row) -> Value {
    let expressions: Vec<Value> = row
        .expressions
        .iter()
        .zip(&row.texts)
        .map(|(value, (text, line, column))| {
            let location = Map::from_iter([("row", int(*line)), ("col", int(*column))]);
            Value::Object(Map::from_iter([
                ("value", value.clone()),
                ("text", Value::from(text.as_str())),
                ("location", Value::Object(location)),
            ]))
        })
        .collect();
    let mut map = Map::from_iter([("expressions", Value::from(expressions))]);
    if !row.bindings.is_empty() {
        let bindings: Map = row.bindings.iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
        map.insert("bindings", Value::Object(bindings));
    }
    Value::Object(map)
}

/// A single value is shown alone; anything else as a table.
fn pretty(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = rows.first() else { return writeln!(out, "undefined") };
    let single = rows.len() == 1 && first.bindings.is_empty() && first.expressions.len() == 1;
    if let (true, Some(value)) = (single, first.expressions.first()) {
        return writeln!(out, "{}", value.to_json_pretty());
    }
    let mut heads: Vec<String> = first.bindings.iter().map(|(name, _)| name.clone()).collect();
    // Expressions that only say that they hold are not worth a column.
    let shown: Vec<usize> = (0..first.expressions.len())
        .filter(|at| rows.iter().any(|row| row.expressions.get(*at) != Some(&Value::Bool(true))))
        .collect();
    heads.extend(shown.iter().filter_map(|at| first.texts.get(*at)).map(|(text, ..)| text.clone()));
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let bindings = row.bindings.iter().map(|(_, value)| value);
            let values = shown.iter().filter_map(|at| row.expressions.get(*at));
            bindings.chain(values).map(Value::to_json).collect()
        })
        .collect();
    if heads.is_empty() {
        return rows.iter().try_for_each(|_| writeln!(out, "true"));
    }
    table(&heads, &cells, out)
}

fn table(heads: &[String], rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    let width = |text: &String| text.chars().count();
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(at, head)| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(width);
            cells.chain([width(head)]).max().unwrap_or(0)
        })
        .collect();
    let mut line = |cells: &[String]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, wide)| format!("{cell}{}", " ".repeat(wide.saturating_sub(width(cell)))))
            .collect();
        writeln!(out, "{}", padded.join("  ").trim_end())
    };
    line(heads)?;
    line(&widths.iter().map(|wide| "-".repeat(*wide)).collect::<Vec<_>>())?;
    rows.iter().try_for_each(|row| line(row))
}

/// Whether a query is nothing but space and comments.
fn is_empty(query: &str) -> bool {
    query.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
}
