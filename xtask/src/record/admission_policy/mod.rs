//! The suite *admission-policy*: what the server makes of ValidatingAdmissionPolicies and
//! MutatingAdmissionPolicies of ours.
//!
//! A file of `scenarios/` becomes a golden file, a scenario a line: manifests (policies, bindings,
//! namespaces, parameters, roles), what the server said to the policies themselves, and the cases
//! that were then asked. All policies are there at once, for the server takes a second to see
//! them; the bindings of a scenario match in its own namespaces only.

mod answer;
mod ask;
mod scenario;

use super::golden::{Case, File};
use super::{Recording, header};
use anyhow::Context as _;
use ask::Server;
use scenario::Scenario;
use sekisho_testenv::TestEnv;
use sekisho_value::{Value, from_json};
use serde_json::json;

/// The scenarios by the name of their golden file.
const SCENARIOS: [(&str, &str); 9] = [
    ("basics", include_str!("scenarios/basics.yaml")),
    ("matching", include_str!("scenarios/matching.yaml")),
    ("params", include_str!("scenarios/params.yaml")),
    ("mutation", include_str!("scenarios/mutation.yaml")),
    ("workloads", include_str!("scenarios/workloads.yaml")),
    ("libraries", include_str!("scenarios/libraries.yaml")),
    ("conversions", include_str!("scenarios/conversions.yaml")),
    ("authorized", include_str!("scenarios/authorized.yaml")),
    ("odd", include_str!("scenarios/odd.yaml")),
];

/// What was asked, for the headers.
const HOW: &str = "POST, PUT or DELETE …?dryRun=All as admin, but where a case says `user` or \
                   `dryRun: false`; old objects were there before the policies";

/// Records the suite.
pub(super) fn record(refused: bool) -> anyhow::Result<Recording> {
    let builder = TestEnv::builder().all_apis().no_service_account().no_workload_controllers();
    let env = builder.start()?;
    let mut files = Vec::new();
    for (name, text) in SCENARIOS {
        files.push((name, scenario::read(text).with_context(|| format!("{name}.yaml"))?));
    }
    let mut all: Vec<&mut Scenario> = files.iter_mut().flat_map(|(_, file)| file).collect();
    let mut server = Server::new(&env);
    server.ask(&mut all)?;
    let policies: usize = all.iter().map(|scenario| scenario.policies().count()).sum();
    let answers: usize = all.iter().map(|scenario| scenario.cases.len()).sum();
    let mut report = vec![format!("{policies} policies, {answers} answers to requests")];
    report.extend(server.report(refused));
    let mut recorded = Vec::new();
    for (name, scenarios) in files {
        let mut header = header("admission-policy", &env.version()?, builder.args(), HOW);
        let user =
            json!({"username": "admin", "groups": ["system:masters", "system:authenticated"]});
        header.insert("user", value(&user)?);
        let cases =
            scenarios.into_iter().map(Scenario::line).collect::<anyhow::Result<Vec<Case>>>()?;
        recorded.push(File { name: name.to_owned(), header, cases });
    }
    Ok(Recording { suite: "admission-policy", files: recorded, report, summary: None })
}

fn value(json: &serde_json::Value) -> anyhow::Result<Value> {
    Ok(from_json(&json.to_string())?)
}
