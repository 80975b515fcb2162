//! What `gator test` tells of a violation, and how it prints it.

use crate::go;
use crate::json::{Field, write_struct, written};
use crate::pieces::{self, Pieces};
use rayon::prelude::*;
use sekisho_manifest::to_wide_yaml;
use sekisho_value::{Map, Value};
use std::io::{self, Write};
use std::sync::{Arc, OnceLock};

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ObjectFormat {
    /// a line for each
    #[default]
    Text,
    /// one list
    Json,
    /// one list
    Yaml,
}

/// A constraint or an object as gator shows it, with each of its violations.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    pub(crate) value: Value,
    /// as a field of a violation: written once
    json: OnceLock<String>,
}

impl Shown {
    pub(crate) fn new(value: Value) -> Self {
        Self { value, json: OnceLock::new() }
    }

    fn json(&self) -> &str {
        self.json.get_or_init(|| written(&self.value, 2))
    }
}

/// One violation, as gator tells it.
pub(crate) struct Found {
    pub(crate) message: String,
    /// `None` where no rule answered
    pub(crate) details: Option<Value>,
    pub(crate) constraint: Arc<Shown>,
    pub(crate) action: String,
    pub(crate) scoped: Vec<Value>,
    pub(crate) object: Arc<Shown>,
}

impl Found {
    fn metadata(&self) -> Value {
        let details = self.details.iter().map(|details| ("details", details.clone()));
        Value::Object(Map::from_iter(details))
    }

    pub(crate) fn is_denied(&self) -> bool {
        self.action == "deny" || self.scoped.iter().any(|action| action.as_str() == Some("deny"))
    }
}

const TARGET: &str = "admission.k8s.gatekeeper.sh";

/// Prints what was found.
///
/// # Errors
/// Where `out` cannot be written.
pub(crate) fn print(found: &[Found], format: ObjectFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        ObjectFormat::Text => each(found, |_, one, out| line(one, &mut out.own), out),
        ObjectFormat::Json if found.is_empty() => out.write_all(b"null"),
        ObjectFormat::Json => {
            out.write_all(b"[")?;
            let last = found.len() - 1;
            each(found, |at, one, out| json(one, at == last, out), out)?;
            out.write_all(b"\n]")
        }
        ObjectFormat::Yaml if found.is_empty() => out.write_all(b"[]\n"),
        ObjectFormat::Yaml => each(found, |_, one, out| yaml(one, &mut out.own), out),
    }
}

/// How many are written into one text; and how many texts are written at once. All that they take
/// is new memory, which takes longer to get than to fill.
const EACH: usize = 8;
const TEXTS: usize = 8;

/// Prints many, on all cores, without all of the text in memory: while some are printed, the next
/// are written as text.
fn each<'f>(
    found: &'f [Found],
    write: impl Fn(usize, &'f Found, &mut Pieces<'f>) + Sync,
    out: &mut dyn Write,
) -> io::Result<()> {
    let fill = |turn: usize, held: &'f [Found], texts: &mut [Pieces<'f>]| {
        texts.iter_mut().for_each(Pieces::clear);
        held.par_chunks(EACH).zip(texts).enumerate().for_each(|(chunk, (all, text))| {
            for (index, one) in all.iter().enumerate() {
                write((turn * TEXTS + chunk) * EACH + index, one, text);
            }
        });
    };
    let mut ready = vec![Pieces::default(); TEXTS];
    let mut next = ready.clone();
    let mut turns = found.chunks(TEXTS * EACH).enumerate();
    loop {
        let turn = turns.next();
        let (fill, texts) = (&fill, &mut next);
        rayon::in_place_scope(|scope| {
            if let Some((turn, held)) = turn {
                scope.spawn(move |_| fill(turn, held, texts));
            }
            pieces::write_all(&ready, out)
        })?;
        if turn.is_none() {
            return Ok(());
        }
        std::mem::swap(&mut ready, &mut next);
    }
}

fn line(one: &Found, out: &mut String) {
    let text = |keys: &[&str]| one.object.value.path_str(keys).unwrap_or_default();
    let name = match text(&["metadata", "namespace"]) {
        "" => text(&["metadata", "name"]).to_owned(),
        namespace => format!("{namespace}/{}", text(&["metadata", "name"])),
    };
    let constraint = one.constraint.value.path_str(&["metadata", "name"]).unwrap_or_default();
    out.push_str(&format!(
        "{}/{} {name}: [{}] Message: {}\n",
        text(&["apiVersion"]),
        text(&["kind"]),
        go::quoted(constraint),
        go::quoted(&one.message)
    ));
}

fn json<'f>(one: &'f Found, last: bool, out: &mut Pieces<'f>) {
    let mut fields = vec![("target", Field::Value(TARGET.into()))];
    if !one.message.is_empty() {
        fields.push(("msg", Field::Value(one.message.as_str().into())));
    }
    if one.details.is_some() {
        fields.push(("metadata", Field::Value(one.metadata())));
    }
    fields.push(("constraint", Field::Written(one.constraint.json())));
    if !one.action.is_empty() {
        fields.push(("enforcementAction", Field::Value(one.action.as_str().into())));
    }
    if !one.scoped.is_empty() {
        fields.push(("scopedActions", Field::Value(one.scoped.clone().into())));
    }
    fields.push(("violatingObject", Field::Written(one.object.json())));
    fields.push(("trace", Field::Value(Value::Null)));
    out.own.push_str("\n    ");
    write_struct(&fields, 1, out);
    if !last {
        out.own.push(',');
    }
}

/// In block style, as gator writes it.
fn yaml(one: &Found, out: &mut String) {
    let result = [
        ("target", Value::from(TARGET)),
        ("msg", Value::from(one.message.as_str())),
        ("metadata", one.metadata()),
        ("constraint", Value::Object(Map::from_iter([("object", one.constraint.value.clone())]))),
        ("enforcementaction", Value::from(one.action.as_str())),
        ("scopedenforcementactions", Value::from(one.scoped.clone())),
    ];
    out.push_str("- result:\n");
    for field in result {
        out.push_str(&to_wide_yaml(&Map::from_iter([field]), 4));
    }
    for field in [("violatingObject", one.object.value.clone()), ("trace", Value::Null)] {
        out.push_str(&to_wide_yaml(&Map::from_iter([field]), 2));
    }
}
