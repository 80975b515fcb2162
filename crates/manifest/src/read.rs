//! A file or stream to its objects.

use crate::classify::{Class, SkipReason, classify};
use crate::document::Document;
use crate::fault::{Fault, ReadError};
use crate::json::{begins_json, send_numbers};
use crate::source::Source;
use crate::spans::{Node, Spans};
use crate::stream::values;
use crate::text::Decoded;
use crate::yaml::{Parsed, Reading, Scheme};
use sekisho_value::Value;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// How a text is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions {
    /// Scalars mean what they mean to gator: `yes` is a string, and `0644` is 420.
    pub gator: bool,
    /// Kinds that only clients read (kustomizations, suites, kubeconfigs) are documents too.
    pub client_kinds: bool,
    /// A key that stands twice in one object has its last value, as to `gator test`. Otherwise it
    /// is an error.
    pub last_key_wins: bool,
}

impl ReadOptions {
    fn reading(&self) -> Reading {
        let scheme = if self.gator { Scheme::Gator } else { Scheme::Kubectl };
        Reading { scheme, last_key_wins: self.last_key_wins }
    }
}

/// What a file or stream holds.
#[derive(Debug)]
pub struct Read {
    /// The text, for showing its lines.
    pub source: Arc<Source>,
    /// The objects, in the order of the text.
    pub documents: Vec<Document>,
    /// What is no object, and why.
    pub skipped: Vec<Skipped>,
    /// What could not be read.
    pub errors: Vec<ReadError>,
}

/// A document that is no object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The line on which it begins, from 1.
    pub line: u32,
    /// Why it is skipped.
    pub reason: SkipReason,
}

/// How many documents a stream of any length may hold, items of lists one by one. What judging
/// takes for each is many times the length of the shortest.
const DOCUMENTS_FREE: usize = 100_000;
/// How many bytes a stream needs for each document beyond. A pod has a thousand.
const BYTES_PER_DOCUMENT: usize = 128;
/// How many errors of one stream are told one by one.
const MAX_ERRORS: usize = 1000;

/// Reads a file or stream as kubectl would. It never fails as a whole: what is wrong with one
/// document does not hide the others. `name` is the path to show; it also helps to tell what a
/// document is that is no object (`values.yaml`).
pub fn read<'b>(name: &str, bytes: impl Into<Cow<'b, [u8]>>, options: &ReadOptions) -> Read {
    let mut read = match Source::decode(name, bytes) {
        Ok(source) => Read::new(source),
        Err(error) => {
            let nothing = Source::new(name, Decoded::default());
            return Read { errors: vec![error], ..Read::new(Arc::new(nothing)) };
        }
    };
    let source = Arc::clone(&read.source);
    let is_json = begins_json(source.text());
    let text = source.decoded().until(source.text().len());
    for value in values(text, 0, options.reading()) {
        let start = match &value {
            Ok(parsed) => parsed.node.start as usize,
            Err((_, start)) => *start,
        };
        if !read.has_room(1) {
            read.push_error(too_many(read.most(), start));
            break;
        }
        match value {
            Ok(mut parsed) => {
                if is_json {
                    send_numbers(&mut parsed.value);
                }
                let spans = Arc::new(parsed.spans);
                read.add(parsed.value, parsed.node, &spans, options);
            }
            Err((fault, start)) => read.add_fault(fault, start),
        }
    }
    read
}

/// Reads a configuration: one YAML or JSON document, its scalars as in kubectl's reader.
///
/// # Errors
/// Where the text cannot be read, or holds no document or several.
pub fn read_value(text: &str) -> Result<Value, ReadError> {
    read_document("", text.as_bytes()).map(|document| document.value)
}

/// Reads a configuration as [`read_value`] does, and keeps the places of its parts.
///
/// # Errors
/// Where the text cannot be read, or holds no document or several.
pub fn read_document<'b>(
    name: &str,
    bytes: impl Into<Cow<'b, [u8]>>,
) -> Result<Document, ReadError> {
    read_document_as(name, bytes, &ReadOptions::default())
}

