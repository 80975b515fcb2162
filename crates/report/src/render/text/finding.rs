//! The findings of one object.

use super::paint::{BOLD, DIM, Paint, of_action};
use super::snippet::{Mark, Snippets, Spot};
use crate::model::{Finding, Location, Status};
use crate::render::neutral::neutral;
use crate::render::wording::{counted, label, sentence};
use std::collections::HashSet;
use std::io::{self, Write};

/// How many further places are shown with their source line.
const RELATED_SHOWN: usize = 4;

/// Writes the findings of one object; a source line is shown with the first that needs it.
pub(super) struct Findings<'s> {
    paint: Paint,
    snippets: &'s mut Snippets,
    shown: HashSet<(u32, u32, u32)>,
}

impl<'s> Findings<'s> {
    pub(super) fn new(paint: Paint, snippets: &'s mut Snippets) -> Self {
        Self { paint, snippets, shown: HashSet::new() }
    }

    /// Those that count first, and after them those that do not, a line each.
    pub(super) fn write(mut self, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
        let (active, others): (Vec<&Finding>, Vec<&Finding>) =
            findings.iter().copied().partition(|finding| finding.status == Status::Active);
        for finding in active {
            self.active(finding, out)?;
            writeln!(out)?;
        }
        for finding in &others {
            self.suppressed(finding, out)?;
        }
        if others.is_empty() { Ok(()) } else { writeln!(out) }
    }

    fn active(&mut self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let head = format!("{}[{}]", finding.action, neutral(&label(finding)));
        let head = self.paint.with(of_action(finding.action), &head);
        self.snippets.headline(&head, &sentence(finding), BOLD, out)?;
        let source = !finding.resource.conceals_source();
        let places = std::iter::once(&finding.location).chain(&finding.related);
        let mut spots = Vec::with_capacity(1 + RELATED_SHOWN);
        let mut news = false;
        for (at, place) in places.take(1 + RELATED_SHOWN).enumerate() {
            let mark = if at == 0 { Mark::Primary } else { Mark::Related };
            news |= self.is_news(place);
            spots.push(Spot {
                file: &place.file,
                line: place.line,
                column: place.column,
                pointer: &place.pointer,
                marked: place.marked.as_ref().filter(|_| source),
                mark,
            });
        }
        if !news {
            // The lines stand above already.
            for spot in &mut spots {
                spot.marked = None;
            }
        }
        self.snippets.write(&spots, of_action(finding.action), out)?;
        if let Some(more) = finding.related.len().checked_sub(RELATED_SHOWN).filter(|n| *n > 0) {
            let more = format!("{} of the same kind", counted(more, "more place"));
            self.snippets.note("and", &more, out)?;
        }
        if finding.action != finding.declared_action {
            let reason = finding.action_reason.as_deref().unwrap_or("the policy set says so");
            let note = format!("the policy asks for {}: {reason}", finding.declared_action);
            self.snippets.note("note", &note, out)?;
        }
        match &finding.help {
            Some(help) => self.snippets.note("fix", help, out),
            None => Ok(()),
        }
    }

    fn is_news(&mut self, place: &Location) -> bool {
        let len = place.marked.as_ref().map_or(0, |marked| marked.len);
        self.shown.insert((place.line, place.column, len))
    }

    fn suppressed(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let place = &finding.location;
        let by = match &finding.exception {
            Some(id) if finding.status == Status::Excepted => format!(" by `{}`", neutral(id)),
            _ => String::new(),
        };
        let line = format!(
            "{}[{}]{by}: {} ({})",
            finding.status,
            neutral(&label(finding)),
            neutral(&sentence(finding)),
            neutral(&place.to_string()),
        );
        writeln!(out, "{}", self.paint.with(DIM, &line))
    }
}
