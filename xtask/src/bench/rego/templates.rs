//! The templates that are measured, and their samples.

use crate::workspace;
use anyhow::{Context as _, anyhow};
use sekisho_manifest::{ReadOptions, read};
use sekisho_value::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};

/// The templates, by folder of the library.
const TEMPLATES: [&str; 5] = [
    "general/allowedrepos",
    "general/ephemeralstoragelimit",
    "general/requiredlabels",
    "pod-security-policy/privileged-containers",
    "pod-security-policy/host-filesystem",
];

/// A template, its parameters, and samples with what its suite says of them.
pub(super) struct Template {
    pub(super) name: String,
    pub(super) texts: Vec<String>,
    /// the rule: `data.package.violation`
    pub(super) entry: String,
    pub(super) parameters: Value,
    pub(super) samples: Vec<(&'static str, Value)>,
}

const SAMPLES: [&str; 2] = ["a violating sample", "a passing sample"];

pub(super) fn templates() -> anyhow::Result<Vec<Template>> {
    let library = workspace::corpora().join("gatekeeper-library/library");
    let mut templates = Vec::new();
    for folder in TEMPLATES.map(|name| library.join(name)) {
        if folder.is_dir() {
            templates.push(load(&folder)?);
        } else {
            println!("{}: not measured, it is not there", folder.display());
        }
    }
    templates.push(container_limits()?);
    Ok(templates)
}

/// A policy of our own, of the kind that reads quantities: the library has none that reads both
/// CPU and memory.
fn container_limits() -> anyhow::Result<Template> {
    let text = include_str!("containerlimits/policy.rego");
    let samples = sekisho_value::from_json(include_str!("containerlimits/samples.json"));
    let samples = samples.map_err(|error| anyhow!("{error}"))?;
    let part = |key: &str| samples.get(key).cloned().context("no sample");
    let parameters = part("parameters")?;
    let inputs = [part("violating")?, part("passing")?].map(|pod| input(&pod, &parameters));
    Ok(Template {
        name: "containerlimits".to_owned(),
        texts: vec![text.to_owned()],
        entry: "data.bench.containerlimits.violation".to_owned(),
        parameters,
        samples: SAMPLES.into_iter().zip(inputs).collect(),
    })
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
    for (what, passes) in SAMPLES.into_iter().zip([false, true]) {
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
    let entry = format!("data.{}.violation", package.trim());
    Ok(Template { name, texts, entry, parameters, samples })
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
    let options = ReadOptions { gator: true, client_kinds: true, ..ReadOptions::default() };
    let read = read(&file.to_string_lossy(), bytes, &options);
    let first = read.documents.first().with_context(|| format!("{}: empty", file.display()))?;
    Ok(first.value.clone())
}
