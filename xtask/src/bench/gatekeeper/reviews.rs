//! Reviews in this process: the library's constraints, and thousands of our own.

use super::library;
use crate::bench::Figure;
use crate::bench::measure::{self, Contender};
use crate::{generate_tree, process};
use anyhow::{Context as _, anyhow, ensure};
use sekisho_engine::{BuildOptions, Judge, MemoryInventory, PolicySet, evaluate};
use sekisho_kube_model::{Gvk, Schemas, split_api_version};
use sekisho_policy::{Bundle, BundleFile, Form, Point, Request, Target};
use sekisho_value::{Str, Value};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Instant;

/// How many objects are reviewed under the library.
const OBJECTS: usize = 200;

/// How many constraints each of [`TEMPLATES`] has.
const CONSTRAINTS_EACH: usize = 10;
const TEMPLATES: usize = 100;

/// One review under the library, and how reviews grow with constraints.
pub(in crate::bench) fn reviews() -> anyhow::Result<Vec<Figure>> {
    let mut figures = vec![under_library(&library::policies()?)?];
    figures.extend(under_many()?);
    Ok(figures)
}

fn under_library(policies: &[String]) -> anyhow::Result<Figure> {
    let (name, theirs) = under_gator(policies)?.unzip();
    let set = set(policies.iter().cloned())?;
    let (requests, inventory) = requests(OBJECTS)?;
    let violations = judge_all(&set, &requests, &inventory);
    let ours = Contender::new("ours", || judge_all(&set, &requests, &inventory));
    let times = measure::compare(&mut [ours]);
    let (_, seconds) = times.first().context("nothing was measured")?;
    Ok(Figure {
        bench: "gatekeeper",
        case: format!("one review under {} constraints, mean", policies.len()),
        unit: "µs",
        ours: seconds * 1e6 / requests.len() as f64,
        rivals: name.into_iter().zip(theirs).collect(),
        note: format!("{OBJECTS} objects, {violations} violations"),
    })
}

/// The mean of `gator bench` in microseconds.
fn under_gator(policies: &[String]) -> anyhow::Result<Option<(String, f64)>> {
    let Some((name, program)) = super::gator()? else { return Ok(None) };
    let dir = tempfile::tempdir()?;
    library::write(policies, dir.path())?;
    let objects = generate_tree::cluster().take(OBJECTS);
    generate_tree::write_all(&dir.path().join("objects"), objects)?;
    let mut command = Command::new(program);
    command.args(["bench", "--engine", "rego", "--iterations", "10", "--warmup", "2"]);
    command.args(["--output", "json", "--filename"]).arg(dir.path());
    let said = process::capture(&mut command)?;
    let json = said.find("[\n").and_then(|at| said.get(at..)).context("gator says no JSON")?;
    let figures: serde_json::Value = serde_json::from_str(json)?;
    let per_second = figures.pointer("/0/reviewsPerSecond").and_then(serde_json::Value::as_f64);
    Ok(Some((name, 1e6 / per_second.context("gator says no rate")?)))
}

/// What constraints of a thousand cost, and what those cost that cannot match.
fn under_many() -> anyhow::Result<Vec<Figure>> {
    let (requests, inventory) = requests(generate_tree::COUNT)?;
    let mut figures = Vec::new();
    for beside in [0, 1_000, 9_000] {
        let texts = (0..TEMPLATES).map(template);
        let matching = (0..TEMPLATES * CONSTRAINTS_EACH).map(|number| constraint(number, false));
        let never = (0..beside).map(|number| constraint(number, true));
        let set = set(texts.chain(matching).chain(never))?;
        let mut times = Vec::new();
        let mut violations = 0;
        for _ in 0..3 {
            let start = Instant::now();
            violations = judge_all(&set, &requests, &inventory);
            times.push(start.elapsed().as_secs_f64() * 1e6 / requests.len() as f64);
        }
        let of = match beside {
            0 => String::new(),
            beside => format!(" and {beside} that cannot match"),
        };
        figures.push(Figure {
            bench: "gatekeeper",
            case: format!(
                "an object under {} constraints of {TEMPLATES} templates{of}",
                TEMPLATES * CONSTRAINTS_EACH
            ),
            unit: "µs",
            ours: measure::median(times),
            rivals: BTreeMap::new(),
            note: format!("{} objects, {violations} violations", requests.len()),
        });
    }
    Ok(figures)
}

