//! YAML in, as OPA reads it: the first document of a stream, by goyaml v3; of equal keys the last
//! counts; dates are text.

use super::events::{Event, Events};
use super::resolve::{Resolved, go_float, is_timestamp, resolve};
use crate::builtins::bytes::{Alphabet, from_base64, to_text};
use crate::builtins::{Failure, operands::quoted};
use crate::term::{Arena, Depth, Term, TermKind};
use sekisho_budget::BudgetExceeded;
use sekisho_value::Number;
use std::collections::{HashMap, HashSet};

/// How a double is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Floats {
    /// as Go writes it in JSON
    Json,
    /// as goyaml writes it; no JSON number
    Yaml,
}

/// Reads the first document of a stream; the others need only be well-formed.
pub(super) fn read<'a>(text: &str, floats: Floats, arena: Arena<'a>) -> Result<Term<'a>, Failure> {
    arena.budget().step(text.len() as u64 / 16)?;
    if !text.chars().all(is_allowed) {
        return Err(wrong("control characters are not allowed"));
    }
    let mut events = Events::new(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut first = None;
    let mut document = Document::new(arena, floats);
    loop {
        let event = events.next().map_err(wrong)?;
        arena.budget().step(4)?;
        arena.budget().allocate(64)?;
        match event {
            Event::StreamEnd => return Ok(first.unwrap_or(Term::Null)),
            Event::DocumentStart => {
                document = Document::new(arena, floats);
                document.later = first.is_some();
            }
            Event::DocumentEnd => first = first.or(document.root.map(|node| node.term)),
            other => document.event(other)?,
        }
    }
}

/// What YAML 1.1 allows in a text (section 5.1), as goyaml has it.
fn is_allowed(char: char) -> bool {
    matches!(char,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}'
        | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

const NO_MERGE: &str = "map merge requires map or sequence of maps as the value";

fn wrong(message: impl std::fmt::Display) -> Failure {
    Failure::error(format!("yaml: {message}"))
}

/// A part of a document, and how many nodes it is made of, aliases followed.
#[derive(Clone, Copy)]
struct Node<'a> {
    term: Term<'a>,
    nodes: u64,
}

enum Frame<'a> {
    Sequence(Vec<Node<'a>>),
    Mapping { entries: Vec<(Term<'a>, Term<'a>)>, merged: Vec<Term<'a>>, key: Key<'a>, nodes: u64 },
}

/// What a mapping waits for.
enum Key<'a> {
    None,
    Of(Term<'a>),
    Merge,
}

struct Document<'a> {
    arena: Arena<'a>,
    floats: Floats,
    /// not the first of its stream
    later: bool,
    stack: Vec<(Frame<'a>, Option<String>)>,
    anchors: HashMap<String, Option<Node<'a>>>,
    root: Option<Node<'a>>,
    /// nodes that goyaml would decode, and of these the ones in aliases
    decoded: u64,
    in_aliases: u64,
}

impl<'a> Document<'a> {
    fn new(arena: Arena<'a>, floats: Floats) -> Self {
        Self {
            arena,
            floats,
            later: false,
            stack: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            decoded: 0,
            in_aliases: 0,
        }
    }

