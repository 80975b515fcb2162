//! Locations in SARIF.

use super::Text;
use crate::model::{Location, Resource};
use crate::render::wording::path;
use serde::Serialize;
use std::fmt::Write as _;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Place {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_locations: Option<[Logical; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    name: String,
    fully_qualified_name: String,
    kind: &'static str,
}

impl Place {
    pub(super) fn with_resource(mut self, resource: &Resource) -> Self {
        self.logical_locations = Some([Logical {
            name: resource.to_string(),
            fully_qualified_name: match &resource.namespace {
                Some(namespace) => {
                    format!(
                        "{}/{}/{namespace}/{}",
                        resource.api_version, resource.kind, resource.name
                    )
                }
                None => format!("{}/{}/{}", resource.api_version, resource.kind, resource.name),
            },
            kind: "resource",
        }]);
        self
    }

    pub(super) fn with_message(mut self, text: &str) -> Self {
        self.message = Some(Text::message(text));
        self
    }
}

pub(super) fn place(file: &str, line: Option<u32>, column: Option<u32>) -> Place {
    // Lines and columns start at 1 (§3.30.5, §3.30.6); 0 would fail the whole log.
    let region = line.filter(|line| *line > 0).map(|start_line| Region {
        start_line,
        start_column: column.filter(|column| *column > 0),
        end_column: None,
    });
    Place {
        physical_location: Physical { artifact_location: Artifact { uri: uri(file) }, region },
        logical_locations: None,
        message: None,
    }
}

/// The place of an offending field; `endColumn` is one past its last character (§3.30.8).
pub(super) fn field(location: &Location) -> Place {
    let mut place = place(&location.file, Some(location.line), Some(location.column));
    if let Some(region) = &mut place.physical_location.region {
        region.end_column = region
            .start_column
            .zip(location.marked.as_ref())
            .map(|(start, marked)| start.saturating_add(marked.len));
    }
    place
}

/// The path as a URI: relative ones as relative references, absolute ones with a scheme; what is
/// no unreserved character of RFC 3986 §2.3 is percent-encoded, byte by byte.
fn uri(file: &str) -> String {
    let file = path(file);
    let mut uri = String::with_capacity(file.len() + 8);
    if file.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in file.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            other => {
                // Writing to a `String` cannot fail.
                let _ = write!(uri, "%{other:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_uris() {
        for (path, expected) in [
            ("examples/web.yaml", "examples/web.yaml"),
            ("./web.yaml", "web.yaml"),
            ("../a b/w\u{e9}b.yaml", "../a%20b/w%C3%A9b.yaml"),
            ("/srv/a.yaml", "file:///srv/a.yaml"),
            ("a:b%41#?.yaml", "a%3Ab%2541%23%3F.yaml"),
            ("<stdin>", "%3Cstdin%3E"),
            ("a\nb", "a%0Ab"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
