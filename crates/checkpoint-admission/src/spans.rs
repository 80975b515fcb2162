//! Tracing spans as lines of JSON, for who has no collector.

use sekisho_value::{Map, Value};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// How many spans may be open; more are not told of.
const MOST: usize = 16 << 10;

/// Hands every span of this crate that ends to a writer, as one line: its name, its number, the
/// number of the span around it, its fields, and how many microseconds it took.
pub struct SpanLines {
    write: Box<dyn Fn(&str) + Send + Sync>,
    next: AtomicU64,
    open: Mutex<HashMap<u64, Open>>,
}

struct Open {
    name: &'static str,
    parent: Option<u64>,
    fields: Map,
    began: Instant,
    handles: usize,
}

impl SpanLines {
    /// Writes lines with a function.
    #[must_use]
    pub fn new(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { write: Box::new(write), next: AtomicU64::new(1), open: Mutex::default() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<u64, Open>) -> T) -> T {
        work(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Subscriber for SpanLines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with(env!("CARGO_CRATE_NAME"))
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut fields = Fields(Map::new());
        span.record(&mut fields);
        let opened = Open {
            name: span.metadata().name(),
            parent: span.parent().map(Id::into_u64),
            fields: fields.0,
            began: Instant::now(),
            handles: 1,
        };
        self.with(|open| {
            if open.len() < MOST {
                open.insert(number, opened);
            }
        });
        Id::from_u64(number)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.with(|open| {
            if let Some(span) = open.get_mut(&span.into_u64()) {
                let mut fields = Fields(std::mem::take(&mut span.fields));
                values.record(&mut fields);
                span.fields = fields.0;
            }
        });
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn clone_span(&self, span: &Id) -> Id {
        self.with(|open| {
            if let Some(span) = open.get_mut(&span.into_u64()) {
                span.handles += 1;
            }
        });
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        let number = span.into_u64();
        let closed = self.with(|open| {
            let handles = &mut open.get_mut(&number)?.handles;
            *handles = handles.saturating_sub(1);
            if *handles == 0 { open.remove(&number) } else { None }
        });
        let Some(span) = closed else { return false };
        let mut line = span.fields;
        line.insert("event", "span");
        line.insert("name", span.name);
        line.insert("span", number.cast_signed());
        if let Some(parent) = span.parent {
            line.insert("parent", parent.cast_signed());
        }
        let took = i64::try_from(span.began.elapsed().as_micros()).unwrap_or(i64::MAX);
        line.insert("microseconds", took);
        (self.write)(&Value::Object(line).to_json());
        true
    }
}

struct Fields(Map);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::SpanLines;
    use sekisho_value::from_json;
    use std::sync::{Arc, Mutex};

    #[test]
    fn spans_are_told_when_they_end() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let subscriber = {
            let lines = Arc::clone(&lines);
            SpanLines::new(move |line| lines.lock().unwrap().push(from_json(line).unwrap()))
        };
        tracing::subscriber::with_default(subscriber, || {
            let outer = tracing::info_span!(parent: None, "review", uid = "u", outcome = tracing::field::Empty);
            drop(tracing::info_span!(parent: &outer, "read", bytes = 7));
            outer.record("outcome", "denied");
            let kept = outer.clone();
            drop(outer);
            assert_eq!(lines.lock().unwrap().len(), 1, "the outer one is held still");
            drop(kept);
        });
        let lines = lines.lock().unwrap();
        let [inner, outer] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(inner.path_str(&["name"]), Some("read"));
        assert_eq!(inner.get("parent"), outer.get("span"));
        assert_eq!(inner.get("bytes").unwrap().as_i64(), Some(7));
        assert_eq!(outer.path_str(&["outcome"]), Some("denied"));
        assert_eq!(outer.get("parent"), None);
        assert!(outer.get("microseconds").unwrap().as_i64().is_some());
    }
}
