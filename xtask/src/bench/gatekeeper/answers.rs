//! What `gator test` finds, so that it can be compared.

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use std::fs;
use std::io::BufReader;
use std::path::Path;

/// What makes one violation: the constraint, the object, and what is said.
pub(super) type Answers = Vec<Answer>;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    constraint: Object,
    violating_object: Object,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    enforcement_action: String,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    api_version: String,
    kind: String,
    metadata: Metadata,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    namespace: String,
}

/// Reads the JSON, without all of it in memory, and sorts.
pub(super) fn read(file: &Path) -> anyhow::Result<Answers> {
    let file = BufReader::new(fs::File::open(file)?);
    let mut answers: Answers = serde_json::from_reader(file).context("it is no list of answers")?;
    answers.sort_unstable();
    Ok(answers)
}

/// Whether both found the same.
pub(super) fn compare(ours: &Answers, theirs: &Answers) -> anyhow::Result<()> {
    let lacks = |all: &Answers, of: &Answers| {
        let first = of.iter().find(|answer| all.binary_search(answer).is_err());
        first.map(|answer| format!("{answer:?}")).unwrap_or_default()
    };
    ensure!(
        ours == theirs,
        "gator finds {} violations, ours {}; of gator's we lack {}; of ours it lacks {}",
        theirs.len(),
        ours.len(),
        lacks(ours, theirs),
        lacks(theirs, ours)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Answers, compare};

    #[test]
    fn what_differs_is_told() {
        let answers = |message: &str| -> Answers {
            let object = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{}}"#;
            let json = format!(
                r#"[{{"msg":"{message}","constraint":{object},"violatingObject":{object}}}]"#
            );
            serde_json::from_str(&json).unwrap()
        };
        compare(&answers("x"), &answers("x")).unwrap();
        let told = compare(&answers("x"), &answers("y")).unwrap_err().to_string();
        assert!(told.contains("we lack Answer") && told.contains("\"y\""), "{told}");
    }
}
