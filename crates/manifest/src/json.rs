//! The JSON objects that a stream begins with.
//!
//! kubectl takes a stream that begins with `{` for JSON objects one behind the other. Where the
//! first or second is none, it goes on with YAML (`YAMLOrJSONDecoder` of
//! `k8s.io/apimachinery/pkg/util/yaml`).

use crate::count::Count;
use crate::fault::{Fault, clip};
use crate::spans::JsonSpans;
use crate::split::{Part, Parts};
use crate::stream::yaml_document;
use crate::text::Extent;
use crate::yaml::{Parsed, Reading};
use sekisho_value::{Number, Value, from_json_prefix};

/// Whether kubectl reads a stream as JSON first.
pub(crate) fn begins_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// What comes next in a stream that was JSON so far.
pub(crate) enum Next {
    /// An object, and the offset behind it.
    Object(Parsed, usize),
    /// YAML from an offset on.
    Yaml(usize),
    /// A fault, and where its object begins.
    Fault(Fault, usize),
    End,
}

/// Reads what stands at `at`, behind so many objects.
pub(crate) fn next_object(
    extent: Extent<'_>,
    at: usize,
    reading: Reading,
    objects: usize,
    count: &mut Count,
) -> Next {
    let rest = extent.text.get(at..).unwrap_or_default();
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    if blanks == rest.len() {
        return Next::End;
    }
    match object(extent, at, reading, count) {
        Ok((object, end)) => Next::Object(object, end),
        Err((fault, false)) => Next::Fault(fault, at + blanks),
        Err((fault, true)) => {
            // What neither reader takes is told in the words of the one that was meant.
            let yaml = yaml_start(extent.text, at)
                .filter(|_| objects < 2)
                .filter(|start| !looks_json(rest) || is_yaml(extent, *start, reading));
            yaml.map_or(Next::Fault(fault, at + blanks), Next::Yaml)
        }
    }
}

/// Where kubectl goes on with YAML: behind blanks up to the first line end. It does not where
/// fewer than four bytes are left.
fn yaml_start(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?.trim_start_matches([' ', '\t', '\r']);
    let start = text.len() - rest.len() + usize::from(rest.starts_with('\n'));
    (rest.len() >= 4).then_some(start)
}

/// Whether the document at `start` can be read as YAML.
fn is_yaml(extent: Extent<'_>, start: usize, reading: Reading) -> bool {
    let mut count = Count::new(extent.text.len());
    match Parts::new(extent.text, start).next() {
        Some(Ok(part)) => yaml_document(extent, part, reading, &mut count).is_ok(),
        _ => false,
    }
}

fn looks_json(text: &str) -> bool {
    let inner = text.trim_start().strip_prefix('{').map(str::trim_start);
    inner.is_some_and(|inner| inner.starts_with(['"', '}']))
}

/// The JSON object at `at`, and the offset behind it and its blanks. A fault comes with whether
/// it is one of JSON's grammar, so that kubectl would try YAML.
fn object(
    extent: Extent<'_>,
    at: usize,
    reading: Reading,
    count: &mut Count,
) -> Result<(Parsed, usize), (Fault, bool)> {
    let rest = extent.text.get(at..).unwrap_or_default();
    let mut spans = JsonSpans::new(at, count.room(), reading.last_key_wins);
    let read = from_json_prefix(rest, &mut spans);
    count.add_values(spans.values);
    let ((value, node), len) = read.map_err(|error| {
        if count.room() == 0 {
            return (count.too_many(at + error.offset), false);
        }
        let fault = Fault::new(at + error.offset, error.message);
        (fault.help("a text that begins with `{` is read as JSON"), true)
    })?;
    extent.check(Part { start: at, end: at + len }).map_err(|fault| (fault, false))?;
    if let Some(literal) = beyond_double(&value) {
        let message = format!("the number `{}` is beyond the range of a double", clip(&literal));
        return Err((Fault::new(node.start as usize, message), false));
    }
    Ok((Parsed { value, node, spans: spans.nodes }, at + len))
}

/// A number that kubectl cannot hold.
fn beyond_double(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) if !number.as_f64().is_finite() => Some(number.to_string()),
        Value::Array(items) => items.iter().find_map(beyond_double),
        Value::Object(map) => map.iter().find_map(|(_, value)| beyond_double(value)),
        _ => None,
    }
}

/// Writes numbers as kubectl sends them: it holds an integer of 64 bits as such and any other
/// number as a double (`k8s.io/apimachinery/pkg/util/json`), so `8.0` and `8e0` become `8`, which
/// an API server takes for an integer.
pub(crate) fn send_numbers(value: &mut Value) {
    // Nearly every object is left at that.
    if holds_literal(value) {
        convert_numbers(value);
    }
}

fn convert_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let sent = match number.as_i64() {
                Some(int) => Some(Number::from(int)),
                None => Number::from_f64(number.as_f64()),
            };
            // There always is one: what no double holds is a fault before.
            if let Some(sent) = sent {
                *number = sent;
            }
        }
        Value::Object(map) => map.iter_mut().for_each(|(_, value)| convert_numbers(value)),
        _ => value.as_array_mut().into_iter().flatten().for_each(convert_numbers),
    }
}

/// Whether a number is held as it was written, not as an integer.
fn holds_literal(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.held().is_err(),
        Value::Array(items) => items.iter().any(holds_literal),
        Value::Object(map) => map.iter().any(|(_, value)| holds_literal(value)),
        _ => false,
    }
}
