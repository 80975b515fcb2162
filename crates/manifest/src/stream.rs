//! A stream to the values of its documents.

use crate::count::Count;
use crate::fault::{Fault, clip};
use crate::spans::JsonSpans;
use crate::split::{Part, split};
use crate::text::{Decoded, first_forbidden};
use crate::yaml::{Parsed, Scheme, parse};
use sekisho_value::{JsonError, Value, from_json_prefix};

/// The documents of a stream that are not empty. A fault comes with the offset at which its
/// document begins.
pub(crate) fn values(
    decoded: &Decoded,
    scheme: Scheme,
) -> impl Iterator<Item = Result<Parsed, (Fault, usize)>> {
    let mut count = Count::new(decoded.text.len());
    let Json { objects, yaml, fault } = json_objects(decoded, &mut count);
    let text = decoded.text.as_str();
    let yaml = yaml.into_iter().flat_map(move |start| split(text, start));
    let yaml = yaml.filter_map(move |part| match part {
        Ok(part) => yaml_document(decoded, part, scheme, &mut count).transpose(),
        Err(fault) => {
            let start = fault.offset;
            Some(Err((fault, start)))
        }
    });
    objects.into_iter().map(Ok).chain(fault.map(Err)).chain(yaml)
}

/// How many JSON objects a stream may hold.
const MAX_OBJECTS: usize = 1_000_000;

fn yaml_document(
    decoded: &Decoded,
    part: Part,
    scheme: Scheme,
    count: &mut Count,
) -> Result<Option<Parsed>, (Fault, usize)> {
    let text = decoded.text.get(..part.end).unwrap_or_default();
    let body = text.get(part.start..).unwrap_or_default();
    let start = part.start + (body.len() - body.trim_start().len());
    let read = check(decoded, part)
        .and_then(|()| match first_forbidden(body) {
            Some(at) => Err(forbidden(body, at, part.start)),
            None => parse(text, part.start, scheme, count),
        })
        .map_err(|fault| (fault, start))?;
    // A document without content is no document.
    Ok(read.filter(|read| !read.value.is_null()))
}

fn forbidden(body: &str, at: usize, base: usize) -> Fault {
    let found = body.get(at..).and_then(|rest| rest.chars().next()).unwrap_or_default();
    if found == '\0' {
        return Fault::new(base + at, "a NUL byte").help("remove it: a manifest is text");
    }
    let message = format!("the control character U+{:04X} cannot stand here", u32::from(found));
    Fault::new(base + at, message)
        .help("YAML does not allow it; write it as an escape between double quotes")
}

/// Sees that the part holds no invalid UTF-8.
fn check(decoded: &Decoded, part: Part) -> Result<(), Fault> {
    let first = decoded.replaced.partition_point(|offset| *offset < part.start);
    match decoded.replaced.get(first) {
        Some(offset) if *offset < part.end => Err(Fault::new(*offset, "invalid UTF-8")
            .help("save the file as UTF-8; kubectl refuses it, or garbles the text")),
        _ => Ok(()),
    }
}

/// What a stream holds as JSON.
#[derive(Default)]
struct Json {
    objects: Vec<Parsed>,
    /// Where the rest begins that is read as YAML.
    yaml: Option<usize>,
    fault: Option<(Fault, usize)>,
}

/// Reads the JSON objects that a stream begins with.
///
/// kubectl takes a stream that begins with `{` for JSON objects one behind the other. Where the
/// first or second is none, it goes on with YAML (`YAMLOrJSONDecoder` of
/// `k8s.io/apimachinery/pkg/util/yaml`).
fn json_objects(decoded: &Decoded, count: &mut Count) -> Json {
    let text = decoded.text.as_str();
    let mut json = Json::default();
    if !text.trim_start().starts_with('{') {
        json.yaml = Some(0);
        return json;
    }
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        if blanks == rest.len() {
            return json;
        }
        if json.objects.len() >= MAX_OBJECTS {
            let message = format!("the stream holds more than {MAX_OBJECTS} objects");
            json.fault = Some((Fault::new(at + blanks, message), at + blanks));
            return json;
        }
        match json_object(decoded, at, count) {
            Ok((object, end)) => {
                json.objects.push(object);
                at = end;
            }
            Err((fault, false)) => {
                json.fault = Some((fault, at + blanks));
                return json;
            }
            Err((fault, true)) => {
                // What neither reader takes is told in the words of the one that was meant.
                json.yaml = yaml_start(text, at)
                    .filter(|_| json.objects.len() < 2)
                    .filter(|start| !looks_json(rest) || is_yaml(decoded, *start));
                if json.yaml.is_none() {
                    json.fault = Some((fault, at + blanks));
                }
                return json;
            }
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
fn is_yaml(decoded: &Decoded, start: usize) -> bool {
    match split(&decoded.text, start).next() {
        Some(Ok(part)) => {
            let mut count = Count::new(decoded.text.len());
            yaml_document(decoded, part, Scheme::Kubectl, &mut count).is_ok()
        }
        _ => false,
    }
}

fn looks_json(text: &str) -> bool {
    let inner = text.trim_start().strip_prefix('{').map(str::trim_start);
    inner.is_some_and(|inner| inner.starts_with(['"', '}']))
}

/// The JSON object at `at`, and the offset behind it and its blanks. A fault comes with whether
/// it is one of JSON's grammar, so that kubectl would try YAML.
fn json_object(
    decoded: &Decoded,
    at: usize,
    count: &mut Count,
) -> Result<(Parsed, usize), (Fault, bool)> {
    let rest = decoded.text.get(at..).unwrap_or_default();
    let mut spans = JsonSpans::new(at, count.room());
    let read = from_json_prefix(rest, &mut spans);
    count.add_values(spans.values);
    let ((value, node), len) = read.map_err(|error: JsonError| {
        let fault = Fault::new(at + error.offset, error.message);
        (fault.help("a text that begins with `{` is read as JSON"), true)
    })?;
    check(decoded, Part { start: at, end: at + len }).map_err(|fault| (fault, false))?;
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
