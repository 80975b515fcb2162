//! Rego: templates of Gatekeeper's library, evaluated and compiled, beside `regorus`.

use super::Figure;
use super::measure::{self, Contender};
use crate::workspace;
use anyhow::{Context as _, anyhow};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use sekisho_manifest::{ReadOptions, read};
use sekisho_rego::ast::Version;
use sekisho_rego::builtins::Facts;
use sekisho_rego::{DEFAULT_DEPTH, Options, Policies, Prepared, Question, Scratch, Source};
use sekisho_value::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The templates, by folder of the library.
const TEMPLATES: [&str; 6] = [
    "general/allowedrepos",
    "general/containerlimits",
    "general/ephemeralstoragelimit",
    "general/requiredlabels",
    "pod-security-policy/privileged-containers",
    "pod-security-policy/host-filesystem",
];

/// A template, its parameters, and samples with what its suite says of them.
struct Template {
    name: String,
    texts: Vec<String>,
    entry: String,
    samples: Vec<(&'static str, Value)>,
}

/// Evaluates the first violating and the first passing sample of each template.
pub(super) fn evaluate() -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for template in templates()? {
        let prepared = prepare(&template)?;
        for (what, input) in &template.samples {
            figures.push(evaluate_one(&template, &prepared, what, input)?);
        }
    }
    Ok(figures)
}

fn evaluate_one(
    template: &Template,
    prepared: &Prepared,
    what: &str,
    input: &Value,
) -> anyhow::Result<Figure> {
    let (data, facts) = (Value::object(), Facts::default());
    let mut scratch = Scratch::default();
    let mut ours = || {
        let budget = sekisho_budget::Budget::standard();
        let question = Question {
            input: Some(input),
            data: &data,
            facts: &facts,
            budget: &budget,
            depth: DEFAULT_DEPTH,
            strict_builtin_errors: false,
            reads: None,
            print: None,
            cover: None,
        };
        prepared.evaluate(&mut scratch, &question, |found| found.and_then(|f| f.len()))
    };
    let found = ours().map_err(|error| anyhow!("{error}"))?.unwrap_or(0);
    let theirs = regorus::Value::from_json_str(&input.to_json()).map_err(|e| anyhow!("{e}"))?;
    let mut engine = engine(template)?;
    let entry = template.entry.clone();
    let policy = engine.compile_with_entrypoint(&entry.as_str().into());
    let policy = policy.map_err(|error| anyhow!("{error}"))?;
    let program = Compiler::compile_from_policy(&policy, &[&entry]);
    let program = program.map_err(|error| anyhow!("{error}"))?;
    let mut machine = RegoVM::new_with_policy(policy);
    machine.load_program(program);
    machine.set_max_instructions(10_000_000);
    let mut contenders = [
        Contender::new("ours", &mut ours),
        Contender::new("regorus-interpreter", || {
            engine.set_input(theirs.clone());
            engine.eval_rule(entry.clone()).is_ok()
        }),
        Contender::new("regorus-rvm", || {
            machine.set_input(theirs.clone());
            machine.execute().is_ok()
        }),
    ];
    let note = format!("{found} violations");
    Ok(figure("rego", format!("{}, {what}", template.name), &mut contenders, note))
}

/// Compiles each template.
pub(super) fn compile() -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for template in templates()? {
        let mut contenders = [
            Contender::new("ours", || prepare(&template).is_ok()),
            Contender::new("regorus-interpreter", || {
                let entry = template.entry.as_str().into();
                engine(&template).is_ok_and(|mut e| e.compile_with_entrypoint(&entry).is_ok())
            }),
            Contender::new("regorus-rvm", || {
                let entry = template.entry.as_str();
                engine(&template).is_ok_and(|mut engine| {
                    engine.compile_with_entrypoint(&entry.into()).is_ok_and(|policy| {
                        Compiler::compile_from_policy(&policy, &[entry]).is_ok()
                    })
                })
            }),
        ];
        let bytes: usize = template.texts.iter().map(String::len).sum();
        let note = format!("{bytes} bytes");
        figures.push(figure("rego-compile", template.name.clone(), &mut contenders, note));
    }
    Ok(figures)
}

