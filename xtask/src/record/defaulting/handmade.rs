//! Cases that no schema suggests: odd writings, deprecated twins, what admission adds.

use crate::record::ask::{Asker, Outcome};
use crate::record::golden::Case;
use anyhow::Context as _;
use sekisho_value::{Value, from_json};
use serde_json::Value as Json;

/// Objects that the cases rely on, one a line.
pub(super) const CLUSTER: &str = r#"
{"apiVersion":"node.k8s.io/v1","kind":"RuntimeClass","metadata":{"name":"rc"},"handler":"h"}
{"apiVersion":"scheduling.k8s.io/v1","kind":"PriorityClass","metadata":{"name":"pc"},"value":1000}
"#;

/// A name and an object a line.
const CASES: &str = include_str!("handmade.jsonl");

/// [`CLUSTER`] as a value, for the header.
pub(super) fn cluster() -> anyhow::Result<Value> {
    let lines = CLUSTER.lines().filter(|line| !line.is_empty());
    let objects = lines.map(|line| from_json(line).context("a cluster object"));
    Ok(Value::from(objects.collect::<anyhow::Result<Vec<_>>>()?))
}

/// Asks for every line.
pub(super) fn cases(asker: &mut Asker<'_>) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for line in CASES.lines() {
        let line: Json = serde_json::from_str(line).with_context(|| line.to_owned())?;
        let name = line.get("name").and_then(Json::as_str).context("a case without a name")?;
        let given = line.get("given").context("a case without an object")?;
        if let Outcome::Stored(case) = asker.stored(name, given)? {
            cases.push(case);
        }
    }
    Ok(cases)
}
