//! Golden files: a header line, then one case a line, compact and in a fixed order.

use anyhow::Context as _;
use sekisho_value::{Map, Value, from_json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One question and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    /// unique within its file
    pub(crate) name: String,
    /// the fields of the line besides the name, `given` and `answer` among them
    pub(crate) fields: Map,
}

/// The cases of one file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// its name, without `.jsonl`
    pub(crate) name: String,
    /// what the first line says
    pub(crate) header: Map,
    pub(crate) cases: Vec<Case>,
}

impl Case {
    /// A case of named fields.
    pub(crate) fn new<const N: usize>(name: String, fields: [(&str, Value); N]) -> Self {
        Self { name, fields: Map::from_iter(fields) }
    }
}

impl File {
    /// The text of the file: keys sorted, but the name in front.
    pub(crate) fn text(&self) -> String {
        let mut text = Value::Object(self.header.clone()).to_json();
        text.push('\n');
        for case in &self.cases {
            let fields = Value::Object(case.fields.clone()).to_json();
            let name = Value::from(case.name.as_str()).to_json();
            let rest = fields.strip_prefix('{').unwrap_or(&fields);
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "{{\"name\":{name},{rest}");
        }
        text
    }

    /// Writes the file; gives its size.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<usize> {
        let path = self.path(folder);
        let text = self.text();
        std::fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(text.len())
    }

    /// How the committed file differs from this one, a line each.
    pub(crate) fn differences(&self, folder: &Path) -> Vec<String> {
        let path = self.path(folder);
        let committed = match read(&path) {
            Ok(committed) => committed,
            Err(error) => return vec![format!("{error:#}")],
        };
        let mut lines = Vec::new();
        if committed.header != self.header {
            lines.push(format!(
                "{}: recorded under {}, asked under {}",
                self.name,
                Value::Object(committed.header).to_json(),
                Value::Object(self.header.clone()).to_json()
            ));
        }
        let mut old: BTreeMap<&str, &Case> =
            committed.cases.iter().map(|case| (case.name.as_str(), case)).collect();
        for case in &self.cases {
            let Some(before) = old.remove(case.name.as_str()) else {
                lines.push(format!("{}: not recorded: {}", self.name, case.name));
                continue;
            };
            for (key, value) in case.fields.iter() {
                let was = before.fields.get(key).cloned().unwrap_or_default();
                if was != *value {
                    let (was, now) = apart(&was, value);
                    let (was, now) = (was.to_json(), now.to_json());
                    lines.push(format!(
                        "{}: {}: {key}\n  recorded: {was}\n  now:      {now}",
                        self.name, case.name,
                    ));
                }
            }
        }
        lines.extend(old.keys().map(|name| format!("{}: not asked any more: {name}", self.name)));
        lines
    }

    fn path(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.jsonl", self.name))
    }
}

/// Of two lists of the same length, the items that differ; other values as they are.
fn apart(was: &Value, now: &Value) -> (Value, Value) {
    match (was.as_array(), now.as_array()) {
        (Some(was), Some(now)) if was.len() == now.len() => {
            let pairs = was.iter().zip(now).filter(|(was, now)| was != now);
            let (was, now): (Vec<Value>, Vec<Value>) =
                pairs.map(|(was, now)| (was.clone(), now.clone())).unzip();
            (Value::from(was), Value::from(now))
        }
        _ => (was.clone(), now.clone()),
    }
}

/// Reads a golden file.
fn read(path: &Path) -> anyhow::Result<File> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = text.lines().map(|line| -> anyhow::Result<Map> {
        let value = from_json(line).with_context(|| path.display().to_string())?;
        value.as_object().cloned().with_context(|| format!("{}: no object", path.display()))
    });
    let header = lines.next().context("an empty golden file")??;
    let mut cases = Vec::new();
    for fields in lines {
        let mut fields = fields?;
        let name = fields.remove("name");
        let name = name.as_ref().and_then(Value::as_str).context("a case without a name")?;
        cases.push(Case { name: name.to_owned(), fields });
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(File { name, header, cases })
}

/// A list of strings.
pub(crate) fn strings<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> Value {
    Value::from(items.into_iter().map(|item| Value::from(item.as_ref())).collect::<Vec<_>>())
}
