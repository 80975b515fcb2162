//! The suite *defaulting*: every field of every kind that can be created, and what is stored.
//!
//! Inputs are generated from the server's own OpenAPI, so that no field is forgotten: each field
//! that a kind reaches is set once with a small value (and once with each listed one), and, many
//! together, to its zero value, to null and to the empty list or object. What validation refuses
//! says nothing about defaults and is left out; the report counts it.

mod changes;
mod coverage;
mod generate;
mod handmade;
mod pack;

use super::ask::Asker;
use super::golden::{File, strings};
use super::schema::{Kind, Schemas};
use super::site::Writer;
use super::strip::STRIPPED;
use super::tables::Tables;
use super::{Recording, header};
use changes::shortened;
use coverage::Coverage;
use sekisho_testenv::TestEnv;
use std::collections::BTreeMap;

/// What was asked, for the headers.
const HOW: &str = "POST …?dryRun=All&fieldValidation=Strict as admin in the namespace `default`";

/// Records the suite.
pub(super) fn record(refused: bool) -> anyhow::Result<Recording> {
    let tables = Tables::read()?;
    let builder = TestEnv::builder().all_apis().no_service_account().no_workload_controllers();
    let env = builder.start()?;
    let server = env.version()?;
    let mut header = header("defaulting", &server, builder.args(), HOW);
    header.insert("answer", "what of `given` is set by pointer, and removed, when it is stored");
    header.insert("stripped", strings(STRIPPED));
    let schemas = Schemas::read(&env)?;
    let mut coverage = Coverage::of(&schemas, &tables);
    let mut asker = Asker::new(&env);
    asker.prepare(handmade::CLUSTER)?;
    let writer = Writer { schemas: &schemas, tables: &tables };
    let mut files = BTreeMap::new();
    let mut report = Vec::new();
    for kind in &schemas.kinds {
        if tables.skipped_kind(&kind.kind).is_some() {
            continue;
        }
        let Some(base) = writer.base(kind) else {
            report.push(format!("no minimal object: {} {}", kind.api_version(), kind.kind));
            continue;
        };
        let cases = generate::kind(writer, kind, &base, &mut asker)?;
        let name = file_name(kind);
        let file = files.entry(name.clone()).or_insert_with(|| File {
            name,
            header: header.clone(),
            cases: Vec::new(),
        });
        file.cases.extend(cases);
    }
    header.insert("cluster", handmade::cluster()?);
    files.insert(
        "handmade".to_owned(),
        File { name: "handmade".to_owned(), header, cases: handmade::cases(&mut asker)? },
    );
    let mut files: Vec<File> = files.into_values().collect();
    for file in &mut files {
        file.cases.iter().for_each(|case| coverage.add(case));
        file.cases = std::mem::take(&mut file.cases).into_iter().map(shortened).collect();
    }
    report.extend(asker.report(refused));
    report.extend(coverage.lines());
    Ok(Recording { suite: "defaulting", files, report, summary: Some(coverage.summary(&server)) })
}

/// The file of a kind: its group's first label; Pods, which are most of all, have their own.
fn file_name(kind: &Kind) -> String {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod") => "pod".to_owned(),
        ("", _) => "core".to_owned(),
        (group, _) => group.split('.').next().unwrap_or(group).to_owned(),
    }
}