fn template(number: usize) -> String {
    format!(
        "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {{name: bench{number}}}
spec:
  crd:
    spec:
      names: {{kind: Bench{number}}}
      validation:
        openAPIV3Schema:
          type: object
          properties:
            labels: {{type: array, items: {{type: string}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package bench{number}
      violation[{{\"msg\": msg}}] {{
        label := input.parameters.labels[_]
        not input.review.object.metadata.labels[label]
        msg := sprintf(\"label %v is missing\", [label])
      }}
"
    )
}

/// The kinds that constraints match, in turns.
const KINDS: [(&str, &str); 5] = [
    ("apps", "Deployment"),
    ("", "Service"),
    ("", "ConfigMap"),
    ("", "ServiceAccount"),
    ("networking.k8s.io", "NetworkPolicy"),
];

fn constraint(number: usize, never: bool) -> String {
    let template = number % TEMPLATES;
    let turn = number / TEMPLATES % KINDS.len();
    let (group, kind) = match KINDS.get(turn) {
        Some(pair) if !never => *pair,
        _ => ("never.example.org", "Never"),
    };
    let name = if never { "never" } else { "bench" };
    format!(
        "apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Bench{template}
metadata: {{name: {name}-{number}}}
spec:
  match:
    kinds: [{{apiGroups: [\"{group}\"], kinds: [{kind}]}}]
    excludedNamespaces: [kube-system]
  parameters: {{labels: [app.kubernetes.io/name, team-{turn}]}}
"
    )
}

fn set(texts: impl Iterator<Item = String>) -> anyhow::Result<PolicySet> {
    let files = texts
        .enumerate()
        .map(|(index, text)| BundleFile {
            path: format!("{index}.yaml").into(),
            bytes: text.into_bytes().into(),
        })
        .collect();
    let options = BuildOptions {
        dialects: sekisho_dialects::DIALECTS,
        unsupported: sekisho_dialects::unsupported,
        target: &Target::default(),
        strict: false,
    };
    let (set, diagnostics) = PolicySet::build(&Bundle::anonymous(files), &options);
    ensure!(diagnostics.is_empty(), "{diagnostics:?}");
    Ok(set)
}

/// Requests as gator judges objects, and an inventory of them.
fn requests(count: usize) -> anyhow::Result<(Vec<Request>, MemoryInventory)> {
    let mut inventory = MemoryInventory::new();
    let mut requests = Vec::new();
    for manifest in generate_tree::cluster().take(count) {
        let object = sekisho_manifest::read_value(&manifest.text)
            .map_err(|error| anyhow!("{}: {}", manifest.path, error.message))?;
        inventory.insert(object.clone());
        requests.push(request(object)?);
    }
    Ok((requests, inventory))
}

fn request(object: Value) -> anyhow::Result<Request> {
    let text = |keys: &[&str]| Str::new(object.path_str(keys).unwrap_or_default());
    let api_version = text(&["apiVersion"]);
    let (group, version) = split_api_version(&api_version).context("no `apiVersion`")?;
    Ok(Request {
        gvk: Gvk::new(group, version, text(&["kind"])),
        name: text(&["metadata", "name"]),
        namespace: Some(text(&["metadata", "namespace"])).filter(|name| !name.is_empty()),
        object,
        point: Point::Gator,
        form: Form::Bare,
        ..Request::default()
    })
}

/// Judges every request; gives the number of violations.
fn judge_all(set: &PolicySet, requests: &[Request], inventory: &MemoryInventory) -> usize {
    let judge = Judge {
        inventory,
        schemas: &Schemas::builtin(),
        now: jiff::Timestamp::UNIX_EPOCH,
        implied: false,
        record: false,
        cancelled: None,
    };
    requests.iter().map(|request| evaluate(set, request, &judge).judgements.len()).sum()
}