/// Reads a configuration as [`read_document`] does, its scalars as the options say.
///
/// # Errors
/// Where the text cannot be read, or holds no document or several.
pub fn read_document_as<'b>(
    name: &str,
    bytes: impl Into<Cow<'b, [u8]>>,
    options: &ReadOptions,
) -> Result<Document, ReadError> {
    let source = Source::decode(name, bytes)?;
    read_part(&source, 0..source.text().len(), options)
}

/// Reads the document that stands between two offsets of a text as [`read_document_as`] does: who
/// parts a text in another way than kubectl reads it part by part.
///
/// # Errors
/// Where the part cannot be read, or holds no document or several.
pub fn read_part(
    source: &Arc<Source>,
    part: Range<usize>,
    options: &ReadOptions,
) -> Result<Document, ReadError> {
    let text = source.decoded().until(part.end);
    let mut found = None;
    for value in values(text, part.start, options.reading()) {
        let parsed = value.map_err(|(fault, _)| fault.at(source))?;
        let start = parsed.node.start as usize;
        if found.replace(parsed).is_some() {
            let fault = Fault::new(start, "expected one document, found several");
            return Err(fault.at(source));
        }
    }
    let none = || Fault::new(part.start, "expected a document, found none").at(source);
    found.map(|parsed| document(parsed, source)).ok_or_else(none)
}

/// Reads what stands between two offsets of a text: nothing where it is null or a comment, one
/// document, or a stream of JSON, whose numbers are those that a client sends.
///
/// # Errors
/// Where the part cannot be read, or holds too many documents.
pub fn read_stream_part(
    source: &Arc<Source>,
    part: Range<usize>,
    options: &ReadOptions,
) -> Result<Vec<Document>, ReadError> {
    let is_json = begins_json(source.text().get(part.clone()).unwrap_or_default());
    let most = most_documents(part.len());
    let text = source.decoded().until(part.end);
    let mut found = Vec::new();
    for value in values(text, part.start, options.reading()) {
        let mut parsed = value.map_err(|(fault, _)| fault.at(source))?;
        if found.len() == most {
            return Err(too_many(most, parsed.node.start as usize).at(source));
        }
        if is_json {
            send_numbers(&mut parsed.value);
        }
        found.push(document(parsed, source));
    }
    Ok(found)
}

fn document(Parsed { value, node, spans }: Parsed, source: &Arc<Source>) -> Document {
    Document::new(value.clone(), value, node, &Arc::new(spans), source)
}

/// How many documents a text of so many bytes may hold.
fn most_documents(bytes: usize) -> usize {
    DOCUMENTS_FREE + bytes / BYTES_PER_DOCUMENT
}

#[cold]
fn too_many(most: usize, at: usize) -> Fault {
    let message = format!("more than {most} documents, which is too many for the text's length");
    Fault::new(at, message).help("split the file")
}

impl Read {
    fn new(source: Arc<Source>) -> Self {
        Self { source, documents: Vec::new(), skipped: Vec::new(), errors: Vec::new() }
    }

    /// What could not be read is a template that was not rendered, or an error.
    fn add_fault(&mut self, fault: Fault, start: usize) {
        let line = self.source.line(self.source.line_at(fault.offset)).unwrap_or_default();
        if fault.template || has_action(line) {
            self.skip(start, SkipReason::Template);
        } else {
            self.push_error(fault);
        }
    }

    /// Whether so many more documents may be held.
    fn has_room(&self, more: usize) -> bool {
        self.documents.len() + self.skipped.len() + more <= self.most()
    }

    fn most(&self) -> usize {
        most_documents(self.source.text().len())
    }

    /// Every error counts; of very many, the last stands for the rest.
    fn push_error(&mut self, fault: Fault) {
        match self.errors.len() {
            0..MAX_ERRORS => self.errors.push(fault.at(&self.source)),
            MAX_ERRORS => {
                let more = Fault::new(fault.offset, "more errors follow, which are not shown");
                self.errors.push(more.at(&self.source));
            }
            _ => {}
        }
    }

    fn skip(&mut self, offset: usize, reason: SkipReason) {
        let line = self.source.line_at(offset);
        self.skipped.push(Skipped { line, reason });
    }

