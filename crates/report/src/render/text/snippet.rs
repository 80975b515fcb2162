//! Headlines, places with their source lines, and notes: the parts that findings and
//! diagnostics are shown with.

use super::paint::{FRAME, Paint};
use super::window::{Columns, Window};
use crate::model::Marked;
use crate::render::neutral::neutral;
use anstyle::Style;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

/// Columns to trim source lines to where the terminal's are not known.
const DEFAULT_WIDTH: usize = 140;
/// Columns that a source line has at least, however narrow the terminal.
const LEAST_ROOM: usize = 20;

/// How a place is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// `---`
    Related,
    /// `^^^`
    Primary,
}

/// A place to show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    pub(super) file: &'a str,
    pub(super) line: u32,
    pub(super) column: u32,
    /// what is told where there is no line
    pub(super) pointer: &'a str,
    /// `None`: only the place is told
    pub(super) marked: Option<&'a Marked>,
    pub(super) mark: Mark,
}

/// A source line with everything that is marked in it.
struct Row<'a> {
    line: u32,
    text: &'a Arc<str>,
    spots: Vec<(Spot<'a>, &'a Marked)>,
}

/// Writes the parts. Remembers how far the last snippet was indented, so that notes line up.
pub(super) struct Snippets {
    paint: Paint,
    width: usize,
    gutter: usize,
    columns: Columns,
}

impl Snippets {
    pub(super) fn new(paint: Paint, width: Option<usize>) -> Self {
        let width = width.unwrap_or(DEFAULT_WIDTH);
        Self { paint, width, gutter: 1, columns: Columns::default() }
    }

    /// Writes `head: message`. Further lines of a message get a bar, so that they can neither
    /// pose as output of ours nor as commands to a CI system.
    pub(super) fn headline(
        &mut self,
        head: &str,
        message: &str,
        style: Style,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.gutter = 1;
        let mut lines = message.lines();
        let first = neutral(lines.next().unwrap_or_default());
        writeln!(out, "{head}: {}", self.paint.with(style, &first))?;
        self.continued(lines, out)
    }

    /// Writes `  --> place`.
    pub(super) fn arrow(&self, place: &str, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}{place}", self.frame("--> "))
    }

    /// Writes `   = word: text`.
    pub(super) fn note(&self, word: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let mut lines = text.lines();
        let first = neutral(lines.next().unwrap_or_default());
        writeln!(out, "{}{word}: {first}", self.frame(" = "))?;
        self.continued(lines, out)
    }

    fn continued(&self, lines: std::str::Lines<'_>, out: &mut dyn Write) -> io::Result<()> {
        for line in lines {
            writeln!(out, "{} {}", self.frame(" |"), neutral(line))?;
        }
        Ok(())
    }

    fn frame(&self, sign: &str) -> String {
        self.paint.with(FRAME, &format!("{:1$}{sign}", "", self.gutter))
    }

    /// Writes places: the first with an arrow, then the source lines in their order with what is
    /// marked in them, then the places that could not be shown so.
    pub(super) fn write(
        &mut self,
        spots: &[Spot<'_>],
        style: Style,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let Some(first) = spots.first() else { return Ok(()) };
        let mut rows = rows(spots, first.file);
        self.gutter = rows.last().map_or(1, |row| row.line.max(1).ilog10() as usize + 1);
        self.arrow(&place(first), out)?;
        if !rows.is_empty() {
            writeln!(out, "{}", self.frame(" |"))?;
        }
        let mut above = None;
        for row in &mut rows {
            if above.is_some_and(|above| row.line > above + 1) {
                writeln!(out, "{}", self.paint.with(FRAME, "..."))?;
            }
            above = Some(row.line);
            self.row(row, style, out)?;
        }
        let shown = |spot: &&Spot<'_>| {
            rows.iter().flat_map(|row| &row.spots).any(|(drawn, _)| is_same(drawn, spot))
        };
        for spot in spots.iter().skip(1).filter(|spot| !shown(spot)) {
            writeln!(out, "{}{}", self.frame("::: "), place(spot))?;
        }
        Ok(())
    }

    /// Writes a source line and the marks below it; leaves those in `spots` that were drawn.
    fn row(&mut self, row: &mut Row<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let Some((_, main)) = row.spots.iter().max_by_key(|(spot, _)| spot.mark) else {
            return Ok(());
        };
        let room = self.width.saturating_sub(self.gutter + 3).max(LEAST_ROOM);
        let marks = row.spots.iter().map(|(spot, marked)| (spot.mark, *marked));
        let window = Window::draw(row.text, main, marks, room, &mut self.columns);
        let number = self.paint.with(FRAME, &format!("{:>1$} |", row.line, self.gutter));
        writeln!(out, "{}", format!("{number} {}", window.text).trim_end())?;
        writeln!(out, "{} {}", self.frame(" |"), self.underline(&window.marks, style))?;
        let mut drawn = window.drawn.into_iter();
        row.spots.retain(|_| drawn.next().unwrap_or(false));
        Ok(())
    }

    fn underline(&self, marks: &[Option<Mark>], style: Style) -> String {
        let end = marks.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        let marks = marks.get(..end).unwrap_or_default();
        let mut line = String::new();
        for run in marks.chunk_by(|a, b| a == b) {
            let (sign, style) = match run.first().copied().flatten() {
                None => {
                    let _ = write!(line, "{:1$}", "", run.len());
                    continue;
                }
                Some(Mark::Primary) => ("^", style),
                Some(Mark::Related) => ("-", FRAME),
            };
            line.push_str(&self.paint.with(style, &sign.repeat(run.len())));
        }
        line
    }
}

/// The source lines in one file, in their order.
fn rows<'a>(spots: &[Spot<'a>], file: &str) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for spot in spots.iter().filter(|spot| spot.file == file) {
        let Some(marked) = spot.marked else { continue };
        match rows.iter_mut().find(|row| row.line == spot.line) {
            Some(row) => row.spots.push((*spot, marked)),
            None => {
                let spots = vec![(*spot, marked)];
                rows.push(Row { line: spot.line, text: &marked.text, spots });
            }
        }
    }
    rows.sort_by_key(|row| row.line);
    rows
}

fn is_same(a: &Spot<'_>, b: &Spot<'_>) -> bool {
    (a.file, a.line, a.column) == (b.file, b.line, b.column)
        && (a.line > 0 || a.pointer == b.pointer)
}

fn place(spot: &Spot<'_>) -> String {
    match (spot.line, spot.pointer) {
        (0, "") => neutral(spot.file).into_owned(),
        (0, pointer) => format!("{} {}", neutral(spot.file), neutral(pointer)),
        (line, _) => format!("{}:{line}:{}", neutral(spot.file), spot.column),
    }
}
