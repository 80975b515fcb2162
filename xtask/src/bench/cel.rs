//! CEL: expressions as policies have them, evaluated and compiled, beside the crates `cel` and
//! `cel-interpreter` (its older name).

use super::Figure;
use super::measure::{self, Contender};
use anyhow::{Context as _, anyhow};
use sekisho_budget::Budget;
use sekisho_cel::library;
use sekisho_cel::types::Type;
use sekisho_cel::{Activation, Cost, Environment, Evaluation, Scratch, Term};
use sekisho_value::{Value, from_json};
use std::collections::BTreeMap;

/// Expressions by what they are about.
const EXPRESSIONS: [(&str, &str); 4] = [
    ("replicas", "object.spec.replicas <= params.maxReplicas"),
    (
        "privileged containers",
        "!object.spec.containers.exists(c, has(c.securityContext) && \
         has(c.securityContext.privileged) && c.securityContext.privileged)",
    ),
    (
        "image prefixes",
        "object.spec.containers.all(c, params.repos.exists(r, c.image.startsWith(r)))",
    ),
    (
        "required labels",
        "params.labels.all(l, has(object.metadata.labels) && l.key in object.metadata.labels && \
         object.metadata.labels[l.key].matches(l.allowedRegex))",
    ),
];

const OBJECT: &str = r#"{"apiVersion": "v1", "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web", "owner": "me.agilebank.demo"}},
    "spec": {"replicas": 3, "containers": [
        {"name": "a", "image": "registry.example.com/team/a:1", "securityContext": {"runAsNonRoot": true}},
        {"name": "b", "image": "registry.example.com/team/b:1", "securityContext": {"privileged": false}},
        {"name": "c", "image": "registry.example.com/team/c:1"}]}}"#;

const PARAMS: &str = r#"{"maxReplicas": 5,
    "repos": ["docker.io/library/", "quay.io/", "registry.example.com/"],
    "labels": [{"key": "owner", "allowedRegex": "^[a-zA-Z]+.agilebank.demo$"},
               {"key": "app", "allowedRegex": "^[a-z]+$"}]}"#;

fn environment() -> anyhow::Result<Environment> {
    Environment::standard()
        .library(library::optionals(2))
        .library(library::strings(2))
        .variable("object", Type::Dyn)
        .variable("params", Type::Dyn)
        .build()
        .context("environment")
}

/// Evaluates each expression on a pod of three containers.
pub(super) fn evaluate() -> anyhow::Result<Vec<Figure>> {
    let environment = environment()?;
    let json = |text| from_json(text).map_err(|error| anyhow!("{error}"));
    let (object, params) = (json(OBJECT)?, json(PARAMS)?);
    let mut figures = Vec::new();
    for (name, expression) in EXPRESSIONS {
        figures.push(evaluate_one(&environment, name, expression, &object, &params)?);
    }
    Ok(figures)
}

fn evaluate_one(
    environment: &Environment,
    name: &str,
    expression: &str,
    object: &Value,
    params: &Value,
) -> anyhow::Result<Figure> {
    let program = environment.compile(expression).map_err(|errors| anyhow!("{errors:?}"))?;
    let mut activation = Activation::new();
    activation.set("object", Term::borrowed(object));
    activation.set("params", Term::borrowed(params));
    let mut scratch = Scratch::new();
    let mut ours = || {
        scratch.reset();
        let (budget, cost) = (Budget::standard(), Cost::limited(1_000_000));
        let evaluation = Evaluation::new(&scratch, &budget, &cost);
        program.evaluate(evaluation, &activation).ok().and_then(Term::as_bool)
    };
    let found = ours().with_context(|| format!("{name} has no value"))?;
    let (one, other): (serde_json::Value, serde_json::Value) =
        (serde_json::from_str(OBJECT)?, serde_json::from_str(PARAMS)?);

    let newer = cel::Program::compile(expression).map_err(|error| anyhow!("{error}"))?;
    let mut newer_context = cel::Context::default();
    newer_context.add_variable("object", &one).map_err(|error| anyhow!("{error}"))?;
    newer_context.add_variable("params", &other).map_err(|error| anyhow!("{error}"))?;
    let theirs = newer.execute(&newer_context);
    anyhow::ensure!(theirs == Ok(cel::Value::Bool(found)), "{name}: cel gives {theirs:?}");

    let older = cel_interpreter::Program::compile(expression).map_err(|e| anyhow!("{e}"))?;
    let mut older_context = cel_interpreter::Context::default();
    older_context.add_variable("object", &one).map_err(|error| anyhow!("{error}"))?;
    older_context.add_variable("params", &other).map_err(|error| anyhow!("{error}"))?;
    let theirs = older.execute(&older_context);
    let same = theirs == Ok(cel_interpreter::Value::Bool(found));
    anyhow::ensure!(same, "{name}: cel-interpreter gives {theirs:?}");

    let mut contenders = [
        Contender::new("ours", &mut ours),
        Contender::new("cel-0.15", || newer.execute(&newer_context).is_ok()),
        Contender::new("cel-0.10", || older.execute(&older_context).is_ok()),
    ];
    Ok(figure("cel", name, &mut contenders, format!("gives {found}")))
}

/// Compiles each expression; ours checks its types as well.
pub(super) fn compile() -> anyhow::Result<Vec<Figure>> {
    let environment = environment()?;
    let mut figures = Vec::new();
    for (name, expression) in EXPRESSIONS {
        let mut contenders = [
            Contender::new("ours", || environment.compile(expression).is_ok()),
            Contender::new("cel-0.15", || cel::Program::compile(expression).is_ok()),
            Contender::new("cel-0.10", || cel_interpreter::Program::compile(expression).is_ok()),
        ];
        let note = format!("{} bytes", expression.len());
        figures.push(figure("cel-compile", name, &mut contenders, note));
    }
    Ok(figures)
}

fn figure(
    bench: &'static str,
    case: &str,
    contenders: &mut [Contender<'_>],
    note: String,
) -> Figure {
    let mut times: BTreeMap<String, f64> = measure::compare(contenders)
        .into_iter()
        .map(|(name, seconds)| (name.to_owned(), seconds * 1e6))
        .collect();
    let ours = times.remove("ours").unwrap_or(f64::NAN);
    Figure { bench, case: case.to_owned(), unit: "µs", ours, rivals: times, note }
}
