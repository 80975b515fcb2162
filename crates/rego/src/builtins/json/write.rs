//! JSON text as Go's `encoding/json` writes it: keys sorted by bytes, `<`, `>` and `&` escaped.

use crate::term::{Term, TermKind};
use sekisho_budget::{Budget, BudgetExceeded};
use std::borrow::Cow;

/// How the text is laid out over lines.
#[derive(Clone, Copy)]
pub(in super::super) struct Layout<'l> {
    /// before every line but the first
    pub(in super::super) prefix: &'l str,
    /// once for each level
    pub(in super::super) indent: &'l str,
}

/// The JSON text of a value; a set becomes a list, a key that is no string its JSON text.
pub(in super::super) fn to_text(
    term: Term<'_>,
    layout: Option<Layout<'_>>,
    budget: &Budget<'_>,
) -> Result<String, BudgetExceeded> {
    let mut writer = Writer { out: String::new(), layout, budget };
    writer.value(term, 0)?;
    Ok(writer.out)
}

struct Writer<'b, 'l> {
    out: String,
    layout: Option<Layout<'l>>,
    budget: &'b Budget<'b>,
}

impl Writer<'_, '_> {
    /// Values are of bounded depth, and so is the recursion.
    fn value(&mut self, term: Term<'_>, depth: usize) -> Result<(), BudgetExceeded> {
        self.budget.step(1)?;
        match term {
            Term::Null => self.push("null"),
            Term::Bool(true) => self.push("true"),
            Term::Bool(false) => self.push("false"),
            Term::Int(int) => self.push(&int.to_string()),
            Term::Number(literal) => self.push(literal),
            Term::String(text) => self.string(text),
            _ if term.kind() == TermKind::Object => self.object(term, depth),
            _ => {
                self.push("[")?;
                for (index, item) in term.items().enumerate() {
                    self.next(index, depth + 1)?;
                    self.value(item, depth + 1)?;
                }
                self.close(term, "]", depth)
            }
        }
    }

    fn object(&mut self, term: Term<'_>, depth: usize) -> Result<(), BudgetExceeded> {
        self.push("{")?;
        if term.entries().all(|(key, _)| key.as_str().is_some()) {
            for (index, (key, value)) in term.entries().enumerate() {
                self.entry(index, key.as_str().unwrap_or_default(), value, depth)?;
            }
            return self.close(term, "}", depth);
        }
        let mut entries: Vec<(Cow<'_, str>, Term<'_>)> = Vec::new();
        for (key, value) in term.entries() {
            let key = match key.as_str() {
                Some(text) => Cow::Borrowed(text),
                None => Cow::Owned(to_text(key, None, self.budget)?),
            };
            entries.push((key, value));
        }
        // Of two keys with the same text the later counts.
        entries.reverse();
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        entries.dedup_by(|(later, _), (kept, _)| later == kept);
        for (index, (key, value)) in entries.iter().enumerate() {
            self.entry(index, key, *value, depth)?;
        }
        self.close(term, "}", depth)
    }

    fn entry(
        &mut self,
        index: usize,
        key: &str,
        value: Term<'_>,
        depth: usize,
    ) -> Result<(), BudgetExceeded> {
        self.next(index, depth + 1)?;
        self.string(key)?;
        self.push(if self.layout.is_some() { ": " } else { ":" })?;
        self.value(value, depth + 1)
    }

    fn next(&mut self, index: usize, depth: usize) -> Result<(), BudgetExceeded> {
        if index > 0 {
            self.push(",")?;
        }
        self.line(depth)
    }

    fn close(&mut self, term: Term<'_>, end: &str, depth: usize) -> Result<(), BudgetExceeded> {
        if term.len() != Some(0) {
            self.line(depth)?;
        }
        self.push(end)
    }

    fn line(&mut self, depth: usize) -> Result<(), BudgetExceeded> {
        if let Some(layout) = self.layout {
            self.push("\n")?;
            self.push(layout.prefix)?;
            for _ in 0..depth {
                self.push(layout.indent)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, text: &str) -> Result<(), BudgetExceeded> {
        self.budget.allocate(text.len() as u64)?;
        self.out.push_str(text);
        Ok(())
    }

    fn string(&mut self, text: &str) -> Result<(), BudgetExceeded> {
        self.budget.step(text.len() as u64 / 64)?;
        self.budget.allocate(text.len() as u64)?;
        self.out.push('"');
        for char in text.chars() {
            match char {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '<' | '>' | '&' | '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                    self.push(&format!("\\u{:04x}", u32::from(char)))?;
                }
                other => self.out.push(other),
            }
        }
        self.out.push('"');
        Ok(())
    }
}
