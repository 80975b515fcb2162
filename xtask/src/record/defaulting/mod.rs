//! The suite *defaulting*: every field of every kind that can be created, and what is stored.
//!
//! Inputs are generated from the server's own OpenAPI, so that no field is forgotten: each field
//! that a kind reaches is set once with a small value (and once with each listed one), and, many
//! together, to its zero value, to null and to the empty list or object. What validation refuses
//! says nothing about defaults and is left out; the report counts it.

mod coverage;
mod generate;
mod handmade;
mod pack;
mod site;
mod tables;

use super::ask::Asker;
use super::golden::{File, strings};
use super::schema::{Kind, Schemas};
use super::strip::STRIPPED;
use super::{Recording, header};
use coverage::Coverage;
use sekisho_testenv::TestEnv;
use sekisho_value::Value;
use site::Writer;
use std::collections::BTreeMap;
use tables::Tables;

/// What was asked, for the headers.
const HOW: &str = "POST …?dryRun=All&fieldValidation=Strict as admin in the namespace `default`";

/// Records the suite.
pub(super) fn record(refused: bool) -> anyhow::Result<Recording> {
    let tables = Tables::read()?;
    let mut files = BTreeMap::new();
    let mut report = Vec::new();
    let mut coverage = Coverage::default();

    let stable = TestEnv::builder().no_service_account().no_workload_controllers();
    let all = stable.clone().alpha_beta();
    let mut served = Vec::new();
    for builder in [&stable, &all] {
        let env = builder.start()?;
        let schemas = Schemas::read(&env)?;
        let mut asker = Asker::new(&env);
        asker.prepare(handmade::CLUSTER)?;
        let writer = Writer { schemas: &schemas, tables: &tables };
        for kind in &schemas.kinds {
            let id = (kind.api_version(), kind.kind.clone());
            if served.contains(&id) {
                continue;
            }
            served.push(id);
            let Some(base) = writer.base(kind) else {
                report.push(format!("no minimal object: {} {}", kind.api_version(), kind.kind));
                continue;
            };
            let cases = generate::kind(writer, kind, &base, &mut asker)?;
            for case in &cases {
                coverage.add(&schemas, kind, case);
            }
            let name = file_name(kind);
            let file = files.entry(name.clone()).or_insert_with(|| File {
                name,
                header: header("defaulting", &env_version(&env), builder.args(), [
                    ("how", Value::from(HOW)),
                    ("stripped", strings(STRIPPED)),
                ]),
                cases: Vec::new(),
            });
            file.cases.extend(cases);
        }
        if builder.args() == stable.args() {
            let cases = handmade::cases(&mut asker)?;
            for case in &cases {
                coverage.add_untyped(&schemas, case);
            }
            files.insert("handmade".to_owned(), File {
                name: "handmade".to_owned(),
                header: header("defaulting", &env_version(&env), builder.args(), [
                    ("how", Value::from(HOW)),
                    ("stripped", strings(STRIPPED)),
                    ("cluster", handmade::cluster()?),
                ]),
                cases,
            });
        }
        coverage.schemas(&schemas);
        report.extend(asker.report(refused));
    }
    report.extend(coverage.report()?);
    Ok(Recording { suite: "defaulting", files: files.into_values().collect(), report })
}

fn env_version(env: &TestEnv) -> String {
    env.version().unwrap_or_default()
}

/// The file of a kind: its group's first label; Pods, which are most of all, have their own.
fn file_name(kind: &Kind) -> String {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod") => "pod".to_owned(),
        ("", _) => "core".to_owned(),
        (group, _) => group.split('.').next().unwrap_or(group).to_owned(),
    }
}
