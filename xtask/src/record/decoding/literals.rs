//! Questions from tables: one place of an object, and what is written there.

use super::Question;
use anyhow::Context as _;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Places by name: an object with `@` where the literal goes.
const PLACES: &str = include_str!("places.json");

/// What is written at each place, a literal a line after a line `# place …`; `\n` and the like
/// are as in JSON.
const LITERALS: &str = include_str!("literals.txt");

/// Every literal at each of its places.
pub(super) fn questions() -> anyhow::Result<Vec<Question>> {
    let places: BTreeMap<String, String> = serde_json::from_str(PLACES)?;
    let mut questions = Vec::new();
    let mut at: Vec<&str> = Vec::new();
    for line in LITERALS.lines().filter(|line| !line.is_empty()) {
        if let Some(names) = line.strip_prefix("# ") {
            at = names.split(' ').collect();
            continue;
        }
        for place in &at {
            let template = places.get(*place).with_context(|| format!("no place `{place}`"))?;
            // One place is the kind, and some are for whole fields.
            let like: Json = [r#""ConfigMap""#, ""]
                .iter()
                .find_map(|none| serde_json::from_str(&template.replace('@', none)).ok())
                .with_context(|| format!("place `{place}`"))?;
            questions.push(Question {
                file: "literals",
                name: format!("{place} {line}"),
                like,
                text: template.replace('@', line),
            });
        }
    }
    Ok(questions)
}
