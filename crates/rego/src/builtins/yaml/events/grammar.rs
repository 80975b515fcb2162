//! Tokens to events.

use super::scanner::{Kind, Scanner};
use super::source::Mark;
use super::{Broken, Event};
use std::collections::HashMap;

/// What comes next.
#[derive(Clone, Copy)]
enum State {
    /// The start of a document; the first needs no `---`.
    Document {
        first: bool,
    },
    /// The node of a document without `---`.
    Root,
    /// The node of a document, which may be empty.
    Content,
    DocumentEnd,
    BlockEntry {
        first: bool,
    },
    /// An entry of a list that stands no deeper than the key it belongs to.
    LeanEntry,
    BlockKey {
        first: bool,
    },
    BlockValue,
    FlowEntry {
        first: bool,
    },
    /// `[ key: value ]`
    PairKey,
    PairValue,
    PairEnd,
    FlowKey {
        first: bool,
    },
    FlowValue,
    /// `{ key }`
    FlowNoValue,
    End,
}

/// Which nodes may stand at a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Flow,
    Block,
    /// A list may stand there that is no deeper.
    Lean,
}

/// Tags this long are none that mean anything.
const LONGEST_TAG: usize = 64;

/// The events of a text, one after the other.
pub(in super::super) struct Events<'t> {
    scanner: Scanner<'t>,
    state: State,
    /// What comes behind the nodes that are open.
    states: Vec<State>,
    /// Where the collections that are open begin.
    marks: Vec<Mark>,
    /// Prefixes of tags by their handles.
    handles: HashMap<String, String>,
}

impl<'t> Events<'t> {
    pub(in super::super) fn new(text: &'t str) -> Self {
        Self {
            scanner: Scanner::new(text),
            state: State::Document { first: true },
            states: Vec::new(),
            marks: Vec::new(),
            handles: HashMap::new(),
        }
    }

    /// The next event; at the end of the stream it is always the same.
    pub(in super::super) fn next(&mut self) -> Result<Event, Broken> {
        match self.state {
            State::Document { first } => self.document(first),
            State::Root => self.node(Place::Block),
            State::Content => self.content(),
            State::DocumentEnd => self.document_end(),
            State::BlockEntry { first } => self.block_entry(first),
            State::LeanEntry => self.lean_entry(),
            State::BlockKey { first } => self.block_key(first),
            State::BlockValue => self.block_value(),
            State::FlowEntry { first } => self.flow_entry(first),
            State::PairKey => self.pair_key(),
            State::PairValue => self.flow_value(State::PairEnd, &Kind::FlowSequenceEnd),
            State::PairEnd => {
                self.state = State::FlowEntry { first: false };
                Ok(Event::End)
            }
            State::FlowKey { first } => self.flow_key(first),
            State::FlowValue => {
                self.flow_value(State::FlowKey { first: false }, &Kind::FlowMappingEnd)
            }
            State::FlowNoValue => Ok(self.empty(State::FlowKey { first: false })),
            State::End => Ok(Event::StreamEnd),
        }
    }

    fn peek(&mut self) -> Result<&Kind, Broken> {
        Ok(self.scanner.peek()?.0)
    }

    /// Takes the next token if it is this one.
    fn eat(&mut self, kind: &Kind) -> Result<bool, Broken> {
        let found = self.peek()? == kind;
        if found {
            self.scanner.next()?;
        }
        Ok(found)
    }

    fn wrong(&mut self, context: Option<Mark>, problem: &'static str) -> Broken {
        match self.scanner.peek() {
            Ok((_, place)) => {
                Broken { problem, context: context.unwrap_or_default(), place, scanning: false }
            }
            Err(broken) => broken,
        }
    }

    /// A collection is not followed by what belongs in it.
    fn wrong_entry(&mut self, problem: &'static str) -> Broken {
        let context = self.marks.pop();
        self.wrong(context, problem)
    }

