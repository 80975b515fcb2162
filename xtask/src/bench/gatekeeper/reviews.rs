//! Reviews in this process, under thousands of constraints of our own.

use crate::bench::{Figure, measure};
use crate::generate_tree;
use anyhow::{Context as _, anyhow, ensure};
use sekisho_engine::{BuildOptions, Judge, MemoryInventory, PolicySet, evaluate};
use sekisho_kube_model::{Gvk, Schemas, split_api_version};
use sekisho_policy::{Bundle, BundleFile, Form, Point, Request, Target};
use sekisho_value::{Str, Value};
use std::collections::BTreeMap;
use std::time::Instant;

/// How many constraints each of [`TEMPLATES`] has.
const CONSTRAINTS_EACH: usize = 10;
const TEMPLATES: usize = 100;

/// What a thousand constraints cost, and what those cost that cannot match.
pub(in crate::bench) fn reviews() -> anyhow::Result<Vec<Figure>> {
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
