//! The suite *decoding*: texts that the server cannot decode, and texts that it just can.
//!
//! Generated from the schemas: every field once with a value of a wrong type, every type once
//! with an unknown and with a duplicate field. From tables: numbers, quantities, int-or-strings,
//! times, base64, nulls, and JSON that is none. What a validation further on refuses was decoded;
//! of that no message is kept.

mod generate;
mod literals;

use super::ask::Asker;
use super::golden::{Case, File, strings};
use super::schema::Schemas;
use super::site::Writer;
use super::strip::{STRIPPED, strip};
use super::tables::Tables;
use super::{Recording, header};
use sekisho_testenv::{Answer, TestEnv};
use sekisho_value::{Map, Value, from_json};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What was asked, for the headers.
const HOW: &str =
    "POST …?dryRun=All&fieldValidation=Strict of the text as application/json, as admin";

/// A text to be asked for.
pub(super) struct Question {
    /// the file it goes to
    pub(super) file: &'static str,
    pub(super) name: String,
    /// an object of the kind that the text should be
    pub(super) like: Json,
    pub(super) text: String,
}

/// Records the suite.
pub(super) fn record() -> anyhow::Result<Recording> {
    let tables = Tables::read()?;
    let builder = TestEnv::builder().all_apis().no_service_account().no_workload_controllers();
    let env = builder.start()?;
    let server = env.version()?;
    let mut header = header("decoding", &server, builder.args(), HOW);
    header.insert("stripped", strings(STRIPPED));
    let schemas = Schemas::read(&env)?;
    let mut asker = Asker::new(&env);
    let writer = Writer { schemas: &schemas, tables: &tables };
    let mut questions = generate::questions(writer);
    questions.extend(literals::questions()?);
    let mut files: BTreeMap<&str, File> = BTreeMap::new();
    let mut counts = BTreeMap::new();
    let mut report = Vec::new();
    for question in questions {
        let Question { file, name, like, text } = question;
        let Some(answer) = asker.text(&like, &text)? else {
            report.push(format!("no answer, the handler panicked: {name}"));
            continue;
        };
        *counts.entry(answer.status).or_insert(0_usize) += 1;
        let fields = [("given", Value::from(text.as_str())), ("answer", reply(&text, &answer))];
        let file = files.entry(file).or_insert_with(|| File {
            name: file.to_owned(),
            header: header.clone(),
            cases: Vec::new(),
        });
        file.cases.push(Case::new(name, fields));
    }
    report.extend(counts.iter().map(|(status, count)| format!("status {status}: {count}")));
    let files = files.into_values().collect();
    Ok(Recording { suite: "decoding", files, report, summary: None })
}

/// What is kept of an answer.
fn reply(text: &str, answer: &Answer) -> Value {
    // What is stored with a key twice is no value.
    if answer.is_success() && answer.body.as_object().is_some() {
        let given = from_json(text).unwrap_or_default();
        return Map::from_iter([("stored", strip(&given, &answer.body))]).into();
    }
    let status = Value::from(i64::from(answer.status));
    if answer.status == 400 {
        Map::from_iter([("status", status), ("message", answer.message().into())]).into()
    } else {
        Map::from_iter([("status", status)]).into()
    }
}