    fn pop(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    fn empty(&mut self, next: State) -> Event {
        self.state = next;
        Event::Scalar { anchor: None, tag: None, text: String::new(), plain: true }
    }

    fn node_then(&mut self, next: State, place: Place) -> Result<Event, Broken> {
        self.states.push(next);
        self.node(place)
    }

    /// Takes the token that opens a collection.
    fn begin(&mut self, first: bool) -> Result<(), Broken> {
        if first {
            let start = self.scanner.next()?.start;
            self.marks.push(start);
        }
        Ok(())
    }

    fn end(&mut self) -> Event {
        self.pop();
        self.marks.pop();
        Event::End
    }

    fn document(&mut self, first: bool) -> Result<Event, Broken> {
        while !first && self.eat(&Kind::DocumentEnd)? {}
        match self.peek()? {
            Kind::StreamEnd => {
                self.state = State::End;
                return Ok(Event::StreamEnd);
            }
            Kind::Version(..) | Kind::TagDirective { .. } | Kind::DocumentStart => {}
            _ if !first => return Err(self.wrong(None, "did not find expected <document start>")),
            _ => {
                self.state = State::Root;
                self.states.push(State::DocumentEnd);
                return Ok(Event::DocumentStart);
            }
        }
        let mut versions = 0;
        loop {
            match self.peek()? {
                Kind::Version(..) if versions > 0 => {
                    return Err(self.wrong(None, "found duplicate %YAML directive"));
                }
                Kind::Version(1, 1) => versions += 1,
                Kind::Version(..) => {
                    return Err(self.wrong(None, "found incompatible YAML document"));
                }
                Kind::TagDirective { handle, prefix } => {
                    let (handle, prefix) = (handle.clone(), prefix.clone());
                    if self.handles.insert(handle, prefix).is_some() {
                        return Err(self.wrong(None, "found duplicate %TAG directive"));
                    }
                }
                Kind::DocumentStart => break,
                _ => return Err(self.wrong(None, "did not find expected <document start>")),
            }
            self.scanner.next()?;
        }
        self.scanner.next()?;
        self.state = State::Content;
        self.states.push(State::DocumentEnd);
        Ok(Event::DocumentStart)
    }

    fn content(&mut self) -> Result<Event, Broken> {
        match self.peek()? {
            Kind::Version(..)
            | Kind::TagDirective { .. }
            | Kind::DocumentStart
            | Kind::DocumentEnd
            | Kind::StreamEnd => {
                let event = self.empty(State::End);
                self.pop();
                Ok(event)
            }
            _ => self.node(Place::Block),
        }
    }

    fn document_end(&mut self) -> Result<Event, Broken> {
        self.eat(&Kind::DocumentEnd)?;
        self.handles.clear();
        self.state = State::Document { first: false };
        Ok(Event::DocumentEnd)
    }

    /// A scalar, an alias, or the start of a collection.
    fn node(&mut self, place: Place) -> Result<Event, Broken> {
        let (_, start) = self.scanner.peek()?;
        if let Kind::Alias(name) = self.peek()? {
            let name = name.clone();
            self.scanner.next()?;
            self.pop();
            return Ok(Event::Alias(name));
        }
        let (mut anchor, mut tag) = (None, None);
        loop {
            match self.peek()? {
                Kind::Anchor(name) if anchor.is_none() => anchor = Some(name.clone()),
                Kind::Tag { handle, suffix } if tag.is_none() => {
                    let (handle, suffix) = (handle.clone(), suffix.clone());
                    let (_, place) = self.scanner.peek()?;
                    tag = Some((handle, suffix, place));
                }
                _ => break,
            }
            self.scanner.next()?;
        }
        let tag = match tag {
            Some((handle, suffix, place)) => Some(self.tag(&handle, suffix).ok_or(Broken {
                problem: "found undefined tag handle",
                context: start,
                place,
                scanning: false,
            })?),
            None => None,
        };
        let block = place != Place::Flow;
        let (next, event) = match self.peek()? {
            Kind::Scalar { text, plain } => {
                let event = Event::Scalar { anchor, tag, text: text.clone(), plain: *plain };
                self.scanner.next()?;
                self.pop();
                return Ok(event);
            }
            Kind::BlockEntry if place == Place::Lean => {
                (State::LeanEntry, Event::SequenceStart { anchor })
            }
            Kind::FlowSequence => {
                (State::FlowEntry { first: true }, Event::SequenceStart { anchor })
            }
            Kind::FlowMapping => (State::FlowKey { first: true }, Event::MappingStart { anchor }),
            Kind::BlockSequence if block => {
                (State::BlockEntry { first: true }, Event::SequenceStart { anchor })
            }
            Kind::BlockMapping if block => {
                (State::BlockKey { first: true }, Event::MappingStart { anchor })
            }
            _ if anchor.is_some() || tag.is_some() => {
                self.pop();
                return Ok(Event::Scalar { anchor, tag, text: String::new(), plain: true });
            }
            _ => return Err(self.wrong(Some(start), "did not find expected node content")),
        };
        self.state = next;
        Ok(event)
    }

    /// A tag in full; `None` where its handle is not known.
    fn tag(&self, handle: &str, suffix: String) -> Option<String> {
        let prefix = match (self.handles.get(handle), handle) {
            (Some(prefix), _) => prefix.as_str(),
            (None, "") => return Some(suffix),
            (None, "!") => "!",
            (None, "!!") => "tag:yaml.org,2002:",
            _ => return None,
        };
        // A long prefix is not repeated for each of many tags.
        Some(if prefix.len() > LONGEST_TAG {
            "!other".to_owned()
        } else {
            prefix.to_owned() + &suffix
        })
    }

    fn block_entry(&mut self, first: bool) -> Result<Event, Broken> {
        self.begin(first)?;
        let next = State::BlockEntry { first: false };
        if self.eat(&Kind::BlockEntry)? {
            return match self.peek()? {
                Kind::BlockEntry | Kind::BlockEnd => Ok(self.empty(next)),
                _ => self.node_then(next, Place::Block),
            };
        }
        if self.eat(&Kind::BlockEnd)? {
            return Ok(self.end());
        }
        Err(self.wrong_entry("did not find expected '-' indicator"))
    }

    fn lean_entry(&mut self) -> Result<Event, Broken> {
        if !self.eat(&Kind::BlockEntry)? {
            self.pop();
            return Ok(Event::End);
        }
        match self.peek()? {
            Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => {
                Ok(self.empty(State::LeanEntry))
            }
            _ => self.node_then(State::LeanEntry, Place::Block),
        }
    }

    fn block_key(&mut self, first: bool) -> Result<Event, Broken> {
        self.begin(first)?;
        if self.eat(&Kind::Key)? {
            return self.block_node(State::BlockValue);
        }
        if self.eat(&Kind::BlockEnd)? {
            return Ok(self.end());
        }
        Err(self.wrong_entry("did not find expected key"))
    }

    fn block_value(&mut self) -> Result<Event, Broken> {
        let next = State::BlockKey { first: false };
        if self.eat(&Kind::Value)? { self.block_node(next) } else { Ok(self.empty(next)) }
    }

    /// A key or value, which may be empty.
    fn block_node(&mut self, next: State) -> Result<Event, Broken> {
        match self.peek()? {
            Kind::Key | Kind::Value | Kind::BlockEnd => Ok(self.empty(next)),
            _ => self.node_then(next, Place::Lean),
        }
    }

    fn flow_entry(&mut self, first: bool) -> Result<Event, Broken> {
        self.begin(first)?;
        let ends = *self.peek()? == Kind::FlowSequenceEnd;
        if !ends && !first && !self.eat(&Kind::FlowEntry)? {
            return Err(self.wrong_entry("did not find expected ',' or ']'"));
        }
        if self.eat(&Kind::FlowSequenceEnd)? {
            return Ok(self.end());
        }
        if self.eat(&Kind::Key)? {
            self.state = State::PairKey;
            return Ok(Event::MappingStart { anchor: None });
        }
        self.node_then(State::FlowEntry { first: false }, Place::Flow)
    }

    fn pair_key(&mut self) -> Result<Event, Broken> {
        match self.peek()? {
            Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd => {
                // goyaml passes over the token, whichever it is
                self.scanner.next()?;
                Ok(self.empty(State::PairValue))
            }
            _ => self.node_then(State::PairValue, Place::Flow),
        }
    }

    fn flow_key(&mut self, first: bool) -> Result<Event, Broken> {
        self.begin(first)?;
        let ends = *self.peek()? == Kind::FlowMappingEnd;
        if !ends && !first && !self.eat(&Kind::FlowEntry)? {
            return Err(self.wrong_entry("did not find expected ',' or '}'"));
        }
        if self.eat(&Kind::FlowMappingEnd)? {
            return Ok(self.end());
        }
        if !self.eat(&Kind::Key)? {
            return self.node_then(State::FlowNoValue, Place::Flow);
        }
        match self.peek()? {
            Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd => {
                Ok(self.empty(State::FlowValue))
            }
            _ => self.node_then(State::FlowValue, Place::Flow),
        }
    }

    fn flow_value(&mut self, next: State, end: &Kind) -> Result<Event, Broken> {
        if self.eat(&Kind::Value)? {
            let kind = self.peek()?;
            if *kind != Kind::FlowEntry && kind != end {
                return self.node_then(next, Place::Flow);
            }
        }
        Ok(self.empty(next))
    }
}