    fn add(&mut self, value: Value, node: Node, spans: &Arc<Spans>, options: &ReadOptions) {
        match classify(&value, &self.source.name) {
            Class::Object => self.object(value.clone(), value, node, spans),
            Class::Skip(SkipReason::ClientOnly { .. }) if options.client_kinds => {
                self.object(value.clone(), value, node, spans);
            }
            Class::List => self.list(&value, node, spans, options),
            Class::Skip(reason) => self.skip(node.start as usize, reason),
            Class::Broken(message, help) => self.error(node, message, help),
        }
    }

    fn error(&mut self, node: Node, message: impl Into<Cow<'static, str>>, help: &'static str) {
        self.push_error(Fault::new(node.start as usize, message).help(help));
    }

    fn object(&mut self, value: Value, written: Value, node: Node, spans: &Arc<Spans>) {
        self.documents.push(Document::new(value, written, node, spans, &self.source));
    }

    /// Each item of a list is an object of its own (`FlattenListVisitor` of kubectl).
    fn list(&mut self, list: &Value, node: Node, spans: &Arc<Spans>, options: &ReadOptions) {
        let position = list.as_object().and_then(|map| map.position("items").ok());
        let items_node = position.and_then(|at| spans.get(node.first as usize + at));
        let items = list.get("items").and_then(Value::as_array).unwrap_or_default();
        let kind = list.path_str(&["kind"]).unwrap_or_default();
        let api_version = list.path_str(&["apiVersion"]).unwrap_or_default();
        if items.is_empty() {
            self.skip(node.start as usize, SkipReason::EmptyList { kind: kind.to_owned() });
        }
        if !self.has_room(items.len()) {
            return self.push_error(too_many(self.most(), node.start as usize));
        }
        for (index, item) in items.iter().enumerate() {
            let item_node =
                items_node.and_then(|items| spans.get(items.first as usize + index)).copied();
            let item_node = item_node.unwrap_or(node);
            let value = inherit(item, api_version, kind);
            match classify(&value, &self.source.name) {
                Class::Object => self.object(value, item.clone(), item_node, spans),
                Class::Skip(SkipReason::NoObject { detail }) => {
                    let message = format!("item {index} of {kind} is no object: {detail}");
                    self.error(item_node, message, "kubectl refuses the whole list");
                }
                _ => self.add(value, item_node, spans, options),
            }
        }
    }
}

/// Whether a line holds an action of a template: `{{` outside of quotes, or one that quotes cut
/// in two (`"{{ include "name" . }}"`). `}}` alone is none: JSON on one line ends with it.
fn has_action(line: &str) -> bool {
    let mut quote = None;
    let mut cut = false;
    let mut before = b' ';
    for (at, byte) in line.bytes().enumerate() {
        let twice = line.as_bytes().get(at + 1) == Some(&byte);
        match quote {
            None if byte == b'{' && twice => return true,
            // An apostrophe within a word opens nothing.
            None if matches!(byte, b'"' | b'\'') && !before.is_ascii_alphanumeric() => {
                quote = Some(byte);
            }
            Some(_) if byte == b'{' && twice => cut = true,
            Some(_) if byte == b'}' && twice => cut = false,
            Some(open) if byte == open && before != b'\\' => {
                if cut {
                    return true;
                }
                quote = None;
            }
            _ => {}
        }
        before = byte;
    }
    false
}

/// The item of a list with what its list gives it: an item of a typed list (`PodList`) that has
/// neither `apiVersion` nor `kind` has those of the list (`decodeToList` of
/// `k8s.io/apimachinery/pkg/apis/meta/v1/unstructured`).
fn inherit(item: &Value, api_version: &str, kind: &str) -> Value {
    let mut value = item.clone();
    let has = |key: &str| item.path_str(&[key]).is_some_and(|text| !text.is_empty());
    let item_kind = kind.strip_suffix("List").unwrap_or(kind);
    if let Value::Object(map) = &mut value
        && !item_kind.is_empty()
        && !has("apiVersion")
        && !has("kind")
    {
        map.insert("apiVersion", api_version);
        map.insert("kind", item_kind);
    }
    value
}
