//! References between schemas, and the documents that they lead to.

use super::Wrong;
use crate::builtins::Failure;
use crate::term::{Arena, Term, TermKind};
use std::collections::HashMap;

/// Which keywords a schema has; later drafts are greater. The last takes the keywords of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    Four,
    Six,
    Seven,
    Hybrid,
}

/// A schema, or a part of one that has an id.
#[derive(Clone, Copy)]
pub(super) struct Document<'a> {
    pub(super) term: Term<'a>,
    /// none where `$schema` does not say
    pub(super) draft: Option<Draft>,
}

/// The documents by their references.
pub(super) struct Pool<'a> {
    documents: HashMap<String, Document<'a>>,
    arena: Arena<'a>,
}

impl<'a> Pool<'a> {
    /// The pool of a schema and of its parts with an id, all their references made absolute.
    pub(super) fn new(schema: Term<'a>, arena: Arena<'a>) -> Result<Self, Wrong> {
        let draft = draft(schema)?;
        let mut pool = Self { documents: HashMap::new(), arena };
        let term = pool.absolute(schema, "", draft)?;
        pool.documents.insert(String::new(), Document { term, draft });
        Ok(pool)
    }

    /// The document of an absolute reference.
    pub(super) fn get(&mut self, reference: &str) -> Result<Document<'a>, Wrong> {
        if let Some(document) = self.documents.get(reference) {
            return Ok(*document);
        }
        let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let Some(document) = self.documents.get(base).copied() else {
            return Err(if base.contains("://") {
                Wrong::said(format!("remote reference loading disabled: {reference}"))
            } else {
                Wrong::said(format!("Reference {reference} must be canonical"))
            });
        };
        let fragment = percent_decoded(fragment);
        let mut term = document.term;
        // What is no pointer leads to the document itself.
        if let Some(tokens) = fragment.strip_prefix('/') {
            for token in tokens.split('/') {
                let token = token.replace("~1", "/").replace("~0", "~");
                term = step(term, &token)?;
            }
        }
        let found = Document { term, ..document };
        self.documents.insert(reference.to_owned(), found);
        Ok(found)
    }

    /// The term with its references made absolute; what has an id goes into the pool.
    /// Values are of bounded depth, and so is the recursion.
    fn absolute(
        &mut self,
        term: Term<'a>,
        base: &str,
        draft: Option<Draft>,
    ) -> Result<Term<'a>, Wrong> {
        self.arena.budget().step(1)?;
        match term.kind() {
            TermKind::Array => {
                let mut items = Vec::new();
                for item in term.items() {
                    items.push(self.absolute(item, base, draft)?);
                }
                Ok(self.arena.array(&items)?)
            }
            TermKind::Object => {
                let key_id = if term.field("id").is_some() { "id" } else { "$id" };
                let id = term.field(key_id).and_then(Term::as_str);
                let scope = id.map_or_else(|| base.to_owned(), |id| resolve(base, id));
                let mut entries = Vec::new();
                for (key, value) in term.entries() {
                    let value = match key.as_str().unwrap_or_default() {
                        "const" | "enum" => value,
                        "properties" | "dependencies" | "patternProperties"
                            if value.kind() == TermKind::Object =>
                        {
                            let mut children = Vec::new();
                            for (name, child) in value.entries() {
                                children.push((name, self.absolute(child, &scope, draft)?));
                            }
                            self.arena.object(children)?
                        }
                        "properties" | "dependencies" | "patternProperties" => value,
                        "$ref" if value.as_str().is_some() => {
                            let reference = value.as_str().unwrap_or_default();
                            self.arena.string(&resolve(&scope, reference))?
                        }
                        _ => self.absolute(value, &scope, draft)?,
                    };
                    entries.push((key, value));
                }
                let term = self.arena.object(entries)?;
                if id.is_some() {
                    if self.documents.contains_key(&scope) {
                        return Err(Wrong::said(format!("Reference already exists: \"{scope}\"")));
                    }
                    self.documents.insert(scope, Document { term, draft });
                }
                Ok(term)
            }
            _ => Ok(term),
        }
    }
}