fn figure(
    bench: &'static str,
    case: String,
    contenders: &mut [Contender<'_>],
    note: String,
) -> Figure {
    let mut times: BTreeMap<String, f64> = measure::compare(contenders)
        .into_iter()
        .map(|(name, seconds)| (name.to_owned(), seconds * 1e6))
        .collect();
    let ours = times.remove("ours").unwrap_or(f64::NAN);
    Figure { bench, case, unit: "µs", ours, rivals: times, note }
}

fn prepare(template: &Template) -> anyhow::Result<Prepared> {
    let budget = sekisho_budget::Budget::standard();
    let sources = template.texts.iter().enumerate();
    let sources = sources
        .map(|(index, text)| (Source::new(&format!("{index}.rego"), text), Version::V0))
        .collect();
    let (policies, _, faults) = Policies::compile(sources, &Options::default(), &budget);
    let path: Vec<&str> = template.entry.split('.').skip(1).collect();
    let policies = policies.with_context(|| format!("{}: {faults:?}", template.name))?;
    policies.document(&path).map_err(|faults| anyhow!("{faults:?}"))
}

fn engine(template: &Template) -> anyhow::Result<regorus::Engine> {
    let mut engine = regorus::Engine::new();
    engine.set_rego_v0(true);
    engine.set_strict_builtin_errors(false);
    for (index, text) in template.texts.iter().enumerate() {
        let added = engine.add_policy(format!("{index}.rego"), text.clone());
        added.map_err(|error| anyhow!("{error}"))?;
    }
    Ok(engine)
}

fn templates() -> anyhow::Result<Vec<Template>> {
    let library = workspace::corpora().join("gatekeeper-library/library");
    let mut templates = Vec::new();
    for folder in TEMPLATES.map(|name| library.join(name)) {
        if folder.is_dir() {
            templates.push(load(&folder)?);
        } else {
            println!("{}: not measured, it is not there", folder.display());
        }
    }
    Ok(templates)
}

fn load(folder: &Path) -> anyhow::Result<Template> {
    let suite = document(&folder.join("suite.yaml"))?;
    let test = suite.get("tests").and_then(|tests| tests.at(0)).context("no test")?;
    let file = |value: Option<&Value>| -> PathBuf {
        folder.join(value.and_then(Value::as_str).unwrap_or_default())
    };
    let template = document(&file(test.get("template")))?;
    let target = template.path(&["spec", "targets"]).and_then(|targets| targets.at(0));
    let mut code = target.context("no target")?.clone();
    for engine in code.get("code").and_then(Value::as_array).unwrap_or_default().to_vec() {
        if engine.path_str(&["engine"]) == Some("Rego") {
            code = engine.get("source").context("no source")?.clone();
        }
    }
    let rego = code.path_str(&["rego"]).context("no Rego")?;
    let libs = code.get("libs").and_then(Value::as_array).unwrap_or_default();
    let mut texts = vec![rego.to_owned()];
    texts.extend(libs.iter().filter_map(Value::as_str).map(str::to_owned));
    let package = rego.lines().find_map(|line| line.strip_prefix("package ")).context("package")?;
    let constraint = document(&file(test.get("constraint")))?;
    let parameters = constraint.path(&["spec", "parameters"]).cloned();
    let parameters = parameters.unwrap_or_else(Value::object);
    let mut samples = Vec::new();
    for (what, passes) in [("a violating sample", false), ("a passing sample", true)] {
        let cases = test.get("cases").and_then(Value::as_array).unwrap_or_default();
        let case = cases.iter().find(|case| {
            let first = case.get("assertions").and_then(|all| all.at(0));
            let violations = first.and_then(|assertion| assertion.get("violations"));
            violations.is_some_and(|v| v.as_str() == Some("no") || v.as_i64() == Some(0)) == passes
        });
        if let Some(case) = case {
            let object = document(&file(case.get("object")))?;
            samples.push((what, input(&object, &parameters)));
        }
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Template { name, texts, entry: format!("data.{}.violation", package.trim()), samples })
}

fn input(object: &Value, parameters: &Value) -> Value {
    if let Some(request) = object.get("request") {
        let review = ("review", request.clone());
        return Value::Object(Map::from_iter([review, ("parameters", parameters.clone())]));
    }
    let text = |path: &[&str]| object.path_str(path).unwrap_or_default();
    let api_version = text(&["apiVersion"]);
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let kind = [("group", group), ("version", version), ("kind", text(&["kind"]))];
    let kind = kind.map(|(key, value)| (key, Value::from(value)));
    let review = Map::from_iter([
        ("kind", Value::Object(Map::from_iter(kind))),
        ("name", Value::from(text(&["metadata", "name"]))),
        ("namespace", Value::from(text(&["metadata", "namespace"]))),
        ("operation", Value::from("CREATE")),
        ("object", object.clone()),
    ]);
    let review = ("review", Value::Object(review));
    Value::Object(Map::from_iter([review, ("parameters", parameters.clone())]))
}

fn document(file: &Path) -> anyhow::Result<Value> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let options = ReadOptions { gator: true, client_kinds: true };
    let read = read(&file.to_string_lossy(), bytes, &options);
    let first = read.documents.first().with_context(|| format!("{}: empty", file.display()))?;
    Ok(first.value.clone())
}
