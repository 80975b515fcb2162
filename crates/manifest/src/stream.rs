//! A stream to the values of its documents.

use crate::count::Count;
use crate::fault::Fault;
use crate::json::{Next, begins_json, next_object};
use crate::split::{Part, Parts};
use crate::text::{Extent, first_forbidden};
use crate::yaml::{Parsed, Reading, parse};

/// A fault, and the offset at which its document begins.
pub(crate) type DocumentFault = (Fault, usize);

/// The documents of a stream from an offset on that are not empty.
pub(crate) fn values(extent: Extent<'_>, start: usize, reading: Reading) -> Values<'_> {
    let stream = extent.text.get(start..).unwrap_or_default();
    let rest = match begins_json(stream) {
        true => Rest::Json(start),
        false => Rest::Yaml(Parts::new(extent.text, start)),
    };
    Values { extent, reading, count: Count::new(stream.len()), objects: 0, rest }
}

/// The iterator of [`values`].
pub(crate) struct Values<'d> {
    extent: Extent<'d>,
    reading: Reading,
    count: Count,
    /// How many JSON objects were read.
    objects: usize,
    rest: Rest<'d>,
}

/// What is still to be read.
enum Rest<'d> {
    /// JSON objects from an offset on.
    Json(usize),
    Yaml(Parts<'d>),
    Nothing,
}

impl Iterator for Values<'_> {
    type Item = Result<Parsed, DocumentFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Rest::Json(at) = self.rest {
            match next_object(self.extent, at, self.reading, self.objects, &mut self.count) {
                Next::Object(object, end) => {
                    self.rest = Rest::Json(end);
                    self.objects += 1;
                    return Some(Ok(object));
                }
                Next::Fault(fault, start) => {
                    self.rest = Rest::Nothing;
                    return Some(Err((fault, start)));
                }
                Next::Yaml(start) => {
                    self.rest = Rest::Yaml(Parts::new(self.extent.text, start));
                }
                Next::End => self.rest = Rest::Nothing,
            }
        }
        let Rest::Yaml(parts) = &mut self.rest else {
            return None;
        };
        let next = parts.find_map(|part| match part {
            Ok(part) => yaml_document(self.extent, part, self.reading, &mut self.count).transpose(),
            Err(fault) => {
                let start = fault.offset;
                Some(Err((fault, start)))
            }
        });
        if self.count.is_exceeded() {
            // The fault is told once, not of every document that follows.
            self.rest = Rest::Nothing;
        }
        next
    }
}

/// Reads a part as YAML. A document without content is no document.
pub(crate) fn yaml_document(
    extent: Extent<'_>,
    part: Part,
    reading: Reading,
    count: &mut Count,
) -> Result<Option<Parsed>, DocumentFault> {
    let text = extent.text.get(..part.end).unwrap_or_default();
    let body = text.get(part.start..).unwrap_or_default();
    let start = part.start + (body.len() - body.trim_start().len());
    let read = extent
        .check(part)
        .and_then(|()| match first_forbidden(body) {
            Some(at) => Err(forbidden(body, at, part.start)),
            None => parse(text, part.start, reading, count),
        })
        .map_err(|fault| (fault, start))?;
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