/// What `$schema` asks for.
pub(super) fn draft(schema: Term<'_>) -> Result<Option<Draft>, Wrong> {
    match schema.kind() {
        TermKind::Boolean => return Ok(None),
        TermKind::Object => {}
        _ => return Err(Wrong::said("schema is invalid")),
    }
    let Some(url) = schema.field("$schema") else {
        return Ok(None);
    };
    let Some(url) = url.as_str() else {
        return Err(Wrong::said("$schema must be of type string"));
    };
    Ok(match url.strip_suffix('#').unwrap_or(url) {
        "http://json-schema.org/draft-04/schema" => Some(Draft::Four),
        "http://json-schema.org/draft-06/schema" => Some(Draft::Six),
        "http://json-schema.org/draft-07/schema" => Some(Draft::Seven),
        _ => None,
    })
}

fn step<'a>(term: Term<'a>, token: &str) -> Result<Term<'a>, Wrong> {
    match term.kind() {
        TermKind::Object => {
            term.field(token).ok_or_else(|| Wrong::said(format!("Object has no key '{token}'")))
        }
        TermKind::Array => {
            let Ok(index) = token.parse::<i64>() else {
                return Err(Wrong::said(format!("Invalid array index '{token}'")));
            };
            let len = term.len().unwrap_or(0);
            let item = usize::try_from(index).ok().and_then(|index| term.entry(index));
            item.map(|(_, item)| item)
                .ok_or_else(|| Wrong::said(format!("Out of bound array[0,{len}] index '{index}'")))
        }
        _ => Err(Wrong::said(format!("Invalid token reference '{token}'"))),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.as_bytes().iter();
    while let Some(byte) = bytes.next() {
        let rest = bytes.as_slice();
        let escape = rest.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) if *byte == b'%' => {
                out.push(decoded);
                bytes.nth(1);
            }
            _ => out.push(*byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A reference, seen from a base (RFC 3986, section 5.2). An empty fragment is none.
fn resolve(base: &str, reference: &str) -> String {
    let (base, _) = base.split_once('#').unwrap_or((base, ""));
    let reference = reference.strip_suffix('#').unwrap_or(reference);
    let scheme_end = |text: &str| {
        let colon = text.find(':')?;
        let scheme = text.get(..colon)?;
        let good = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '-' | '.');
        (!scheme.is_empty() && scheme.chars().all(good)).then_some(colon + 1)
    };
    if scheme_end(reference).is_some() {
        return reference.to_owned();
    }
    if reference.is_empty() || reference.starts_with('#') {
        return format!("{base}{reference}");
    }
    let scheme = scheme_end(base).unwrap_or(0);
    if reference.starts_with("//") {
        return format!("{}{reference}", base.get(..scheme).unwrap_or_default());
    }
    let after = base.get(scheme..).unwrap_or_default();
    let authority = match after.strip_prefix("//") {
        Some(rest) => scheme + 2 + rest.find(['/', '?']).unwrap_or(rest.len()),
        None => scheme,
    };
    let (root, path) = base.split_at(authority);
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    let joined = if reference.starts_with('/') {
        reference.to_owned()
    } else {
        let folder = path.rfind('/').map_or("", |slash| path.get(..=slash).unwrap_or_default());
        let root_slash = if folder.is_empty() { "/" } else { "" };
        format!("{root_slash}{folder}{reference}")
    };
    format!("{root}{}", without_dots(&joined))
}

/// A path without `.` and `..` segments.
fn without_dots(path: &str) -> String {
    let (path, fragment) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
    let mut kept: Vec<&str> = Vec::new();
    let last = path.split('/').count() - 1;
    for (index, segment) in path.split('/').enumerate() {
        match segment {
            "." | ".." => {
                if segment == ".." && kept.len() > usize::from(path.starts_with('/')) {
                    kept.pop();
                }
                if index == last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("{}{fragment}", kept.join("/"))
}

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Budget(exceeded) => Self::Budget(exceeded),
            Failure::Error { message, .. } => Self::Said(message),
            Failure::Undefined => Self::Said(String::new()),
        }
    }
}
