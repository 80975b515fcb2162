//! The part of a source line that is shown, and what is marked in it.

use super::snippet::Mark;
use crate::model::Marked;
use crate::render::neutral::{breaks_command, visible};
use std::sync::Arc;
use unicode_width::UnicodeWidthChar as _;

/// Columns that a tab takes.
const TAB: usize = 4;
/// What stands for the parts that are not shown.
const CUT: &str = "...";
/// Scalars per column at most: a line may hold any number of combining marks.
const SCALARS_PER_COLUMN: usize = 4;
/// Bytes between two known columns of a long line.
const STEP: usize = 4096;

/// A source line, cut to the room there is.
pub(super) struct Window {
    pub(super) text: String,
    /// for each column of `text` what is marked there
    pub(super) marks: Vec<Option<Mark>>,
    /// for each mark that was asked for whether it could be drawn
    pub(super) drawn: Vec<bool>,
}

impl Window {
    /// Draws a line so that `main` is seen.
    pub(super) fn draw<'a>(
        line: &Arc<str>,
        main: &Marked,
        marks: impl Iterator<Item = (Mark, &'a Marked)>,
        room: usize,
        columns: &mut Columns,
    ) -> Self {
        let room = room.saturating_sub(2 * CUT.len());
        let at = columns.byte_of(line, main.column);
        let (before, after) = line.split_at_checked(at).unwrap_or((line, ""));
        let len = usize::try_from(main.len).unwrap_or(usize::MAX);
        let main_width = reach(after.chars().take(len), room).width.max(1);
        let free = room.saturating_sub(main_width);
        // The whole of what is before it where there is room, else as much before as after.
        let mut left = reach(before.chars().rev(), free);
        if left.bytes < before.len() {
            left = reach(before.chars().rev(), free / 2);
        }
        let start = at - left.bytes;
        let mut drawing = Drawing {
            window: Self { text: String::new(), marks: Vec::new(), drawn: Vec::new() },
            spans: marks.map(|(mark, marked)| Span::of(mark, marked)).collect(),
        };
        drawing.window.drawn = vec![false; drawing.spans.len()];
        if start > 0 {
            drawing.cells(CUT, CUT.len(), None);
        }
        let first = main.column.max(1).saturating_sub(left.scalars);
        drawing.fill(line.get(start..).unwrap_or_default(), first, room);
        drawing.window
    }
}

/// How far some scalars reach.
#[derive(Default)]
struct Reach {
    width: usize,
    bytes: usize,
    scalars: u32,
}

/// The scalars from the first on that fit.
fn reach(scalars: impl Iterator<Item = char>, room: usize) -> Reach {
    let mut reach = Reach::default();
    for c in scalars.take(room.saturating_mul(SCALARS_PER_COLUMN)) {
        let width = width(c);
        if reach.width + width > room {
            break;
        }
        reach.width += width;
        reach.bytes += c.len_utf8();
        reach.scalars += 1;
    }
    reach
}

fn width(c: char) -> usize {
    if c == '\t' { TAB } else { visible(c).width().unwrap_or(0) }
}

struct Span {
    mark: Mark,
    start: u32,
    end: u32,
}

impl Span {
    fn of(mark: Mark, marked: &Marked) -> Self {
        let start = marked.column.max(1);
        Self { mark, start, end: start.saturating_add(marked.len.max(1)) }
    }
}

struct Drawing {
    window: Window,
    spans: Vec<Span>,
}

impl Drawing {
    /// Appends the part of a line that begins with column `first`, as far as there is room.
    fn fill(&mut self, part: &str, first: u32, room: usize) {
        let mut column = first;
        let mut used = 0;
        let limit = room.saturating_mul(SCALARS_PER_COLUMN);
        for (at, c) in part.char_indices().take(limit) {
            let width = width(c);
            if used + width > room {
                break;
            }
            if part.get(at..).is_some_and(|rest| breaks_command(&self.window.text, rest)) {
                self.cells(" ", 1, None);
            }
            used += width;
            let mark = self.mark_at(column);
            if c == '\t' {
                self.cells(&" ".repeat(TAB), TAB, mark);
            } else {
                self.cells(visible(c).encode_utf8(&mut [0; 4]), width, mark);
            }
            column = column.saturating_add(1);
        }
        let shown = usize::try_from(column.saturating_sub(first)).unwrap_or(usize::MAX);
        if part.chars().nth(shown).is_some() {
            self.cells(CUT, CUT.len(), None);
        } else if let Some(mark) = self.mark_from(column) {
            // What is missing at the end of the line is marked behind it.
            self.window.marks.push(Some(mark));
        }
    }

    /// Appends what takes `width` columns. What takes none is marked at what it stands on.
    fn cells(&mut self, text: &str, width: usize, mark: Option<Mark>) {
        self.window.text.push_str(text);
        let marks = &mut self.window.marks;
        marks.extend(std::iter::repeat_n(mark, width));
        if width == 0 && mark.is_some() {
            match marks.last_mut() {
                Some(last) => *last = (*last).max(mark),
                None => marks.push(mark),
            }
        }
    }

    fn mark_at(&mut self, column: u32) -> Option<Mark> {
        self.mark_where(|span| (span.start..span.end).contains(&column))
    }

    fn mark_from(&mut self, column: u32) -> Option<Mark> {
        self.mark_where(|span| span.start >= column)
    }

    /// The strongest mark, with all that apply noted as drawn.
    fn mark_where(&mut self, applies: impl Fn(&Span) -> bool) -> Option<Mark> {
        let mut mark = None;
        for (span, drawn) in self.spans.iter().zip(&mut self.window.drawn) {
            if applies(span) {
                *drawn = true;
                mark = mark.max(Some(span.mark));
            }
        }
        mark
    }
}

/// Finds columns in lines. A file may be one line of many megabytes with thousands of findings,
/// so known columns of the last long line are kept.
#[derive(Default)]
pub(super) struct Columns {
    line: Option<Arc<str>>,
    /// (scalars, bytes) from the line's start, in steps
    steps: Vec<(u32, usize)>,
}

impl Columns {
    /// The byte at which a column begins, at most the line's length; columns start at 1 and
    /// count scalars.
    fn byte_of(&mut self, line: &Arc<str>, column: u32) -> usize {
        let scalars = column.saturating_sub(1);
        let (known, from) = if line.len() <= STEP { (0, 0) } else { self.step(line, scalars) };
        let rest = line.get(from..).unwrap_or_default();
        let ahead = usize::try_from(scalars - known).unwrap_or(usize::MAX);
        rest.char_indices().nth(ahead).map_or(line.len(), |(at, _)| from + at)
    }

    fn step(&mut self, line: &Arc<str>, scalars: u32) -> (u32, usize) {
        if !self.line.as_ref().is_some_and(|known| Arc::ptr_eq(known, line)) {
            self.steps.clear();
            let mut next = 0;
            for (count, (at, _)) in (0_u32..).zip(line.char_indices()) {
                if at >= next {
                    self.steps.push((count, at));
                    next = at + STEP;
                }
            }
            self.line = Some(Arc::clone(line));
        }
        let above = self.steps.partition_point(|(count, _)| *count <= scalars);
        self.steps.get(above.saturating_sub(1)).copied().unwrap_or_default()
    }
}