    fn event(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Scalar { anchor, tag, text, plain } => {
                self.arena.budget().step(text.len() as u64 / 16)?;
                let is_key = self.waits_for_key();
                let tag = tag.as_deref();
                let merges = text == "<<"
                    && (plain && tag.is_none()
                        || matches!(tag, Some("!" | "tag:yaml.org,2002:merge")));
                if is_key && merges {
                    return self.key(Key::Merge);
                }
                let term = self.scalar(&text, tag, plain, is_key)?;
                self.put(Node { term, nodes: 1 }, anchor)
            }
            Event::SequenceStart { anchor } => self.open(Frame::Sequence(Vec::new()), anchor),
            Event::MappingStart { anchor } => {
                let mapping = Frame::Mapping {
                    entries: Vec::new(),
                    merged: Vec::new(),
                    key: Key::None,
                    nodes: 1,
                };
                self.open(mapping, anchor)
            }
            Event::End => self.close(),
            Event::Alias(anchor) => self.alias(&anchor),
            Event::StreamEnd | Event::DocumentStart | Event::DocumentEnd => Ok(()),
        }
    }

    fn alias(&mut self, anchor: &str) -> Result<(), Failure> {
        match self.anchors.get(anchor).copied() {
            None => Err(wrong(format_args!("unknown anchor '{anchor}' referenced"))),
            Some(None) if self.later => self.put(Node { term: Term::Null, nodes: 1 }, None),
            Some(None) => Err(wrong(format_args!("anchor '{anchor}' value contains itself"))),
            Some(Some(node)) => {
                self.decoded = self.decoded.saturating_add(node.nodes);
                self.in_aliases = self.in_aliases.saturating_add(node.nodes);
                if self.in_aliases > 100
                    && self.decoded > 1000
                    && self.too_many_aliases()
                    && !self.later
                {
                    return Err(wrong("document contains excessive aliasing"));
                }
                self.arena.budget().step(node.nodes)?;
                let merged =
                    matches!(self.stack.last(), Some((Frame::Mapping { key: Key::Merge, .. }, _)));
                if merged && node.term.kind() != TermKind::Object && !self.later {
                    return Err(wrong(NO_MERGE));
                }
                self.put(Node { nodes: node.nodes.saturating_add(1), ..node }, None)
            }
        }
    }

    /// goyaml's measure: 99 % of a small document may come from aliases, 10 % of a huge one.
    #[expect(clippy::cast_precision_loss, reason = "a share is measured")]
    fn too_many_aliases(&self) -> bool {
        let (low, high) = (400_000.0, 4_000_000.0);
        let decoded = self.decoded as f64;
        let passed = (decoded.clamp(low, high) - low) / (high - low);
        self.in_aliases as f64 / decoded > 0.99 - 0.89 * passed
    }

    fn open(&mut self, frame: Frame<'a>, anchor: Option<String>) -> Result<(), Failure> {
        if self.stack.len() >= Depth::LIMIT {
            return Err(BudgetExceeded::Depth.into());
        }
        if self.waits_for_key() && !self.later {
            return Err(wrong("invalid map key"));
        }
        if let Some(anchor) = &anchor {
            self.anchors.insert(anchor.clone(), None);
        }
        self.stack.push((frame, anchor));
        Ok(())
    }

    fn close(&mut self) -> Result<(), Failure> {
        let Some((frame, anchor)) = self.stack.pop() else {
            return Ok(());
        };
        let node = match frame {
            Frame::Sequence(items) => {
                let nodes = items.iter().map(|item| item.nodes).fold(1, u64::saturating_add);
                let items: Vec<_> = items.iter().map(|item| item.term).collect();
                Node { term: self.arena.array(&items)?, nodes }
            }
            Frame::Mapping { mut entries, merged, nodes, .. } => {
                if !merged.is_empty() {
                    self.merge(&mut entries, &merged)?;
                }
                Node { term: self.arena.object(entries)?, nodes }
            }
        };
        self.put(node, anchor)
    }

    /// Adds what `<<` brings: a key that is there already stays, and of several the first counts.
    fn merge(
        &self,
        entries: &mut Vec<(Term<'a>, Term<'a>)>,
        merged: &[Term<'a>],
    ) -> Result<(), Failure> {
        let mut seen: HashSet<&str> = entries.iter().filter_map(|(key, _)| key.as_str()).collect();
        for source in merged {
            let len = source.len().unwrap_or(0) as u64;
            self.arena.budget().step(len)?;
            self.arena.budget().allocate(96 * len)?;
            for (key, value) in source.entries() {
                if key.as_str().is_some_and(|key| seen.insert(key)) {
                    entries.push((key, value));
                }
            }
        }
        Ok(())
    }

    fn waits_for_key(&self) -> bool {
        matches!(self.stack.last(), Some((Frame::Mapping { key: Key::None, .. }, _)))
    }

    fn key(&mut self, found: Key<'a>) -> Result<(), Failure> {
        if let Some((Frame::Mapping { key, nodes, .. }, _)) = self.stack.last_mut() {
            *key = found;
            *nodes += 1;
        }
        Ok(())
    }

    fn put(&mut self, node: Node<'a>, anchor: Option<String>) -> Result<(), Failure> {
        self.decoded = self.decoded.saturating_add(1);
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Some(node));
        }
        if self.waits_for_key() {
            let key = match node.term {
                Term::String(_) => node.term,
                other => self.key_text(other)?,
            };
            return self.key(Key::Of(key));
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some((Frame::Sequence(items), _)) => items.push(node),
            Some((Frame::Mapping { entries, merged, key, nodes }, _)) => {
                *nodes = nodes.saturating_add(node.nodes);
                match std::mem::replace(key, Key::None) {
                    Key::Of(key) => entries.push((key, node.term)),
                    Key::Merge | Key::None => {
                        let kind = node.term.kind();
                        let good = match kind {
                            TermKind::Array => {
                                node.term.items().all(|item| item.kind() == TermKind::Object)
                            }
                            kind => kind == TermKind::Object,
                        };
                        if !good && !self.later {
                            return Err(wrong(NO_MERGE));
                        }
                        if kind == TermKind::Array {
                            merged.extend(node.term.items());
                        } else {
                            merged.push(node.term);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// A key that is no text, as the text that it becomes in JSON. Doubles are shortened to 32
    /// bits, as goyaml does.
    fn key_text(&self, key: Term<'a>) -> Result<Term<'a>, Failure> {
        let text = match key {
            Term::Bool(bool) => bool.to_string(),
            Term::Int(int) => int.to_string(),
            Term::Number(literal) => literal.to_owned(),
            _ if self.later => String::new(),
            other => {
                let kind = if other == Term::Null { "%!s(<nil>)" } else { other.kind().name() };
                return Err(Failure::error(format!("unsupported map key of type: {kind}")));
            }
        };
        Ok(self.arena.string(&text)?)
    }

    fn scalar(
        &self,
        text: &str,
        tag: Option<&str>,
        plain: bool,
        is_key: bool,
    ) -> Result<Term<'a>, Failure> {
        let bare = tag.is_none_or(|tag| tag == "!");
        let tag = tag.map(|tag| tag.strip_prefix("tag:yaml.org,2002:").unwrap_or(tag));
        let resolved = match tag {
            _ if bare && plain => resolve(text),
            None | Some("str") => Resolved::Text,
            Some("binary") if !self.later => {
                let bytes = from_base64(text.as_bytes(), Alphabet::Standard, true)
                    .map_err(|_| wrong("!!binary value contains invalid base64 data"))?;
                return Ok(self.arena.string(&to_text(bytes))?);
            }
            Some("timestamp") if plain && !self.later && is_timestamp(text) => {
                let date_only = !text.contains([':', 'T', 't']);
                let time = if date_only { "T00:00:00Z" } else { "" };
                return Ok(self.arena.string(&format!("{text}{time}"))?);
            }
            Some(kind @ ("int" | "float" | "bool" | "null")) if !self.later => tagged(text, kind)?,
            Some(_) => Resolved::Text,
        };
        Ok(match resolved {
            Resolved::Null => Term::Null,
            Resolved::Bool(bool) => Term::Bool(bool),
            Resolved::Int(int) => Term::Int(int),
            Resolved::Unsigned(int) => Term::Number(self.arena.text(&int.to_string())?),
            Resolved::Float(float) => self.float(float, is_key)?,
            Resolved::Text => self.arena.string(text)?,
        })
    }

    #[expect(clippy::cast_possible_truncation, reason = "goyaml shortens the doubles of keys")]
    fn float(&self, float: f64, is_key: bool) -> Result<Term<'a>, Failure> {
        if is_key {
            let text = match float {
                _ if float.is_nan() => ".nan".to_owned(),
                _ if float.is_infinite() => if float > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
                _ if (float as f32).is_infinite() => {
                    if float > 0.0 { ".inf" } else { "-.inf" }.to_owned()
                }
                _ => go_float(&format!("{:e}", float as f32)),
            };
            return Ok(self.arena.string(&text)?);
        }
        let Some(number) = Number::from_f64(float) else {
            if self.later {
                return Ok(Term::Null);
            }
            let value = match float {
                _ if float.is_nan() => "NaN",
                _ if float > 0.0 => "+Inf",
                _ => "-Inf",
            };
            return Err(Failure::error(format!("json: unsupported value: {value}")));
        };
        if self.floats == Floats::Yaml {
            return Ok(Term::Number(self.arena.text(&go_float(&format!("{float:e}")))?));
        }
        Ok(match number.held() {
            Ok(int) => Term::Int(int),
            Err(literal) => Term::Number(self.arena.text(literal)?),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "the tag asks for a double")]
fn tagged(text: &str, kind: &str) -> Result<Resolved, Failure> {
    let found = resolve(text);
    let name = match found {
        Resolved::Null => "null",
        Resolved::Bool(_) => "bool",
        Resolved::Int(_) | Resolved::Unsigned(_) => "int",
        Resolved::Float(_) => "float",
        Resolved::Text => "str",
    };
    match found {
        Resolved::Int(int) if kind == "float" => Ok(Resolved::Float(int as f64)),
        found if name == kind => Ok(found),
        _ => {
            let text = quoted(text);
            let text = text.trim_matches('"');
            Err(wrong(format_args!("cannot decode !!{name} `{text}` as a !!{kind}")))
        }
    }
}
